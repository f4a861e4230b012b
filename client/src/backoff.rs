//! How long to wait between tries, and when to give up: `250 ms * 2^n`, at most 8 s, 9 tries without progress (about 40 s).

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
}

impl Backoff {
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
        self.tries += 1;
        if self.tries >= TRIES_MAX || asked.is_some_and(|secs| secs > ASKED_SECS_MAX) {
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
