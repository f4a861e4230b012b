/** Passphrases as phones type them: with a space behind, a capital in front, blanks for hyphens. */

/** Of a generated passphrase: lower-case words of the Latin alphabet, joined by hyphens (docs/format.md, section 4). */
const GENERATED_WORDS = 6;
const BETWEEN_WORDS = /[\s\-\u2010-\u2015]+/;

/** How `typed` was perhaps meant; `typed` itself where nothing looks wrong. */
export function likelySpelling(typed: string): string {
  const trimmed = typed.trim();
  const words = trimmed.split(BETWEEN_WORDS);
  return words.length === GENERATED_WORDS && words.every((word) => /^[a-z]+$/i.test(word)) ? words.join('-').toLowerCase() : trimmed;
}
