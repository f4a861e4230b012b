//! Who calls the new side: only who has the key comes in, and of those one at a time.

use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::channel::{Broken, Channel};
use super::key::MoveKey;
use super::progress::note;
use super::said::{Answer, Refusal, Said};
use crate::store::moving::MoveId;

/// Callers whose key is looked at, at once.
const AT_ONCE: usize = 16;

/// Somebody with the key, and what they said first.
pub(super) struct Caller {
    pub(super) channel: Channel,
    pub(super) said: Said,
}

/// Whose connection is being served, to end it when the same one comes again: its old connection may hang for long.
#[derive(Clone, Default)]
pub(super) struct Served(Arc<Mutex<Option<(MoveId, TcpStream)>>>);

impl Served {
    fn enter(&self, id: MoveId, channel: &Channel) -> Result<(), Refusal> {
        let mut served = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Lets callers in, from now on.
pub(super) fn open(listener: TcpListener, key: MoveKey, served: Served) -> Receiver<Caller> {
    let (callers, inbox) = channel();
    let (key, room) = (Arc::new(key), Arc::new(AtomicUsize::new(0)));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else {
                // Too many open files: better later than in a busy loop.
                std::thread::sleep(std::time::Duration::from_millis(100));
                continue;
            };
            if room.load(Ordering::Relaxed) >= AT_ONCE {
                continue;
            }
            room.fetch_add(1, Ordering::Relaxed);
            let (key, callers, served, room) = (Arc::clone(&key), callers.clone(), served.clone(), Arc::clone(&room));
            std::thread::spawn(move || {
                meet(stream, &key, &callers, &served);
                room.fetch_sub(1, Ordering::Relaxed);
            });
        }
    });
    inbox
}

fn meet(stream: TcpStream, key: &MoveKey, callers: &Sender<Caller>, served: &Served) {
    let mut channel = match Channel::answer(stream, key) {
        Ok(channel) => channel,
        Err(Broken::Key) => return note("somebody called who has another key, or none"),
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
        Ok(()) => drop(callers.send(Caller { channel, said })),
        // Whoever went away has no need of the answer.
        Err(refusal) => drop(channel.say(&Answer::Refused(refusal))),
    }
}
