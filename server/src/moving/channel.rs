//! The connection: Noise with a key that both sides have, over TCP. Who has not got that key learns nothing, and is told nothing.
//!
//! ```text
//! opening  = "satmove" || version (1)                                                        each way, in clear
//! sealed   = len (2) || Noise message, `Noise_NNpsk0_25519_ChaChaPoly_SHA256`, the opening as prologue
//! frame    = kind (1: 0 JSON, 1 batch) || len (4) || bytes                                   over as many sealed messages as it takes
//! ```

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;
use snow::{Builder, HandshakeState, TransportState};
use zeroize::{Zeroize as _, Zeroizing};

use super::key::MoveKey;
use crate::store::moving::BATCH_BYTES_MAX;

const OPENING: [u8; 8] = *b"satmove\x01";
const PATTERN: &str = "Noise_NNpsk0_25519_ChaChaPoly_SHA256";
/// The longest Noise message.
const SEALED_LEN_MAX: usize = 65_535;
const TAG_LEN: usize = 16;
const PLAIN_LEN_MAX: usize = SEALED_LEN_MAX - TAG_LEN;
const JSON_LEN_MAX: usize = 16 * 1024;
const HEAD_LEN: usize = 5;
/// Until both know each other.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(15);
/// Without a byte.
const SILENCE: Duration = Duration::from_secs(120);

/// Why a connection is of no more use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// It speaks something else.
    #[error("nobody there receives a move: is it the address of `satchel-server receive`?")]
    Stranger,
    /// It speaks another version of this.
    #[error("the other side is another version: use the same version of satchel-server on both machines")]
    Version,
    /// The key is another.
    #[error("the move key is not the one of the other side")]
    Key,
    /// Bytes that nobody with the key sends.
    #[error("what came is not what the other side sent")]
    Wrong,
    /// It broke off.
    #[error("the connection broke off: {0}")]
    Cut(#[from] io::Error),
}

/// A frame.
pub(super) enum Frame {
    Json(Vec<u8>),
    Batch(Zeroizing<Vec<u8>>),
}

impl Frame {
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Broken> {
        match self {
            Self::Json(bytes) => serde_json::from_slice(bytes).map_err(|_| Broken::Wrong),
            Self::Batch(_) => Err(Broken::Wrong),
        }
    }
}

pub(super) struct Channel {
    stream: TcpStream,
    noise: TransportState,
    sealed: Vec<u8>,
    /// Opened, and not handed out from `at` on.
    plain: Zeroizing<Vec<u8>>,
    at: usize,
    /// To be sealed.
    out: Zeroizing<Vec<u8>>,
}

impl Channel {
    /// The old side's: it calls.
    pub(super) fn call(stream: TcpStream, key: &MoveKey) -> Result<Self, Broken> {
        let mut early = Early::of(stream, HANDSHAKE)?;
        greeted(&mut early)?;
        let mut noise = builder(key)?.build_initiator().map_err(|_| Broken::Key)?;
        say(&mut early, &mut noise)?;
        hear(&mut early, &mut noise)?;
        Self::over(early, noise)
    }

    /// The new side's: it answers. Its opening is said at once, so that who is of another version learns that.
    pub(super) fn answer(stream: TcpStream, key: &MoveKey, handshake: Duration) -> Result<Self, Broken> {
        let mut early = Early::of(stream, handshake)?;
        greeted(&mut early)?;
        let mut noise = builder(key)?.build_responder().map_err(|_| Broken::Key)?;
        hear(&mut early, &mut noise)?;
        say(&mut early, &mut noise)?;
        Self::over(early, noise)
    }

    /// What comes next is the first that is said: for that, too, there is only so much time.
    fn over(early: Early, noise: HandshakeState) -> Result<Self, Broken> {
        early.stream.set_read_timeout(Some(early.within))?;
        Ok(Self {
            stream: early.stream,
            noise: noise.into_transport_mode().map_err(|_| Broken::Key)?,
            sealed: vec![0; 2 + SEALED_LEN_MAX],
            plain: Zeroizing::new(Vec::with_capacity(PLAIN_LEN_MAX)),
            at: 0,
            out: Zeroizing::new(Vec::with_capacity(PLAIN_LEN_MAX)),
        })
    }

    /// Both know each other: from now on there is more patience.
    pub(super) fn is_known(&self) -> Result<(), Broken> {
        self.wait_for(SILENCE)
    }

    pub(super) fn wait_for(&self, patience: Duration) -> Result<(), Broken> {
        self.stream.set_write_timeout(Some(SILENCE))?;
        Ok(self.stream.set_read_timeout(Some(patience))?)
    }

    /// The last word was said. What is still on its way is taken and thrown away: a connection that is closed before it, takes that word along.
    pub(super) fn part(&mut self) {
        let until = Instant::now() + SILENCE;
        let _ = self.stream.shutdown(Shutdown::Write);
        let _ = self.stream.set_read_timeout(Some(HANDSHAKE));
        while Instant::now() < until && matches!(self.stream.read(&mut self.sealed), Ok(1..)) {}
    }

    /// The same connection, to end it from elsewhere.
    pub(super) fn handle(&self) -> Result<TcpStream, Broken> {
        Ok(self.stream.try_clone()?)
    }

    pub(super) fn say(&mut self, what: &impl Serialize) -> Result<(), Broken> {
        let bytes = serde_json::to_vec(what).map_err(io::Error::from)?;
        self.send(0, &bytes)
    }

