/** From the parser's pieces to elements of the page: made one by one, their texts set as texts. */
import { reading as words } from '../../text/later';
import { colouredText } from './lines';
import type { Piece, Tag } from './tree';

type Element = Exclude<Piece, string>;
const PROTOCOLS = ['https:', 'http:', 'mailto:'];

/** Elements for `pieces`. */
export function build(pieces: readonly Piece[]): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (const piece of pieces) fragment.append(typeof piece === 'string' ? piece : made(piece));
  return fragment;
}

function made(piece: Element): Node {
  switch (piece.tag) {
    case 'picture':
      return picture(piece);
    case 'a':
      return link(piece);
    case 'pre':
      return code(piece);
    case 'table':
      return scrolling(plain('table', piece), 'table-scroll', words.table);
    default:
      return plain(piece.tag, piece);
  }
}

function plain(tag: Exclude<Tag, 'picture'>, piece: Element): HTMLElement {
  const element = document.createElement(tag);
  if (element instanceof HTMLOListElement && piece.start !== undefined) element.start = piece.start;
  if (element instanceof HTMLTableCellElement && tag === 'th') element.scope = 'col';
  if (piece.align !== undefined) element.className = `align-${piece.align}`;
  element.append(build(piece.children));
  return element;
}

function code(piece: Element): HTMLElement {
  const element = document.createElement('pre');
  const inner = document.createElement('code');
  const text = textOf(piece);
  if (piece.runs === undefined) inner.textContent = text;
  else colouredText(inner, text, piece.runs);
  element.append(inner);
  return scrolling(element, 'code-scroll', words.code);
}

/** What may be wider than the page scrolls by itself, by keyboard too. */
function scrolling(element: HTMLElement, name: string, label: string): HTMLElement {
  const frame = document.createElement('div');
  frame.className = name;
  frame.tabIndex = 0;
  frame.setAttribute('role', 'group');
  frame.setAttribute('aria-label', label);
  frame.append(element);
  return frame;
}

/** Never fetched: its place says what its writer said of it. */
function picture(piece: Element): HTMLElement {
  const element = document.createElement('span');
  element.className = 'picture';
  element.textContent = words.pictureSaid(textOf(piece));
  return element;
}

/** A link with the host that it leads to, which its text may lie about. What leads to no address of the web or of mail is text. */
function link(piece: Element): Node {
  const to = parse(piece.href ?? '');
  const text = document.createElement('bdi');
  text.append(build(piece.children));
  if (to === null || !PROTOCOLS.includes(to.protocol)) return text;
  const anchor = document.createElement('a');
  anchor.href = to.href;
  anchor.target = '_blank';
  anchor.rel = 'noreferrer noopener';
  anchor.referrerPolicy = 'no-referrer';
  anchor.append(text, hostOf(to));
  return anchor;
}

function hostOf(to: URL): HTMLElement {
  const host = document.createElement('bdi');
  host.className = 'host';
  host.dir = 'ltr';
  host.textContent = ` (${to.protocol === 'mailto:' ? decodedMail(to.pathname) : to.host})`;
  return host;
}

/** `a@example.org`, where no sign in it turns the line around. */
function decodedMail(path: string): string {
  return /^[\w.+@,%-]+$/.test(path) ? path.slice(0, 100) : 'mailto';
}

function parse(href: string): URL | null {
  try {
    return new URL(href);
  } catch {
    return null;
  }
}

function textOf(piece: Element): string {
  return piece.children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('');
}
