/** Where a worker's file is, or that of a module that comes as a script of its own, as the page's Content-Security-Policy wants it: through the one policy that may name a script. */
interface ScriptUrlPolicy {
  createScriptURL(url: string): unknown;
}
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): ScriptUrlPolicy;
}

/** The name stands in web/TRUSTED_TYPES too, from where the server's header takes it. */
const POLICY = 'satchel-worker';
let policy: ScriptUrlPolicy | undefined;
/** Files that were named by those who load them. */
const known = new Set<string>();

/** The address of one of the `files`. Typed as a string because DOM types do not know TrustedScriptURL everywhere. */
export function scriptUrl(file: string, files: readonly string[]): string {
  for (const each of files) known.add(each);
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  if (types === undefined) return file;
  policy ??= types.createPolicy(POLICY, {
    createScriptURL(url) {
      if (!known.has(url)) throw new TypeError('not a file of ours');
      return url;
    },
  });
  return policy.createScriptURL(file) as string;
}
