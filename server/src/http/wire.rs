//! A connection whose bare protocol errors become problem documents.
//!
//! actix-http answers what it cannot parse, and heads that come too slowly or too large, by itself and with an empty body, below any
//! middleware. Such an answer is one small write on a connection with nothing else under way; only then is it exchanged.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use satchel_api::{Code, Problem, problem};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::connections::Connected;
use super::head::Head;
use crate::tls::Stream;

/// A request's head must be there within this.
pub const HEAD: Duration = Duration::from_secs(15);
/// Who takes nothing of an answer for so long is not waited for; a lease goes on over another connection.
const STALLED: Duration = Duration::from_secs(120);
/// Less than this in that time counts as nothing.
const TAKEN_LEAST: usize = 4096;
/// Who sends nothing for so long, after an answer that may not have waited for all of a body, sends no more of it. The dispatcher reads a chunked
/// one to its end, however long that takes; a connection that is merely kept it closes after as long.
const SILENT: Duration = super::body::IDLE;
/// Bytes that are read before the request that they belong to has its turn.
const TURN_LEN: usize = 32 * 1024;
/// After a refusal of ours, so long and so far is read on, so that its reader gets to see it.
const LINGER: Duration = Duration::from_secs(2);

/// Whether an answer of ours is under way on this connection.
#[derive(Clone, Default)]
pub struct Line(Rc<Progress>);

#[derive(Default)]
struct Progress {
    running: Cell<usize>,
    unflushed: Cell<bool>,
    /// There was a request before: the dispatcher looks at the time for the first head alone.
    before: Cell<bool>,
    /// Requests so far.
    requests: Cell<u32>,
    /// Some of a further request's head has come.
    arrived: Cell<bool>,
    /// The last one has a body, so that what comes next may be a part of it.
    bodied: Cell<bool>,
    /// Its request waits for something else than its body: what comes meanwhile is left to the system, which bounds it.
    held: Cell<bool>,
    /// Who reads, when it may again.
    reader: Cell<Option<Waker>>,
}

impl Line {
    /// A request reached us; until the guard is dropped and the answer flushed, nothing is exchanged.
    #[must_use]
    pub fn begin(&self, has_body: bool) -> Answering {
        self.0.bodied.set(has_body);
        self.0.held.set(has_body);
        self.0.running.set(self.0.running.get() + 1);
        self.0.unflushed.set(true);
        self.0.before.set(true);
        self.0.requests.set(self.0.requests.get().saturating_add(1));
        self.0.arrived.set(false);
        Answering(self.clone())
    }

    /// Whether it has made so many requests, or more.
    #[must_use]
    pub fn has_made(&self, requests: u32) -> bool {
        self.0.requests.get() >= requests
    }

    /// The request waits for its body, until [`wait`](Self::wait).
    pub(super) fn want(&self) {
        self.0.held.set(false);
        if let Some(reader) = self.0.reader.take() {
            reader.wake();
        }
    }

    /// The request waits for something else.
    pub(super) fn wait(&self) {
        self.0.held.set(self.0.bodied.get() && self.0.running.get() > 0);
    }

    fn is_held(&self, cx: &Context<'_>) -> bool {
        if self.0.held.get() {
            self.0.reader.set(Some(cx.waker().clone()));
        }
        self.0.held.get()
    }

    fn is_quiet(&self) -> bool {
        self.0.running.get() == 0 && !self.0.unflushed.get()
    }

    fn read(&self) {
        if self.0.before.get() && self.is_quiet() {
            self.0.arrived.set(true);
        }
    }

    fn waits_for_head(&self) -> bool {
        self.0.arrived.get() && self.is_quiet()
    }

    fn may_wait_for_body(&self) -> bool {
        self.0.bodied.get() && self.is_quiet()
    }

    fn flushed(&self) {
        if self.0.running.get() == 0 {
            self.0.unflushed.set(false);
        }
    }
}

/// Held while an answer is made and sent.
pub struct Answering(Line);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.0.running.set(self.0.0.running.get().saturating_sub(1));
        self.0.want();
    }
}

