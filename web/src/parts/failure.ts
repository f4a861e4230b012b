/** From whatever was thrown to the sentence that a person reads. */
import { failures } from '../text/words';
import { VaultError, type Failure } from '../vault';

/** The failure in `error`; what is none of the vault's counts as a crash. */
export function failureOf(error: unknown): Failure {
  return error instanceof VaultError ? error.failure : { code: 'crashed' };
}

/** A sentence that stands on the screen: it follows the language that is spoken, and so it is made again each time it is looked at. */
export type Said = () => string;

export const silence: Said = () => '';

/** The sentence for `failure`. */
export function sentenceFor(failure: Failure): string {
  return failures[failure.code](failure);
}

/** What is said of whatever was thrown. */
export function saying(error: unknown): Said {
  const failure = failureOf(error);
  return () => sentenceFor(failure);
}
