//! Random histories against the promises.

use std::collections::BTreeMap;

use proptest::prelude::*;
use satchel_api::Burned;

use super::*;

const SIZE: u64 = 10_000;

#[derive(Clone, Copy, Debug)]
enum Act {
    Arrive,
    Claim { token: u8, right: bool },
    Confirm { token: u8 },
    RunOut { token: u8 },
    Burn,
    ResetWait,
    Tick,
}

fn acts() -> impl Strategy<Value = Vec<(u64, Act)>> {
    let act = prop_oneof![
        2 => Just(Act::Arrive),
        12 => (0..6u8, prop::bool::weighted(0.6)).prop_map(|(token, right)| Act::Claim { token, right }),
        3 => (0..6u8).prop_map(|token| Act::Confirm { token }),
        3 => (0..6u8).prop_map(|token| Act::RunOut { token }),
        1 => prop::bool::weighted(0.2).prop_map(|burn| if burn { Act::Burn } else { Act::Tick }),
        1 => Just(Act::ResetWait),
        3 => Just(Act::Tick),
    ];
    let pause = prop_oneof![4 => 0..3u64, 2 => 0..4000u64, 1 => 0..90_000u64];
    prop::collection::vec((pause, act), 1..120)
}

/// The store in miniature: the paste and its leases, effects carried out.
struct World {
    paste: Paste,
    leases: BTreeMap<u8, LeasePhase>,
    shredded: bool,
    claims: u32,
}

impl World {
    fn new(reads: u32, on_guessing: OnGuessing) -> Self {
        let policy = Policy {
            reads,
            expires_in: 7200,
            on_guessing,
        };
        let stage = Stage::Uploading {
            held: 0,
            drop_at: drop_at(0),
        };
        let paste = Paste {
            size: SIZE,
            policy,
            stage,
            reads_used: 0,
            running: 0,
            tries: 0,
            wait_until: 0,
        };
        Self {
            paste,
            leases: BTreeMap::new(),
            shredded: false,
            claims: 0,
        }
    }

    fn happen(&mut self, event: Event, token: Option<u8>, now: Now) -> Answer {
        let before = self.paste;
        let step = step(&before, event, now);
        for effect in &step.effects {
            match (*effect, token) {
                (Effect::StartLease { ends_at }, Some(token)) => {
                    assert!(ends_at > now.at && !self.shredded);
                    assert!(self.leases.insert(token, LeasePhase::Running).is_none());
                }
                (Effect::SetLease(phase), Some(token)) => {
                    assert_eq!(self.leases.insert(token, phase), Some(LeasePhase::Running))
                }
                (Effect::EndLeases(to), _) => {
                    self.leases
                        .values_mut()
                        .filter(|phase| **phase == LeasePhase::Running)
                        .for_each(|phase| *phase = to);
                }
                (Effect::Shred, _) => {
                    assert!(!self.shredded, "a key is overwritten once");
                    self.shredded = true;
                }
                other => panic!("an effect without its token: {other:?}"),
            }
        }
        self.paste = step.paste;
        self.check(&before);
        step.answer
    }

    fn check(&self, before: &Paste) {
        if let Stage::Burned(tombstone) = before.stage {
            assert_eq!(
                self.paste.stage,
                Stage::Burned(tombstone),
                "nothing returns from burned"
            );
        }
        assert_eq!(self.shredded, matches!(self.paste.stage, Stage::Burned(_)));
        let running = self
            .leases
            .values()
            .filter(|phase| **phase == LeasePhase::Running)
            .count();
        assert_eq!(u32::try_from(running), Ok(self.paste.running));
        assert!(self.paste.reads_used >= before.reads_used, "no read comes back");
        if self.paste.policy.reads > 0 {
            assert!(self.paste.reads_used <= self.paste.policy.reads);
            let over = self.paste.reads_left() == Some(0) && running == 0;
            assert!(!over || self.shredded, "it is gone with its last lease");
        }
    }

    fn claim(&mut self, token: u8, right: bool, now: Now) {
        let lease = self.leases.get(&token).copied();
        let before = self.paste;
        match self.happen(Event::Try { lease }, Some(token), now) {
            Answer::Counted => {
                assert!(lease.is_none() && before.wait_until <= now.at);
                assert_eq!(
                    self.paste.tries,
                    before.tries + 1,
                    "the try counts before the token is compared"
                );
                let answer = self.happen(Event::Compared { right }, Some(token), now);
                if right {
                    assert_eq!(answer, Answer::Claimed);
                    assert_eq!(self.paste.tries, before.tries);
                    self.claims += 1;
                } else {
                    self.check_wrong(&before, answer);
                }
            }
            Answer::Resumed => assert_eq!(
                (lease, self.paste),
                (Some(LeasePhase::Running), before),
                "it costs nothing"
            ),
            Answer::LeaseEnded => {
                assert!(matches!(lease, Some(LeasePhase::Ended | LeasePhase::Confirmed)));
                assert_eq!(self.paste, before);
            }
            Answer::Wait { retry_after } => assert!(retry_after > 0 && self.paste == before),
            Answer::Gone(tombstone) => assert_eq!((before.gone(now), self.paste), (Some(tombstone), before)),
            Answer::NotThere => assert!(matches!(before.stage, Stage::Uploading { .. })),
            other => panic!("{other:?}"),
        }
    }

    fn check_wrong(&self, before: &Paste, answer: Answer) {
        let tries = before.tries + 1;
        assert_eq!(
            answer,
            Answer::Wrong {
                tries_left: tries_left(tries),
                retry_after: wait_secs(tries)
            }
        );
        let burns = tries > 10 && self.paste.policy.on_guessing == OnGuessing::Burn;
        let guessed = matches!(self.paste.stage, Stage::Burned(tombstone) if tombstone.burned == Burned::Guessing);
        assert_eq!(guessed, burns);
    }

