//! Proof of work: what a creation, of links too, has to show while there are too many of them, where an address says nothing about who asks.
//!
//! A challenge is kept nowhere: it is `bits (1) || until (4) || mac (16)`, the MAC under a key of this process over the id that it is for. A solution
//! is nonces of 8 bytes, as many as there are things to create, with each of which SHA-256("satchel/v1/work" || challenge || nonce) begins with so
//! many zero bits.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use satchel_api::problem::Work;
use satchel_api::{Code, limit};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::throttle::NewKey;
use super::{Failure, proof};
use crate::config::WorkMode;
use crate::storage::Id;

/// A challenge may be solved within this.
const LIFE: Duration = Duration::from_secs(300);
/// Solutions that are remembered as spent. When there are more within [`LIFE`], all challenges end.
const SPENT_MAX: usize = 1 << 16;
/// What one client may create in a minute is nothing that a server feels: it takes so many times that from those who have no address of their own ...
const CROWD_TIMES: f64 = 10.0;
/// ... and so many times from all together.
const ALL_TIMES: f64 = 100.0;
/// The least that is asked: some milliseconds.
const BITS_MIN: u8 = 14;

/// Creations in the last minute, those longer ago counting less and less. Pure.
#[derive(Clone, Copy)]
struct Load {
    per_minute: f64,
    at: Instant,
}

impl Load {
    const fn none(now: Instant) -> Self {
        Self {
            per_minute: 0.0,
            at: now,
        }
    }

    fn now(&self, now: Instant) -> f64 {
        self.per_minute * (-now.saturating_duration_since(self.at).as_secs_f64() / 60.0).exp()
    }

    fn note(&mut self, count: u32, now: Instant) {
        (self.per_minute, self.at) = (self.now(now) + f64::from(count), now);
    }
}

/// How many zero bits a creation has to show. None until there are too many; then 14, and one more each time that the load doubles, up to 18.
/// `crowd` are the creations of a minute by those without an address of their own, `all` those of everybody, `allowed` what one client may make.
fn bits_asked(mode: WorkMode, crowd: f64, all: f64, allowed: u32) -> u8 {
    let least = match mode {
        WorkMode::Off => return 0,
        WorkMode::Auto => 0,
        WorkMode::Always => BITS_MIN,
    };
    if allowed == 0 {
        return least;
    }
    let allowed = f64::from(allowed);
    let over = (crowd / (CROWD_TIMES * allowed)).max(all / (ALL_TIMES * allowed));
    let more = (BITS_MIN..=limit::WORK_BITS_MAX)
        .rev()
        .find(|bits| over >= f64::from(1_u32 << (bits - BITS_MIN)));
    least.max(more.unwrap_or(0))
}

/// What it remembers, in memory alone.
pub(super) struct Gauge {
    state: Mutex<State>,
    new_key: NewKey,
}

struct State {
    key: Option<[u8; 32]>,
    begun: Instant,
    /// Spent ones by their MAC, and when they would have ended.
    spent: HashMap<[u8; 16], u32>,
    crowd: Load,
    all: Load,
}

/// What a solution came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Redeemed {
    /// It holds, and is spent now.
    Now,
    /// It holds, and was spent before.
    Before,
    /// It does not hold.
    Not,
}

impl Gauge {
    pub(super) fn new(new_key: NewKey, now: Instant) -> Self {
        let state = State {
            key: new_key(),
            begun: now,
            spent: HashMap::new(),
            crowd: Load::none(now),
            all: Load::none(now),
        };
        Self {
            state: Mutex::new(state),
            new_key,
        }
    }

    /// Zero bits that a creation has to show now; `alone` when an address says who asks.
    pub(super) fn bits(&self, mode: WorkMode, allowed: u32, alone: bool, now: Instant) -> u8 {
        let state = self.state();
        let crowd = if alone { 0.0 } else { state.crowd.now(now) };
        bits_asked(mode, crowd, state.all.now(now), allowed)
    }

    /// So many creations were let in.
    pub(super) fn note(&self, alone: bool, count: u32, now: Instant) {
        let mut state = self.state();
        state.all.note(count, now);
        if !alone {
            state.crowd.note(count, now);
        }
    }

    /// The refusal that asks for work.
    pub(super) fn refusal(&self, id: Id, bits: u8, nonces: u32, now: Instant) -> Failure {
        let state = self.state();
        let until = state.secs(now + LIFE);
        let Some(mac) = state.mac(id, bits, until) else {
            return Failure::new(Code::Unavailable).retry_after(5);
        };
        let challenge = [&[bits][..], &until.to_be_bytes(), &mac].concat();
        Failure::work(Work {
            challenge: Base64UrlUnpadded::encode_string(&challenge),
            bits,
            nonces,
        })
    }

