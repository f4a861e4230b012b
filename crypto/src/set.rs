//! Sets: several containers in one file, each for somebody else. docs/format.md section 10.

use alloc::vec::Vec;
use sha2::{Digest, Sha256};

use crate::container::{SET_MAGIC, VERSION};
use crate::{Container, Header, Slot, Verdict, limit};

/// `container id || SHA-256(header)`: what the set's id says of a member.
///
/// With the header, because a slot that somebody broke would look like one for somebody else: whoever opens several members
/// would miss one and not know.
#[derive(Clone, Copy)]
pub struct MemberDigest([u8; 48]);

impl MemberDigest {
    pub(crate) fn new(container_id: &[u8; 16], header: &[u8]) -> Self {
        let mut digest = [0; 48];
        digest[..16].copy_from_slice(container_id);
        digest[16..].copy_from_slice(&Sha256::digest(header));
        Self(digest)
    }

    pub(crate) fn of(container_id: &[u8; 16], header: &Header) -> Self {
        Self::new(container_id, &header.encode())
    }
}

/// `SHA-256("satchel/v1/set" || I2BE(count, 2) || member digest || member digest || ...)[..16]`
///
/// It stands in each member, so none can be left out, added, moved or closed to somebody unnoticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetId(pub(crate) [u8; 16]);

impl SetId {
    /// What stands in a container that is no member of a set.
    pub(crate) const ALONE: Self = Self([0; 16]);

    /// The id of the set of these containers, in this order.
    ///
    /// # Errors
    /// `MalformedSet` when there are none or more than [`limit::SET_MEMBERS_MAX`].
    pub fn of(members: &[MemberDigest]) -> Result<Self, Verdict> {
        let count = check_count(members.len())?;
        let mut hash = Sha256::new()
            .chain_update(b"satchel/v1/set")
            .chain_update(count.to_be_bytes());
        for member in members {
            hash.update(member.0);
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

    /// The members of a set that is in memory, each as it stands there, and its header.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), [`MembersParser::push`] and [`MembersParser::finish`]; `Truncated` and `MalformedSet` for lengths.
    pub fn members(set: &[u8]) -> Result<Vec<(&[u8], Container)>, Verdict> {
        let head = Self::parse(set)?;
        let (mut members, mut rest) = (Vec::new(), &set[limit::SET_HEAD_LEN..]);
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
        let mut parser = MembersParser::new(head);
        let mut parse = |member| {
            Ok((
                member,
                parser.push(member, u64::try_from(member.len()).unwrap_or(u64::MAX))?,
            ))
        };
        let members = members.into_iter().map(&mut parse).collect::<Result<_, Verdict>>()?;
        parser.finish()?;
        Ok(members)
    }
}

/// Parses the members of a set one by one, and keeps count of the work that trying them all will be.
pub struct MembersParser {
    head: SetHead,
    digests: Vec<MemberDigest>,
    slots: usize,
    passphrase_slots: usize,
}

impl MembersParser {
    /// No member was parsed yet.
    pub const fn new(head: SetHead) -> Self {
        Self {
            head,
            digests: Vec::new(),
            slots: 0,
            passphrase_slots: 0,
        }
    }

    /// The next member, as [`Container::parse_member`] takes it.
    ///
    /// # Errors
    /// Those of [`Container::parse_member`]; `MalformedSet` when its keys are being changed, or when this and the ones before it have more
    /// slots than it is bearable to try.
    pub fn push(&mut self, prefix: &[u8], container_len: u64) -> Result<Container, Verdict> {
        let member = Container::parse_member(prefix, container_len, &self.head.id)?;
        let is_passphrase = |slot: &&Slot| matches!(slot, Slot::Passphrase { .. });
        self.slots += member.slots().count();
        self.passphrase_slots += member.slots().filter(is_passphrase).count();
        let bearable = self.slots <= limit::SET_SLOTS_MAX && self.passphrase_slots <= limit::PASSPHRASE_SLOTS_MAX;
        let digest = member.digest().filter(|_| bearable);
        self.digests.push(digest.ok_or(Verdict::MalformedSet)?);
        Ok(member)
    }

    /// Whether these are the containers that the set was made of, in its order, and each as it was made.
    ///
    /// # Errors
    /// `MalformedSet`.
    pub fn finish(self) -> Result<(), Verdict> {
        if SetId::of(&self.digests)? == self.head.id {
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
