/** What the parsers give: plain objects of a closed shape, from which the page makes its own elements. Nothing of it is ever parsed as HTML. */

/** The only elements that a formatted text is made of. */
export type Tag =
  | 'p' | 'h2' | 'h3' | 'h4' | 'h5' | 'h6' | 'ul' | 'ol' | 'li' | 'blockquote' | 'hr' | 'br' | 'em' | 'strong' | 's' | 'code' | 'pre'
  | 'table' | 'thead' | 'tbody' | 'tr' | 'th' | 'td' | 'a' | 'picture';

/** A text, or an element. `picture` is the alternative text of one: no picture is ever fetched. */
export type Piece =
  | string
  | {
      readonly tag: Tag;
      readonly children: Piece[];
      /** Of a link, as it was written. */
      readonly href?: string;
      /** The first number of a list. */
      readonly start?: number;
      /** Of a table's cell. */
      readonly align?: 'right' | 'center';
      /** Of a block of code. */
      readonly runs?: Runs;
    };

/** The groups of colours, by their number. `plain` has none. */
export const GROUPS = ['plain', 'comment', 'keyword', 'string', 'number', 'name', 'type', 'meta', 'added', 'removed'] as const;

/** Lengths in UTF-16 units and groups by turns; the lengths add up to the text's. */
export type Runs = readonly number[];

/** A question to the worker, and its answer: null where there is nothing to colour. */
export type Question =
  | { readonly kind: 'markdown'; readonly text: string }
  | { readonly kind: 'highlight'; readonly text: string; readonly language: string };
export type Answer = { readonly kind: 'markdown'; readonly pieces: Piece[] } | { readonly kind: 'highlight'; readonly runs: Runs | null };
