/** The check itself: what it must find, and what it must let through. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { findingsIn } from './catalogues.mjs';
import { typesOf } from './keys.mjs';
import { literalsInCode, literalsInComponent } from './literals.mjs';

const ENGLISH = {
  'a.title': 'What is it?',
  'a.remove': 'Remove {name}',
  'a.files': { one: '{count} file, {size}', other: '{count} files, {size}' },
  'a.gone': { one: 'It is gone', other: 'They are gone' },
};
const POLISH = {
  'a.title': 'Co to jest?',
  'a.remove': 'Usuń {name}',
  'a.files': { one: '{count} plik, {size}', few: '{count} pliki, {size}', many: '{count} plików, {size}' },
  'a.gone': { one: 'Zniknął', few: 'Zniknęły', many: 'Zniknęły' },
};
const found = (change) => findingsIn('pl', { ...POLISH, ...change }, ENGLISH);

test('a whole catalogue has no findings, English neither', () => {
  assert.deepEqual(found({}), []);
  assert.deepEqual(findingsIn('en', ENGLISH, ENGLISH), []);
});

test('a key that is not translated, or that nobody asks for, is named', () => {
  const { 'a.title': _, ...rest } = POLISH;
  assert.deepEqual(findingsIn('pl', { ...rest, 'a.old': 'x' }, ENGLISH), ['pl.json: a.title: is not translated', 'pl.json: a.old: is not in English']);
});

test('a place that is missing, misspelled or too much is named', () => {
  assert.deepEqual(found({ 'a.remove': 'Usuń' }), ['pl.json: a.remove: lacks {name}']);
  assert.deepEqual(found({ 'a.remove': 'Usuń {nazwa}' }), ['pl.json: a.remove: lacks {name}', 'pl.json: a.remove: has {nazwa}, which nobody fills']);
  assert.equal(found({ 'a.remove': 'Usuń {name' }).length, 2);
  assert.deepEqual(found({ 'a.title': 'Co to {jest}?' }), ['pl.json: a.title: has {jest}, which nobody fills']);
});

test('a plural form that the language has, and one that it has not, is named', () => {
  assert.deepEqual(found({ 'a.gone': { one: 'Zniknął', few: 'Zniknęły' } }), ['pl.json: a.gone: lacks the plural form many, as for 0']);
  assert.deepEqual(found({ 'a.gone': { ...POLISH['a.gone'], two: 'x' } }), ['pl.json: a.gone: the language has no plural category two']);
  assert.deepEqual(found({ 'a.files': '{count} plików, {size}' }), ['pl.json: a.files: needs the plural forms many, one, few']);
  assert.deepEqual(found({ 'a.title': { one: 'x', few: 'x', many: 'x' } }), ['pl.json: a.title: has plural forms, but no count']);
});

test('only a form for one number alone may leave the number out', () => {
  assert.deepEqual(found({ 'a.files': { ...POLISH['a.files'], one: 'Plik, {size}' } }), []);
  assert.deepEqual(found({ 'a.files': { ...POLISH['a.files'], few: 'Pliki, {size}' } }), ['pl.json: a.files: few: lacks {count}']);
  const russian = { 'a.files': { one: 'Файл, {size}', few: '{count} файла, {size}', many: '{count} файлов, {size}' } };
  assert.deepEqual(findingsIn('ru', russian, { 'a.files': ENGLISH['a.files'] }), ['ru.json: a.files: one: lacks {count}']);
});

test('an empty message, markup, hidden characters and what is no text are named', () => {
  for (const bad of ['', '  ', 'Co <b>to</b>?', 'Co &amp; to', 'Co\u202eto', 'Co\u2068to', ' Co to', 7, null, ['x'], { one: 7 }]) {
    assert.ok(found({ 'a.title': bad }).length > 0, JSON.stringify(bad));
  }
});

test('types name the places of each message', () => {
  const types = typesOf(ENGLISH);
  assert.match(types, /'a\.title': never;/);
  assert.match(types, /'a\.files': 'count' \| 'size';/);
  assert.match(types, /'a\.gone': 'count';/);
});

test('words in the markup of a component are found, with their line', () => {
  assert.deepEqual(literalsInComponent('<p>{words.title}</p>\n<p>Hello</p>'), ['2: Hello']);
  for (const markup of [
    '<img alt="A cat" />', '<input placeholder="Write" />', '<button aria-label="Close it">×</button>', '<abbr title={`up to ${n}`}></abbr>',
    '<p>{open ? "Shut" : words.open}</p>', '<p>{`${n} files`}</p>', '<p>{n + " files"}</p>', '<p>{problem || "failed"}</p>',
  ]) assert.equal(literalsInComponent(markup).length, 1, markup);
});

test('what nobody reads in the markup is let through', () => {
  for (const markup of [
    '<p class="quiet strong" id="{id}-why" dir="auto">{words.title}: {n}</p>', '{#if phase.at === "not there"}<p>{words.a}</p>{/if}', '<p class={open ? "wide" : ""}>·</p>',
    '<p>{phase.at === "asked" ? words.a : words.b}</p>', '<p>{words.stage["sealing"]}</p>', '<p>{words.join("and")}</p>', '<style>p { color: red }</style>', '<!-- A comment. -->',
  ]) assert.deepEqual(literalsInComponent(markup), [], markup);
});

test('sentences in code, and whatever is announced, are found', () => {
  assert.deepEqual(literalsInCode("let a = 1;\nproblem = 'That went wrong.';"), ['2: That went wrong.']);
  assert.equal(literalsInCode("announce(done ? 'copied' : words.failed);").length, 1);
  assert.equal(literalsInCode('title = `Link ${number}`;').length, 1);
  assert.equal(literalsInComponent("<script>announce('Hi')</script>").length, 1);
});

test('names of states, modules, errors and types are let through', () => {
  for (const code of ["import a from './A b.svelte';", "phase = { at: 'not there' };", "throw new Error('Not reached.');", "type A = 'One Two' | 'Three';", "announce(outcome === 'copied' ? words.a : words.b);"]) {
    assert.deepEqual(literalsInCode(code), [], code);
  }
});
