//! What goes wrong, as the objects of web/src/failure.ts: a stable code, and numbers where a person can act on them.

use satchel_api::{Burned, Problem};
use satchel_client::{AddressError, Error};
use satchel_crypto::{SealError, Verdict};
use wasm_bindgen::JsValue;

use crate::value::{Fields, number};

/// A failure on its way to the page.
pub(crate) struct Failure(JsValue);

impl Failure {
    /// A code with nothing to act on.
    pub(crate) fn new(code: &str) -> Self {
        Self::of(with_code(code))
    }

    fn of(fields: Fields) -> Self {
        Self(fields.into())
    }
}

impl From<Failure> for JsValue {
    fn from(failure: Failure) -> Self {
        failure.0
    }
}

/// What the page itself rejected a call with is a failure already.
impl From<JsValue> for Failure {
    fn from(value: JsValue) -> Self {
        Self(value)
    }
}

impl From<Verdict> for Failure {
    fn from(verdict: Verdict) -> Self {
        Self::new(verdict.word())
    }
}

impl From<AddressError> for Failure {
    fn from(error: AddressError) -> Self {
        match error {
            AddressError::Fragment(verdict) => verdict.into(),
            AddressError::ForeignOrigin(_) => Self::new("foreign_origin"),
            _ => Self::new("malformed_link"),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Verdict(verdict) => verdict.into(),
            Error::Seal(error) => of_sealing(&error),
            Error::NotFound => Self::new("not_found"),
            Error::Burned { burned, burned_at } => Self::of(
                with_code("burned")
                    .with_some("burned", burned.map(burned_word))
                    .with_some("burnedAt", burned_at.map(number)),
            ),
            Error::BeingRead => Self::new("being_read"),
            Error::LeaseEnded => Self::new("lease_ended"),
            Error::WrongPassphrase { tries_left } => {
                Self::of(with_code("wrong_passphrase").with_some("triesLeft", tries_left))
            }
            Error::Wait { retry_after } => Self::of(with_code("wait").with("retryAfter", number(retry_after))),
            Error::TooLarge { limit } | Error::TooLargeHere { limit, .. } => {
                Self::of(with_code("too_large").with("limit", number(limit)))
            }
            Error::ExpiryNotAllowed { max, .. } => Self::of(
                with_code("policy_not_allowed")
                    .with("field", "expires_in")
                    .with("limit", number(max)),
            ),
            Error::ReadsNotAllowed { max } => Self::of(
                with_code("policy_not_allowed")
                    .with("field", "reads")
                    .with("limit", max),
            ),
            Error::LinksNotAllowed { max } => Self::of(
                with_code("policy_not_allowed")
                    .with("field", "links")
                    .with("limit", max),
            ),
            Error::InviteRequired => Self::new("invite_required"),
            Error::InviteRefused { left } => Self::of(with_code("invite_refused").with_some("limit", left.map(number))),
            Error::Refused(problem) => of_problem(&problem),
            Error::Unreachable => Self::new("network"),
            Error::BadAnswer { .. } => Self::new("bad_answer"),
            Error::UnsafeName(_) => Self::new("unusable_document"),
            Error::Read => Self::new("unreadable_file"),
            Error::Write => Self::new("unwritable_output"),
            _ => Self::new("crashed"),
        }
    }
}

fn of_sealing(error: &SealError) -> Failure {
    match error {
        SealError::Key(verdict) => (*verdict).into(),
        SealError::TooLarge => Failure::new("too_large"),
        // The files are not what they were when their sizes were taken.
        SealError::ContentTooLong | SealError::ContentTooShort { .. } => Failure::new("unreadable_file"),
        _ => Failure::new("crashed"),
    }
}

fn of_problem(problem: &Problem) -> Failure {
    Failure::of(
        with_code(problem.code.as_str())
            .with_some("limit", problem.limit.map(number))
            .with_some("retryAfter", problem.retry_after.map(number))
            .with_some("triesLeft", problem.tries_left)
            .with_some("burned", problem.burned.map(burned_word))
            .with_some("burnedAt", problem.burned_at.map(number))
            .with_some("field", problem.field.as_deref()),
    )
}

fn with_code(code: &str) -> Fields {
    Fields::new().with("code", code)
}

/// `Burned` of web/src/failure.ts.
pub(crate) const fn burned_word(burned: Burned) -> &'static str {
    match burned {
        Burned::Reads => "reads",
        Burned::Expiry => "expiry",
        Burned::Demand => "demand",
        Burned::Guessing => "guessing",
    }
}
