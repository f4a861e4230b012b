/**
 * Markdown (CommonMark, tables, struck text) to pieces. HTML in it is text, pictures are their alternative texts, and what the library calls
 * something else than an element of the list is left out. Knows no DOM; runs in the worker of open/reading/worker.ts.
 */
import MarkdownIt, { type Token } from 'markdown-it';
import { highlight } from './highlight';
import type { Piece, Tag } from './tree';

/** Deeper than any person writes, and shallow enough for every browser's layout: what is nested deeper is told without its nesting. */
const DEPTH_MAX = 40;
/** Of all blocks of code together, in UTF-16 units. */
const CODE_LEN_MAX = 100_000;

const parser = new MarkdownIt({ html: false, linkify: true, typographer: false });
// `example.org` in a sentence is no link, whatever else it ends in: only what says https:// is.
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });

/** The page's own heading is the first. */
const TAGS: Readonly<Record<string, Tag>> = {
  h1: 'h2', h2: 'h3', h3: 'h4', h4: 'h5', h5: 'h6', h6: 'h6', p: 'p', ul: 'ul', ol: 'ol', li: 'li', blockquote: 'blockquote', em: 'em', strong: 'strong', s: 's',
  table: 'table', thead: 'thead', tbody: 'tbody', tr: 'tr', th: 'th', td: 'td', a: 'a',
};

/** The pieces of `text`. */
export function formatted(text: string): Piece[] {
  const budget = { code: CODE_LEN_MAX };
  const top: Piece[] = [];
  walk(parser.parse(text, {}), [top], budget);
  return top;
}

function walk(tokens: readonly Token[], open: Piece[][], budget: { code: number }): void {
  /** For each open token, whether it opened a piece. */
  const opened: boolean[] = [];
  const add = (piece: Piece): void => void open.at(-1)?.push(piece);
  for (const token of tokens) {
    if (token.nesting === 1) {
      const tag = token.hidden || open.length > DEPTH_MAX ? undefined : TAGS[token.tag];
      opened.push(tag !== undefined);
      if (tag === undefined) continue;
      const children: Piece[] = [];
      add({ tag, children, ...attributes(token) });
      open.push(children);
    } else if (token.nesting === -1) {
      if (opened.pop() === true) open.pop();
      // A tight list's paragraphs are hidden; two of them must not run together.
      else if (token.hidden) add('\n');
    } else if (token.type === 'inline') {
      walk(token.children ?? [], open, budget);
    } else {
      add(leaf(token, budget));
    }
  }
}

function leaf(token: Token, budget: { code: number }): Piece {
  switch (token.type) {
    case 'fence':
    case 'code_block':
      return codeBlock(token, budget);
    case 'code_inline':
      return { tag: 'code', children: [token.content] };
    case 'softbreak':
      return '\n';
    case 'hardbreak':
      return { tag: 'br', children: [] };
    case 'hr':
      return { tag: 'hr', children: [] };
    case 'image':
      return { tag: 'picture', children: [token.content] };
    default:
      return token.content;
  }
}

function codeBlock({ content, info }: Token, budget: { code: number }): Piece {
  const language = /^[\w+#-]+/.exec(info.trim())?.[0].toLowerCase() ?? '';
  budget.code -= content.length;
  const runs = language !== '' && language !== 'auto' && budget.code >= 0 ? highlight(content, language) : null;
  return { tag: 'pre', children: [content], ...(runs === null ? {} : { runs }) };
}

function attributes(token: Token): Omit<Exclude<Piece, string>, 'tag' | 'children'> {
  if (token.tag === 'a') return { href: String(token.attrGet('href') ?? '') };
  if (token.tag === 'ol') {
    const start = Number(token.attrGet('start') ?? 1);
    return Number.isSafeInteger(start) && start !== 1 ? { start } : {};
  }
  const align = /text-align:(right|center)/.exec(String(token.attrGet('style') ?? ''))?.[1];
  return align === 'right' || align === 'center' ? { align } : {};
}