/// A connection that watches what is written.
pub struct Wire {
    io: Stream,
    line: Line,
    instead: Option<(Vec<u8>, usize)>,
    head: Option<Pin<Box<Sleep>>>,
    silent: Option<Pin<Box<Sleep>>>,
    stalled: Option<Pin<Box<Sleep>>>,
    /// What was taken since the timer ran.
    taken: usize,
    /// Counted as long as it is open.
    _connected: Connected,
    /// What came of the head after so many requests.
    looked_at: (u32, Head),
    /// Refused: nothing of what comes is handed on.
    refused: Option<Pin<Box<Sleep>>>,
    /// What was read in this turn.
    turn: usize,
}

impl Wire {
    /// Wraps an accepted connection.
    #[must_use]
    pub(crate) fn new(io: Stream, connected: Connected) -> Self {
        Self {
            io,
            line: Line::default(),
            instead: None,
            head: None,
            silent: None,
            stalled: None,
            taken: 0,
            _connected: connected,
            looked_at: (0, Head::default()),
            refused: None,
            turn: 0,
        }
    }

    /// For the requests of this connection.
    #[must_use]
    pub fn line(&self) -> Line {
        self.line.clone()
    }

    /// A head, as far as it is sure to be one: nothing is under way, and no body is still to come.
    fn look_at_head(&mut self, bytes: &[u8]) -> Result<(), Code> {
        if !self.line.is_quiet() || self.line.0.bodied.get() {
            return Ok(());
        }
        let begun = self.line.0.requests.get();
        if self.looked_at.0 != begun {
            self.looked_at = (begun, Head::default());
        }
        self.looked_at.1.take(bytes)
    }

    /// Reads and forgets until the other side is done or the time is up; then the end.
    fn linger(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut scratch = [0; 4096];
        loop {
            let mut forgotten = ReadBuf::new(&mut scratch);
            match Pin::new(&mut self.io).poll_read(cx, &mut forgotten) {
                Poll::Ready(Ok(())) if !forgotten.filled().is_empty() => {}
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => break,
            }
        }
        match &mut self.refused {
            Some(timer) => timer.as_mut().poll(cx).map(Ok),
            None => Poll::Pending,
        }
    }

    /// What was read; the end where nothing comes of a body that nobody waits for.
    fn unless_silent(&mut self, cx: &mut Context<'_>, read: Poll<io::Result<()>>) -> Poll<io::Result<()>> {
        if read.is_ready() || !self.line.may_wait_for_body() {
            self.silent = None;
            return read;
        }
        let timer = self.silent.get_or_insert_with(|| Box::pin(sleep(SILENT)));
        timer.as_mut().poll(cx).map(Ok)
    }

