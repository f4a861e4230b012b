//! Links, receipts and invites as people hand them on: `BASE/#FRAGMENT`, and what mail filters make of one. Pure.

use satchel_crypto::limit::{LINK_CHARS, RECEIPT_CHARS};
use satchel_crypto::{Invite, Link, OwnerReceipt, PanicSecret, Receipt, Verdict};
use zeroize::Zeroizing;

/// Where a server is: `https://HOST[:PORT][/PREFIX]`, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base(String);

/// What an address leads to.
pub enum Address {
    /// Opens a paste.
    Link {
        /// None where the fragment stood alone.
        base: Option<Base>,
        /// The link.
        link: Link,
    },
    /// Looks at a document with several links, burns them, and makes more.
    Owner {
        /// None where the fragment stood alone.
        base: Option<Base>,
        /// The owner receipt.
        owner: OwnerReceipt,
    },
    /// Looks at a paste's state, and burns it.
    Receipt {
        /// None where the fragment stood alone.
        base: Option<Base>,
        /// The receipt.
        receipt: Receipt,
    },
    /// Lets its holder upload to a server.
    Invite {
        /// None where the fragment stood alone.
        base: Option<Base>,
        /// The invite.
        invite: Invite,
    },
    /// Burns everything that was made under it.
    Panic {
        /// None where the fragment stood alone.
        base: Option<Base>,
        /// The panic secret.
        panic: PanicSecret,
    },
}

/// Why a text is no address. Holds no byte of the fragment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Nothing but space.
    #[error("there is nothing")]
    Empty,
    /// Nothing in it looks like a link.
    #[error("this is not a Satchel link")]
    NoLink,
    /// What stands before `#` is no address of a server.
    #[error("the server's address is malformed")]
    MalformedBase,
    /// http that is neither loopback nor .onion: whoever is on the way would read the tokens.
    #[error("{0} is neither https, nor on this machine, nor an onion service")]
    InsecureOrigin(Base),
    /// A whole link, but of another server.
    #[error("this link is of another server: {0}")]
    ForeignOrigin(Base),
    /// Cut, mistyped, or too new.
    #[error(transparent)]
    Fragment(#[from] Verdict),
}

impl std::fmt::Display for Base {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Base {
    /// Takes a server's URL: https, or http for loopback and .onion; without user, query and fragment. A missing scheme is https.
    ///
    /// # Errors
    /// `MalformedBase`, `InsecureOrigin`.
    pub fn parse(url: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = url.trim().split_once("://").unwrap_or(("https", url.trim()));
        let scheme = scheme.to_ascii_lowercase();
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let authority = authority.to_ascii_lowercase();
        let path = path.trim_end_matches('/');
        let host = host_of(&authority).ok_or(AddressError::MalformedBase)?;
        if !is_path(path) || !matches!(scheme.as_str(), "http" | "https") {
            return Err(AddressError::MalformedBase);
        }
        let slash = if path.is_empty() { "" } else { "/" };
        let base = Self(format!("{scheme}://{authority}{slash}{path}"));
        if scheme == "https" || is_loopback(host) || host.ends_with(".onion") {
            Ok(base)
        } else {
            Err(AddressError::InsecureOrigin(base))
        }
    }

    /// Takes a page's own folder, without the slash at its end, as a browser tells it: it has the page from there, and asks no other.
    ///
    /// # Errors
    /// `MalformedBase`, also where a link under it could not be read again.
    pub fn of_page(url: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = url.split_once(':').ok_or(AddressError::MalformedBase)?;
        let rest = rest.strip_prefix("//").ok_or(AddressError::MalformedBase)?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if matches!(scheme, "http" | "https") && !authority.is_empty() && !url.ends_with('/') && is_path(path) {
            Ok(Self(url.to_owned()))
        } else {
            Err(AddressError::MalformedBase)
        }
    }

    /// The URL that a route is appended to.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> &str {
        let start = self.0.find("://").map_or(0, |at| at + 3);
        self.0[start..]
            .find('/')
            .map_or(self.0.as_str(), |end| &self.0[..start + end])
    }

