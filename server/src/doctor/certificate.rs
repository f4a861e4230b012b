//! The server's own certificate and key: whether clients will take them, for how long, and who else can read the key.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use super::finding::Finding;
use crate::config::Settings;
use crate::store::{Clock as _, SystemClock};
use crate::tls::{Pair, Validity};

const DAY: u64 = 24 * 3600;
/// Whoever renews by hand has so long.
const ENDING_SECS: u64 = 14 * DAY;

/// What the two files hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// When it holds; `None` where the two files cannot be served.
    pub validity: Option<Validity>,
    /// Whether it is made for the host of the base URL; `None` where there is none.
    pub named: Option<bool>,
    /// Permission bits of the key's file.
    pub key_mode: u32,
    /// Unix seconds.
    pub now: u64,
}

/// Reads the files; `None` where the server has no TLS of its own.
pub(super) fn look(settings: &Settings) -> Option<Certificate> {
    let files = settings.tls.as_ref()?;
    let pair = Pair::read(files).ok();
    let host = settings.base_url.as_deref().and_then(host);
    Some(Certificate {
        validity: pair.as_ref().map(Pair::validity),
        named: host.zip(pair.as_ref()).map(|(host, pair)| pair.names(host)),
        key_mode: fs::metadata(&files.key).map_or(0, |found| found.mode() & 0o777),
        now: SystemClock.now(),
    })
}

/// What there is to say of it.
pub(super) fn judge(certificate: Certificate) -> Vec<Finding> {
    let Certificate {
        validity,
        named,
        key_mode,
        now,
    } = certificate;
    let mut found = Vec::new();
    match validity {
        None => found.push(Finding::CertificateUnusable),
        Some(Validity { starts_at, .. }) if now < starts_at => found.push(Finding::CertificateEarly),
        Some(Validity { ends_at, .. }) if now > ends_at => found.push(Finding::CertificateExpired),
        Some(Validity { starts_at, ends_at }) => {
            // One that lives for six days is renewed at its fourth.
            let early = ENDING_SECS.min((ends_at - starts_at) / 3);
            if ends_at - now < early {
                found.push(Finding::CertificateEnding);
            }
        }
    }
    if named == Some(false) {
        found.push(Finding::CertificateName);
    }
    // A group may be let in: Debian has one for keys.
    if key_mode & 0o007 != 0 {
        found.push(Finding::TlsKeyOpen);
    }
    found
}

/// `https://[::1]:8443/box` has the host `::1`.
fn host(url: &str) -> Option<&str> {
    let (_, after) = url.split_once("://")?;
    let authority = after.split('/').next()?;
    if let Some(address) = authority.strip_prefix('[') {
        return address.split_once(']').map(|(address, _)| address);
    }
    authority.split(':').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Certificate {
        Certificate {
            validity: Some(Validity {
                starts_at: 0,
                ends_at: 90 * DAY,
            }),
            named: Some(true),
            key_mode: 0o640,
            now: 60 * DAY,
        }
    }

    fn at(day: u64) -> Vec<Finding> {
        judge(Certificate {
            now: day * DAY,
            ..good()
        })
    }

    #[test]
    fn a_certificate_is_renewed_two_weeks_before_its_end_or_at_two_thirds_of_a_short_life() {
        assert_eq!(at(76), []);
        assert_eq!(at(77), [Finding::CertificateEnding]);
        assert_eq!(at(91), [Finding::CertificateExpired]);
        let short = |day| {
            let validity = Some(Validity {
                starts_at: 0,
                ends_at: 6 * DAY,
            });
            judge(Certificate {
                validity,
                now: day * DAY,
                ..good()
            })
        };
        assert_eq!((short(4), short(5)), (vec![], vec![Finding::CertificateEnding]));
    }

    #[test]
    fn each_defect_is_named() {
        let with = |change: fn(&mut Certificate)| {
            let mut certificate = good();
            change(&mut certificate);
            judge(certificate)
        };
        assert_eq!(with(|c| c.validity = None), [Finding::CertificateUnusable]);
        assert_eq!(with(|c| c.named = Some(false)), [Finding::CertificateName]);
        assert_eq!(with(|c| c.named = None), []);
        assert_eq!(with(|c| c.key_mode = 0o644), [Finding::TlsKeyOpen]);
        assert_eq!(
            with(|c| c.validity = Some(Validity {
                starts_at: 61 * DAY,
                ends_at: 90 * DAY
            })),
            [Finding::CertificateEarly]
        );
    }

    #[test]
    fn a_url_has_one_host() {
        for (url, expected) in [
            ("https://example.org", "example.org"),
            ("https://example.org:8443/box/", "example.org"),
            ("https://[::1]:8443/", "::1"),
            ("https://127.0.0.1", "127.0.0.1"),
        ] {
            assert_eq!(host(url), Some(expected));
        }
    }
}
