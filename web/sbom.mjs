/**
 * What is built into the programs and the page, as CycloneDX 1.5: `node sbom.mjs VERSION > FILE`. The same sources give the same bytes: it says nothing of when,
 * where or by whom. Hashes are those of the lock files: of what was fetched, before it was built.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { crates, packages } from './built-in.mjs';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const [version] = process.argv.slice(2);
if (version === undefined) throw new Error('node sbom.mjs VERSION');

/** SHA-256 of each crate's archive, by name and version. */
function checksums() {
  const lock = readFileSync(at('../Cargo.lock'), 'utf8');
  const entries = lock.matchAll(/name = "([^"]+)"\nversion = "([^"]+)"\nsource = "[^"]+"\nchecksum = "([0-9a-f]{64})"/g);
  return new Map([...entries].map(([, name, of, checksum]) => [`${name} ${of}`, { alg: 'SHA-256', content: checksum }]));
}

/** npm's `sha512-...`, in hexadecimal. */
function integrities() {
  const { packages: all } = JSON.parse(readFileSync(at('package-lock.json'), 'utf8'));
  const known = Object.entries(all).filter(([, { integrity }]) => integrity?.startsWith('sha512-') === true);
  return new Map(
    known.map(([path, { version: of, integrity }]) => {
      const content = Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex');
      return [`${path.replace('node_modules/', '')} ${of}`, { alg: 'SHA-512', content }];
    }),
  );
}

function component(kind, hashes) {
  return ({ name, version: of, terms, parts }) => {
    const purl = `pkg:${kind}/${name.replace('@', '%40')}@${encodeURIComponent(of)}`;
    const hash = hashes.get(`${name} ${of}`);
    return {
      type: 'library',
      'bom-ref': purl,
      name,
      version: of,
      ...(hash === undefined ? {} : { hashes: [hash] }),
      // Older crates write "MIT/Apache-2.0" for either.
      licenses: [{ expression: terms.replaceAll(/\s*\/\s*/g, ' OR ') }],
      purl,
      properties: parts.map((part) => ({ name: 'satchel:part', value: part })),
    };
  };
}

const all = [...crates().map(component('cargo', checksums())), ...packages().map(component('npm', integrities()))];
const components = all.sort((a, b) => (a.purl < b.purl ? -1 : Number(a.purl > b.purl)));
const bom = {
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  version: 1,
  metadata: { component: { type: 'application', 'bom-ref': `satchel@${version}`, name: 'satchel', version, licenses: [{ expression: 'MIT OR Apache-2.0' }] } },
  components,
};
process.stdout.write(`${JSON.stringify(bom, null, 1)}\n`);
