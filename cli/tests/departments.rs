//! A member list by department: each steward opens their own rows, the committee all of them, nobody else anything.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod program;

use program::{Desk, good, refused, said};

const TABLE: &str = "\u{feff}Name;Department;Note\r\n\"Müller; Jo\";Kitchen;\"two\r\nlines\"\r\nIvan;Care, night;x\r\n夜;Kitchen;\r\nlast;Care, night;without a line break";

/// A desk with the table, three stewards and a committee of two.
fn desk() -> Desk {
    let desk = Desk::new();
    for person in ["kitchen", "care", "garden", "ana", "bo"] {
        let recipient = good(desk.run(&["keygen", "-o", &format!("{person}.key")]));
        desk.write(&format!("{person}.pub"), &recipient);
    }
    desk.write("members.csv", TABLE.as_bytes());
    let care = String::from_utf8(desk.read("care.pub")).unwrap();
    let to = format!(
        "committee = [\"ana.pub\", \"bo.pub\"]\n\n[departments]\nKitchen = \"kitchen.pub\"\n\"Care, night\" = [\"{}\"]\nGarden = \"garden.pub\"\n",
        care.trim()
    );
    desk.write("departments.toml", to.as_bytes());
    desk
}

fn split(desk: &Desk) {
    good(desk.run(&[
        "encrypt",
        "members.csv",
        "--split-by",
        "Department",
        "--to",
        "departments.toml",
        "-o",
        "members.satchel",
    ]));
}

#[test]
fn each_steward_opens_their_own_rows_and_the_committee_all_of_them() {
    let desk = desk();
    split(&desk);
    for (key, name, expected) in [
        (
            "kitchen",
            "members - Kitchen.csv",
            "\u{feff}Name;Department;Note\r\n\"Müller; Jo\";Kitchen;\"two\r\nlines\"\r\n夜;Kitchen;\r\n",
        ),
        (
            "care",
            "members - Care, night.csv",
            "\u{feff}Name;Department;Note\r\nIvan;Care, night;x\r\nlast;Care, night;without a line break",
        ),
        ("garden", "members - Garden.csv", "\u{feff}Name;Department;Note\r\n"),
    ] {
        let out = format!("{key}/");
        good(desk.run(&["decrypt", "members.satchel", "-i", &format!("{key}.key"), "-o", &out]));
        assert_eq!(desk.names(&out), [name]);
        assert_eq!(String::from_utf8(desk.read(&format!("{out}{name}"))).unwrap(), expected);
    }
    for key in ["ana.key", "bo.key"] {
        let out = format!("{key}.out/");
        good(desk.run(&["decrypt", "members.satchel", "-i", key, "-o", &out]));
        assert_eq!(desk.names(&out).len(), 3);
        let listed = String::from_utf8(good(desk.run(&["list", "members.satchel", "-i", key]))).unwrap();
        assert_eq!(listed.lines().count(), 3, "{listed}");
        good(desk.run(&["check", "members.satchel", "-i", key]));
    }
    good(desk.run(&["keygen", "-o", "eve.key"]));
    refused(
        desk.run(&["decrypt", "members.satchel", "-i", "eve.key", "-o", "eve/"]),
        3,
    );
    assert!(!desk.path("eve").exists());
}

