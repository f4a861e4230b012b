//! A paste for one caller at a time.

use std::collections::BTreeMap;

use super::{Act, Saw, Sequential};

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Lease {
    Running,
    Confirmed,
    Ended,
}

/// A paste as design.md section 6 has it, for one caller at a time.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Paste {
    reads_left: u32,
    expired: bool,
    pub(super) burned: bool,
    leases: BTreeMap<u16, Lease>,
}

impl Paste {
    pub(super) const fn new(reads: u32) -> Self {
        Self {
            reads_left: reads,
            expired: false,
            burned: false,
            leases: BTreeMap::new(),
        }
    }

    fn running(&self) -> bool {
        self.leases.values().any(|lease| *lease == Lease::Running)
    }

    /// With the last lease goes what nobody can claim any more.
    fn settle(&mut self) {
        self.burned |= !self.running() && (self.reads_left == 0 || self.expired);
    }

    fn act(&mut self, act: Act) -> Saw {
        match act {
            Act::Claim(lease) => match self.leases.get(&lease) {
                Some(Lease::Running) => Saw::Content,
                Some(_) => Saw::LeaseEnded,
                None if self.burned || self.expired || self.reads_left == 0 => Saw::Burned,
                None => {
                    self.reads_left -= 1;
                    self.leases.insert(lease, Lease::Running);
                    Saw::Content
                }
            },
            Act::Read(lease) => match self.leases.get(&lease) {
                Some(Lease::Running) => Saw::Content,
                Some(_) => Saw::LeaseEnded,
                None => Saw::NotFound,
            },
            Act::Confirm(lease) => match self.leases.get(&lease) {
                Some(Lease::Running) => {
                    self.leases.insert(lease, Lease::Confirmed);
                    self.settle();
                    Saw::Done
                }
                Some(Lease::Confirmed) => Saw::Done,
                Some(Lease::Ended) => Saw::LeaseEnded,
                None => Saw::NotFound,
            },
            Act::Burn => {
                self.burned = true;
                for lease in self.leases.values_mut().filter(|lease| **lease == Lease::Running) {
                    *lease = Lease::Ended;
                }
                Saw::Done
            }
            Act::Probe if self.burned => Saw::Burned,
            // Whoever holds the last lease is still reading.
            Act::Probe if self.reads_left == 0 => Saw::ReadsLeft(0),
            Act::Probe if self.expired => Saw::Burned,
            Act::Probe => Saw::ReadsLeft(self.reads_left),
            Act::Expire => {
                self.expired = true;
                self.settle();
                Saw::Done
            }
        }
    }
}

impl Sequential for Paste {
    type Act = Act;

    fn outcomes(&self, act: Act, saw: Saw) -> Vec<Self> {
        let mut after = self.clone();
        let answer = after.act(act);
        if saw != Saw::Nothing {
            return if answer == saw { vec![after] } else { Vec::new() };
        }
        let mut outcomes = vec![after];
        if act == Act::Burn {
            outcomes.extend(self.half_burned());
        }
        outcomes
    }
}

impl Paste {
    /// A burn overwrites the key first. Cut off after that, it is finished at the start; where nobody could claim any more, that looks like the last
    /// lease's end, and its holder is told so.
    pub(super) fn half_burned(&self) -> Option<Self> {
        if !self.running() || (self.reads_left > 0 && !self.expired) {
            return None;
        }
        let mut confirmed = self.clone();
        for lease in confirmed.leases.values_mut().filter(|lease| **lease == Lease::Running) {
            *lease = Lease::Confirmed;
        }
        confirmed.settle();
        Some(confirmed)
    }
}
