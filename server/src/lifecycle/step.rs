//! The transitions.

use satchel_api::limit::{FREE_TRIES, READS_MAX, UNLIMITED_LEASES_MAX};
use satchel_api::{Burned, Tombstone};

use super::{
    Answer, Effect, Event, LeasePhase, Now, OnGuessing, Paste, Stage, Step, drop_at, expires_at, hour_of,
    lease_ends_at, tries_left, wait_secs,
};

/// (state, event, now) -> (state, effects, answer). Total: every event has an answer in every state.
#[must_use]
pub fn step(paste: &Paste, event: Event, now: Now) -> Step {
    match event {
        Event::Arrived { held } => arrived(paste, held, now),
        Event::Try { lease } => tried(paste, lease, now),
        Event::Compared { right: true } => right(paste, now),
        Event::Compared { right: false } => wrong(paste, now),
        Event::Confirm { lease } => confirmed(paste, lease, now),
        Event::RanOut { lease } => ran_out(paste, lease, now),
        Event::Burn => match paste.stage {
            Stage::Burned(tombstone) => same(paste, Answer::Gone(tombstone)),
            _ => burned(paste, Burned::Demand, Answer::Done, now),
        },
        Event::ResetWait => match paste.gone(now) {
            Some(tombstone) => same(paste, Answer::Gone(tombstone)),
            None => done(Paste {
                tries: 0,
                wait_until: 0,
                ..*paste
            }),
        },
        Event::Tick => ticked(paste, now),
        Event::Change { expires_in, reads_left } => changed(paste, expires_in, reads_left, now),
        Event::LinkKept { expires_at } => match paste.stage {
            Stage::Stored { expires_at: kept } => done(Paste {
                stage: Stage::Stored {
                    expires_at: kept.max(expires_at),
                },
                ..*paste
            }),
            _ => same(paste, Answer::NotThere),
        },
        Event::LinkMade { expires_at } => link_made(paste, expires_at, now),
        Event::LinkGone { burned: cause } => link_gone(paste, cause, now),
        Event::DocumentGone { burned: cause } => match paste.stage {
            Stage::Burned(tombstone) => same(paste, Answer::Gone(tombstone)),
            _ => burned(paste, cause, Answer::Done, now),
        },
        Event::KeyGone => match paste.stage {
            Stage::Burned(_) => same(paste, Answer::Done),
            _ => cut_off(paste, now),
        },
    }
}

fn arrived(paste: &Paste, held: u64, now: Now) -> Step {
    match paste.stage {
        Stage::Burned(tombstone) => same(paste, Answer::Gone(tombstone)),
        Stage::Stored { .. } => same(paste, Answer::Done),
        // It expires whether or not somebody swept: an upload that was dropped does not come back.
        Stage::Uploading { drop_at, .. } if drop_at <= now.at => ticked(paste, now),
        Stage::Uploading { .. } if held == paste.size => {
            let expires_at = expires_at(now.latest, paste.policy.expires_in);
            done(Paste {
                stage: Stage::Stored { expires_at },
                ..*paste
            })
        }
        Stage::Uploading { .. } => done(Paste {
            stage: Stage::Uploading {
                held,
                drop_at: drop_at(now.latest),
            },
            ..*paste
        }),
    }
}

fn tried(paste: &Paste, lease: Option<LeasePhase>, now: Now) -> Step {
    match (lease, paste.stage) {
        (_, Stage::Uploading { .. }) => return same(paste, Answer::NotThere),
        (Some(LeasePhase::Running), Stage::Stored { .. }) => return same(paste, Answer::Resumed),
        (Some(_), _) => return same(paste, Answer::LeaseEnded),
        (None, _) => {}
    }
    if let Some(answer) = unclaimable(paste, now) {
        return same(paste, answer);
    }
    if paste.wait_until > now.at {
        return same(
            paste,
            Answer::Wait {
                retry_after: paste.retry_after(now),
            },
        );
    }
    let tries = paste.tries.saturating_add(1);
    let wait_until = match wait_secs(tries) {
        0 => 0,
        wait => now.at + wait,
    };
    Step {
        paste: Paste {
            tries,
            wait_until,
            ..*paste
        },
        effects: Vec::new(),
        answer: Answer::Counted,
    }
}

