/** What the page says beside its first view (words.ts): the code and the messages of it come with the pieces that say it. */
import type { Progress, Understood } from '../vault';
import { formatPercent, formatRate } from './format';
import { spoken } from './language.svelte';
import { COMMAND, duration, FILES, hour, moment, outside, section, size, text, when } from './words';

const PANIC_WORDS = 25;

/** What files tell besides what one sees in them. */
export const traces = section('traces', {
  files: (count: number) => text('traces.files', { count }),
  kind: section('traces.kind', {}),
});

export const invite = section('invite', {});

export const sealed = section('sealed', {
  forReaders: (count: number) => text('sealed.forReaders', { count }),
  until: (at: number) => text('sealed.until', { moment: moment(at) }),
  receiptFile: FILES.receipt,
  receiptFileBody: (receipt: string, at: number) => `${text('sealed.fileTitle')}\n\n${receipt}\n\n${text('sealed.fileWhy', { moment: moment(at) })}\n`,
});

export const progress = {
  stage: section('progress.stage', {}) satisfies Record<Progress['stage'], string>,
  of: (done: number, total: number) => text('progress.of', { done: size(done), total: size(total) }),
  rate: (bytesPerSec: number) => formatRate(bytesPerSec, spoken().locale),
  link: (number: number, all: number) => text('progress.of', { done: number, total: all }),
  left: (secs: number) => text('progress.left', { time: duration(secs) }),
  percent: (stage: string, percent: number) => text('progress.percent', { stage, percent: formatPercent(percent, spoken().locale) }),
};

export const people = section('people', {});

/** Receipts that this browser keeps. */
export const ledger = section('ledger', {
  removeOne: (what: string) => text('ledger.removeOne', { what: outside(what) }),
  what: (files: readonly string[]) => (files.length === 0 ? text('ledger.text') : files.join(', ')),
  names: (names: readonly string[]) => names.map(outside).join(', '),
  moment,
});

/** What is said of a paste before it is sealed. */
export const before = section('before', {
  takes: (secs: number) => text('before.takes', { time: duration(secs) }),
  renamed: (name: string, arrives: string) => text('before.renamed', { name: outside(name), arrives: outside(arrives) }),
  opens: (reads: number, secs: number) => (reads === 0 ? text('before.always', { time: duration(secs) }) : text('before.readers', { count: reads, time: duration(secs) })),
  links: (count: number, secs: number) => text('before.links', { count, time: duration(secs) }),
});

/** A link by its number, and by the name that it has on this page. */
function called(number: number, name: string | null): string {
  const link = text('several.link', { number });
  return name === null || name === '' ? link : `${link} · ${outside(name)}`;
}

export const several = section('several', {
  title: (count: number) => (count === 1 ? text('sealed.title') : text('several.title', { count })),
  each: (count: number) =>
    count === 1 ? text('several.eachOnce') : count === 0 ? text('several.eachAlways') : text('several.eachFor', { count }),
  link: (number: number) => text('several.link', { number }),
  called,
  qrOf: (number: number) => text('several.qrOf', { number }),
  receiptFileBody: (receipt: string, at: number, names: readonly string[]) =>
    `${text('sealed.fileTitle')}\n\n${receipt}\n\n${text('several.fileWhy', { moment: moment(at) })}\n${text('several.fileWarning')}\n` +
    names.map((name, before) => (name === '' ? '' : `\n${called(before + 1, name)}`)).join('') + (names.length > 0 ? '\n' : ''),
  live: (count: number) => text('several.live', { count }),
  left: (left: number | null, all: number) => (left === null ? text('several.leftAlways') : text('several.leftOf', { left, count: all })),
  until: (at: number) => text('several.until', { moment: moment(at) }),
  wrongTries: (count: number) => text('several.wrongTries', { count }),
  revokeAsk: (number: number) => text('several.revokeAsk', { number }),
  revoked: (number: number) => text('several.revoked', { number }),
  made: (count: number) => text('several.made', { count }),
});

export const change = section('change', {
  ofLink: (number: number) => text('change.ofLink', { number }),
  fromNow: when,
});

/** Asked before what is kept nowhere else is left. */
export const leaving = section('leaving', {});

export const open = section('open', {
  readers: (count: number) => text('open.readers', { count }),
  upTo: (bytes: number) => text('open.upTo', { size: size(bytes) }),
  moment,
  triesLeft: (count: number) => (count === 0 ? text('open.triesNone') : text('open.triesLeft', { count })),
  triesLeftBurn: (count: number) => (count === 0 ? text('open.triesNoneBurn') : text('open.triesLeftBurn', { count })),
  wait: (secs: number) => text('open.wait', { when: when(secs) }),
  tooLargeWhy: (bytes: number) => text('open.tooLargeWhy', { limit: size(bytes) }),
});

export const received = section('received', {
  files: (count: number) => text('received.files', { count }),
  textFile: FILES.text,
  unnamedFile: FILES.unnamed,
  save: (name: string) => text('received.save', { name: outside(name) }),
  savedAs: (name: string) => text('received.savedAs', { name: outside(name) }),
  size,
  used: (left: number | null) => (left === null ? text('received.usedAlways') : text('received.usedLeft', { count: left })),
});

