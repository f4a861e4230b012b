//! Recovery shares: any k of n open a container. docs/format.md section 4.5.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use base64ct::{Base64UrlUnpadded, Encoding};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;
use vsss_rs::Gf256;
use zeroize::Zeroizing;

use crate::file_key::FileKey;
use crate::rekey::RekeyError;
use crate::secret::secret;
use crate::slot::{self, COMMITMENT_LEN};
use crate::{Container, Header, Slot, Verdict, kdf, limit};

/// Kind and version: a share of version 1.
const KIND: u8 = 0x19;
const BODY_LEN: usize = limit::SHARE_LEN - 4;

secret! {
    /// What the shares of a slot come to: the slot secret.
    struct SharedSecret([u8; 32]);
}
secret! {
    /// One point of the 32 polynomials.
    struct ShareValue([u8; 32]);
}

/// One of n shares of a container's share slot. By itself it opens nothing and tells nothing.
pub struct Share {
    container_id: [u8; 16],
    number: u8,
    threshold: u8,
    value: ShareValue,
}

impl Share {
    /// `0x19 || container id (16) || number (1) || threshold (1) || value (32) || checksum (4)`
    ///
    /// # Errors
    /// `MalformedShare`.
    pub fn from_bytes(bytes: &[u8; limit::SHARE_LEN]) -> Result<Self, Verdict> {
        let (body, sum) = bytes.split_at(BODY_LEN);
        let [KIND, rest @ ..] = body else {
            return Err(Verdict::MalformedShare);
        };
        let (number, threshold) = (rest[16], rest[17]);
        if checksum(body) != *sum || !is_possible(number, threshold) {
            return Err(Verdict::MalformedShare);
        }
        let mut container_id = [0; 16];
        container_id.copy_from_slice(&rest[..16]);
        Ok(Self {
            container_id,
            number,
            threshold,
            value: ShareValue::fill(|value| value.copy_from_slice(&rest[18..])),
        })
    }

    /// The mirror of [`from_bytes`](Self::from_bytes). Whoever has k of them has the container's key.
    pub fn to_bytes(&self) -> Zeroizing<[u8; limit::SHARE_LEN]> {
        let mut bytes = Zeroizing::new([0; limit::SHARE_LEN]);
        bytes[0] = KIND;
        bytes[1..17].copy_from_slice(&self.container_id);
        bytes[17..19].copy_from_slice(&[self.number, self.threshold]);
        bytes[19..BODY_LEN].copy_from_slice(self.value.expose());
        let sum = checksum(&bytes[..BODY_LEN]);
        bytes[BODY_LEN..].copy_from_slice(&sum);
        bytes
    }

    /// Parses a share's code: 74 characters of base64url.
    ///
    /// # Errors
    /// `MalformedShare`.
    pub fn parse(code: &str) -> Result<Self, Verdict> {
        let mut bytes = Zeroizing::new([0; limit::SHARE_LEN]);
        let decoded = Base64UrlUnpadded::decode(code, bytes.as_mut_slice()).map_err(|_| Verdict::MalformedShare)?;
        if decoded.len() != limit::SHARE_LEN {
            return Err(Verdict::MalformedShare);
        }
        Self::from_bytes(&bytes)
    }

    /// The mirror of [`parse`](Self::parse).
    pub fn encode(&self) -> Zeroizing<String> {
        Zeroizing::new(Base64UrlUnpadded::encode_string(self.to_bytes().as_slice()))
    }

    /// The id of the container that it belongs to.
    pub const fn container_id(&self) -> [u8; 16] {
        self.container_id
    }

    /// Which of the shares it is, from 1.
    pub const fn number(&self) -> u8 {
        self.number
    }

    /// How many it takes to open the container.
    pub const fn threshold(&self) -> u8 {
        self.threshold
    }

    /// Whether the container has a slot that this was made for.
    pub fn belongs_to(&self, container: &Container) -> bool {
        container
            .slots()
            .any(|slot| opens(slot, &container.id(), core::slice::from_ref(self)))
    }

    /// `X(value, "share" || container id || number || threshold, 16)`
    fn commitment(&self) -> [u8; COMMITMENT_LEN] {
        let mut commitment = [0; COMMITMENT_LEN];
        let about = [self.number, self.threshold];
        kdf::derive(
            self.value.expose(),
            &[b"share", &self.container_id, &about],
            &mut commitment,
        );
        commitment
    }
}

