/** From a message of a catalogue to a sentence: the plural form is picked and the places are filled. Knows no language and no page. */

/** One text for each plural category of the language, as Intl.PluralRules names them; `count` picks. */
export type Forms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>>>;
export type Messages = Readonly<Record<string, string | Forms>>;
/** Texts go in as they are, numbers as the language writes them. */
export type Values = Readonly<Record<string, string | number>>;

const PLACE = /\{(\w+)\}/g;
/** Beyond what is written from left to right for certain. */
const MAY_TURN = /[^\u0000-\u058f]/;
const FIRST_STRONG_ISOLATE = '\u2068';
const POP_ISOLATE = '\u2069';

/** The sentence of `message` in `locale`. A place without a value stays as it is: nothing is invented. */
export function say(locale: string, message: string | Forms, values: Values = {}): string {
  return formOf(locale, message, values['count']).replace(PLACE, (place, name: string) => {
    const value = values[name];
    return typeof value === 'number' ? numbers(locale).format(value) : (value ?? place);
  });
}

/**
 * `text`, which somebody else wrote, so that it cannot turn the sentence around it: in an isolate wherever it or the sentence may run
 * from right to left. Elsewhere it is left alone, so that what is read out and searched for is the name itself.
 */
export function isolated(text: string, direction: 'ltr' | 'rtl'): string {
  return direction === 'rtl' || MAY_TURN.test(text) ? FIRST_STRONG_ISOLATE + text + POP_ISOLATE : text;
}

function formOf(locale: string, message: string | Forms, count: unknown): string {
  if (typeof message === 'string') return message;
  const category = plurals(locale).select(typeof count === 'number' ? count : Number.NaN);
  // A browser may know the language's categories differently than we do: better a form that is a little wrong than none.
  return message[category] ?? message.other ?? Object.values(message).at(-1) ?? '';
}

const numbers = once((locale) => new Intl.NumberFormat(locale));
const plurals = once((locale) => new Intl.PluralRules(locale));

/** Making one costs more than using it a thousand times. */
function once<T>(make: (locale: string) => T): (locale: string) => T {
  const made = new Map<string, T>();
  return (locale) => {
    const known = made.get(locale) ?? make(locale);
    made.set(locale, known);
    return known;
  };
}
