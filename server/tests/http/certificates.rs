//! Certificates and keys as files: exchanged while the server runs, wrong, not there, out of their time; and what the doctor says of them.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use rustix::process::Signal;

use super::harness::{Answer, command, message};
use super::secure::{Client, HOST, Made, Secure, put};

const RENEWED: &str = "the certificate was read again\n";
const REFUSED: &str = "error: the certificate was read again and is not taken: ";

/// One more request of a connection that stays.
fn one_more(client: &mut Client) -> Answer {
    client.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"ok") {
        let mut some = [0; 4096];
        let read = std::io::Read::read(client, &mut some).unwrap();
        assert!(read > 0, "the connection ended");
        bytes.extend(&some[..read]);
    }
    Answer::parse(&bytes)
}

/// [B-314]
#[test]
fn a_certificate_that_was_moved_into_place_is_served_by_itself_while_connections_go_on() {
    let (first, second) = (Made::new(), Made::new());
    let secure = Secure::start(&first);
    let mut old = secure.connect(&first).unwrap();
    assert_eq!(one_more(&mut old).status, 200);
    put(secure.folder.path(), &second);
    secure.until_said(RENEWED);
    assert!(secure.connect(&second).is_ok());
    assert!(secure.connect(&first).is_err(), "nobody gets the old one any more");
    assert_eq!(one_more(&mut old).status, 200);
}

/// [B-314]
#[test]
fn a_hangup_has_it_read_at_once_and_a_link_that_moved_is_followed() {
    let (first, second) = (Made::new(), Made::new());
    let secure = Secure::start(&first);
    let folder = secure.folder.path();
    let live = folder.join("archive");
    fs::create_dir(&live).unwrap();
    put(&live, &second);
    for name in ["cert.pem", "key.pem"] {
        std::os::unix::fs::symlink(live.join(name), folder.join("link")).unwrap();
        fs::rename(folder.join("link"), folder.join(name)).unwrap();
    }
    secure.server.signal(Signal::HUP);
    secure.until_said(RENEWED);
    assert!(secure.connect(&second).is_ok());
}

/// [B-314]
#[test]
fn a_pair_that_cannot_be_served_keeps_the_old_one_and_is_a_sentence() {
    let (good, other) = (Made::new(), Made::new());
    let secure = Secure::start(&good);
    let folder = secure.folder.path();
    let mixed = |cert: &str, key: &str| Made {
        cert: cert.to_owned(),
        key: key.to_owned(),
        der: good.der.clone(),
    };
    for (wrong, why) in [
        (mixed(&other.cert, &good.key), "is not that of the certificate"),
        (mixed("no certificate", &good.key), "holds no certificate"),
        (mixed(&good.cert, "no key"), "holds no private key"),
        (mixed(&good.cert, &"x".repeat(300_000)), "is larger than"),
        (Made::valid((2010, 2011)), "has expired"),
        (Made::valid((2090, 2091)), "is not valid yet"),
    ] {
        put(folder, &wrong);
        secure.server.signal(Signal::HUP);
        secure.until_said(why);
        assert!(secure.connect(&good).is_ok(), "{why}");
    }
    fs::remove_file(folder.join("key.pem")).unwrap();
    secure.server.signal(Signal::HUP);
    secure.until_said("cannot be read");
    assert!(secure.connect(&good).is_ok());
    // Nobody has to say so: it looks again by itself.
    put(folder, &other);
    secure.until_said(RENEWED);
    assert!(secure.connect(&other).is_ok());
    let said = secure.said();
    assert!(
        said.matches(REFUSED).count() >= 7 && !said.contains("PRIVATE"),
        "{said}"
    );
}

/// [B-315]
#[test]
fn without_a_pair_that_fits_it_does_not_start() {
    let (good, other) = (Made::new(), Made::new());
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = put(folder.path(), &good);
    let foreign = folder.path().join("foreign.pem");
    fs::write(&foreign, &other.key).unwrap();
    let missing = folder.path().join("missing.pem");
    for (cert, key, code, why) in [
        (&cert, &foreign, 1, "is not that of the certificate"),
        (&missing, &key, 1, "cannot be read"),
        (&cert, &missing, 1, "cannot be read"),
        (&key, &key, 1, "holds no certificate"),
        (&cert, &cert, 1, "holds no private key"),
    ] {
        let output = command()
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path().join("data"))
            .arg("--tls-cert")
            .arg(cert)
            .arg("--tls-key")
            .arg(key)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(
            said.starts_with("satchel-server: error: ") && said.contains(why),
            "{said}"
        );
        assert!(!folder.path().join("data").exists(), "nothing was made");
    }
}

