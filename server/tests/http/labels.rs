//! What the owner of a document called its links: opaque to the server, and gone with the document.

use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::{Value, json};

use super::documents::Document;
use super::harness::{Server, random};
use super::operator::{json as operator_json, stopped, violations};

/// [B-160]
#[test]
fn a_label_comes_back_to_the_owner_alone_and_goes_with_the_document() {
    let server = Server::start();
    let document = Document::on(&server, 1000);
    let (links, label) = ([document.link(1), document.link(1)], random::<156>());
    let in_base64url = Base64UrlUnpadded::encode_string(&label);
    let mut wanted: Vec<Value> = links.iter().map(|link| document.wanted(link)).collect();
    wanted[0]["label"] = in_base64url.as_str().into();
    let asked = json!({ "links": wanted });
    for _ in 0..2 {
        assert_eq!(document.ask(&server, "POST", "/links", &asked).status, 201);
    }
    let told = |server: &Server| {
        let receipt = document.receipt(server);
        [0, 1].map(|at| receipt["links"][at]["label"].clone())
    };
    assert_eq!(told(&server), [in_base64url.as_str().into(), Value::Null]);
    assert_eq!(
        links[0].receipt(&server)["label"],
        Value::Null,
        "a receipt of one has none"
    );
    let at_rest = |data: &Path| {
        let files = ["satchel.db", "satchel.db-wal"].map(|name| std::fs::read(data.join(name)).unwrap_or_default());
        files
            .iter()
            .any(|file| file.windows(32).any(|window| window == &label[..32]))
    };
    assert!(!at_rest(server.data.path()), "under the document's shred key");
    // What became of a link is told with its label, as long as there is a document.
    links[0].burn(&server);
    assert_eq!(told(&server), [in_base64url.as_str().into(), Value::Null]);
    assert_eq!(violations(&operator_json(server.data.path(), &["check"])), []);
    document.ask(&server, "DELETE", "", &Value::Null);
    assert_eq!(told(&server), [Value::Null, Value::Null]);
    let kept = operator_json(server.data.path(), &["disclose", &links[0].id]);
    assert_eq!(kept["paste"]["label"], Value::Null);
    assert_eq!(violations(&operator_json(server.data.path(), &["check"])), []);
}

/// [B-160] [B-82]
#[test]
fn a_label_is_short_and_one_that_does_not_open_is_found() {
    let server = Server::start();
    let document = Document::on(&server, 1000);
    let with = |label: &str| {
        let link = document.link(1);
        let mut wanted = document.wanted(&link);
        wanted["label"] = label.into();
        document.ask(&server, "POST", "/links", &json!({ "links": [wanted] }))
    };
    for wrong in [
        "",
        "not base64url!",
        &Base64UrlUnpadded::encode_string(&random::<257>()),
    ] {
        let answer = with(wrong);
        assert_eq!((answer.status, &answer.json()["field"]), (400, &"label".into()));
    }
    assert_eq!(with(&Base64UrlUnpadded::encode_string(&random::<256>())).status, 201);
    let data = stopped(server);
    let conn = rusqlite::Connection::open(data.path().join("satchel.db")).unwrap();
    conn.execute("UPDATE paste SET label = zeroblob(184) WHERE label IS NOT NULL", [])
        .unwrap();
    drop(conn);
    let found = violations(&operator_json(data.path(), &["check"]));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "block-damaged");
    let server = Server::start_in(data, &[]);
    assert_eq!(document.receipt(&server)["links"][0]["label"], Value::Null);
}