    fn act(&mut self, act: Act, now: Now) {
        let lease = |world: &Self, token: u8| world.leases.get(&token).copied();
        match act {
            Act::Arrive => drop(self.happen(Event::Arrived { held: SIZE }, None, now)),
            Act::Claim { token, right } => self.claim(token, right, now),
            Act::Confirm { token } => {
                if let Some(phase) = lease(self, token) {
                    let answer = self.happen(Event::Confirm { lease: phase }, Some(token), now);
                    assert_eq!(answer == Answer::LeaseEnded, phase == LeasePhase::Ended);
                }
            }
            Act::RunOut { token } => {
                if let Some(phase) = lease(self, token) {
                    self.happen(Event::RanOut { lease: phase }, Some(token), now);
                }
            }
            Act::Burn => drop(self.happen(Event::Burn, None, now)),
            Act::ResetWait => drop(self.happen(Event::ResetWait, None, now)),
            Act::Tick => {
                self.happen(Event::Tick, None, now);
                if let Stage::Stored { expires_at } = self.paste.stage {
                    assert!(
                        expires_at > now.at || self.paste.running > 0,
                        "expired goes once no lease runs"
                    );
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn the_promises_hold_in_every_history(
        reads in 0..4u32,
        burns in any::<bool>(),
        whole_first in prop::bool::weighted(0.9),
        history in acts(),
    ) {
        let mut world = World::new(reads, if burns { OnGuessing::Burn } else { OnGuessing::Lock });
        let mut at = 1_000_000_000;
        world.paste.stage = Stage::Uploading { held: 0, drop_at: drop_at(at) };
        if whole_first {
            world.act(Act::Arrive, Now::sure(at));
        }
        for (pause, act) in history {
            at += pause;
            world.act(act, Now::sure(at));
        }
        prop_assert!(reads == 0 || world.claims <= reads, "at most `reads` claims succeed");
    }
}

fn stored(reads: u32) -> (World, Now) {
    let mut world = World::new(reads, OnGuessing::Lock);
    world.happen(Event::Arrived { held: SIZE }, None, Now::sure(0));
    (world, Now::sure(0))
}

#[test]
fn expiry_stops_claims_at_once_while_a_running_lease_goes_on() {
    let (mut world, now) = stored(2);
    world.claim(1, true, now);
    let late = Now::sure(7200);
    world.act(Act::Tick, late);
    assert_eq!(
        world.happen(
            Event::Try {
                lease: Some(LeasePhase::Running)
            },
            Some(1),
            late
        ),
        Answer::Resumed
    );
    let Answer::Gone(tombstone) = world.happen(Event::Try { lease: None }, Some(2), late) else {
        panic!("it expired")
    };
    assert_eq!(tombstone.burned, Burned::Expiry);
    assert!(!world.shredded);
    world.act(Act::Confirm { token: 1 }, late);
    assert!(world.shredded);
}

#[test]
fn a_held_jump_makes_unreadable_but_destroys_nothing() {
    let (mut world, _) = stored(1);
    let jumped = Now {
        at: 60,
        latest: 900_000,
    };
    assert!(matches!(
        world.happen(Event::Try { lease: None }, Some(1), jumped),
        Answer::Gone(_)
    ));
    world.act(Act::Tick, jumped);
    assert!(!world.shredded);
    world.claim(1, true, Now::sure(60));
    assert_eq!(world.claims, 1);
}

#[test]
fn an_unlimited_paste_runs_64_leases_at_once_and_no_more() {
    let (mut world, now) = stored(0);
    (0..64).for_each(|token| world.claim(token, true, now));
    assert_eq!(
        world.happen(Event::Try { lease: None }, Some(64), now),
        Answer::TooManyLeases
    );
    world.act(Act::Confirm { token: 0 }, now);
    world.claim(64, true, now);
    assert_eq!(world.claims, 65);
}

#[test]
fn the_eleventh_wrong_token_burns_where_its_creator_chose_that() {
    let (mut world, now) = stored(1);
    world.paste.policy.on_guessing = OnGuessing::Burn;
    (0..10).for_each(|_| world.claim(1, false, now));
    assert!(!world.shredded);
    world.claim(1, false, now);
    assert!(world.shredded);
}

#[test]
fn a_burn_by_guessing_that_was_cut_off_is_still_called_one() {
    let (mut world, now) = stored(1);
    world.paste.policy.on_guessing = OnGuessing::Burn;
    (0..10).for_each(|_| world.claim(1, false, now));
    world.happen(Event::Try { lease: None }, Some(1), now);
    world.happen(Event::KeyGone, None, now);
    assert!(matches!(world.paste.stage, Stage::Burned(tombstone) if tombstone.burned == Burned::Guessing));
}

#[test]
fn a_last_confirm_that_was_cut_off_may_be_repeated_and_a_burn_on_demand_confirms_nothing() {
    for (reads, then) in [(1, Answer::Done), (2, Answer::LeaseEnded)] {
        let (mut world, now) = stored(reads);
        world.claim(1, true, now);
        world.happen(Event::KeyGone, None, now);
        let lease = world.leases[&1];
        assert_eq!(
            world.happen(Event::Try { lease: Some(lease) }, Some(1), now),
            Answer::LeaseEnded
        );
        assert_eq!(world.happen(Event::Confirm { lease }, Some(1), now), then);
    }
}
