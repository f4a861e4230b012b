//! Whether what clients saw of one paste, or of one document with its links, can have happened: is there an order of their calls, each between its begin and its
//! end, in which a plain sequential paste answers each as it was answered?
//!
//! A call that a kill cut off either took effect before the kill, or never. Pure: no I/O, no clock.

mod paste;
pub mod shared;

use std::collections::HashSet;
use std::hash::Hash;

use paste::Paste;

/// What answers calls one at a time, and so says what is right.
pub trait Sequential: Clone + Eq + Hash {
    /// What it can be asked.
    type Act: Copy;

    /// How it may stand after `act` was answered with `saw`; none when it never answers so.
    fn outcomes(&self, act: Self::Act, saw: Saw) -> Vec<Self>;
}

/// What a client asked. A lease is named by a number of the test's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// To use up a read, or to go on with this lease.
    Claim(u16),
    /// The content again, under a lease.
    Read(u16),
    /// "I have it."
    Confirm(u16),
    /// Burn on demand.
    Burn,
    /// How many reads are left.
    Probe,
    /// The time of its expiry came.
    Expire,
}

/// What it was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Saw {
    /// All of the content.
    Content,
    /// So many reads.
    ReadsLeft(u32),
    /// It is done.
    Done,
    /// 410 `burned`.
    Burned,
    /// 410 `lease_ended`.
    LeaseEnded,
    /// 404 `not_found`.
    NotFound,
    /// No answer, or one that says that nobody knows: it took effect or it did not.
    Nothing,
}

/// One call, with the moments of its begin and end on one counter of all clients. For a call that was cut off the end is the kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call<A = Act> {
    /// What was asked.
    pub act: A,
    /// What was answered.
    pub saw: Saw,
    /// Before it was sent.
    pub began: u64,
    /// After it was answered, or after the server was dead.
    pub ended: u64,
}

/// No order of the calls explains the answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation<A = Act> {
    /// The most calls, in this order, that could be explained.
    pub explained: Vec<Call<A>>,
    /// Those that could not.
    pub left: Vec<Call<A>>,
}

/// Checks the history of one paste for `reads` reads, that was whole before the first call.
///
/// # Errors
/// [`Violation`] when no order explains it.
///
/// # Panics
/// When there are more than 64 calls.
pub fn check(reads: u32, calls: &[Call]) -> Result<(), Violation> {
    check_from(&Paste::new(reads), calls)
}

fn check_from<S: Sequential>(start: &S, calls: &[Call<S::Act>]) -> Result<(), Violation<S::Act>> {
    assert!(calls.len() <= 64, "the search holds a set of calls in a word");
    let mut search = Search {
        calls,
        tried: HashSet::new(),
        order: Vec::new(),
        best: Vec::new(),
    };
    if search.explains(0, start) {
        return Ok(());
    }
    let left = (0..calls.len()).filter(|at| !search.best.contains(at));
    Err(Violation {
        left: left.map(|at| calls[at]).collect(),
        explained: search.best.iter().map(|at| calls[*at]).collect(),
    })
}

/// Wing and Gong's search, with what was tried remembered.
struct Search<'a, S: Sequential> {
    calls: &'a [Call<S::Act>],
    tried: HashSet<(u64, S)>,
    order: Vec<usize>,
    best: Vec<usize>,
}

