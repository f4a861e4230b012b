//! Where the server is found: below a path, whether the proxy takes it off or leaves it on, and by IPv6 alone.

use std::io::Write as _;
use std::process::Command;

use tempfile::TempDir;

use super::harness::{Answer, BINARY, OCTETS, Paste, Server, TUS, bearer, command, message, token};

const BELOW: &[&str] = &["--base-url", "https://example.org/union/box/"];

fn get(server: &Server, path: &str) -> Answer {
    server.raw(&message("GET", path, &[], &[]))
}

/// [B-330]
#[test]
fn the_page_and_its_files_are_there_with_the_prefix_and_without() {
    let server = Server::start_with(BELOW);
    let page = get(&server, "/").without_date();
    assert_eq!(get(&server, "/union/box/").without_date(), page);
    assert_eq!(get(&server, "/union/box/?v=1").without_date(), page);
    for path in [
        "/page-manifest.json",
        "/third-party.txt",
        "/healthz",
        "/api/v1/config",
        "/api/v1/none",
        "/assets/none.js",
    ] {
        let (off, on) = (get(&server, path), get(&server, &format!("/union/box{path}")));
        assert_eq!(off.without_date(), on.without_date(), "{path}");
    }
}

/// [B-330]
#[test]
fn the_prefix_without_its_slash_leads_to_it_and_what_only_begins_like_it_does_not() {
    let server = Server::start_with(BELOW);
    let led = get(&server, "/union/box");
    assert_eq!((led.status, led.header("location")), (308, Some("/union/box/")));
    assert_eq!(led.header("strict-transport-security").map(|_| ()), Some(()));
    for path in ["/union/boxes", "/union", "/union/boxapi/v1/config"] {
        let answer = get(&server, path);
        assert_eq!((answer.status, answer.header("location")), (200, None), "{path}");
    }
    // It is taken off once.
    assert_ne!(
        get(&server, "/union/box/union/box/api/v1/config").header("content-type"),
        Some("application/json")
    );
    let refused = server.raw(&message("POST", "/union/box", &[], b"x"));
    assert_eq!(refused.code(), "method_not_allowed");
    let without = Server::start();
    assert_eq!(get(&without, "/union/box").header("location"), None);
}

/// [B-330]
#[test]
fn an_upload_is_created_continued_and_claimed_below_the_prefix() {
    let server = Server::start_with(BELOW);
    let below = |path: &str| format!("/union/box{path}");
    let paste = Paste::new(300_000, 1);
    let metadata = paste.metadata();
    let created = server.raw(&message(
        "POST",
        &below("/api/v1/pastes"),
        &[TUS, ("upload-length", "300000"), ("upload-metadata", &metadata)],
        &[],
    ));
    assert_eq!(created.status, 201);
    let place = created.header("location").unwrap().to_owned();
    assert_eq!(place, below(&paste.path("")));
    let right = bearer(&paste.receipt);
    let headers = [TUS, OCTETS, ("upload-offset", "0"), ("authorization", &*right)];
    let patched = server.raw(&message("PATCH", &place, &headers, &paste.content));
    assert_eq!((patched.status, patched.header("tus-resumable")), (204, Some("1.0.0")));
    let (claim, lease) = (bearer(&paste.claim), token());
    let headers = [
        ("authorization", &*claim),
        ("satchel-probe", &*paste.probe),
        ("satchel-lease", &*lease),
    ];
    let claimed = server.raw(&message("POST", &below(&paste.path("/claim")), &headers, &[]));
    assert!(claimed.status == 200 && claimed.body == paste.content);
    // A proxy that takes it off reaches the same.
    assert_eq!(paste.confirm(&server, &lease).status, 204);
}

/// [B-331]
#[test]
fn it_listens_on_ipv6_and_counts_networks_there_behind_a_proxy_that_has_it_too() {
    let data = TempDir::new().unwrap();
    let mut serve = command();
    serve
        .args([
            "serve",
            "--listen",
            "[::1]:0",
            "--trusted-proxies",
            "::1",
            "--uploads-per-minute",
            "1",
            "--data",
        ])
        .arg(data.path())
        .args(["--work", "off"]);
    let server = Server::spawn(serve, data);
    assert!(server.address.is_ipv6());
    let from = |client: &str| {
        let paste = Paste::new(1000, 1);
        paste
            .create_with(&server, &paste.content, &[("x-forwarded-for", client)])
            .status
    };
    assert_eq!(from("2001:db8:1:100::1"), 201);
    // The same /56: a household has no more than that.
    assert_eq!(from("2001:db8:1:1ff:ffff::9"), 429);
    assert_eq!(from("2001:db8:1:200::1"), 201);
    assert_eq!(
        from("2001:db8:1:300::1, 2001:db8:1:200::2"),
        429,
        "whom the proxy saw, not whom they name"
    );
    let address = server.address.to_string();
    let health = command().args(["healthcheck", "--listen", &address]).status().unwrap();
    assert!(health.success());
}

/// [B-331]
#[test]
fn a_machine_without_ipv4_is_served() {
    let folder = TempDir::new().unwrap();
    // A network of its own, with loopback and nothing of version 4.
    let script = "ip link set lo up && ip -4 addr flush dev lo\n\
        \"$0\" serve --listen '[::]:8787' --data \"$1\" & server=$!\n\
        for _ in $(seq 400); do \"$0\" healthcheck --listen '[::]:8787' 2>\"$1.said\" && well=1 && break; sleep 0.05; done\n\
        kill $server; wait $server; cat \"$1.said\" >&2; exit $((1 - ${well:-0}))";
    let possible = Command::new("unshare")
        .args(["-n", "sh", "-c", "ip link set lo up && ip -4 addr flush dev lo"])
        .output();
    if !possible.is_ok_and(|output| output.status.success()) {
        let _ = writeln!(
            std::io::stderr(),
            "skipped: IPv6 alone: only root can make a network, with `unshare` and `ip`"
        );
        return;
    }
    let output = Command::new("unshare")
        .args(["-n", "sh", "-c", script, BINARY])
        .arg(folder.path().join("data"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("ready at http://[::]:8787")
    );
}
