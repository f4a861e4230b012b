//! Recipients and their identities: MLKEM768-X25519 through HPKE, in age's notation. docs/format.md section 4.4.

use aes_gcm::aead::inout::InOutBuf;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use bech32::primitives::checksum::Checksum;
use bech32::primitives::decode::CheckedHrpstring;
use bech32::primitives::iter::{ByteIterExt as _, Fe32IterExt as _};
use bech32::{Bech32, Hrp};
use hpke::aead::{AeadTag, AesGcm256};
use hpke::kdf::HkdfSha256;
use hpke::kem::XWing;
use hpke::{Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _};
use rand_core::{CryptoRng, Rng};
use zeroize::Zeroizing;

use crate::file_key::FileKey;
use crate::secret::secret;
use crate::slot::{ENCAPSULATED_LEN, WRAPPED_LEN, place_of};
use crate::{Slot, Verdict, limit};

type PublicKey = <XWing as Kem>::PublicKey;
type PrivateKey = <XWing as Kem>::PrivateKey;

const RECIPIENT_HRP: Hrp = Hrp::parse_unchecked("age1pq");
const IDENTITY_HRP: Hrp = Hrp::parse_unchecked("AGE-SECRET-KEY-PQ-");
const PUBLIC_KEY_LEN: usize = 1216;
const RECIPIENT_CHARS: usize = 6 + 1 + (PUBLIC_KEY_LEN * 8).div_ceil(5) + 6;
const IDENTITY_CHARS: usize = 18 + 1 + 52 + 6;

/// Bech32 without its limit on length, as age has it.
enum LongBech32 {}

impl Checksum for LongBech32 {
    type MidstateRepr = <Bech32 as Checksum>::MidstateRepr;
    type CorrectionField = <Bech32 as Checksum>::CorrectionField;
    const ROOT_GENERATOR: Self::CorrectionField = Bech32::ROOT_GENERATOR;
    const ROOT_EXPONENTS: core::ops::RangeInclusive<usize> = Bech32::ROOT_EXPONENTS;
    const CODE_LENGTH: usize = RECIPIENT_CHARS;
    const CHECKSUM_LENGTH: usize = Bech32::CHECKSUM_LENGTH;
    const GENERATOR_SH: [u32; 5] = Bech32::GENERATOR_SH;
    const TARGET_RESIDUE: u32 = Bech32::TARGET_RESIDUE;
}

/// Whether X25519 comes to zeros with the last 32 bytes, whatever the scalar: one of them tells, as clamping makes every scalar a multiple
/// of 8. X-Wing's own draft lets that pass, and all would rest on ML-KEM; Go's, BoringSSL's and noble's refuse it.
///
/// Source: RFC 7748 section 6.1; RFC 9180 section 7.1.4.
fn is_low_order(key: &[u8]) -> bool {
    let point = key.last_chunk::<32>();
    point.is_none_or(|point| x25519_dalek::x25519([1; 32], *point) == [0; 32])
}

/// Whom a container is for: the public half of an [`Identity`].
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient(PublicKey);

impl Recipient {
    /// Parses `age1pq1...`, 1,959 characters.
    ///
    /// # Errors
    /// `MalformedRecipient`.
    ///
    /// Source: c2sp.org/age, the MLKEM768-X25519 recipient type.
    pub fn parse(text: &str) -> Result<Self, Verdict> {
        let mut key = Box::new([0; PUBLIC_KEY_LEN]);
        decode(text, RECIPIENT_HRP, RECIPIENT_CHARS, key.as_mut_slice()).ok_or(Verdict::MalformedRecipient)?;
        if is_low_order(&key[..]) {
            return Err(Verdict::MalformedRecipient);
        }
        PublicKey::from_bytes(key.as_slice())
            .map(Self)
            .map_err(|_| Verdict::MalformedRecipient)
    }

    /// `age1pq1...`
    pub fn encode(&self) -> String {
        encode(&self.0.to_bytes(), RECIPIENT_HRP, RECIPIENT_CHARS)
    }

    /// `HPKE.SealBase(recipient, info = "satchel/v1/slot" || place, aad = place, file key)`, place = `container id || I2BE(3, 2)`.
    ///
    /// Source: RFC 9180 section 6.1 with the KEM of draft-ietf-hpke-pq.
    fn wrap(&self, container_id: &[u8; 16], file_key: &FileKey, rng: &mut (impl CryptoRng + ?Sized)) -> Slot {
        let place = place_of(container_id, Slot::RECIPIENT);
        let mut wrapped_key = [0; WRAPPED_LEN];
        let (text, tag) = wrapped_key.split_at_mut(32);
        text.copy_from_slice(file_key.expose());
        let (encapsulated, made) = hpke::single_shot_seal_inout_detached_with_rng::<AesGcm256, HkdfSha256, XWing>(
            &OpModeS::Base,
            &self.0,
            &info(&place),
            InOutBuf::from(text),
            &place,
            &mut &mut *rng,
        )
        .expect("a parsed public key takes an encapsulation, and 32 bytes are below the limits");
        tag.copy_from_slice(&made.to_bytes());
        let mut bytes = Box::new([0; ENCAPSULATED_LEN]);
        bytes.copy_from_slice(&encapsulated.to_bytes());
        Slot::Recipient {
            encapsulated: bytes,
            wrapped_key,
        }
    }
}

secret! {
    /// The seed of an MLKEM768-X25519 key pair.
    struct Seed([u8; 32]);
}

