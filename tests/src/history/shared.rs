//! A document with several links: each link is a paste of its own, all of them burn with the document, and it burns with the last of them.

use super::paste::Paste;
use super::{Act, Call, Saw, Sequential, Violation, check_from};

/// What can be asked of a document. Links have the test's numbers, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SharedAct {
    /// Ask a link.
    Of(usize, Act),
    /// Make a link.
    Make(usize),
    /// Burn the document.
    BurnAll,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Shared {
    /// None for one that was not made.
    links: Vec<Option<Paste>>,
    /// For how many reads each is, when it is made.
    reads: Vec<u32>,
    burned: bool,
}

/// Checks the history of a document whose links are for so many reads each, `made` of them before the first call.
///
/// # Errors
/// [`Violation`] when no order explains it.
///
/// # Panics
/// When there are more than 64 calls.
pub fn check_shared(reads: &[u32], made: usize, calls: &[Call<SharedAct>]) -> Result<(), Violation<SharedAct>> {
    let links = reads.iter().enumerate();
    let start = Shared {
        links: links
            .map(|(at, reads)| (at < made).then(|| Paste::new(*reads)))
            .collect(),
        reads: reads.to_vec(),
        burned: false,
    };
    check_from(&start, calls)
}

impl Shared {
    /// It goes with its last link.
    fn settle(&mut self) {
        let mut made = self.links.iter().flatten();
        self.burned |= self.links.iter().any(Option::is_some) && made.all(|link| link.burned);
    }

    fn make(&mut self, link: usize) -> Saw {
        match &self.links[link] {
            Some(made) if made.burned => Saw::Burned,
            Some(_) => Saw::Done,
            None if self.burned => Saw::Burned,
            None => {
                self.links[link] = Some(Paste::new(self.reads[link]));
                Saw::Done
            }
        }
    }

    /// What may come of a burn of everything: of each link, cut off or not.
    fn burn_all(&self, cut_off: bool) -> Vec<Self> {
        let mut outcomes = vec![Self {
            burned: true,
            ..self.clone()
        }];
        for (at, link) in self.links.iter().enumerate() {
            let Some(link) = link else { continue };
            let mut ends = link.outcomes(Act::Burn, Saw::Done);
            ends.extend(link.half_burned().filter(|_| cut_off));
            outcomes = outcomes
                .iter()
                .flat_map(|outcome| {
                    ends.iter().map(|end| {
                        let mut outcome = outcome.clone();
                        outcome.links[at] = Some(end.clone());
                        outcome
                    })
                })
                .collect();
        }
        outcomes
    }
}

impl Sequential for Shared {
    type Act = SharedAct;

    fn outcomes(&self, act: SharedAct, saw: Saw) -> Vec<Self> {
        match act {
            SharedAct::Of(link, act) => match &self.links[link] {
                None if matches!(saw, Saw::NotFound | Saw::Nothing) => vec![self.clone()],
                None => Vec::new(),
                Some(paste) => {
                    let after = paste.outcomes(act, saw).into_iter().map(|paste| {
                        let mut after = self.clone();
                        after.links[link] = Some(paste);
                        after.settle();
                        after
                    });
                    after.collect()
                }
            },
            SharedAct::Make(link) => {
                let mut after = self.clone();
                let answer = after.make(link);
                let right = saw == Saw::Nothing || saw == answer;
                if right { vec![after] } else { Vec::new() }
            }
            SharedAct::BurnAll => match saw {
                Saw::Done | Saw::Nothing => self.burn_all(saw == Saw::Nothing),
                _ => Vec::new(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One after another, in the order given; two links for one read each, one of them made before.
    fn holds(calls: &[(SharedAct, Saw)]) -> bool {
        let in_turn: Vec<_> = (0..)
            .step_by(2)
            .zip(calls)
            .map(|(began, (act, saw))| Call {
                act: *act,
                saw: *saw,
                began,
                ended: began + 1,
            })
            .collect();
        check_shared(&[1, 1], 1, &in_turn).is_ok()
    }

    const fn of(link: usize, act: Act) -> SharedAct {
        SharedAct::Of(link, act)
    }

    #[test]
    fn a_link_that_burns_leaves_the_others_and_the_last_one_takes_the_document() {
        let before = [
            (of(1, Act::Probe), Saw::NotFound),
            (SharedAct::Make(1), Saw::Done),
            (SharedAct::Make(1), Saw::Done),
            (of(0, Act::Burn), Saw::Done),
            (of(0, Act::Claim(1)), Saw::Burned),
        ];
        let then = |more: &[(SharedAct, Saw)]| holds(&[&before[..], more].concat());
        assert!(then(&[(of(1, Act::Claim(2)), Saw::Content)]));
        assert!(!then(&[(of(1, Act::Claim(2)), Saw::Burned)]));
        assert!(!then(&[(of(0, Act::Claim(2)), Saw::Content)]), "back");
        assert!(then(&[
            (of(1, Act::Burn), Saw::Done),
            (SharedAct::Make(0), Saw::Burned)
        ]));
    }

    #[test]
    fn no_link_is_made_to_a_document_that_is_gone_and_none_outlives_it() {
        assert!(holds(&[
            (of(0, Act::Burn), Saw::Done),
            (SharedAct::Make(1), Saw::Burned),
            (of(1, Act::Probe), Saw::NotFound)
        ]));
        assert!(!holds(&[
            (of(0, Act::Burn), Saw::Done),
            (SharedAct::Make(1), Saw::Done)
        ]));
        assert!(!holds(&[
            (SharedAct::BurnAll, Saw::Done),
            (of(0, Act::Claim(1)), Saw::Content)
        ]));
        assert!(
            !holds(&[(SharedAct::Make(1), Saw::Done), (of(1, Act::Probe), Saw::NotFound)]),
            "forgotten"
        );
    }

    #[test]
    fn all_of_a_document_burns_or_none() {
        let half = [
            (SharedAct::Make(1), Saw::Done),
            (SharedAct::BurnAll, Saw::Nothing),
            (of(0, Act::Probe), Saw::Burned),
        ];
        assert!(holds(&[&half[..], &[(of(1, Act::Probe), Saw::Burned)]].concat()));
        assert!(!holds(&[&half[..], &[(of(1, Act::Probe), Saw::ReadsLeft(1))]].concat()));
    }
}
