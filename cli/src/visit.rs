//! A visit to a server: its page is fetched as browsers fetch it, within bounds of length and time, and judged by what this command was built with.

use std::io::Read;
use std::time::{Duration, Instant};

use satchel_client::api::page::{self, PageManifest};
use satchel_client::{Base, Error};

use crate::built::Built;
use crate::comparing::{Body, Difference, Found, Seen, compare, listed_otherwise};
use crate::failure::Failure;
use crate::guise::{GUISES, Guise};
use crate::http::Http;
use crate::random::random;

/// A manifest of another version may be longer than ours.
const MANIFEST_BYTES_MAX: u64 = 256 * 1024;
/// What a coding may add to a file that does not get shorter by it.
const PACKED_MORE_BYTES: u64 = 64 * 1024;

/// What a server's page is.
pub(crate) enum Judged {
    Same,
    /// The same version and toolchain, and all the same something else.
    Differs(Vec<Found>),
    OtherVersion(String),
    /// Its bytes cannot be the same: the first tool of another version.
    OtherToolchain {
        ours: String,
        theirs: String,
    },
    NoManifest,
}

/// One server, asked until a moment.
pub(crate) struct Visit<'a> {
    http: Http,
    base: &'a Base,
    ends: Instant,
}

impl<'a> Visit<'a> {
    /// One that is over within `time`, which is at most some days.
    pub(crate) fn begin(base: &'a Base, time: Duration) -> Result<Self, Failure> {
        Ok(Self {
            http: Http::to(base)?,
            base,
            ends: Instant::now() + time,
        })
    }

    /// The manifest that was fetched, and what it and all that it lists come to.
    pub(crate) fn judge(&self, built: &Built) -> Result<(Vec<u8>, Judged), Failure> {
        let [plain, ..] = &GUISES;
        let seen = self.ask(page::MANIFEST, plain, MANIFEST_BYTES_MAX)?;
        let manifest = match seen.body {
            Body::Whole(bytes) if seen.status == 200 => bytes,
            _ => return Ok((Vec::new(), Judged::NoManifest)),
        };
        let judged = match serde_json::from_slice::<PageManifest>(&manifest) {
            Err(_) => Judged::NoManifest,
            // Another toolchain that made the same bytes is as good: it is they that are compared, with ours.
            Ok(theirs) if theirs.version == built.manifest.version && theirs.files == built.manifest.files => {
                match self.differences(built, &manifest)? {
                    found if found.is_empty() => Judged::Same,
                    found => Judged::Differs(found),
                }
            }
            Ok(theirs) => of_another(&built.manifest, theirs),
        };
        Ok((manifest, judged))
    }

    /// Every file, asked for by everybody; and the page by paths that a link's page may have.
    fn differences(&self, built: &Built, manifest: &[u8]) -> Result<Vec<Found>, Failure> {
        // What is asked for, what should come, and what it is called.
        let anywhere = made_up_path();
        let mut asked = vec![("/", page::INDEX, "/"), (&anywhere, page::INDEX, "any other path")];
        let files = built.manifest.files.keys().map(String::as_str).chain([page::MANIFEST]);
        asked.extend(files.map(|path| (path, path, path)));
        let mut found: Vec<Found> = Vec::new();
        for (number, guise) in GUISES.iter().enumerate() {
            for (path, file, name) in &asked {
                let seen = self.ask(path, guise, built.len(file).unwrap_or(manifest.len() as u64))?;
                let is_same = |bytes: &[u8]| built.is(file, bytes).unwrap_or_else(|| bytes == manifest);
                for difference in compare(file, &seen, is_same) {
                    if !found
                        .iter()
                        .any(|one| one.path == *name && one.difference == difference)
                    {
                        let to = (number > 0).then_some(guise.name);
                        let path = (*name).to_owned();
                        found.push(Found { path, difference, to });
                    }
                }
            }
        }
        Ok(found)
    }

