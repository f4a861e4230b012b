//! Receipts: what a creator keeps, docs/format.md section 8.

use alloc::string::String;
use base64ct::{Base64UrlUnpadded, Encoding};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::link::{checked, checksum};
use crate::token::decode_exact;
use crate::{PasteId, ReceiptToken, Verdict, limit};

const VERSION: u8 = 1;
const KIND: u8 = 8;
const RECEIPT_LEN: usize = 51;

/// `base64url(0x18 (1) || id (16) || receipt token (32) || checksum (2))`.
pub struct Receipt {
    id: PasteId,
    token: ReceiptToken,
}

impl Receipt {
    /// A receipt for `id` with a fresh token.
    pub fn generate(id: PasteId, rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self {
            id,
            token: ReceiptToken::random(rng),
        }
    }

    /// Parses the part of a URL after `#`: exactly 68 characters.
    ///
    /// # Errors
    /// `MalformedLink`; then, by what the right checksum covers, `UnsupportedLinkVersion` and `UnsupportedLinkFlags`.
    pub fn parse(fragment: &str) -> Result<Self, Verdict> {
        if fragment.len() != limit::RECEIPT_CHARS {
            return Err(Verdict::MalformedLink);
        }
        let mut bytes = Zeroizing::new([0; RECEIPT_LEN]);
        decode_exact(fragment, bytes.as_mut_slice())?;
        let body = checked(bytes.as_slice())?;
        if body[0] >> 4 != VERSION {
            return Err(Verdict::UnsupportedLinkVersion);
        }
        if body[0] & 0x0f != KIND {
            return Err(Verdict::UnsupportedLinkFlags);
        }
        let mut id = [0; 16];
        id.copy_from_slice(&body[1..17]);
        Ok(Self {
            id: PasteId(id),
            token: ReceiptToken::fill(|token| token.copy_from_slice(&body[17..])),
        })
    }

    /// 68 characters. Whoever has them can burn the paste.
    pub fn encode(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; RECEIPT_LEN]);
        bytes[0] = VERSION << 4 | KIND;
        bytes[1..17].copy_from_slice(&self.id.0);
        bytes[17..49].copy_from_slice(self.token.expose());
        let checksum = checksum(&bytes[..49]);
        bytes[49..].copy_from_slice(&checksum);
        Zeroizing::new(Base64UrlUnpadded::encode_string(bytes.as_slice()))
    }

    /// Whose receipt it is.
    pub const fn id(&self) -> PasteId {
        self.id
    }

    /// What proves it.
    pub const fn token(&self) -> &ReceiptToken {
        &self.token
    }
}
