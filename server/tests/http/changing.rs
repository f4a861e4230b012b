//! How a paste or a link ends, changed by who made it.

use serde_json::{Value, json};

use super::documents::{Document, JSON, read};
use super::harness::{Paste, Server, bearer};

/// [B-84]
#[test]
fn a_policy_can_be_extended_shortened_and_lowered_and_never_raised() {
    let server = Server::start();
    let (paste, document) = (Paste::on(&server, 4096, 3), Document::on(&server, 4096));
    let link = document.linked(&server, 3);
    let change = |link: bool, change: &Value| {
        if link {
            return document.ask(&server, "POST", "/links/1/policy", change);
        }
        let bearer = bearer(&paste.receipt);
        let headers = [("authorization", &*bearer), JSON];
        server.ask("POST", &paste.path("/policy"), &headers, change.to_string().as_bytes())
    };
    for (is_link, who) in [(false, &paste), (true, &link)] {
        let before = who.probe(&server).json()["expires_at"].as_u64().unwrap();
        let longer = change(is_link, &json!({ "expires_in": 86_400 })).json();
        assert!(longer["expires_at"].as_u64().unwrap() > before + 70_000);
        let shorter = change(is_link, &json!({ "expires_in": 600, "reads_left": 2 })).json();
        assert!(shorter["expires_at"].as_u64().unwrap() < before);
        assert_eq!((&shorter["reads"], &shorter["reads_left"]), (&2.into(), &2.into()));
        read(who, &server);
        for (body, code, field, limit) in [
            (json!({ "reads_left": 1 }), "policy_not_allowed", "reads_left", 0),
            (json!({ "reads_left": 0 }), "policy_not_allowed", "reads_left", 0),
            (json!({ "reads_left": 7 }), "policy_not_allowed", "reads_left", 0),
            (json!({ "expires_in": 1 }), "policy_not_allowed", "expires_in", 60),
            (
                json!({ "expires_in": 90 * 86_400 + 1 }),
                "policy_not_allowed",
                "expires_in",
                90 * 86_400,
            ),
        ] {
            let refused = change(is_link, &body);
            let told = refused.json();
            assert_eq!(refused.code(), code, "{body}");
            assert_eq!(
                (&told["field"], &told["limit"]),
                (&field.into(), &limit.into()),
                "{body}"
            );
        }
        assert_eq!(change(is_link, &json!({})).code(), "invalid_request");
        read(who, &server);
        assert_eq!(change(is_link, &json!({ "expires_in": 600 })).code(), "burned");
    }
    let unlimited = Paste::on(&server, 4096, 0);
    let bearer = bearer(&unlimited.receipt);
    let headers = [("authorization", &*bearer), JSON];
    let lowered = server.ask("POST", &unlimited.path("/policy"), &headers, br#"{"reads_left":1}"#);
    assert_eq!(lowered.json()["reads_left"], 1);
    read(&unlimited, &server);
    assert_eq!(unlimited.probe(&server).code(), "burned");
}
