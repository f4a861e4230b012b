//! With the real server: links open once, with and without passphrase, through lost connections and killed programs.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod program;
#[path = "program/server.rs"]
mod service;

use program::{Desk, good, mode, noise, refused, said, scanned};
use satchel_client::crypto::{LeaseToken, Link, Passphrase};
use service::{Fate, Proxy, Server};

/// Link and receipt of a share.
fn share(desk: &Desk, url: &str, arguments: &[&str]) -> (String, String) {
    let mut all = vec!["share", "--json", "--server", url];
    all.extend(arguments);
    let text = String::from_utf8(good(desk.run(&all))).unwrap();
    let field = |name: &str| {
        let start = text.find(&format!("\"{name}\":\"")).unwrap() + name.len() + 4;
        text[start..].split('"').next().unwrap().to_owned()
    };
    (field("link"), field("receipt"))
}

#[test]
fn a_link_opens_once_and_the_second_reader_is_told() {
    let (desk, server) = (Desk::new(), Server::start());
    desk.write("demands.pdf", &noise(300_000, 3));
    let (link, receipt) = share(&desk, server.url(), &["demands.pdf", "--burn"]);
    assert!(link.starts_with(&format!("{}/#", server.url())));
    let status = String::from_utf8(good(desk.run(&["status", &receipt]))).unwrap();
    assert!(
        status.starts_with("It was not opened yet, and opens once. It expires "),
        "{status}"
    );

    let output = desk.run(&["get", &link, "-o", "got/"]);
    assert!(
        said(&output).ends_with("That was the last read: it is gone now.\n"),
        "{}",
        said(&output)
    );
    good(output);
    assert!(desk.read("got/demands.pdf") == desk.read("demands.pdf"));
    assert!(refused(desk.run(&["get", &link, "-o", "again/"]), 5).contains("it was opened before, and is gone"));
    assert!(!desk.path("again").exists());
    let status = String::from_utf8(good(desk.run(&["status", &receipt, "--json"]))).unwrap();
    assert!(
        status.contains(r#""state":"burned""#) && status.contains(r#""burned":"reads""#),
        "{status}"
    );
    assert!(
        desk.names("state/satchel/leases").is_empty(),
        "the lease goes with the confirm"
    );
}

#[test]
fn the_link_alone_is_on_standard_output_and_a_mangled_one_opens() {
    let (desk, server) = (Desk::new(), Server::start());
    let output = desk.run_with(&["share", "--server", server.url(), "--qr"], "текст\n".as_bytes());
    let errors = said(&output);
    let link = String::from_utf8(good(output)).unwrap();
    assert_eq!(
        (link.lines().count(), link.trim().len()),
        (1, server.url().len() + 2 + 47)
    );
    assert!(errors.contains("It opens once, until ") && errors.contains("receipt: http"));
    assert!(!errors.contains(link.trim()));
    assert_eq!(scanned(&errors, false), link.trim());
    let mangled = format!("<{}>.\n", link.trim().replace('#', "%2523"));
    let output = desk.run_with(&["get", "-"], mangled.as_bytes());
    assert_eq!(good(output), "текст\n".as_bytes(), "a text goes to standard output");
}

#[test]
fn what_is_kept_opens_often_and_says_what_that_means_before_and_after() {
    let (desk, server) = (Desk::new(), Server::start());
    desk.write("plan.txt", b"at noon");
    let help = String::from_utf8(good(desk.run(&["share", "--help"]))).unwrap();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        help.contains("even burned, it stays readable in the operator's backups until it expires"),
        "{help}"
    );
    let output = desk.run(&["share", "--keep", "plan.txt", "--server", server.url()]);
    let told = said(&output);
    assert!(told.contains("It opens any number of times, until "), "{told}");
    assert!(
        told.contains("Until then it stays readable in the operator's backups"),
        "{told}"
    );
    let link = String::from_utf8(good(output)).unwrap();
    for out in ["one", "two"] {
        good(desk.run(&["get", link.trim(), "-o", out]));
    }
    for beside in [
        ["--burn", "--qr"],
        ["--reads", "3"],
        ["--burn-on-guessing", "--qr"],
        ["--links", "2"],
    ] {
        let all = [&["share", "--keep", "plan.txt", "--server", server.url()][..], &beside].concat();
        refused(desk.run(&all), 2);
    }
}

