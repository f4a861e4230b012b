//! What people set before a move works after it: panic secrets, and what owners called their links.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::{Value, json};

use super::moved;
use crate::documents::{self, Document};
use crate::harness::{Paste, Server, random, token};
use crate::panic::Secret;

#[test]
fn a_panic_secret_burns_on_the_new_server_what_was_made_under_it_on_the_old() {
    let (old, mine, others) = (Server::start(), Secret::new(), Secret::new());
    let stored = [mine.paste_on(&old, 2000, 1), mine.paste_on(&old, 700_000, 0)];
    let unfinished = mine.paste(700_000, 1);
    assert_eq!(unfinished.create(&old, &[]).status, 201);
    assert_eq!(
        unfinished.patch(&old, 0, &unfinished.content[..300_000], &[]).status,
        204
    );
    let (running, lease) = (mine.paste_on(&old, 2000, 1), token());
    assert_eq!(running.claim(&old, &lease).status, 200);
    let mut document = Document::new(4096);
    document.panic = Some(mine.mark(b"satchel/document", &document.id));
    assert_eq!(document.create(&old, &document.payload).status, 201);
    let link = document.linked(&old, 1);
    let left = [others.paste_on(&old, 2000, 1), Paste::on(&old, 2000, 1)];

    let (_, new, _) = moved(old);
    let server = Server::start_in(new, &[]);
    Secret::new().burns(&server, 0);
    mine.burns(&server, 5);
    mine.burns(&server, 0);
    for paste in stored.iter().chain([&running, &link]) {
        assert_eq!(paste.probe(&server).code(), "burned");
    }
    assert_eq!(running.content(&server, &lease, None).code(), "lease_ended");
    for paste in &left {
        documents::read(paste, &server);
    }
    // What is made under it from now on is found as well.
    mine.paste_on(&server, 2000, 1);
    mine.burns(&server, 1);
}

#[test]
fn what_owners_called_their_links_is_told_by_the_new_server() {
    let old = Server::start();
    let document = Document::on(&old, 1000);
    let (links, label) = ([document.link(1), document.link(1), document.link(2)], random::<156>());
    let label = Base64UrlUnpadded::encode_string(&label);
    let mut wanted: Vec<Value> = links.iter().map(|link| document.wanted(link)).collect();
    for named in &mut wanted[..2] {
        named["label"] = label.as_str().into();
    }
    let asked = json!({ "links": wanted });
    assert_eq!(document.ask(&old, "POST", "/links", &asked).status, 201);
    // A name outlives its link.
    links[0].burn(&old);
    let told = |server: &Server| {
        let receipt = document.receipt(server);
        [0, 1, 2].map(|at| receipt["links"][at]["label"].clone())
    };
    let expected = [label.as_str().into(), label.as_str().into(), Value::Null];
    assert_eq!(told(&old), expected);
    let (_, new, _) = moved(old);
    let server = Server::start_in(new, &[]);
    assert_eq!(told(&server), expected);
    documents::read(&links[1], &server);
    document.ask(&server, "DELETE", "", &Value::Null);
    assert_eq!(told(&server), [Value::Null, Value::Null, Value::Null]);
}
