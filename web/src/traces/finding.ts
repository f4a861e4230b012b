/** What a file tells besides what one sees in it. */

/** One kind of trace; the page has a word for each. */
export type TraceKind = 'place' | 'camera' | 'time' | 'person' | 'program' | 'comment' | 'thumbnail' | 'changes' | 'versions' | 'attached' | 'behind' | 'other';

export interface Trace {
  readonly kind: TraceKind;
  /** As it stands in the file: a name, a camera, a place; empty where there is nothing to show. */
  readonly value: string;
}

/** `none` where it was looked at and nothing found; `unread` where it could not be looked at, or not whole. */
export type Look = { readonly state: 'found'; readonly traces: readonly Trace[]; readonly whole: boolean } | { readonly state: 'none' } | { readonly state: 'unread' };

/** Longest value that is shown, in UTF-16 units. */
const VALUE_MAX = 120;

/** In the order they were found, each once; values cut to what fits a line. */
export class Traces {
  readonly #found = new Map<string, Trace>();

  add(kind: TraceKind, value: unknown = ''): void {
    const text = typeof value === 'string' ? value.replaceAll(/[\p{Cc}\p{Zs}]+/gu, ' ').trim() : '';
    const cut = text.length > VALUE_MAX ? `${text.slice(0, VALUE_MAX)}…` : text;
    this.#found.set(`${kind} ${cut}`, { kind, value: cut });
  }

  /** As `add`, where there is something. */
  addSome(kind: TraceKind, value: unknown): void {
    if (typeof value === 'string' && value.trim() !== '') this.add(kind, value);
  }

  /** `whole` is false where part of the file could not be looked at. */
  look(whole = true): Look {
    const traces = [...this.#found.values()];
    if (traces.length > 0) return { state: 'found', traces, whole };
    return { state: whole ? 'none' : 'unread' };
  }
}
