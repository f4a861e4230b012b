/** How long this device takes to work a passphrase in: the same for every link, because each has a salt of its own. */
import { sealFile, type Progress } from '../vault';

/** Where steps are told, this many hundredths tell how long all of them take. */
const HUNDREDTHS_SEEN = 5;

let measured: Promise<number> | undefined;

/** In seconds; measured when it is first asked for. Rejects as `sealFile`. */
export function derivationSecs(): Promise<number> {
  measured ??= measure().catch((error: unknown) => {
    measured = undefined;
    throw error;
  });
  return measured;
}

async function measure(): Promise<number> {
  const enough = new AbortController();
  let begun = 0;
  let whole: number | undefined;
  const onProgress = ({ stage, done, total }: Progress): void => {
    if (stage !== 'deriving') return;
    begun ||= performance.now();
    if (total === 0 || done < HUNDREDTHS_SEEN) return;
    whole ??= ((performance.now() - begun) * total) / done / 1000;
    enough.abort();
  };
  try {
    // Of nothing: all that takes time is the passphrase.
    await sealFile({ text: '' }, 'measured', { onProgress, signal: enough.signal });
  } catch (error) {
    if (whole === undefined) throw error;
  }
  return whole ?? (performance.now() - begun) / 1000;
}
