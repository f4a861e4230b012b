//! What is kept: items, leases, invites and blocked ids, as a database would have them. Knows no clock.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use satchel_api::Tombstone;
use zeroize::Zeroizing;

use crate::lifecycle::{LeasePhase, OnGuessing, Paste, Policy, Stage, tombstone_until};
use crate::storage::place::Place;
use crate::storage::{Id, NewPaste, PanicMark, StoreError, TokenHash, Totals};

use super::pieces::Pieces;

/// Everything. Wiped where it is dropped, and where an item burns.
#[derive(Default)]
pub(super) struct Kept {
    items: BTreeMap<u64, Item>,
    by_id: HashMap<[u8; 32], u64>,
    /// Document and number: which item that link is.
    links: BTreeMap<(u64, u32), u64>,
    pub(super) invites: HashMap<[u8; 32], Invite>,
    pub(super) blocked: HashSet<[u8; 32]>,
    pub(super) totals: Totals,
    next_item: u64,
    next_lease: u64,
    /// The hour in which it was last known to run.
    pub(super) mark: u64,
}

/// One item: what lives, or its tombstone.
pub(super) struct Item {
    pub(super) id: [u8; 32],
    pub(super) probe: TokenHash,
    pub(super) receipt: TokenHash,
    pub(super) secret: Option<Secret>,
    pub(super) keep: bool,
    pub(super) place: Place,
    pub(super) label: Option<Zeroizing<Vec<u8>>>,
    pub(super) paste: Paste,
    pub(super) leases: Vec<Lease>,
    /// When a tombstone goes.
    pub(super) until: u64,
}

/// What goes with a burn.
pub(super) struct Secret {
    claim: Zeroizing<[u8; 32]>,
    pub(super) panic: Option<PanicMark>,
    pub(super) bytes: Pieces,
    /// The owner's, of a document.
    pub(super) head: Option<Zeroizing<Vec<u8>>>,
}

/// One claim of an item.
#[derive(Clone, Copy)]
pub(super) struct Lease {
    pub(super) number: u64,
    pub(super) token: TokenHash,
    pub(super) phase: LeasePhase,
    pub(super) ends_at: u64,
}

/// What is left of an invite.
#[derive(Clone, Copy)]
pub(super) struct Invite {
    pub(super) uses_left: u32,
    pub(super) bytes_left: Option<u64>,
    pub(super) expires_at: u64,
}

impl Secret {
    /// Whether this is the claim token's hash.
    pub(super) fn is_claim(&self, claim: &TokenHash) -> bool {
        bool::from(TokenHash::new(*self.claim).same_as(claim))
    }
}

impl Item {
    /// As it is created, with what of it is there.
    pub(super) fn new(new: &NewPaste, paste: Paste, place: Place, bytes: Pieces, head: Option<Vec<u8>>) -> Self {
        Self {
            id: new.id.hash(),
            probe: new.probe,
            receipt: new.receipt,
            secret: Some(Secret {
                claim: Zeroizing::new(*new.claim.bytes()),
                panic: new.panic,
                bytes,
                head: head.map(Zeroizing::new),
            }),
            keep: new.keep,
            place,
            label: None,
            paste,
            leases: Vec::new(),
            until: 0,
        }
    }

    /// Bytes that are its own: of a link, those of its head.
    pub(super) const fn own_bytes(&self) -> u64 {
        self.place.own_bytes(self.paste.size)
    }

    /// When it is dropped, expires, or is forgotten.
    pub(super) const fn due_at(&self) -> u64 {
        match self.paste.stage {
            Stage::Uploading { drop_at, .. } => drop_at,
            Stage::Stored { expires_at } => expires_at,
            Stage::Burned(_) => self.until,
        }
    }

    pub(super) fn lease(&self, token: &TokenHash) -> Option<Lease> {
        let mine = |lease: &&Lease| bool::from(lease.token.same_as(token));
        self.leases.iter().find(mine).copied()
    }

    /// Makes it a tombstone: no policy, no claim hash, no content.
    pub(super) fn bury(&mut self, tombstone: Tombstone) {
        self.until = tombstone_until(self.due_at());
        self.secret = None;
        self.keep = false;
        if let Place::Link { shared, .. } = &mut self.place {
            *shared = 0;
        }
        self.paste = Paste {
            size: 0,
            policy: Policy {
                reads: 0,
                expires_in: 0,
                on_guessing: OnGuessing::Lock,
            },
            stage: Stage::Burned(tombstone),
            reads_used: 0,
            running: 0,
            tries: 0,
            wait_until: 0,
        };
    }
}

