//! Proof of work: asked for, shown, spent once, and spared by an invite.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use sha2::{Digest as _, Sha256};

use super::harness::{Answer, Paste, Server, command};

const SMALL: usize = 4096;

/// The challenge that a refusal asks to be solved.
fn challenge(answer: &Answer) -> (String, u32) {
    assert_eq!((answer.status, answer.code().as_str()), (429, "work_required"));
    let work = &answer.json()["work"];
    let bits = u32::try_from(work["bits"].as_u64().unwrap()).unwrap();
    (work["challenge"].as_str().unwrap().to_owned(), bits)
}

/// `CHALLENGE.NONCE`, by docs/api.md alone.
fn solved((challenge, bits): (String, u32)) -> String {
    let bytes = Base64UrlUnpadded::decode_vec(&challenge).unwrap();
    assert_eq!(bytes.len(), 21);
    let begun = Sha256::new().chain_update(b"satchel/v1/work").chain_update(bytes);
    let holds = |nonce: &[u8; 8]| {
        let hash = begun.clone().chain_update(nonce).finalize();
        u64::from_be_bytes(*hash.first_chunk().unwrap()).leading_zeros() >= bits
    };
    let nonce = (0_u64..).map(u64::to_be_bytes).find(holds).unwrap();
    format!("{challenge}.{}", Base64UrlUnpadded::encode_string(&nonce))
}

fn create(server: &Server, paste: &Paste, work: &str) -> Answer {
    let body = if paste.content.len() <= SMALL {
        &paste.content[..]
    } else {
        &[]
    };
    paste.create_with(server, body, &[("satchel-work", work)])
}

/// [B-140]
#[test]
fn a_creation_shows_work_where_it_is_asked_for_and_nothing_else_does() {
    let server = Server::start_with(&["--work", "always"]);
    let paste = Paste::new(400_000, 1);
    let asked = challenge(&paste.create(&server, &[]));
    assert_eq!(asked.1, 14);
    for wrong in ["", "x", ".", &asked.0, &format!("{}.AAAAAAAAAAA.", asked.0)] {
        challenge(&create(&server, &paste, wrong));
    }
    assert_eq!(paste.head(&server).status, 404);
    assert_eq!(create(&server, &paste, &solved(asked)).status, 201);
    assert_eq!(paste.patch(&server, 0, &paste.content, &[]).status, 204);
    assert!(paste.claim(&server, &super::harness::token()).body == paste.content);
}

/// [B-140]
#[test]
fn work_is_asked_for_once_there_are_too_many_creations_and_not_before() {
    // Ten times one creation a minute.
    let server = Server::start_with(&["--uploads-per-minute", "1"]);
    let mut free = 0;
    let asked = loop {
        let paste = Paste::new(SMALL, 1);
        let answer = paste.create(&server, &paste.content);
        if answer.status != 201 {
            break challenge(&answer);
        }
        free += 1;
    };
    assert!((10..=15).contains(&free), "{free}");
    assert_eq!(asked.1, 14);
    let off = Server::start_with(&["--uploads-per-minute", "1", "--work", "off"]);
    for _ in 0..30 {
        let paste = Paste::new(SMALL, 1);
        assert_eq!(paste.create(&off, &paste.content).status, 201);
    }
}

/// [B-141]
#[test]
fn a_solution_holds_for_one_id_once_and_a_repetition_is_told_what_became_of_it() {
    let server = Server::start_with(&["--work", "always"]);
    let (paste, other) = (Paste::new(SMALL, 1), Paste::new(SMALL, 1));
    let work = solved(challenge(&paste.create(&server, &paste.content)));
    challenge(&create(&server, &other, &work));
    challenge(&create(&Server::start_with(&["--work", "always"]), &paste, &work));
    assert_eq!(create(&server, &paste, &work).status, 201);
    // Its answer was lost.
    assert_eq!(create(&server, &paste, &work).status, 201);
    challenge(&paste.create(&server, &paste.content));
    assert_eq!(paste.burn(&server).status, 204);
    assert_eq!(create(&server, &paste, &work).code(), "burned");
    // Spent on something that came to nothing, it is not good for a second try.
    let wrong = solved(challenge(&other.create(&server, &other.content)));
    let sum = ("upload-checksum", "sha256 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let broken = other.create_with(&server, &other.content, &[("satchel-work", &wrong), sum]);
    assert_eq!(broken.code(), "checksum_mismatch");
    challenge(&create(&server, &other, &wrong));
}

/// [B-142]
#[test]
fn an_invite_takes_the_place_of_work_and_is_used_up_by_it() {
    let server = Server::start_with(&["--work", "always"]);
    let made = command()
        .args(["invite", "create", "--uses", "1", "--data"])
        .arg(server.data.path())
        .output()
        .unwrap();
    let link = String::from_utf8(made.stdout).unwrap();
    let bytes = Base64UrlUnpadded::decode_vec(link.trim_end().rsplit_once('#').unwrap().1).unwrap();
    let invite = Base64UrlUnpadded::encode_string(&bytes[1..33]);
    let create = || {
        let paste = Paste::new(SMALL, 1);
        paste.create_with(&server, &paste.content, &[("satchel-invite", &invite)])
    };
    assert_eq!(create().status, 201);
    challenge(&create());
}