#[test]
fn a_passphrase_is_needed_beside_the_link_and_a_wrong_one_burns_nothing() {
    let (desk, server) = (Desk::new(), Server::start());
    desk.write("plan.txt", b"at noon");
    desk.write("wrong", b"three words only\n");
    let (link, receipt) = share(&desk, server.url(), &["plan.txt", "--passphrase-file", "words"]);
    let wrong = desk.run(&["get", &link, "-o", "out", "--passphrase-file", "wrong"]);
    assert!(refused(wrong, 3).contains("the passphrase is wrong"));
    let status = String::from_utf8(good(desk.run(&["status", &receipt]))).unwrap();
    assert!(status.contains("Wrong passphrases: 1."), "{status}");
    good(desk.run(&["get", &link, "-o", "out", "--passphrase-file", "words"]));
    assert_eq!(desk.read("out"), b"at noon");
}

#[test]
fn tries_are_counted_to_the_last_and_what_the_last_one_burned_is_said() {
    let (desk, server) = (Desk::new(), Server::start());
    desk.write("plan.txt", b"at noon");
    desk.write("wrong", b"three words only\n");
    let locked = ["plan.txt", "--passphrase-file", "words", "--burn-on-guessing"];
    let (link, receipt) = share(&desk, server.url(), &locked);
    let guess = || desk.run(&["get", &link, "-o", "out", "--passphrase-file", "wrong"]);
    for left in (2..=11).rev() {
        let told = refused(guess(), 3);
        assert!(told.contains(&format!("{left} tries left. Then it burns.")), "{told}");
    }
    let told = refused(guess(), 5);
    assert!(
        told.contains("This is the last try: a wrong passphrase burns it."),
        "{told}"
    );
    assert!(told.contains("it burned after too many wrong passphrases"), "{told}");
    let status = String::from_utf8(good(desk.run(&["status", &receipt]))).unwrap();
    assert!(status.contains("Too many wrong passphrases burned it"), "{status}");
}

#[test]
fn a_read_is_not_used_up_by_what_could_be_refused_before() {
    let (desk, server) = (Desk::new(), Server::start());
    desk.write("a", b"shared");
    let (link, receipt) = share(&desk, server.url(), &["a"]);
    refused(desk.run(&["get", &link, "-o", "a"]), 7);
    refused(desk.run(&["get", &receipt]), 2);
    refused(desk.run(&["get", &link[..link.len() - 1]]), 2);
    refused(desk.run(&["burn", &link]), 2);
    for output in ["a/b", "a/b/c/", "missing/b", "missing/..", ""] {
        assert!(!desk.run(&["get", &link, "-o", output]).status.success(), "{output}");
    }
    assert!(!desk.path("missing").exists());
    let status = String::from_utf8(good(desk.run(&["status", &receipt]))).unwrap();
    assert!(status.contains("It was not opened yet"), "{status}");
}

#[test]
fn a_name_that_exists_is_refused_after_the_claim_and_the_read_stays() {
    let (desk, server) = (Desk::new(), Server::start());
    desk.write("a", b"shared");
    let (link, _) = share(&desk, server.url(), &["a"]);
    let output = refused(desk.run(&["get", &link]), 7);
    assert!(output.contains("hint: the read is yours for a while still"), "{output}");
    assert_eq!(desk.names("state/satchel/leases").len(), 1);
    good(desk.run(&["get", &link, "-o", "elsewhere/"]));
    assert_eq!(desk.read("elsewhere/a"), b"shared");
}

/// The ciphertext that the server has for a link, as `saved.satchel`: what anybody gets who claims.
fn save(desk: &Desk, server: &Server, link: &Link, passphrase: Option<&Passphrase>) {
    let unlocked = link.unlock(passphrase).unwrap();
    let lease = LeaseToken::generate(&mut rand_core::UnwrapErr(getrandom::SysRng));
    let url = format!("{}/api/v1/pastes/{}/claim", server.url(), link.id().encode());
    let answer = ureq::post(&url)
        .header(
            "authorization",
            format!("Bearer {}", unlocked.claim_token().bearer().as_str()),
        )
        .header("satchel-probe", link.probe_token().bearer().as_str())
        .header("satchel-lease", lease.bearer().as_str())
        .send_empty();
    desk.write("saved.satchel", &answer.unwrap().body_mut().read_to_vec().unwrap());
}

