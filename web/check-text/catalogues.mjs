/** What is wrong with the catalogues: keys, places, plural forms. English is what the others are compared with. */

/** Counts on this page are of people, files, words and bits: no language's forms for whole numbers show up later than here. */
const COUNTS = Array.from({ length: 1001 }, (_, count) => count);
/** Characters that would be markup, or that turn the text around where nobody sees it. */
const FORBIDDEN = /[<>&\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]/;

/** Findings about the catalogue of `tag`, one line each; none is good. */
export function findingsIn(tag, messages, english) {
  const found = [];
  for (const key of Object.keys(english)) {
    if (Object.hasOwn(messages, key)) found.push(...findingsAbout(tag, messages[key], english[key]).map((each) => `${key}: ${each}`));
    else found.push(`${key}: is not translated`);
  }
  for (const key of Object.keys(messages)) if (!Object.hasOwn(english, key)) found.push(`${key}: is not in English`);
  return found.map((each) => `${tag}.json: ${each}`);
}

/** The names in braces; for a message with forms, `count` is one of them. */
export function placesOf(message) {
  const places = new Set(textsOf(message).flatMap((text) => [...text.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name)));
  if (typeof message !== 'string') places.add('count');
  return places;
}

/** Plural categories of a language for whole numbers, each with the numbers that it covers. */
export function categoriesOf(tag) {
  const rules = new Intl.PluralRules(tag);
  const categories = new Map();
  for (const count of COUNTS) categories.set(rules.select(count), [...(categories.get(rules.select(count)) ?? []), count]);
  return categories;
}

function findingsAbout(tag, message, english) {
  if (typeof message !== 'string' && !isForms(message)) return ['is neither a text nor plural forms'];
  const wanted = placesOf(english);
  // Where English only lets the count pick, the others may too.
  const silent = typeof english !== 'string' && !textsOf(english).some((text) => text.includes('{count}'));
  const found = textsOf(message).flatMap(findingsInText);
  if (typeof message === 'string') {
    if (typeof english !== 'string' && categoriesOf(tag).size > 1) found.push(`needs the plural forms ${[...categoriesOf(tag).keys()].join(', ')}`);
    return [...found, ...misplaced(placesOf(message), wanted, typeof english === 'string' ? [] : ['count'])];
  }
  if (!wanted.has('count')) return [...found, 'has plural forms, but no count'];
  const categories = categoriesOf(tag);
  for (const category of Object.keys(message)) if (!categories.has(category)) found.push(`the language has no plural category ${category}`);
  for (const [category, counts] of categories) {
    if (!Object.hasOwn(message, category)) found.push(`lacks the plural form ${category}, as for ${counts[0]}`);
    // A form for one number alone may write it as a word, or leave it out.
    else found.push(...misplaced(placesOf(String(message[category])), wanted, silent || counts.length === 1 ? ['count'] : []).map((each) => `${category}: ${each}`));
  }
  return found;
}

function misplaced(has, wanted, mayLack) {
  const lacking = [...wanted].filter((name) => !has.has(name) && !mayLack.includes(name)).map((name) => `lacks {${name}}`);
  return [...lacking, ...[...has].filter((name) => !wanted.has(name)).map((name) => `has {${name}}, which nobody fills`)];
}

function findingsInText(text) {
  const found = [];
  if (text.trim() === '') found.push('is empty');
  if (text !== text.trim()) found.push('begins or ends with a space');
  if (FORBIDDEN.test(text)) found.push('has markup, or a character that cannot be seen');
  if (/[{}]/.test(text.replace(/\{\w+\}/g, ''))) found.push('has a brace that belongs to no place');
  if (text !== text.normalize('NFC')) found.push('is not in NFC');
  return found;
}

function isForms(message) {
  return typeof message === 'object' && message !== null && !Array.isArray(message) && Object.values(message).every((each) => typeof each === 'string');
}

function textsOf(message) {
  return typeof message === 'string' ? [message] : Object.values(message);
}