/// [B-315]
#[test]
fn one_that_has_expired_is_served_at_a_start_with_a_warning() {
    let secure = Secure::start(&Made::valid((2010, 2011)));
    assert!(
        secure.said().contains("warning: the certificate has expired"),
        "{}",
        secure.said()
    );
}

/// [B-316]
#[test]
fn the_doctor_looks_at_the_certificate() {
    let findings = |made: &Made, base: &str, key_mode: u32| {
        let folder = tempfile::tempdir().unwrap();
        let (cert, key) = put(folder.path(), made);
        fs::set_permissions(&key, fs::Permissions::from_mode(key_mode)).unwrap();
        let output = command()
            .args(["doctor", "--json", "--base-url", base, "--data"])
            .arg(folder.path())
            .arg("--tls-cert")
            .arg(cert)
            .arg("--tls-key")
            .arg(key)
            .output()
            .unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let all = report["findings"].as_array().unwrap().clone();
        let codes = all.iter().map(|finding| finding["code"].as_str().unwrap().to_owned());
        codes
            .filter(|code| code.starts_with("certificate-") || code == "tls-key-open")
            .collect::<Vec<_>>()
    };
    let here = format!("https://{HOST}");
    assert_eq!(findings(&Made::new(), &here, 0o600), [""; 0]);
    assert_eq!(findings(&Made::new(), "https://127.0.0.1:8443/box", 0o640), [""; 0]);
    assert_eq!(
        findings(&Made::new(), "https://other.test", 0o604),
        ["certificate-name", "tls-key-open"]
    );
    assert_eq!(
        findings(&Made::valid((2010, 2011)), &here, 0o600),
        ["certificate-expired"]
    );
    assert_eq!(
        findings(&Made::valid((2090, 2091)), &here, 0o600),
        ["certificate-early"]
    );
    let mixed = Made {
        key: Made::new().key,
        ..Made::new()
    };
    assert_eq!(findings(&mixed, &here, 0o600), ["certificate-unusable"]);
}

/// [B-318]
#[test]
fn an_onion_service_on_the_machine_comes_without_tls_to_a_listener_of_its_own() {
    let made = Made::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let plain = free.local_addr().unwrap();
    drop(free);
    let listen = plain.to_string();
    let options = ["--onion-listen", &*listen, "--onion-location", "http://example.onion/"];
    let secure = Secure::start_with(&made, &options);
    let ask = |host: &str, path: &str| {
        let mut stream = std::net::TcpStream::connect(plain).unwrap();
        let request = message("GET", path, &[], &[]);
        let request = String::from_utf8(request).unwrap().replace("localhost", host);
        stream.write_all(request.as_bytes()).unwrap();
        Answer::read(&mut stream)
    };
    let inside = ask("example.onion", "/");
    assert_eq!((inside.status, inside.header("onion-location")), (200, None));
    assert_eq!(inside.header("strict-transport-security"), None);
    assert_eq!(ask("example.onion", "/api/v1/config").status, 200);
    let outside = super::secure::ask(&mut secure.connect(&made).unwrap(), &message("GET", "/", &[], &[]));
    assert_eq!(outside.header("onion-location"), Some("http://example.onion/"));

    let [cert, key] = ["cert.pem", "key.pem"].map(|name| secure.folder.path().join(name).to_str().unwrap().to_owned());
    let tls = ["--tls-cert", &cert, "--tls-key", &key];
    for (options, why) in [
        (vec!["--onion-listen", "127.0.0.1:0"], "own TLS"),
        ([&tls[..], &["--onion-listen", "0.0.0.0:0"]].concat(), "loopback"),
    ] {
        let refused = command().arg("serve").args(options).output().unwrap();
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains("--onion-listen") && said.contains(why), "{said}");
    }
}

/// [B-317]
#[test]
fn the_onion_service_is_told_to_who_is_not_there_already() {
    let made = Made::new();
    let secure = Secure::start_with(&made, &["--onion-location", "http://example.onion/"]);
    let asked = |host: &str| {
        let mut client = secure.connect(&made).unwrap();
        let request = message("GET", "/", &[], &[]);
        let request = String::from_utf8(request)
            .unwrap()
            .replace("host: localhost", &format!("host: {host}"));
        super::secure::ask(&mut client, request.as_bytes())
    };
    let outside = asked(HOST);
    assert_eq!(outside.header("onion-location"), Some("http://example.onion/"));
    assert!(outside.header("strict-transport-security").is_some());
    for host in ["example.onion", "EXAMPLE.onion:80"] {
        let inside = asked(host);
        assert_eq!((inside.status, inside.header("onion-location")), (200, None));
        assert_eq!(inside.header("strict-transport-security"), None);
    }
}
