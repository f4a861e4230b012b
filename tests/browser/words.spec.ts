/** The words of the page without a page: plural forms, numbers, names that run the other way, and which language is whose. */
import { expect, test } from '@playwright/test';
import { catalogue } from './catalogue';
import { formatDuration, formatMoment, formatRate, formatSize, formatWhen } from '../../web/src/text/format';
import { LANGUAGES, localeOf, matched, TAGS } from '../../web/src/text/languages';
import { isolated, say, type Forms } from '../../web/src/text/say';

/** The plural categories of CLDR for 1, 2, 5, 11 and 100. */
const CATEGORIES: Record<string, readonly (keyof Forms)[]> = {
  pl: ['one', 'few', 'many', 'many', 'many'],
  ru: ['one', 'few', 'many', 'many', 'many'],
  uk: ['one', 'few', 'many', 'many', 'many'],
  ar: ['one', 'two', 'few', 'many', 'other'],
};
const COUNTS = [1, 2, 5, 11, 100];
const FORMS: Forms = { zero: 'zero', one: 'one', two: 'two', few: 'few', many: 'many', other: 'other' };

for (const [language, expected] of Object.entries(CATEGORIES)) {
  test(`1, 2, 5, 11 and 100 take the right plural form: ${language}`, () => {
    expect(COUNTS.map((count) => say(language, FORMS, { count }))).toEqual(expected);
    const tag = TAGS.find((each) => each === language);
    if (tag === undefined) return;
    const { 'several.made': made } = catalogue(tag);
    if (typeof made !== 'object') throw new Error(`${tag}: several.made has no forms`);
    expect(COUNTS.map((count) => say(tag, made, { count, }))).toEqual(
      COUNTS.map((count, at) => (made[expected[at] ?? 'other'] ?? '').replace('{count}', new Intl.NumberFormat(tag).format(count))),
    );
  });
}

test('a language whose forms the browser does not know gets one of its forms, not none', () => {
  expect(say('en', { few: '{count} pliki', many: '{count} plików' }, { count: 1 })).toBe('1 plików');
});

test('numbers are written as the language writes them, and a place without a value stays', () => {
  expect(say('de', 'Link {number}', { number: 1234 })).toBe('Link 1.234');
  expect(say('fa', 'Link {number}', { number: 12 })).toBe('Link ۱۲');
  expect(say('en', '{a} and {b}', { a: '{b}' })).toBe('{b} and {b}');
});

test('a name that may run from right to left, or stands in a sentence that does, cannot turn it around', () => {
  expect(isolated('minutes.txt', 'ltr')).toBe('minutes.txt');
  expect(isolated('minutes.txt', 'rtl')).toBe('\u2068minutes.txt\u2069');
  expect(isolated('רשימה.txt', 'ltr')).toBe('\u2068רשימה.txt\u2069');
  expect(isolated('a\u202etxt.exe', 'ltr')).toBe('\u2068a\u202etxt.exe\u2069');
});

test('sizes and times are those of the language', () => {
  const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, ' ');
  expect([0, 1, 999, 1000, 1_234_567].map((bytes) => plain(formatSize(bytes, 'en-GB')))).toEqual(['0 bytes', '1 byte', '999 bytes', '1 kB', '1.2 MB']);
  expect(plain(formatSize(1_234_567, 'fr'))).toBe('1,2 Mo');
  expect(plain(formatRate(35_000_000, 'de'))).toBe('35 MB/s');
  expect([3600, 7200].map((secs) => formatDuration(secs, 'pl'))).toEqual(['1 godzina', '2 godziny']);
  expect(formatWhen(5 * 60, 'ru')).toBe('через 5 минут');
  expect(formatMoment(1_764_511_200, 'fa')).toContain('آذر');
});

test('the first of the browser\'s languages that there is, is spoken', () => {
  expect(matched(['nl', 'de-CH', 'en'])).toBe('de');
  expect(matched(['EN-us'])).toBe('en');
  expect(matched([])).toBe('en');
  expect(matched(['x-klingon', 'toString', '__proto__'])).toBe('en');
  for (const tag of TAGS) expect(matched([`${tag}-XX`])).toBe(tag);
});

test('numbers and dates follow the country that the browser names, for the language that is spoken', () => {
  expect(localeOf('en', ['en-US', 'en'])).toBe('en-US');
  expect(localeOf('en', ['de-AT'])).toBe('en-GB');
  for (const tag of TAGS) expect(Intl.getCanonicalLocales(LANGUAGES[tag].locale)).toEqual([LANGUAGES[tag].locale]);
});
