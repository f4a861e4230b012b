/** What can go wrong, as stable codes without texts: the page maps each to a sentence. */

/** How a paste ended. */
export type Burned = 'reads' | 'expiry' | 'demand' | 'guessing';

/** The codes of satchel-api: what a server says. */
export type ServerCode =
  | 'invalid_request' | 'wrong_passphrase' | 'invite_required' | 'not_found' | 'method_not_allowed' | 'request_timeout'
  | 'id_taken' | 'offset_mismatch' | 'burned' | 'lease_ended' | 'tus_version' | 'too_large' | 'unsupported_media_type'
  | 'range_not_satisfiable' | 'policy_not_allowed' | 'wait' | 'too_many_leases' | 'rate_limited' | 'work_required'
  | 'checksum_mismatch' | 'internal' | 'unavailable' | 'storage_full' | 'unknown';

/** The verdicts of docs/format.md section 9: what a container, link or passphrase is found to be. */
export type Verdict =
  | 'not_a_container' | 'set_not_supported' | 'unsupported_version' | 'member_of_a_set'
  | 'truncated' | 'header_too_large' | 'malformed_header' | 'bad_slot_count' | 'malformed_slot' | 'bad_slot_mix' | 'unknown_profile'
  | 'no_matching_slot' | 'wrong_key' | 'excessive_work' | 'empty_passphrase' | 'passphrase_too_long' | 'malformed_passphrase'
  | 'bad_header_mac' | 'bad_payload_header' | 'bad_segment' | 'bad_padding'
  | 'manifest_too_large' | 'malformed_manifest' | 'bad_archive_length'
  | 'malformed_link' | 'unsupported_link_version' | 'unsupported_link_flags'
  /** The link needs a passphrase and none was given; or one was given and it takes none. */
  | 'passphrase_missing' | 'passphrase_not_needed'
  /** The device cannot give the 64 MiB that a passphrase takes. */
  | 'out_of_memory';

/** What only this side can find. */
export type LocalCode =
  /** The server was not reached, or the connection broke more often than is retried. */
  | 'network'
  /** The server, or something between, answered what is no answer of ours. */
  | 'bad_answer'
  /** The link names another server: its tokens would go to this one. */
  | 'foreign_origin'
  /** Every read is used up, and somebody is downloading still: it may be gone in a moment. */
  | 'being_read'
  /** The invite is used up, over, ended or of another server; or (with `limit`) has fewer bytes left than this takes. */
  | 'invite_refused'
  /** A receipt where a link is needed, or a link where a receipt is. */
  | 'wrong_kind'
  /** A document with nothing in it, or whose names clash or are not allowed. */
  | 'unusable_document'
  /** A dropped file changed or vanished while it was read. */
  | 'unreadable_file'
  /** The file, stream or disk that the page gave could not be written. */
  | 'unwritable_output'
  /** The caller's signal was raised. */
  | 'aborted'
  /** The worker could not start: the browser has none, or the file did not come. */
  | 'no_worker'
  /** A file of the page is not the one that the page was built with: it was replaced, or changed on its way. */
  | 'page_changed'
  /** The program failed: a bug, or no memory. */
  | 'crashed';

/** One failure. `code` tells what; the rest is there where a person can act on it. */
export interface Failure {
  readonly code: ServerCode | Verdict | LocalCode;
  /** The limit that was passed, in the unit of what was limited (bytes, seconds or reads; see `field`). */
  readonly limit?: number;
  /** Seconds after which it is worth trying again. */
  readonly retryAfter?: number;
  /** Wrong passphrases that cost nothing yet. */
  readonly triesLeft?: number;
  /** How the paste ended. */
  readonly burned?: Burned;
  /** The hour in which it ended, Unix seconds. */
  readonly burnedAt?: number;
  /** The protocol's name of the field that was wrong. */
  readonly field?: string;
}

/** The one thing that promises of this file reject with. It has no text for people: the page maps `failure.code`. */
export class VaultError extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.code);
    this.name = 'VaultError';
    this.failure = failure;
  }
}
