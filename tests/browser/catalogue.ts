/** A catalogue of the page's words, as it lies in the source. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Tag } from '../../web/src/text/languages';
import { type Messages } from '../../web/src/text/say';
import { PROJECT } from './server';

export function catalogue(tag: Tag): Messages {
  return JSON.parse(readFileSync(join(PROJECT, 'web', 'src', 'text', 'catalogues', `${tag}.json`), 'utf8')) as Messages;
}

/** A message without places. */
export function word(tag: Tag, key: string): string {
  const message = catalogue(tag)[key];
  if (typeof message !== 'string') throw new Error(`${tag}: ${key} is no plain message`);
  return message;
}
