//! What an Argon2id run may cost, docs/format.md section 4.2.

use crate::Verdict;

/// A fixed cost of Argon2id, never free parameters: no file can ask for a terabyte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Profile {
    /// 64 MiB, 3 passes: browsers and links.
    Phone = 1,
    /// 256 MiB, 3 passes: the command line.
    Desk = 2,
    /// 1 GiB, 3 passes: the command line, when asked.
    Strong = 3,
}

impl Profile {
    /// The number in a slot.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The profile of a slot's number.
    ///
    /// # Errors
    /// `UnknownProfile`.
    pub const fn from_number(number: u64) -> Result<Self, Verdict> {
        match number {
            1 => Ok(Self::Phone),
            2 => Ok(Self::Desk),
            3 => Ok(Self::Strong),
            _ => Err(Verdict::UnknownProfile),
        }
    }

    /// The memory that it takes, in KiB.
    pub const fn memory_kib(self) -> u32 {
        match self {
            Self::Phone => 65_536,
            Self::Desk => 262_144,
            Self::Strong => 1_048_576,
        }
    }
}
