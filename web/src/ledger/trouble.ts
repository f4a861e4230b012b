/** From whatever the ledger rejected with to what a person reads. */
import { failureOf, saying, type Said } from '../parts/failure';
import { ledger as words } from '../text/later';
import { LedgerTrouble } from './book';

export function saidOf(error: unknown): Said {
  if (error instanceof LedgerTrouble) return () => words[error.trouble];
  const { code } = failureOf(error);
  // Where storage was changed by somebody else, it is the ledger that is damaged.
  return code === 'not_a_container' || code === 'truncated' ? () => words.notRead : saying(error);
}
