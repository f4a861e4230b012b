/** From whatever the ledger rejected with to the sentence that a person reads. */
import { failureOf, sentenceFor } from '../parts/failure';
import { ledger as words } from '../text/later';
import { LedgerTrouble } from './book';

export function saidOf(error: unknown): string {
  if (error instanceof LedgerTrouble) return words[error.trouble];
  const failure = failureOf(error);
  // Where storage was changed by somebody else, it is the ledger that is damaged.
  return failure.code === 'not_a_container' || failure.code === 'truncated' ? words.notRead : sentenceFor(failure);
}
