//! A letter: `encrypt --html` makes one file that a browser opens and `decrypt` as well. What a browser does with it is
//! tests/browser/letter.spec.ts.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod program;

use base64ct::{Base64, Encoding as _};
use program::{Desk, good, mode, noise, refused, said};
use sha2::{Digest as _, Sha256};

const CONTAINER: &str = "<script type=\"text/plain\" id=\"satchel-container\">";
/// What a letter may be larger than its document.
const MORE_BYTES_MAX: usize = 500_000;
const MIB: u64 = 1 << 20;

/// A desk with a `letter.html` of `content`; none where the program was built without the page.
fn letter_of(content: &[u8]) -> Option<(Desk, String)> {
    let desk = Desk::new();
    desk.write("note.txt", content);
    let output = desk.run(&encrypt(&["note.txt"]));
    if said(&output).contains("without the page") {
        refused(output, 1);
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/dist-letter/letter.html");
        assert!(
            !std::path::Path::new(page).exists(),
            "the page is there, and not in the program"
        );
        println!("skipped: built without the page (cargo xtask build)");
        return None;
    }
    assert!(good(output).is_empty());
    let letter = String::from_utf8(desk.read("letter.html")).unwrap();
    Some((desk, letter))
}

fn encrypt<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["encrypt", "--html", "letter.html", "--passphrase-file", "words"];
    arguments.extend(more);
    arguments
}

/// The text of the only element that begins like this.
#[track_caller]
fn element<'a>(letter: &'a str, begins: &str, ends: &str) -> &'a str {
    let (_, rest) = letter.split_once(begins).unwrap();
    assert!(!rest.contains(begins), "{begins} stands there twice");
    rest.split_once(ends).unwrap().0
}

#[test]
fn a_letter_is_opened_by_the_command_line_too() {
    let content = noise(300_000, 11);
    let Some((desk, letter)) = letter_of(&content) else {
        return;
    };
    assert_eq!(mode(&desk.path("letter.html")), 0o600);
    assert!(
        letter.starts_with("<!doctype html>"),
        "X-1: it does not begin like a container"
    );
    assert!(
        letter.len() < content.len() * 4 / 3 + MORE_BYTES_MAX,
        "{}",
        letter.len()
    );
    good(desk.run(&["decrypt", "letter.html", "--passphrase-file", "words", "-o", "got/"]));
    assert_eq!(desk.read("got/note.txt"), content);
    let told = good(desk.run(&["inspect", "letter.html"]));
    assert!(
        String::from_utf8(told).unwrap().contains("Argon2id, 64 MiB"),
        "a phone can do it"
    );
}

#[test]
fn a_small_letter_is_under_500_kb() {
    let Some((_, letter)) = letter_of(b"Thursday, six") else {
        return;
    };
    assert!(letter.len() < MORE_BYTES_MAX, "{}", letter.len());
}

#[test]
fn the_policy_names_the_script_and_the_style_by_their_hashes_and_nothing_else() {
    let Some((_, letter)) = letter_of(b"x") else { return };
    let policy = element(&letter, "<meta http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    let hash = |text: &str| format!("'sha256-{}'", Base64::encode_string(&Sha256::digest(text)));
    let script = hash(element(&letter, "<script type=\"module\">", "</script>"));
    let style = hash(element(&letter, "<style>", "</style>"));
    let directives: Vec<_> = policy.split("; ").collect();
    assert_eq!(
        directives,
        [
            "default-src 'none'",
            &format!("script-src {script} 'wasm-unsafe-eval'"),
            &format!("style-src {style}"),
            "img-src blob: data:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ]
    );
    let head = letter.split_once("<head>").unwrap().1.trim_start();
    assert!(
        head.starts_with("<meta http-equiv=\"Content-Security-Policy\""),
        "what stands before it, it does not cover"
    );
}

#[test]
fn a_letter_names_no_address_and_nothing_of_the_document() {
    let Some((_, letter)) = letter_of(b"a very particular sentence") else {
        return;
    };
    for foreign in ["http:", "https:", "src=\"//", "href=\"//", "note.txt", "particular"] {
        assert!(!letter.contains(foreign), "{foreign}");
    }
}

#[test]
fn two_letters_differ_in_the_container_alone() {
    let Some((desk, first)) = letter_of(b"x") else { return };
    good(desk.run(&encrypt(&["note.txt", "--force"])));
    let second = String::from_utf8(desk.read("letter.html")).unwrap();
    let around = |letter: &str| letter.replace(element(letter, CONTAINER, "</script>"), "");
    assert_ne!(first, second);
    assert_eq!(around(&first), around(&second));
}

#[test]
fn standard_input_goes_in_and_standard_output_takes_it() {
    let Some((desk, _)) = letter_of(b"x") else { return };
    let arguments = ["encrypt", "--html", "-", "--passphrase-file", "words"];
    let letter = good(desk.run_with(&arguments, "Встреча в шесть\n".as_bytes()));
    desk.write("piped.html", &letter);
    let opened = good(desk.run(&["decrypt", "piped.html", "--passphrase-file", "words"]));
    assert_eq!(opened, "Встреча в шесть\n".as_bytes());
    good(desk.run(&["encrypt", "note.txt", "--html", "folder/", "--passphrase-file", "words"]));
    assert_eq!(desk.names("folder"), ["note.txt.html"]);
}

#[test]
fn what_is_there_stays_there() {
    let Some((desk, letter)) = letter_of(b"x") else { return };
    let told = refused(desk.run(&encrypt(&["note.txt"])), 7);
    assert!(told.contains("letter.html exists"), "{told}");
    assert_eq!(desk.read("letter.html"), letter.as_bytes());
}

#[test]
fn what_no_phone_could_hold_is_refused_before_it_is_read() {
    let Some((desk, letter)) = letter_of(b"x") else { return };
    let file = std::fs::File::create(desk.path("large")).unwrap();
    file.set_len(64 * MIB + 1).unwrap();
    let told = refused(desk.run(&encrypt(&["large", "--force"])), 1);
    assert!(told.contains("64 MiB") && told.contains("hint: "), "{told}");
    // A pipe tells nothing of its length.
    let past = vec![b'x'; usize::try_from(64 * MIB + 1).unwrap()];
    refused(desk.run_with(&encrypt(&["--force"]), &past), 1);
    assert_eq!(desk.read("letter.html"), letter.as_bytes(), "and what was there stays");
    file.set_len(64 * MIB).unwrap();
    good(desk.run(&encrypt(&["large", "--force"])));
    good(desk.run(&["check", "letter.html", "--passphrase-file", "words"]));
}

#[test]
fn a_letter_that_is_cut_or_damaged_is_called_one() {
    let Some((desk, letter)) = letter_of(&noise(3000, 5)) else {
        return;
    };
    let start = letter.find(CONTAINER).unwrap() + CONTAINER.len();
    let damaged = letter.replacen(&letter[start + 100..start + 104], "!?!?", 1);
    for cut in [
        &letter[..start],
        &letter[..start + 1000],
        &letter[..start - 10],
        &damaged,
    ] {
        desk.write("cut.html", cut.as_bytes());
        let told = refused(
            desk.run(&["decrypt", "cut.html", "-o", "-", "--passphrase-file", "words"]),
            4,
        );
        assert!(told.contains("cut.html is a letter that is cut or damaged"), "{told}");
    }
}
