//! What a creation costs where a server asks for it: an invite, or a proof of work.

use satchel_api::{Code, Problem, header as name};
use satchel_crypto::Invite;
use zeroize::Zeroizing;

use crate::http::{Headers, plain};
use crate::{Context, Error, Pause, Transport, Watch, work};

/// So often work is done for one creation: the answer to work may be that more is asked for, but not for ever.
const PAYMENTS_MAX: u32 = 5;

/// What is shown with one creation.
pub(crate) struct Payment {
    invite: Option<Zeroizing<String>>,
    /// The server takes creations by invite only; else the invite is sent where it spares work.
    sends_invite: bool,
    /// What was asked for and done.
    work: Option<String>,
    payments: u32,
}

impl Payment {
    pub(crate) fn new(invite: Option<&Invite>, invite_required: bool) -> Self {
        Self {
            invite: invite.map(|invite| invite.token().bearer()),
            sends_invite: invite_required,
            work: None,
            payments: 0,
        }
    }

    /// Adds what is shown to a request.
    pub(crate) fn show(&self, headers: &mut Headers) {
        if let Some(work) = &self.work {
            headers.push(plain(name::WORK, work));
        }
        if let Some(invite) = self.invite.as_ref().filter(|_| self.sends_invite) {
            headers.push((name::INVITE, invite.clone()));
        }
    }

    /// Pays after a refusal, so that the request can be repeated. Gives back what paying does not mend.
    pub(crate) async fn after<T: Transport, P: Pause, W: Watch>(
        &mut self,
        context: &Context<'_, T, P, W>,
        error: Error,
    ) -> Result<(), Error> {
        match error {
            Error::Refused(problem) if problem.code == Code::WorkRequired && self.payments < PAYMENTS_MAX => {
                self.payments += 1;
                self.pay(context, problem).await
            }
            Error::InviteRequired if self.invite.is_some() => Err(Error::InviteRefused { left: None }),
            error => Err(error),
        }
    }

    /// An invite spares the work; where it does not hold, there is still the work.
    async fn pay<T: Transport, P: Pause, W: Watch>(
        &mut self,
        context: &Context<'_, T, P, W>,
        problem: Box<Problem>,
    ) -> Result<(), Error> {
        if self.invite.is_some() && !self.sends_invite {
            self.sends_invite = true;
            return Ok(());
        }
        let solved = match &problem.work {
            Some(asked) => work::solve(context, asked).await,
            None => None,
        };
        self.work = Some(solved.ok_or(Error::Refused(problem))?);
        Ok(())
    }
}
