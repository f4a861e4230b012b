//! Section 11: containers in HTML files. The body is the file.

use base64ct::{Base64, Encoding};

use super::set::{link_to, linked_members, part};
use super::{demands, draft_of, link_of};
use crate::set::Set;
use crate::vector::Vector;

const START: &str = "<script type=\"text/plain\" id=\"satchel-container\">";
const END: &str = "</script>";

pub(super) fn vectors() -> Vec<Vector> {
    [good(), inside(), sets(), elements(), encodings(), spare_bits()]
        .into_iter()
        .flatten()
        .collect()
}

/// The base64 of a container that this vector's link opens; its length makes two characters of padding needed.
fn container(name: &str) -> String {
    let base64 = Base64::encode_string(&draft_of(name, &link_of(name, None)).finish());
    assert!(
        base64.ends_with("=="),
        "its length is one more than a multiple of three"
    );
    base64
}

/// A page with `element` in it.
fn page(element: &str) -> String {
    [
        "<!doctype html>\n<html lang=\"en\">\n<title>A sealed file</title>\n<p>It takes a key to open this.</p>\n",
        element,
        "\n<script>\n// what opens it\n</script>\n</html>\n",
    ]
    .concat()
}

fn element(base64: &str) -> String {
    [START, base64, END].concat()
}

/// The text in lines of `len` characters.
fn lines(text: &str, len: usize, line_break: &str) -> String {
    let lines = text.as_bytes().chunks(len).map(String::from_utf8_lossy);
    lines
        .flat_map(|line| [line.into_owned(), String::from(line_break)])
        .collect()
}

fn vector(name: &str, verdict_and_must: &'static str, comment: &str, body: impl Into<Vec<u8>>) -> Vector {
    Vector::new("page", name, verdict_and_must, comment)
        .opened_by(&link_of(name, None))
        .body(body)
}

fn good() -> Vec<Vector> {
    let ok = |name: &str, comment, make: fn(&str) -> String| {
        vector(name, "ok X-1", comment, make(&container(name))).holding(&[demands()])
    };
    let not_utf8 = {
        let name = "page_not_utf8";
        let text = page(&element(&container(name))).into_bytes();
        let at = text
            .windows(6)
            .position(|six| six == b"sealed")
            .expect("the title has it");
        vector(
            name,
            "ok X-1",
            "FC in the title, ü of Latin 1",
            [&text[..at], &[0xFC], &text[at..]].concat(),
        )
        .holding(&[demands()])
    };
    vec![
        ok("one_line", "no white space in it", |base64| page(&element(base64))),
        ok("lines_of_76", "LF after each", |base64| {
            page(&element(&["\n", &lines(base64, 76, "\n")].concat()))
        }),
        ok("lines_of_64_with_crlf", "CR LF after each", |base64| {
            page(&element(&["\r\n", &lines(base64, 64, "\r\n")].concat()))
        }),
        ok("lines_of_75", "groups of four are torn apart", |base64| {
            page(&element(&lines(base64, 75, "\n")))
        }),
        ok("indented", "tabs and spaces", |base64| {
            page(&element(&lines(base64, 80, "\n\t  ")))
        }),
        ok("white_space_of_each_kind", "form feeds, too", |base64| {
            page(&element(&lines(base64, 70, "\t\n\u{C}\r ")))
        }),
        ok("white_space_in_the_padding", "= and a line break and =", |base64| {
            let (before, last) = base64.split_at(base64.len() - 1);
            page(&element(&[before, "\n", last, "\n"].concat()))
        }),
        ok(
            "two_elements",
            "the first one is taken, the second is a stranger's",
            |base64| page(&[element(base64), element(&container("a stranger's page"))].concat()),
        ),
        ok("second_element_is_no_base64", "nobody looks at it", |base64| {
            page(&[element(base64), element("!")].concat())
        }),
        ok("element_alone", "no page around it", element),
        ok("after_other_elements", "of which none begins alike", |base64| {
            let others = [
                "<script type=\"text/plain\">AAAA</script>",
                "<script id=\"satchel-container\" type=\"text/plain\">AAAA</script>",
                "<SCRIPT TYPE=\"text/plain\" ID=\"satchel-container\">AAAA</SCRIPT>",
            ];
            page(&[&others.concat(), &element(base64)[..]].concat())
        }),
        not_utf8,
    ]
}

