/** The languages there are, and which of them a person wants. */

interface Language {
  /** What it calls itself: the same in every language, and so in no catalogue. */
  readonly name: string;
  /** What its catalogue is written in, for `lang`. */
  readonly written: string;
  /** How numbers and dates are written where the browser names no country of this language. */
  readonly locale: string;
  readonly direction: 'ltr' | 'rtl';
  /** Countries of the same language write their dates in a script that the catalogue is not in. */
  readonly oneScript?: true;
}

/** One for each file of catalogues/, in the order in which they are offered. */
export const LANGUAGES = {
  en: { name: 'English', written: 'en', locale: 'en-GB', direction: 'ltr' },
  de: { name: 'Deutsch', written: 'de', locale: 'de-DE', direction: 'ltr' },
  es: { name: 'Español', written: 'es', locale: 'es-ES', direction: 'ltr' },
  fr: { name: 'Français', written: 'fr', locale: 'fr-FR', direction: 'ltr' },
  it: { name: 'Italiano', written: 'it', locale: 'it-IT', direction: 'ltr' },
  pl: { name: 'Polski', written: 'pl', locale: 'pl-PL', direction: 'ltr' },
  pt: { name: 'Português', written: 'pt-BR', locale: 'pt-BR', direction: 'ltr' },
  tr: { name: 'Türkçe', written: 'tr', locale: 'tr-TR', direction: 'ltr' },
  ru: { name: 'Русский', written: 'ru', locale: 'ru-RU', direction: 'ltr' },
  uk: { name: 'Українська', written: 'uk', locale: 'uk-UA', direction: 'ltr' },
  ar: { name: 'العربية', written: 'ar', locale: 'ar', direction: 'rtl' },
  fa: { name: 'فارسی', written: 'fa', locale: 'fa-IR', direction: 'rtl' },
  hi: { name: 'हिन्दी', written: 'hi', locale: 'hi-IN', direction: 'ltr' },
  zh: { name: '简体中文', written: 'zh-Hans', locale: 'zh-Hans', direction: 'ltr', oneScript: true },
} as const satisfies Record<string, Language>;

export type Tag = keyof typeof LANGUAGES;
export const TAGS = Object.keys(LANGUAGES) as Tag[];

/** What is spoken where nothing that a browser asks for is there. */
export const FALLBACK: Tag = 'en';

/** The first of the browser's languages that there is: `zh-TW` and `zh-Hans` are both `zh`. */
export function matched(wanted: readonly string[]): Tag {
  for (const each of wanted) {
    const tag = known(primary(each));
    if (tag !== null) return tag;
  }
  return FALLBACK;
}

/** A tag that was kept or chosen; null for what is none of ours. */
export function known(tag: string | null): Tag | null {
  return TAGS.find((each) => each === tag) ?? null;
}

/** The locale for numbers and dates: as in the person's own country, where the browser tells which. */
export function localeOf(tag: Tag, wanted: readonly string[]): string {
  const language: Language = LANGUAGES[tag];
  if (language.oneScript) return language.locale;
  return wanted.find((each) => primary(each) === tag && each.length > tag.length) ?? language.locale;
}

function primary(locale: string): string {
  return (locale.split(/[-_]/)[0] ?? '').toLowerCase();
}
