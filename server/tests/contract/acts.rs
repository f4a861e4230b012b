//! What may be asked of a backend, at random.

use proptest::prelude::*;

/// Pastes, and documents, of a history. Links are pastes with the same numbers.
pub(crate) const PASTES: u8 = 8;

/// A creation's policy and bytes.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    pub(crate) size: usize,
    /// Bytes that come along.
    pub(crate) first: usize,
    pub(crate) reads: u32,
    pub(crate) expires_in: u64,
    pub(crate) burns: bool,
    pub(crate) keep: bool,
    pub(crate) panic: Option<u8>,
    /// The rest hangs, a little of it written.
    pub(crate) hangs: bool,
}

/// One request, or something that an operator does. Pastes and documents come first.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Create(u8, Body),
    CreateDocument(u8, Body),
    /// Document, first link, how many, reads.
    AddLinks(u8, u8, u8, u32),
    /// Paste, how far from where it stands, bytes, whether it hangs instead of being committed.
    Upload(u8, i64, usize, bool),
    CommitHanging,
    Probe(u8),
    Receipt(u8),
    Offset(u8),
    /// Paste, whether the claim token is right, lease.
    Claim(u8, bool, u8),
    /// Paste, lease, range, pieces that are taken.
    Read(u8, u8, (u64, Option<u64>), usize),
    Confirm(u8, u8),
    Burn(u8),
    ResetWait(u8),
    Change(u8, Option<u64>, Option<u32>),
    Document(u8),
    BurnDocument(u8),
    BurnLink(u8, u32),
    ChangeLink(u8, u32, Option<u64>, Option<u32>),
    Panic(u8),
    Sweep,
    Purge(bool, bool, Option<u64>),
    AcceptClock,
    SetLimits(u64, u64),
    /// Whether creations bring an invite from now on; its uses and bytes.
    Invite(bool, u32, Option<u64>),
    Knows(u8),
    Restart,
}

fn body() -> impl Strategy<Value = Body> {
    let size = prop_oneof![
        6 => 1..3000usize,
        1 => Just(65_536usize),
        1 => 262_100..262_200usize,
        1 => 300_000..700_000usize,
    ];
    let part = prop_oneof![6 => Just(1000u16), 1 => Just(0u16), 2 => 0..1000u16];
    let reads = prop_oneof![4 => 1..3u32, 1 => Just(0u32)];
    let expires_in = prop_oneof![3 => Just(7 * 86_400u64), 2 => 300..20_000u64];
    let panic = prop::option::weighted(0.3, 0..2u8);
    let rare = || prop::bool::weighted(0.2);
    (size, part, reads, expires_in, rare(), rare(), panic, rare()).prop_map(
        |(size, part, reads, expires_in, burns, keep, panic, hangs)| Body {
            size,
            first: size * usize::from(part) / 1000,
            reads,
            expires_in,
            burns,
            keep,
            panic,
            hangs,
        },
    )
}

fn range() -> impl Strategy<Value = (u64, Option<u64>)> {
    let at = || prop_oneof![4 => 0..2000u64, 1 => 0..400_000u64, 1 => Just(u64::MAX)];
    prop_oneof![3 => Just((0, None)), 2 => (at(), prop::option::of(at()))]
}

fn act() -> impl Strategy<Value = Act> {
    let paste = || 0..PASTES;
    let few = || 0..3u8;
    let expiry = || prop::option::of(prop_oneof![300..90_000u64, Just(20 * 86_400u64)]);
    let left = || prop::option::weighted(0.6, 0..4u32);
    let readers = prop_oneof![
        8 => (paste(), prop::bool::weighted(0.7), few()).prop_map(|(n, right, lease)| Act::Claim(n, right, lease)),
        4 => (paste(), few(), range(), 1..9usize).prop_map(|(n, lease, range, pieces)| Act::Read(n, lease, range, pieces)),
        3 => (paste(), few()).prop_map(|(n, lease)| Act::Confirm(n, lease)),
        2 => paste().prop_map(Act::Probe),
    ];
    let off = prop_oneof![8 => Just(0i64), 1 => -5..5i64];
    let len = prop_oneof![4 => 0..3000usize, 1 => 0..700_000usize];
    let creators = prop_oneof![
        12 => (paste(), body()).prop_map(|(n, body)| Act::Create(n, body)),
        4 => (paste(), off, len, prop::bool::weighted(0.2)).prop_map(|(n, off, len, hangs)| Act::Upload(n, off, len, hangs)),
        2 => Just(Act::CommitHanging),
        2 => paste().prop_map(Act::Receipt),
        1 => paste().prop_map(Act::Offset),
        1 => paste().prop_map(Act::Burn),
        1 => paste().prop_map(Act::ResetWait),
        2 => (paste(), expiry(), left()).prop_map(|(n, expires_in, left)| Act::Change(n, expires_in, left)),
        1 => paste().prop_map(Act::Knows),
    ];
    let owners = prop_oneof![
        4 => (few(), body()).prop_map(|(n, body)| Act::CreateDocument(n, body)),
        5 => (few(), paste(), 1..3u8, 0..3u32).prop_map(|(n, first, count, reads)| Act::AddLinks(n, first, count, reads)),
        2 => few().prop_map(Act::Document),
        1 => few().prop_map(Act::BurnDocument),
        2 => (few(), 0..4u32).prop_map(|(n, number)| Act::BurnLink(n, number)),
        2 => (few(), 0..4u32, expiry(), left()).prop_map(|(n, number, expires_in, left)| Act::ChangeLink(n, number, expires_in, left)),
    ];
    let older = prop::option::weighted(0.5, 0..90_000u64);
    let operators = prop_oneof![
        8 => Just(Act::Sweep),
        1 => (0..2u8).prop_map(Act::Panic),
        1 => (prop::bool::weighted(0.1), any::<bool>(), older).prop_map(|(all, tombstones, older)| Act::Purge(all, tombstones, older)),
        1 => Just(Act::AcceptClock),
        1 => prop_oneof![Just((1_500_000, 14)), Just((5000, 3))].prop_map(|(bytes, items)| Act::SetLimits(bytes, items)),
        1 => (any::<bool>(), 1..5u32, prop::option::of(0..9000u64)).prop_map(|(on, uses, bytes)| Act::Invite(on, uses, bytes)),
        1 => Just(Act::Restart),
    ];
    prop_oneof![8 => readers, 7 => creators, 5 => owners, 4 => operators]
}

/// A history: how long after the one before, how far the wall clock jumps first, and what.
pub(crate) fn acts() -> impl Strategy<Value = Vec<(u64, i64, Act)>> {
    let pause = prop_oneof![12 => 0..3u64, 3 => 0..2000u64, 1 => 0..90_000u64, 1 => 0..900_000u64];
    let jump = prop_oneof![40 => Just(0i64), 1 => -100_000..100_000i64];
    prop::collection::vec((pause, jump, act()), 1..100)
}
