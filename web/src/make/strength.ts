/** What can honestly be said of a passphrase that a person invented: how long it is, and whether it repeats itself. Nothing more. */
export type Strength = 'empty' | 'weak' | 'fair' | 'good';

const FAIR_CHARACTERS = 12;
const GOOD_CHARACTERS = 20;
const GOOD_DIFFERENT = 8;

/** Judged by length and by how many characters differ: a guess from below, never a promise. */
export function strengthOf(passphrase: string): Strength {
  const characters = [...passphrase.normalize('NFC')];
  const different = new Set(characters).size;
  if (characters.length === 0) return 'empty';
  if (characters.length < FAIR_CHARACTERS || different < GOOD_DIFFERENT) return 'weak';
  return characters.length < GOOD_CHARACTERS ? 'fair' : 'good';
}
