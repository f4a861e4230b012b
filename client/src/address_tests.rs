//! Links as mail programs leave them.

use proptest::prelude::*;
use satchel_crypto::{Link, OwnerReceipt, Receipt, Verdict};

use crate::testing::Seeded;
use crate::{Address, AddressError, Base};

fn link(seed: u64) -> String {
    Link::generate(&mut Seeded::new(seed), false).encode().to_string()
}

fn receipt(seed: u64) -> String {
    let rng = &mut Seeded::new(seed);
    let id = Link::generate(rng, false).id();
    Receipt::generate(id, rng).encode().to_string()
}

/// Of a token of 32 bytes 07.
const INVITE: &str = "HAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBYQ";

/// Base and fragment of what was understood; a receipt has `!` before it, an owner receipt `*`, an invite `+`.
fn read(text: &str) -> Result<(Option<String>, String), AddressError> {
    Address::parse(text).map(|address| {
        let base = address.base().map(ToString::to_string);
        match address {
            Address::Link { link, .. } => (base, link.encode().to_string()),
            Address::Receipt { receipt, .. } => (base, format!("!{}", receipt.encode().as_str())),
            Address::Owner { owner, .. } => (base, format!("*{}", owner.encode().as_str())),
            Address::Panic { panic, .. } => (base, format!("%{}", panic.encode().as_str())),
            Address::Invite { invite, .. } => (base, format!("+{}", invite.encode().as_str())),
        }
    })
}