    pub(super) fn batch(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        self.send(1, bytes)
    }

    fn send(&mut self, kind: u8, bytes: &[u8]) -> Result<(), Broken> {
        let len = u32::try_from(bytes.len()).map_err(|_| Broken::Wrong)?;
        self.out.push(kind);
        self.out.extend(len.to_be_bytes());
        let mut left = bytes;
        loop {
            let take = left.len().min(PLAIN_LEN_MAX - self.out.len());
            let (now, later) = left.split_at(take);
            self.out.extend(now);
            left = later;
            self.seal()?;
            if left.is_empty() {
                return Ok(());
            }
        }
    }

    fn seal(&mut self) -> Result<(), Broken> {
        let len = self
            .noise
            .write_message(&self.out, &mut self.sealed[2..])
            .map_err(|_| Broken::Wrong)?;
        self.out.zeroize();
        let short = u16::try_from(len).map_err(|_| Broken::Wrong)?;
        self.sealed[..2].copy_from_slice(&short.to_be_bytes());
        Ok(self.stream.write_all(&self.sealed[..2 + len])?)
    }

    pub(super) fn hear(&mut self) -> Result<Frame, Broken> {
        let mut head = [0; HEAD_LEN];
        self.take(&mut head)?;
        let [kind, len @ ..] = head;
        let len = usize::try_from(u32::from_be_bytes(len)).map_err(|_| Broken::Wrong)?;
        match kind {
            0 if len <= JSON_LEN_MAX => {
                let mut bytes = vec![0; len];
                self.take(&mut bytes)?;
                Ok(Frame::Json(bytes))
            }
            1 if len <= BATCH_BYTES_MAX => {
                let mut bytes = Zeroizing::new(vec![0; len]);
                self.take(&mut bytes)?;
                Ok(Frame::Batch(bytes))
            }
            _ => Err(Broken::Wrong),
        }
    }

    fn take(&mut self, mut into: &mut [u8]) -> Result<(), Broken> {
        while !into.is_empty() {
            if self.at == self.plain.len() {
                self.open_next()?;
            }
            let take = into.len().min(self.plain.len() - self.at);
            let (now, later) = into.split_at_mut(take);
            now.copy_from_slice(&self.plain[self.at..self.at + take]);
            self.at += take;
            into = later;
        }
        Ok(())
    }

    fn open_next(&mut self) -> Result<(), Broken> {
        let mut len = [0; 2];
        self.stream.read_exact(&mut len)?;
        let sealed = &mut self.sealed[..usize::from(u16::from_be_bytes(len))];
        self.stream.read_exact(sealed)?;
        self.plain.zeroize();
        self.plain.resize(sealed.len(), 0);
        let opened = self.noise.read_message(sealed, &mut self.plain);
        let opened = opened.map_err(|_| Broken::Wrong)?;
        self.plain.truncate(opened);
        self.at = 0;
        Ok(())
    }
}

fn builder(key: &MoveKey) -> Result<Builder<'_>, Broken> {
    let pattern = PATTERN.parse().map_err(|_| Broken::Key)?;
    let builder = Builder::new(pattern).psk(0, key.expose());
    builder
        .and_then(|builder| builder.prologue(&OPENING))
        .map_err(|_| Broken::Key)
}

/// A connection before both know each other: all of that is over in time, however slowly the bytes come.
struct Early {
    stream: TcpStream,
    within: Duration,
    until: Instant,
}

impl Early {
    fn of(stream: TcpStream, within: Duration) -> Result<Self, Broken> {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(within))?;
        let until = Instant::now() + within;
        Ok(Self { stream, within, until })
    }

    fn fill(&mut self, mut into: &mut [u8]) -> io::Result<()> {
        while !into.is_empty() {
            let left = self.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.stream.set_read_timeout(Some(left))?;
            match self.stream.read(into)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                len => into = &mut into[len..],
            }
        }
        Ok(())
    }
}

fn greeted(early: &mut Early) -> Result<(), Broken> {
    early.stream.write_all(&OPENING)?;
    let mut opening = [0; OPENING.len()];
    early.fill(&mut opening).map_err(|_| Broken::Stranger)?;
    match opening {
        OPENING => Ok(()),
        [ours @ .., _] if ours == OPENING[..7] => Err(Broken::Version),
        _ => Err(Broken::Stranger),
    }
}

/// A message of the handshake, which holds nothing but keys.
fn say(early: &mut Early, noise: &mut HandshakeState) -> Result<(), Broken> {
    let mut message = [0; 128];
    let len = noise.write_message(&[], &mut message[2..]).map_err(|_| Broken::Key)?;
    let short = u16::try_from(len).map_err(|_| Broken::Key)?;
    message[..2].copy_from_slice(&short.to_be_bytes());
    Ok(early.stream.write_all(&message[..2 + len])?)
}

/// Whoever has another key hangs up here.
fn hear(early: &mut Early, noise: &mut HandshakeState) -> Result<(), Broken> {
    let mut message = [0; 126];
    let mut len = [0; 2];
    early.fill(&mut len).map_err(|_| Broken::Key)?;
    let len = usize::from(u16::from_be_bytes(len));
    let message = message.get_mut(..len).ok_or(Broken::Stranger)?;
    early.fill(message).map_err(|_| Broken::Key)?;
    noise.read_message(message, &mut []).map_err(|_| Broken::Key)?;
    Ok(())
}
