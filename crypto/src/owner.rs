//! What the creator of a document with several links keeps, docs/format.md section 8.

use alloc::string::String;
use base64ct::{Base64UrlUnpadded, Encoding};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::label::LabelKey;
use crate::link::{LinkSlotSecret, checked, checksum};
use crate::secret::secret;
use crate::token::decode_exact;
use crate::{PasteId, ReceiptToken, Verdict, kdf, limit};

secret! {
    /// 32 fresh random bytes: opens the owner's head, and so the document. Never reaches a server.
    struct OwnerSecret([u8; 32]);
}

const VERSION: u8 = 1;
const KIND: u8 = 9;
const RECEIPT_LEN: usize = 51;

/// `base64url(0x19 (1) || id (16) || owner secret (32) || checksum (2))`: the receipt of a document with several links.
pub struct OwnerReceipt {
    id: PasteId,
    secret: OwnerSecret,
}

impl OwnerReceipt {
    /// A fresh one, for a document that is yet to be made.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        Self {
            id: PasteId(id),
            secret: OwnerSecret::random(rng),
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
            secret: OwnerSecret::fill(|secret| secret.copy_from_slice(&body[17..])),
        })
    }

    /// 68 characters. Whoever has them can burn the document, and read it while a link lives.
    pub fn encode(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; RECEIPT_LEN]);
        bytes[0] = VERSION << 4 | KIND;
        bytes[1..17].copy_from_slice(&self.id.0);
        bytes[17..49].copy_from_slice(self.secret.expose());
        let checksum = checksum(&bytes[..49]);
        bytes[49..].copy_from_slice(&checksum);
        Zeroizing::new(Base64UrlUnpadded::encode_string(bytes.as_slice()))
    }

    /// The document's id: random, and no link's.
    pub const fn id(&self) -> PasteId {
        self.id
    }

    /// `X(owner secret, "owner")`: proves the receipt to the server.
    pub fn token(&self) -> ReceiptToken {
        ReceiptToken::fill(|token| kdf::derive(self.secret.expose(), &[b"owner"], token))
    }

    /// `X(owner secret, "label")`: what seals the names of the links.
    pub(crate) fn label_key(&self) -> LabelKey {
        LabelKey::fill(|key| kdf::derive(self.secret.expose(), &[b"label"], key))
    }

    /// `owner secret || 32 zero bytes`: the slot secret of the owner's head.
    pub(crate) fn slot_secret(&self) -> LinkSlotSecret {
        LinkSlotSecret::fill(|both| both[..32].copy_from_slice(self.secret.expose()))
    }
}
