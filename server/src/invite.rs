//! `satchel-server invite`: makes, lists and revokes invites, while the server runs or not.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use actix_web::http::header::HttpDate;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::config::{Bytes, Options, Seconds, Settings};
use crate::store::{Clock as _, InviteLeft, Invites, NewInvite, OpenError, SystemClock, SystemRandom, Token, USES_MAX};

/// Version 1 in the upper half, the kind of an invite in the lower.
const HEAD: u8 = 0x1c;

/// What to do about invites.
#[derive(clap::Subcommand)]
pub enum InviteVerb {
    /// Makes one, and prints its link, once
    Create {
        /// Whose.
        #[command(flatten)]
        place: Place,
        /// The URL that people see
        #[arg(long, env = "SATCHEL_BASE_URL", value_name = "URL")]
        base_url: Option<String>,
        /// How many uploads it is good for
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=i64::from(USES_MAX)))]
        uses: u32,
        /// When it ends
        #[arg(long, value_name = "TIME", default_value = "30d")]
        expires: Seconds,
        /// All its uploads together; without it as much as the server takes
        #[arg(long, value_name = "BYTES")]
        quota: Option<Bytes>,
    },
    /// Lists them by number: never what opens anything
    List {
        /// Whose.
        #[command(flatten)]
        place: Place,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Ends one; what was uploaded with it stays
    Revoke {
        /// Whose.
        #[command(flatten)]
        place: Place,
        /// Its number in the list
        number: u64,
    },
}

/// Where the server's data is.
#[derive(clap::Args)]
pub struct Place {
    /// TOML file of the server
    #[arg(long, env = "SATCHEL_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder that holds everything that is stored [default: ./satchel-data]
    #[arg(long, env = "SATCHEL_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Place {
    /// The file, and the options over it.
    #[must_use]
    pub fn said(&self) -> (Option<PathBuf>, Options) {
        let options = Options {
            data: self.data.clone(),
            ..Options::default()
        };
        (self.config.clone(), options)
    }
}

impl InviteVerb {
    /// The file, and the options over it.
    #[must_use]
    pub fn said(&self) -> (Option<PathBuf>, Options) {
        match self {
            Self::Create { place, base_url, .. } => {
                let (config, mut options) = place.said();
                options.base_url.clone_from(base_url);
                (config, options)
            }
            Self::List { place, .. } | Self::Revoke { place, .. } => place.said(),
        }
    }
}

/// Why it was not done. Each is a sentence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InviteError {
    /// The store cannot be used.
    #[error("the data folder {folder} cannot be used: {source}")]
    Open {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: OpenError,
    },
    /// A link has to lead somewhere.
    #[error("--base-url is missing: the link has to name the address that people see")]
    NoBase,
    /// There is none of this number.
    #[error("there is no invite {0}")]
    NoSuchInvite(u64),
    /// What was to be shown could not be.
    #[error("standard output cannot be written: {0}")]
    Output(#[from] io::Error),
}

/// Does it.
///
/// # Errors
/// [`InviteError`].
pub fn run(verb: &InviteVerb, settings: &Settings) -> Result<(), InviteError> {
    let failed = |source| InviteError::Open {
        folder: settings.data.clone(),
        source,
    };
    let mut invites = Invites::open(&settings.data).map_err(failed)?;
    match verb {
        InviteVerb::Create {
            uses, expires, quota, ..
        } => {
            let base = base(settings).ok_or(InviteError::NoBase)?;
            let new = NewInvite {
                uses: *uses,
                bytes: quota.map(|Bytes(n)| n),
                expires_in: expires.0,
            };
            let made = invites.create(new, SystemClock.now(), &SystemRandom);
            let (token, left) = made.map_err(failed)?;
            show(&base, &token, &left).map_err(|error| {
                // Nobody has it: nobody shall.
                let _ = invites.revoke(left.number);
                error.into()
            })
        }
        InviteVerb::List { json, .. } => {
            let all = invites.list().map_err(failed)?;
            Ok(if *json { list_as_json(&all) } else { list(&all) }?)
        }
        InviteVerb::Revoke { number, .. } => match invites.revoke(*number).map_err(failed)? {
            true => Ok(()),
            false => Err(InviteError::NoSuchInvite(*number)),
        },
    }
}

