//! What links cost: each is paid for like an upload, from the same bucket, by work or by an invite.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::documents::Document;
use super::harness::{Answer, Paste, Server, command};

const SMALL: usize = 1000;

fn links(document: &Document, count: usize) -> Vec<Paste> {
    (0..count).map(|_| document.link(1)).collect()
}

fn make(document: &Document, server: &Server, links: &[Paste], more: &[(&str, &str)]) -> Answer {
    document.make_with(server, &links.iter().collect::<Vec<_>>(), more)
}

/// [B-22] [B-180]
#[test]
fn twelve_links_after_a_share_go_through_at_once_and_a_flood_of_them_waits() {
    let server = Server::start_with(&["--trusted-proxies", "127.0.0.1"]);
    let from = [("x-forwarded-for", "203.0.113.5")];
    let share = |count: usize| {
        let document = Document::new(SMALL);
        assert_eq!(document.create_with(&server, &document.payload, &from).status, 201);
        make(&document, &server, &links(&document, count), &from)
    };
    // A workplace behind one address: nine people with twelve links each, 117 of 120.
    for _ in 0..9 {
        assert_eq!(share(12).status, 201);
    }
    let document = Document::new(SMALL);
    assert_eq!(document.create_with(&server, &document.payload, &from).status, 201);
    let mut made = 0;
    let refused = loop {
        let answer = make(&document, &server, &links(&document, 100), &from);
        if answer.status != 201 {
            break answer;
        }
        made += 100;
    };
    assert_eq!(
        (refused.status, refused.code().as_str(), made),
        (429, "rate_limited", 100)
    );
    // What was taken beyond the rest runs back in first: two a second.
    let wait = refused.json()["retry_after"].as_u64().unwrap();
    assert!((40..=55).contains(&wait), "{wait}");
    let paste = Paste::new(SMALL, 1);
    assert_eq!(paste.create_with(&server, &paste.content, &from).code(), "rate_limited");
    let elsewhere = [("x-forwarded-for", "198.51.100.1")];
    assert_eq!(make(&document, &server, &links(&document, 1), &elsewhere).status, 201);
}

/// As docs/api.md asks for: so many nonces, in ascending order.
fn solved(answer: &Answer) -> (String, u64) {
    assert_eq!((answer.status, answer.code().as_str()), (429, "work_required"));
    let work: &Value = &answer.json()["work"];
    let challenge = work["challenge"].as_str().unwrap().to_owned();
    let (bits, count) = (work["bits"].as_u64().unwrap(), work["nonces"].as_u64().unwrap());
    let begun = Sha256::new()
        .chain_update(b"satchel/v1/work")
        .chain_update(Base64UrlUnpadded::decode_vec(&challenge).unwrap());
    let holds = |nonce: &[u8; 8]| {
        let hash = begun.clone().chain_update(nonce).finalize();
        u64::from(u64::from_be_bytes(*hash.first_chunk().unwrap()).leading_zeros()) >= bits
    };
    let nonces = (0_u64..).map(u64::to_be_bytes).filter(holds);
    let nonces = nonces.take(usize::try_from(count).unwrap());
    let nonces = nonces.map(|nonce| Base64UrlUnpadded::encode_string(&nonce));
    let work = std::iter::once(challenge).chain(nonces).collect::<Vec<_>>().join(".");
    (work, count)
}

/// [B-140] [B-141] [B-180]
#[test]
fn links_show_a_nonce_each_where_work_is_asked_for_and_a_repetition_is_told_what_became_of_it() {
    let server = Server::start_with(&["--work", "always"]);
    let document = Document::new(SMALL);
    let (work, nonces) = solved(&document.create_with(&server, &document.payload, &[]));
    assert_eq!(nonces, 1);
    let shown = document.create_with(&server, &document.payload, &[("satchel-work", &work)]);
    assert_eq!(shown.status, 201);
    let wanted = links(&document, 12);
    let (work, nonces) = solved(&make(&document, &server, &wanted, &[]));
    assert_eq!(nonces, 12);
    let (most, _) = work.rsplit_once('.').unwrap();
    let shows = |links: &[Paste], work: &str| make(&document, &server, links, &[("satchel-work", work)]);
    solved(&shows(&wanted, most));
    solved(&shows(&links(&document, 12), &work));
    let made = shows(&wanted, &work);
    assert_eq!(made.status, 201);
    // Its answer was lost.
    let again = shows(&wanted, &work);
    assert_eq!((again.status, again.json()), (201, made.json()));
    // Links that are known bring no new ones along.
    let mut more = links(&document, 12);
    more[0] = document.link(1);
    more[0].id.clone_from(&wanted[0].id);
    solved(&shows(&more, &work));
    solved(&shows(&links(&document, 1), &work));
}

fn invite(server: &Server, arguments: &[&str]) -> String {
    let made = command()
        .args(["invite", "create", "--data"])
        .arg(server.data.path())
        .args(arguments)
        .output()
        .unwrap();
    let link = String::from_utf8(made.stdout).unwrap();
    let bytes = Base64UrlUnpadded::decode_vec(link.trim_end().rsplit_once('#').unwrap().1).unwrap();
    Base64UrlUnpadded::encode_string(&bytes[1..33])
}

fn left(server: &Server) -> (u64, u64) {
    let listed = command()
        .args(["invite", "list", "--json", "--data"])
        .arg(server.data.path())
        .output()
        .unwrap();
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let invite = &listed
        .as_array()
        .unwrap_or_else(|| listed["invites"].as_array().unwrap())[0];
    (
        invite["uses_left"].as_u64().unwrap(),
        invite["bytes_left"].as_u64().unwrap(),
    )
}

/// [B-100] [B-101] [B-180]
#[test]
fn links_take_an_invites_uses_and_bytes_as_uploads_do_and_all_or_none_of_them() {
    let server = Server::start_with(&["--uploads", "invite"]);
    let token = invite(&server, &["--uses", "5", "--quota", "1MiB"]);
    let with = [("satchel-invite", &*token)];
    let document = Document::new(SMALL);
    assert_eq!(document.create_with(&server, &document.payload, &with).status, 201);
    let (uses, bytes) = left(&server);
    assert_eq!((uses, bytes), (4, (1 << 20) - 1000));
    let wanted = links(&document, 3);
    assert_eq!(make(&document, &server, &wanted, &[]).code(), "invite_required");
    let made = make(&document, &server, &wanted, &with);
    assert_eq!(made.status, 201);
    assert_eq!(left(&server), (1, bytes - 3 * 230));
    // Again costs nothing, even once it is used up.
    assert_eq!(make(&document, &server, &wanted, &with).json(), made.json());
    assert_eq!(
        make(&document, &server, &links(&document, 2), &with).code(),
        "invite_required"
    );
    assert_eq!(left(&server), (1, bytes - 3 * 230));
    assert_eq!(make(&document, &server, &links(&document, 1), &with).status, 201);
    assert_eq!(make(&document, &server, &wanted, &with).status, 201);
    assert_eq!(
        make(&document, &server, &links(&document, 1), &with).code(),
        "invite_required"
    );
}
