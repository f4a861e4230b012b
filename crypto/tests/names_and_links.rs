//! Names that are let through, manifests and links that parse: properties over any input.
#![allow(clippy::unwrap_used, clippy::panic)]

use getrandom::SysRng;
use proptest::prelude::*;
use rand_core::UnwrapErr;
use satchel_crypto::{
    Asked, Entry, Invite, InviteToken, LABEL_LEN, LeaseToken, Link, Manifest, OwnerReceipt, PanicSecret, Receipt,
    Verdict, limit, sanitise, substitute,
};

/// Characters that matter to file systems and screens come often.
fn name() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        prop::sample::select(vec![
            "/", ".", "..", " ", "CON", "nul", "com1", "LPT9", "~", "c:", "\\", "\0", "\n", "\u{202e}", "\u{2028}",
            "a", "é", "e\u{301}", "漢", "-", "$", ".txt", "\u{200f}", "\u{85}", "<", "|",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    /// [N-1]
    #[test]
    fn a_safe_name_stays_below_its_folder_on_every_system(name in name()) {
        let Ok(safe) = sanitise(&name) else { return Ok(()) };
        prop_assert_eq!(safe.as_str(), &name);
        prop_assert!(!name.starts_with('/') && !name.contains(['\\', ':', '\0']));
        prop_assert!(std::path::Path::new(&name).components().all(|part| matches!(part, std::path::Component::Normal(_))));
        prop_assert!(safe.components().count() >= 1);
        for part in safe.components() {
            prop_assert!(!part.is_empty() && part.len() <= 255 && part != "." && part != "..");
            prop_assert!(!part.ends_with(['.', ' ']) && !part.chars().any(char::is_control));
            let stem = part.split('.').next().unwrap().to_uppercase();
            prop_assert!(!["CON", "PRN", "AUX", "NUL"].contains(&stem.as_str()));
        }
    }

    #[test]
    fn whatever_stands_in_for_an_unsafe_name_is_safe(name in name(), number: u32) {
        let stand_in = substitute(&name, number);
        prop_assert_eq!(sanitise(stand_in.as_str()), Ok(stand_in));
    }

    ///
    #[test]
    fn a_manifest_encodes_and_parses_to_itself(
        names in prop::collection::btree_set("[^/]{1,40}", 1..6), media_type in "[ -~]{1,127}", size: Option<u64>,
        modified: Option<u64>, reads in prop::option::of(0..=1000_u32), expires_in: Option<u64>,
    ) {
        let count = names.len();
        let entries = names.into_iter().enumerate().map(|(i, name)| Entry {
            name: Some(name),
            media_type: media_type.clone(),
            size: if i + 1 == count { size } else { Some(size.unwrap_or(7)) },
            modified,
        });
        let manifest = Manifest::new(entries.collect(), Asked { reads, expires_in }).unwrap();
        prop_assert_eq!(Manifest::parse(&manifest.encode()), Ok(manifest));
    }

    ///
    #[test]
    fn no_manifest_makes_parsing_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(manifest) = Manifest::parse(&bytes) {
            prop_assert_eq!(manifest.encode(), bytes);
        }
    }

    /// [L-1] [L-2]
    #[test]
    fn a_link_with_any_other_character_is_noticed(at in 0..47_usize, c in "[A-Za-z0-9_-]", needs_passphrase: bool) {
        let text = Link::generate(&mut UnwrapErr(SysRng), needs_passphrase).encode();
        let link = Link::parse(&text).unwrap();
        prop_assert_eq!(link.needs_passphrase(), needs_passphrase);
        prop_assert_eq!(link.encode(), text.clone());
        let mut changed = text.to_string();
        changed.replace_range(at..=at, &c);
        if changed != *text {
            // Two bytes of checksum let one change in 65,536 through: then it is another link, not this one.
            prop_assert!(Link::parse(&changed).map_or(true, |other| other.id() != link.id()));
        }
    }

    /// [L-1]
    #[test]
    fn no_text_makes_parsing_a_link_panic(text in "\\PC{0,80}") {
        prop_assert!(Link::parse(&text).is_err() && Receipt::parse(&text).is_err() && LeaseToken::parse(&text).is_err());
    }
}

