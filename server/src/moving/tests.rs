//! Peers that no released program is: of another schema, or silent.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::channel::{Channel, HANDSHAKE};
use super::door::{self, Knock, Manner, Served};
use super::key::MoveKey;
use super::progress::Voice;
use super::receive::Reception;
use super::said::{Answer, Hello, Refusal, Said, Welcome};
use super::{MoveCommandError, MoveOrder, hand_over};
use crate::config::{Options, Settings, load};
use crate::serve::{self, Opening};
use crate::store::moving::{MoveId, Sums};
use crate::store::{Clock as _, SystemClock, SystemRandom};

fn settings(data: &Path) -> Settings {
    let options = Options {
        listen: Some(([127, 0, 0, 1], 0).into()),
        data: Some(data.to_path_buf()),
        ..Options::default()
    };
    load(options, None).unwrap()
}

/// A stopped store with nothing in it.
fn store() -> (TempDir, Settings) {
    let folder = TempDir::new().unwrap();
    let settings = settings(folder.path());
    serve::open(&settings, Opening::default()).unwrap().close();
    (folder, settings)
}

fn hello(folder: &Path, schema: i64) -> Hello {
    let (sums, mut origin) = Sums::of(folder, MoveId::generate(&SystemRandom).unwrap()).unwrap();
    origin.schema += schema;
    Hello {
        origin,
        now: SystemClock.now(),
        items: sums.items,
        bytes: sums.bytes,
    }
}

#[test]
fn a_store_whose_rows_are_of_another_schema_is_not_received() {
    let (old, _) = store();
    for (schema, is_taken) in [(-1, false), (1, false), (0, true)] {
        let new = TempDir::new().unwrap();
        let (to, key) = (settings(new.path()), new.path().join("key"));
        let reception = Reception::open(&to, Some(&key), Voice::Silent).unwrap();
        let (address, door) = (reception.address(), reception.door());
        std::thread::scope(|scope| {
            let receiver = scope.spawn(|| reception.run());
            let key = MoveKey::read(&key).unwrap();
            let mut channel = Channel::call(TcpStream::connect(address).unwrap(), &key).unwrap();
            channel.say(&Said::Hello(hello(old.path(), schema))).unwrap();
            let answer: Answer = channel.hear().unwrap().json().unwrap();
            if is_taken {
                assert!(matches!(answer, Answer::Welcome(Welcome::At(_))), "{answer:?}");
            } else {
                assert!(
                    matches!(answer, Answer::Refused(Refusal::Version)),
                    "{schema}: {answer:?}"
                );
                assert!(!new.path().join("receiving").exists(), "nothing of it is noted");
            }
            drop(channel);
            door.close();
            let ended = receiver.join().unwrap();
            assert!(matches!(ended, Err(MoveCommandError::Closed)));
        });
    }
}

#[test]
fn who_is_refused_for_its_version_is_not_fenced() {
    let (old, from) = store();
    let key_file: PathBuf = old.path().join("key");
    let key = MoveKey::read_or_make(&key_file).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap().to_string();
    let other = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut channel = Channel::answer(stream, &key, HANDSHAKE).unwrap();
        let said: Said = channel.hear().unwrap().json().unwrap();
        assert!(matches!(said, Said::Hello(_)));
        channel.say(&Answer::Refused(Refusal::Version)).unwrap();
    });
    let order = MoveOrder {
        to: Some(&to),
        key_file: Some(&key_file),
        take_back: false,
        patience: Duration::ZERO,
    };
    let refused = hand_over(&from, &order).unwrap_err();
    other.join().unwrap();
    assert_eq!(
        refused.to_string(),
        "the new server says: it is another version: use the same version of satchel-server on both machines"
    );
    assert!(!old.path().join("moving").exists());
    serve::open(&from, Opening::default()).unwrap().close();
}

/// A door that gives whoever calls so long to show the key.
fn door(handshake: Duration) -> (std::net::SocketAddr, std::sync::mpsc::Receiver<Knock>, MoveKey, TempDir) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("key");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let manner = Manner {
        handshake,
        voice: Voice::Silent,
    };
    let callers = door::open(
        listener,
        MoveKey::read_or_make(&path).unwrap(),
        Served::default(),
        manner,
    );
    (address, callers, MoveKey::read(&path).unwrap(), folder)
}

#[test]
fn who_says_nothing_or_not_enough_is_hung_up_on_in_time_and_holds_nobody_up() {
    let limit = Duration::from_millis(300);
    let (address, callers, key, folder) = door(limit);
    let (old, _) = store();
    let begun = Instant::now();
    // As many as are let in at once: silent, and cut off within the opening, the handshake, and the first word.
    let mut held: Vec<TcpStream> = (0..16).map(|_| TcpStream::connect(address).unwrap()).collect();
    for (stream, said) in held
        .iter_mut()
        .zip([&b"sat"[..], b"satmove\x01", b"satmove\x01\x00\x30abc"].iter().cycle())
    {
        stream.write_all(said).unwrap();
    }
    for stream in &mut held {
        stream.set_read_timeout(Some(HANDSHAKE)).unwrap();
        let mut heard = Vec::new();
        let ended = stream.read_to_end(&mut heard);
        assert!(ended.is_ok() || heard.starts_with(b"satmove"), "{ended:?}");
        assert_eq!(heard, b"satmove\x01");
    }
    assert!(begun.elapsed() >= limit, "they had their time");
    assert!(begun.elapsed() < HANDSHAKE, "{:?}", begun.elapsed());
    // One with the key who then says nothing is hung up on as well.
    let mut known = Channel::call(TcpStream::connect(address).unwrap(), &key).unwrap();
    assert!(known.hear().is_err());
    let mut channel = Channel::call(TcpStream::connect(address).unwrap(), &key).unwrap();
    channel.say(&Said::Hello(hello(old.path(), 0))).unwrap();
    let Knock::Caller(caller) = callers.recv_timeout(HANDSHAKE).unwrap() else {
        panic!("nobody closed it");
    };
    assert!(matches!(caller.said, Said::Hello(_)));
    drop(folder);
}

#[test]
fn who_brings_its_bytes_one_by_one_has_no_more_time_than_others() {
    let (address, _callers, _, _folder) = door(Duration::from_millis(300));
    let mut slow = TcpStream::connect(address).unwrap();
    slow.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let begun = Instant::now();
    let (mut heard, mut at) = (Vec::new(), 0);
    let drip = [&b"satmove\x01\x00\x70"[..], &[7; 112]].concat();
    // A byte after each 20 ms in which nothing is heard.
    loop {
        let mut byte = [0];
        match slow.read(&mut byte) {
            Ok(0) => break,
            Ok(_) => heard.push(byte[0]),
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                ) =>
            {
                assert!(begun.elapsed() < HANDSHAKE, "it is held for {:?}", begun.elapsed());
                let _ = slow.write_all(&drip[at..=at]);
                at = (at + 1).min(drip.len() - 1);
            }
            Err(_) => break,
        }
    }
    assert_eq!(heard, b"satmove\x01");
    assert!(at < drip.len() - 1, "hung up on before it was done");
}
