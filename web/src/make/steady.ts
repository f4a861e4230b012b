/** One way forward out of what sealing and uploading report in turns: what counts is what the server has. */
import type { Progress } from '../vault';

/** What is shown after `report`. Sealing runs ahead of the upload by a chunk, and a wait says nothing of how far it is. */
export function steadied(before: Progress | null, report: Progress): Progress {
  const sent = before !== null && before.total > 0;
  if (report.stage === 'sealing') return sent ? { ...before, stage: 'uploading' } : { ...report, done: 0, total: 0 };
  return report.stage === 'waiting' && sent ? { ...before, stage: 'waiting' } : report;
}
