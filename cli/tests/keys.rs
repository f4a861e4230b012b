//! Keys, recovery shares and changed headers: who can open what, before and after, with the real program.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod program;

use std::process::Output;

use program::{Desk, good, mode, noise, refused, said, scanned};

/// A desk with a document and the keys of some people, each NAME.key and NAME.pub.
fn desk(people: &[&str]) -> Desk {
    let desk = Desk::new();
    desk.write("members.csv", &noise(300_000, 3));
    for person in people {
        let recipient = good(desk.run(&["keygen", "-o", &format!("{person}.key")]));
        desk.write(&format!("{person}.pub"), &recipient);
    }
    desk
}

fn open(desk: &Desk, key: &[&str]) -> Output {
    let mut arguments = vec!["decrypt", "members.satchel", "-o", "-"];
    arguments.extend(key);
    desk.run(&arguments)
}

#[track_caller]
fn opens(desk: &Desk, key: &[&str]) {
    assert!(good(open(desk, key)) == desk.read("members.csv"));
}

#[test]
fn each_recipient_opens_with_a_key_of_their_own_and_nobody_else_does() {
    let desk = desk(&["ana", "bo", "cy", "eve"]);
    assert_eq!(mode(&desk.path("ana.key")), 0o600);
    let committee = [
        "# the committee\n\n",
        &String::from_utf8(desk.read("ana.pub")).unwrap(),
        "\r\n",
    ]
    .concat()
        + &String::from_utf8(desk.read("bo.pub")).unwrap();
    desk.write("committee.txt", committee.as_bytes());
    let cy = String::from_utf8(desk.read("cy.pub")).unwrap();
    good(desk.run(&[
        "encrypt",
        "members.csv",
        "-o",
        "members.satchel",
        "-R",
        "committee.txt",
        "-r",
        cy.trim(),
    ]));
    for key in ["ana.key", "bo.key", "cy.key"] {
        opens(&desk, &["-i", key]);
    }
    opens(&desk, &["-i", "eve.key", "-i", "bo.key"]);
    refused(open(&desk, &["-i", "eve.key"]), 3);
    // As some editors save it, and beside an older key of age's, which opens nothing here.
    let key = String::from_utf8(desk.read("ana.key")).unwrap();
    let older = "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQSVC3LTZ";
    desk.write(
        "keys",
        format!("\u{feff}{key}\n{older}\n").replace('\n', "\r\n").as_bytes(),
    );
    opens(&desk, &["-i", "keys"]);
    desk.write("older", older.as_bytes());
    assert!(refused(open(&desk, &["-i", "older"]), 2).contains("line 1 of older is one of age's older keys"));
    let told = String::from_utf8(good(desk.run(&["inspect", "members.satchel"]))).unwrap();
    assert!(told.contains("(there are up to 4)") && !told.contains("age1"), "{told}");
}

#[test]
fn a_key_can_be_sealed_itself_and_read_from_standard_input() {
    let desk = desk(&["ana"]);
    let recipient = good(desk.run(&["keygen", "-o", "sealed.key", "--passphrase-file", "words"]));
    assert_eq!(desk.read("sealed.key")[..8], *b"\x8bSATCHEL");
    desk.write("to", &recipient);
    good(desk.run(&[
        "encrypt",
        "members.csv",
        "-o",
        "members.satchel",
        "-R",
        "to",
        "-R",
        "ana.pub",
    ]));
    opens(&desk, &["-i", "sealed.key", "--passphrase-file", "words"]);
    let again = good(desk.run(&["keygen", "-y", "sealed.key", "--passphrase-file", "words"]));
    assert_eq!(again, recipient);
    let piped = desk.run_with(
        &["decrypt", "members.satchel", "-o", "-", "-i", "-"],
        &desk.read("ana.key"),
    );
    assert!(good(piped) == desk.read("members.csv"));
    let both = desk.run(&["keygen"]);
    assert!(String::from_utf8_lossy(&both.stdout).contains("AGE-SECRET-KEY-PQ-1") && said(&both).contains("age1pq1"));
}

