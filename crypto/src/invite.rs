//! Invites: what a server asks of who uploads, where it asks, docs/format.md section 8. A server makes them; nothing is derived from one.

use alloc::string::String;
use base64ct::{Base64UrlUnpadded, Encoding};
use zeroize::Zeroizing;

use crate::link::{checked, checksum};
use crate::token::decode_exact;
use crate::{InviteToken, Verdict, limit};

const VERSION: u8 = 1;
const KIND: u8 = 12;
const INVITE_LEN: usize = 35;

/// `base64url(0x1c (1) || invite token (32) || checksum (2))`.
pub struct Invite {
    token: InviteToken,
}

impl Invite {
    /// Parses the part of a URL after `#`: exactly 47 characters, as many as a link has.
    ///
    /// # Errors
    /// `MalformedLink`; then, by what the right checksum covers, `UnsupportedLinkVersion` and `UnsupportedLinkFlags`.
    pub fn parse(fragment: &str) -> Result<Self, Verdict> {
        if fragment.len() != limit::LINK_CHARS {
            return Err(Verdict::MalformedLink);
        }
        let mut bytes = Zeroizing::new([0; INVITE_LEN]);
        decode_exact(fragment, bytes.as_mut_slice())?;
        let body = checked(bytes.as_slice())?;
        if body[0] >> 4 != VERSION {
            return Err(Verdict::UnsupportedLinkVersion);
        }
        if body[0] & 0x0f != KIND {
            return Err(Verdict::UnsupportedLinkFlags);
        }
        Ok(Self {
            token: InviteToken::fill(|token| token.copy_from_slice(&body[1..])),
        })
    }

    /// 47 characters. Whoever has them can upload.
    pub fn encode(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; INVITE_LEN]);
        bytes[0] = VERSION << 4 | KIND;
        bytes[1..33].copy_from_slice(self.token.expose());
        let checksum = checksum(&bytes[..33]);
        bytes[33..].copy_from_slice(&checksum);
        Zeroizing::new(Base64UrlUnpadded::encode_string(bytes.as_slice()))
    }

    /// What proves it.
    pub const fn token(&self) -> &InviteToken {
        &self.token
    }
}
