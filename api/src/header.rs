//! Header names, in the lower case that HTTP/2 wants. Tokens in them are 32 bytes in base64url without padding.

/// The probe token of a claim.
pub const PROBE: &str = "satchel-probe";
/// The lease token of a claim, chosen by the client.
pub const LEASE: &str = "satchel-lease";
/// In the answer to a claim: reads left after it, or `unlimited`.
pub const READS_LEFT: &str = "satchel-reads-left";
/// In the answer to a claim or to content: Unix seconds of the lease's hard end.
pub const LEASE_ENDS: &str = "satchel-lease-ends";

/// The invite of a creation, where that takes one.
pub const INVITE: &str = "satchel-invite";
/// The proof of work of a creation, where one is asked for: `CHALLENGE.NONCE`, for links with a nonce for each.
pub const WORK: &str = "satchel-work";

/// tus protocol version, in every tus request and answer.
pub const TUS_RESUMABLE: &str = "tus-resumable";
/// The tus version that is spoken.
pub const TUS_VERSION_SPOKEN: &str = "1.0.0";
/// In the answer to `OPTIONS`.
pub const TUS_VERSION: &str = "tus-version";
/// In the answer to `OPTIONS`.
pub const TUS_EXTENSION: &str = "tus-extension";
/// The tus extensions that are spoken.
pub const TUS_EXTENSIONS_SPOKEN: &str = "creation,creation-with-upload,expiration,termination,checksum";
/// In the answer to `OPTIONS`: the largest container, in bytes.
pub const TUS_MAX_SIZE: &str = "tus-max-size";
/// In the answer to `OPTIONS`.
pub const TUS_CHECKSUM_ALGORITHM: &str = "tus-checksum-algorithm";
/// The algorithms of `Upload-Checksum` that are understood.
pub const TUS_CHECKSUM_ALGORITHMS_SPOKEN: &str = "sha256";
/// The container's length, in bytes.
pub const UPLOAD_LENGTH: &str = "upload-length";
/// How many bytes of it the server holds durably.
pub const UPLOAD_OFFSET: &str = "upload-offset";
/// Token hashes and policy: see [`metadata`](crate::metadata).
pub const UPLOAD_METADATA: &str = "upload-metadata";
/// When an unfinished upload is dropped: an HTTP date.
pub const UPLOAD_EXPIRES: &str = "upload-expires";
/// `ALGORITHM BASE64` of one request's body.
pub const UPLOAD_CHECKSUM: &str = "upload-checksum";
/// The media type of upload bodies.
pub const OFFSET_OCTET_STREAM: &str = "application/offset+octet-stream";