    /// Nothing goes out: for a while that is waited for.
    fn until_stalled<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if self.stalled.is_none() {
            self.taken = 0;
        }
        let timer = self.stalled.get_or_insert_with(|| Box::pin(sleep(STALLED)));
        timer.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    fn exchange_or_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.instead.is_none() && self.line.is_quiet() {
            self.instead = bare_error(bytes).map(|code| (document(code), 0));
        }
        let Some((answer, written)) = &mut self.instead else {
            return Pin::new(&mut self.io).poll_write(cx, bytes);
        };
        while let Some(rest) = answer.get(*written..).filter(|rest| !rest.is_empty()) {
            match Pin::new(&mut self.io).poll_write(cx, rest) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => *written += count,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
        self.instead = None;
        Poll::Ready(Ok(bytes.len()))
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.refused.is_some() {
            return self.linger(cx);
        }
        if self.line.is_held(cx) {
            return Poll::Pending;
        }
        if self.turn >= TURN_LEN {
            self.turn = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.io).poll_read(cx, buffer);
        self.turn = if read.is_pending() {
            0
        } else {
            self.turn + buffer.filled().len() - before
        };
        if let Some(bytes) = buffer.filled().get(before..).filter(|bytes| !bytes.is_empty()) {
            if let Err(code) = self.look_at_head(bytes) {
                self.io.put(cx, &document(code));
                buffer.set_filled(before);
                self.refused = Some(Box::pin(sleep(LINGER)));
                return self.linger(cx);
            }
            self.line.read();
        }
        if !self.line.waits_for_head() {
            self.head = None;
            return self.unless_silent(cx, read);
        }
        let timer = self.head.get_or_insert_with(|| Box::pin(sleep(HEAD)));
        if read.is_pending() && timer.as_mut().poll(cx).is_ready() {
            // As the dispatcher does with the first: an answer, as far as it goes out at once, and the end.
            self.io.put(cx, &document(Code::RequestTimeout));
            return Poll::Ready(Ok(()));
        }
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let wrote = this.exchange_or_write(cx, bytes);
        if let Poll::Ready(wrote) = wrote {
            // A byte now and then is not taking.
            this.taken = this.taken.saturating_add(*wrote.as_ref().unwrap_or(&0));
            if this.taken >= TAKEN_LEAST {
                this.stalled = None;
            }
            return Poll::Ready(wrote);
        }
        this.until_stalled(cx)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(cx);
        if flushed.is_pending() {
            // TLS has taken the bytes, and the other side has not.
            return self.until_stalled(cx);
        }
        // The dispatcher flushes once its buffer is empty.
        self.line.flushed();
        self.stalled = None;
        // The dispatcher has read before it answered, and does so again when something comes, or when this timer runs.
        let _ = self.unless_silent(cx, Poll::Pending);
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.io).poll_shutdown(cx) {
            Poll::Pending => self.until_stalled(cx),
            done => done,
        }
    }
}

/// The dispatcher's own answers are a head alone, with `content-length: 0`; none of ours with such a status is.
fn bare_error(bytes: &[u8]) -> Option<Code> {
    let head = std::str::from_utf8(bytes).ok().filter(|head| head.len() < 512)?;
    let empty = head.ends_with("\r\n\r\n") && head.find("\r\n\r\n") == Some(head.len() - 4);
    if !empty || !head.contains("\r\ncontent-length: 0\r\n") {
        return None;
    }
    match head
        .strip_prefix("HTTP/1.1 ")
        .or_else(|| head.strip_prefix("HTTP/1.0 "))?
        .get(..3)?
    {
        "400" => Some(Code::InvalidRequest),
        "408" => Some(Code::RequestTimeout),
        "431" => Some(Code::HeadersTooLarge),
        "500" => Some(Code::Internal),
        _ => None,
    }
}

fn document(code: Code) -> Vec<u8> {
    let body = serde_json::to_string(&Problem::new(code)).unwrap_or_default();
    let reason = match code {
        Code::RequestTimeout => "Request Timeout",
        Code::HeadersTooLarge => "Request Header Fields Too Large",
        Code::Internal => "Internal Server Error",
        _ => "Bad Request",
    };
    format!(
        "HTTP/1.1 {} {reason}\r\ncontent-type: {}\r\ncontent-length: {}\r\nconnection: close\r\ncache-control: no-store\r\n\
         x-content-type-options: nosniff\r\ncontent-security-policy: default-src 'none'; frame-ancestors 'none'\r\n\
         referrer-policy: no-referrer\r\nx-frame-options: DENY\r\ncross-origin-resource-policy: same-origin\r\n\
         x-robots-tag: noindex\r\n\r\n{body}",
        code.status(),
        problem::MEDIA_TYPE,
        body.len()
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_empty_error_of_the_dispatcher_is_exchanged() {
        let bare = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\ndate: x\r\n\r\n";
        assert_eq!(bare_error(bare), Some(Code::InvalidRequest));
        assert_eq!(
            bare_error(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n"),
            None
        );
        assert_eq!(
            bare_error(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 3\r\n\r\nabc"),
            None
        );
        assert_eq!(
            bare_error(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
            None
        );
    }

    #[test]
    fn a_line_is_quiet_before_the_first_request_and_after_the_flush_of_the_last() {
        let line = Line::default();
        assert!(line.is_quiet());
        let answering = line.begin(false);
        line.flushed();
        assert!(!line.is_quiet());
        drop(answering);
        assert!(!line.is_quiet());
        line.flushed();
        assert!(line.is_quiet());
    }
}