    /// One answer, no more of it than `bytes_max` and enough to see that there is more.
    fn ask(&self, path: &str, guise: &Guise, bytes_max: u64) -> Result<Seen, Failure> {
        let left = self.ends.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Failure::PageTooSlow(self.base.clone()));
        }
        let url = format!("{}{path}", self.base.as_str());
        let answer = self.http.visit(&url, &guise.headers(path), left);
        let (head, body) = answer.map_err(|_| self.broken())?.into_parts();
        let status = head.status.as_u16();
        // A file that is not there is an answer; anything else is one that no Satchel server gives.
        if !matches!(status, 200 | 404 | 410) {
            return Err(Error::BadAnswer { status }.into());
        }
        let headers: Vec<(String, String)> = head
            .headers
            .iter()
            .map(|(name, value)| {
                (
                    name.as_str().to_owned(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect();
        let arriving = body.into_with_config().limit(u64::MAX).reader();
        let coding = headers.iter().find(|(name, _)| name == "content-encoding");
        let body = self.unpacked(arriving, coding.map(|(_, value)| value.as_str()), bytes_max)?;
        Ok(Seen { status, headers, body })
    }

    fn unpacked(&self, arriving: impl Read, coding: Option<&str>, bytes_max: u64) -> Result<Body, Failure> {
        let mut packed = Vec::new();
        let packed_max = bytes_max.saturating_add(PACKED_MORE_BYTES);
        let read = arriving.take(packed_max + 1).read_to_end(&mut packed);
        read.map_err(|_| self.broken())?;
        if packed.len() as u64 > packed_max {
            return Ok(Body::TooLong);
        }
        let mut bytes = Vec::new();
        let most = bytes_max.saturating_add(1);
        let unpacked = match coding {
            None | Some("identity") => packed.as_slice().take(most).read_to_end(&mut bytes),
            Some("gzip") => flate2::read::GzDecoder::new(packed.as_slice())
                .take(most)
                .read_to_end(&mut bytes),
            Some("br") => brotli::Decompressor::new(packed.as_slice(), 4096)
                .take(most)
                .read_to_end(&mut bytes),
            Some(_) => return Ok(Body::NotPacked),
        };
        Ok(match unpacked {
            Err(_) => Body::NotPacked,
            Ok(_) if bytes.len() as u64 > bytes_max => Body::TooLong,
            Ok(_) => Body::Whole(bytes),
        })
    }

    /// Why nothing came, or not all.
    fn broken(&self) -> Failure {
        if Instant::now() < self.ends {
            Error::Unreachable.into()
        } else {
            Failure::PageTooSlow(self.base.clone())
        }
    }
}

/// A path that no file has; a server cannot tell it from one that a person mistyped.
fn made_up_path() -> String {
    use rand_core::Rng as _;
    let mut letters = [0; 12];
    random().fill_bytes(&mut letters);
    let letter = |byte: &u8| char::from(b'a' + byte % 26);
    format!("/{}", letters.iter().map(letter).collect::<String>())
}

/// What to make of a manifest that lists other files. What it says is the server's word: none of it leads to "the same".
fn of_another(ours: &PageManifest, theirs: PageManifest) -> Judged {
    if theirs.version != ours.version {
        return Judged::OtherVersion(theirs.version);
    }
    let names = ours.toolchain.keys().chain(theirs.toolchain.keys());
    let other = names
        .into_iter()
        .find(|name| ours.toolchain.get(*name) != theirs.toolchain.get(*name));
    if let Some(name) = other {
        let told = |all: &PageManifest| match all.toolchain.get(name) {
            Some(version) => format!("{name} {version}"),
            None => format!("no {name}"),
        };
        return Judged::OtherToolchain {
            ours: told(ours),
            theirs: told(&theirs),
        };
    }
    let found = listed_otherwise(ours, &theirs).into_iter().map(|path| Found {
        path,
        difference: Difference::Listed,
        to: None,
    });
    Judged::Differs(found.collect())
}
