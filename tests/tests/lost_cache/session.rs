//! What a server is asked while a record is kept, and when: sent, and answered.

use std::path::Path;
use std::sync::Mutex;

use satchel_tests::at_rest::AtRest;
use satchel_tests::documents::{Document, Link};
use satchel_tests::process::Server;
use satchel_tests::shim::Shim;
use satchel_tests::wire::{Keys, Wire};
use satchel_tests::{Dice, noise, random};

const LARGE: usize = 300_000;
pub(crate) const PART: usize = 120_000;
const CLIENTS: usize = 4;
/// Pastes and documents of each client.
const ROUNDS: usize = 12;

/// Moments on the record: before something was sent, after it was answered. `u64::MAX` where it never was.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    sent: u64,
    done: u64,
}

impl Span {
    const NEVER: Self = Self {
        sent: u64::MAX,
        done: u64::MAX,
    };

    fn of(shim: &Shim, act: impl FnOnce()) -> Self {
        let sent = shim.moment();
        act();
        let done = shim.moment();
        Self { sent, done }
    }

    /// Acknowledged before the cut.
    pub(crate) const fn is_done(self, cut: u64) -> bool {
        self.done <= cut
    }

    /// Nothing of it can be on a disk that was cut then.
    pub(crate) const fn is_to_come(self, cut: u64) -> bool {
        self.sent >= cut
    }
}

/// A paste, or a link, for one read.
pub(crate) struct Paste {
    pub(crate) keys: Keys,
    pub(crate) content: Vec<u8>,
    pub(crate) key: [u8; 32],
    /// So much of it, where it came in two pieces.
    pub(crate) part: Span,
    pub(crate) whole: Span,
    pub(crate) claimed: Span,
    pub(crate) lease: [u8; 32],
    pub(crate) burned: Span,
}

impl Paste {
    fn new(keys: Keys, content: Vec<u8>) -> Self {
        Self {
            keys,
            content,
            key: [0; 32],
            part: Span::NEVER,
            whole: Span::NEVER,
            claimed: Span::NEVER,
            lease: random(),
            burned: Span::NEVER,
        }
    }
}

/// One client's session: what it made, and when.
struct Client<'a> {
    shim: &'a Shim,
    wire: Wire,
    data: &'a Path,
    dice: Dice,
}

impl Client<'_> {
    fn make(&self, len: usize, in_pieces: bool) -> Paste {
        let mut paste = Paste::new(Keys::generate(), noise(len));
        let Paste { keys, content, .. } = &paste;
        if in_pieces {
            let part = Span::of(self.shim, || {
                let made = self.wire.create(keys, 1, len, &content[..PART]).unwrap();
                assert_eq!(made.status, 201);
            });
            let whole = Span::of(self.shim, || {
                assert_eq!(self.wire.patch(keys, PART, &content[PART..]).unwrap().status, 204);
            });
            (paste.part, paste.whole) = (part, whole);
        } else {
            paste.whole = Span::of(self.shim, || {
                assert_eq!(self.wire.create(keys, 1, len, content).unwrap().status, 201);
            });
        }
        paste.key = AtRest::read(self.data).item(&paste.keys.id, len).key;
        paste
    }

    fn read(&self, paste: &mut Paste) {
        let Paste {
            keys, content, lease, ..
        } = &*paste;
        let claimed = Span::of(self.shim, || {
            assert!(self.wire.claim(keys, lease).unwrap().body == *content);
        });
        paste.claimed = claimed;
    }

    fn end(&mut self, mut paste: Paste) -> Paste {
        match self.dice.roll(4) {
            0 => {}
            1 => {
                paste.burned = Span::of(self.shim, || {
                    assert_eq!(self.wire.burn(&paste.keys).unwrap().status, 204);
                });
            }
            2 => self.read(&mut paste),
            _ => {
                self.read(&mut paste);
                paste.burned = Span::of(self.shim, || {
                    assert_eq!(self.wire.confirm(&paste.keys, &paste.lease).unwrap().status, 204);
                });
            }
        }
        paste
    }

    /// A document with three links, the last of them made later: what came of each.
    fn share(&mut self) -> Vec<Paste> {
        let len = if self.dice.roll(2) == 0 { LARGE } else { 2000 };
        let (document, payload) = (Document::generate(), noise(len));
        let links: Vec<_> = (0..3).map(|_| Link::generate(1)).collect();
        assert_eq!(self.wire.create_document(&document, &payload).unwrap().status, 201);
        let made = |links: &[Link]| {
            Span::of(self.shim, || {
                assert_eq!(self.wire.make_links(&document, links).unwrap().status, 201);
            })
        };
        let (first, later) = (made(&links[..2]), made(&links[2..]));
        let mut pastes = Vec::new();
        for (link, whole) in links.iter().zip([first, first, later]) {
            let mut paste = Paste::new(link.keys.clone(), [&link.head[..], &payload].concat());
            paste.whole = whole;
            paste.key = AtRest::read(self.data).item(&link.keys.id, link.head.len()).key;
            pastes.push(paste);
        }
        match self.dice.roll(3) {
            0 => {
                let burned = Span::of(self.shim, || {
                    assert_eq!(self.wire.burn_document(&document).unwrap().status, 204);
                });
                pastes.iter_mut().for_each(|paste| paste.burned = burned);
            }
            1 => {
                self.read(&mut pastes[0]);
                pastes[1].burned = Span::of(self.shim, || {
                    assert_eq!(self.wire.burn_link(&document, 2).unwrap().status, 204);
                });
            }
            _ => {
                for (paste, number) in pastes.iter_mut().zip(1..) {
                    paste.burned = Span::of(self.shim, || {
                        assert_eq!(self.wire.burn_link(&document, number).unwrap().status, 204);
                    });
                }
            }
        }
        pastes
    }

    fn play(&mut self) -> Vec<Paste> {
        let mut pastes = Vec::new();
        for round in 0..ROUNDS {
            match round % 4 {
                3 => pastes.extend(self.share()),
                2 => {
                    let paste = self.make(LARGE, round % 8 == 2);
                    pastes.push(self.end(paste));
                }
                _ => {
                    let paste = self.make(1024, false);
                    pastes.push(self.end(paste));
                }
            }
        }
        pastes
    }
}

/// A server's whole life, from an empty folder on, with a clean stop in the middle.
pub(crate) struct Session {
    folder: tempfile::TempDir,
    pub(crate) record: Vec<u8>,
    pub(crate) pastes: Vec<Paste>,
}

impl Session {
    pub(crate) fn play(dice: &mut Dice) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let shim = Shim::recording();
        let pastes = Mutex::new(Vec::new());
        for _ in 0..2 {
            let server = Server::start_behind(&shim, &data);
            std::thread::scope(|scope| {
                for _ in 0..CLIENTS {
                    let dice = Dice::new(dice.roll(u64::MAX));
                    let (shim, data, pastes) = (&shim, &data, &pastes);
                    let wire = Wire::new(server.url());
                    scope.spawn(move || {
                        let mut client = Client { shim, wire, data, dice };
                        let made = client.play();
                        pastes.lock().unwrap().extend(made);
                    });
                }
            });
            drop(server.stop());
        }
        Self {
            record: std::fs::read(shim.record()).unwrap(),
            pastes: pastes.into_inner().unwrap(),
            folder,
        }
    }

    pub(crate) fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }
}
