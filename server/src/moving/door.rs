//! Who calls the new side: only who has the key comes in, and of those one at a time.

use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::channel::{Broken, Channel};
use super::key::MoveKey;
use super::progress::Voice;
use super::said::{Answer, Refusal, Said};
use crate::store::moving::MoveId;

/// Callers whose key is looked at, at once.
const AT_ONCE: usize = 16;

/// Somebody with the key, and what they said first.
pub(super) struct Caller {
    pub(super) channel: Channel,
    pub(super) said: Said,
}

/// What is waited for.
pub(super) enum Knock {
    Caller(Box<Caller>),
    /// Nobody comes any more.
    Closed,
}

/// Whose connection is being served, to end it when the same one comes again: its old connection may hang for long.
#[derive(Clone, Default)]
pub(super) struct Served {
    by: Arc<Mutex<Option<(MoveId, TcpStream)>>>,
    closed: Arc<AtomicBool>,
    waiting: Arc<Mutex<Option<Sender<Knock>>>>,
}

impl Served {
    fn enter(&self, id: MoveId, channel: &Channel) -> Result<(), Refusal> {
        let mut served = self.by.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_closed() {
            return Err(Refusal::Failed);
        }
        match &*served {
            Some((other, _)) if *other != id => return Err(Refusal::OtherMove),
            Some((_, stream)) => drop(stream.shutdown(Shutdown::Both)),
            None => {}
        }
        *served = Some((id, channel.handle().map_err(|_| Refusal::Failed)?));
        Ok(())
    }

    /// Nobody is being served.
    pub(super) fn leave(&self) {
        *self.by.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Lets nobody in any more, ends the connection that is being served, and wakes who waits for another.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        let served = self.by.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, stream)) = &*served {
            // Whatever is said there, nobody hears it.
            let _ = stream.shutdown(Shutdown::Both);
        }
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = &*waiting {
            // Nobody waits: then there is nobody to wake.
            let _ = waiting.send(Knock::Closed);
        }
    }

    /// From now on somebody waits.
    fn wait(&self, callers: &Sender<Knock>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_closed() {
            let _ = callers.send(Knock::Closed);
        }
        *waiting = Some(callers.clone());
    }
}

/// How callers are met.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    /// Until both know each other.
    pub(super) handshake: Duration,
    pub(super) voice: Voice,
}

/// Lets callers in, from now on.
pub(super) fn open(listener: TcpListener, key: MoveKey, served: Served, manner: Manner) -> Receiver<Knock> {
    let (callers, inbox) = channel();
    served.wait(&callers);
    let (key, room) = (Arc::new(key), Arc::new(AtomicUsize::new(0)));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            if served.is_closed() {
                return;
            }
            let Ok(stream) = stream else {
                // Too many open files: better later than in a busy loop.
                std::thread::sleep(Duration::from_millis(100));
                continue;
            };
            if room.load(Ordering::Relaxed) >= AT_ONCE {
                continue;
            }
            room.fetch_add(1, Ordering::Relaxed);
            let (key, callers, served, room) = (Arc::clone(&key), callers.clone(), served.clone(), Arc::clone(&room));
            std::thread::spawn(move || {
                meet(stream, &key, (&callers, &served), manner);
                room.fetch_sub(1, Ordering::Relaxed);
            });
        }
    });
    inbox
}

fn meet(stream: TcpStream, key: &MoveKey, (callers, served): (&Sender<Knock>, &Served), manner: Manner) {
    let mut channel = match Channel::answer(stream, key, manner.handshake) {
        Ok(channel) => channel,
        Err(Broken::Key) => return manner.voice.note("somebody called who has another key, or none"),
        Err(_) => return,
    };
    let Ok(said) = channel.hear().and_then(|frame| frame.json::<Said>()) else {
        return;
    };
    let id = match &said {
        Said::Hello(hello) => hello.id(),
        Said::TakeBack(id) => *id,
        _ => return,
    };
    match served.enter(id, &channel) {
        Ok(()) => drop(callers.send(Knock::Caller(Box::new(Caller { channel, said })))),
        // Whoever went away has no need of the answer.
        Err(refusal) => drop(channel.say(&Answer::Refused(refusal))),
    }
}
