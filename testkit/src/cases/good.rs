//! Containers that open.

use super::{demands, link_of};
use crate::archive::{Document, archive, pack};
use crate::cbor;
use crate::container::Draft;
use crate::dice::Dice;
use crate::floe::SEGMENT_ROOM;
use crate::vector::Vector;

pub(super) fn vectors() -> Vec<Vector> {
    [documents(), asked(), lengths(), passphrases(), links(), slots()]
        .into_iter()
        .flatten()
        .collect()
}

/// A container that holds `documents` and that a link without passphrase opens.
fn holding(name: &str, must: &'static str, comment: &str, documents: &[Document]) -> Vector {
    let link = link_of(name, None);
    let mut draft = Draft::new(name);
    draft.add_link_slot(&link);
    draft.archive = pack(documents);
    Vector::new("container", name, must, comment)
        .opened_by(&link)
        .holding(documents)
        .body(draft.finish())
}

fn documents() -> Vec<Vector> {
    let text = |content: &str| Document::text("text/plain", content);
    let folder = |name: &str| Document {
        modified: None,
        ..Document::file(name, "inode/directory", "")
    };
    let stream = |document: Document| Document { size: None, ..document };
    let long_name = ["a", "b", "c"].map(|letter| letter.repeat(255)).join("/") + "/" + &"d".repeat(254) + "/e";
    vec![
        holding(
            "a_text",
            "ok A-2",
            "a sole entry without a name",
            &[text("Meet at seven, room 4.\n")],
        ),
        holding(
            "an_empty_text",
            "ok A-2",
            "a sole entry without name and content",
            &[text("")],
        ),
        holding("one_file", "ok A-1", "the simplest file", &[demands()]),
        holding(
            "an_empty_file",
            "ok A-4",
            "size 0",
            &[Document::file("empty", "application/octet-stream", "")],
        ),
        holding("an_empty_folder", "ok A-5", "the name ends in /", &[folder("minutes/")]),
        holding(
            "several_files_and_folders",
            "ok A-4 A-5",
            "contents follow one another without gaps",
            &[
                Document::file("notes/2026/january.md", "text/markdown", "# January\n"),
                Document::file("notes/empty.txt", "text/plain", ""),
                folder("notes/later/"),
                Document::file(
                    "members.csv",
                    "text/csv; charset=utf-8",
                    "name,since\nAda,2019\nOle,2021\n",
                ),
                Document {
                    modified: None,
                    ..Document::file("seal.bin", "application/octet-stream", [0, 255, 0, 13, 10])
                },
            ],
        ),
        holding(
            "names_in_three_scripts",
            "ok A-5",
            "Cyrillic, Arabic and Chinese; the content is UTF-8 too",
            &[
                Document::file("требования.txt", "text/plain", "Тридцать часов\n"),
                Document::file("مطالب.txt", "text/plain", "ثلاثون ساعة\n"),
                Document::file("要求/三十小时.txt", "text/plain", "三十小时\n"),
            ],
        ),
        holding(
            "a_stream",
            "ok A-3",
            "unnamed, size null: to the end",
            &[stream(text("of unknown length\n"))],
        ),
        holding(
            "a_stream_after_a_file",
            "ok A-3",
            "the last entry has the size null",
            &[
                demands(),
                stream(Document::file("stdin", "application/octet-stream", "the rest")),
            ],
        ),
        holding(
            "an_empty_stream",
            "ok A-3 A-4",
            "size null and nothing to come",
            &[stream(text(""))],
        ),
        holding(
            "longest_name",
            "ok A-1 A-5",
            "a name of 1,024 bytes, components of 255",
            &[Document::file(&long_name, "text/plain", "x")],
        ),
        holding(
            "longest_media_type",
            "ok A-1",
            "a media type of 127 bytes",
            &[Document::file("x", &format!("application/{}", "y".repeat(115)), "x")],
        ),
        holding(
            "a_name_that_climbs",
            "ok A-6",
            "it opens, and the name must not be used as it is: N-1",
            &[Document::file("../outside.txt", "text/plain", "x")],
        ),
        holding(
            "compressible_content_stays",
            "ok A-7",
            "8,000 equal bytes take 8,000 bytes",
            &[Document::file("a", "text/plain", "a".repeat(8000))],
        ),
    ]
}

/// The two things that a manifest may say about what was asked of a server.
fn asked() -> Vec<Vector> {
    let asking = |name: &str, comment: &str, reads: u64, expires_in: Option<u64>| {
        let link = link_of(name, None);
        let mut draft = Draft::new(name);
        draft.add_link_slot(&link);
        let expiry = expires_in.map(|secs| (1, cbor::uint(secs)));
        let asked: Vec<_> = [(0, cbor::uint(reads))].into_iter().chain(expiry).collect();
        let manifest = cbor::map(&[(0, cbor::array(&[demands().entry()])), (1, cbor::map(&asked))]);
        draft.archive = archive(&manifest, &demands().content);
        let vector = Vector::new("container", name, "ok A-1", comment)
            .opened_by(&link)
            .with("asked_reads", reads);
        let vector = match expires_in {
            Some(secs) => vector.with("asked_expires_in", secs),
            None => vector,
        };
        vector.holding(&[demands()]).body(draft.finish())
    };
    vec![
        asking(
            "asked_reads_and_expiry",
            "what the sender asked the server for",
            1,
            Some(604_800),
        ),
        asking("asked_reads_1000", "as many as may be, and no expiry", 1000, None),
        asking("asked_any_reads", "0: any number until expiry", 0, Some(3600)),
    ]
}

