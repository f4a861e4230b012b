/**
 * Every word of the page, in the language that is spoken: `make.title` is the message `make.title` of its catalogue. Messages with
 * places are functions, written here: numbers and names come in, sentences go out. Nothing here knows the page.
 */
import type { Failure } from '../vault';
import { formatDuration, formatMoment, formatSize, formatWhen, partsOfHour } from './format';
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
export const FILES = { message: 'message.txt', receipt: 'satchel-receipt.txt', text: 'text.txt', unnamed: 'document', panic: 'satchel-panic.txt', sealed: 'document.satchel', markdown: 'text.md', pasted: 'pasted.txt' };
export const COMMAND = 'satchel get';

export function text<K extends Key>(key: K, ...[values]: PlacesOf<K>): string {
  const { locale, messages } = spoken();
  return say(locale, messages[key] ?? key, values);
}

/** A section of the catalogue: what is written here, and for every other name the message of that name. */
export function section<S extends string, Written extends object>(name: S, written: Written): Plain<S> & Written {
  return new Proxy(written, {
    get: (own, key) => (typeof key === 'symbol' || key in own ? Reflect.get(own, key) : text(`${name}.${key}` as never)),
  }) as Plain<S> & Written;
}

/** What somebody else wrote, to be put into a sentence. */
export const outside = (given: string): string => isolated(given, spoken().direction);
export const size = (bytes: number): string => formatSize(bytes, spoken().locale);
export const duration = (secs: number): string => formatDuration(secs, spoken().locale);
export const when = (secs: number): string => formatWhen(secs, spoken().locale);
export const moment = (unixSecs: number): string => formatMoment(unixSecs, spoken().locale);
/** The server keeps no finer time. */
export const hour = (unixSecs: number): string => text('frame.hour', partsOfHour(unixSecs, spoken().locale));

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

export const underPanic = section('underPanic', {});

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
  wait: ({ retryAfter }) => text('open.wait', { when: when(retryAfter ?? 1) }),
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

export const about = { get title() { return text('about.title'); } };

/** How the text of the form is written. */
export const writing = section('writing', { pasted: FILES.pasted });
