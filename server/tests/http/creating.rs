//! tus: creation, the offset, going on, checksums, termination, and what is refused.

use base64ct::{Base64, Encoding as _};

use super::harness::{Answer, Paste, Server, TUS, bearer, sha256, token};

const SMALL: usize = 4096;
const LARGE: usize = 700_000;

fn checksum(bytes: &[u8]) -> String {
    format!("sha256 {}", Base64::encode_string(&sha256(bytes)))
}

/// [B-10]
#[test]
fn options_say_what_of_tus_is_spoken() {
    let server = Server::start_with(&["--size-max", "5MiB"]);
    let answer = server.ask("OPTIONS", "/api/v1/pastes", &[], &[]);
    assert_eq!(answer.status, 204);
    for (name, value) in [
        ("tus-resumable", "1.0.0"),
        ("tus-version", "1.0.0"),
        (
            "tus-extension",
            "creation,creation-with-upload,expiration,termination,checksum",
        ),
        ("tus-checksum-algorithm", "sha256"),
        ("tus-max-size", "5242880"),
    ] {
        assert_eq!(answer.header(name), Some(value));
    }
}

/// [B-11]
#[test]
fn a_creation_with_its_whole_body_is_one_request() {
    let server = Server::start();
    for len in [1, SMALL, LARGE] {
        let paste = Paste::new(len, 1);
        let answer = paste.create(&server, &paste.content);
        assert_eq!(
            (answer.status, answer.header("location")),
            (201, Some(&*paste.path("")))
        );
        assert_eq!(answer.header("upload-offset"), Some(&*len.to_string()));
        assert!(answer.header("upload-expires").unwrap().ends_with(" GMT"));
        assert_eq!(paste.receipt(&server)["state"], "stored");
    }
}

/// [B-11] [B-14]
#[test]
fn an_upload_goes_on_where_it_stopped_and_readers_see_it_once_it_is_whole() {
    let server = Server::start();
    for len in [SMALL, LARGE] {
        let paste = Paste::new(len, 1);
        assert_eq!(paste.create(&server, &[]).header("upload-offset"), Some("0"));
        let half = len / 2;
        assert_eq!(paste.patch(&server, 0, &paste.content[..half], &[]).status, 204);
        let head = paste.head(&server);
        assert_eq!(
            (head.status, head.header("upload-length")),
            (200, Some(&*len.to_string()))
        );
        assert_eq!(head.header("upload-offset"), Some(&*half.to_string()));
        assert_eq!(paste.probe(&server).code(), "not_found");
        assert_eq!(paste.receipt(&server)["state"], "uploading");
        let done = paste.patch(&server, half, &paste.content[half..], &[]);
        assert_eq!(
            (done.status, done.header("upload-offset")),
            (204, Some(&*len.to_string()))
        );
        assert!(paste.claim(&server, &token()).body == paste.content);
    }
}

/// [B-12]
#[test]
fn every_tus_answer_names_the_version_and_requests_must() {
    let server = Server::start();
    let paste = Paste::on(&server, SMALL, 1);
    let right = bearer(&paste.receipt);
    for (method, path) in [
        ("POST", "/api/v1/pastes".to_owned()),
        ("HEAD", paste.path("")),
        ("PATCH", paste.path("")),
    ] {
        for version in [None, Some("0.2.2")] {
            let mut headers = vec![("authorization", &*right)];
            headers.extend(version.map(|version| ("tus-resumable", version)));
            let answer = server.ask(method, &path, &headers, &[]);
            assert_eq!(
                (answer.status, answer.header("tus-resumable")),
                (412, Some("1.0.0")),
                "{method}"
            );
            assert_eq!(answer.header("tus-version"), Some("1.0.0"));
        }
    }
    assert_eq!(paste.burn(&server).header("tus-resumable"), Some("1.0.0"));
}

/// [B-13]
#[test]
fn a_creation_repeated_is_the_same_one_with_its_true_offset() {
    let server = Server::start();
    for len in [SMALL, LARGE] {
        let paste = Paste::new(len, 1);
        paste.create(&server, &[]);
        paste.patch(&server, 0, &paste.content[..1000], &[]);
        let again = paste.create(&server, &[]);
        assert_eq!((again.status, again.header("upload-offset")), (201, Some("1000")));
        paste.patch(&server, 1000, &paste.content[1000..], &[]);
        let again = paste.create(&server, &paste.content);
        assert_eq!(
            (again.status, again.header("upload-offset")),
            (201, Some(&*len.to_string()))
        );
        assert!(paste.claim(&server, &token()).body == paste.content);
    }
}

/// [B-13]
#[test]
fn a_creation_repeated_after_the_burn_is_gone_and_stays_gone() {
    let server = Server::start();
    let paste = Paste::on(&server, SMALL, 1);
    paste.burn(&server);
    let again = paste.create(&server, &paste.content);
    assert_eq!((again.status, again.code().as_str()), (410, "burned"));
    assert_eq!(paste.receipt(&server)["state"], "burned");
}

