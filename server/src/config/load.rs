//! Options to settings: the file under the flags, defaults under both, then the checks.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clap::Args as _;

use super::{Bytes, Options, Seconds, Settings, ShredKeys, TlsFiles};

/// Why the configuration cannot be used. Each is a sentence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file {path} cannot be read: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not TOML, or has a key or value that is not known.
    #[error("the configuration file {path} is wrong{}: {message}", line.map(|n| format!(" in line {n}")).unwrap_or_default())]
    Parse {
        /// Which.
        path: PathBuf,
        /// Where.
        line: Option<usize>,
        /// What.
        message: String,
    },
    /// Two options contradict each other, or one is out of its range.
    #[error("{option}: {reason}")]
    Value {
        /// The option's name on the command line.
        option: &'static str,
        /// What must hold.
        reason: &'static str,
    },
}

/// Where settings come from, to be read more than once.
#[derive(Clone, Debug)]
pub struct Source {
    /// Flags and environment.
    pub said: Options,
    /// `--config`.
    pub file: Option<PathBuf>,
}

impl Source {
    /// What they are now: the file may have changed.
    ///
    /// # Errors
    /// [`ConfigError`], each a sentence.
    pub fn read(&self) -> Result<Settings, ConfigError> {
        load(self.said.clone(), self.file.as_deref())
    }
}

/// Flags and environment over the file over the defaults.
///
/// # Errors
/// [`ConfigError`], each a sentence.
pub fn load(said: Options, file: Option<&Path>) -> Result<Settings, ConfigError> {
    let below = match file {
        Some(path) => read(path)?,
        None => Options::default(),
    };
    settle(said.over(below))
}

fn read(path: &Path) -> Result<Options, ConfigError> {
    let text = fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })?;
    toml::from_str(&text).map_err(|wrong| ConfigError::Parse {
        path: path.to_owned(),
        line: wrong
            .span()
            .and_then(|span| text.get(..span.start))
            .map(|before| before.matches('\n').count() + 1),
        message: wrong.message().replace('\n', " "),
    })
}

/// Variables that look like options and are none: most likely mistyped. `SATCHEL_SERVER` is the command line's.
pub fn unknown_variables(names: impl Iterator<Item = OsString>) -> Vec<String> {
    let command = Options::augment_args(clap::Command::new("serve"));
    let known = |name: &str| {
        command
            .get_arguments()
            .any(|argument| argument.get_env() == Some(OsStr::new(name)))
    };
    names
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.starts_with("SATCHEL_") && !known(name))
        .filter(|name| name != "SATCHEL_CONFIG" && name != "SATCHEL_SERVER")
        .collect()
}

impl Options {
    fn over(self, below: Self) -> Self {
        Self {
            listen: self.listen.or(below.listen),
            tls_cert: self.tls_cert.or(below.tls_cert),
            tls_key: self.tls_key.or(below.tls_key),
            redirect_listen: self.redirect_listen.or(below.redirect_listen),
            onion_listen: self.onion_listen.or(below.onion_listen),
            data: self.data.or(below.data),
            shred_keys: self.shred_keys.or(below.shred_keys),
            strict: self.strict.or(below.strict),
            metrics: self.metrics.or(below.metrics),
            log_format: self.log_format.or(below.log_format),
            log_level: self.log_level.or(below.log_level),
            size_max: self.size_max.or(below.size_max),
            storage_max: self.storage_max.or(below.storage_max),
            items_max: self.items_max.or(below.items_max),
            expires_min: self.expires_min.or(below.expires_min),
            expires_max: self.expires_max.or(below.expires_max),
            expires_default: self.expires_default.or(below.expires_default),
            uploads: self.uploads.or(below.uploads),
            work: self.work.or(below.work),
            uploads_per_minute: self.uploads_per_minute.or(below.uploads_per_minute),
            connections_max: self.connections_max.or(below.connections_max),
            requests_per_connection: self.requests_per_connection.or(below.requests_per_connection),
            trusted_proxies: self.trusted_proxies.or(below.trusted_proxies),
            base_url: self.base_url.or(below.base_url),
            hsts: self.hsts.or(below.hsts),
            onion_location: self.onion_location.or(below.onion_location),
            offline: self.offline.or(below.offline),
            workers: self.workers.or(below.workers),
            max_downtime: self.max_downtime.or(below.max_downtime),
        }
    }
}

const DAY: u64 = 24 * 3600;