    /// Whether it is this machine by its very name: an address of the loopback network, or `localhost`.
    #[must_use]
    pub fn is_here(&self) -> bool {
        let host = self.host();
        host == "localhost" || is_loopback_address(host)
    }

    /// Whether only Tor finds it.
    #[must_use]
    pub fn is_onion(&self) -> bool {
        self.host().ends_with(".onion")
    }

    fn host(&self) -> &str {
        let authority = self.origin().split_once("://").map_or("", |(_, authority)| authority);
        host_of(authority).unwrap_or_default()
    }

    /// `BASE/#FRAGMENT`
    #[must_use]
    pub fn with_fragment(&self, fragment: &str) -> Zeroizing<String> {
        Zeroizing::new([self.0.as_str(), "/#", fragment].concat())
    }
}

/// Whether a base's path is one that a link can have before its fragment.
fn is_path(path: &str) -> bool {
    path.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/".contains(&b))
        && !path.split('/').any(|part| part == ".." || part == ".")
        && !path.as_bytes().windows(2).any(|two| two == b"//")
}

impl Address {
    /// Reads a link, receipt, invite or panic link, whole or its fragment alone, through what mail programs do: `%23` and `%2523`, punctuation around it, line
    /// breaks in it, `<...>`, a text before it, a redirector's URL around it.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = compact(text);
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        let text = if text.contains("%3A%2F%2F") || text.contains("%3a%2f%2f") || text.contains("%253A") {
            decoded(&text)
        } else {
            text
        };
        let (base, fragment) = split(&text);
        let fragment = decoded(fragment);
        let end = fragment.find(|c: char| !is_base64url(c)).unwrap_or(fragment.len());
        let run = &fragment[..end];
        let base = base.map(find_base).transpose()?.flatten();
        if base.is_none() && run.len() < 20 {
            return Err(AddressError::NoLink);
        }
        Self::of_run(run, base)
    }

    /// As [`parse`](Self::parse), for a page: refuses what belongs to another server, whose tokens this one must not see.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse_for(page: &Base, text: &str) -> Result<Self, AddressError> {
        let address = Self::parse(text)?;
        match address.base() {
            Some(base) if base.origin() != page.origin() => Err(AddressError::ForeignOrigin(base.clone())),
            _ => Ok(address),
        }
    }

    /// The server that it names, if it does.
    #[must_use]
    pub const fn base(&self) -> Option<&Base> {
        match self {
            Self::Link { base, .. }
            | Self::Owner { base, .. }
            | Self::Receipt { base, .. }
            | Self::Invite { base, .. }
            | Self::Panic { base, .. } => base.as_ref(),
        }
    }

    /// The longest run of the alphabet may have words stuck to it: the checksum says where the link ends.
    fn of_run(run: &str, base: Option<Base>) -> Result<Self, AddressError> {
        // Both kinds of receipts are as long as each other, and the first byte tells them apart.
        let long = |base| {
            let text = run.get(..RECEIPT_CHARS).ok_or(Verdict::MalformedLink)?;
            match OwnerReceipt::parse(text) {
                Ok(owner) => Ok(Self::Owner { base, owner }),
                Err(_) => Receipt::parse(text).map(|receipt| Self::Receipt { base, receipt }),
            }
        };
        let short = |base| {
            let text = run.get(..LINK_CHARS).ok_or(Verdict::MalformedLink)?;
            // They are as long as each other, and the first byte tells them apart.
            if let Ok(panic) = PanicSecret::parse(text) {
                return Ok(Self::Panic { base, panic });
            }
            match Invite::parse(text) {
                Ok(invite) => Ok(Self::Invite { base, invite }),
                Err(_) => Link::parse(text).map(|link| Self::Link { base, link }),
            }
        };
        if run.len() == RECEIPT_CHARS {
            // The lengths are fixed, so this is a receipt, or something shorter with something behind it.
            return match long(base.clone()) {
                Ok(receipt) => Ok(receipt),
                Err(verdict) => short(base).map_err(|_| verdict.into()),
            };
        }
        if run.len() == LINK_CHARS {
            return Ok(short(base)?);
        }
        if let Ok(receipt) = long(base.clone()) {
            return Ok(receipt);
        }
        short(base).map_err(|_| Verdict::MalformedLink.into())
    }
}