/// [B-13]
#[test]
fn a_known_id_with_other_hashes_policy_or_length_is_taken() {
    let server = Server::start();
    let paste = Paste::on(&server, SMALL, 1);
    let mut other = Paste::new(SMALL, 1);
    other.id.clone_from(&paste.id);
    let answer = other.create(&server, &other.content);
    assert_eq!((answer.status, answer.code().as_str()), (409, "id_taken"));
    let mut longer = Paste::new(SMALL + 1, 1);
    for (mine, theirs) in [
        (&mut longer.id, &paste.id),
        (&mut longer.probe, &paste.probe),
        (&mut longer.claim, &paste.claim),
        (&mut longer.receipt, &paste.receipt),
    ] {
        mine.clone_from(theirs);
    }
    assert_eq!(longer.create(&server, &[]).code(), "id_taken");
    let mut policy = longer;
    policy.content.pop();
    policy.policy[1].1 = "2".to_owned();
    assert_eq!(policy.create(&server, &[]).code(), "id_taken");
}

/// [B-14]
#[test]
fn a_wrong_offset_is_a_conflict_that_names_the_right_one() {
    let server = Server::start();
    let paste = Paste::new(LARGE, 1);
    paste.create(&server, &paste.content[..1000]);
    let answer = paste.patch(&server, 999, &paste.content[999..2000], &[]);
    assert_eq!((answer.status, answer.code().as_str()), (409, "offset_mismatch"));
    assert_eq!(
        (&answer.json()["offset"], answer.header("upload-offset")),
        (&1000.into(), Some("1000"))
    );
    assert_eq!(paste.offset(&server), 1000);
}

/// [B-15]
#[test]
fn a_body_that_does_not_match_its_checksum_leaves_the_offset_as_before() {
    let server = Server::start();
    for len in [SMALL, LARGE] {
        let paste = Paste::new(len, 1);
        paste.create(&server, &[]);
        paste.patch(
            &server,
            0,
            &paste.content[..100],
            &[("upload-checksum", &checksum(&paste.content[..100]))],
        );
        assert_eq!(paste.offset(&server), 100);
        let wrong = paste.patch(
            &server,
            100,
            &paste.content[100..],
            &[("upload-checksum", &checksum(b"other"))],
        );
        assert_eq!((wrong.status, wrong.code().as_str()), (460, "checksum_mismatch"));
        assert_eq!(paste.offset(&server), 100);
        for value in ["sha1 AAAA", "sha256", "sha256 AAAA"] {
            assert_eq!(
                paste.patch(&server, 100, b"x", &[("upload-checksum", value)]).json()["field"],
                "upload-checksum"
            );
        }
        let rest = &paste.content[100..];
        assert_eq!(
            paste
                .patch(&server, 100, rest, &[("upload-checksum", &checksum(rest))])
                .status,
            204
        );
    }
}

/// [B-16]
#[test]
fn too_large_is_refused_and_leaves_nothing_behind() {
    let server = Server::start_with(&["--size-max", "1MiB"]);
    let paste = Paste::new((1 << 20) + 1, 1);
    let answer = paste.create(&server, &paste.content);
    assert_eq!(
        (answer.code().as_str(), &answer.json()["limit"]),
        ("too_large", &1_048_576.into())
    );
    assert_eq!(paste.head(&server).status, 404);
    // More bytes than were announced as the container's length.
    for len in [SMALL, LARGE] {
        let paste = Paste::new(len, 1);
        let answer = paste.create(&server, &[&paste.content[..], b"x"].concat());
        assert_eq!(
            (answer.code().as_str(), &answer.json()["limit"]),
            ("too_large", &len.into())
        );
        assert_eq!(paste.head(&server).status, 404);
    }
    let whole = Paste::new(1 << 20, 1);
    assert_eq!(whole.create(&server, &whole.content).status, 201);
}

/// [B-16]
#[test]
fn a_patch_past_the_length_is_refused_and_the_offset_stays() {
    let server = Server::start();
    let paste = Paste::new(LARGE, 1);
    paste.create(&server, &paste.content[..500_000]);
    let answer = paste.patch(&server, 500_000, &vec![0; 300_000], &[]);
    assert_eq!(answer.code(), "too_large");
    assert_eq!(paste.offset(&server), 500_000);
}

/// [B-17]
#[test]
fn policies_outside_this_servers_bounds_are_refused_by_name() {
    let server = Server::start_with(&["--expires-min", "10m", "--expires-max", "1d"]);
    for (key, value, limit) in [
        ("expires_in", "599", 600),
        ("expires_in", "86401", 86400),
        ("reads", "1001", 1000),
    ] {
        let mut paste = Paste::new(SMALL, 1);
        paste.policy.retain(|(name, _)| *name != key);
        paste.policy.push((key, value.to_owned()));
        let answer = paste.create(&server, &paste.content);
        assert_eq!((answer.status, answer.code().as_str()), (422, "policy_not_allowed"));
        assert_eq!(
            (&answer.json()["field"], &answer.json()["limit"]),
            (&key.into(), &limit.into())
        );
    }
}

fn create_raw(server: &Server, length: Option<&str>, metadata: Option<&str>) -> Answer {
    let mut headers = vec![TUS];
    headers.extend(length.map(|value| ("upload-length", value)));
    headers.extend(metadata.map(|value| ("upload-metadata", value)));
    server.ask("POST", "/api/v1/pastes", &headers, &[])
}

