//! Who may what: every role on every route with every method, as a table that is made by asking, beside the one that is written.

use std::collections::BTreeMap;

use super::connection::Connection;
use super::documents::{Document, JSON};
use super::harness::{Paste, Server, TUS, bearer, token};

const DOCUMENT: &str = include_str!("../../../docs/api.md");
const BEGIN: &str = "<!-- roles: a test makes this table by asking -->\n";
const END: &str = "<!-- end of roles -->";
const HEADING: &str = "| route | method | none | wrong | probe | claim | lease | receipt | owner |\n|---|---|--:|--:|--:|--:|--:|--:|--:|\n";

const METHODS: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW",
];
/// Which token stands in `Authorization`.
const ROLES: [&str; 7] = ["none", "wrong", "probe", "claim", "lease", "receipt", "owner"];
/// Paths of the page: a file, any other, and what is missing.
const PAGE: [&str; 3] = ["/", "/any/other/path", "/assets/missing.js"];
const LEN: usize = 1024;

/// What one role gets. A paste of its own with a running lease, so that no request finds what another one left.
fn asked(
    server: &Server,
    line: &mut Connection,
    role: &str,
    route: &str,
    (method, instead): (&str, Option<&str>),
) -> u16 {
    let (document, running) = (Document::on(server, LEN), token());
    let of_document = route.starts_with("/api/v1/documents");
    // A link is a paste as any other, and its receipt token is its document's owner token.
    let paste = if of_document {
        document.linked(server, 3)
    } else {
        Paste::on(server, LEN, 3)
    };
    assert_eq!(paste.claim(server, &running).status, 200);
    let right = role != "wrong";
    let bearing = match role {
        "none" => None,
        "wrong" => Some(token()),
        "probe" => Some(paste.probe.clone()),
        "claim" => Some(paste.claim.clone()),
        "lease" => Some(running.clone()),
        "owner" => Some(document.owner.clone()),
        // A receipt token opens no document.
        _ if of_document => Some(Paste::on(server, LEN, 3).receipt.clone()),
        _ => Some(paste.receipt.clone()),
    };
    let probe = if right { paste.probe.clone() } else { token() };
    let lease = if role == "lease" { running } else { token() };
    let (bearing, len) = (bearing.map(|token| bearer(&token)), LEN.to_string());
    let mut headers = vec![TUS, ("upload-offset", &*len)];
    if let Some(bearing) = &bearing {
        headers.extend([
            ("authorization", &**bearing),
            ("satchel-probe", &*probe),
            ("satchel-lease", &*lease),
        ]);
    }
    let fresh = Paste::new(LEN, 1).metadata();
    let fresh_document = Document::new(LEN).metadata();
    let (mut body, id) = (Vec::new(), if of_document { &document.id } else { &paste.id });
    match route {
        "/api/v1/pastes" => headers.extend([("upload-length", &*len), ("upload-metadata", &*fresh)]),
        "/api/v1/documents" => headers.extend([("upload-length", &*len), ("upload-metadata", &*fresh_document)]),
        _ if route.ends_with("/links") && method == "POST" => {
            headers.push(JSON);
            body = document.wanting(&document.link(1)).to_string().into_bytes();
        }
        _ if route.ends_with("/policy") && method == "POST" => {
            headers.push(JSON);
            body = br#"{"reads_left":1}"#.to_vec();
        }
        _ => headers.push(super::harness::OCTETS),
    }
    headers.extend(instead.map(|method| ("x-http-method-override", method)));
    let path = route.replace("{id}", id).replace("{number}", "1");
    let answer = line.ask(method, &path, &headers, &body);
    if method == "OPTIONS" || answer.status == 405 {
        assert!(
            answer.status != 405 || answer.header("allow").is_some(),
            "{method} {route}: no Allow"
        );
    }
    answer.status
}

