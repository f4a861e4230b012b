/** Which language the page speaks now. Everything on the screen follows it at once; its catalogue is fetched when it is first spoken. */
import { fetchChecked } from '../later';
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
const FILES = import.meta.glob<string>('./catalogues/*.json', { query: '?url', import: 'default', eager: true });

let now = $state.raw<Spoken>(spokenAs(FALLBACK, {}));
/** The choice that was made last: an earlier one that arrives late does not undo it. */
let asked = 0;

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
  const answer = await fetchChecked(FILES[`./catalogues/${tag}.json`] ?? '');
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
