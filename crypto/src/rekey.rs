//! Changing how a container opens without touching its payload, docs/format.md section 4.7.

use alloc::vec;
use alloc::vec::Vec;
use rand_core::CryptoRng;

use crate::file_key::FileKey;
use crate::limit::PRELUDE_LEN;
use crate::passphrase::derive_passphrase_key;
use crate::place::{CHANGING, Frame, Place, SETTLED, room_for, room_to_grow};
use crate::{Header, Key, Passphrase, Profile, Slot, Verdict, limit, slot};

/// Why slots cannot be changed like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RekeyError {
    /// No slot would be left of a type that anything opens.
    #[error("nothing would open it any more")]
    NothingOpens,
    /// More slots than a container, or a type, may have.
    #[error("{count} slots where {most} are possible")]
    TooManySlots {
        /// How many there would be.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// Of passphrase, link and recipient slots only one type may be there.
    #[error("slots of different types do not go together")]
    MixedTypes,
    /// Another rule that every reader checks.
    #[error(transparent)]
    Slots(#[from] Verdict),
    /// The number of shares, or how many it takes, is outside the limits.
    #[error("{threshold} of {count} shares are not possible")]
    ShareCount {
        /// How many it takes.
        threshold: u8,
        /// How many there are.
        count: u8,
    },
}

/// The verified slots of a container, to be changed.
pub struct Rekeying {
    frame: Frame,
    place: usize,
    slots: Vec<Slot>,
    file_key: FileKey,
}

/// What [`Rekeying::finish`] comes to.
pub enum Rekeyed {
    /// They are to be written in this order, each safe on the disk before the next is begun. Cut off at any byte, one header is whole.
    InPlace([Rewrite; 4]),
    /// The header has outgrown its room. This replaces the first `replaces` bytes of the container, which is to be copied.
    Moved {
        /// What stands before the payload now.
        prefix: Vec<u8>,
        /// The length of what stood there before.
        replaces: u64,
    },
}

/// Bytes, and where in the container they go.
pub struct Rewrite {
    /// From the container's start.
    pub offset: u64,
    /// The state, or a whole place.
    pub bytes: Vec<u8>,
}

impl Rekeying {
    pub(crate) const fn new(frame: Frame, place: usize, slots: Vec<Slot>, file_key: FileKey) -> Self {
        Self {
            frame,
            place,
            slots,
            file_key,
        }
    }

    /// The slots as they are now.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The profile of the passphrase slots, where there are any.
    pub fn profile(&self) -> Option<Profile> {
        self.slots.iter().find_map(|slot| match slot {
            Slot::Passphrase { profile, .. } => Some(*profile),
            _ => None,
        })
    }

    /// Removes every slot that `key` opens, not only the one that opened the container, and says how many those were: what was added twice is
    /// taken away whole. One run of Argon2id for each passphrase slot.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn remove_opened_by(&mut self, key: &Key<'_>) -> Result<usize, Verdict> {
        let id = self.frame.id();
        match key {
            Key::Passphrase(passphrase) => self.remove_passphrase(passphrase),
            #[cfg(feature = "recipients")]
            Key::Identities(identities) => {
                let opens = |slot: &Slot| identities.iter().any(|identity| identity.unwrap(slot, &id).is_some());
                Ok(self.remove(opens))
            }
            Key::Link(link) => {
                let secret = link.slot_secret();
                let is_link = |slot: &Slot| slot.kind() == Slot::LINK;
                Ok(self.remove(|slot| is_link(slot) && slot.unwrap(secret.expose(), &id).is_some()))
            }
            #[cfg(feature = "shares")]
            Key::Shares(shares) => Ok(self.remove(|slot| crate::share::opens(slot, &id, shares))),
        }
    }

    /// Removes every slot of a type, such as [`Slot::SHARE`], and says how many those were.
    pub fn remove_kind(&mut self, kind: u16) -> usize {
        self.remove(|slot| slot.kind() == kind)
    }

    /// Removes the passphrase slots that `passphrase` opens, and says how many those were. One run of Argon2id for each slot.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn remove_passphrase(&mut self, passphrase: &Passphrase) -> Result<usize, Verdict> {
        let mut opens = self.opened_by_passphrase(passphrase)?.into_iter();
        Ok(self.remove(|_| opens.next() == Some(true)))
    }

    /// Whether `passphrase` opens one of the slots as they are now. One run of Argon2id for each passphrase slot.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn has_passphrase(&self, passphrase: &Passphrase) -> Result<bool, Verdict> {
        Ok(self.opened_by_passphrase(passphrase)?.contains(&true))
    }

    fn opened_by_passphrase(&self, passphrase: &Passphrase) -> Result<Vec<bool>, Verdict> {
        let opens = |slot: &Slot| match slot {
            Slot::Passphrase { profile, salt, .. } => {
                let secret = derive_passphrase_key(passphrase, salt, *profile)?;
                Ok(slot.unwrap(secret.expose(), &self.frame.id()).is_some())
            }
            _ => Ok(false),
        };
        self.slots.iter().map(opens).collect()
    }

    fn remove(&mut self, mut which: impl FnMut(&Slot) -> bool) -> usize {
        let before = self.slots.len();
        self.slots.retain(|slot| !which(slot));
        before - self.slots.len()
    }

    /// Adds a passphrase. One run of Argon2id.
    ///
    /// # Errors
    /// `OutOfMemory`. What does not go together is found by [`finish`](Self::finish).
    pub fn add_passphrase(
        &mut self,
        passphrase: &Passphrase,
        profile: Profile,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(), Verdict> {
        let slot = passphrase_slot(passphrase, profile, &self.frame.id(), &self.file_key, rng)?;
        self.slots.push(slot);
        Ok(())
    }

    /// Adds recipients, and dummies up to the next power of two. Those that are there stay: which of them are dummies does not show here either.
    #[cfg(feature = "recipients")]
    pub fn add_recipients(&mut self, recipients: &[crate::Recipient], rng: &mut (impl CryptoRng + ?Sized)) {
        let is_recipient = |slot: &Slot| slot.kind() == Slot::RECIPIENT;
        let (there, mut others): (Vec<_>, Vec<_>) = self.slots.drain(..).partition(is_recipient);
        others.extend(crate::recipient::slots(
            recipients,
            there,
            &self.frame.id(),
            &self.file_key,
            rng,
        ));
        self.slots = others;
    }

    /// Adds a share slot: any `threshold` of the `count` shares open it.
    ///
    /// # Errors
    /// `ShareCount` unless 2 ≤ `threshold` ≤ `count` ≤ 32.
    #[cfg(feature = "shares")]
    pub fn add_shares(
        &mut self,
        threshold: u8,
        count: u8,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Vec<crate::Share>, RekeyError> {
        let (slot, shares) = crate::share::split(threshold, count, &self.frame.id(), &self.file_key, rng)?;
        self.slots.push(slot);
        Ok(shares)
    }

    /// Whether [`finish`](Self::finish) would take the slots as they are now.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub fn check(&self) -> Result<(), RekeyError> {
        check(&self.slots)
    }

    /// The new header: in place where there is room for it. Once that is written, it can be changed and finished again.
    ///
    /// Of recipient slots there is a power of two: where some were removed, dummies take the places that are left.
    ///
    /// # Errors
    /// `NothingOpens`, `TooManySlots`, `MixedTypes`; `Slots` where passphrase slots are of two profiles.
    pub fn finish(&mut self, rng: &mut (impl CryptoRng + ?Sized)) -> Result<Rekeyed, RekeyError> {
        check(&self.slots)?;
        self.fill_up(rng);
        let header = Header::new(self.slots.clone())?;
        let replaces = (PRELUDE_LEN + 2 * self.frame.room) as u64;
        if room_for(&header) > self.frame.room {
            self.frame.room = room_to_grow(&header);
            self.place = 0;
            let mut prefix = self.frame.encode();
            prefix.extend_from_slice(&Place::encode(&header, &self.frame, &self.file_key));
            prefix.resize(PRELUDE_LEN + 2 * self.frame.room, 0);
            return Ok(Rekeyed::Moved { prefix, replaces });
        }
        let offset = |place: usize| (PRELUDE_LEN + place * self.frame.room) as u64;
        let new = Rewrite {
            offset: offset(1 - self.place),
            bytes: Place::encode(&header, &self.frame, &self.file_key),
        };
        let old = Rewrite {
            offset: offset(self.place),
            bytes: vec![0; self.frame.room],
        };
        let state = |state| Rewrite {
            offset: (PRELUDE_LEN - 1) as u64,
            bytes: vec![state],
        };
        self.place = 1 - self.place;
        Ok(Rekeyed::InPlace([state(CHANGING), new, old, state(SETTLED)]))
    }

    #[cfg(feature = "recipients")]
    fn fill_up(&mut self, rng: &mut (impl CryptoRng + ?Sized)) {
        let recipients = self.slots.iter().filter(|slot| slot.kind() == Slot::RECIPIENT).count();
        if recipients > 0 && !recipients.is_power_of_two() {
            self.add_recipients(&[], rng);
        }
    }

    #[cfg(not(feature = "recipients"))]
    fn fill_up(&mut self, _rng: &mut (impl CryptoRng + ?Sized)) {}
}

