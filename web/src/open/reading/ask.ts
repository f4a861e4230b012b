/** The one way to the parsers: asks their worker, which is started for the question, has a few seconds for it, and ends. */
import { fetchChecked } from '../../later';
import { scriptUrl } from '../../worker/url';
import type { Answer, Question } from './tree';
import file from './worker.ts?worker&url';

/** Seconds on a slow phone for what takes a tenth of one on a laptop. */
const ANSWER_MS_MAX = 5_000;

/** The answer, or null where the text kept the parser too long, broke it, or there are no workers here. */
export async function ask<K extends Question['kind']>(
  question: Extract<Question, { kind: K }>,
  signal: AbortSignal,
): Promise<Extract<Answer, { kind: K }> | null> {
  try {
    // The worker starts from this copy, whose hash was right. However long it takes to come, that is not the parser's time.
    await (await fetchChecked(file)).arrayBuffer();
  } catch {
    return null;
  }
  return answered(question, signal);
}

function answered<K extends Question['kind']>(question: Extract<Question, { kind: K }>, signal: AbortSignal): Promise<Extract<Answer, { kind: K }> | null> {
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
      worker = new Worker(scriptUrl(file, [file]), { type: 'module', name: 'satchel-reading' });
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
