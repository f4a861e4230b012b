/** The one way to the parsers: asks their worker, which is started for the question, has a few seconds for it, and ends. */
import { readingWorkerUrl } from '../../worker/url';
import type { Answer, Question } from './tree';

/** Seconds on a slow phone for what takes a tenth of one on a laptop. */
const ANSWER_MS_MAX = 5_000;

/** The answer, or null where the text kept the parser too long, broke it, or there are no workers here. */
export function ask<K extends Question['kind']>(
  question: Extract<Question, { kind: K }>,
  signal: AbortSignal,
): Promise<Extract<Answer, { kind: K }> | null> {
  return new Promise((resolve) => {
    let worker: Worker | undefined;
    const end = (answer: Extract<Answer, { kind: K }> | null): void => {
      clearTimeout(clock);
      signal.removeEventListener('abort', give);
      worker?.terminate();
      resolve(answer);
    };
    const give = (): void => end(null);
    const clock = setTimeout(give, ANSWER_MS_MAX);
    signal.addEventListener('abort', give);
    try {
      worker = new Worker(readingWorkerUrl(), { type: 'module', name: 'satchel-reading' });
    } catch {
      return give();
    }
    worker.onmessage = (event: MessageEvent<Extract<Answer, { kind: K }>>) => end(event.data);
    worker.onerror = (event) => {
      // Whatever a text did to the parser is no fault of the page's.
      event.preventDefault();
      give();
    };
    if (signal.aborted) return give();
    worker.postMessage(question);
  });
}
