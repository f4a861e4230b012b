/** The one way to those who look at files: their worker, for one file after the other. */
import { fetchChecked } from '../later';
import type { SourceFile } from '../vault';
import { scriptUrl } from '../worker/url';
import type { Look } from './finding';
import file from './worker.ts?worker&url';

/** For the largest file that is looked at, on a slow phone. */
const LOOK_MS_MAX = 30_000;

export class Looking {
  #worker: Promise<Worker> | undefined;

  /** `unread` where it could not be looked at. */
  async at({ file: content, path }: SourceFile): Promise<Look> {
    try {
      const worker = await (this.#worker ??= started());
      return await answer(worker, { file: content, path });
    } catch {
      // What one file did to it is not the next one's fault.
      await this.end();
      return { state: 'unread' };
    }
  }

  async end(): Promise<void> {
    const ending = this.#worker;
    this.#worker = undefined;
    await ending?.then((worker) => worker.terminate(), () => undefined);
  }
}

async function started(): Promise<Worker> {
  // The worker starts from this copy, whose hash was right.
  await (await fetchChecked(file)).arrayBuffer();
  return new Worker(scriptUrl(file, [file]), { type: 'module', name: 'satchel-traces' });
}

function answer(worker: Worker, source: SourceFile): Promise<Look> {
  return new Promise((resolve, reject) => {
    const clock = setTimeout(() => reject(new Error('it took too long')), LOOK_MS_MAX);
    worker.onmessage = ({ data }: MessageEvent<Look>) => {
      clearTimeout(clock);
      resolve(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      clearTimeout(clock);
      reject(new Error('the worker died'));
    };
    worker.postMessage(source);
  });
}
