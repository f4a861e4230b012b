//! What a server handed out, beside what it should have: bytes and headers. Nothing is asked for here.

use std::fmt;

use satchel_client::api::page;

use crate::built::policy;

/// An answer, its body unpacked.
pub(crate) struct Seen {
    pub(crate) status: u16,
    /// Lower-case names.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Body,
}

/// As much of a body as was taken.
pub(crate) enum Body {
    Whole(Vec<u8>),
    /// Longer than the file is; the rest was not read.
    TooLong,
    /// Not what its `content-encoding` says.
    NotPacked,
}

/// One way in which an answer is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Difference {
    Missing,
    TooLong,
    NotPacked,
    OtherBytes,
    NoHeader(&'static str),
    OtherHeader(&'static str),
    ExtraHeader(&'static str),
    /// The manifest lists it otherwise, or not at all.
    Listed,
}

/// What differs, where, and who got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) path: String,
    pub(crate) difference: Difference,
    /// A guise, where the first one got something else.
    pub(crate) to: Option<&'static str>,
}

impl Difference {
    /// A word for scripts.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::TooLong => "too_long",
            Self::NotPacked => "not_packed",
            Self::OtherBytes => "other_bytes",
            Self::NoHeader(_) => "no_header",
            Self::OtherHeader(_) => "other_header",
            Self::ExtraHeader(_) => "extra_header",
            Self::Listed => "listed_otherwise",
        }
    }

    /// The header that it is about.
    pub(crate) const fn header(&self) -> Option<&'static str> {
        match self {
            Self::NoHeader(name) | Self::OtherHeader(name) | Self::ExtraHeader(name) => Some(name),
            _ => None,
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.difference {
            Difference::Missing => write!(out, "{path} is missing"),
            Difference::TooLong => write!(out, "{path} is longer than it should be"),
            Difference::NotPacked => write!(out, "{path} cannot be unpacked"),
            Difference::OtherBytes => write!(out, "{path} is not the same"),
            Difference::NoHeader(name) => write!(out, "{path} comes without {name}"),
            Difference::OtherHeader(name) => write!(out, "{path} comes with another {name}"),
            Difference::ExtraHeader(name) => write!(out, "{path} comes with {name}, which it must not"),
            Difference::Listed => write!(out, "{path} is listed otherwise"),
        }?;
        match self.to {
            Some(guise) => write!(out, " when {guise} asks"),
            None => Ok(()),
        }
    }
}

/// How an answer for `file` differs from that of an honest server. Headers count only where `is_same` has the bytes right.
pub(crate) fn compare(file: &str, seen: &Seen, is_same: impl Fn(&[u8]) -> bool) -> Vec<Difference> {
    let bytes = match &seen.body {
        _ if seen.status != 200 => return vec![Difference::Missing],
        Body::TooLong => return vec![Difference::TooLong],
        Body::NotPacked => return vec![Difference::NotPacked],
        Body::Whole(bytes) if !is_same(bytes) => return vec![Difference::OtherBytes],
        Body::Whole(bytes) => bytes,
    };
    let policy = policy(file, bytes);
    let fixed = [
        ("content-security-policy", policy.as_str()),
        ("content-type", page::media_type(file).unwrap_or_default()),
        ("cache-control", page::cache_control(file)),
    ];
    let wanted = page::HEADERS.into_iter().chain(page::framing(file)).chain(fixed);
    let lacking = wanted.filter_map(|(name, value)| {
        let all: Vec<&str> = values(seen, name).collect();
        if all.is_empty() {
            return Some(Difference::NoHeader(name));
        }
        all.iter()
            .any(|one| *one != value)
            .then_some(Difference::OtherHeader(name))
    });
    let extra = page::NEVER
        .into_iter()
        .filter(|name| values(seen, name).next().is_some());
    lacking.chain(extra.map(Difference::ExtraHeader)).collect()
}

fn values<'a>(seen: &'a Seen, name: &'a str) -> impl Iterator<Item = &'a str> {
    let named = seen.headers.iter().filter(move |(one, _)| one == name);
    named.map(|(_, value)| value.trim())
}

/// Of two manifests of one version and toolchain: the files that one has and the other has not, or not so.
pub(crate) fn listed_otherwise(built: &page::PageManifest, theirs: &page::PageManifest) -> Vec<String> {
    let missing = built
        .files
        .iter()
        .filter(|(path, file)| theirs.files.get(*path) != Some(file));
    let more = theirs.files.keys().filter(|path| !built.files.contains_key(*path));
    missing.map(|(path, _)| path).chain(more).cloned().collect()
}