#[test]
fn what_was_saved_from_a_link_opens_with_the_link_in_a_file() {
    let (desk, server) = (Desk::new(), Server::start());
    desk.write("demands.pdf", &noise(300_000, 6));
    let words = Passphrase::from_file(&desk.read("words")).unwrap();
    for passphrase in [None, Some(&words)] {
        let key: &[&str] = if passphrase.is_some() {
            &["--passphrase-file", "words"]
        } else {
            &[]
        };
        let (text, _) = share(&desk, server.url(), &[&["demands.pdf", "--reads", "2"], key].concat());
        let link = Link::parse(text.rsplit('#').next().unwrap()).unwrap();
        save(&desk, &server, &link, passphrase);
        desk.write("link", format!("<{}>.\r\n", text.replace('#', "%23")).as_bytes());

        let with = ["saved.satchel", "--link-file", "link"];
        let listed = good(desk.run(&[&["list"], &with[..], key].concat()));
        assert!(String::from_utf8(listed).unwrap().contains("demands.pdf"));
        good(desk.run(&[&["decrypt", "-o", "out/"], &with[..], key].concat()));
        assert!(desk.read("out/demands.pdf") == desk.read("demands.pdf"));
        std::fs::remove_dir_all(desk.path("out")).unwrap();
        let from_stdin = ["decrypt", "saved.satchel", "--link-file", "-", "-o", "-"];
        let output = desk.run_with(&[&from_stdin[..], key].concat(), text.as_bytes());
        assert!(good(output) == desk.read("demands.pdf"));

        // Another link, another passphrase, the passphrase alone, a container changed on the way.
        let (other, _) = share(&desk, server.url(), &["words"]);
        desk.write("other", other.as_bytes());
        refused(desk.run(&["check", "saved.satchel", "--link-file", "other"]), 3);
        refused(desk.run(&["check", "saved.satchel", "--passphrase-file", "words"]), 3);
        if passphrase.is_some() {
            desk.write("wrong", b"three words only\n");
            refused(
                desk.run(&[&["check"], &with[..], &["--passphrase-file", "wrong"]].concat()),
                3,
            );
        }
        let mut damaged = desk.read("saved.satchel");
        damaged[280_000] ^= 1;
        desk.write("saved.satchel", &damaged);
        refused(desk.run(&[&["decrypt", "-o", "out/"], &with[..], key].concat()), 4);
        assert!(!desk.path("out").exists());
    }
}

#[test]
fn no_lease_is_left_behind_by_what_is_gone() {
    let (desk, server) = (Desk::new(), Server::start());
    desk.write("a", b"shared");
    for key in [&[][..], &["--passphrase-file", "words"]] {
        let (link, receipt) = share(&desk, server.url(), &[&["a"], key].concat());
        refused(desk.run(&[&["get", &link][..], key].concat()), 7);
        assert_eq!(desk.names("state/satchel/leases").len(), 1);
        good(desk.run(&["burn", &receipt]));
        refused(desk.run(&[&["get", &link][..], key].concat()), 5);
        assert!(desk.names("state/satchel/leases").is_empty(), "{key:?}");
    }
    let old = desk.write("state/satchel/leases/old", b"");
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(8 * 86_400);
    std::fs::File::options()
        .write(true)
        .open(old)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    desk.write("state/satchel/leases/new", b"");
    let (link, _) = share(&desk, server.url(), &["a"]);
    good(desk.run(&["get", &link, "-o", "got"]));
    assert_eq!(desk.names("state/satchel/leases"), ["new"]);
}

