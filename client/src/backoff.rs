//! How long to wait between tries, and when to give up: `250 ms * 2^n`, at most 8 s, 9 tries without progress (about 40 s). An upload that somebody
//! watches is not given up for a server that cannot be reached: a phone is without a network for longer than that.

use std::time::Duration;

use crate::{Context, Error, Pause, Stage, Transport, Watch};

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(8);
const TRIES_MAX: u32 = 9;
/// A server that asks for a longer wait than this is not waited for. A hundred links, at two a second, ask for 50.
const ASKED_SECS_MAX: u64 = 60;

/// Failed tries in a row.
#[derive(Default)]
pub(crate) struct Backoff {
    tries: u32,
    is_patient: bool,
}

impl Backoff {
    /// For what is not given up while its server cannot be reached.
    pub(crate) const fn patient(is_patient: bool) -> Self {
        Self { tries: 0, is_patient }
    }

    /// Something went well: the count starts anew.
    pub(crate) const fn reset(&mut self) {
        self.tries = 0;
    }

    /// Waits, or gives up with `error`. Failures that a repetition does not mend are given back at once.
    pub(crate) async fn wait<T: Transport, P: Pause, W: Watch>(
        &mut self,
        context: &Context<'_, T, P, W>,
        error: Error,
    ) -> Result<(), Error> {
        let asked = match &error {
            Error::Unreachable => None,
            Error::Refused(problem) if matches!(problem.status, 408 | 429 | 460 | 500 | 502 | 503 | 504) => {
                problem.retry_after
            }
            Error::BadAnswer { status: 502..=504 } => None,
            _ => return Err(error),
        };
        // 502 to 504 is what a proxy says of a server that is being started again.
        let is_away = matches!(error, Error::Unreachable | Error::BadAnswer { .. });
        self.tries = TRIES_MAX.min(self.tries + 1);
        let is_enough = self.tries == TRIES_MAX && !(is_away && self.is_patient);
        if is_enough || asked.is_some_and(|secs| secs > ASKED_SECS_MAX) {
            return Err(error);
        }
        let own = FIRST.saturating_mul(1 << (self.tries - 1)).min(LONGEST);
        context.watch.progress(Stage::Waiting, 0, None);
        context
            .pause
            .pause(asked.map_or(own, |secs| own.max(Duration::from_secs(secs))))
            .await;
        Ok(())
    }
}
