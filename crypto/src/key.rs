//! What opens a container, and the search for the slot that it opens. docs/format.md section 4.1.

#[cfg(feature = "recipients")]
use crate::Identity;
#[cfg(feature = "shares")]
use crate::Share;
use crate::file_key::FileKey;
use crate::passphrase::derive_passphrase_key;
use crate::{Header, Passphrase, Profile, Slot, UnlockedLink, Verdict};

/// What opens a container.
pub enum Key<'a> {
    /// Opens passphrase slots.
    Passphrase(&'a Passphrase),
    /// Opens link slots.
    Link(&'a UnlockedLink),
    /// Any of them opens recipient slots.
    #[cfg(feature = "recipients")]
    Identities(&'a [Identity]),
    /// Together they open the share slot that they were made for.
    #[cfg(feature = "shares")]
    Shares(&'a [Share]),
}

/// How much work the caller takes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// The costliest profile of a passphrase slot.
    pub largest: Profile,
}

impl Allowed {
    /// Every profile.
    pub const ALL: Self = Self {
        largest: Profile::Strong,
    };
}

/// Each slot of the key's type in order, until one unwraps the file key.
pub(crate) fn find_file_key(
    header: &Header,
    container_id: &[u8; 16],
    key: &Key<'_>,
    allowed: Allowed,
) -> Result<FileKey, Verdict> {
    #[cfg(feature = "shares")]
    if let Key::Shares(shares) = key {
        return crate::share::find_file_key(header, container_id, shares);
    }
    let mut matching = false;
    for slot in header.slots() {
        let found = match (key, slot) {
            (Key::Link(link), Slot::Link { .. }) => slot.unwrap(link.slot_secret().expose(), container_id),
            (Key::Passphrase(passphrase), Slot::Passphrase { profile, salt, .. }) => {
                if *profile > allowed.largest {
                    let (required, allowed) = (profile.memory_kib(), allowed.largest.memory_kib());
                    return Err(Verdict::ExcessiveWork { required, allowed });
                }
                let secret = derive_passphrase_key(passphrase, salt, *profile)?;
                slot.unwrap(secret.expose(), container_id)
            }
            #[cfg(feature = "recipients")]
            (Key::Identities(identities), Slot::Recipient { .. }) => identities
                .iter()
                .find_map(|identity| identity.unwrap(slot, container_id)),
            _ => continue,
        };
        matching = true;
        if let Some(file_key) = found {
            return Ok(file_key);
        }
    }
    Err(if matching {
        Verdict::WrongKey
    } else {
        Verdict::NoMatchingSlot
    })
}
