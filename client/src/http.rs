//! Requests and answers of the API, below the flows.

use satchel_api::{Code, Problem, route};
use satchel_crypto::PasteId;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::backoff::Backoff;
use crate::json::{Fault, parse};
use crate::told::Told;
use crate::{Answer, Body, Context, Error, Pause, Request, Transport, Watch};

/// No JSON of the API is longer: a document's receipt with a thousand links takes half of it.
const JSON_LEN_MAX: usize = 1024 * 1024;

/// `Authorization: Bearer TOKEN`.
pub(crate) fn bearer(token: &Zeroizing<String>) -> (&'static str, Zeroizing<String>) {
    ("authorization", Zeroizing::new(["Bearer ", token].concat()))
}

/// A header without a secret in it.
pub(crate) fn plain(name: &'static str, value: &str) -> (&'static str, Zeroizing<String>) {
    (name, Zeroizing::new(value.to_owned()))
}

/// `number` in digits. `to_string` brings the machinery of formatting into the page's WebAssembly, and nothing else there needs it.
pub(crate) fn decimal(number: u64) -> String {
    let mut text = if number < 10 {
        String::new()
    } else {
        decimal(number / 10)
    };
    text.extend(
        u32::try_from(number % 10)
            .ok()
            .and_then(|digit| char::from_digit(digit, 10)),
    );
    text
}

pub(crate) type Headers = Vec<(&'static str, Zeroizing<String>)>;

impl<T: Transport, P: Pause, W: Watch> Context<'_, T, P, W> {
    /// One request to `pattern` with `id` in it. Only success is `Ok`.
    pub(crate) async fn send(
        &self,
        method: &'static str,
        pattern: &str,
        id: &PasteId,
        headers: Headers,
        body: Option<&[u8]>,
    ) -> Result<Answer<T::Body>, Error> {
        self.send_to(method, &route::of(pattern, &id.encode()), headers, body)
            .await
    }

    /// One request to `path`. Only success is `Ok`.
    pub(crate) async fn send_to(
        &self,
        method: &'static str,
        path: &str,
        headers: Headers,
        body: Option<&[u8]>,
    ) -> Result<Answer<T::Body>, Error> {
        let url = [self.base.as_str(), path].concat();
        let request = Request {
            method,
            url,
            headers,
            body,
        };
        let answer = self.transport.send(request).await.map_err(|_| Error::Unreachable)?;
        if (200..300).contains(&answer.status) {
            Ok(answer)
        } else {
            Err(failure(answer, method == "HEAD").await)
        }
    }

    /// A request that may be repeated at will, until it is answered.
    pub(crate) async fn send_until_answered(
        &self,
        method: &'static str,
        pattern: &str,
        id: &PasteId,
        headers: impl Fn() -> Headers,
    ) -> Result<Answer<T::Body>, Error> {
        let mut backoff = Backoff::default();
        loop {
            match self.send(method, pattern, id, headers(), None).await {
                Ok(answer) => return Ok(answer),
                Err(error) => backoff.wait(self, error).await?,
            }
        }
    }

    /// As [`send_until_answered`](Self::send_until_answered), until the JSON of the answer is there.
    pub(crate) async fn ask<A: Told>(
        &self,
        method: &'static str,
        pattern: &str,
        id: &PasteId,
        headers: impl Fn() -> Headers,
    ) -> Result<A, Error> {
        let mut backoff = Backoff::default();
        loop {
            let tried = match self.send(method, pattern, id, headers(), None).await {
                Ok(answer) => json(answer).await,
                Err(error) => Err(error),
            };
            match tried {
                Ok(told) => return Ok(told),
                Err(error) => backoff.wait(self, error).await?,
            }
        }
    }
}

impl<T: Transport, P: Pause, W: Watch> Context<'_, T, P, W> {
    /// A `POST` of JSON that may be repeated, until the JSON of the answer is there.
    pub(crate) async fn tell<A: Told>(
        &self,
        pattern: &str,
        id: &PasteId,
        token: &Zeroizing<String>,
        what: &impl Serialize,
    ) -> Result<A, Error> {
        let body = serde_json::to_vec(what).map_err(|_| Error::Write)?;
        let mut backoff = Backoff::default();
        loop {
            let headers = vec![bearer(token), plain("content-type", "application/json")];
            let tried = match self.send("POST", pattern, id, headers, Some(&body)).await {
                Ok(answer) => json(answer).await,
                Err(error) => Err(error),
            };
            match tried {
                Ok(told) => return Ok(told),
                Err(error) => backoff.wait(self, error).await?,
            }
        }
    }
}

impl<B> Answer<B> {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// A header's value as a decimal number.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.header(name)?.parse().ok()
    }
}

/// The JSON of a successful answer.
pub(crate) async fn json<A: Told>(answer: Answer<impl Body>) -> Result<A, Error> {
    let status = answer.status;
    let text = read_short(answer.body).await.ok_or(Error::Unreachable)?;
    parse(&text).map_err(|fault| match fault {
        Fault::Cut => Error::Unreachable,
        Fault::Shape => Error::BadAnswer { status },
    })
}

async fn read_short(mut body: impl Body) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    while let Some(bytes) = body.next().await.ok()? {
        text.extend_from_slice(&bytes);
        if text.len() > JSON_LEN_MAX {
            return None;
        }
    }
    Some(text)
}

/// What an error answer means.
async fn failure(answer: Answer<impl Body>, is_head: bool) -> Error {
    let status = answer.status;
    let (retry_after, announced) = (answer.number("retry-after"), answer.number("content-length"));
    let Some(text) = read_short(answer.body).await else {
        return Error::Unreachable;
    };
    if text.is_empty() {
        // An answer to HEAD has no body: the status is all there is. Else the body was cut off, or is another server's.
        return match (status, is_head) {
            (404, true) => Error::NotFound,
            (410, true) => Error::Burned {
                burned: None,
                burned_at: None,
            },
            (_, false) if announced.is_some_and(|len| len > 0) => Error::Unreachable,
            _ => Error::BadAnswer { status },
        };
    }
    match parse::<Problem>(&text) {
        Ok(mut problem) => {
            problem.retry_after = problem.retry_after.or(retry_after);
            Error::from(problem)
        }
        Err(Fault::Cut) => Error::Unreachable,
        Err(Fault::Shape) => Error::BadAnswer { status },
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        match problem.code {
            Code::NotFound => Self::NotFound,
            Code::Burned => Self::Burned {
                burned: problem.burned,
                burned_at: problem.burned_at,
            },
            Code::LeaseEnded => Self::LeaseEnded,
            Code::WrongPassphrase => Self::WrongPassphrase {
                tries_left: problem.tries_left,
            },
            Code::Wait => Self::Wait {
                retry_after: problem.retry_after.unwrap_or(0),
            },
            Code::TooLarge => match problem.limit {
                Some(limit) => Self::TooLarge { limit },
                None => Self::Refused(Box::new(problem)),
            },
            Code::InviteRequired => match problem.limit {
                None => Self::InviteRequired,
                left => Self::InviteRefused { left },
            },
            Code::PolicyNotAllowed if problem.field.as_deref() == Some("reads_left") => Self::ReadsNotFewer {
                most: problem.limit.unwrap_or(0),
            },
            _ => Self::Refused(Box::new(problem)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_they_are_elsewhere() {
        for number in [0, 1, 9, 10, 99, 100, 1_000_000, u64::MAX - 1, u64::MAX] {
            assert_eq!(decimal(number), number.to_string());
        }
    }
}
