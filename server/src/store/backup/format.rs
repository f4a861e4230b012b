//! A run: what one backup wrote. A stream is one run; a folder holds one for each backup, of which the newest says what is live.
//!
//! docs/architecture.md has this for people.
//!
//! ```text
//! run     = head || records || state || foot
//! head    = "SATBAKUP" || format (4) || number (4) || run id (16, random)
//! record  = bytes || check (32)
//! check   = SHA-256("satchel/backup" || run id || kind (1: 0 contents, 1 item, 2 stone) || item number (8) || bytes)
//! stone   = id (32) || probe (32) || receipt (32)
//! foot    = place of the state (8) || its length (8) || SHA-256(head || both || state) || SHA-256(all before)
//! ```
//!
//! Records are found by their place alone, which the state says. Numbers within the state are LEB128, those that grow are differences.

use sha2::{Digest as _, Sha256};

use crate::store::item::Invite;

pub(super) const MAGIC: &[u8; 8] = b"SATBAKUP";
pub(super) const FORMAT: u32 = 1;
pub(super) const HEAD_LEN: usize = 32;
pub(super) const FOOT_LEN: usize = 80;
pub(super) const CHECK_LEN: usize = 32;
pub(super) const STONE_LEN: usize = 96;

/// What a record is.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Contents = 0,
    Item = 1,
    Stone = 2,
}

/// A run's own name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RunId(pub(super) [u8; 16]);

/// The beginning of a record's check.
pub(super) fn check(run: &RunId, kind: Kind, item: u64) -> Sha256 {
    Sha256::new()
        .chain_update(b"satchel/backup")
        .chain_update(run.0)
        .chain_update([kind as u8])
        .chain_update(item.to_be_bytes())
}

pub(super) fn head(number: u32, id: &RunId) -> [u8; HEAD_LEN] {
    let mut head = [0; HEAD_LEN];
    head[..8].copy_from_slice(MAGIC);
    head[8..12].copy_from_slice(&FORMAT.to_be_bytes());
    head[12..16].copy_from_slice(&number.to_be_bytes());
    head[16..].copy_from_slice(&id.0);
    head
}

/// Something that is kept, and where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) item: u64,
    /// Of its id: a number that is given a second time is not the same item.
    pub(super) mark: u32,
    pub(super) run: u32,
    /// Place and length of its item, check included.
    pub(super) entry: (u64, u64),
    /// Place and length of its contents, check included.
    pub(super) contents: (u64, u64),
    /// What may change while it is kept.
    pub(super) now: Changing,
}

/// What changes of an item that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Changing {
    pub(super) due: u64,
    pub(super) reads_used: u32,
    pub(super) tries: u32,
    pub(super) wait_until: u64,
}

/// Something of which only a stone goes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gone {
    pub(super) item: u64,
    pub(super) mark: u32,
    pub(super) run: u32,
    pub(super) place: u64,
    /// When its tombstone goes.
    pub(super) until: u64,
}

/// What is live, at one moment of the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// Which store: SHA-256 of its id.
    pub(super) store: [u8; 32],
    /// The hour in which it was made.
    pub(super) made: u64,
    /// The run before it in the folder; 0 for none.
    pub(super) previous: u32,
    /// Earlier runs that hold something live.
    pub(super) runs: Vec<(u32, [u8; 16])>,
    /// By item number.
    pub(super) kept: Vec<Kept>,
    /// By item number.
    pub(super) gone: Vec<Gone>,
    pub(super) invites: Vec<Invite>,
    pub(super) blocked: Vec<[u8; 32]>,
}

/// These bytes are no state.
#[derive(Debug)]
pub(super) struct NotAState;