/// [B-18]
#[test]
fn malformed_creations_name_the_field() {
    let server = Server::start();
    let good = Paste::new(SMALL, 1).metadata();
    for length in [
        None,
        Some(""),
        Some("0"),
        Some("-1"),
        Some("+5"),
        Some("4 096"),
        Some("99999999999999999999999"),
    ] {
        assert_eq!(
            create_raw(&server, length, Some(&good)).json()["field"],
            "upload-length",
            "{length:?}"
        );
    }
    let duplicate = format!("{good},reads MQ==");
    let name = format!("{good},filename bGlzdC5jc3Y=");
    for metadata in [
        None,
        Some(""),
        Some("id"),
        Some("id !!"),
        Some(&*duplicate),
        Some(&*name),
        Some(&*"x".repeat(1025)),
    ] {
        assert_eq!(
            create_raw(&server, Some("4096"), metadata).json()["field"],
            "upload-metadata",
            "{metadata:?}"
        );
    }
    for (key, value) in [
        ("on_guessing", "explode"),
        ("keep", "1"),
        ("expires_in", "soon"),
        ("reads", "-1"),
    ] {
        let mut paste = Paste::new(SMALL, 1);
        paste.policy.retain(|(name, _)| *name != key);
        paste.policy.push((key, value.to_owned()));
        assert_eq!(paste.create(&server, &[]).json()["field"], key);
    }
}

/// [B-19]
#[test]
fn bodies_must_be_of_the_media_type_of_tus() {
    let server = Server::start();
    let paste = Paste::new(SMALL, 1);
    let (len, metadata) = (SMALL.to_string(), paste.metadata());
    let headers = [
        TUS,
        ("upload-length", &*len),
        ("upload-metadata", &*metadata),
        ("content-type", "text/plain"),
    ];
    assert_eq!(
        server.ask("POST", "/api/v1/pastes", &headers, &paste.content).code(),
        "unsupported_media_type"
    );
    assert_eq!(paste.head(&server).status, 404);
}

/// [B-20]
#[test]
fn an_unfinished_upload_is_burned_by_its_receipt() {
    let server = Server::start();
    let paste = Paste::new(LARGE, 1);
    paste.create(&server, &paste.content[..1000]);
    assert_eq!(paste.burn(&server).status, 204);
    assert_eq!(paste.head(&server).status, 410);
    assert_eq!(paste.patch(&server, 1000, b"x", &[]).code(), "burned");
}

/// [B-21]
#[test]
fn storage_and_item_limits_refuse_uploads_only() {
    let server = Server::start_with(&["--size-max", "8KiB", "--storage-max", "12KiB"]);
    let paste = Paste::on(&server, 8192, 1);
    let answer = Paste::new(8192, 1).create(&server, &[]);
    assert_eq!((answer.status, answer.code().as_str()), (507, "storage_full"));
    assert_eq!(paste.claim(&server, &token()).status, 200);
    let server = Server::start_with(&["--items-max", "1"]);
    Paste::on(&server, SMALL, 1);
    assert_eq!(Paste::new(SMALL, 1).create(&server, &[]).status, 507);
}

/// [B-22]
#[test]
fn a_client_that_creates_too_often_is_told_when_to_come_back() {
    let server = Server::start_with(&["--uploads-per-minute", "2", "--trusted-proxies", "127.0.0.1"]);
    let create = |address: &str| {
        let paste = Paste::new(SMALL, 1);
        paste.create_with(&server, &paste.content, &[("x-forwarded-for", address)])
    };
    assert_eq!(
        (create("203.0.113.5").status, create("198.51.100.1, 203.0.113.5").status),
        (201, 201)
    );
    let refused = create("203.0.113.77");
    assert_eq!((refused.status, refused.code().as_str()), (429, "rate_limited"));
    assert!(refused.json()["retry_after"].as_u64().unwrap() >= 1);
    assert_eq!(create("203.0.114.5").status, 201);
    assert_eq!(
        (create("2001:db8::1").status, create("2001:db8:0:ff::1").status),
        (201, 201)
    );
    assert_eq!(create("2001:db8:0:80::").status, 429);
    assert_eq!(create("2001:db8:0:100::1").status, 201);
}

/// [B-23]
#[test]
fn the_method_may_be_overridden_on_post_alone() {
    let server = Server::start();
    let paste = Paste::on(&server, SMALL, 1);
    let right = bearer(&paste.receipt);
    for method in ["GET", "HEAD", "OPTIONS"] {
        server.ask(
            method,
            &paste.path(""),
            &[TUS, ("authorization", &right), ("x-http-method-override", "DELETE")],
            &[],
        );
    }
    assert_eq!(paste.receipt(&server)["state"], "stored");
    let headers = [TUS, ("authorization", &*right), ("x-http-method-override", "DELETE")];
    assert_eq!(server.ask("POST", &paste.path(""), &headers, &[]).status, 204);
    assert_eq!(paste.receipt(&server)["state"], "burned");
}
