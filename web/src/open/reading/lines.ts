/**
 * A text as numbered lines, in blocks that a browser lays out when they are looked at. Numbers are shown by CSS, so that they are in no copy; and
 * the text of the element is the text, to the last character.
 */
import { GROUPS, type Runs } from './tree';

const LINES_PER_BLOCK = 200;
/** Half of what a person notices: between two slices the page answers. */
const SLICE_MS = 12;
/** A line of a megabyte takes a browser seconds to break. Such lines are shown in pieces; no character is added. */
const PIECE_LEN_MAX = 20_000;

/** Lines with their ends, and where they begin. The last may be empty and is then none, as in every editor's count. */
function linesOf(text: string): string[] {
  const lines = text.split('\n').map((line) => `${line}\n`);
  const last = (lines.pop() ?? '\n').slice(0, -1);
  if (last !== '' || lines.length === 0) lines.push(last);
  return lines;
}

/** Reads runs from the front, so that lines can take their share in order. */
class Colours {
  #at = 0;
  #left: number;
  readonly #runs: Runs;

  constructor(runs: Runs) {
    this.#runs = runs;
    this.#left = runs[0] ?? 0;
  }

  /** Appends `text`, which follows what was taken before, to `line`. */
  colour(line: HTMLElement, text: string): void {
    for (let from = 0; from < text.length; ) {
      while (this.#left === 0 && this.#at + 2 < this.#runs.length) {
        this.#at += 2;
        this.#left = this.#runs[this.#at] ?? 0;
      }
      const length = this.#left === 0 ? text.length - from : Math.min(this.#left, text.length - from);
      const part = text.slice(from, from + length);
      const group = GROUPS[this.#runs[this.#at + 1] ?? 0] ?? 'plain';
      if (group === 'plain') line.append(part);
      else line.append(coloured(part, group));
      this.#left -= Math.min(this.#left, length);
      from += length;
    }
  }
}

function coloured(text: string, group: string): HTMLElement {
  const span = document.createElement('span');
  span.className = `code-${group}`;
  span.textContent = text;
  return span;
}

/** `text` in its colours, without lines: for a block of code inside a formatted text. */
export function colouredText(into: HTMLElement, text: string, runs: Runs): void {
  new Colours(runs).colour(into, text);
}

function block(lines: readonly string[], first: number, colours: Colours | null): HTMLElement {
  const element = document.createElement('div');
  element.className = 'block';
  element.style.setProperty('--lines', String(lines.length));
  for (const [index, text] of lines.entries()) {
    const line = document.createElement('div');
    line.className = 'line';
    line.dataset['number'] = String(first + index + 1);
    if (colours !== null) colours.colour(line, text);
    else if (text.length <= PIECE_LEN_MAX) line.textContent = text;
    else for (let at = 0; at < text.length; at += PIECE_LEN_MAX) line.append(piece(text.slice(at, at + PIECE_LEN_MAX)));
    element.append(line);
  }
  return element;
}

function piece(text: string): HTMLElement {
  const element = document.createElement('span');
  element.className = 'piece';
  element.textContent = text;
  return element;
}

/** Fills `into` with the lines of `text`: the first block at once, the others in slices. Resolves when all are there, or `signal` was raised. */
export async function showLines(into: HTMLElement, text: string, runs: Runs | null, signal: AbortSignal): Promise<void> {
  const lines = linesOf(text);
  const colours = runs === null ? null : new Colours(runs);
  into.style.setProperty('--digits', String(String(lines.length).length));
  into.setAttribute('aria-busy', 'true');
  const made: HTMLElement[] = [];
  let begun = performance.now();
  for (let first = 0; first < lines.length; first += LINES_PER_BLOCK) {
    made.push(block(lines.slice(first, first + LINES_PER_BLOCK), first, colours));
    if (first > 0 && performance.now() - begun < SLICE_MS) continue;
    put(made, first < LINES_PER_BLOCK);
    await new Promise((resolve) => setTimeout(resolve));
    if (signal.aborted) return;
    begun = performance.now();
  }
  put(made, false);
  into.removeAttribute('aria-busy');

  function put(blocks: HTMLElement[], anew: boolean): void {
    if (anew) into.replaceChildren(...blocks);
    else into.append(...blocks);
    blocks.length = 0;
  }
}

/** How many lines `text` has, as they are numbered. */
export function countLines(text: string): number {
  let count = text.endsWith('\n') || text === '' ? 0 : 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return Math.max(1, count);
}
