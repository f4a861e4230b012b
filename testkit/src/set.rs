//! Sets of docs/format.md section 10: several containers in one file, each part open to be set wrong.

use crate::container::{Draft, SET_MAGIC};
use crate::keys::sha256;

/// First 16 bytes of SHA-256("satchel/v1/set" || I2BE(count, 2) || container id || SHA-256(header) || container id || ...)
#[must_use]
pub fn set_id(members: &[Draft]) -> [u8; 16] {
    let count = u16::try_from(members.len()).expect("a set has few members");
    let digest = |member: &Draft| [&member.container_id[..], &sha256(&member.header())].concat();
    let digests = members.iter().flat_map(digest).collect::<Vec<_>>();
    let hash = sha256(&[b"satchel/v1/set", &count.to_be_bytes()[..], &digests].concat());
    *hash.first_chunk().expect("a hash is longer")
}

/// The parts of one set; `None` is what the specification says.
pub struct Set {
    /// 8 bytes.
    pub magic: [u8; 8],
    /// 1 byte.
    pub version: u8,
    /// 16 bytes.
    pub id: [u8; 16],
    /// Instead of the number of members.
    pub count: Option<u16>,
    /// Each member's length, and its bytes.
    pub members: Vec<(u64, Vec<u8>)>,
}

impl Set {
    /// The set of these containers, in this order: its id stands in each of them.
    #[must_use]
    pub fn of(drafts: Vec<Draft>) -> Self {
        Self::with_id(set_id(&drafts), drafts)
    }

    /// The set of these containers under any id, which stands in those of them that have none yet.
    #[must_use]
    pub fn with_id(id: [u8; 16], drafts: Vec<Draft>) -> Self {
        let member = |mut draft: Draft| {
            if draft.set_id == [0; 16] {
                draft.set_id = id;
            }
            Self::member(draft.finish())
        };
        Self {
            magic: SET_MAGIC,
            version: 1,
            id,
            count: None,
            members: drafts.into_iter().map(member).collect(),
        }
    }

    /// length || container
    #[must_use]
    pub fn member(container: Vec<u8>) -> (u64, Vec<u8>) {
        (
            u64::try_from(container.len()).expect("a length fits 64 bits"),
            container,
        )
    }

    /// magic || version || set id || count || members
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let count = u16::try_from(self.members.len()).expect("a set has few members");
        let count = self.count.unwrap_or(count).to_be_bytes();
        let mut bytes = [&self.magic[..], &[self.version], &self.id, &count].concat();
        for (len, container) in &self.members {
            bytes.extend(len.to_be_bytes());
            bytes.extend(container);
        }
        bytes
    }
}
