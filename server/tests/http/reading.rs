//! Probe, claim, content, confirm, and what the receipt then says.

use super::harness::{Answer, Paste, Server, bearer, sha256, token};

const SMALL: usize = 4096;
const LARGE: usize = 700_000;

fn reads_left(paste: &Paste, server: &Server) -> u64 {
    paste.receipt(server)["reads_left"].as_u64().unwrap()
}

/// [B-30]
#[test]
fn a_probe_says_what_a_reader_may_know_and_never_burns() {
    let server = Server::start();
    let paste = Paste::on(&server, SMALL, 1);
    for _ in 0..5 {
        let probed = paste.probe(&server);
        assert_eq!(probed.status, 200);
        let probed = probed.json();
        assert_eq!(
            (&probed["size"], &probed["reads"], &probed["reads_left"]),
            (&4096.into(), &1.into(), &1.into())
        );
        assert_eq!(probed["tries_left"], 10);
    }
    assert_eq!(reads_left(&paste, &server), 1);
}

/// [B-3]
#[test]
fn get_head_and_options_on_the_claim_path_never_burn() {
    let server = Server::start();
    let paste = Paste::on(&server, SMALL, 1);
    let lease = token();
    let headers = [
        ("authorization", &*bearer(&paste.claim)),
        ("satchel-probe", &*paste.probe),
        ("satchel-lease", &*lease),
    ];
    for (method, status) in [
        ("GET", 405),
        ("HEAD", 405),
        ("OPTIONS", 204),
        ("PUT", 405),
        ("TRACE", 405),
    ] {
        for rest in ["/claim", "/confirm", "/probe"] {
            let answer = server.ask(method, &paste.path(rest), &headers, &[]);
            assert_eq!(
                (answer.status, answer.header("allow")),
                (status, Some("POST")),
                "{method} {rest}"
            );
        }
    }
    assert_eq!(paste.receipt(&server)["state"], "stored");
    assert_eq!(reads_left(&paste, &server), 1);
}

/// [B-2]
#[test]
fn an_id_alone_obtains_nothing_and_every_refusal_has_the_same_bytes() {
    let server = Server::start();
    let paste = Paste::on(&server, SMALL, 1);
    let absent = Paste::new(SMALL, 1);
    let (wrong, lease) = (token(), token());
    let mut answers: Vec<Answer> = Vec::new();
    for path in [
        &paste.path(""),
        &absent.path(""),
        "/api/v1/pastes/short",
        "/api/v1/pastes/%41%41",
    ] {
        for bearing in [
            None,
            Some(bearer(&wrong)),
            Some("Bearer short".to_owned()),
            Some("Basic eDp5".to_owned()),
        ] {
            let mut headers = vec![("satchel-lease", &*lease), ("satchel-probe", &*wrong)];
            headers.extend(bearing.as_deref().map(|value| ("authorization", value)));
            for (method, rest) in [
                ("POST", "/probe"),
                ("POST", "/claim"),
                ("GET", "/content"),
                ("POST", "/confirm"),
                ("GET", "/receipt"),
                ("POST", "/reset-wait"),
            ] {
                answers.push(
                    server
                        .ask(method, &format!("{path}{rest}"), &headers, &[])
                        .without_date(),
                );
            }
        }
    }
    assert_eq!(answers[0].code(), "not_found");
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(reads_left(&paste, &server), 1);
}

/// [B-2]
#[test]
fn a_right_claim_token_without_a_right_probe_token_is_not_found() {
    let server = Server::start();
    let paste = Paste::on(&server, SMALL, 1);
    let (wrong, lease, right) = (token(), token(), bearer(&paste.claim));
    let headers = [
        ("authorization", &*right),
        ("satchel-probe", &*wrong),
        ("satchel-lease", &*lease),
    ];
    assert_eq!(
        server.ask("POST", &paste.path("/claim"), &headers, &[]).code(),
        "not_found"
    );
    let headers = [("authorization", &*right), ("satchel-lease", &*lease)];
    assert_eq!(
        server.ask("POST", &paste.path("/claim"), &headers, &[]).code(),
        "not_found"
    );
    assert_eq!(paste.receipt(&server)["wrong_tries"], 0);
}

/// [B-31]
#[test]
fn who_proves_the_link_is_told_which_header_is_malformed_and_nothing_is_counted() {
    let server = Server::start();
    let paste = Paste::on(&server, SMALL, 1);
    let right = bearer(&paste.claim);
    let answer = server.ask(
        "POST",
        &paste.path("/claim"),
        &[("authorization", &right), ("satchel-probe", &paste.probe)],
        &[],
    );
    assert_eq!(
        (answer.code().as_str(), &answer.json()["field"]),
        ("invalid_request", &"satchel-lease".into())
    );
    let receipt = paste.receipt(&server);
    assert_eq!(
        (&receipt["wrong_tries"], &receipt["reads_left"]),
        (&0.into(), &1.into())
    );
}