/// The statuses of all roles, for each method of a route, in one line each; methods that are alike share it.
fn rows(server: &Server, line: &mut Connection, route: &str) -> Vec<String> {
    let mut alike = Vec::<([u16; 7], Vec<&str>)>::new();
    for method in METHODS {
        let cells = ROLES.map(|role| asked(server, line, role, route, (method, None)));
        match alike.iter_mut().find(|(known, _)| *known == cells) {
            Some((_, methods)) => methods.push(method),
            None => alike.push((cells, vec![method])),
        }
    }
    let row = |(cells, methods): &([u16; 7], Vec<&str>)| {
        let methods: Vec<String> = methods.iter().map(|method| format!("`{method}`")).collect();
        let cells: Vec<String> = cells.iter().map(u16::to_string).collect();
        format!("| `{route}` | {} | {} |\n", methods.join(", "), cells.join(" | "))
    };
    // Said once for all, above the table.
    let options = alike.iter().find(|(_, methods)| methods.contains(&"OPTIONS"));
    assert!(
        options.is_some_and(|(cells, methods)| *cells == [204; 7] && *methods == ["OPTIONS"]),
        "{route}: {options:?}"
    );
    let plain = |(cells, _): &&([u16; 7], Vec<&str>)| *cells != [405; 7] && *cells != [204; 7];
    alike.iter().filter(plain).map(row).collect()
}

fn routes(server: &Server) -> Vec<String> {
    let document = server.ask("GET", "/api/v1/openapi.json", &[], &[]).json();
    let mut routes: Vec<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
    routes.extend(PAGE.map(str::to_owned));
    routes
}

/// [B-90]
#[test]
fn the_table_of_roles_routes_and_methods_is_the_written_one() {
    // So many creations are load.
    let server = Server::start_with(&["--work", "off"]);
    let mut line = Connection::to(&server);
    let made: String = routes(&server)
        .iter()
        .flat_map(|route| rows(&server, &mut line, route))
        .collect();
    let written = DOCUMENT
        .split_once(BEGIN)
        .and_then(|(_, rest)| rest.split_once(END))
        .expect("the markers of the table")
        .0;
    let made = format!("\n{HEADING}{made}\n");
    assert!(written == made, "docs/api.md should hold:\n{made}");
}

/// [B-23] [B-90]
#[test]
fn a_method_in_a_header_opens_no_other_door() {
    let server = Server::start();
    let mut line = Connection::to(&server);
    let route = "/api/v1/pastes/{id}";
    for role in ROLES {
        for method in ["PATCH", "DELETE"] {
            let plain = asked(&server, &mut line, role, route, (method, None));
            assert_eq!(
                asked(&server, &mut line, role, route, ("POST", Some(method))),
                plain,
                "{role} {method}"
            );
        }
        for (method, instead) in [
            ("GET", "DELETE"),
            ("HEAD", "DELETE"),
            ("POST", "GET"),
            ("POST", "HEAD"),
            ("PATCH", "DELETE"),
        ] {
            let plain = asked(&server, &mut line, role, route, (method, None));
            assert_eq!(
                asked(&server, &mut line, role, route, (method, Some(instead))),
                plain,
                "{role} {method} {instead}"
            );
        }
    }
}

/// [B-90]
#[test]
fn no_role_on_another_paste_does_more_than_a_stranger() {
    let server = Server::start();
    let mut line = Connection::to(&server);
    let (mine, theirs, lease) = (Paste::on(&server, LEN, 3), Paste::on(&server, LEN, 3), token());
    mine.claim(&server, &lease);
    let before = theirs.receipt(&server);
    let mut statuses = BTreeMap::new();
    for bearing in [&mine.probe, &mine.claim, &lease, &mine.receipt] {
        for (method, rest) in [
            ("HEAD", ""),
            ("PATCH", ""),
            ("DELETE", ""),
            ("GET", "/receipt"),
            ("POST", "/reset-wait"),
            ("POST", "/probe"),
            ("POST", "/claim"),
            ("GET", "/content"),
            ("POST", "/confirm"),
        ] {
            let bearing = bearer(bearing);
            let headers = [
                TUS,
                ("authorization", &*bearing),
                ("satchel-probe", &*mine.probe),
                ("satchel-lease", &*lease),
            ];
            let answer = line.ask(method, &theirs.path(rest), &headers, &[]);
            *statuses.entry(answer.status).or_insert(0) += 1;
        }
    }
    assert_eq!(statuses, BTreeMap::from([(404, 36)]));
    assert_eq!(theirs.receipt(&server), before);
}
