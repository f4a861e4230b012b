//! Sets: several containers in one file, each for somebody else. docs/format.md section 10.

use alloc::vec::Vec;
use sha2::{Digest, Sha256};

use crate::container::{SET_MAGIC, VERSION};
use crate::{Container, Verdict, limit};

/// `SHA-256("satchel/v1/set" || I2BE(count, 2) || container id || container id || ...)[..16]`
///
/// It stands in each member, so none can be left out, added or moved unnoticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetId(pub(crate) [u8; 16]);

impl SetId {
    /// What stands in a container that is no member of a set.
    pub(crate) const ALONE: Self = Self([0; 16]);

    /// The id of the set of these containers, in this order.
    ///
    /// # Errors
    /// `MalformedSet` when there are none or more than [`limit::SET_MEMBERS_MAX`].
    pub fn of(container_ids: &[[u8; 16]]) -> Result<Self, Verdict> {
        let count = check_count(container_ids.len())?;
        let mut hash = Sha256::new()
            .chain_update(b"satchel/v1/set")
            .chain_update(count.to_be_bytes());
        for id in container_ids {
            hash.update(id);
        }
        let mut id = [0; 16];
        id.copy_from_slice(&hash.finalize()[..16]);
        Ok(Self(id))
    }
}

/// What stands before the first member: `set magic (8) || version (1) || set id (16) || count (2)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetHead {
    /// What each member has to carry.
    pub id: SetId,
    /// How many members follow, each as `length (8) || container`.
    pub count: u16,
}

impl SetHead {
    /// Whether a file starts like a set.
    pub fn is_set(file: &[u8]) -> bool {
        file.starts_with(&SET_MAGIC)
    }

    /// Reads the first [`limit::SET_HEAD_LEN`] bytes, or what there is of them.
    ///
    /// # Errors
    /// `NotAContainer`, `UnsupportedVersion`, `Truncated`, `MalformedSet`.
    pub fn parse(bytes: &[u8]) -> Result<Self, Verdict> {
        if !Self::is_set(bytes) {
            return Err(Verdict::NotAContainer);
        }
        match bytes.get(8) {
            Some(&VERSION) => {}
            Some(version) => return Err(Verdict::UnsupportedVersion(*version)),
            None => return Err(Verdict::Truncated),
        }
        let head = bytes
            .first_chunk::<{ limit::SET_HEAD_LEN }>()
            .ok_or(Verdict::Truncated)?;
        let mut id = [0; 16];
        id.copy_from_slice(&head[9..25]);
        let count = u16::from_be_bytes([head[25], head[26]]);
        check_count(usize::from(count))?;
        Ok(Self { id: SetId(id), count })
    }

    /// The mirror of [`parse`](Self::parse).
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = SET_MAGIC.to_vec();
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.id.0);
        bytes.extend_from_slice(&self.count.to_be_bytes());
        bytes
    }

    /// The id of a member, from its first 25 bytes; it is not looked at otherwise.
    ///
    /// # Errors
    /// `Truncated`.
    pub fn member_id(member: &[u8]) -> Result<[u8; 16], Verdict> {
        let id = member.get(9..25).ok_or(Verdict::Truncated)?;
        id.try_into().map_err(|_| Verdict::Truncated)
    }

    /// The head and the members of a set that is in memory, each as it stands there.
    ///
    /// # Errors
    /// As [`parse`](Self::parse) and [`check`](Self::check); `Truncated` and `MalformedSet` for lengths.
    pub fn members(set: &[u8]) -> Result<(Self, Vec<&[u8]>), Verdict> {
        let head = Self::parse(set)?;
        let (mut members, mut ids, mut rest) = (Vec::new(), Vec::new(), &set[limit::SET_HEAD_LEN..]);
        for _ in 0..head.count {
            let (len, after) = rest.split_first_chunk::<8>().ok_or(Verdict::Truncated)?;
            let len = usize::try_from(u64::from_be_bytes(*len)).map_err(|_| Verdict::Truncated)?;
            let (member, after) = after.split_at_checked(len).ok_or(Verdict::Truncated)?;
            members.push(member);
            rest = after;
        }
        if !rest.is_empty() {
            return Err(Verdict::MalformedSet);
        }
        for member in &members {
            ids.push(Self::member_id(member)?);
        }
        head.check(&ids)?;
        Ok((head, members))
    }

    /// Whether the members' headers have no more slots in all than it is bearable to try.
    ///
    /// # Errors
    /// `MalformedSet`.
    pub fn check_slots<'a>(members: impl IntoIterator<Item = &'a Container>) -> Result<(), Verdict> {
        let slots: usize = members.into_iter().map(|member| member.slots().count()).sum();
        if slots > limit::SET_SLOTS_MAX {
            Err(Verdict::MalformedSet)
        } else {
            Ok(())
        }
    }

    /// Whether these are the containers that the set was made of, in its order.
    ///
    /// # Errors
    /// `MalformedSet`.
    pub fn check(&self, container_ids: &[[u8; 16]]) -> Result<(), Verdict> {
        if SetId::of(container_ids)? == self.id {
            Ok(())
        } else {
            Err(Verdict::MalformedSet)
        }
    }
}

fn check_count(count: usize) -> Result<u16, Verdict> {
    u16::try_from(count)
        .ok()
        .filter(|_| (1..=limit::SET_MEMBERS_MAX).contains(&count))
        .ok_or(Verdict::MalformedSet)
}
