//! A path that is written otherwise than clients write it is the same path: nothing is reached by it that is not reached without.

use serde_json::{Value, json};

use super::documents::{Document, JSON};
use super::harness::{Answer, Paste, Server, bearer, message, token};
use super::operator::json as operator_json;

/// The first letter of the route's name as `%XX`.
fn ask(server: &Server, method: &str, (route, rest): (&str, &str), bearer_of: &str, body: &Value) -> Answer {
    let first = route.bytes().next().unwrap();
    let path = format!("/api/v1/%{first:02x}{}/{rest}", &route[1..]);
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let headers = [("authorization", &*bearer(bearer_of)), JSON];
    server.raw(&message(method, &path, &headers, body.as_bytes()))
}

/// [B-210]
#[test]
fn a_paste_is_no_document_and_a_document_no_paste_however_their_paths_are_written() {
    let server = Server::start();
    let (paste, document) = (Paste::on(&server, 4096, 1), Document::on(&server, 4096));
    let links = document.wanting(&document.link(1));
    for (method, rest, body) in [
        ("POST", "/links", &links),
        ("GET", "/receipt", &Value::Null),
        ("GET", "/head", &Value::Null),
        ("POST", "/links/1/policy", &json!({ "reads_left": 1 })),
        ("DELETE", "", &Value::Null),
    ] {
        let of_paste = ("documents", &*format!("{}{rest}", paste.id));
        let answer = ask(&server, method, of_paste, &paste.receipt, body);
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{rest}");
    }
    let of_document = ("pastes", &*format!("{}/receipt", document.id));
    assert_eq!(
        ask(&server, "GET", of_document, &document.owner, &Value::Null).status,
        404
    );

    // What is theirs they find that way as well.
    let of_paste = ("pastes", &*format!("{}/receipt", paste.id));
    assert_eq!(ask(&server, "GET", of_paste, &paste.receipt, &Value::Null).status, 200);
    let of_document = ("documents", &*format!("{}/links", document.id));
    assert_eq!(ask(&server, "POST", of_document, &document.owner, &links).status, 201);
    assert_eq!(paste.claim(&server, &token()).status, 200);
    assert_eq!(operator_json(server.data.path(), &["check"])["well"], true);
}
