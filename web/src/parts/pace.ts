/** How fast an operation moves: bytes per second over the last few seconds, smoothed so that it can be read. */
import type { Progress } from '../vault';

const SMOOTHING = 0.3;
const SAMPLE_MS = 400;

export class Pace {
  #stage: Progress['stage'] | undefined;
  #at = 0;
  #done = 0;
  #rate = 0;

  /** Bytes per second after this report; 0 until it is known. */
  note({ stage, done }: Progress, now: number): number {
    if (stage !== this.#stage || done < this.#done) {
      this.#stage = stage;
      this.#at = now;
      this.#done = done;
      this.#rate = 0;
    } else if (now - this.#at >= SAMPLE_MS) {
      const measured = ((done - this.#done) * 1000) / (now - this.#at);
      this.#rate = this.#rate === 0 ? measured : this.#rate + SMOOTHING * (measured - this.#rate);
      this.#at = now;
      this.#done = done;
    }
    return this.#rate;
  }
}
