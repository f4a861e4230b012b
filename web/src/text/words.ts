/**
 * Every word of the page, in the language that is spoken: `make.title` is the message `make.title` of its catalogue. Messages with
 * places are functions, written here: numbers and names come in, sentences go out. Nothing here knows the page.
 */
import type { Failure, Progress, Understood } from '../vault';
import { formatDuration, formatMoment, formatPercent, formatRate, formatSize, formatWhen, partsOfHour } from './format';
import type { Key, Places } from './keys';
import { spoken } from './language.svelte';
import { isolated, say } from './say';

type PlacesOf<K extends Key> = [Places[K]] extends [never] ? [] : [values: Record<Places[K], string | number>];
/** The messages of section S without places, each under its own name. */
type Plain<S extends string> = {
  readonly [K in Key as K extends `${S}.${infer Name}`
    ? Name extends `${string}.${string}` ? never : [Places[K]] extends [never] ? Name : never
    : never]: string;
};

/** Names of files that others see: the same whatever the sender speaks, and good on every disk. */
const FILES = { message: 'message.txt', receipt: 'satchel-receipt.txt', text: 'text.txt', unnamed: 'document', panic: 'satchel-panic.txt', sealed: 'document.satchel', markdown: 'text.md', pasted: 'pasted.txt' };
const COMMAND = 'satchel get';
const PANIC_WORDS = 25;

function text<K extends Key>(key: K, ...[values]: PlacesOf<K>): string {
  const { locale, messages } = spoken();
  return say(locale, messages[key] ?? key, values);
}

/** A section of the catalogue: what is written here, and for every other name the message of that name. */
function section<S extends string, Written extends object>(name: S, written: Written): Plain<S> & Written {
  return new Proxy(written, {
    get: (own, key) => (typeof key === 'symbol' || key in own ? Reflect.get(own, key) : text(`${name}.${key}` as never)),
  }) as Plain<S> & Written;
}

/** What somebody else wrote, to be put into a sentence. */
const outside = (given: string): string => isolated(given, spoken().direction);
const size = (bytes: number): string => formatSize(bytes, spoken().locale);
const duration = (secs: number): string => formatDuration(secs, spoken().locale);
const when = (secs: number): string => formatWhen(secs, spoken().locale);
const moment = (unixSecs: number): string => formatMoment(unixSecs, spoken().locale);
/** The server keeps no finer time. */
const hour = (unixSecs: number): string => text('frame.hour', partsOfHour(unixSecs, spoken().locale));

export const frame = section('frame', {
  brand: 'Satchel',
  command: COMMAND,
});

export const make = section('make', {
  size,
  total: (count: number, bytes: number) => text('make.total', { count, size: size(bytes) }),
  remove: (name: string) => text('make.remove', { name: outside(name) }),
  added: (count: number) => text('make.added', { count }),
  textGoesAlong: (name: string) => text('make.textGoesAlong', { name: outside(name) }),
  textFile: FILES.message,
  reads: (count: number) => (count === 1 ? text('make.readsOnce') : count === 0 ? text('make.readsAlways') : text('make.readsFor', { count })),
  duration,
  strength: (count: number) => text('make.strength', { count }),
  ownStrength: section('make.ownStrength', {}),
  linksWrong: (count: number) => text('make.linksWrong', { count }),
  readsWrong: (count: number) => text('make.readsWrong', { count }),
  tooLarge: (bytes: number) => text('make.tooLarge', { limit: size(bytes) }),
});

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