export const gone = section('gone', {
  title: section('gone.title', {}),
  why: {
    reads: (at: number) => text('gone.why.reads', { hour: hour(at) }),
    expiry: (at: number) => text('gone.why.expiry', { hour: hour(at) }),
    demand: (at: number) => text('gone.why.demand', { hour: hour(at) }),
    guessing: (at: number) => text('gone.why.guessing', { hour: hour(at) }),
  },
  todo: section('gone.todo', {}),
});

export const receipt = section('receipt', {
  burned: section('receipt.burned', {}),
  burnedWhy: {
    reads: (at: number) => text('receipt.burnedWhy.reads', { hour: hour(at) }),
    expiry: (at: number) => text('receipt.burnedWhy.expiry', { hour: hour(at) }),
    demand: (at: number) => text('receipt.burnedWhy.demand', { hour: hour(at) }),
    guessing: (at: number) => text('receipt.burnedWhy.guessing', { hour: hour(at) }),
  },
  of: (left: number, all: number) => text('receipt.of', { left, all }),
  people: (count: number) => text('receipt.people', { count }),
  waiting: (secs: number) => text('receipt.waiting', { when: when(secs) }),
  bytes: size,
  moment,
});

export const panic = section('panic', {
  burned: (count: number) => (count === 0 ? text('panic.burnedNone') : text('panic.burned', { count })),
  burnedWhy: (count: number) => text('panic.burnedWhy', { count }),
});

export const newPanic = section('newPanic', {
  file: FILES.panic,
  fileBody: (link: string, words: readonly string[], server: string) =>
    `${text('newPanic.fileTitle')}\n\n${link}\n\n${text('newPanic.fileWhy', { server: outside(server) })}\n\n` +
    words.map((word, at) => `${String(at + 1).padStart(2)}. ${word}\n`).join(''),
});

export const local = section('local', {
  chosen: (name: string, bytes: number) => text('local.chosen', { name: outside(name), size: size(bytes) }),
  fileName: FILES.sealed,
});

/** The page, kept on this device. */
export const offline = section('offline', {});

/** What was opened, and how it is read, kept and answered. */
export const reading = section('reading', {
  markdownFile: FILES.markdown,
  sealedFile: FILES.sealed,
  pictureSaid: (said: string) => (said === '' ? text('reading.pictureNone') : text('reading.pictureSaid', { said: outside(said) })),
  showLabels: {
    image: () => text('reading.show'),
    audio: () => text('reading.listen'),
    video: () => text('reading.watch'),
    text: () => text('reading.show'),
  },
  hideLabels: {
    image: () => text('reading.hide'),
    audio: () => text('reading.stop'),
    video: () => text('reading.stop'),
    text: () => text('reading.hide'),
  },
  showName: {
    image: (name: string) => text('received.showName', { name: outside(name) }),
    audio: (name: string) => text('reading.listenName', { name: outside(name) }),
    video: (name: string) => text('reading.watchName', { name: outside(name) }),
    text: (name: string) => text('received.showName', { name: outside(name) }),
  },
  hideName: {
    image: (name: string) => text('reading.hideName', { name: outside(name) }),
    audio: (name: string) => text('reading.stopName', { name: outside(name) }),
    video: (name: string) => text('reading.stopName', { name: outside(name) }),
    text: (name: string) => text('reading.hideName', { name: outside(name) }),
  },
  titled: {
    image: (name: string) => text('received.picture', { name: outside(name) }),
    audio: (name: string) => text('reading.sound', { name: outside(name) }),
    video: (name: string) => text('reading.video', { name: outside(name) }),
    text: (name: string) => text('reading.textNamed', { name: outside(name) }),
  },
});

export const about = section('about', {});

const COMMANDS = { share: 'satchel share -p', get: COMMAND, seal: 'satchel encrypt -p', open: 'satchel decrypt' };

/** What a passphrase costs where the browser runs no WebAssembly. */
export const slow = section('slow', {
  why: (what: keyof typeof COMMANDS) => text('slow.why', { command: outside(COMMANDS[what]) }),
});

export type Bad = Extract<Understood, { kind: 'bad' }>;

/** Why a pasted text leads nowhere. */
export const notUnderstood: Record<Bad['reason'], (bad: Pick<Bad, 'origin' | 'number'>) => string> = {
  empty: () => text('notUnderstood.empty'),
  no_link: () => text('notUnderstood.noLink'),
  foreign_origin: ({ origin = '' }) => text('notUnderstood.foreignOrigin', { origin: outside(origin) }),
  insecure_origin: ({ origin = '' }) => text('notUnderstood.insecureOrigin', { origin: outside(origin) }),
  unknown_word: ({ number = 0 }) => text('notUnderstood.unknownWord', { number }),
  count_of_words: ({ number = 0 }) => text('notUnderstood.countOfWords', { count: number, all: PANIC_WORDS }),
  wrong_words: () => text('notUnderstood.wrongWords'),
  malformed_link: () => text('notUnderstood.malformedLink'),
  unsupported_link_version: () => text('notUnderstood.newerLink'),
  unsupported_link_flags: () => text('notUnderstood.newerLink'),
};