impl Kept {
    /// The item of an id that somebody is to prove; what is blocked is as if it never was.
    pub(super) fn proven(
        &self,
        id: Id,
        token: &TokenHash,
        of: impl Fn(&Item) -> &TokenHash,
    ) -> Result<(u64, &Item), StoreError> {
        token
            .proves(self.by_id(id), |(_, item)| of(item))
            .ok_or(StoreError::NotFound)
    }

    /// What an id names, as long as it is not blocked.
    pub(super) fn by_id(&self, id: Id) -> Option<(u64, &Item)> {
        let hash = id.hash();
        let item = *self.by_id.get(&hash)?;
        let found = self.items.get(&item).map(|found| (item, found));
        found.filter(|_| !self.blocked.contains(&hash))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(super) fn item(&self, item: u64) -> Option<&Item> {
        self.items.get(&item)
    }

    pub(super) fn item_mut(&mut self, item: u64) -> Option<&mut Item> {
        self.items.get_mut(&item)
    }

    /// All, by their numbers.
    pub(super) fn items(&self) -> impl Iterator<Item = (u64, &Item)> {
        self.items.iter().map(|(item, found)| (*item, found))
    }

    pub(super) fn items_mut(&mut self) -> impl Iterator<Item = (u64, &mut Item)> {
        self.items.iter_mut().map(|(item, found)| (*item, found))
    }

    /// A document's link by its number.
    pub(super) fn link(&self, document: u64, number: u32) -> Option<u64> {
        self.links.get(&(document, number)).copied()
    }

    /// All links of a document that are remembered, in order.
    pub(super) fn links(&self, document: u64) -> Vec<u64> {
        let of = self.links.range((document, 0)..=(document, u32::MAX));
        of.map(|(_, item)| *item).collect()
    }

    /// Takes in a new item.
    pub(super) fn insert(&mut self, item: Item) -> u64 {
        self.next_item += 1;
        let number = self.next_item;
        self.by_id.insert(item.id, number);
        if let Place::Link {
            document, number: link, ..
        } = item.place
        {
            self.links.insert((document, link), number);
        }
        self.totals.items += 1;
        self.totals.bytes += item.own_bytes();
        self.items.insert(number, item);
        number
    }

    /// Forgets a tombstone, or takes an item back that a refusal undoes.
    pub(super) fn forget(&mut self, item: u64) {
        let Some(gone) = self.items.remove(&item) else { return };
        self.by_id.remove(&gone.id);
        if let Place::Link { document, number, .. } = gone.place {
            self.links.remove(&(document, number));
        }
    }

    pub(super) fn next_lease(&mut self) -> u64 {
        self.next_lease += 1;
        self.next_lease
    }

    /// Whether an invite would pay for so many creations, of so many bytes in all.
    pub(super) fn look_at_invite(
        &self,
        token: &TokenHash,
        (uses, size): (u64, u64),
        now: u64,
    ) -> Result<(), StoreError> {
        let found = self.invites.get(token.bytes());
        let holds = |invite: &&Invite| u64::from(invite.uses_left) >= uses && invite.expires_at > now;
        match found.filter(holds).map(|invite| invite.bytes_left) {
            None => Err(StoreError::InviteRequired { left: None }),
            Some(Some(left)) if left < size => Err(StoreError::InviteRequired { left: Some(left) }),
            Some(_) => Ok(()),
        }
    }

    /// Takes one use, and `size` of the quota.
    pub(super) fn spend(&mut self, token: &TokenHash, size: u64, now: u64) -> Result<(), StoreError> {
        self.look_at_invite(token, (1, size), now)?;
        if let Some(invite) = self.invites.get_mut(token.bytes()) {
            invite.uses_left -= 1;
            invite.bytes_left = invite.bytes_left.map(|left| left - size);
        }
        Ok(())
    }

    /// Numbers of leases that run, with their items.
    pub(super) fn running(&self) -> BTreeSet<(u64, u64)> {
        let of = |(item, found): (u64, &Item)| {
            let running = found.leases.iter().filter(|lease| lease.phase == LeasePhase::Running);
            running.map(|lease| (lease.number, item)).collect::<Vec<_>>()
        };
        self.items().flat_map(of).collect()
    }
}
