/** Which language the page speaks now. Everything on the screen follows it at once; its catalogue is fetched when it is first spoken. */
import { fetchChecked, fetchNamed } from '../later';
import { FALLBACK, known, LANGUAGES, localeOf, matched, type Tag } from './languages';
import type { Messages } from './say';

interface Spoken {
  readonly tag: Tag;
  /** For numbers, dates and plurals. */
  readonly locale: string;
  readonly direction: 'ltr' | 'rtl';
  readonly messages: Messages;
}

const KEY = 'satchel-language';
/** A message that is in no first part. */
const FULL = 'sealed.title';
const FILES = import.meta.glob<string>('../gen/words/*.json', { query: '?url', import: 'default', eager: true });

let now = $state.raw<Spoken>(spokenAs(FALLBACK, {}));
/** The choice that was made last: an earlier one that arrives late does not undo it. */
let asked = 0;
/** More than the first view says is wanted, from here on in every language. */
let all = false;

export function spoken(): Spoken {
  return now;
}

/** The first words of the page: in the chosen language, else the browser's, else English. False when none could be had. */
export async function begin(): Promise<boolean> {
  const browsers = matched(navigator.languages);
  const first = known(kept()) ?? browsers;
  for (const tag of new Set([first, browsers, FALLBACK])) {
    try {
      await speak(tag);
      return true;
    } catch {
      // The next one, then.
    }
  }
  return false;
}

/** A person's choice: kept in this browser, unless it is what the browser asks for anyway. Rejects when its words do not come. */
export async function choose(tag: Tag): Promise<void> {
  if (await speak(tag)) keep(tag === matched(navigator.languages) ? null : tag);
}

/** What the first view does not say. Rejects when it does not come, and may be asked for again. */
export async function rest(): Promise<void> {
  all = true;
  while (!(FULL in now.messages)) {
    const { tag, messages } = now;
    const more = await restOf(messages);
    // Another language may have come meanwhile, with all of its words or without.
    if (now.tag === tag) now = spokenAs(tag, { ...messages, ...more });
  }
}

/** Whether all words are here. */
export function isAll(): boolean {
  return FULL in now.messages;
}

/** False when something else was chosen meanwhile. */
async function speak(tag: Tag): Promise<boolean> {
  asked += 1;
  const mine = asked;
  const messages = await catalogue(tag);
  if (mine !== asked) return false;
  now = spokenAs(tag, messages);
  document.documentElement.lang = LANGUAGES[tag].written;
  document.documentElement.dir = LANGUAGES[tag].direction;
  return true;
}

async function catalogue(tag: Tag): Promise<Messages> {
  const answer = await fetchChecked(FILES[`../gen/words/${tag}.json`] ?? '');
  const first = (await answer.json()) as Messages;
  return all ? { ...first, ...(await restOf(first)) } : first;
}

/** Its name, and its hash, stand among the first words. It lies beside this file. */
async function restOf(first: Messages): Promise<Messages> {
  const [name = '', integrity = ''] = String(first['rest']).split(' ');
  const answer = await fetchNamed(import.meta.env.DEV ? `/src/gen/words/rest/${name}` : new URL(name, import.meta.url).href, integrity);
  return (await answer.json()) as Messages;
}

function spokenAs(tag: Tag, messages: Messages): Spoken {
  return { tag, locale: localeOf(tag, navigator.languages), direction: LANGUAGES[tag].direction, messages };
}

/** Storage may be switched off: then nothing is kept. */
function kept(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function keep(tag: Tag | null): void {
  try {
    if (tag === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, tag);
  } catch {
    // As above.
  }
}
