//! Links and what is derived from one, docs/format.md section 8. URLs around a link are the client's matter.

use alloc::string::String;
use base64ct::{Base64UrlUnpadded, Encoding};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::passphrase::derive_passphrase_key;
use crate::secret::secret;
use crate::token::decode_exact;
use crate::{ClaimToken, Passphrase, PasteId, ProbeToken, Profile, Verdict, kdf, limit};

secret! {
    /// 32 fresh random bytes: everything a paste needs is derived from them.
    pub(crate) struct LinkSecret([u8; 32]);
}
secret! {
    /// `link secret || passphrase key`: the slot secret of a link slot.
    pub(crate) struct LinkSlotSecret([u8; 64]);
}

const VERSION: u8 = 1;
const NEEDS_PASSPHRASE: u8 = 1;
const LINK_LEN: usize = 35;

/// `base64url(1 << 4 | flags (1) || link secret (32) || checksum (2))`.
pub struct Link {
    secret: LinkSecret,
    needs_passphrase: bool,
}

impl Link {
    /// A fresh link.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized), needs_passphrase: bool) -> Self {
        Self {
            secret: LinkSecret::random(rng),
            needs_passphrase,
        }
    }

    /// Parses the part of a URL after `#`: exactly 47 characters.
    ///
    /// # Errors
    /// `MalformedLink`; then, by what the right checksum covers, `UnsupportedLinkVersion` and `UnsupportedLinkFlags`.
    pub fn parse(fragment: &str) -> Result<Self, Verdict> {
        if fragment.len() != limit::LINK_CHARS {
            return Err(Verdict::MalformedLink);
        }
        let mut bytes = Zeroizing::new([0; LINK_LEN]);
        decode_exact(fragment, bytes.as_mut_slice())?;
        let body = checked(bytes.as_slice())?;
        if body[0] >> 4 != VERSION {
            return Err(Verdict::UnsupportedLinkVersion);
        }
        if body[0] & 0x0f & !NEEDS_PASSPHRASE != 0 {
            return Err(Verdict::UnsupportedLinkFlags);
        }
        Ok(Self {
            secret: LinkSecret::fill(|secret| secret.copy_from_slice(&body[1..])),
            needs_passphrase: body[0] & NEEDS_PASSPHRASE != 0,
        })
    }

    /// 47 characters. Whoever has them has the link.
    pub fn encode(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; LINK_LEN]);
        bytes[0] = VERSION << 4 | u8::from(self.needs_passphrase);
        bytes[1..33].copy_from_slice(self.secret.expose());
        let checksum = checksum(&bytes[..33]);
        bytes[33..].copy_from_slice(&checksum);
        Zeroizing::new(Base64UrlUnpadded::encode_string(bytes.as_slice()))
    }

    /// Whether opening takes a passphrase too.
    pub const fn needs_passphrase(&self) -> bool {
        self.needs_passphrase
    }

    /// `X(link secret, "id", 16)`
    pub fn id(&self) -> PasteId {
        let mut id = [0; 16];
        kdf::derive(self.secret.expose(), &[b"id"], &mut id);
        PasteId(id)
    }

    /// `X(link secret, "probe")`
    pub fn probe_token(&self) -> ProbeToken {
        ProbeToken::fill(|token| kdf::derive(self.secret.expose(), &[b"probe"], token))
    }

    /// `link secret || passphrase key`; one run of Argon2id profile 1 (64 MiB) where the link needs a passphrase.
    ///
    /// # Errors
    /// `PassphraseMissing`, `PassphraseNotNeeded`, `OutOfMemory`. A wrong passphrase shows only when something is opened.
    pub fn unlock(&self, passphrase: Option<&Passphrase>) -> Result<UnlockedLink, Verdict> {
        let passphrase = match (self.needs_passphrase, passphrase) {
            (true, None) => return Err(Verdict::PassphraseMissing),
            (false, Some(_)) => return Err(Verdict::PassphraseNotNeeded),
            (_, passphrase) => passphrase,
        };
        let mut secret = LinkSlotSecret::fill(|both| both[..32].copy_from_slice(self.secret.expose()));
        if let Some(passphrase) = passphrase {
            let mut salt = [0; 16];
            kdf::derive(self.secret.expose(), &[b"salt"], &mut salt);
            let key = derive_passphrase_key(passphrase, &salt, Profile::Phone)?;
            secret = LinkSlotSecret::fill(|both| {
                both[..32].copy_from_slice(self.secret.expose());
                both[32..].copy_from_slice(key.expose());
            });
        }
        Ok(UnlockedLink { secret })
    }
}

/// A link with its passphrase, where it needs one: opens the container and proves both to the server.
pub struct UnlockedLink {
    secret: LinkSlotSecret,
}

impl UnlockedLink {
    /// `X(link secret || passphrase key, "claim")`
    pub fn claim_token(&self) -> ClaimToken {
        ClaimToken::fill(|token| kdf::derive(self.secret.expose(), &[b"claim"], token))
    }

    pub(crate) const fn slot_secret(&self) -> &LinkSlotSecret {
        &self.secret
    }
}

/// First 2 bytes of `SHA-256("satchel/v1/checksum" || body)`.
pub(crate) fn checksum(body: &[u8]) -> [u8; 2] {
    let hash = checksum_hash(body);
    [hash[0], hash[1]]
}

/// `SHA-256("satchel/v1/checksum" || body)`
pub(crate) fn checksum_hash(body: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(b"satchel/v1/checksum")
        .chain_update(body)
        .finalize()
        .into()
}

/// What stands before a right checksum.
pub(crate) fn checked(bytes: &[u8]) -> Result<&[u8], Verdict> {
    match bytes.split_last_chunk::<2>() {
        Some((body, sum)) if checksum(body) == *sum => Ok(body),
        _ => Err(Verdict::MalformedLink),
    }
}
