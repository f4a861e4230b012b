//! The new side: takes everything, and becomes a server when the old one has let go.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use serde::Serialize;

use super::channel::{Broken, Channel, HANDSHAKE};
use super::door::{self, Caller, Knock, Manner, Served};
use super::error::MoveCommandError;
use super::key::MoveKey;
use super::progress::{Progress, Voice};
use super::said::{Answer, Hello, Refusal, Said, Welcome};
use super::slots;
use crate::config::Settings;
use crate::lifecycle::hour_of;
use crate::serve::{self, Opening};
use crate::storage::Storage as _;
use crate::store::moving::{Landing, MoveId, Site, Standing};
use crate::store::{Clock as _, MoveError, SystemClock};

/// Clocks differ by less.
const CLOCKS_DIFFER_SECS: u64 = 3600;
/// So long the old side may come again to hear the last word.
const LAST_WORD: Duration = Duration::from_secs(60);
/// Room that a store takes besides what comes.
const ROOM_BYTES: u64 = 64 << 20;

/// What was asked for.
pub struct ReceiveOrder<'a> {
    /// Where the key is, or goes; without one it is printed.
    pub key_file: Option<&'a Path>,
    /// The old side is gone for good, and everything is here.
    pub finish: bool,
}

/// What came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Received {
    /// Pastes and unfinished uploads.
    pub items: u64,
    /// Bytes of their containers.
    pub bytes: u64,
    /// The old server knows that this one has everything.
    pub told: bool,
}

impl Received {
    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(
            text,
            "Everything is here: {} pastes, {} bytes. Start the server, and send people here.",
            self.items, self.bytes
        );
        if !self.told {
            text.push_str("The old server may not know that yet: if it says so, start `satchel-server receive` here again before the server.\n");
        }
        text
    }
}

/// Receives until everything is here, or the old side took it back.
///
/// # Errors
/// [`MoveCommandError`].
pub fn receive(settings: &Settings, order: &ReceiveOrder<'_>) -> Result<Received, MoveCommandError> {
    if order.finish {
        let slots = slots(settings)?;
        let mut site = Site::take(&settings.data, &slots)?;
        site.move_in()?;
        return settled(settings, site, false);
    }
    let reception = Reception::open(settings, order.key_file, Voice::Aloud)?;
    Voice::Aloud.note(&format!("ready to receive at {}", reception.address()));
    if order.key_file.is_none() {
        let mut out = io::stdout().lock();
        writeln!(out, "{}", reception.key.line().as_str()).and_then(|()| out.flush())?;
    }
    reception.run()
}

/// The new side, once it listens.
pub(super) struct Reception<'a> {
    settings: &'a Settings,
    site: Site,
    listener: TcpListener,
    address: SocketAddr,
    key: MoveKey,
    served: Served,
    voice: Voice,
}

impl<'a> Reception<'a> {
    pub(super) fn open(
        settings: &'a Settings,
        key_file: Option<&Path>,
        voice: Voice,
    ) -> Result<Self, MoveCommandError> {
        let slots = slots(settings)?;
        let mut site = Site::take(&settings.data, &slots)?;
        if matches!(site.standing(), Some((_, Standing::Released))) {
            site.move_in()?;
        }
        let listener = serve::listen(settings.listen)?;
        let own: PathBuf;
        let path = match key_file {
            Some(path) => path,
            None => {
                own = site.key_path()?;
                &own
            }
        };
        Ok(Self {
            settings,
            site,
            address: listener.local_addr()?,
            listener,
            key: MoveKey::read_or_make(path)?,
            served: Served::default(),
            voice,
        })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What closes the door from elsewhere.
    pub(super) fn door(&self) -> Served {
        self.served.clone()
    }

    pub(super) fn run(self) -> Result<Received, MoveCommandError> {
        let Self {
            settings,
            site,
            listener,
            key,
            served,
            voice,
            ..
        } = self;
        let manner = Manner {
            handshake: HANDSHAKE,
            voice,
        };
        let callers = door::open(listener, key, served.clone(), manner);
        let mut desk = Desk {
            settings,
            site,
            landing: None,
            voice,
        };
        loop {
            let caller = if desk.has_arrived() {
                callers.recv_timeout(LAST_WORD)
            } else {
                callers.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            let caller = match caller {
                Ok(Knock::Caller(caller)) => *caller,
                _ if desk.has_arrived() => return settled(settings, desk.site, false),
                _ => return Err(MoveCommandError::Closed),
            };
            let ended = desk.converse(caller);
            desk.landing = None;
            served.leave();
            match ended? {
                End::Cut(broken) => voice.note(&format!("{broken}; waiting for the old server to come again")),
                End::Refused(refusal) => voice.note(&format!(
                    "somebody with the key was refused: the old server was told \"{refusal}\""
                )),
                End::Told => return settled(settings, desk.site, true),
                End::TakenBack => return Err(MoveCommandError::TakenBack),
            }
        }
    }
}

/// What is to be free for so many bytes of containers.
pub(super) const fn room_for(bytes: u64) -> u64 {
    bytes.saturating_add(bytes / 50).saturating_add(ROOM_BYTES)
}

/// It is a store: what a start looks at is looked at while somebody reads what it says.
fn settled(settings: &Settings, site: Site, told: bool) -> Result<Received, MoveCommandError> {
    if told {
        site.close()?;
    } else {
        drop(site);
    }
    let store = serve::open(settings, Opening::default())?;
    let totals = store.totals();
    store.close();
    Ok(Received {
        items: totals.items,
        bytes: totals.bytes,
        told,
    })
}

/// How a connection ended.
enum End {
    Cut(Broken),
    Refused(Refusal),
    Told,
    TakenBack,
}

struct Desk<'a> {
    settings: &'a Settings,
    site: Site,
    landing: Option<Landing>,
    voice: Voice,
}

impl Desk<'_> {
    fn has_arrived(&self) -> bool {
        matches!(self.site.standing(), Some((_, Standing::Arrived)))
    }