/// Why nobody new can claim it now.
fn unclaimable(paste: &Paste, now: Now) -> Option<Answer> {
    if let Some(tombstone) = paste.gone(now) {
        return Some(Answer::Gone(tombstone));
    }
    (paste.policy.reads == 0 && paste.running >= UNLIMITED_LEASES_MAX).then_some(Answer::TooManyLeases)
}

/// The try is taken back: it was not a wrong one. What earlier wrong ones cost stays.
fn right(paste: &Paste, now: Now) -> Step {
    let back = Paste {
        tries: paste.tries.saturating_sub(1),
        wait_until: 0,
        ..*paste
    };
    if let Some(answer) = unclaimable(paste, now) {
        return Step {
            paste: back,
            effects: Vec::new(),
            answer,
        };
    }
    let paste = Paste {
        reads_used: paste.reads_used.saturating_add(1),
        running: paste.running + 1,
        ..back
    };
    let ends_at = lease_ends_at(now.at, paste.size);
    Step {
        paste,
        effects: vec![Effect::StartLease { ends_at }],
        answer: Answer::Claimed,
    }
}

fn wrong(paste: &Paste, now: Now) -> Step {
    if let Stage::Burned(tombstone) = paste.stage {
        return same(paste, Answer::Gone(tombstone));
    }
    let answer = Answer::Wrong {
        tries_left: tries_left(paste.tries),
        retry_after: paste.retry_after(now),
    };
    if paste.policy.on_guessing == OnGuessing::Burn && paste.tries > FREE_TRIES {
        return burned(paste, Burned::Guessing, answer, now);
    }
    same(paste, answer)
}

fn changed(paste: &Paste, expires_in: Option<u64>, reads_left: Option<u32>, now: Now) -> Step {
    let Stage::Stored { expires_at: due } = paste.stage else {
        return match paste.stage {
            Stage::Burned(tombstone) => same(paste, Answer::Gone(tombstone)),
            _ => same(paste, Answer::NotThere),
        };
    };
    if let Some(tombstone) = paste.gone(now) {
        return same(paste, Answer::Gone(tombstone));
    }
    let mut policy = paste.policy;
    if let Some(left) = reads_left {
        let most = paste.reads_left().map_or(READS_MAX, |left| left - 1);
        if left == 0 || left > most {
            return same(paste, Answer::NotFewer { most });
        }
        policy.reads = paste.reads_used.saturating_add(left);
    }
    policy.expires_in = expires_in.unwrap_or(policy.expires_in);
    let expires_at = expires_in.map_or(due, |secs| expires_at(now.latest, secs));
    done(Paste {
        policy,
        stage: Stage::Stored { expires_at },
        ..*paste
    })
}

/// A document is kept as long as the longest of its links.
fn link_made(paste: &Paste, expires_at: u64, now: Now) -> Step {
    let Stage::Stored { expires_at: kept } = paste.stage else {
        return match paste.stage {
            Stage::Burned(tombstone) => same(paste, Answer::Gone(tombstone)),
            _ => same(paste, Answer::NotThere),
        };
    };
    if let (0, Some(tombstone)) = (paste.running, paste.gone(now)) {
        return same(paste, Answer::Gone(tombstone));
    }
    done(Paste {
        stage: Stage::Stored {
            expires_at: kept.max(expires_at),
        },
        reads_used: paste.reads_used.saturating_add(1),
        running: paste.running + 1,
        ..*paste
    })
}