    /// Looks at `CHALLENGE.NONCE`, with `count` nonces, as it stands in the header.
    pub(super) fn redeem(&self, id: Id, text: &str, count: u32, now: Instant) -> Redeemed {
        let Some((challenge, nonces)) = parse(text, count) else {
            return Redeemed::Not;
        };
        let mut state = self.state();
        let until = u32::from_be_bytes([challenge[1], challenge[2], challenge[3], challenge[4]]);
        let Some(mac) = state.mac(id, challenge[0], until) else {
            return Redeemed::Not;
        };
        let is_ours = bool::from(mac.ct_eq(&challenge[5..]));
        let solves = |nonce: &[u8; 8]| zero_bits(&challenge, *nonce) >= u32::from(challenge[0]);
        if !is_ours || state.secs(now) >= until || !nonces.iter().all(solves) {
            return Redeemed::Not;
        }
        state.spend(mac, until, now, &self.new_key)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn secs(&self, at: Instant) -> u32 {
        u32::try_from(at.saturating_duration_since(self.begun).as_secs()).unwrap_or(u32::MAX)
    }

    fn mac(&self, id: Id, bits: u8, until: u32) -> Option<[u8; 16]> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.key?).ok()?;
        let whole = mac
            .chain_update(b"satchel/v1/work")
            .chain_update(id.hash())
            .chain_update([bits])
            .chain_update(until.to_be_bytes())
            .finalize()
            .into_bytes();
        whole.first_chunk().copied()
    }

    fn spend(&mut self, mac: [u8; 16], until: u32, now: Instant, new_key: &NewKey) -> Redeemed {
        if self.spent.contains_key(&mac) {
            return Redeemed::Before;
        }
        if self.spent.len() >= SPENT_MAX {
            let secs = self.secs(now);
            self.spent.retain(|_, until| *until > secs);
        }
        if self.spent.len() >= SPENT_MAX {
            // None can be remembered: so none of the old ones holds any more.
            (self.key, self.spent) = (new_key(), HashMap::new());
        }
        self.spent.insert(mac, until);
        Redeemed::Now
    }
}

/// The challenge, and as many nonces as are asked for; in ascending order, so that none counts twice.
fn parse(text: &str, count: u32) -> Option<([u8; 21], Vec<[u8; 8]>)> {
    let mut parts = text.split('.');
    let challenge = proof::decode(parts.next()?)?;
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let nonces: Vec<[u8; 8]> = parts
        .take(count.saturating_add(1))
        .map(proof::decode)
        .collect::<Option<_>>()?;
    (nonces.len() == count && nonces.is_sorted_by(|one, next| one < next)).then_some((challenge, nonces))
}

