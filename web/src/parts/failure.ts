/** From whatever was thrown to the sentence that a person reads. */
import { failures } from '../text/words';
import { VaultError, type Failure } from '../vault';

/** The failure in `error`; what is none of the vault's counts as a crash. */
export function failureOf(error: unknown): Failure {
  return error instanceof VaultError ? error.failure : { code: 'crashed' };
}

/** The sentence for `failure`. */
export function sentenceFor(failure: Failure): string {
  return failures[failure.code](failure);
}