#[test]
fn any_three_of_five_people_open_what_was_split_and_two_do_not() {
    let desk = desk(&["ana"]);
    good(desk.run(&["encrypt", "members.csv", "-o", "members.satchel", "-R", "ana.pub"]));
    good(desk.run(&[
        "split",
        "members.satchel",
        "-k",
        "3",
        "-n",
        "5",
        "-i",
        "ana.key",
        "-o",
        "shares/",
    ]));
    assert_eq!(desk.names("shares").len(), 5);
    assert_eq!(mode(&desk.path("shares/members.share-1.txt")), 0o600);
    let share = |number: usize| format!("shares/members.share-{number}.txt");
    let combine = |numbers: &[usize]| {
        let shares: Vec<_> = numbers.iter().map(|number| share(*number)).collect();
        let mut arguments = vec!["combine"];
        arguments.extend(shares.iter().map(String::as_str));
        arguments.extend(["members.satchel", "-o", "-"]);
        desk.run(&arguments)
    };
    for three in [[1, 2, 3], [5, 3, 1], [2, 4, 5]] {
        assert!(good(combine(&three)) == desk.read("members.csv"));
    }
    assert!(refused(combine(&[1, 4]), 3).contains("2 of the 3 shares"));
    // The owner's key goes on; the words alone are enough, as somebody types them from paper.
    opens(&desk, &["-i", "ana.key"]);
    let page = String::from_utf8(desk.read(&share(2))).unwrap();
    let code = page.split("Code\n\n").nth(1).unwrap().lines().next().unwrap().trim();
    assert_eq!(scanned(&page, true), code);
    assert!(
        !page.contains("members.csv"),
        "a share says nothing about what is inside"
    );
    let words = page.split("Words\n").nth(1).unwrap().split("\nCode").next().unwrap();
    desk.write(&share(2), words.to_uppercase().as_bytes());
    opens(
        &desk,
        &["--share", &share(2), "--share", &share(3), "--share", &share(4)],
    );
    // Another split makes the first one's shares useless, where that is asked for.
    good(desk.run(&[
        "split",
        "members.satchel",
        "-k",
        "2",
        "-n",
        "2",
        "-i",
        "ana.key",
        "-o",
        "new/",
        "--replace",
    ]));
    assert!(refused(combine(&[1, 3, 5]), 3).contains("share 1 is not one of those"));
    opens(
        &desk,
        &[
            "--share",
            "new/members.share-1.txt",
            "--share",
            "new/members.share-2.txt",
        ],
    );
}

#[test]
fn rekeying_gives_and_takes_ways_to_open_and_leaves_the_payload_as_it_is() {
    let desk = desk(&["ana", "bo"]);
    desk.write("new words", b"battery staple\n");
    let rekey = |arguments: &[&str]| {
        let mut all = vec!["rekey", "members.satchel"];
        all.extend(arguments);
        good(desk.run(&all));
    };
    good(desk.run(&[
        "encrypt",
        "members.csv",
        "-o",
        "members.satchel",
        "--profile",
        "1",
        "--passphrase-file",
        "words",
    ]));
    let payload = |desk: &Desk| desk.read("members.satchel")[46 + 2 * 4096..].to_vec();
    let before = payload(&desk);

    rekey(&["--passphrase-file", "words", "--add-passphrase-file", "new words"]);
    opens(&desk, &["--passphrase-file", "words"]);
    opens(&desk, &["--passphrase-file", "new words"]);
    rekey(&["--passphrase-file", "new words", "--remove-passphrase-file", "words"]);
    refused(open(&desk, &["--passphrase-file", "words"]), 3);
    rekey(&["--passphrase-file", "new words", "--remove-this", "-R", "ana.pub"]);
    refused(open(&desk, &["--passphrase-file", "new words"]), 3);
    opens(&desk, &["-i", "ana.key"]);
    rekey(&["-i", "ana.key", "--remove-recipients", "-R", "bo.pub"]);
    refused(open(&desk, &["-i", "ana.key"]), 3);
    opens(&desk, &["-i", "bo.key"]);
    assert!(payload(&desk) == before);
    assert_eq!(mode(&desk.path("members.satchel")), 0o600);
}

#[test]
fn a_header_that_outgrows_its_room_moves_and_a_symlink_to_it_stays_one() {
    let people: Vec<_> = (0..9).map(|number| format!("person {number}")).collect();
    let people: Vec<_> = people.iter().map(String::as_str).collect();
    let desk = desk(&people);
    good(desk.run(&["encrypt", "members.csv", "-o", "kept.satchel", "-R", "person 0.pub"]));
    std::os::unix::fs::symlink("kept.satchel", desk.path("members.satchel")).unwrap();
    let shared = std::os::unix::fs::PermissionsExt::from_mode(0o640);
    std::fs::set_permissions(desk.path("kept.satchel"), shared).unwrap();
    let mut arguments = vec!["rekey", "members.satchel", "-i", "person 0.key"];
    let to: Vec<_> = people[1..].iter().map(|person| format!("{person}.pub")).collect();
    for to in &to {
        arguments.extend(["-R", to]);
    }
    good(desk.run(&arguments));
    assert!(
        std::fs::symlink_metadata(desk.path("members.satchel"))
            .unwrap()
            .is_symlink()
    );
    assert_eq!(mode(&desk.path("kept.satchel")), 0o640);
    opens(&desk, &["-i", "person 0.key"]);
    opens(&desk, &["-i", "person 8.key"]);
    assert_eq!(
        desk.names("")
            .iter()
            .filter(|name| name.starts_with(".satchel"))
            .count(),
        0
    );
}

#[test]
fn more_ways_to_open_than_a_container_can_have_are_refused_for_what_they_are() {
    let desk = desk(&["ana"]);
    good(desk.run(&["encrypt", "members.csv", "-o", "members.satchel", "-R", "ana.pub"]));
    let split = |to: &str| {
        desk.run(&[
            "split",
            "members.satchel",
            "-k",
            "2",
            "-n",
            "2",
            "-i",
            "ana.key",
            "-o",
            to,
        ])
    };
    for round in 0..4 {
        good(split(&format!("{round}/")));
    }
    let before = desk.read("members.satchel");
    let told = refused(split("fifth/"), 2);
    assert!(told.contains("in more ways than a container can"), "{told}");
    assert!(desk.read("members.satchel") == before && !desk.path("fifth").exists());
    opens(&desk, &["-i", "ana.key"]);
}

