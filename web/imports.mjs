/** Short names for what a WebAssembly file imports, and for the longest of what it exports, in it and in the JavaScript that wasm-bindgen made for it. */

/** The module that wasm-bindgen has everything imported from, as glue and WebAssembly name it. */
const MODULE = './satchel_client_wasm_bg.js';
const SHORT_MODULE = 'a';
/** Exports that nobody calls by name but the glue. */
const LONG = /^wasm_bindgen_[0-9a-f]{16}_/;
const IMPORTS = 2;
const EXPORTS = 7;
const FUNCTION = 0;

/** Both with the same short names. Throws where there is anything that it does not know. */
export function shortened(wasm, glue) {
  const names = new Map();
  const nameFor = (name) => names.get(name) ?? names.set(name, letters(names.size)).get(name);
  const renamed = withNames(wasm, nameFor);
  if (!WebAssembly.validate(renamed)) throw new Error('the imports of the WebAssembly were not understood');
  let seen = 0;
  let called = glue;
  for (const name of [...names.keys()].filter((each) => LONG.test(each))) {
    called = called.replaceAll(`wasm.${name}`, `wasm.${names.get(name)}`);
    seen += 1;
  }
  const glued = called.replace(/^( +)(__wb\w+)(?=:)/gm, (whole, indent, name) => {
    if (!names.has(name)) return whole;
    seen += 1;
    return indent + names.get(name);
  });
  if (seen !== names.size || !glued.includes(`"${MODULE}"`)) throw new Error(`the glue has ${seen} of ${names.size} imports`);
  return { wasm: renamed, glue: glued.replaceAll(`"${MODULE}"`, `"${SHORT_MODULE}"`) };
}

function letters(number) {
  const last = String.fromCharCode(97 + (number % 26));
  return number < 26 ? last : letters(Math.floor(number / 26) - 1) + last;
}

/**
 * https://webassembly.github.io/spec/core/binary/modules.html#import-section: module, name, kind and index of the type, each; of exports name, kind and
 * index.
 */
function withNames(wasm, nameFor) {
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const text = () => {
    const length = number();
    at += length;
    return wasm.toString('utf8', at - length, at);
  };
  const parts = [wasm.subarray(0, at)];
  while (at < wasm.length) {
    const start = at;
    const section = wasm[at++];
    const end = number() + at;
    if (section !== IMPORTS && section !== EXPORTS) {
      at = end;
      parts.push(wasm.subarray(start, end));
      continue;
    }
    const count = number();
    const entries = [encoded(count)];
    for (let i = 0; i < count; i += 1) {
      const from = section === IMPORTS ? text() : MODULE;
      const name = text();
      const kindAt = at;
      if (from !== MODULE || (wasm[at++] !== FUNCTION && section === IMPORTS)) throw new Error(`an import of another kind: ${from} ${name}`);
      number();
      if (section === IMPORTS) entries.push(named(SHORT_MODULE));
      entries.push(named(section === IMPORTS || LONG.test(name) ? nameFor(name) : name), wasm.subarray(kindAt, at));
    }
    const body = Buffer.concat(entries);
    parts.push(Buffer.from([section]), encoded(body.length), body);
  }
  return Buffer.concat(parts);
}

const named = (text) => Buffer.concat([encoded(text.length), Buffer.from(text)]);

function encoded(number) {
  const bytes = [];
  for (let rest = number; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}
