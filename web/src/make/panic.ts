/** Under which panic link something is made, as the form has it. */
import type { PanicMade } from '../vault';

export interface Under {
  /** Empty for none. */
  readonly panic: string;
  /** What stands in the field and is no panic link yet. */
  readonly pasted: string;
  /** Shown as long as it was made here. */
  readonly made: PanicMade | null;
}

export const UNDER_NONE: Under = { panic: '', pasted: '', made: null };