/// A file whose archive has exactly `archive_len` bytes.
fn filling(name: &str, archive_len: usize) -> Document {
    let around = |content_len: usize| {
        let content = Dice::new(name).bytes(content_len);
        Document::file("random", "application/octet-stream", content)
    };
    let overhead = pack(&[around(archive_len)]).len() - archive_len;
    let document = around(archive_len - overhead);
    assert_eq!(
        pack(std::slice::from_ref(&document)).len(),
        archive_len,
        "the size's own length must not change"
    );
    document
}

fn lengths() -> Vec<Vector> {
    [
        (
            "archive_fills_4096",
            4096 - 8,
            "no padding: the trailer follows the archive",
        ),
        (
            "archive_one_more_than_4096_holds",
            4096 - 7,
            "the next padded length, 4352",
        ),
        (
            "archive_fills_the_first_segment",
            SEGMENT_ROOM,
            "the last segment holds padding and trailer only",
        ),
        (
            "archive_ends_in_the_last_segment",
            SEGMENT_ROOM + 1,
            "one byte of content in the last segment",
        ),
        (
            "archive_fills_two_segments_without_padding",
            262_144 - 8,
            "no padding: the trailer fills the last segment",
        ),
    ]
    .into_iter()
    .map(|(name, archive_len, comment)| holding(name, "ok F-3 T-1", comment, &[filling(name, archive_len)]))
    .collect()
}

/// A container with `demands` and one passphrase slot for each of `slots`, opened by `typed`.
fn locked(name: &str, must: &'static str, comment: &str, typed: &str, profile: u64, slots: &[&str]) -> Vector {
    let mut draft = Draft::new(name);
    for passphrase in slots {
        draft.add_passphrase_slot(passphrase.as_bytes(), profile);
    }
    draft.archive = pack(&[demands()]);
    Vector::new("container", name, must, comment)
        .with("passphrase", typed)
        .holding(&[demands()])
        .body(draft.finish())
}

fn passphrases() -> Vec<Vector> {
    let longest = "p".repeat(1024);
    let four = &["one", "two", "three", "four"];
    vec![
        locked(
            "passphrase_profile_1",
            "ok P-1",
            "64 MiB",
            "correct horse",
            1,
            &["correct horse"],
        ),
        locked(
            "passphrase_profile_2",
            "ok P-1",
            "256 MiB",
            "correct horse",
            2,
            &["correct horse"],
        ),
        locked(
            "passphrase_profile_3",
            "ok P-1",
            "1 GiB",
            "correct horse",
            3,
            &["correct horse"],
        ),
        locked(
            "second_of_two_passphrase_slots",
            "ok W-1 P-2",
            "each slot is tried, in order",
            "two",
            1,
            &four[..2],
        ),
        locked(
            "fourth_of_four_passphrase_slots",
            "ok W-1 H-5",
            "as many as may be",
            "four",
            1,
            four,
        ),
        locked(
            "passphrase_typed_decomposed",
            "ok P-3",
            "typed in NFD, sealed in NFC",
            "cafe\u{301}",
            1,
            &["caf\u{e9}"],
        ),
        locked(
            "passphrase_in_cyrillic",
            "ok P-3",
            "UTF-8, not its low bytes",
            "пароль из слов",
            1,
            &["пароль из слов"],
        ),
        locked(
            "passphrase_with_spaces_around",
            "ok P-3",
            "nothing is trimmed",
            " a  b ",
            1,
            &[" a  b "],
        ),
        locked("longest_passphrase", "ok P-3", "1,024 bytes", &longest, 1, &[&longest]),
    ]
}

fn links() -> Vec<Vector> {
    let name = "link_with_passphrase";
    let link = link_of(name, Some("correct horse"));
    let mut draft = Draft::new(name);
    draft.add_link_slot(&link);
    draft.archive = pack(&[demands()]);
    let with_passphrase = Vector::new("container", name, "ok L-1 W-1", "flag bit 0 is set")
        .opened_by(&link)
        .holding(&[demands()])
        .body(draft.finish());
    vec![with_passphrase]
}

fn slots() -> Vec<Vector> {
    let beside = |name: &str, must, comment: &str, before: &[(u64, usize)], after: &[(u64, usize)]| {
        let link = link_of(name, None);
        let mut draft = Draft::new(name);
        let unknown = |draft: &mut Draft, slots: &[(u64, usize)]| {
            for (slot_type, fields_len) in slots {
                let fields = draft.dice.bytes(*fields_len);
                draft.slots.push(Draft::slot(*slot_type, &fields));
            }
        };
        unknown(&mut draft, before);
        draft.add_link_slot(&link);
        unknown(&mut draft, after);
        draft.archive = pack(&[demands()]);
        Vector::new("container", name, must, comment)
            .opened_by(&link)
            .holding(&[demands()])
            .body(draft.finish())
    };
    let two_links = {
        let name = "second_of_two_link_slots";
        let (first, second) = (link_of("another link", None), link_of(name, None));
        let mut draft = Draft::new(name);
        draft.add_link_slot(&first);
        draft.add_link_slot(&second);
        draft.archive = pack(&[demands()]);
        Vector::new("container", name, "ok W-1 H-5", "link slots stand with their own kind")
            .opened_by(&second)
            .holding(&[demands()])
            .body(draft.finish())
    };
    vec![
        beside(
            "unknown_slots_around",
            "ok H-4",
            "types 5, 65535 and 0",
            &[(5, 48), (65_535, 1)],
            &[(0, 7)],
        ),
        beside(
            "unknown_slot_with_empty_fields",
            "ok H-4",
            "any bytes, so none too",
            &[(9, 0)],
            &[],
        ),
        beside(
            "unknown_slot_of_2048_bytes",
            "ok H-4",
            "the longest fields",
            &[(9, 2048)],
            &[],
        ),
        beside("sixty_four_slots", "ok H-3", "as many as may be", &[(9, 3); 63], &[]),
        two_links,
    ]
}