/// Where people find the server: what was named, or where it listens, if that is one place.
fn base(settings: &Settings) -> Option<String> {
    if let Some(url) = &settings.base_url {
        return Some(url.trim_end_matches('/').to_owned());
    }
    let is_one_place = !settings.listen.ip().is_unspecified() && settings.listen.port() != 0;
    is_one_place.then(|| format!("http://{}", settings.listen))
}

/// `BASE/#<base64url: 0x1c || token (32) || checksum (2)>`, docs/format.md section 8.
fn link(base: &str, token: &Token) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0; 35]);
    bytes[0] = HEAD;
    bytes[1..33].copy_from_slice(token.expose());
    let hash = Sha256::new()
        .chain_update(b"satchel/v1/checksum")
        .chain_update(&bytes[..33])
        .finalize();
    bytes[33..].copy_from_slice(&hash[..2]);
    let fragment = Zeroizing::new(Base64UrlUnpadded::encode_string(&bytes[..]));
    Zeroizing::new(format!("{base}/#{}", fragment.as_str()))
}

fn show(base: &str, token: &Token, left: &InviteLeft) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", link(base, token).as_str()).and_then(|()| out.flush())?;
    let room = left
        .bytes
        .map_or_else(String::new, |bytes| format!(", {} in all", written(bytes)));
    // Whoever has the link has it; what is said besides is a courtesy.
    let _ = writeln!(
        io::stderr().lock(),
        "invite {}: {} uploads{room}, until {}. The link is shown this once: whoever has it can upload.",
        left.number,
        left.uses,
        date(left.expires_at)
    );
    Ok(())
}

fn list(all: &[InviteLeft]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for left in all {
        let room = match (left.bytes_left, left.bytes) {
            (Some(left), Some(bytes)) => format!("{} of {}", written(left), written(bytes)),
            _ => "no quota".to_owned(),
        };
        writeln!(
            out,
            "invite {}: {} of {} uploads left, {room}, until {}",
            left.number,
            left.uses_left,
            left.uses,
            date(left.expires_at)
        )?;
    }
    out.flush()
}

fn list_as_json(all: &[InviteLeft]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, all)?;
    writeln!(out).and_then(|()| out.flush())
}

fn date(at: u64) -> String {
    HttpDate::from(UNIX_EPOCH + Duration::from_secs(at)).to_string()
}

/// In the largest unit that leaves a whole number, rounded down to a tenth.
fn written(bytes: u64) -> String {
    let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match units.into_iter().find(|(_, size)| bytes >= *size) {
        None => format!("{bytes} B"),
        Some((unit, size)) => {
            let tenths = u128::from(bytes) * 10 / u128::from(size);
            match tenths % 10 {
                0 => format!("{} {unit}", tenths / 10),
                tenth => format!("{}.{tenth} {unit}", tenths / 10),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed apart from this, by sha256sum and base64: the same as in crypto's tests.
    const KNOWN: &str = "HAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBYQ";

    #[test]
    fn the_link_of_a_known_token_is_written_as_format_md_says() {
        let link = link("https://satchel.example", &Token::new([7; 32]));
        assert_eq!(link.as_str(), format!("https://satchel.example/#{KNOWN}"));
    }

    #[test]
    fn sizes_are_rounded_down_to_a_tenth() {
        for (bytes, text) in [
            (5, "5 B"),
            (2 << 30, "2 GiB"),
            ((2 << 30) - 1, "1.9 GiB"),
            (1536, "1.5 KiB"),
        ] {
            assert_eq!(written(bytes), text);
        }
    }
}
