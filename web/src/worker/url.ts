/** Where the workers' files are, as the page's Content-Security-Policy wants it: through the one policy that may name a script. */
import readingFile from '../open/reading/worker.ts?worker&url';
import file from './worker.ts?worker&url';

interface ScriptUrlPolicy {
  createScriptURL(url: string): unknown;
}
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): ScriptUrlPolicy;
}

/** The name stands in web/TRUSTED_TYPES too, from where the server's header takes it. */
const POLICY = 'satchel-worker';
let policy: ScriptUrlPolicy | undefined;

/** The address of the worker that seals and opens. Typed as a string because DOM types do not know TrustedScriptURL everywhere. */
export function workerUrl(): string {
  return trusted(file);
}

/** The address of the worker that formats and colours what was opened. */
export function readingWorkerUrl(): string {
  return trusted(readingFile);
}

function trusted(wanted: string): string {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  if (types === undefined) return wanted;
  policy ??= types.createPolicy(POLICY, {
    createScriptURL(url) {
      if (url !== file && url !== readingFile) throw new TypeError('not a worker');
      return url;
    },
  });
  return policy.createScriptURL(wanted) as string;
}