#[test]
fn two_rekeyings_at_once_are_one_after_the_other_or_one_is_refused() {
    let desk = desk(&["ana", "bo", "cy"]);
    good(desk.run(&["encrypt", "members.csv", "-o", "members.satchel", "-R", "ana.pub"]));
    let children: Vec<_> = ["bo.pub", "cy.pub"]
        .map(|to| {
            desk.command(&["rekey", "members.satchel", "-i", "ana.key", "-R", to])
                .spawn()
                .unwrap()
        })
        .into_iter()
        .map(|child| child.wait_with_output().unwrap())
        .collect();
    opens(&desk, &["-i", "ana.key"]);
    for (output, key) in children.iter().zip(["bo.key", "cy.key"]) {
        if output.status.success() {
            opens(&desk, &["-i", key]);
        } else {
            assert!(said(output).contains("another command is changing"), "{}", said(output));
        }
    }
    assert!(children.iter().any(|output| output.status.success()));
}

#[test]
fn whoever_is_removed_opens_nothing_any_more_whatever_their_number_and_however_often_they_were_added() {
    let desk = desk(&["ana", "bo", "cy"]);
    let encrypt = |to: &[&str]| {
        let mut all = vec!["encrypt", "members.csv", "-o", "members.satchel", "--force"];
        all.extend(to);
        good(desk.run(&all));
    };
    let rekey = |arguments: &[&str]| {
        let mut all = vec!["rekey", "members.satchel"];
        all.extend(arguments);
        desk.run(&all)
    };
    encrypt(&["-R", "ana.pub", "-R", "bo.pub", "-R", "cy.pub"]);
    good(rekey(&["-i", "ana.key", "--remove-this", "-R", "bo.pub"]));
    refused(open(&desk, &["-i", "ana.key"]), 3);
    opens(&desk, &["-i", "bo.key"]);
    opens(&desk, &["-i", "cy.key"]);
    // Twice there, and all the keys that are named.
    good(rekey(&["-i", "bo.key", "-R", "bo.pub"]));
    good(rekey(&[
        "-i",
        "bo.key",
        "-i",
        "cy.key",
        "--remove-this",
        "-R",
        "ana.pub",
    ]));
    for (key, code) in [("ana.key", 0), ("bo.key", 3), ("cy.key", 3)] {
        assert_eq!(open(&desk, &["-i", key]).status.code(), Some(code), "{key}");
    }

    // Whether those that are left are somebody's does not show: the last one is not to go unnoticed.
    encrypt(&["-R", "ana.pub", "-R", "bo.pub", "-R", "cy.pub"]);
    let before = desk.read("members.satchel");
    for leaving in [
        &["-i", "ana.key"][..],
        &["-i", "ana.key", "-i", "bo.key", "-i", "cy.key"],
    ] {
        let told = refused(rekey(&[leaving, &["--remove-this"]].concat()), 2);
        assert!(told.contains("whether anyone is left"), "{told}");
        assert!(desk.read("members.satchel") == before);
    }

    encrypt(&["--passphrase-file", "words", "--profile", "1"]);
    let before = desk.read("members.satchel");
    let told = refused(
        rekey(&["--passphrase-file", "words", "--add-passphrase-file", "words"]),
        2,
    );
    assert!(told.contains("this passphrase opens it already"), "{told}");
    assert!(desk.read("members.satchel") == before);
}

#[test]
fn a_carriage_return_alone_ends_a_line_of_a_recipients_file() {
    let desk = desk(&["ana", "bo"]);
    let (ana, bo) = (desk.read("ana.pub"), desk.read("bo.pub"));
    desk.write(
        "committee",
        &[b"# committee\r", ana.trim_ascii(), b"\r\n", &bo[..]].concat(),
    );
    good(desk.run(&["encrypt", "members.csv", "-R", "committee", "-o", "members.satchel"]));
    opens(&desk, &["-i", "ana.key"]);
    opens(&desk, &["-i", "bo.key"]);
}

#[test]
fn another_name_of_a_container_that_moved_is_spoken_of() {
    let desk = desk(&["ana"]);
    good(desk.run(&["encrypt", "members.csv", "-R", "ana.pub", "-o", "members.satchel"]));
    std::fs::hard_link(desk.path("members.satchel"), desk.path("another")).unwrap();
    let recipient = |number: u8| good(desk.run(&["keygen", "-o", &format!("{number}.key")]));
    let others = (0..9).flat_map(recipient).collect::<Vec<_>>();
    desk.write("others", &others);
    let output = desk.run(&["rekey", "members.satchel", "-i", "ana.key", "-R", "others"]);
    assert!(said(&output).contains("another name of this file"), "{}", said(&output));
    good(output);
}
