/**
 * src/text/catalogues/xx.json -> src/gen/words/xx.json and xx.rest.json: what the first view says, which is fetched before it is shown, and the rest, which
 * comes with whatever says it. Failures are among the first: they are said when nothing more can be fetched.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const FIRST = /^(?:frame|make|failure|underPanic|notUnderstood|progress|writing)\.|^about\.title$/;
const from = new URL('src/text/catalogues/', import.meta.url);
const to = new URL('src/gen/words/', import.meta.url);

rmSync(to, { recursive: true, force: true });
mkdirSync(to, { recursive: true });
for (const file of readdirSync(from)) {
  const messages = Object.entries(JSON.parse(readFileSync(new URL(file, from), 'utf8')));
  const write = (name, kept) => writeFileSync(new URL(name, to), JSON.stringify(Object.fromEntries(messages.filter(kept))));
  write(file, ([key]) => FIRST.test(key));
  write(file.replace('.json', '.rest.json'), ([key]) => !FIRST.test(key));
}
