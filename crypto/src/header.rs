//! The header: slots in deterministic CBOR, docs/format.md section 4.

use alloc::vec::Vec;
use minicbor::encode::Write;
use minicbor::{Decoder, Encoder};

use crate::manifest::Expected;
use crate::{Slot, Verdict, limit};

/// `[ 1*64 slot ]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    slots: Vec<Slot>,
}

impl Header {
    /// Checks number and mix.
    pub(crate) fn new(slots: Vec<Slot>) -> Result<Self, Verdict> {
        if slots.is_empty() || slots.len() > limit::SLOTS_MAX {
            return Err(Verdict::BadSlotCount);
        }
        let count = |kind| slots.iter().filter(|slot| slot.kind() == kind).count();
        let mut profiles = slots.iter().filter_map(|slot| match slot {
            Slot::Passphrase { profile, .. } => Some(profile),
            _ => None,
        });
        let one_profile = profiles
            .next()
            .is_none_or(|first| profiles.all(|profile| profile == first));
        let (passphrases, recipients) = (count(Slot::PASSPHRASE), count(Slot::RECIPIENT));
        let kinds = [passphrases, count(Slot::LINK), recipients];
        if passphrases > limit::PASSPHRASE_SLOTS_MAX
            || !one_profile
            || count(Slot::SHARE) > limit::SHARE_SLOTS_MAX
            || kinds.iter().filter(|count| **count > 0).count() > 1
            || recipients > 0 && !recipients.is_power_of_two()
        {
            return Err(Verdict::BadSlotMix);
        }
        Ok(Self { slots })
    }

    /// The slots, in order.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Deterministic CBOR.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut Encoder::new(&mut bytes))
            .expect("writing into memory does not fail");
        bytes
    }

    /// The mirror of [`encode`](Self::encode): what it takes encodes to the same bytes.
    ///
    /// # Errors
    /// `HeaderTooLarge`, `MalformedHeader`, `BadSlotCount`, `MalformedSlot`, `UnknownProfile`, `BadSlotMix`.
    pub fn parse(bytes: &[u8]) -> Result<Self, Verdict> {
        check_len(u32::try_from(bytes.len()).unwrap_or(u32::MAX))?;
        let malformed = |_| Verdict::MalformedHeader;
        let mut d = Decoder::new(bytes);
        let count = d.array().map_err(malformed)?.ok_or(Verdict::MalformedHeader)?;
        if !(1..=limit::SLOTS_MAX as u64).contains(&count) {
            return Err(Verdict::BadSlotCount);
        }
        // First the whole shape, then each slot's fields: a header cut short is malformed whatever its slots are.
        let mut raw = Vec::new();
        for _ in 0..count {
            if d.array().map_err(malformed)? != Some(2) {
                return Err(Verdict::MalformedHeader);
            }
            raw.push((d.u16().map_err(malformed)?, d.bytes().map_err(malformed)?));
        }
        let mut rest = Expected(bytes);
        write_slots(&raw, &mut Encoder::new(&mut rest)).map_err(|_| Verdict::MalformedHeader)?;
        if !rest.0.is_empty() {
            return Err(Verdict::MalformedHeader);
        }
        if raw.iter().any(|(_, fields)| fields.len() > limit::FIELDS_LEN_MAX) {
            return Err(Verdict::MalformedSlot);
        }
        Self::new(
            raw.into_iter()
                .map(|(kind, fields)| Slot::parse(kind, fields))
                .collect::<Result<_, _>>()?,
        )
    }

    fn write<W: Write>(&self, e: &mut Encoder<W>) -> Result<(), minicbor::encode::Error<W::Error>> {
        let fields: Vec<_> = self.slots.iter().map(|slot| (slot.kind(), slot.fields())).collect();
        let raw: Vec<_> = fields.iter().map(|(kind, fields)| (*kind, fields.as_slice())).collect();
        write_slots(&raw, e)
    }
}

/// `HeaderTooLarge` where a header's length is outside the limits.
pub(crate) const fn check_len(len: u32) -> Result<(), Verdict> {
    if len == 0 || len as usize > limit::HEADER_LEN_MAX {
        Err(Verdict::HeaderTooLarge(len))
    } else {
        Ok(())
    }
}

fn write_slots<W: Write>(raw: &[(u16, &[u8])], e: &mut Encoder<W>) -> Result<(), minicbor::encode::Error<W::Error>> {
    e.array(raw.len() as u64)?;
    for (kind, fields) in raw {
        e.array(2)?.u16(*kind)?.bytes(fields)?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