fn zero_bits(challenge: &[u8; 21], nonce: [u8; 8]) -> u32 {
    let hash = Sha256::new()
        .chain_update(b"satchel/v1/work")
        .chain_update(challenge)
        .chain_update(nonce)
        .finalize();
    hash.first_chunk()
        .map_or(0, |first| u64::from_be_bytes(*first).leading_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::WorkMode::{Always, Auto, Off};

    fn gauge(now: Instant) -> Gauge {
        Gauge::new(Box::new(|| Some([7; 32])), now)
    }

    fn solved(gauge: &Gauge, id: Id, bits: u8, now: Instant) -> String {
        let state = gauge.state();
        let until = state.secs(now + LIFE);
        let mac = state.mac(id, bits, until).unwrap();
        let challenge: [u8; 21] = [&[bits][..], &until.to_be_bytes(), &mac].concat().try_into().unwrap();
        let nonce = (0_u64..)
            .map(u64::to_be_bytes)
            .find(|nonce| zero_bits(&challenge, *nonce) >= u32::from(bits));
        let encode = Base64UrlUnpadded::encode_string;
        format!("{}.{}", encode(&challenge), encode(&nonce.unwrap()))
    }

    #[test]
    fn nothing_is_asked_until_there_are_too_many_and_then_a_bit_more_with_each_doubling() {
        for (crowd, all, bits) in [
            (0.0, 0.0, 0),
            (1199.0, 1199.0, 0),
            (1200.0, 1200.0, 14),
            (2399.0, 2399.0, 14),
            (2400.0, 2400.0, 15),
            (19_199.0, 19_199.0, 17),
            (19_200.0, 19_200.0, 18),
            (1e9, 1e9, 18),
            (0.0, 11_999.0, 0),
            (0.0, 12_000.0, 14),
            (0.0, 24_000.0, 15),
        ] {
            assert_eq!(bits_asked(Auto, crowd, all, 120), bits, "{crowd} {all}");
            assert_eq!(bits_asked(Always, crowd, all, 120), bits.max(14));
            assert_eq!(bits_asked(Off, crowd, all, 120), 0);
        }
        assert_eq!(
            (bits_asked(Auto, 1e9, 1e9, 0), bits_asked(Always, 1e9, 1e9, 0)),
            (0, 14)
        );
    }

    #[test]
    fn load_builds_up_and_is_forgotten_within_minutes() {
        let now = Instant::now();
        let gauge = gauge(now);
        for _ in 0..1300 {
            gauge.note(false, 1, now);
        }
        assert_eq!(gauge.bits(Auto, 120, false, now), 14);
        // Who has an address of their own has a bucket of their own.
        assert_eq!(gauge.bits(Auto, 120, true, now), 0);
        assert_eq!(gauge.bits(Auto, 120, false, now + Duration::from_secs(10)), 0);
    }

    #[test]
    fn a_solution_holds_once_for_one_id_and_for_a_time() {
        let now = Instant::now();
        let gauge = gauge(now);
        let (id, other) = (Id::new([1; 16]), Id::new([2; 16]));
        let solution = solved(&gauge, id, 8, now);
        assert_eq!(gauge.redeem(other, &solution, 1, now), Redeemed::Not);
        assert_eq!(gauge.redeem(id, &solution, 1, now + LIFE), Redeemed::Not);
        assert_eq!(
            gauge.redeem(id, &solution, 1, now + LIFE - Duration::from_secs(1)),
            Redeemed::Now
        );
        assert_eq!(gauge.redeem(id, &solution, 1, now), Redeemed::Before);
        let another_process = Gauge::new(Box::new(|| Some([8; 32])), now);
        assert_eq!(another_process.redeem(id, &solution, 1, now), Redeemed::Not);
    }

    #[test]
    fn links_take_a_nonce_each_and_none_counts_twice() {
        let now = Instant::now();
        let gauge = gauge(now);
        let id = Id::new([1; 16]);
        // With no bit asked for, every nonce solves.
        let one = solved(&gauge, id, 0, now);
        let (challenge, _) = one.split_once('.').unwrap();
        let with = |nonces: &[u64]| {
            let encode = |nonce: &u64| Base64UrlUnpadded::encode_string(&nonce.to_be_bytes());
            [vec![challenge.to_owned()], nonces.iter().map(encode).collect()]
                .concat()
                .join(".")
        };
        for nonces in [&[][..], &[1, 2], &[1, 2, 3, 4], &[1, 2, 2], &[2, 1, 3]] {
            assert_eq!(gauge.redeem(id, &with(nonces), 3, now), Redeemed::Not, "{nonces:?}");
        }
        assert_eq!(gauge.redeem(id, &with(&[1, 2, 3]), 3, now), Redeemed::Now);
    }

    #[test]
    fn what_is_malformed_changed_or_unsolved_does_not_hold() {
        let now = Instant::now();
        let gauge = gauge(now);
        let id = Id::new([1; 16]);
        let solution = solved(&gauge, id, 16, now);
        let (challenge, nonce) = solution.split_once('.').unwrap();
        let mut easier = Base64UrlUnpadded::decode_vec(challenge).unwrap();
        easier[0] = 1;
        let easier = Base64UrlUnpadded::encode_string(&easier);
        for text in [
            "",
            ".",
            challenge,
            &format!("{challenge}."),
            &format!("{challenge}.{nonce}A"),
            &format!("{easier}.{nonce}"),
        ] {
            assert_eq!(gauge.redeem(id, text, 1, now), Redeemed::Not, "{text}");
        }
        // Of the nonces about one in 65,536 solves it.
        let wrong = (1_u64..200).filter(|n| {
            let nonce = Base64UrlUnpadded::encode_string(&(u64::MAX - n).to_be_bytes());
            gauge.redeem(id, &format!("{challenge}.{nonce}"), 1, now) != Redeemed::Not
        });
        assert!(wrong.count() <= 1);
        assert_eq!(gauge.redeem(id, &solution, 1, now), Redeemed::Now);
    }

    #[test]
    fn memory_of_what_is_spent_is_bounded_and_none_is_spent_twice_all_the_same() {
        let now = Instant::now();
        let keys = std::sync::atomic::AtomicU8::new(0);
        let next = move || Some([keys.fetch_add(1, std::sync::atomic::Ordering::Relaxed); 32]);
        let gauge = Gauge::new(Box::new(next), now);
        let id = Id::new([1; 16]);
        let first = solved(&gauge, id, 1, now);
        assert_eq!(gauge.redeem(id, &first, 1, now), Redeemed::Now);
        for n in 0..2 * u128::try_from(SPENT_MAX).unwrap() {
            let new_key = &gauge.new_key;
            gauge.state().spend(n.to_be_bytes(), 1000, now, new_key);
        }
        assert!(gauge.state().spent.len() <= SPENT_MAX);
        assert_eq!(gauge.redeem(id, &first, 1, now), Redeemed::Not);
    }
}