/// [B-32] [B-33]
#[test]
fn a_claim_repeated_with_the_same_lease_costs_nothing() {
    let server = Server::start();
    for len in [SMALL, LARGE] {
        let paste = Paste::on(&server, len, 2);
        let lease = token();
        for _ in 0..3 {
            let claimed = paste.claim(&server, &lease);
            assert_eq!((claimed.status, claimed.header("satchel-reads-left")), (200, Some("1")));
            assert!(claimed.header("satchel-lease-ends").is_some());
            assert!(claimed.body == paste.content);
        }
        assert_eq!(reads_left(&paste, &server), 1);
    }
}

/// [B-34]
#[test]
fn two_lease_tokens_never_share_a_read() {
    let server = Server::start();
    let paste = Paste::on(&server, SMALL, 1);
    assert_eq!(paste.claim(&server, &token()).status, 200);
    let second = paste.claim(&server, &token());
    assert_eq!((second.status, second.code().as_str()), (410, "burned"));
    assert_eq!(second.json()["burned"], "reads");
}

/// [B-34]
#[test]
fn of_many_claims_at_once_exactly_as_many_succeed_as_there_are_reads() {
    let server = Server::start();
    for (len, reads) in [(SMALL, 1), (LARGE, 3)] {
        let paste = Paste::on(&server, len, reads);
        let won = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..16)
                .map(|_| scope.spawn(|| paste.claim(&server, &token()).status))
                .collect();
            tries
                .into_iter()
                .filter_map(|one| one.join().ok())
                .filter(|status| *status == 200)
                .count()
        });
        assert_eq!(won, usize::try_from(reads).unwrap());
    }
}

/// [B-35]
#[test]
fn a_wrong_passphrase_is_counted_and_after_ten_it_waits() {
    let server = Server::start();
    let paste = Paste::on(&server, SMALL, 1);
    for left in (0..10).rev() {
        let answer = paste.claim_as(&server, &token(), &token());
        assert_eq!((answer.status, answer.code().as_str()), (403, "wrong_passphrase"));
        assert_eq!(answer.json()["tries_left"], left);
    }
    paste.claim_as(&server, &token(), &token());
    let waiting = paste.claim(&server, &token());
    assert_eq!((waiting.status, waiting.code().as_str()), (429, "wait"));
    assert!(waiting.json()["retry_after"].as_u64().unwrap() >= 1);
    let reset = server.ask(
        "POST",
        &paste.path("/reset-wait"),
        &[("authorization", &bearer(&paste.receipt))],
        &[],
    );
    assert_eq!(reset.status, 204);
    assert_eq!(paste.receipt(&server)["wrong_tries"], 0);
    assert_eq!(paste.claim(&server, &token()).status, 200);
}

/// [B-36]
#[test]
fn confirm_burns_when_no_read_is_left_and_tells_the_receipt() {
    let server = Server::start();
    let paste = Paste::on(&server, SMALL, 1);
    let lease = token();
    paste.claim(&server, &lease);
    assert_eq!(paste.receipt(&server)["leases_running"], 1);
    assert_eq!(paste.confirm(&server, &lease).status, 204);
    assert_eq!(paste.confirm(&server, &lease).status, 204);
    let receipt = paste.receipt(&server);
    assert_eq!(
        (&receipt["state"], &receipt["burned"]),
        (&"burned".into(), &"reads".into())
    );
    assert_eq!(paste.probe(&server).code(), "burned");
    assert_eq!(paste.claim(&server, &lease).status, 410);
    assert_eq!(paste.content(&server, &lease, None).status, 410);
}

/// [B-36]
#[test]
fn a_confirmed_lease_is_ended_while_the_paste_has_reads_left() {
    let server = Server::start();
    let paste = Paste::on(&server, SMALL, 2);
    let lease = token();
    paste.claim(&server, &lease);
    paste.confirm(&server, &lease);
    assert_eq!(paste.content(&server, &lease, None).code(), "lease_ended");
    assert_eq!(paste.claim(&server, &lease).code(), "lease_ended");
    assert_eq!(reads_left(&paste, &server), 1);
}

/// [B-37]
#[test]
fn a_download_resumed_by_ranges_has_the_same_digest() {
    let server = Server::start();
    for len in [SMALL, LARGE] {
        let paste = Paste::on(&server, len, 1);
        let lease = token();
        paste.claim(&server, &lease);
        let mut together = Vec::new();
        for (from, to) in [(0, 0), (1, 999), (1000, len / 2), (len / 2 + 1, len - 2)] {
            let part = paste.content(&server, &lease, Some(&format!("bytes={from}-{to}")));
            assert_eq!(part.status, 206);
            assert_eq!(part.header("content-range"), Some(&*format!("bytes {from}-{to}/{len}")));
            assert_eq!(part.header("content-length"), Some(&*(to - from + 1).to_string()));
            together.extend(part.body);
        }
        together.extend(
            paste
                .content(&server, &lease, Some(&format!("bytes={}-", len - 1)))
                .body,
        );
        assert_eq!(sha256(&together), sha256(&paste.content));
        assert_eq!(
            paste.content(&server, &lease, Some("bytes=-10")).body,
            paste.content[len - 10..]
        );
        assert_eq!(reads_left(&paste, &server), 0);
    }
}