fn settle(options: Options) -> Result<Settings, ConfigError> {
    let expires_in_secs_min = options.expires_min.map_or(60, |Seconds(n)| n);
    let expires_in_secs_max = options.expires_max.map_or(90 * DAY, |Seconds(n)| n);
    let offered = options.expires_default.map(|Seconds(n)| n);
    let base = options.base_url.as_deref().map(path_of_url).transpose()?;
    let storage_bytes_max = options.storage_max.map_or(10 << 30, |Bytes(n)| n);
    let tls = match (options.tls_cert, options.tls_key) {
        (Some(cert), Some(key)) => Some(TlsFiles { cert, key }),
        (None, None) => None,
        (Some(_), None) => return Err(wrong("--tls-cert", "needs its key, by --tls-key")),
        (None, Some(_)) => return Err(wrong("--tls-key", "needs its certificate, by --tls-cert")),
    };
    let settings = Settings {
        listen: match options.listen {
            Some(address) => address,
            None => super::LISTEN_DEFAULT
                .parse()
                .map_err(|_| wrong("--listen", "is not an address"))?,
        },
        data: options.data.unwrap_or_else(|| PathBuf::from("./satchel-data")),
        // A file of that name can be called ./memory.
        shred_keys: match options.shred_keys {
            None => ShredKeys::Folder,
            Some(word) if word.as_os_str() == "memory" => ShredKeys::Memory,
            Some(path) => ShredKeys::File(path),
        },
        strict: options.strict.unwrap_or(false),
        metrics: options.metrics,
        log_format: options.log_format.unwrap_or_default(),
        log_level: options.log_level.unwrap_or_default(),
        // Unless somebody says so, no single container takes more than a quarter of the room.
        size_bytes_max: options
            .size_max
            .map_or((storage_bytes_max / 4).min(10 << 30), |Bytes(n)| n),
        storage_bytes_max,
        items_max: options.items_max.unwrap_or(1_000_000),
        expires_in_secs_min,
        expires_in_secs_max,
        // A default that nobody chose bends to the bounds that somebody did.
        expires_in_secs_default: offered.unwrap_or_else(|| (7 * DAY).min(expires_in_secs_max).max(expires_in_secs_min)),
        uploads: options.uploads.unwrap_or_default(),
        work: options.work.unwrap_or_default(),
        uploads_per_minute: options.uploads_per_minute.unwrap_or(120),
        connections_max: options.connections_max.unwrap_or(4096),
        requests_per_connection: options.requests_per_connection.unwrap_or(10_000),
        trusted_proxies: options.trusted_proxies.unwrap_or_default(),
        hsts: options
            .hsts
            .unwrap_or_else(|| tls.is_some() || is_https(options.base_url.as_deref())),
        tls,
        redirect_listen: options.redirect_listen,
        onion_listen: options.onion_listen,
        path_prefix: base.unwrap_or_default(),
        base_url: options.base_url,
        onion_location: options.onion_location,
        offline: options.offline.unwrap_or(true),
        workers: options.workers.unwrap_or_else(cores),
        downtime_secs_max: options.max_downtime.map_or(DAY, |Seconds(n)| n),
    };
    check(&settings)?;
    Ok(settings)
}

fn is_https(url: Option<&str>) -> bool {
    url.is_some_and(|url| url.starts_with("https://"))
}

/// Found once: a server that is confined sees less of the machine, and would take itself for changed.
fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

const fn wrong(option: &'static str, reason: &'static str) -> ConfigError {
    ConfigError::Value { option, reason }
}

fn check(settings: &Settings) -> Result<(), ConfigError> {
    let (min, max) = (settings.expires_in_secs_min, settings.expires_in_secs_max);
    if settings.size_bytes_max == 0 {
        return Err(wrong("--size-max", "must be at least one byte"));
    }
    if settings.storage_bytes_max < settings.size_bytes_max {
        return Err(wrong("--storage-max", "must be at least --size-max"));
    }
    if min == 0 || min > max {
        return Err(wrong(
            "--expires-min",
            "must be at least one second and at most --expires-max",
        ));
    }
    if max > 10 * 366 * DAY {
        return Err(wrong("--expires-max", "must be at most ten years"));
    }
    if !(min..=max).contains(&settings.expires_in_secs_default) {
        return Err(wrong(
            "--expires-default",
            "must lie between --expires-min and --expires-max",
        ));
    }
    if settings.connections_max == 0 {
        return Err(wrong("--connections-max", "must be at least one"));
    }
    if settings.requests_per_connection == 0 {
        return Err(wrong("--requests-per-connection", "must be at least one"));
    }
    if settings.uploads_per_minute > 1_000_000 {
        return Err(wrong(
            "--uploads-per-minute",
            "must be at most a million; 0 is any number",
        ));
    }
    if !(1..=512).contains(&settings.workers) {
        return Err(wrong("--workers", "must be from 1 to 512"));
    }
    if settings.onion_location.as_deref().is_some_and(|url| !is_plain_url(url)) {
        return Err(wrong(
            "--onion-location",
            "must be a URL that begins with http:// or https://",
        ));
    }
    if settings.tls.is_some() && settings.base_url.is_some() && !is_https(settings.base_url.as_deref()) {
        return Err(wrong(
            "--base-url",
            "must begin with https:// where the server has its own TLS",
        ));
    }
    if settings.redirect_listen.is_some() && !is_https(settings.base_url.as_deref()) {
        return Err(wrong(
            "--redirect-listen",
            "needs a --base-url that begins with https://: that is where it sends people",
        ));
    }
    if let Some(address) = settings.onion_listen {
        if settings.tls.is_none() {
            return Err(wrong(
                "--onion-listen",
                "is for a server with its own TLS: without --tls-cert an onion service can come to --listen",
            ));
        }
        if !address.ip().is_loopback() {
            return Err(wrong(
                "--onion-listen",
                "must be a loopback address (127.0.0.1 or [::1]): what comes there has no TLS",
            ));
        }
    }
    Ok(())
}

