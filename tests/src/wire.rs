//! A client of docs/api.md that knows no cryptography: its ids and tokens are random, its containers noise.

use std::io::Read as _;
use std::time::Duration;

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use satchel_api::{Problem, header, metadata, route};
use sha2::{Digest as _, Sha256};
use ureq::http::Response;
use ureq::{Agent, Body, SendBody};

use crate::random;

/// A paste's id and tokens.
#[derive(Clone)]
pub struct Keys {
    /// The id.
    pub id: [u8; 16],
    /// Proves the link.
    pub probe: [u8; 32],
    /// Proves link and passphrase.
    pub claim: [u8; 32],
    /// Proves the receipt.
    pub receipt: [u8; 32],
}

impl Keys {
    /// Fresh ones.
    #[must_use]
    pub fn generate() -> Self {
        Self {
            id: random(),
            probe: random(),
            claim: random(),
            receipt: random(),
        }
    }
}

/// An answer, read whole.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: ureq::http::HeaderMap,
    /// The body, or what arrived of it.
    pub body: Vec<u8>,
}

impl Answer {
    /// The problem in the body.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn problem(&self) -> Problem {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// A header's text, or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// One server, spoken to over connections of its own.
#[derive(Clone)]
pub struct Wire {
    pub(crate) agent: Agent,
    pub(crate) url: String,
}

/// The request did not come to an answer.
pub type Lost = ureq::Error;

pub(crate) fn text(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

pub(crate) fn bearer(token: &[u8; 32]) -> String {
    format!("Bearer {}", text(token))
}

/// Reads an answer whole.
///
/// # Errors
/// When it broke off.
pub fn whole(response: Response<Body>) -> Result<Answer, Lost> {
    let (parts, body) = response.into_parts();
    let mut bytes = Vec::new();
    body.into_with_config()
        .limit(u64::MAX)
        .reader()
        .read_to_end(&mut bytes)?;
    Ok(Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: bytes,
    })
}

impl Wire {
    /// Speaks to `url`.
    #[must_use]
    pub fn new(url: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(120)))
            .build();
        Self {
            agent: config.into(),
            url: url.to_owned(),
        }
    }

    fn of(&self, pattern: &str, keys: &Keys) -> String {
        format!("{}{}", self.url, route::of(pattern, &text(&keys.id)))
    }

    /// `Upload-Metadata` of these keys and this policy.
    #[must_use]
    pub fn metadata(keys: &Keys, reads: u32, expires_in: u64, on_guessing: &str) -> String {
        let hash = |token: &[u8; 32]| text(&Sha256::digest(token));
        [
            (metadata::ID, text(&keys.id)),
            (metadata::PROBE, hash(&keys.probe)),
            (metadata::CLAIM, hash(&keys.claim)),
            (metadata::RECEIPT, hash(&keys.receipt)),
            (metadata::EXPIRES_IN, expires_in.to_string()),
            (metadata::READS, reads.to_string()),
            (metadata::ON_GUESSING, on_guessing.to_owned()),
        ]
        .map(|(key, value)| format!("{key} {}", Base64::encode_string(value.as_bytes())))
        .join(",")
    }

    /// Creates with `body` as the first bytes of a container of `len`.
    ///
    /// # Errors
    /// When no answer came.
    pub fn create(&self, keys: &Keys, reads: u32, len: usize, body: &[u8]) -> Result<Answer, Lost> {
        self.create_for(keys, (reads, 7 * 24 * 3600), len, body)
    }

    /// [`create`](Self::create) with a number of reads and seconds to expiry.
    ///
    /// # Errors
    /// When no answer came.
    pub fn create_for(&self, keys: &Keys, policy: (u32, u64), len: usize, body: &[u8]) -> Result<Answer, Lost> {
        let (reads, expires_in) = policy;
        let response = self
            .agent
            .post(format!("{}{}", self.url, route::PASTES))
            .header(header::TUS_RESUMABLE, header::TUS_VERSION_SPOKEN)
            .header(header::UPLOAD_LENGTH, len.to_string())
            .header(
                header::UPLOAD_METADATA,
                Self::metadata(keys, reads, expires_in, metadata::LOCK),
            )
            .header("content-type", header::OFFSET_OCTET_STREAM)
            .send(body)?;
        whole(response)
    }

    /// Continues an upload.
    ///
    /// # Errors
    /// When no answer came.
    pub fn patch(&self, keys: &Keys, offset: usize, body: &[u8]) -> Result<Answer, Lost> {
        let response = self
            .agent
            .patch(self.of(route::PASTE, keys))
            .header("authorization", bearer(&keys.receipt))
            .header(header::TUS_RESUMABLE, header::TUS_VERSION_SPOKEN)
            .header(header::UPLOAD_OFFSET, offset.to_string())
            .header("content-type", header::OFFSET_OCTET_STREAM)
            .send(body)?;
        whole(response)
    }

    /// Where an upload stands.
    ///
    /// # Errors
    /// When no answer came.
    pub fn offset(&self, keys: &Keys) -> Result<Answer, Lost> {
        let request = self
            .agent
            .head(self.of(route::PASTE, keys))
            .header("authorization", bearer(&keys.receipt))
            .header(header::TUS_RESUMABLE, header::TUS_VERSION_SPOKEN);
        whole(request.call()?)
    }

    /// Asks without using up.
    ///
    /// # Errors
    /// When no answer came.
    pub fn probe(&self, keys: &Keys) -> Result<Answer, Lost> {
        whole(
            self.agent
                .post(self.of(route::PROBE, keys))
                .header("authorization", bearer(&keys.probe))
                .send_empty()?,
        )
    }

    /// Uses up one read; the answer is read whole.
    ///
    /// # Errors
    /// When no answer came.
    pub fn claim(&self, keys: &Keys, lease: &[u8; 32]) -> Result<Answer, Lost> {
        whole(self.begin_claim(keys, lease)?)
    }

    /// Uses up one read; the answer's body is still to be read, or to be dropped.
    ///
    /// # Errors
    /// When no answer came.
    pub fn begin_claim(&self, keys: &Keys, lease: &[u8; 32]) -> Result<Response<Body>, Lost> {
        self.agent
            .post(self.of(route::CLAIM, keys))
            .header("authorization", bearer(&keys.claim))
            .header(header::PROBE, text(&keys.probe))
            .header(header::LEASE, text(lease))
            .send(SendBody::none())
    }

    /// All of the content, under a lease.
    ///
    /// # Errors
    /// When no answer came.
    pub fn content(&self, keys: &Keys, lease: &[u8; 32]) -> Result<Answer, Lost> {
        let request = self.agent.get(self.of(route::CONTENT, keys));
        whole(request.header("authorization", bearer(lease)).call()?)
    }

    /// The content from `start` on, under a lease.
    ///
    /// # Errors
    /// When no answer came.
    pub fn content_from(&self, keys: &Keys, lease: &[u8; 32], start: usize) -> Result<Response<Body>, Lost> {
        self.agent
            .get(self.of(route::CONTENT, keys))
            .header("authorization", bearer(lease))
            .header("range", format!("bytes={start}-"))
            .call()
    }

    /// Ends a lease.
    ///
    /// # Errors
    /// When no answer came.
    pub fn confirm(&self, keys: &Keys, lease: &[u8; 32]) -> Result<Answer, Lost> {
        whole(
            self.agent
                .post(self.of(route::CONFIRM, keys))
                .header("authorization", bearer(lease))
                .send_empty()?,
        )
    }

    /// Burns on demand.
    ///
    /// # Errors
    /// When no answer came.
    pub fn burn(&self, keys: &Keys) -> Result<Answer, Lost> {
        whole(
            self.agent
                .delete(self.of(route::PASTE, keys))
                .header("authorization", bearer(&keys.receipt))
                .call()?,
        )
    }

    /// What its creator may know.
    ///
    /// # Errors
    /// When no answer came.
    pub fn receipt(&self, keys: &Keys) -> Result<Answer, Lost> {
        whole(
            self.agent
                .get(self.of(route::RECEIPT, keys))
                .header("authorization", bearer(&keys.receipt))
                .call()?,
        )
    }
}