impl State {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256 + self.kept.len() * 40 + self.gone.len() * 16);
        out.extend(self.store);
        number(&mut out, self.made);
        number(&mut out, self.previous.into());
        number(&mut out, len(&self.runs));
        for (run, id) in &self.runs {
            number(&mut out, (*run).into());
            out.extend(id);
        }
        number(&mut out, len(&self.kept));
        let mut before = 0;
        for kept in &self.kept {
            number(&mut out, kept.item - before);
            before = kept.item;
            out.extend(kept.mark.to_be_bytes());
            let Changing {
                due,
                reads_used,
                tries,
                wait_until,
            } = kept.now;
            let places = [
                kept.run.into(),
                kept.entry.0,
                kept.entry.1,
                kept.contents.0,
                kept.contents.1,
            ];
            for n in places
                .into_iter()
                .chain([due, reads_used.into(), tries.into(), wait_until])
            {
                number(&mut out, n);
            }
        }
        number(&mut out, len(&self.gone));
        before = 0;
        for gone in &self.gone {
            number(&mut out, gone.item - before);
            before = gone.item;
            out.extend(gone.mark.to_be_bytes());
            for n in [gone.run.into(), gone.place, gone.until] {
                number(&mut out, n);
            }
        }
        number(&mut out, len(&self.invites));
        for invite in &self.invites {
            out.extend(invite.token);
            let (bytes, left) = invite.bytes.unwrap_or_default();
            let all = [
                invite.number,
                invite.uses.0,
                invite.uses.1,
                invite.bytes.is_some().into(),
                bytes,
                left,
                invite.expires_at,
            ];
            all.into_iter().for_each(|n| number(&mut out, n));
        }
        number(&mut out, len(&self.blocked));
        self.blocked.iter().for_each(|id| out.extend(id));
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, NotAState> {
        let mut from = From(bytes);
        let mut state = Self {
            store: from.take()?,
            made: from.number()?,
            previous: from.small()?,
            ..Self::default()
        };
        for _ in 0..from.count(17)? {
            state.runs.push((from.small()?, from.take()?));
        }
        let mut before = 0;
        for _ in 0..from.count(14)? {
            before = from.next_item(before)?;
            state.kept.push(Kept {
                item: before,
                mark: u32::from_be_bytes(from.take()?),
                run: from.small()?,
                entry: (from.number()?, from.number()?),
                contents: (from.number()?, from.number()?),
                now: Changing {
                    due: from.number()?,
                    reads_used: from.small()?,
                    tries: from.small()?,
                    wait_until: from.number()?,
                },
            });
        }
        before = 0;
        for _ in 0..from.count(8)? {
            before = from.next_item(before)?;
            state.gone.push(Gone {
                item: before,
                mark: u32::from_be_bytes(from.take()?),
                run: from.small()?,
                place: from.number()?,
                until: from.number()?,
            });
        }
        for _ in 0..from.count(39)? {
            let (token, number, uses) = (from.take()?, from.number()?, (from.number()?, from.number()?));
            let bounded = from.number()? == 1;
            let bytes = (from.number()?, from.number()?);
            state.invites.push(Invite {
                number,
                token,
                uses,
                bytes: bounded.then_some(bytes),
                expires_at: from.number()?,
            });
        }
        for _ in 0..from.count(32)? {
            state.blocked.push(from.take()?);
        }
        if from.0.is_empty() { Ok(state) } else { Err(NotAState) }
    }
}

fn len<T>(list: &[T]) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX)
}

fn number(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n.to_le_bytes()[0] | 0x80);
        n >>= 7;
    }
    out.push(n.to_le_bytes()[0]);
}

/// Bytes that are taken from the front.
struct From<'a>(&'a [u8]);

impl From<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], NotAState> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(NotAState)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn number(&mut self) -> Result<u64, NotAState> {
        let mut n = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.take()?;
            let bits = u64::from(byte & 0x7f);
            n |= bits
                .checked_shl(shift)
                .filter(|shifted| shifted >> shift == bits)
                .ok_or(NotAState)?;
            if byte < 0x80 {
                return Ok(n);
            }
        }
        Err(NotAState)
    }

    fn small(&mut self) -> Result<u32, NotAState> {
        self.number()?.try_into().map_err(|_| NotAState)
    }

    /// How many there are, of at least so many bytes each: no more than could be there.
    fn count(&mut self, each: u64) -> Result<u64, NotAState> {
        let count = self.number()?;
        if count.saturating_mul(each) > len(self.0) {
            return Err(NotAState);
        }
        Ok(count)
    }

    fn next_item(&mut self, before: u64) -> Result<u64, NotAState> {
        match self.number()? {
            0 => Err(NotAState),
            more => before.checked_add(more).ok_or(NotAState),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        let now = Changing {
            due: 1_800_003_600,
            reads_used: 3,
            tries: 200,
            wait_until: u64::MAX,
        };
        let kept = |item| Kept {
            item,
            mark: 7,
            run: 2,
            entry: (400, 350),
            contents: (32, 368),
            now,
        };
        let gone = Gone {
            item: 1 << 40,
            mark: 9,
            run: 1,
            place: 77,
            until: 5,
        };
        let invite = Invite {
            number: 3,
            token: [4; 32],
            uses: (5, 4),
            bytes: Some((1 << 33, 0)),
            expires_at: 9,
        };
        State {
            store: [1; 32],
            made: 3600,
            previous: 1,
            runs: vec![(1, [8; 16])],
            kept: vec![kept(1), kept(500)],
            gone: vec![gone],
            invites: vec![invite, Invite { bytes: None, ..invite }],
            blocked: vec![[6; 32]],
        }
    }

    #[test]
    fn a_state_comes_back_as_it_was_and_cut_or_longer_it_is_none() {
        let bytes = state().encode();
        assert_eq!(State::decode(&bytes).unwrap(), state());
        for end in 0..bytes.len() {
            assert!(State::decode(&bytes[..end]).is_err(), "cut at {end}");
        }
        assert!(State::decode(&[bytes, vec![0]].concat()).is_err());
    }

    #[test]
    fn a_count_that_cannot_be_takes_no_memory() {
        let mut bytes = vec![0; 34];
        number(&mut bytes, u64::MAX);
        assert!(State::decode(&bytes).is_err());
    }
}