fn is_plain_url(url: &str) -> bool {
    (url.starts_with("http://") || url.starts_with("https://")) && url.bytes().all(|b| (0x21..0x7F).contains(&b))
}

/// `https://host/some/path/` gives `/some/path`.
fn path_of_url(url: &str) -> Result<String, ConfigError> {
    if !is_plain_url(url) || url.contains(['?', '#']) {
        return Err(wrong(
            "--base-url",
            "must be a URL that begins with http:// or https://, without query or fragment",
        ));
    }
    let (_, after) = url.split_once("://").ok_or(wrong("--base-url", "must be a URL"))?;
    let path = after.find('/').map_or("", |at| after.get(at..).unwrap_or(""));
    Ok(path.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_toml(text: &str) -> Result<Settings, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("satchel.toml");
        fs::write(&path, text).unwrap();
        load(Options::default(), Some(&path))
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("satchel.toml");
        fs::write(&path, "size_max = \"2MiB\"\nitems_max = 5\n").unwrap();
        let said = Options {
            items_max: Some(9),
            ..Options::default()
        };
        let settings = load(said, Some(&path)).unwrap();
        assert_eq!(
            (settings.size_bytes_max, settings.items_max, settings.workers > 0),
            (2 << 20, 9, true)
        );
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_it_and_its_line() {
        let said = of_toml("items_max = 5\nmax_itmes = 3\n").unwrap_err().to_string();
        assert!(said.contains("max_itmes") && said.contains("line 2"), "{said}");
    }

    #[test]
    fn contradictions_are_refused() {
        for text in [
            "expires_min = \"2d\"\nexpires_max = \"1d\"",
            "size_max = 0",
            "storage_max = 1",
            "workers = 0",
            "connections_max = 0",
            "requests_per_connection = 0",
            "tls_cert = \"cert.pem\"",
            "tls_key = \"key.pem\"",
            "tls_cert = \"cert.pem\"\ntls_key = \"key.pem\"\nbase_url = \"http://example.org\"",
            "redirect_listen = \"127.0.0.1:80\"",
            "redirect_listen = \"127.0.0.1:80\"\nbase_url = \"http://example.org\"",
            "onion_listen = \"127.0.0.1:8787\"",
            "tls_cert = \"cert.pem\"\ntls_key = \"key.pem\"\nonion_listen = \"0.0.0.0:8787\"",
            "expires_default = \"10w\"\nexpires_max = \"1w\"",
        ] {
            assert!(of_toml(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ten_gib_fit_by_default_once_there_is_room_for_four_of_them() {
        let sizes = |text: &str| of_toml(text).map(|settings| settings.size_bytes_max >> 20).unwrap();
        assert_eq!(sizes(""), 2560);
        assert_eq!(sizes("storage_max = \"40GiB\""), 10 << 10);
        assert_eq!(sizes("storage_max = \"1TiB\""), 10 << 10);
        assert_eq!(sizes("storage_max = \"20GiB\"\nsize_max = \"20GiB\""), 20 << 10);
    }

    #[test]
    fn the_offered_expiry_bends_to_the_bounds() {
        assert_eq!(of_toml("expires_max = \"1d\"").unwrap().expires_in_secs_default, DAY);
    }

    #[test]
    fn the_base_url_gives_the_prefix_and_turns_hsts_on() {
        let settings = of_toml("base_url = \"https://example.org/box/\"").unwrap();
        assert_eq!((settings.path_prefix.as_str(), settings.hsts), ("/box", true));
        assert!(of_toml("base_url = \"ftp://example.org\"").is_err());
    }

    #[test]
    fn each_option_is_a_flag_a_variable_and_a_key_of_one_name() {
        let command = Options::augment_args(clap::Command::new("x"));
        for argument in command.get_arguments() {
            let id = argument.get_id().as_str();
            assert_eq!(argument.get_long().unwrap().replace('-', "_"), id);
            assert_eq!(
                argument.get_env().unwrap().to_str().unwrap(),
                format!("SATCHEL_{}", id.to_uppercase())
            );
            let said = of_toml(&format!("{id} = {{}}")).unwrap_err().to_string();
            assert!(!said.contains("unknown field"), "{said}");
        }
    }
}