proptest! {
    #[test]
    fn a_damaged_link_is_read_as_it_was_meant(seed: u64, wrap in 1_usize..40, kind in 0..4) {
        let (mark, fragment) = match kind {
            0 => ("", link(seed)),
            1 => ("!", receipt(seed)),
            2 => ("*", OwnerReceipt::generate(&mut Seeded::new(seed)).encode().to_string()),
            _ => ("+", INVITE.to_owned()),
        };
        let meant = (Some("https://satchel.example".to_owned()), format!("{mark}{fragment}"));
        let whole = format!("https://satchel.example/#{fragment}");
        let wrapped: String = whole.as_bytes().chunks(wrap).map(|line| format!("{}\r\n", str::from_utf8(line).unwrap())).collect();
        let quoted: String = whole.as_bytes().chunks(wrap).map(|line| format!("{}=\r\n", str::from_utf8(line).unwrap())).collect();
        let encoded = fragment.replace('_', "%5F").replace('-', "%2D");
        for text in [
            whole.clone(),
            whole.replace('#', "%23"),
            whole.replace('#', "%2523"),
            format!("<{whole}>"),
            format!("  {whole}.\n"),
            format!("{whole}),"),
            format!("\"{whole}\""),
            format!("_{whole}_"),
            format!("Here it is: {whole} See you!"),
            format!("<a href=\"{whole}\">"),
            format!("[{whole}]({whole})"),
            format!("HTTPS://Satchel.Example/#{fragment}"),
            format!("satchel.example/#{fragment}"),
            format!("https://satchel.example/?utm_source=mail#{fragment}"),
            format!("https://satchel.example/#{encoded}"),
            format!("https://safe.example/?url=https%3A%2F%2Fsatchel.example%2F%23{encoded}&data=05%7C01"),
            format!("{}\u{200b}{}", &whole[..30], &whole[30..]),
            wrapped,
            quoted,
        ] {
            prop_assert_eq!(read(&text), Ok(meant.clone()), "{}", text);
        }
        for text in [fragment.clone(), format!("#{fragment}"), format!("%23{fragment}"), format!("/#{fragment}.")] {
            prop_assert_eq!(read(&text), Ok((None, meant.1.clone())), "{}", text);
        }
    }

    #[test]
    fn a_cut_or_mistyped_link_is_noticed(seed: u64, at in 0_usize..46, other in "[A-Za-z0-9_-]") {
        let fragment = link(seed);
        let base = "https://satchel.example/#";
        prop_assert_eq!(read(&format!("{base}{}", &fragment[..at])), Err(Verdict::MalformedLink.into()));
        let mistyped = format!("{}{other}{}", &fragment[..at], &fragment[at + 1..]);
        if mistyped != fragment {
            // The checksum has 16 bits: one in 65,536 slips through, and is then another link.
            if let Ok((_, read)) = read(&format!("{base}{mistyped}")) {
                prop_assert!(read != fragment);
            }
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&text);
        let _ = read(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn http_is_for_loopback_and_onion_only() {
    for good in [
        "http://127.0.0.1:8787",
        "http://localhost",
        "http://[::1]:80",
        "http://abc.onion/x",
        "https://a.b",
    ] {
        assert_eq!(Base::parse(good).unwrap().as_str(), good);
    }
    for bad in [
        "http://satchel.example",
        "http://10.0.0.1",
        "http://localhost.example",
        "http://onion",
    ] {
        assert!(
            matches!(Base::parse(bad), Err(AddressError::InsecureOrigin(_))),
            "{bad}"
        );
    }
}

#[test]
fn a_name_that_only_looks_like_this_machine_is_not() {
    for here in ["http://127.0.0.1:8787/x", "https://localhost", "http://[::1]:80"] {
        assert!(Base::parse(here).unwrap().is_here(), "{here}");
    }
    for elsewhere in [
        "https://127.evil.example",
        "https://localhost.evil.example",
        "https://localhosts",
        "https://a.localhost",
        "https://a.b/localhost",
    ] {
        assert!(!Base::parse(elsewhere).unwrap().is_here(), "{elsewhere}");
    }
    assert!(Base::parse("http://abc.onion:81/x").unwrap().is_onion());
    assert!(!Base::parse("https://a.onion.example/b.onion").unwrap().is_onion());
}

#[test]
fn what_is_no_server_is_refused() {
    for bad in [
        "",
        "https://",
        "ftp://a.b",
        "https://user@a.b",
        "https://a b",
        "https://a.b:99999",
        "https://a..b",
        "https://a/../b",
    ] {
        assert_eq!(Base::parse(bad), Err(AddressError::MalformedBase), "{bad}");
    }
    assert_eq!(read(" \n"), Err(AddressError::Empty));
    assert_eq!(read("hello"), Err(AddressError::NoLink));
}

#[test]
fn a_prefix_is_kept_and_a_slash_at_its_end_is_not() {
    let fragment = link(1);
    let (base, _) = read(&format!("https://a.example:8443/vault/#{fragment}")).unwrap();
    assert_eq!(base.as_deref(), Some("https://a.example:8443/vault"));
    let base = Base::parse("https://a.example:8443/vault//").unwrap();
    assert_eq!(base.origin(), "https://a.example:8443");
    assert_eq!(*base.with_fragment("x"), "https://a.example:8443/vault/#x");
}

#[test]
fn a_page_refuses_the_link_of_another_server() {
    let (page, fragment) = (Base::parse("https://a.example").unwrap(), link(1));
    assert!(Address::parse_for(&page, &format!("https://a.example/#{fragment}")).is_ok());
    assert!(Address::parse_for(&page, &fragment).is_ok());
    let foreign = Address::parse_for(&page, &format!("https://a.example.org/#{fragment}"));
    assert!(matches!(foreign, Err(AddressError::ForeignOrigin(base)) if base.as_str() == "https://a.example.org"));
}

#[test]
fn a_page_is_where_its_browser_has_it_from() {
    for here in [
        "https://example.org",
        "http://127.0.0.1:8787",
        "http://abc.onion/box",
        "https://[2001:db8::1]:8443/a/b",
        "http://printer",
    ] {
        assert_eq!(Base::of_page(here).unwrap().as_str(), here);
    }
    for elsewhere in [
        "",
        "https:",
        "https://",
        "https:///box",
        "ftp://example.org",
        "data:text/html,box",
        "https://example.org/",
        "https://example.org/a//box",
        "https://example.org/../box",
        "https://example.org/a%20box",
    ] {
        assert_eq!(
            Base::of_page(elsewhere),
            Err(AddressError::MalformedBase),
            "{elsewhere}"
        );
    }
}