#[test]
fn the_others_rows_show_by_nothing_but_the_padded_size() {
    let desk = desk();
    split(&desk);
    let told = String::from_utf8(good(desk.run(&["inspect", "members.satchel", "--json"]))).unwrap();
    assert_eq!(told.matches(r#""padded_bytes":4096"#).count(), 3, "{told}");
    // Committee of two and a steward, filled up to four.
    assert_eq!(told.matches(r#""type":"recipient""#).count(), 12);
    let set = String::from_utf8_lossy(&desk.read("members.satchel")).into_owned();
    for word in ["Kitchen", "Care", "Garden", "Ivan", "members"] {
        assert!(!set.contains(word));
    }
}

#[test]
fn a_department_that_somebody_closed_to_the_committee_is_noticed() {
    let desk = desk();
    split(&desk);
    let set = desk.read("members.satchel");
    let mut at = 27;
    for _ in 0..3 {
        let len = usize::try_from(u64::from_be_bytes(set[at..at + 8].try_into().unwrap())).unwrap();
        let member = at + 8;
        let mut broken = set.clone();
        // In each slot of the first place some byte that only its own wrapped key or encapsulated key has.
        let slot_len = 1178;
        for slot in 0..4 {
            broken[member + 46 + 4 + 2 + slot * slot_len + 700] ^= 1;
        }
        desk.write("broken", &broken);
        for verb in ["check", "list", "decrypt"] {
            let told = refused(desk.run(&[verb, "broken", "-i", "ana.key"]), 4);
            assert!(told.contains("the set is damaged"), "{told}");
        }
        at = member + len;
    }
}

/// A stick grows old: what is damaged is said, and the rest is not lost with it.
#[test]
fn a_department_that_is_damaged_does_not_take_the_others_with_it() {
    let desk = desk();
    split(&desk);
    let set = desk.read("members.satchel");
    let last = set.len() - usize::try_from(u64::from_be_bytes(set[27..35].try_into().unwrap())).unwrap();
    let all = [
        "members - Kitchen.csv",
        "members - Care, night.csv",
        "members - Garden.csv",
    ];
    // All members are of one length. In the last one: the header MAC, the payload's header, its only segment.
    let payload = set.len() - 4096 - 32;
    for at in [last + 46 + 4 + 4714 + 10, payload - 10, payload + 500] {
        let mut damaged = set.clone();
        damaged[at] ^= 1;
        desk.write("damaged", &damaged);
        let output = desk.run(&["list", "damaged", "-i", "ana.key"]);
        assert_eq!(output.status.code(), Some(4), "{at}: {}", said(&output));
        let listed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(listed.lines().count(), 2, "{at}: {listed}");
        for verb in ["check", "decrypt"] {
            refused(desk.run(&[verb, "damaged", "-i", "ana.key"]), 4);
        }
        for name in all {
            let output = desk.run(&["decrypt", "damaged", "-i", "ana.key", "--only", name, "-o", "-"]);
            if listed.contains(name) {
                assert!(
                    said(&output).starts_with("note: what was named is whole"),
                    "{}",
                    said(&output)
                );
                assert!(good(output).starts_with("\u{feff}Name".as_bytes()), "{at}, {name}");
            } else {
                refused(output, 4);
            }
        }
    }
}

#[test]
fn a_check_says_what_it_could_not_look_at() {
    let desk = desk();
    split(&desk);
    let by_steward = desk.run(&["check", "members.satchel", "-i", "care.key"]);
    assert!(said(&by_steward).contains("1 entry; of 2 more only others can tell"));
    let by_committee = desk.run(&["check", "members.satchel", "-i", "bo.key"]);
    assert_eq!(said(&by_committee), "whole and unchanged: 3 entries\n");
}

#[test]
fn a_set_that_lost_a_member_or_has_two_of_them_swapped_is_damaged() {
    let desk = desk();
    split(&desk);
    let set = desk.read("members.satchel");
    let len = |at: usize| usize::try_from(u64::from_be_bytes(set[at..at + 8].try_into().unwrap())).unwrap();
    let first = 27 + 8 + len(27);
    let second = first + 8 + len(first);
    let without = [&set[..26], &[2], &set[first..]].concat();
    let swapped = [&set[..27], &set[first..second], &set[27..first], &set[second..]].concat();
    for (name, damaged) in [
        ("without", without),
        ("swapped", swapped),
        ("cut", set[..set.len() - 1].to_vec()),
    ] {
        desk.write(name, &damaged);
        refused(desk.run(&["decrypt", name, "-i", "ana.key", "-o", "no/"]), 4);
    }
    assert!(!desk.path("no").exists());
}

#[test]
fn a_value_that_nobody_is_named_for_is_found_before_anything_is_written() {
    let desk = desk();
    desk.write("members.csv", format!("{TABLE}\r\nX;kitchen;\r\nY;;\r\n").as_bytes());
    let said = refused(
        desk.run(&[
            "encrypt",
            "members.csv",
            "--split-by",
            "Department",
            "--to",
            "departments.toml",
            "-o",
            "no",
        ]),
        2,
    );
    assert!(
        said.contains("nobody is named for an empty field (line 8), kitchen (line 7)"),
        "{said}"
    );
    assert!(!desk.path("no").exists());
}

#[test]
fn a_table_may_come_from_standard_input_and_its_accents_in_either_form() {
    let desk = desk();
    let to = "\u{feff}committee = \"ana.pub\"\n[departments]\n\"Cuisine e\u{301}te\u{301}\" = \"kitchen.pub\"\n";
    desk.write("departments.toml", to.as_bytes());
    good(desk.run_with(
        &[
            "encrypt",
            "--split-by",
            "De\u{301}partement",
            "--to",
            "departments.toml",
            "-o",
            "rows.satchel",
        ],
        "Nom,Département\nJo,Cuisine été\n".as_bytes(),
    ));
    let listed = good(desk.run(&["list", "rows.satchel", "-i", "kitchen.key"]));
    assert!(String::from_utf8(listed).unwrap().contains("rows - Cuisine été.csv"));
    for name in ["rows - Cuisine été.csv", "rows - Cuisine e\u{301}te\u{301}.csv"] {
        let out = desk.run(&[
            "decrypt",
            "rows.satchel",
            "-i",
            "kitchen.key",
            "--only",
            name,
            "-o",
            "-",
        ]);
        assert_eq!(good(out), "Nom,Département\nJo,Cuisine été\n".as_bytes());
    }
}

#[test]
fn a_value_is_the_same_whatever_white_space_stands_in_it() {
    let desk = desk();
    let rows = "Name,Department\nJo,\"Care,\u{a0}night\"\nBo,\"Care,  night\"\nAl,\"Care,\u{2009}night\"\n";
    desk.write("members.csv", rows.as_bytes());
    split(&desk);
    let opened = good(desk.run(&["decrypt", "members.satchel", "-i", "care.key", "-o", "-"]));
    assert_eq!(String::from_utf8(opened).unwrap(), rows);
    // Of two names that compare as one nobody could say whose rows are whose.
    let twice = String::from_utf8(desk.read("departments.toml")).unwrap() + "\"Care,\u{a0}night\" = \"care.pub\"\n";
    desk.write("departments.toml", twice.as_bytes());
    let output = desk.run(&[
        "encrypt",
        "members.csv",
        "--split-by",
        "Department",
        "--to",
        "departments.toml",
        "-o",
        "no",
    ]);
    let told = refused(output, 2);
    assert!(told.contains("departments.toml names Care, night twice"), "{told}");
}

#[test]
fn a_row_that_quotes_swallowed_is_noticed_also_where_its_department_is_mistyped() {
    let desk = desk();
    for (swallowed, is_refused) in [
        ("\"Anna;Kitchn;x\nBob\";Garden;y", true),
        ("Anna;Garden;\"x\nBen;kitchen;y\"", true),
        ("Anna;Garden;\"x\nBen;Care - night;y\"", true),
        (
            "Anna;Garden;\"mornings; please; thanks\nand bread; butter; milk\"",
            false,
        ),
    ] {
        desk.write("members.csv", format!("Name;Department;Note\n{swallowed}\n").as_bytes());
        let column = ["--split-by", "Department", "--to", "departments.toml"];
        let output = desk.run(&[&["encrypt", "members.csv"], &column[..], &["-o", "out", "--force"]].concat());
        if is_refused {
            assert!(refused(output, 1).contains("seems to hold another one"), "{swallowed}");
        } else {
            good(output);
        }
    }
}