impl<S: Sequential> Search<'_, S> {
    fn explains(&mut self, done: u64, paste: &S) -> bool {
        let open = |at: &usize| done & (1 << at) == 0;
        let answered = |at: &usize| self.calls[*at].saw != Saw::Nothing;
        // Nothing may come after a call that had ended before it began.
        let first_end = (0..self.calls.len())
            .filter(|at| open(at) && answered(at))
            .map(|at| self.calls[at].ended)
            .min();
        let Some(first_end) = first_end else { return true };
        if !self.tried.insert((done, paste.clone())) {
            return false;
        }
        // What a kill cut off took effect before the kill, and so before all that began after it.
        let last_begin = self.order.iter().map(|at| self.calls[*at].began).max().unwrap_or(0);
        let next: Vec<usize> = (0..self.calls.len())
            .filter(|at| open(at) && self.calls[*at].began <= first_end && last_begin <= self.calls[*at].ended)
            .collect();
        for at in next {
            let call = self.calls[at];
            for after in paste.outcomes(call.act, call.saw) {
                self.order.push(at);
                if self.order.len() > self.best.len() {
                    self.best.clone_from(&self.order);
                }
                if self.explains(done | 1 << at, &after) {
                    return true;
                }
                self.order.pop();
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn call(began: u64, act: Act, saw: Saw, ended: u64) -> Call {
        Call { act, saw, began, ended }
    }

    /// One after another, in the order given.
    fn in_turn(calls: &[(Act, Saw)]) -> Vec<Call> {
        let at = (0..).step_by(2);
        at.zip(calls)
            .map(|(at, (act, saw))| call(at, *act, *saw, at + 1))
            .collect()
    }

    fn holds(reads: u32, calls: &[(Act, Saw)]) -> bool {
        check(reads, &in_turn(calls)).is_ok()
    }

    #[test]
    fn a_paste_that_is_read_and_confirmed_is_right() {
        assert!(holds(
            1,
            &[
                (Act::Probe, Saw::ReadsLeft(1)),
                (Act::Claim(1), Saw::Content),
                (Act::Claim(2), Saw::Burned),
                (Act::Claim(1), Saw::Content),
                (Act::Probe, Saw::ReadsLeft(0)),
                (Act::Read(1), Saw::Content),
                (Act::Read(2), Saw::NotFound),
                (Act::Confirm(1), Saw::Done),
                (Act::Confirm(1), Saw::Done),
                (Act::Read(1), Saw::LeaseEnded),
                (Act::Probe, Saw::Burned),
                (Act::Burn, Saw::Done),
            ]
        ));
    }

    #[test]
    fn two_readers_of_one_read_are_wrong() {
        assert!(!holds(
            1,
            &[(Act::Claim(1), Saw::Content), (Act::Claim(2), Saw::Content)]
        ));
        let at_once = [
            call(0, Act::Claim(1), Saw::Content, 9),
            call(1, Act::Claim(2), Saw::Content, 8),
        ];
        assert!(check(1, &at_once).is_err());
        assert!(check(2, &at_once).is_ok());
    }

    #[test]
    fn a_refusal_while_a_read_is_left_is_wrong() {
        assert!(!holds(1, &[(Act::Claim(1), Saw::Burned)]));
        let nobody = [
            call(0, Act::Claim(1), Saw::Burned, 9),
            call(1, Act::Claim(2), Saw::Burned, 8),
        ];
        assert!(check(1, &nobody).is_err(), "never none");
    }

    #[test]
    fn calls_at_one_time_may_take_either_order() {
        let calls = [
            call(0, Act::Burn, Saw::Done, 5),
            call(1, Act::Claim(1), Saw::Content, 4),
            call(6, Act::Read(1), Saw::LeaseEnded, 7),
        ];
        assert!(check(1, &calls).is_ok());
    }

    #[test]
    fn content_after_an_acknowledged_burn_is_wrong() {
        assert!(!holds(3, &[(Act::Burn, Saw::Done), (Act::Claim(1), Saw::Content)]));
        let read = [
            (Act::Claim(1), Saw::Content),
            (Act::Burn, Saw::Done),
            (Act::Read(1), Saw::Content),
        ];
        assert!(!holds(3, &read));
    }

    #[test]
    fn an_acknowledged_claim_that_is_forgotten_is_wrong() {
        assert!(!holds(
            2,
            &[(Act::Claim(1), Saw::Content), (Act::Read(1), Saw::NotFound)]
        ));
        assert!(!holds(
            2,
            &[(Act::Claim(1), Saw::Content), (Act::Probe, Saw::ReadsLeft(2))]
        ));
        assert!(!holds(
            1,
            &[(Act::Claim(1), Saw::Content), (Act::Claim(1), Saw::Burned)]
        ));
    }

    #[test]
    fn a_burn_that_is_undone_is_wrong() {
        assert!(!holds(1, &[(Act::Burn, Saw::Done), (Act::Probe, Saw::ReadsLeft(1))]));
    }

    #[test]
    fn a_claim_after_expiry_is_wrong_and_a_lease_outlives_it() {
        assert!(!holds(2, &[(Act::Expire, Saw::Done), (Act::Claim(1), Saw::Content)]));
        let outlives = [
            (Act::Claim(1), Saw::Content),
            (Act::Expire, Saw::Done),
            (Act::Read(1), Saw::Content),
            (Act::Claim(2), Saw::Burned),
            (Act::Confirm(1), Saw::Done),
            (Act::Probe, Saw::Burned),
        ];
        assert!(holds(2, &outlives));
    }

    #[test]
    fn a_call_that_was_cut_off_took_effect_or_did_not() {
        for seen in [Saw::ReadsLeft(1), Saw::ReadsLeft(2)] {
            let calls = [call(0, Act::Claim(1), Saw::Nothing, 3), call(4, Act::Probe, seen, 5)];
            assert!(check(2, &calls).is_ok(), "{seen:?}");
        }
    }

    #[test]
    fn a_call_that_was_cut_off_does_not_take_effect_after_the_kill() {
        let calls = [
            call(0, Act::Burn, Saw::Nothing, 3),
            call(4, Act::Probe, Saw::ReadsLeft(1), 5),
            call(6, Act::Probe, Saw::Burned, 7),
        ];
        assert!(check(1, &calls).is_err());
    }

    #[test]
    fn a_confirm_that_was_cut_off_in_its_burn_is_repeated() {
        let then = |act, saw| {
            let calls = [
                call(0, Act::Claim(1), Saw::Content, 1),
                call(2, Act::Confirm(1), Saw::Nothing, 5),
                call(6, act, saw, 7),
                call(8, Act::Probe, Saw::Burned, 9),
            ];
            check(1, &calls).is_ok()
        };
        assert!(then(Act::Confirm(1), Saw::Done) && then(Act::Read(1), Saw::LeaseEnded));
        assert!(!then(Act::Confirm(1), Saw::LeaseEnded) && !then(Act::Confirm(1), Saw::NotFound));
        assert!(!then(Act::Read(1), Saw::Content));
    }

    #[test]
    fn what_took_effect_in_a_cut_off_call_stays() {
        let calls = [
            call(0, Act::Burn, Saw::Nothing, 3),
            call(4, Act::Probe, Saw::Burned, 5),
            call(6, Act::Claim(1), Saw::Content, 7),
        ];
        assert!(check(1, &calls).is_err());
    }

    #[test]
    fn a_violation_names_what_could_not_be_explained() {
        let calls = in_turn(&[(Act::Claim(1), Saw::Content), (Act::Claim(2), Saw::Content)]);
        let violation = check(1, &calls).unwrap_err();
        assert_eq!((violation.explained.len(), violation.left), (1, vec![calls[1]]));
    }
}