    /// What fails on this side ends it, and the other side is told before.
    fn converse(&mut self, caller: Caller) -> Result<End, MoveCommandError> {
        let Caller { mut channel, said } = caller;
        let done = match said {
            Said::TakeBack(id) => self.taken_back(id, &mut channel),
            Said::Hello(hello) => match self.welcome(&hello) {
                Ok(welcome) => self.listen(&hello, welcome, &mut channel),
                Err(stop) => Err(stop),
            },
            _ => Err(Stop::Broken(Broken::Wrong)),
        };
        match done {
            Ok(end) => Ok(end),
            Err(Stop::Broken(broken)) => Ok(End::Cut(broken)),
            Err(Stop::Refused(refusal)) => {
                let _ = channel.say(&Answer::Refused(refusal));
                Ok(End::Refused(refusal))
            }
            Err(Stop::Failed(error)) => {
                let refusal = match &error {
                    MoveError::NotTheSame => Refusal::NotTheSame,
                    error if error.is_full() => Refusal::Full,
                    _ => Refusal::Failed,
                };
                if channel.say(&Answer::Refused(refusal)).is_ok() {
                    channel.part();
                }
                Err(error.into())
            }
        }
    }

    /// How far this side is with it, or why it takes nothing.
    fn welcome(&mut self, hello: &Hello) -> Result<Welcome, Stop> {
        let standing = self.site.standing();
        if standing.is_some_and(|(id, _)| id != hello.id()) {
            return Err(Stop::Refused(Refusal::OtherMove));
        }
        match standing.map(|(_, standing)| standing) {
            Some(Standing::Released | Standing::Arrived) => return Ok(Welcome::Arrived),
            Some(Standing::Complete) => return Ok(Welcome::Complete),
            Some(Standing::Receiving) | None => {}
        }
        if !hello.origin.is_known() {
            return Err(Stop::Refused(Refusal::Version));
        }
        let now = SystemClock.now();
        let (behind, ahead) = (hello.now.saturating_sub(now), now.saturating_sub(hello.now));
        if behind > CLOCKS_DIFFER_SECS {
            return Err(Stop::Refused(Refusal::Clock { secs: behind }));
        }
        if ahead > CLOCKS_DIFFER_SECS {
            return Err(Stop::Refused(Refusal::ClockAhead { secs: ahead }));
        }
        if standing.is_none() {
            self.has_room(hello)?;
        }
        let landing = Landing::open(&mut self.site, &hello.origin, hour_of(now))?;
        let position = landing.position();
        self.landing = Some(landing);
        Ok(Welcome::At(position))
    }

    fn has_room(&self, hello: &Hello) -> Result<(), Stop> {
        let needed = room_for(hello.bytes);
        let Ok(found) = rustix::fs::statvfs(&self.settings.data) else {
            return Ok(());
        };
        let free = found.f_bavail.saturating_mul(found.f_frsize);
        if free < needed {
            return Err(Stop::Refused(Refusal::Room { free, needed }));
        }
        Ok(())
    }

    fn listen(&mut self, hello: &Hello, welcome: Welcome, channel: &mut Channel) -> Result<End, Stop> {
        channel.is_known()?;
        channel.say(&Answer::Welcome(welcome))?;
        let mut progress = Progress::new(hello.items, hello.bytes, self.voice);
        loop {
            let frame = channel.hear()?;
            if let super::channel::Frame::Batch(bytes) = &frame {
                let landing = self.landing.as_mut().ok_or(Broken::Wrong)?;
                let position = landing.take(&mut self.site, &hello.origin, bytes)?;
                progress.at(&position);
                channel.say(&Answer::Reached(position))?;
                continue;
            }
            match frame.json()? {
                Said::End(whole) => {
                    if let Some(landing) = self.landing.take() {
                        landing.complete(&mut self.site, &hello.origin, &whole)?;
                        self.voice
                            .note("everything is here; waiting for the old server to let go");
                    }
                    channel.say(&Answer::Have)?;
                }
                Said::Release => {
                    if self.landing.is_some() {
                        return Err(Broken::Wrong.into());
                    }
                    self.site.move_in()?;
                    channel.say(&Answer::Done)?;
                }
                Said::Goodbye if self.has_arrived() => return Ok(End::Told),
                _ => return Err(Broken::Wrong.into()),
            }
        }
    }

    /// Nothing is left of it: durable before it is said.
    fn taken_back(&mut self, id: MoveId, channel: &mut Channel) -> Result<End, Stop> {
        let is_ours = match self.site.standing() {
            Some((known, Standing::Receiving | Standing::Complete)) => known == id,
            Some(_) => false,
            // Nothing has come yet, of nobody.
            None => true,
        };
        if !is_ours {
            return Err(Stop::Refused(Refusal::Unknown));
        }
        self.site.empty()?;
        // Who hears nothing of it comes again, or needs no answer.
        let _ = channel.say(&Answer::Dropped);
        Ok(End::TakenBack)
    }
}

/// Why a conversation stops.
enum Stop {
    Broken(Broken),
    Refused(Refusal),
    Failed(MoveError),
}

impl From<Broken> for Stop {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl From<MoveError> for Stop {
    fn from(error: MoveError) -> Self {
        Self::Failed(error)
    }
}
