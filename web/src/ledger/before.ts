/** Writes down what is about to be sent, as the command line does: a page that is closed in the middle leaves a receipt that burns what it left. */
import type { Said } from '../parts/failure';
import { ledger as words } from '../text/later';
import type { Noting } from '../vault';
import { add, remove } from './book';
import { saidOf } from './trouble';

export class Note implements Noting {
  readonly #passphrase: string;
  readonly #what: string;
  readonly #names: readonly string[];
  #number: number | undefined;
  #problem: Said | undefined;

  constructor(passphrase: string, files: readonly string[], names: readonly string[]) {
    [this.#passphrase, this.#what, this.#names] = [passphrase, words.what(files), names];
  }

  /** Why it could not be written down. */
  get problem(): Said | undefined {
    return this.#problem;
  }

  async begun(receipt: string): Promise<void> {
    try {
      const entries = await add(this.#passphrase, { receipt, what: this.#what, names: this.#names });
      this.#number = entries.at(-1)?.number;
    } catch (error) {
      this.#problem = saidOf(error);
      throw error;
    }
  }

  gone(): void {
    // A line too many is shown as what burned.
    if (this.#number !== undefined) remove(this.#passphrase, this.#number).catch(() => undefined);
  }
}
