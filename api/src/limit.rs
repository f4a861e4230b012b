//! Limits that are the protocol's, not an operator's. An operator's are in [`Config`](crate::Config).

/// Length of an id, in bytes.
pub const ID_LEN: usize = 16;
/// Length of every token and token hash, in bytes.
pub const TOKEN_LEN: usize = 32;
/// Most reads a policy may count; 0 stands for any number until expiry.
pub const READS_MAX: u32 = 1000;
/// Most leases that run at once on a paste with `reads=0`.
pub const UNLIMITED_LEASES_MAX: u32 = 64;
/// Wrong passphrases that cost no wait.
pub const FREE_TRIES: u32 = 10;
/// The first wait after the free tries; it doubles with each further one.
pub const WAIT_SECS_MIN: u64 = 1;
/// The longest wait.
pub const WAIT_SECS_MAX: u64 = 3600;
/// A lease ends when its holder has fetched nothing for so long.
pub const LEASE_IDLE_SECS: u64 = 15 * 60;
/// A lease lasts at most this and [`LEASE_BYTES_PER_SEC`] for the size.
pub const LEASE_SECS_BASE: u64 = 2 * 3600;
/// The slowest rate that a lease's length allows for.
pub const LEASE_BYTES_PER_SEC: u64 = 128 * 1024;
/// A lease serves at most this many times the size.
pub const LEASE_SERVED_TIMES_MAX: u64 = 4;
/// An unfinished upload is dropped so long after its last byte.
pub const UPLOAD_IDLE_SECS: u64 = 24 * 3600;
/// A tombstone stays so long after the original expiry.
pub const TOMBSTONE_SECS: u64 = 7 * 24 * 3600;
/// The most zero bits that a proof of work is asked for: a phone finds them within seconds.
pub const WORK_BITS_MAX: u8 = 18;
/// Longest `Upload-Metadata` value, in bytes.
pub const METADATA_LEN_MAX: usize = 1024;
/// Longest head of a container with one link, in bytes.
pub const HEAD_LEN_MAX: usize = 512;
/// Most links that one document can ever have.
pub const LINKS_MAX: u32 = 1000;
/// Most links that one request makes.
pub const LINKS_AT_ONCE_MAX: usize = 100;
/// Longest label of a link, in bytes.
pub const LABEL_LEN_MAX: usize = 256;
/// Panic requests that wait for their turn; each looks at every paste that lives.
pub const PANICS_WAITING_MAX: usize = 32;
/// Panic requests of one network in a minute.
pub const PANICS_PER_MINUTE: u32 = 12;
/// Longest body of a request in JSON, in bytes.
pub const JSON_LEN_MAX: usize = 128 * 1024;