/// What stands in the element is judged like any container.
fn inside() -> Vec<Vector> {
    let changed = |name: &str, verdict_and_must, comment, change: fn(&mut Vec<u8>)| {
        let mut bytes = draft_of(name, &link_of(name, None)).finish();
        change(&mut bytes);
        vector(
            name,
            verdict_and_must,
            comment,
            page(&element(&Base64::encode_string(&bytes))),
        )
    };
    vec![
        changed(
            "container_cut",
            "truncated X-1 C-6",
            "its last byte is missing",
            |bytes| {
                bytes.truncate(bytes.len() - 1);
            },
        ),
        changed(
            "container_flipped",
            "bad_segment X-1 F-4",
            "one bit of its last byte",
            |bytes| *bytes.last_mut().expect("it has bytes") ^= 1,
        ),
        changed(
            "container_of_another_magic",
            "not_a_container X-1 C-1",
            "the magic's first byte is 0x0B",
            |bytes| bytes[0] = 0x0B,
        ),
        changed(
            "container_of_no_byte",
            "not_a_container X-1 C-6",
            "an empty element",
            Vec::clear,
        ),
        vector(
            "page_in_a_page",
            "not_a_container X-1 C-1",
            "what stands there is no container, and is not looked through",
            page(&element(&Base64::encode_string(
                page(&element(&container("page_in_a_page"))).as_bytes(),
            ))),
        ),
        Vector::new(
            "page",
            "link_of_a_stranger",
            "wrong_key X-1 W-1",
            "not this container's",
        )
        .opened_by(&link_of("a stranger", None))
        .body(page(&element(&container("link_of_a_stranger")))),
    ]
}

/// The first member of a set of two is this vector's link's.
fn sets() -> Vec<Vector> {
    let of = |name: &str, verdict_and_must, comment, change: fn(&mut Set)| {
        let mut set = Set::of(linked_members(name, 2));
        change(&mut set);
        Vector::new("page", name, verdict_and_must, comment)
            .opened_by(&link_to(name, 0))
            .body(page(&element(&Base64::encode_string(&set.encode()))))
    };
    vec![
        of("set", "ok X-1 M-3", "of two members, and the first opens", |_| {}).holding(&[part(0)]),
        of(
            "set_with_a_member_left_out",
            "malformed_set X-1 M-1",
            "and the count is 1",
            |set| {
                set.members.pop();
            },
        ),
        of(
            "set_of_version_2",
            "unsupported_version X-1 M-1",
            "a newer one",
            |set| set.version = 2,
        ),
        of("set_cut", "truncated X-1 M-1", "its last byte is missing", |set| {
            set.members[1].1.pop();
        }),
    ]
}

fn bad(name: &str, comment: &str, make: fn(&str) -> String) -> Vector {
    vector(name, "not_a_container X-1", comment, make(&container(name)))
}

fn elements() -> Vec<Vector> {
    let starting = |name: &str, comment, start: &'static str| {
        let text = page(&[start, &container(name), END].concat());
        vector(name, "not_a_container X-1", comment, text)
    };
    vec![
        bad("without_an_element", "a page like any other", |_| page("")),
        bad("element_without_an_end", "the file ends in the base64", |base64| {
            [START, base64].concat()
        }),
        bad("element_ends_in_capitals", "</SCRIPT>, and nothing else", |base64| {
            [START, base64, "</SCRIPT>"].concat()
        }),
        bad("base64_alone", "no element around it", str::to_string),
        vector(
            "page_after_the_byte_8b",
            "not_a_container X-1 C-1",
            "it is read as a container, and its magic is another",
            [
                &[0x8B][..],
                page(&element(&container("page_after_the_byte_8b"))).as_bytes(),
            ]
            .concat(),
        ),
        starting(
            "element_of_other_quotes",
            "' for \"",
            "<script type='text/plain' id='satchel-container'>",
        ),
        starting(
            "element_of_another_order",
            "id before type",
            "<script id=\"satchel-container\" type=\"text/plain\">",
        ),
        starting(
            "element_with_another_attribute",
            "hidden",
            "<script type=\"text/plain\" id=\"satchel-container\" hidden>",
        ),
        starting(
            "element_of_another_id",
            "satchel",
            "<script type=\"text/plain\" id=\"satchel\">",
        ),
        starting(
            "element_in_capitals",
            "SCRIPT",
            "<SCRIPT type=\"text/plain\" id=\"satchel-container\">",
        ),
        starting(
            "element_of_two_spaces",
            "before id",
            "<script type=\"text/plain\"  id=\"satchel-container\">",
        ),
    ]
}