/// [L-1]
#[test]
fn a_receipt_encodes_and_parses_to_itself() {
    let mut rng = UnwrapErr(SysRng);
    let receipt = Receipt::generate(Link::generate(&mut rng, false).id(), &mut rng);
    let again = Receipt::parse(&receipt.encode()).unwrap();
    assert_eq!(
        (again.id(), again.token().hash()),
        (receipt.id(), receipt.token().hash())
    );
    assert_eq!(receipt.encode().len(), limit::RECEIPT_CHARS);
    assert_eq!(Link::parse(&receipt.encode()).err(), Some(Verdict::MalformedLink));
}

/// [L-1] [L-2]
#[test]
fn an_invite_is_neither_a_link_nor_a_receipt() {
    // Of a token of 32 bytes 07; computed apart from this.
    let text = "HAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBYQ";
    let invite = Invite::parse(text).unwrap();
    assert_eq!(invite.encode().as_str(), text);
    let same = InviteToken::parse("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc").unwrap();
    assert_eq!(invite.token().hash(), same.hash());
    assert_eq!(Link::parse(text).err(), Some(Verdict::UnsupportedLinkFlags));
    assert_eq!(Receipt::parse(text).err(), Some(Verdict::MalformedLink));
    let link = Link::generate(&mut UnwrapErr(SysRng), false).encode();
    assert_eq!(Invite::parse(&link).err(), Some(Verdict::UnsupportedLinkFlags));
    for at in 0..text.len() {
        let mut changed = text.to_owned();
        changed.replace_range(at..=at, if text.as_bytes()[at] == b'B' { "C" } else { "B" });
        assert!(Invite::parse(&changed).is_err(), "{at}");
        assert!(Invite::parse(&text[..at]).is_err(), "{at}");
    }
}

/// [L-7] [L-8]
#[test]
fn every_label_has_one_length_and_opens_for_its_owner_alone() {
    let mut rng = UnwrapErr(SysRng);
    let (owner, other) = (OwnerReceipt::generate(&mut rng), OwnerReceipt::generate(&mut rng));
    let longest = "n".repeat(limit::LINK_NAME_LEN_MAX);
    for name in ["", "Maria", "Мария", &longest] {
        let label = owner.seal_name(name, &mut rng).unwrap();
        assert_eq!(label.len(), LABEL_LEN);
        assert_ne!(label, owner.seal_name(name, &mut rng).unwrap());
        assert_eq!(owner.open_name(&label).as_deref(), Ok(name));
        assert_eq!(other.open_name(&label), Err(Verdict::WrongKey));
        for at in [0, 12, 100, LABEL_LEN - 1] {
            let mut changed = label.clone();
            changed[at] ^= 1;
            assert_eq!(owner.open_name(&changed), Err(Verdict::WrongKey), "{at}");
        }
    }
    assert!(owner.seal_name(&(longest + "n"), &mut rng).is_none());
}

/// [L-2] [L-9] [L-10]
#[test]
fn a_panic_link_is_no_other_link_and_what_is_changed_in_it_is_noticed() {
    let mut rng = UnwrapErr(SysRng);
    let panic = PanicSecret::generate(&mut rng);
    let text = panic.encode();
    assert_eq!(text.len(), limit::LINK_CHARS);
    assert_eq!(Link::parse(&text).err(), Some(Verdict::UnsupportedLinkFlags));
    assert_eq!(Invite::parse(&text).err(), Some(Verdict::UnsupportedLinkFlags));
    assert_eq!(
        PanicSecret::parse(&Link::generate(&mut rng, false).encode()).err(),
        Some(Verdict::UnsupportedLinkFlags)
    );
    for at in 0..text.len() {
        let mut changed = text.to_string();
        changed.replace_range(at..=at, if text.as_bytes()[at] == b'B' { "C" } else { "B" });
        assert!(PanicSecret::parse(&changed).is_err(), "{at}");
    }
    let bits = panic.to_bytes();
    for bit in 0..8 * bits.len() {
        let mut changed = *bits;
        changed[bit / 8] ^= 0x80 >> (bit % 8);
        assert_eq!(
            PanicSecret::from_bytes(&changed).err(),
            Some(Verdict::MalformedLink),
            "{bit}"
        );
    }
    // One secret marks no two alike, and a document's mark is never a paste's.
    let ids = [
        OwnerReceipt::generate(&mut rng).id(),
        OwnerReceipt::generate(&mut rng).id(),
    ];
    assert_ne!(panic.mark(&ids[0]), panic.mark(&ids[1]));
    assert_ne!(panic.mark(&ids[0]), panic.mark_of_document(&ids[0]));
    assert_ne!(panic.mark(&ids[0]), PanicSecret::generate(&mut rng).mark(&ids[0]));
}

