/** What staleUses finds, in code of the shape that wasm2js and a minifier give it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { staleUses } from './stale-views.mjs';

const VIEWS = 'var b = new ArrayBuffer(8), p = new Int8Array(b), q = new Int16Array(b), r = new Int32Array(b), s = new Uint8Array(b), t = new Uint16Array(b);';
const found = (body) => {
  const code = `export function memory(i) { ${VIEWS} var m = Math.imul; function f() { r = new Int32Array(16); return 1; } ${body} }`;
  return staleUses(code).map(({ place, write }) => `${write ? 'write ' : 'read '}${code.slice(place.start, place.end)}`);
};

test('a view that is read where a call gives the place is found, however deep the call is', () => {
  assert.deepEqual(found('return r[f() >> 2];'), ['read r[f() >> 2]']);
  assert.deepEqual(found('function g(x) { return (x ? s[(i.a(x) | 0) + 4] : 0) + p[x]; } return g;'), ['read s[(i.a(x) | 0) + 4]']);
});

test('a view that is written is found where the place or the value is a call', () => {
  assert.deepEqual(found('r[f()] = 1;'), ['write r[f()]']);
  assert.deepEqual(found('r[1] = q[2] + f();'), ['write r[1]']);
});

test('a place that was worked out before is none of them, nor is arithmetic', () => {
  assert.deepEqual(found('var at; at = f(), r[at] = at; at = f(); return at = f(), r[at] + r[m(2, 3) >> 2];'), []);
});

test('a variable of the same short name is another one', () => {
  assert.deepEqual(found('function g(r) { return r[f()]; } function h(x) { var s = x; return s[f()]; } return [g, h];'), []);
});

test('code without memory is not taken for code without such places', () => {
  assert.throws(() => staleUses('export const a = 1;'), /memory is held 0 times/);
});