/// What [`Header::new`] would refuse, with what can be done about it.
fn check(slots: &[Slot]) -> Result<(), RekeyError> {
    let count = |kind| slots.iter().filter(|slot| slot.kind() == kind).count();
    let (passphrases, shares) = (count(Slot::PASSPHRASE), count(Slot::SHARE));
    let kinds = [passphrases, count(Slot::LINK), count(Slot::RECIPIENT)];
    if kinds.iter().sum::<usize>() + shares == 0 {
        return Err(RekeyError::NothingOpens);
    }
    if kinds.iter().filter(|count| **count > 0).count() > 1 {
        return Err(RekeyError::MixedTypes);
    }
    let most = [
        (passphrases, limit::PASSPHRASE_SLOTS_MAX),
        (shares, limit::SHARE_SLOTS_MAX),
        (slots.len(), limit::SLOTS_MAX),
    ];
    match most.into_iter().find(|(count, most)| count > most) {
        Some((count, most)) => Err(RekeyError::TooManySlots { count, most }),
        None => Ok(()),
    }
}

/// A passphrase slot that wraps `file_key`, under a fresh salt.
pub(crate) fn passphrase_slot(
    passphrase: &Passphrase,
    profile: Profile,
    container_id: &[u8; 16],
    file_key: &FileKey,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Slot, Verdict> {
    let mut salt = [0; 16];
    rng.fill_bytes(&mut salt);
    let secret = derive_passphrase_key(passphrase, &salt, profile)?;
    Ok(Slot::Passphrase {
        profile,
        salt,
        wrapped_key: slot::wrap(secret.expose(), container_id, Slot::PASSPHRASE, file_key),
    })
}