fn encodings() -> Vec<Vector> {
    let encoded = |name: &str, comment, change: fn(&str) -> String| {
        let text = page(&element(&change(&container(name))));
        vector(name, "not_a_container X-1", comment, text)
    };
    vec![
        encoded("no_base64", "a sentence", |_| String::from("It was here, once.")),
        encoded("base64_without_padding", "== is missing", |base64| {
            base64.trim_end_matches('=').to_string()
        }),
        encoded("base64_with_half_its_padding", "= for ==", |base64| {
            base64[..base64.len() - 1].to_string()
        }),
        encoded("base64_with_padding_over", "=== for ==", |base64| {
            [base64, "="].concat()
        }),
        encoded("base64_with_padding_inside", "= in place of a character", |base64| {
            [&base64[..100], "=", &base64[101..]].concat()
        }),
        encoded("base64_of_the_other_alphabet", "- for +", |base64| {
            base64.replace('+', "-")
        }),
        encoded("base64_with_a_comma", "at the start", |base64| [",", base64].concat()),
        encoded("base64_with_an_entity", "&#43; for +", |base64| {
            base64.replacen('+', "&#43;", 1)
        }),
        encoded("base64_with_a_comment", "<!-- --> before it", |base64| {
            ["<!-- -->", base64].concat()
        }),
        encoded("base64_with_a_vertical_tab", "U+000B is no white space", |base64| {
            [&base64[..100], "\u{B}", &base64[100..]].concat()
        }),
        encoded("base64_with_a_no_break_space", "U+00A0 is no white space", |base64| {
            [&base64[..100], "\u{A0}", &base64[100..]].concat()
        }),
        encoded("base64_with_a_null", "U+0000 is no white space", |base64| {
            [&base64[..100], "\0", &base64[100..]].concat()
        }),
        encoded("hexadecimal", "though its letters are base64's", |base64| {
            hex::encode(Base64::decode_vec(base64).expect("it was just encoded"))
        }),
        bad("first_element_is_no_base64", "the second one is right", |base64| {
            page(&[element("!"), element(base64)].concat())
        }),
    ]
}

/// The last character before the padding holds bits of no byte.
fn spare_bits() -> Vec<Vector> {
    // The character `by` places after `last` in the alphabet; `last` has no spare bit.
    let raised = |base64: &str, by: usize| {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let text = base64.trim_end_matches('=');
        let (before, last) = text.split_at(text.len() - 1);
        let at = ALPHABET.iter().position(|one| [*one] == last.as_bytes());
        let other = char::from(ALPHABET[at.expect("base64 is of its alphabet") + by]);
        format!("{before}{other}{}", &base64[text.len()..])
    };
    let two = |name: &str, comment, by| {
        let text = page(&element(&raised(&container(name), by)));
        vector(name, "not_a_container X-1", comment, text)
    };
    let one = {
        let name = "base64_with_spare_bits_before_one_character_of_padding";
        let mut draft = draft_of(name, &link_of(name, None));
        draft.room = Some(draft.room() + 2);
        let base64 = Base64::encode_string(&draft.finish());
        assert!(base64.ends_with('=') && !base64.ends_with("=="), "two bytes at the end");
        let text = page(&element(&raised(&base64, 1)));
        vector(name, "not_a_container X-1", "01: the lower of two bits", text)
    };
    vec![
        two("base64_with_spare_bits", "0001: the lowest of four bits", 1),
        two("base64_with_all_spare_bits", "1111", 15),
        one,
    ]
}