#[test]
fn a_name_that_looks_like_this_machine_does_not_go_around_the_proxy() {
    let desk = Desk::new();
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let link = Link::generate(&mut rand_core::UnwrapErr(getrandom::SysRng), false).encode();
    for host in ["localhost.satchel.invalid", "127.satchel.invalid"] {
        let link = format!("https://{host}/#{}", link.as_str());
        let mut child = desk
            .command(&["get", &link])
            .env("ALL_PROXY", &address)
            .spawn()
            .unwrap();
        let (mut asked, _) = proxy.accept().unwrap();
        let mut line = [0; 12];
        std::io::Read::read_exact(&mut asked, &mut line).unwrap();
        assert!(line.starts_with(format!("CONNECT {}", &host[..4]).as_bytes()));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn the_receipt_burns_and_reads_are_counted() {
    let (desk, server) = (Desk::new(), Server::start());
    desk.write("a", b"shared");
    let (link, receipt) = share(&desk, server.url(), &["a", "--reads", "3", "--expires", "2d"]);
    good(desk.run(&["get", &link, "-o", "one"]));
    let status = String::from_utf8(good(desk.run(&["status", &receipt]))).unwrap();
    assert!(status.starts_with("It was opened 1 of 3 times."), "{status}");
    good(desk.run(&["burn", &receipt]));
    good(desk.run_with(&["burn", "-"], receipt.as_bytes()));
    assert!(refused(desk.run(&["get", &link, "-o", "two"]), 5).contains("its sender burned it"));
    let status = String::from_utf8(good(desk.run(&["status", &receipt]))).unwrap();
    assert!(status.starts_with("It was burned in the hour from "), "{status}");
}

#[test]
fn a_killed_get_goes_on_with_the_same_lease() {
    let (desk, server) = (Desk::new(), Server::start());
    let proxy = Proxy::before(&server);
    desk.write("large", &noise(6_000_000, 4));
    let (link, _) = share(&desk, server.url(), &["large", "--burn"]);
    let through = link.replace(server.url(), proxy.url());
    proxy.doom(&[Fate::Hold(2_000_000)]);
    let mut child = desk.command(&["get", &through, "-o", "got"]).spawn().unwrap();
    proxy.wait();
    // A second one meanwhile leaves the first one's read alone.
    let told = refused(desk.run(&["get", &link, "-o", "other"]), 1);
    assert!(told.contains("another `satchel get` is opening this link"), "{told}");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!desk.path("got").exists() && !desk.path("other").exists());
    let leases = desk.names("state/satchel/leases");
    assert_eq!(leases.len(), 1);
    assert_eq!(mode(&desk.path("state/satchel/leases").join(&leases[0])), 0o600);
    let kept = desk.read(&format!("state/satchel/leases/{}", leases[0]));
    assert_eq!(kept.len(), 43, "a lease token and nothing else");

    // Without the lease somebody else gets nothing.
    let other = Desk::new();
    refused(other.run(&["get", &link, "-o", "got"]), 5);
    good(desk.run(&["get", &through, "-o", "got"]));
    assert!(desk.read("got") == desk.read("large"));
    assert!(desk.names("state/satchel/leases").is_empty());
    refused(desk.run(&["get", &link, "-o", "again"]), 5);
}

#[test]
fn uploads_and_downloads_go_on_after_every_cut() {
    let (desk, server) = (Desk::new(), Server::start());
    let proxy = Proxy::before(&server);
    desk.write("large", &noise(20_000_000, 8));
    proxy.doom(&[Fate::CutUp(3_000_000), Fate::CutUp(900), Fate::CutUp(7_000_000)]);
    let (link, _) = share(&desk, proxy.url(), &["large", "--burn"]);
    assert_eq!(proxy.left(), 0, "every cut was made");
    proxy.doom(&[
        Fate::CutDown(1),
        Fate::CutDown(5_000_000),
        Fate::CutDown(300),
        Fate::CutDown(9_000_000),
    ]);
    good(desk.run(&["get", &link, "-o", "got"]));
    assert_eq!(proxy.left(), 0, "every cut was made");
    assert!(desk.read("got") == desk.read("large"));
    refused(desk.run(&["get", &link, "-o", "again"]), 5);
}

#[test]
fn a_share_of_standard_input_may_be_of_any_length() {
    let (desk, server) = (Desk::new(), Server::start());
    let content = noise(5_000_000, 2);
    let link = good(desk.run_with(&["share", "--server", server.url()], &content));
    let got = good(desk.run_with(&["get", "-", "-o", "-"], &link));
    assert!(got == content);
}

#[test]
fn without_a_server_it_is_6_and_a_fragment_takes_the_server_that_is_named() {
    let (desk, server) = (Desk::new(), Server::start());
    desk.write("a", b"shared");
    let (link, _) = share(&desk, server.url(), &["a"]);
    let fragment = link.rsplit('#').next().unwrap();
    refused(desk.run(&["get", fragment, "-o", "got"]), 2);
    good(
        desk.command(&["get", fragment, "-o", "got"])
            .env("SATCHEL_SERVER", server.url())
            .output()
            .unwrap(),
    );
    assert_eq!(desk.read("got"), b"shared");
    drop(server);
    refused(desk.run(&["get", &link, "-o", "again"]), 6);
}
