//! Options: each is a command-line flag, an environment variable and a key of the optional TOML file, in this order of strength.
//!
//! One struct serves all three, so that no name can differ. What is asked for becomes [`Settings`]: checked, with every default filled in.

mod load;
mod reload;
mod units;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use load::{ConfigError, Source, load, unknown_variables};
pub use reload::reload;
pub use units::{Bytes, Seconds};

/// When a creation has to show work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkMode {
    /// While there are too many creations.
    #[default]
    Auto,
    /// Each time.
    Always,
    /// Never.
    Off,
}

/// Who may upload. Reading is open to whoever has a link, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Uploads {
    /// Anybody.
    #[default]
    Open,
    /// Who has an invite.
    Invite,
}

/// Where the server listens unless told otherwise.
pub const LISTEN_DEFAULT: &str = "127.0.0.1:8787";

/// What can be asked for. `None` is "not said".
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "snake_case")]
pub struct Options {
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8787]
    #[arg(long, env = "SATCHEL_LISTEN", value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Folder that holds everything that is stored [default: ./satchel-data]
    #[arg(long, env = "SATCHEL_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Certificate and chain in PEM, for the server's own TLS; read again when it changes [default: none]
    #[arg(long, env = "SATCHEL_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// Private key of that certificate, in PEM [default: none]
    #[arg(long, env = "SATCHEL_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// Address and port of a listener without TLS that sends everybody to the base URL, and nothing along [default: none]
    #[arg(long, env = "SATCHEL_REDIRECT_LISTEN", value_name = "ADDR")]
    pub redirect_listen: Option<SocketAddr>,
    /// Loopback address and port of a listener without TLS beside the one with, for an onion service on this machine [default: none]
    #[arg(long, env = "SATCHEL_ONION_LISTEN", value_name = "ADDR")]
    pub onion_listen: Option<SocketAddr>,
    /// File of the shred keys, where it should not lie in the data folder; `memory` keeps them in memory alone: a stop burns everything
    #[arg(long, env = "SATCHEL_SHRED_KEYS", value_name = "FILE|memory")]
    pub shred_keys: Option<PathBuf>,
    /// Address and port of a second listener that answers Prometheus at /metrics [default: none]
    #[arg(long, env = "SATCHEL_METRICS", value_name = "ADDR")]
    pub metrics: Option<SocketAddr>,
    /// How lines on standard error are written [default: text]
    #[arg(long, env = "SATCHEL_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// What is said on standard error, and all that is worse [default: info]
    #[arg(long, env = "SATCHEL_LOG_LEVEL", value_name = "LEVEL")]
    pub log_level: Option<LogLevel>,
    /// Refuse to start where "burned means gone" does not hold [default: false]
    #[arg(long, env = "SATCHEL_STRICT", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub strict: Option<bool>,
    /// Largest container [default: 10GiB, or a quarter of --storage-max where that is less]
    #[arg(long, env = "SATCHEL_SIZE_MAX", value_name = "BYTES")]
    pub size_max: Option<Bytes>,
    /// All containers together [default: 10GiB]
    #[arg(long, env = "SATCHEL_STORAGE_MAX", value_name = "BYTES")]
    pub storage_max: Option<Bytes>,
    /// Pastes that live at once [default: 1000000]
    #[arg(long, env = "SATCHEL_ITEMS_MAX", value_name = "N")]
    pub items_max: Option<u64>,
    /// Shortest time to expiry [default: 1m]
    #[arg(long, env = "SATCHEL_EXPIRES_MIN", value_name = "TIME")]
    pub expires_min: Option<Seconds>,
    /// Longest time to expiry [default: 90d]
    #[arg(long, env = "SATCHEL_EXPIRES_MAX", value_name = "TIME")]
    pub expires_max: Option<Seconds>,
    /// Time to expiry that clients offer first [default: 7d]
    #[arg(long, env = "SATCHEL_EXPIRES_DEFAULT", value_name = "TIME")]
    pub expires_default: Option<Seconds>,
    /// Who may upload: anybody, or who has an invite [default: open]
    #[arg(
        long,
        env = "SATCHEL_UPLOADS",
        value_name = "open|invite",
        hide_possible_values = true
    )]
    pub uploads: Option<Uploads>,
    /// When an upload has to show a proof of work: while there are too many, always, or never [default: auto]
    #[arg(
        long,
        env = "SATCHEL_WORK",
        value_name = "auto|always|off",
        hide_possible_values = true
    )]
    pub work: Option<WorkMode>,
    /// Creations that one client may make in a minute; 0 is any number. Loopback is not counted [default: 120]
    #[arg(long, env = "SATCHEL_UPLOADS_PER_MINUTE", value_name = "N")]
    pub uploads_per_minute: Option<u32>,
    /// Connections that may be open at once; one network has a quarter, but for loopback and proxies [default: 4096]
    #[arg(long, env = "SATCHEL_CONNECTIONS_MAX", value_name = "N")]
    pub connections_max: Option<u32>,
    /// Requests that one connection may make before it is closed [default: 10000]
    #[arg(long, env = "SATCHEL_REQUESTS_PER_CONNECTION", value_name = "N")]
    pub requests_per_connection: Option<u32>,
    /// Addresses of reverse proxies whose X-Forwarded-For is believed, separated by commas
    #[arg(long, env = "SATCHEL_TRUSTED_PROXIES", value_name = "ADDR", value_delimiter = ',')]
    pub trusted_proxies: Option<Vec<IpAddr>>,
    /// The URL that people see; its path goes before Location
    #[arg(long, env = "SATCHEL_BASE_URL", value_name = "URL")]
    pub base_url: Option<String>,
    /// Send Strict-Transport-Security [default: true when the base URL is https, or with TLS of its own]
    #[arg(long, env = "SATCHEL_HSTS", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub hsts: Option<bool>,
    /// The onion service's URL, for Onion-Location
    #[arg(long, env = "SATCHEL_ONION_LOCATION", value_name = "URL")]
    pub onion_location: Option<String>,
    /// Let people keep the page for use without a connection; false takes it back from those who did [default: true]
    #[arg(long, env = "SATCHEL_OFFLINE", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub offline: Option<bool>,
    /// Threads that answer requests [default: one for each core]
    #[arg(long, env = "SATCHEL_WORKERS", value_name = "N")]
    pub workers: Option<usize>,
    /// How long the server may have been off before its clock is doubted [default: 1d]
    #[arg(long, env = "SATCHEL_MAX_DOWNTIME", value_name = "TIME")]
    pub max_downtime: Option<Seconds>,
}

