/** Where the worker's file is, as the page's Content-Security-Policy wants it: through the one policy that may name a script. */
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

/** The worker's address. Typed as a string because DOM types do not know TrustedScriptURL everywhere. */
export function workerUrl(): string {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  if (types === undefined) return file;
  policy ??= types.createPolicy(POLICY, {
    createScriptURL(url) {
      if (url !== file) throw new TypeError('not the worker');
      return url;
    },
  });
  return policy.createScriptURL(file) as string;
}