/// What opens a recipient's slots. Whoever has it can read all that was ever sealed to its recipient.
pub struct Identity {
    seed: Seed,
    key: PrivateKey,
}

impl Identity {
    /// A fresh one.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self::of_seed(Seed::random(rng))
    }

    /// Parses `AGE-SECRET-KEY-PQ-1...`, 77 characters.
    ///
    /// # Errors
    /// `MalformedIdentity`.
    ///
    /// Source: c2sp.org/age, the MLKEM768-X25519 recipient type.
    pub fn parse(text: &str) -> Result<Self, Verdict> {
        let mut decoded = None;
        let seed = Seed::fill(|seed| decoded = decode(text, IDENTITY_HRP, IDENTITY_CHARS, seed));
        decoded.ok_or(Verdict::MalformedIdentity)?;
        Ok(Self::of_seed(seed))
    }

    fn of_seed(seed: Seed) -> Self {
        let key = PrivateKey::from_bytes(seed.expose()).expect("every 32 bytes are a seed");
        Self { seed, key }
    }

    /// `AGE-SECRET-KEY-PQ-1...`
    pub fn encode(&self) -> Zeroizing<String> {
        Zeroizing::new(encode(self.seed.expose(), IDENTITY_HRP, IDENTITY_CHARS))
    }

    /// Its public half.
    pub fn recipient(&self) -> Recipient {
        Recipient(XWing::sk_to_pk(&self.key))
    }

    /// The mirror of [`Recipient::wrap`].
    pub(crate) fn unwrap(&self, slot: &Slot, container_id: &[u8; 16]) -> Option<FileKey> {
        let Slot::Recipient {
            encapsulated,
            wrapped_key,
        } = slot
        else {
            return None;
        };
        if is_low_order(&encapsulated[..]) {
            return None;
        }
        let place = place_of(container_id, Slot::RECIPIENT);
        let encapsulated = <XWing as Kem>::EncappedKey::from_bytes(encapsulated.as_slice()).ok()?;
        let (text, tag) = wrapped_key.split_last_chunk::<16>()?;
        let tag = AeadTag::from_bytes(tag).ok()?;
        let mut opened = false;
        let file_key = FileKey::fill(|key| {
            key.copy_from_slice(text);
            opened = hpke::single_shot_open_inout_detached::<AesGcm256, HkdfSha256, XWing>(
                &OpModeR::Base,
                &self.key,
                &encapsulated,
                &info(&place),
                InOutBuf::from(key.as_mut_slice()),
                &place,
                &tag,
            )
            .is_ok();
        });
        opened.then_some(file_key)
    }
}

/// One slot for each recipient beside those that are `there`, and dummies up to the next power of two, in an order that says nothing.
pub(crate) fn slots(
    recipients: &[Recipient],
    there: Vec<Slot>,
    container_id: &[u8; 16],
    file_key: &FileKey,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Vec<Slot> {
    let mut slots = there;
    for recipient in recipients {
        slots.push(recipient.wrap(container_id, file_key, rng));
    }
    // Past the limit there is nothing to hide: the header is refused.
    while !slots.len().is_power_of_two() && slots.len() < limit::SLOTS_MAX {
        // The key that would open it is thrown away, and so is what it would open.
        let (nobody, nothing) = (Identity::generate(rng), FileKey::random(rng));
        slots.push(nobody.recipient().wrap(container_id, &nothing, rng));
    }
    shuffle(&mut slots, rng);
    slots
}

/// Fisher and Yates, each place by rejection: no order is likelier than another.
pub(crate) fn shuffle<T>(items: &mut [T], rng: &mut (impl Rng + ?Sized)) {
    for last in (1..items.len()).rev() {
        let choices = last as u64 + 1;
        let most = u64::MAX - u64::MAX % choices;
        let mut drawn = rng.next_u64();
        while drawn >= most {
            drawn = rng.next_u64();
        }
        items.swap(last, usize::try_from(drawn % choices).unwrap_or(last));
    }
}

/// `"satchel/v1/slot" || place`
fn info(place: &[u8; 18]) -> [u8; 33] {
    let mut info = [0; 33];
    info[..15].copy_from_slice(b"satchel/v1/slot");
    info[15..].copy_from_slice(place);
    info
}

fn decode(text: &str, hrp: Hrp, chars: usize, out: &mut [u8]) -> Option<()> {
    // Bech32 may be written in either case; age writes each kind in one.
    if text.len() != chars || text.get(..hrp.len())? != hrp.as_str() {
        return None;
    }
    let checked = CheckedHrpstring::new::<LongBech32>(text).ok()?;
    if checked.hrp() != hrp || checked.byte_iter().len() != out.len() {
        return None;
    }
    for (place, byte) in out.iter_mut().zip(checked.byte_iter()) {
        *place = byte;
    }
    // The bits that fill the last character up are not looked at by everybody: what is not written like this was not written by age.
    let same = Zeroizing::new(encode(out, hrp, chars)).as_str() == text;
    same.then_some(())
}

fn encode(bytes: &[u8], hrp: Hrp, chars: usize) -> String {
    // One allocation, so that no copy of an identity stays behind when it grows.
    let mut text = String::with_capacity(chars);
    let upper = hrp.as_str().starts_with('A');
    for c in bytes
        .iter()
        .copied()
        .bytes_to_fes()
        .with_checksum::<LongBech32>(&hrp)
        .chars()
    {
        text.push(if upper { c.to_ascii_uppercase() } else { c });
    }
    text
}

#[cfg(test)]
#[path = "recipient_tests.rs"]
mod tests;