export const several = section('several', {
  title: (count: number) => (count === 1 ? text('sealed.title') : text('several.title', { count })),
  each: (count: number) =>
    count === 1 ? text('several.eachOnce') : count === 0 ? text('several.eachAlways') : text('several.eachFor', { count }),
  link: (number: number) => text('several.link', { number }),
  qrOf: (number: number) => text('several.qrOf', { number }),
  receiptFileBody: (receipt: string, at: number) =>
    `${text('sealed.fileTitle')}\n\n${receipt}\n\n${text('several.fileWhy', { moment: moment(at) })}\n${text('several.fileWarning')}\n`,
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

export const open = section('open', {
  readers: (count: number) => text('open.readers', { count }),
  upTo: (bytes: number) => text('open.upTo', { size: size(bytes) }),
  moment,
  triesLeft: (count: number) => text('open.triesLeft', { count }),
  triesLeftBurn: (count: number) => text('open.triesLeftBurn', { count }),
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

export const underPanic = section('underPanic', {});

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

export const progress = {
  stage: section('progress.stage', {}) satisfies Record<Progress['stage'], string>,
  of: (done: number, total: number) => text('progress.of', { done: size(done), total: size(total) }),
  rate: (bytesPerSec: number) => formatRate(bytesPerSec, spoken().locale),
  percent: (stage: string, percent: number) => text('progress.percent', { stage, percent: formatPercent(percent, spoken().locale) }),
};

type Bad = Extract<Understood, { kind: 'bad' }>;

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

const damaged = (): string => text('failure.damaged');
const newer = (): string => text('failure.newer');
const ours = (): string => text('failure.ours');
const again = (sentence: string, { retryAfter }: Failure): string =>
  `${sentence} ${retryAfter === undefined ? text('failure.againSoon') : text('failure.again', { when: when(retryAfter) })}`;

/** One sentence for each way to fail; a code without one does not compile. */
export const failures: Record<Failure['code'], (failure: Failure) => string> = {
  invalid_request: ours,
  wrong_passphrase: () => text('failure.wrongPassphrase'),
  invite_required: () => text('failure.inviteRequired'),
  invite_refused: ({ limit }) => (limit === undefined ? text('failure.inviteRefused') : text('failure.inviteTooSmall', { limit: size(limit) })),
  not_found: () => text('failure.notFound'),
  method_not_allowed: ours,
  request_timeout: () => text('failure.requestTimeout'),
  id_taken: ours,
  offset_mismatch: ours,
  burned: () => text('failure.burned'),
  lease_ended: () => text('failure.leaseEnded'),
  tus_version: ours,
  too_large: ({ limit }) => (limit === undefined ? text('failure.tooLarge') : make.tooLarge(limit)),
  unsupported_media_type: ours,
  range_not_satisfiable: ours,
  policy_not_allowed: () => text('failure.policyNotAllowed'),
  wait: ({ retryAfter }) => open.wait(retryAfter ?? 1),
  too_many_leases: (failure) => again(text('failure.tooManyLeases'), failure),
  rate_limited: (failure) => again(text('failure.rateLimited'), failure),
  work_required: () => text('failure.workRequired'),
  checksum_mismatch: () => text('failure.checksumMismatch'),
  internal: () => text('failure.internal'),
  unavailable: (failure) => again(text('failure.unavailable'), failure),
  storage_full: () => text('failure.storageFull'),
  unknown: () => text('failure.unknown'),
  not_a_container: () => text('failure.notAContainer'),
  set_not_supported: newer,
  unsupported_version: newer,
  member_of_a_set: newer,
  truncated: () => text('failure.truncated'),
  header_too_large: damaged,
  malformed_header: damaged,
  bad_slot_count: damaged,
  malformed_slot: damaged,
  bad_slot_mix: damaged,
  unknown_profile: newer,
  no_matching_slot: () => text('failure.noMatchingSlot'),
  wrong_key: () => text('failure.wrongPassphrase'),
  excessive_work: () => text('failure.excessiveWork'),
  malformed_passphrase: () => text('failure.malformedPassphrase'),
  passphrase_missing: () => text('failure.passphraseMissing'),
  out_of_memory: () => text('failure.outOfMemory'),
  empty_passphrase: () => text('failure.emptyPassphrase'),
  passphrase_too_long: () => text('failure.passphraseTooLong'),
  bad_header_mac: damaged,
  bad_payload_header: damaged,
  bad_segment: damaged,
  bad_padding: damaged,
  manifest_too_large: damaged,
  malformed_manifest: damaged,
  bad_archive_length: damaged,
  malformed_link: () => text('notUnderstood.malformedLink'),
  unsupported_link_version: newer,
  unsupported_link_flags: newer,
  network: () => text('failure.network'),
  bad_answer: () => text('failure.badAnswer'),
  foreign_origin: () => text('failure.foreignOrigin'),
  being_read: () => text('failure.beingRead'),
  wrong_kind: () => text('failure.wrongKind'),
  passphrase_not_needed: () => text('failure.passphraseNotNeeded'),
  unusable_document: () => text('failure.unusableDocument'),
  unreadable_file: () => text('failure.unreadableFile'),
  unwritable_output: () => text('failure.unwritableOutput'),
  aborted: () => text('failure.aborted'),
  page_changed: () => text('failure.pageChanged'),
  no_worker: () => text('failure.noWorker', { command: outside(COMMAND) }),
  crashed: () => text('failure.crashed'),
};

export const about = section('about', {});

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

/** How the text of the form is written. */
export const writing = section('writing', { pasted: FILES.pasted });