fn entry(name: Option<&str>, size: Option<u64>) -> Entry {
    Entry {
        name: name.map(str::to_owned),
        media_type: "text/plain".to_owned(),
        size,
        modified: None,
    }
}

///
#[test]
fn a_manifest_keeps_its_rules() {
    let new = |entries: Vec<Entry>| Manifest::new(entries, Asked::default());
    assert!(new(vec![entry(None, None)]).is_ok());
    assert!(new(vec![entry(Some("a/"), Some(0)), entry(Some("a"), None)]).is_ok());
    for bad in [
        vec![],
        vec![entry(None, Some(1)), entry(Some("a"), Some(1))],
        vec![entry(Some("a"), None), entry(Some("b"), Some(1))],
        vec![entry(Some("a"), Some(1)), entry(Some("a"), Some(2))],
        vec![entry(Some("a/"), Some(1))],
        vec![entry(Some("a/"), None)],
        vec![entry(Some(""), Some(1))],
        vec![entry(Some(&"x".repeat(1025)), Some(1))],
        vec![Entry {
            media_type: "tab\t".to_owned(),
            ..entry(None, None)
        }],
        vec![Entry {
            media_type: "x".repeat(128),
            ..entry(None, None)
        }],
    ] {
        assert_eq!(new(bad), Err(Verdict::MalformedManifest));
    }
    let too_many = Asked {
        reads: Some(1001),
        expires_in: None,
    };
    assert_eq!(
        Manifest::new(vec![entry(None, None)], too_many),
        Err(Verdict::MalformedManifest)
    );
    let many = |count: usize| (0..count).map(|i| entry(Some(&format!("{i}")), Some(0))).collect();
    assert!(new(many(65_536)).is_ok());
    assert_eq!(new(many(65_537)), Err(Verdict::MalformedManifest));
    let long = (0..20_000)
        .map(|i| entry(Some(&format!("{i}{}", "x".repeat(1000))), Some(0)))
        .collect();
    assert!(matches!(new(long), Err(Verdict::ManifestTooLarge(_))));
}

/// [N-2]
#[test]
fn names_that_a_file_system_may_take_for_one_have_one_key() {
    let key = |name: &str| sanitise(name).unwrap().collision_key();
    assert_eq!(key("Étude.txt"), key("e\u{301}tude.TXT"));
    assert_eq!(key("notes/"), key("Notes"));
    assert_ne!(key("a/b"), key("a b"));
}

#[test]
fn a_name_that_stands_in_keeps_an_ending_that_is_plain() {
    for (sent, arrives) in [
        ("Protokoll 10:30.pdf", "file-1.pdf"),
        ("a:/b.tar.GZ", "file-1.GZ"),
        ("evil\u{202e}fdp.exe", "file-1.exe"),
        ("evil.\u{202e}fdp", "file-1"),
        ("what?", "file-1"),
        ("what?.", "file-1"),
        ("a.b/what?", "file-1"),
        ("what?.a long story", "file-1"),
        ("what?.abcdefghijk", "file-1"),
    ] {
        assert_eq!(substitute(sent, 1).as_str(), arrives, "{sent:?}");
    }
}