/// Where the shred keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShredKeys {
    /// In the data folder.
    Folder,
    /// In a file elsewhere.
    File(PathBuf),
    /// In memory alone.
    Memory,
}

impl ShredKeys {
    /// The file that would hold them, for a data folder.
    #[must_use]
    pub fn file(&self, data: &Path) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            Self::Folder | Self::Memory => data.join("shred-keys"),
        }
    }
}

/// A certificate and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and its chain, in PEM.
    pub cert: PathBuf,
    /// Its private key, in PEM.
    pub key: PathBuf,
}

/// How lines on standard error are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Sentences.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
    /// `key=value` pairs.
    Logfmt,
}

/// What is said on standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// What failed.
    Error,
    /// What may not be as it should.
    Warning,
    /// Start, stop and reload too.
    #[default]
    Info,
}

impl LogLevel {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// What the server runs with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Its own TLS.
    pub tls: Option<TlsFiles>,
    /// Where those are sent to the base URL who come without TLS.
    pub redirect_listen: Option<SocketAddr>,
    /// Where an onion service on this machine comes to, without TLS.
    pub onion_listen: Option<SocketAddr>,
    /// The data folder.
    pub data: PathBuf,
    /// Where the shred keys are.
    pub shred_keys: ShredKeys,
    /// Refuse to start where "burned means gone" does not hold.
    pub strict: bool,
    /// Where metrics are served.
    pub metrics: Option<SocketAddr>,
    /// How lines on standard error are written.
    pub log_format: LogFormat,
    /// What is said there.
    pub log_level: LogLevel,
    /// Largest container, in bytes.
    pub size_bytes_max: u64,
    /// All containers together, in bytes.
    pub storage_bytes_max: u64,
    /// Pastes that live at once.
    pub items_max: u64,
    /// Shortest time to expiry.
    pub expires_in_secs_min: u64,
    /// Longest time to expiry.
    pub expires_in_secs_max: u64,
    /// The time that clients offer first.
    pub expires_in_secs_default: u64,
    /// Who may upload.
    pub uploads: Uploads,
    /// When work is asked for.
    pub work: WorkMode,
    /// Creations per client and minute; 0 is any number.
    pub uploads_per_minute: u32,
    /// Connections at once.
    pub connections_max: u32,
    /// Requests of one connection.
    pub requests_per_connection: u32,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// The URL that people see.
    pub base_url: Option<String>,
    /// What goes before a path in `Location`: empty, or `/...` without a slash at its end.
    pub path_prefix: String,
    /// Whether `Strict-Transport-Security` is sent.
    pub hsts: bool,
    /// `Onion-Location`.
    pub onion_location: Option<String>,
    /// Whether people may keep the page for use without a connection.
    pub offline: bool,
    /// Threads that answer requests.
    pub workers: usize,
    /// Longest time off before the clock is doubted.
    pub downtime_secs_max: u64,
}
