/** Every word that the letter's page says after it has started, in English. What it says before stands in index.html. */
import { formatSize } from '../src/text/format';

export const lock = {
  show: 'Show',
  showIt: 'Show the passphrase',
  hide: 'Hide',
  hideIt: 'Hide the passphrase',
  open: 'Open',
  opening: 'Opening…',
  working: 'Working in the passphrase. On a phone this takes some seconds.',
  percent: (done: number, total: number) => `Opening, ${Math.floor((done * 100) / total)} percent.`,
};

export const opened = {
  text: 'The text',
  textOf: (name: string) => `The text of ${name}`,
  files: (count: number) => (count === 1 ? 'The file' : `${count} files`),
  nothing: 'There is nothing in it.',
  copyText: 'Copy text',
  copied: 'Copied',
  copyFailed: 'Select it and copy it by hand',
  saveText: 'Save as a file',
  textFile: 'text.txt',
  unnamed: 'unnamed',
  unnamedFile: 'document',
  save: (name: string) => `Save ${name}`,
  saveIt: 'Save',
  saveAll: 'Save all',
  saved: 'Saved',
  savedName: (name: string) => `${name} is saved.`,
  show: (name: string) => `Show ${name}`,
  showIt: 'Show',
  hide: (name: string) => `Hide ${name}`,
  hideIt: 'Hide',
  picture: (name: string) => `Picture: ${name}`,
  notShown: 'This cannot be shown. Save it instead.',
  renamed: 'Its name was unsafe and was changed.',
  folder: 'empty folder',
  size: (bytes: number) => formatSize(bytes, 'en-GB'),
  over: 'Lock it again',
  overWhy: 'What you saved stays on this device. The rest is only on this page: closing it ends it.',
};

const WRONG = 'That is not the passphrase. Capital letters, hyphens and spaces count.';
const DAMAGED = 'This file is damaged: a part of it is missing or was changed. Ask the sender to send it again.';
const BY_COMMAND = 'Try another browser, or the command line: satchel decrypt letter.html';
const NO_MEMORY = `There is not enough memory here. Close other pages and reload this one. ${BY_COMMAND}`;

/** One sentence for each way not to open. */
export function sentence(code: string): string {
  switch (code) {
    case 'empty_passphrase':
      return 'Type the passphrase first.';
    case 'wrong_key':
    case 'passphrase_too_long':
    case 'malformed_passphrase':
      return WRONG;
    case 'out_of_memory':
    case 'crashed':
      return NO_MEMORY;
    case 'excessive_work':
    case 'no_matching_slot':
      return 'It does not open with a passphrase in a browser. Use the command line: satchel decrypt letter.html';
    case 'no_wasm':
      return `This browser does not run the program in this file (WebAssembly): it is too old, or set to Lockdown Mode or Tor Browser’s “Safer”. ${BY_COMMAND}`;
    default:
      return DAMAGED;
  }
}