fn link_gone(paste: &Paste, cause: Burned, now: Now) -> Step {
    match (paste.stage, paste.running) {
        (Stage::Burned(tombstone), _) => same(paste, Answer::Gone(tombstone)),
        (_, 0 | 1) => burned(paste, cause, Answer::Done, now),
        (_, running) => done(Paste {
            running: running - 1,
            ..*paste
        }),
    }
}

fn confirmed(paste: &Paste, lease: LeasePhase, now: Now) -> Step {
    match lease {
        LeasePhase::Confirmed => same(paste, Answer::Done),
        LeasePhase::Ended => same(paste, Answer::LeaseEnded),
        LeasePhase::Running => over(paste, LeasePhase::Confirmed, now),
    }
}

fn ran_out(paste: &Paste, lease: LeasePhase, now: Now) -> Step {
    match lease {
        LeasePhase::Running => over(paste, LeasePhase::Ended, now),
        _ => same(paste, Answer::Done),
    }
}

/// One lease less; the last one takes the paste with it when nobody can claim any more.
fn over(paste: &Paste, phase: LeasePhase, now: Now) -> Step {
    let mut step = ticked(
        &Paste {
            running: paste.running.saturating_sub(1),
            ..*paste
        },
        now,
    );
    step.effects.insert(0, Effect::SetLease(phase));
    step.answer = Answer::Done;
    step
}

fn ticked(paste: &Paste, now: Now) -> Step {
    match paste.stage {
        Stage::Burned(tombstone) => same(paste, Answer::Gone(tombstone)),
        _ if paste.running > 0 => same(paste, Answer::Done),
        _ => match cause(paste, now) {
            None => same(paste, Answer::Done),
            Some(cause) => {
                let tombstone = Tombstone {
                    burned: cause,
                    burned_at: hour_of(now.at),
                };
                burned(paste, cause, Answer::Gone(tombstone), now)
            }
        },
    }
}

/// Why it has to burn once no lease runs.
fn cause(paste: &Paste, now: Now) -> Option<Burned> {
    match paste.stage {
        Stage::Stored { .. } if paste.reads_left() == Some(0) => Some(Burned::Reads),
        Stage::Stored { expires_at: due } | Stage::Uploading { drop_at: due, .. } if due <= now.at => {
            Some(Burned::Expiry)
        }
        _ => None,
    }
}

/// Its key was overwritten, and what its row was to say is not known. Where nobody could claim it any more, it was its last lease that ended: a holder
/// who confirms, or repeats the confirm that was cut off, is told that it is done.
fn cut_off(paste: &Paste, now: Now) -> Step {
    let mut step = burned(paste, cause_of_cut_off(paste, now), Answer::Done, now);
    if cause(paste, now).is_some() {
        step.effects = vec![Effect::EndLeases(LeasePhase::Confirmed), Effect::Shred];
    }
    step
}

/// Why the key of a paste that its row calls alive was overwritten. The try that burns was counted before.
fn cause_of_cut_off(paste: &Paste, now: Now) -> Burned {
    let guessed = paste.policy.on_guessing == OnGuessing::Burn && paste.tries > FREE_TRIES;
    let otherwise = if guessed { Burned::Guessing } else { Burned::Demand };
    cause(paste, now).unwrap_or(otherwise)
}

fn burned(paste: &Paste, burned: Burned, answer: Answer, now: Now) -> Step {
    let stage = Stage::Burned(Tombstone {
        burned,
        burned_at: hour_of(now.at),
    });
    let paste = Paste {
        stage,
        running: 0,
        tries: 0,
        wait_until: 0,
        ..*paste
    };
    Step {
        paste,
        effects: vec![Effect::EndLeases(LeasePhase::Ended), Effect::Shred],
        answer,
    }
}

fn same(paste: &Paste, answer: Answer) -> Step {
    Step {
        paste: *paste,
        effects: Vec::new(),
        answer,
    }
}

fn done(paste: Paste) -> Step {
    same(&paste, Answer::Done)
}
