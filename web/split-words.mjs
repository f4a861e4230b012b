/**
 * src/text/catalogues/xx.json -> src/gen/words/: what the first view says (xx.json), which is fetched before it is shown, and the rest (rest/xx-HASH.json), which
 * comes with whatever says it. The first names the rest, with its hash: index.html, which everybody fetches, need not do it for each language. Failures
 * are among the first: they are said when nothing more can be fetched.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const FIRST = /^(?:frame|make|failure|underPanic|writing)\.|^(?:about\.title|notUnderstood\.malformedLink)$/;
const from = new URL('src/text/catalogues/', import.meta.url);
const to = new URL('src/gen/words/', import.meta.url);

rmSync(to, { recursive: true, force: true });
mkdirSync(new URL('rest/', to), { recursive: true });
for (const file of readdirSync(from)) {
  const messages = Object.entries(JSON.parse(readFileSync(new URL(file, from), 'utf8')));
  const rest = JSON.stringify(Object.fromEntries(messages.filter(([key]) => !FIRST.test(key))));
  const hash = createHash('sha256').update(rest).digest('base64');
  const name = file.replace('.json', `-${hash.replaceAll(/[+/]/g, '_').slice(0, 8)}.json`);
  writeFileSync(new URL(`rest/${name}`, to), rest);
  const first = Object.fromEntries([...messages.filter(([key]) => FIRST.test(key)), ['rest', `${name} sha256-${hash}`]]);
  writeFileSync(new URL(file, to), JSON.stringify(first));
}