/// Drops what never belongs to a URL: spaces, line breaks (also quoted-printable's soft ones), control and invisible characters.
fn compact(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len() + 4));
    for line in text.split(['\n', '\r']) {
        let line = line.trim_end();
        // `=` stands in no link but as a soft break, and in redirectors' queries, where it is not at a line's end.
        let line = line.strip_suffix('=').unwrap_or(line);
        out.extend(
            line.chars()
                .filter(|c| !c.is_whitespace() && !c.is_control() && !is_invisible(*c)),
        );
    }
    out
}

const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

const fn is_base64url(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// `%XX` taken out, up to three times over, as long as that gives ASCII.
fn decoded(text: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(text.to_owned());
    for _ in 0..3 {
        let mut out = Zeroizing::new(String::with_capacity(text.len()));
        let mut rest = text.as_str();
        while let Some(at) = rest.find('%') {
            out.push_str(&rest[..at]);
            let byte = rest
                .get(at + 1..at + 3)
                .and_then(|hex| u8::from_str_radix(hex, 16).ok());
            match byte.filter(u8::is_ascii_graphic) {
                Some(byte) => {
                    out.push(char::from(byte));
                    rest = &rest[at + 3..];
                }
                None => {
                    out.push('%');
                    rest = &rest[at + 1..];
                }
            }
        }
        out.push_str(rest);
        text = out;
    }
    text
}

/// What stands before and after the last `#`, however often it was encoded. Without one all of it may be a fragment.
fn split(text: &str) -> (Option<&str>, &str) {
    let marks = ["#", "%23", "%2523", "%252523"];
    let last = marks
        .iter()
        .filter_map(|mark| text.rfind(mark).map(|at| (at, mark.len())))
        .max();
    match last {
        Some((at, len)) => (Some(&text[..at]), &text[at + len..]),
        None if text.contains("://") => (Some(text), ""),
        None => (None, text.trim_start_matches(|c| !is_base64url(c))),
    }
}

/// The last URL in what stands before the fragment; none where nothing but punctuation stands there.
fn find_base(before: &str) -> Result<Option<Base>, AddressError> {
    let lower = before.to_ascii_lowercase();
    let start = lower.rfind("https://").max(lower.rfind("http://"));
    match start {
        Some(start) => Base::parse(&before[start..]).map(Some),
        None if before.chars().all(|c| c.is_ascii_punctuation()) => Ok(None),
        None if before.contains('.') || lower.contains("localhost") => {
            Base::parse(before.trim_start_matches(|c: char| !c.is_ascii_alphanumeric())).map(Some)
        }
        None => Err(AddressError::NoLink),
    }
}

/// The host of `HOST[:PORT]`, without a user.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            let is_address = !host.is_empty() && host.bytes().all(|b| b.is_ascii_hexdigit() || b == b':' || b == b'.');
            (
                is_address.then_some(host)?,
                if after.is_empty() {
                    None
                } else {
                    Some(after.strip_prefix(':')?)
                },
            )
        }
        None => {
            let (host, port) = authority
                .split_once(':')
                .map_or((authority, None), |(host, port)| (host, Some(port)));
            let is_name = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            (
                host.strip_suffix('.')
                    .unwrap_or(host)
                    .split('.')
                    .all(is_name)
                    .then_some(host)?,
                port,
            )
        }
    };
    port.is_none_or(|port| port.parse::<u16>().is_ok()).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost") || is_loopback_address(host)
}

fn is_loopback_address(host: &str) -> bool {
    host.parse::<std::net::IpAddr>()
        .is_ok_and(|address| address.is_loopback())
}
