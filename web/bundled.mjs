/** Which packages the modules of a bundle are from. */

/** Of the modules' ids, as the bundler gives them: the packages, and the folder of each. What the bundler adds of its own has no file. */
export function packagesOf(ids) {
  const found = new Map();
  for (const id of ids) {
    const [, own] = /^\0(rolldown|vite)\//.exec(id) ?? [];
    const [folder, name] = /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)(?=\/)/.exec(id.replaceAll('\\', '/').replace(/^\0/, '')) ?? [];
    if (name !== undefined) found.set(name, folder);
    else if (own !== undefined) found.set(own, undefined);
  }
  return [...found].map(([name, folder]) => ({ name, folder }));
}

/** Those that a list does not name in this version, each at the beginning of a line: `NAME VERSION (`. */
export function unnamed(packages, list) {
  const lines = new Set(list.split('\n').map((line) => line.slice(0, line.indexOf(' ('))));
  return packages.map(({ name, version }) => `${name} ${version}`).filter((each) => !lines.has(each));
}