/// [B-38]
#[test]
fn a_range_past_the_end_is_416_and_several_ranges_are_answered_whole() {
    let server = Server::start();
    let paste = Paste::on(&server, SMALL, 1);
    let lease = token();
    paste.claim(&server, &lease);
    for range in ["bytes=4096-", "bytes=9999-10000", "bytes=-0"] {
        let answer = paste.content(&server, &lease, Some(range));
        assert_eq!(
            (answer.code().as_str(), answer.header("content-range")),
            ("range_not_satisfiable", Some("bytes */4096"))
        );
    }
    assert_eq!(
        paste
            .content(&server, &lease, Some("bytes=4000-9999"))
            .header("content-range"),
        Some("bytes 4000-4095/4096")
    );
    for range in ["bytes=0-1,5-6", "bytes=9-8", "items=0-1"] {
        let (paste, lease) = (Paste::on(&server, SMALL, 1), token());
        paste.claim(&server, &lease);
        let answer = paste.content(&server, &lease, Some(range));
        assert_eq!((answer.status, answer.body.len()), (200, SMALL), "{range}");
    }
}

/// [B-39]
#[test]
fn a_lease_serves_no_more_than_a_few_times_the_size_and_then_ends() {
    let server = Server::start();
    let paste = Paste::on(&server, LARGE, 1);
    let lease = token();
    paste.claim(&server, &lease);
    let last = (0..8)
        .map(|_| paste.content(&server, &lease, None))
        .find(|answer| answer.status != 200);
    assert_eq!(last.expect("an end").status, 410);
}

/// [B-40]
#[test]
fn any_number_of_reads_is_unlimited() {
    let server = Server::start();
    let paste = Paste::on(&server, SMALL, 0);
    for _ in 0..3 {
        let claimed = paste.claim(&server, &token());
        assert_eq!(
            (claimed.status, claimed.header("satchel-reads-left")),
            (200, Some("unlimited"))
        );
    }
    let receipt = paste.receipt(&server);
    assert!(receipt["reads_left"].is_null());
    assert_eq!(receipt["reads_used"], 3);
}

/// [B-41]
#[test]
fn a_burn_on_demand_ends_leases_and_is_repeatable() {
    let server = Server::start();
    let paste = Paste::on(&server, SMALL, 5);
    let lease = token();
    paste.claim(&server, &lease);
    assert_eq!(paste.burn(&server).status, 204);
    assert_eq!(paste.burn(&server).status, 204);
    assert_eq!(paste.content(&server, &lease, None).status, 410);
    assert_eq!(paste.receipt(&server)["burned"], "demand");
    assert_eq!(paste.probe(&server).json()["burned"], "demand");
}

/// [B-42]
#[test]
fn the_receipt_has_exactly_these_fields_in_each_state() {
    let server = Server::start();
    let paste = Paste::new(SMALL, 3);
    let shape = |receipt: &serde_json::Value| {
        let mut names: Vec<String> = receipt.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names.join(" ")
    };
    let fields =
        "burned burned_at expires_at leases_running reads reads_left reads_used retry_after size state wrong_tries";
    paste.create(&server, &[]);
    let uploading = paste.receipt(&server);
    assert_eq!(
        (shape(&uploading).as_str(), &uploading["state"]),
        (fields, &"uploading".into())
    );
    assert!(uploading["expires_at"].is_null());
    paste.patch(&server, 0, &paste.content, &[]);
    let stored = paste.receipt(&server);
    assert_eq!(
        (shape(&stored).as_str(), &stored["state"], &stored["size"]),
        (fields, &"stored".into(), &4096.into())
    );
    assert_eq!(stored["expires_at"].as_u64().unwrap() % 300, 0);
    paste.burn(&server);
    let burned = paste.receipt(&server);
    assert_eq!((shape(&burned).as_str(), &burned["state"]), (fields, &"burned".into()));
    assert_eq!(burned["burned_at"].as_u64().unwrap() % 3600, 0);
    assert!(burned["size"].is_null());
}

/// [B-35]
#[test]
fn guessing_burns_where_its_creator_chose_that() {
    let server = Server::start();
    let mut paste = Paste::new(SMALL, 1);
    paste.policy.push(("on_guessing", "burn".to_owned()));
    paste.create(&server, &paste.content);
    assert_eq!(paste.probe(&server).json()["burns_on_guessing"], true);
    let last = (0..12)
        .map(|_| paste.claim_as(&server, &token(), &token()))
        .find(|answer| answer.status == 410);
    assert_eq!(last.expect("a burn").json()["burned"], "guessing");
    assert_eq!(paste.receipt(&server)["burned"], "guessing");
}
