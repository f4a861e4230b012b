//! Every refusal is a problem document (RFC 9457), with the headers that belong to it.

use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use satchel_api::problem::Work;
use satchel_api::{Code, Problem, header as name, problem};

use crate::report::{Event, say};
use crate::storage::StoreError;

/// A refusal on its way out.
#[derive(Debug)]
pub struct Failure {
    problem: Box<Problem>,
    allow: Option<&'static str>,
    content_size: Option<u64>,
}

impl Failure {
    /// The refusal with nothing to act on.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self::of(Problem::new(code))
    }

    fn of(problem: Problem) -> Self {
        Self {
            problem: Box::new(problem),
            allow: None,
            content_size: None,
        }
    }

    /// `invalid_request`; `field` is a name of the protocol.
    #[must_use]
    pub fn field(field: &str) -> Self {
        Self::of(Problem {
            field: Some(field.to_owned()),
            ..Problem::new(Code::InvalidRequest)
        })
    }

    /// `policy_not_allowed`; `limit` is the bound that was passed.
    #[must_use]
    pub fn policy(field: &str, limit: u64) -> Self {
        Self::of(Problem {
            field: Some(field.to_owned()),
            limit: Some(limit),
            ..Problem::new(Code::PolicyNotAllowed)
        })
    }

    /// `work_required`.
    #[must_use]
    pub fn work(work: Work) -> Self {
        Self::of(Problem {
            work: Some(work),
            ..Problem::new(Code::WorkRequired)
        })
    }

    /// `too_large`; `limit` in bytes.
    #[must_use]
    pub fn too_large(limit: u64) -> Self {
        Self::of(Problem {
            limit: Some(limit),
            ..Problem::new(Code::TooLarge)
        })
    }

    /// `method_not_allowed`, with `Allow`.
    #[must_use]
    pub fn method_not_allowed(allow: &'static str) -> Self {
        Self {
            allow: Some(allow),
            ..Self::new(Code::MethodNotAllowed)
        }
    }

    /// Says when it is worth trying again, in field and header.
    #[must_use]
    pub fn retry_after(mut self, secs: u64) -> Self {
        self.problem.retry_after = Some(secs);
        self
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::new(Code::NotFound),
            StoreError::Burned(tombstone) => Self::of(Problem::burned(tombstone)),
            StoreError::IdTaken => Self::new(Code::IdTaken),
            StoreError::WrongPassphrase {
                tries_left,
                retry_after,
            } => Self::of(Problem {
                tries_left: Some(tries_left),
                retry_after: (retry_after > 0).then_some(retry_after),
                ..Problem::new(Code::WrongPassphrase)
            }),
            StoreError::Wait { retry_after } => Self::new(Code::Wait).retry_after(retry_after),
            StoreError::TooManyLeases { retry_after } => Self::new(Code::TooManyLeases).retry_after(retry_after),
            StoreError::LeaseEnded => Self::new(Code::LeaseEnded),
            StoreError::OffsetMismatch { offset } => Self::of(Problem {
                offset: Some(offset),
                ..Problem::new(Code::OffsetMismatch)
            }),
            StoreError::TooLong { limit } => Self::too_large(limit),
            StoreError::NotFewer { most } => Self::policy("reads_left", u64::from(most)),
            StoreError::TooManyLinks { limit } => Self::policy("links", u64::from(limit)),
            StoreError::TooManyPanics => Self::new(Code::RateLimited).retry_after(5),
            StoreError::Range { size } => Self {
                content_size: Some(size),
                ..Self::new(Code::RangeNotSatisfiable)
            },
            StoreError::InviteRequired { left } => Self::of(Problem {
                limit: left,
                ..Problem::new(Code::InviteRequired)
            }),
            StoreError::StorageFull { limit } => Self::of(Problem {
                limit,
                ..Problem::new(Code::StorageFull)
            }),
            StoreError::Damaged => Self::new(Code::Internal),
            StoreError::Unavailable => Self::new(Code::Unavailable).retry_after(5),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.problem.code.as_str())
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        if self.problem.code == Code::Internal {
            say(Event::Failed);
        }
        let body = serde_json::to_vec(&self.problem).unwrap_or_default();
        let mut response = HttpResponse::new(self.status_code()).set_body(BoxBody::new(body));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(problem::MEDIA_TYPE));
        if let Some(secs) = self.problem.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if let Some(size) = self.content_size
            && let Ok(value) = HeaderValue::from_str(&format!("bytes */{size}"))
        {
            headers.insert(header::CONTENT_RANGE, value);
        }
        if let Some(offset) = self.problem.offset {
            headers.insert(HeaderName::from_static(name::UPLOAD_OFFSET), HeaderValue::from(offset));
        }
        if self.problem.code == Code::TusVersion {
            headers.insert(
                HeaderName::from_static(name::TUS_VERSION),
                HeaderValue::from_static(name::TUS_VERSION_SPOKEN),
            );
        }
        response
    }
}