/// A share slot that wraps `file_key`, and the shares that open it.
pub(crate) fn split(
    threshold: u8,
    count: u8,
    container_id: &[u8; 16],
    file_key: &FileKey,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<(Slot, Vec<Share>), RekeyError> {
    let impossible = RekeyError::ShareCount { threshold, count };
    if !is_possible(count, threshold) || threshold > count {
        return Err(impossible);
    }
    let secret = SharedSecret::random(rng);
    let points = Gf256::split_bytes(usize::from(threshold), usize::from(count), secret.expose(), &mut *rng)
        .map_err(|_| impossible)?;
    let mut shares = Vec::new();
    for point in points.into_iter().map(Zeroizing::new) {
        let (number, value) = point.split_first().ok_or(impossible)?;
        shares.push(Share {
            container_id: *container_id,
            number: *number,
            threshold,
            value: ShareValue::fill(|place| place.copy_from_slice(value)),
        });
    }
    // Random ones stand for the shares that are not there: how many there are does not show.
    let mut commitments = Box::new([[0; COMMITMENT_LEN]; limit::SHARES_MAX]);
    rng.fill_bytes(commitments.as_flattened_mut());
    for (commitment, share) in commitments.iter_mut().zip(&shares) {
        *commitment = share.commitment();
    }
    commitments.sort_unstable();
    let wrapped_key = slot::wrap(secret.expose(), container_id, Slot::SHARE, file_key);
    let slot = Slot::Share {
        commitments,
        wrapped_key,
    };
    Ok((slot, shares))
}

/// The mirror of [`split`]. Each share is checked by itself first, so that the wrong one can be named.
pub(crate) fn find_file_key(header: &Header, container_id: &[u8; 16], shares: &[Share]) -> Result<FileKey, Verdict> {
    let slots = header.slots().iter();
    let slots: Vec<_> = slots.filter(|slot| slot.kind() == Slot::SHARE).collect();
    if slots.is_empty() {
        return Err(Verdict::NoMatchingSlot);
    }
    let mut used: Vec<&Share> = Vec::new();
    let mut opens = None;
    for share in shares {
        if share.container_id != *container_id {
            return Err(Verdict::ShareOfAnotherContainer(share.number));
        }
        let commitment = share.commitment();
        let found = slots.iter().position(|slot| commits(slot, &commitment));
        let found = found.ok_or(Verdict::WrongShare(share.number))?;
        let (slot, threshold) = *opens.get_or_insert((found, share.threshold));
        if slot != found || threshold != share.threshold {
            return Err(Verdict::MixedShares);
        }
        if used.iter().all(|other| other.number != share.number) {
            used.push(share);
        }
    }
    let Some((slot, threshold)) = opens else {
        return Err(Verdict::TooFewShares { given: 0, needed: 0 });
    };
    let given = u8::try_from(used.len()).unwrap_or(u8::MAX);
    if given < threshold {
        return Err(Verdict::TooFewShares {
            given,
            needed: threshold,
        });
    }
    let secret = combine(&used[..usize::from(threshold)]).ok_or(Verdict::WrongKey)?;
    let file_key = slots[slot].unwrap(secret.expose(), container_id);
    file_key.ok_or(Verdict::WrongKey)
}

/// Whether `shares`, which opened a container, are those of this slot.
pub(crate) fn opens(slot: &Slot, container_id: &[u8; 16], shares: &[Share]) -> bool {
    let of_slot = |share: &Share| share.container_id == *container_id && commits(slot, &share.commitment());
    shares.iter().any(of_slot)
}

fn commits(slot: &Slot, commitment: &[u8; COMMITMENT_LEN]) -> bool {
    match slot {
        Slot::Share { commitments, .. } => commitments.iter().any(|one| bool::from(one.ct_eq(commitment))),
        _ => false,
    }
}

fn combine(shares: &[&Share]) -> Option<SharedSecret> {
    let point = |share: &&Share| {
        let mut point = Vec::with_capacity(33);
        point.push(share.number);
        point.extend_from_slice(share.value.expose());
        point
    };
    let points = Zeroizing::new(shares.iter().map(point).collect::<Vec<Vec<u8>>>());
    let secret = Zeroizing::new(Gf256::combine_bytes(&*points).ok()?);
    (secret.len() == 32).then(|| SharedSecret::fill(|place| place.copy_from_slice(&secret)))
}

fn is_possible(number: u8, threshold: u8) -> bool {
    (1..=limit::SHARES_MAX).contains(&usize::from(number)) && (2..=limit::SHARES_MAX).contains(&usize::from(threshold))
}

/// First 4 bytes of `SHA-256("satchel/v1/checksum" || body)`.
fn checksum(body: &[u8]) -> [u8; 4] {
    let hash = Sha256::new()
        .chain_update(b"satchel/v1/checksum")
        .chain_update(body)
        .finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

#[cfg(test)]
#[path = "share_tests.rs"]
mod tests;
