//! Keys of tus `Upload-Metadata`. Each value is base64-encoded as tus asks; the texts below are what it encodes.

/// base64url of the 16 bytes of the id.
pub const ID: &str = "id";
/// base64url of SHA-256 of the probe token.
pub const PROBE: &str = "probe";
/// base64url of SHA-256 of the claim token.
pub const CLAIM: &str = "claim";
/// base64url of SHA-256 of the receipt token.
pub const RECEIPT: &str = "receipt";
/// Decimal seconds from completion to expiry.
pub const EXPIRES_IN: &str = "expires_in";
/// Decimal, 1 to 1000, or 0 for any number until expiry.
pub const READS: &str = "reads";
/// `lock` (the default) or `burn`: what many wrong passphrases do.
pub const ON_GUESSING: &str = "on_guessing";
/// `1`, only with `reads` 0 and without [`BURN`]: the operator's backups hold it, key included, until it expires.
pub const KEEP: &str = "keep";
/// base64url of SHA-256 of the owner token, of a document with several links.
pub const OWNER: &str = "owner";
/// base64url of the owner's head.
pub const HEAD: &str = "head";

/// base64url of HMAC-SHA-256(panic secret, hash of the id), optional: what a panic request finds it by.
pub const PANIC: &str = "panic";

/// The value of [`ON_GUESSING`] that makes readers wait.
pub const LOCK: &str = "lock";
/// The value of [`ON_GUESSING`] that destroys.
pub const BURN: &str = "burn";
