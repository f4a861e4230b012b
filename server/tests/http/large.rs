//! Large documents: in and out as streams, in memory that does not grow with them, cut and resumed.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};

use sha2::{Digest as _, Sha256};

use super::dice::count;
use super::harness::{Answer, OCTETS, Paste, Server, TUS, bearer, message, token};

const PART: usize = 1 << 20;
const MEMORY_KIB_MAX: u64 = 64_000;

/// The part of this number: cheap to make, and no two alike.
fn part(number: usize, base: &[u8]) -> Vec<u8> {
    let mut bytes = base.to_vec();
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    bytes
}

/// Sends parts `from..to` in one `PATCH` that promised all of them up to `end`; cut where `to` is less.
fn send(server: &Server, paste: &Paste, base: &[u8], (from, to, end): (usize, usize, usize)) -> Option<Answer> {
    let (offset, len, bearer) = (
        (from * PART).to_string(),
        ((end - from) * PART).to_string(),
        bearer(&paste.receipt),
    );
    let headers = [
        TUS,
        OCTETS,
        ("upload-offset", &*offset),
        ("content-length", &*len),
        ("authorization", &*bearer),
    ];
    let mut stream = server.connect();
    stream
        .write_all(&message("PATCH", &paste.path(""), &headers, &[]))
        .unwrap();
    for number in from..to {
        stream.write_all(&part(number, base)).unwrap();
    }
    (to == end).then(|| Answer::read(&mut stream))
}

/// Claims it and returns the digest of what came, as it came.
fn digest_of_claim(server: &Server, paste: &Paste, lease: &str) -> [u8; 32] {
    let headers = [
        ("authorization", &*bearer(&paste.claim)),
        ("satchel-probe", &*paste.probe),
        ("satchel-lease", lease),
    ];
    let mut stream = server.connect();
    stream
        .write_all(&message("POST", &paste.path("/claim"), &headers, &[]))
        .unwrap();
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        assert!(stream.read_line(&mut line).unwrap() > 0);
    }
    let (mut digest, mut bytes) = (Sha256::new(), vec![0; PART]);
    while let len @ 1.. = stream.read(&mut bytes).unwrap() {
        digest.update(&bytes[..len]);
    }
    digest.finalize().into()
}

/// [B-11] [B-14] [B-32]
#[test]
fn a_large_document_goes_in_and_out_in_memory_that_stays_flat() {
    let parts = count(256, 10 * 1024);
    let server = Server::start_with(&["--storage-max", "40GiB"]);
    let mut paste = Paste::new(0, 1);
    let (len, metadata, base) = (
        (parts * PART).to_string(),
        paste.metadata(),
        Paste::new(PART, 1).content,
    );
    paste.content = Vec::new();
    let headers = [TUS, ("upload-length", &*len), ("upload-metadata", &*metadata)];
    assert_eq!(server.ask("POST", "/api/v1/pastes", &headers, &[]).status, 201);
    // Cut half way; what stands may end within a part, so the rest of that is sent by itself.
    send(&server, &paste, &base, (0, parts / 2, parts));
    // What came counts once it is on the disk.
    let stands = std::iter::repeat_with(|| paste.offset(&server))
        .find(|stands| *stands > 0)
        .unwrap();
    assert!(stands > parts / 4 * PART && stands <= parts / 2 * PART, "{stands}");
    let whole = stands.div_ceil(PART);
    if stands % PART != 0 {
        let rest = part(whole - 1, &base).split_off(stands % PART);
        assert_eq!(paste.patch(&server, stands, &rest, &[]).status, 204);
    }
    let done = send(&server, &paste, &base, (whole, parts, parts)).expect("an answer");
    assert_eq!((done.status, done.header("upload-offset")), (204, Some(&*len)));

    let mut expected = Sha256::new();
    (0..parts).for_each(|number| expected.update(part(number, &base)));
    let lease = token();
    assert!(digest_of_claim(&server, &paste, &lease) == <[u8; 32]>::from(expected.finalize()));
    assert_eq!(paste.confirm(&server, &lease).status, 204);
    let memory = server.memory_kib("VmHWM:");
    println!(
        "figure: the server's memory at most while {parts} MiB went in, cut and resumed, and out: {} MB",
        memory / 1000
    );
    assert!(memory < MEMORY_KIB_MAX, "{memory} KiB");
}
