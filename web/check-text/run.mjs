/**
 * The check of the page's words, part of `npm run check`: writes src/text/keys.ts (the types of keys and places), then looks at every
 * catalogue, and for words that are in none. Prints what is wrong, one line each.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findingsIn } from './catalogues.mjs';
import { typesOf } from './keys.mjs';
import { literalsInCode, literalsInComponent } from './literals.mjs';

const SOURCE = fileURLToPath(new URL('../src', import.meta.url));
const CATALOGUES = join(SOURCE, 'text', 'catalogues');
/** Code that is not the page's own, or that no page shows: the glue of the WebAssembly, the words themselves. */
const ELSEWHERE = [/^gen\//, /^text\/keys\.ts$/];
/** What is the same in every language: the product's name, its command, and what languages call themselves. */
const NAMES = new Set(['Satchel']);

const catalogue = (file) => JSON.parse(readFileSync(join(CATALOGUES, file), 'utf8'));
const english = catalogue('en.json');
writeFileSync(join(SOURCE, 'text', 'keys.ts'), typesOf(english));

const files = readdirSync(CATALOGUES);
const offered = [...readFileSync(join(SOURCE, 'text', 'languages.ts'), 'utf8').matchAll(/^ {2}(\w+): \{ name: '([^']+)'/gm)];
for (const [, , name] of offered) NAMES.add(name);
const tags = offered.map(([, tag]) => `${tag}.json`);
const findings = [
  ...tags.filter((file) => !files.includes(file)).map((file) => `languages.ts: there is no catalogue ${file}`),
  ...files.filter((file) => !tags.includes(file)).map((file) => `${file}: is not in languages.ts`),
  ...files.flatMap((file) => findingsIn(file.replace('.json', ''), catalogue(file), english)),
  ...readdirSync(SOURCE, { recursive: true }).map((file) => file.replaceAll('\\', '/')).filter((file) => !ELSEWHERE.some((each) => each.test(file))).sort().flatMap(literalsIn),
];
for (const each of findings) console.error(each);
if (findings.length > 0) {
  console.error(`\n${findings.length} findings about the words of the page. docs/languages.md says how they are written and added.`);
  process.exit(1);
}

function literalsIn(file) {
  const read = () => readFileSync(join(SOURCE, file), 'utf8');
  const found = file.endsWith('.svelte') ? literalsInComponent(read()) : file.endsWith('.ts') ? literalsInCode(read()) : [];
  return found.filter((each) => !NAMES.has(each.replace(/^\d+: /, ''))).map((each) => `src/${file}:${each} (is in no catalogue)`);
}
