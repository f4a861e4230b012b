//! Options: each is a command-line flag, an environment variable and a key of the optional TOML file, in this order of strength.
//!
//! One struct serves all three, so that no name can differ. What is asked for becomes [`Settings`]: checked, with every default filled in.

mod load;
mod units;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use serde::Deserialize;

pub use load::{ConfigError, load, unknown_variables};
pub use units::{Bytes, Seconds};

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
    /// File of the shred keys, where it should not lie in the data folder
    #[arg(long, env = "SATCHEL_SHRED_KEYS", value_name = "FILE")]
    pub shred_keys: Option<PathBuf>,
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
    /// Creations that one client may make in a minute; 0 is any number. Loopback is not counted [default: 120]
    #[arg(long, env = "SATCHEL_UPLOADS_PER_MINUTE", value_name = "N")]
    pub uploads_per_minute: Option<u32>,
    /// Addresses of reverse proxies whose X-Forwarded-For is believed, separated by commas
    #[arg(long, env = "SATCHEL_TRUSTED_PROXIES", value_name = "ADDR", value_delimiter = ',')]
    pub trusted_proxies: Option<Vec<IpAddr>>,
    /// The URL that people see; its path goes before Location
    #[arg(long, env = "SATCHEL_BASE_URL", value_name = "URL")]
    pub base_url: Option<String>,
    /// Send Strict-Transport-Security [default: true when the base URL is https]
    #[arg(long, env = "SATCHEL_HSTS", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub hsts: Option<bool>,
    /// The onion service's URL, for Onion-Location
    #[arg(long, env = "SATCHEL_ONION_LOCATION", value_name = "URL")]
    pub onion_location: Option<String>,
    /// Threads that answer requests [default: one for each core]
    #[arg(long, env = "SATCHEL_WORKERS", value_name = "N")]
    pub workers: Option<usize>,
    /// How long the server may have been off before its clock is doubted [default: 1d]
    #[arg(long, env = "SATCHEL_MAX_DOWNTIME", value_name = "TIME")]
    pub max_downtime: Option<Seconds>,
}

/// What the server runs with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The data folder.
    pub data: PathBuf,
    /// The shred keys, where not in the data folder.
    pub shred_keys: Option<PathBuf>,
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
    /// Creations per client and minute; 0 is any number.
    pub uploads_per_minute: u32,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// What goes before a path in `Location`: empty, or `/...` without a slash at its end.
    pub path_prefix: String,
    /// Whether `Strict-Transport-Security` is sent.
    pub hsts: bool,
    /// `Onion-Location`.
    pub onion_location: Option<String>,
    /// Threads that answer requests.
    pub workers: usize,
    /// Longest time off before the clock is doubted.
    pub downtime_secs_max: u64,
}
