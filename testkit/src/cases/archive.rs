//! Section 7: the manifest, and whether its contents fill the archive.

use super::{bad, demands};
use crate::archive::{Document, archive, manifest};
use crate::cbor;
use crate::vector::Vector;

pub(super) fn vectors() -> Vec<Vector> {
    [encoding(), entries(), names(), asked(), lengths()]
        .into_iter()
        .flatten()
        .collect()
}

/// A container with this manifest and this content.
fn manifested(name: &str, verdict_and_must: &'static str, comment: &str, manifest: &[u8], content: &[u8]) -> Vector {
    bad(name, verdict_and_must, comment, |draft| {
        draft.archive = archive(manifest, content)
    })
}

/// A manifest that must not parse, and no content.
fn malformed(name: &str, comment: &str, manifest: impl AsRef<[u8]>) -> Vector {
    manifested(name, "malformed_manifest A-1", comment, manifest.as_ref(), &[])
}

/// { 1: "a", 2: 0 }: a sole entry with nothing in it.
fn plain() -> Vec<u8> {
    Document::text("a", "").entry()
}

fn encoding() -> Vec<Vector> {
    let right = manifest(&[plain()]);
    let entry = |pairs: &[(u64, Vec<u8>)]| manifest(&[cbor::map(pairs)]);
    let (media, size) = ((1, cbor::text("a")), (2, cbor::uint(0)));
    vec![
        malformed(
            "manifest_with_a_byte_over",
            "00 after the map",
            [&right[..], &[0]].concat(),
        ),
        malformed(
            "manifest_cut_short",
            "its last byte is missing",
            &right[..right.len() - 1],
        ),
        malformed(
            "manifest_is_an_array",
            "81 81 ...",
            cbor::array(&[cbor::array(&[plain()])]),
        ),
        malformed(
            "manifest_count_not_shortest",
            "B8 01 for A1",
            [&[0xB8, 1], &right[1..]].concat(),
        ),
        malformed(
            "manifest_indefinite",
            "BF ... FF",
            [&[0xBF], &right[1..], &[0xFF]].concat(),
        ),
        malformed(
            "manifest_key_not_shortest",
            "18 00 for 00",
            [&[0xA1, 0x18, 0], &right[2..]].concat(),
        ),
        malformed(
            "manifest_key_unknown",
            "{ 0: entries, 2: 0 }",
            cbor::map(&[(0, cbor::array(&[plain()])), (2, vec![0])]),
        ),
        malformed("manifest_key_twice", "{ 0: entries, 0: entries }", {
            let entries = cbor::array(&[plain()]);
            cbor::map(&[(0, entries.clone()), (0, entries)])
        }),
        malformed("manifest_without_entries", "{}", cbor::map(&[])),
        malformed(
            "entry_keys_not_ascending",
            "2 before 1",
            entry(&[size.clone(), media.clone()]),
        ),
        malformed(
            "entry_key_twice",
            "1 twice",
            entry(&[media.clone(), media.clone(), size.clone()]),
        ),
        malformed(
            "entry_key_unknown",
            "4: 0",
            entry(&[media.clone(), size.clone(), (4, vec![0])]),
        ),
        malformed(
            "entry_key_is_text",
            "\"2\" for 2",
            manifest(&[[&[0xA2, 1, 0x61, b'a', 0x61, b'2'][..], &[0]].concat()]),
        ),
        malformed(
            "entry_count_not_shortest",
            "98 01 for 81",
            [&[0xA1, 0, 0x98, 1], &right[3..]].concat(),
        ),
        malformed(
            "size_not_shortest",
            "18 00 for 00",
            entry(&[media.clone(), (2, vec![0x18, 0])]),
        ),
        manifested(
            "size_23_not_shortest",
            "malformed_manifest A-1",
            "18 17 for 17",
            &entry(&[media.clone(), (2, vec![0x18, 23])]),
            &[b'a'; 23],
        ),
        malformed("size_of_128_bits", "1C is reserved", {
            let size = [&[0x1C][..], &[0; 7], &[1], &[0; 8]].concat();
            entry(&[media.clone(), (2, size)])
        }),
        malformed("size_negative", "20 (-1)", entry(&[media.clone(), (2, vec![0x20])])),
        malformed(
            "size_is_a_float",
            "F9 0000 (0.0)",
            entry(&[media.clone(), (2, vec![0xF9, 0, 0])]),
        ),
        malformed(
            "size_tagged",
            "C2 40: a bignum of nothing",
            entry(&[media.clone(), (2, vec![0xC2, 0x40])]),
        ),
        malformed(
            "size_undefined",
            "F7 for F6 (null)",
            entry(&[media.clone(), (2, vec![0xF7])]),
        ),
        malformed(
            "modified_null",
            "F6: left out or a number",
            entry(&[media.clone(), size.clone(), (3, vec![0xF6])]),
        ),
        malformed(
            "modified_negative",
            "before 1970",
            entry(&[media.clone(), size.clone(), (3, vec![0x20])]),
        ),
        malformed(
            "entries_of_four_billion_claimed",
            "9A FFFFFFFF: nothing may be allocated",
            [&[0xA1, 0][..], &cbor::head(4, 0xFFFF_FFFF), &plain()].concat(),
        ),
        malformed(
            "entries_of_65537_claimed",
            "one past the limit, though there is one",
            [&[0xA1, 0][..], &cbor::head(4, 65_537), &plain()].concat(),
        ),
        malformed(
            "name_of_four_gib_claimed",
            "7A FFFFFFFF",
            [&[0xA1, 0, 0x81, 0xA3, 0, 0x7A][..], &[0xFF; 4]].concat(),
        ),
    ]
}

fn entries() -> Vec<Vector> {
    let with = |media_type: Vec<u8>| manifest(&[cbor::map(&[(1, media_type), (2, cbor::uint(0))])]);
    vec![
        malformed("no_entry", "an empty array", manifest(&[])),
        malformed(
            "entry_without_media_type",
            "{ 2: 0 }",
            manifest(&[cbor::map(&[(2, cbor::uint(0))])]),
        ),
        malformed(
            "entry_without_size",
            "{ 1: \"a\" }",
            manifest(&[cbor::map(&[(1, cbor::text("a"))])]),
        ),
        malformed("media_type_empty", "no character", with(cbor::text(""))),
        malformed(
            "media_type_of_128_bytes",
            "one past the limit",
            with(cbor::text("a".repeat(128))),
        ),
        malformed("media_type_not_ascii", "text/plön", with(cbor::text("text/plön"))),
        malformed(
            "media_type_with_a_line_break",
            "text/plain, LF, x",
            with(cbor::text("text/plain\nx")),
        ),
        malformed("media_type_with_del", "U+007F", with(cbor::text("a\u{7F}"))),
        malformed("media_type_is_bytes", "41 61", with(cbor::bytes(b"a"))),
    ]
}

fn names() -> Vec<Vector> {
    let named = |name: Vec<u8>| manifest(&[cbor::map(&[(0, name), (1, cbor::text("a")), (2, cbor::uint(0))])]);
    let file = |name: &str| Document::file(name, "a", "").entry();
    let sized = |name: &str, size| {
        Document {
            size,
            ..Document::file(name, "a", "")
        }
        .entry()
    };
    let vector = manifested;
    vec![
        malformed("name_empty", "no character", named(cbor::text(""))),
        malformed(
            "name_of_1025_bytes",
            "one past the limit",
            named(cbor::text("a/".repeat(512) + "a")),
        ),
        malformed("name_not_utf8", "FF", named(cbor::text([0xFF]))),
        malformed(
            "name_with_a_surrogate",
            "ED A0 80: U+D800, which UTF-8 has not",
            named(cbor::text([0xED, 0xA0, 0x80])),
        ),
        malformed("name_with_an_overlong_slash", "C0 AF", named(cbor::text([0xC0, 0xAF]))),
        malformed("name_is_bytes", "41 61", named(cbor::bytes(b"a"))),
        malformed("name_null", "F6: left out or a text", named(vec![0xF6])),
        vector(
            "two_equal_names",
            "malformed_manifest A-5",
            "a and a",
            &manifest(&[file("a"), file("a")]),
            &[],
        ),
        vector(
            "unnamed_beside_a_file",
            "malformed_manifest A-2",
            "only a sole entry may",
            &manifest(&[plain(), file("a")]),
            &[],
        ),
        vector(
            "two_unnamed",
            "malformed_manifest A-2",
            "only a sole entry may",
            &manifest(&[plain(), plain()]),
            &[],
        ),
        vector(
            "folder_with_a_size",
            "malformed_manifest A-5",
            "a/ of one byte",
            &manifest(&[sized("a/", Some(1))]),
            b"x",
        ),
        vector(
            "folder_to_the_end",
            "malformed_manifest A-5",
            "a/ of size null",
            &manifest(&[sized("a/", None)]),
            &[],
        ),
        vector(
            "null_size_not_last",
            "malformed_manifest A-3",
            "to the end, and then another",
            &manifest(&[sized("a", None), file("b")]),
            &[],
        ),
    ]
}

fn asked() -> Vec<Vector> {
    let asking = |asked: Vec<u8>| cbor::map(&[(0, cbor::array(&[plain()])), (1, asked)]);
    vec![
        malformed(
            "asked_reads_1001",
            "one past the limit",
            asking(cbor::map(&[(0, cbor::uint(1001))])),
        ),
        malformed("asked_reads_negative", "20 (-1)", asking(cbor::map(&[(0, vec![0x20])]))),
        malformed("asked_nothing", "an empty map: it is left out", asking(cbor::map(&[]))),
        malformed("asked_key_unknown", "2: 0", asking(cbor::map(&[(2, vec![0])]))),
        malformed(
            "asked_keys_not_ascending",
            "1 before 0",
            asking(cbor::map(&[(1, vec![0]), (0, vec![0])])),
        ),
        malformed("asked_is_an_array", "80", asking(cbor::array(&[]))),
        malformed(
            "asked_before_entries",
            "1 before 0",
            cbor::map(&[(1, cbor::map(&[])), (0, cbor::array(&[plain()]))]),
        ),
    ]
}

fn lengths() -> Vec<Vector> {
    let stated = |name, comment, len: u32| {
        bad(name, "manifest_too_large A-1", comment, |draft| {
            draft.archive[..4].copy_from_slice(&len.to_be_bytes())
        })
    };
    let sized = |size| manifest(&[Document { size, ..demands() }.entry()]);
    let filled = |name, comment, manifest: &[u8], content: &[u8]| {
        manifested(name, "bad_archive_length A-4", comment, manifest, content)
    };
    let two_huge = [
        Document {
            size: Some(u64::MAX),
            ..Document::file("a", "a", "")
        },
        Document::file("b", "a", "xy"),
    ];
    let two_huge: Vec<_> = two_huge.iter().map(Document::entry).collect();
    vec![
        stated("manifest_len_0", "nothing to read", 0),
        stated(
            "manifest_len_past_the_limit",
            "16,777,217, though the archive is short",
            16_777_217,
        ),
        stated("manifest_len_four_gib", "FFFFFFFF", u32::MAX),
        bad(
            "manifest_len_past_the_payload",
            "bad_archive_length A-4",
            "16,777,216, in a payload of 4 KiB",
            |draft| {
                draft.archive[..4].copy_from_slice(&16_777_216_u32.to_be_bytes());
            },
        ),
        filled(
            "content_one_byte_short",
            "the size is 25",
            &sized(Some(25)),
            &demands().content,
        ),
        filled(
            "content_one_byte_long",
            "the size is 23, the 24th is no padding",
            &sized(Some(23)),
            &demands().content,
        ),
        filled(
            "content_one_zero_byte_long",
            "it looks like padding, but the archive has it",
            &sized(Some(24)),
            b"Thirty hours, full pay.\n\0",
        ),
        filled("content_missing", "the size is 24", &sized(Some(24)), &[]),
        filled(
            "size_of_64_bits",
            "18446744073709551615",
            &sized(Some(u64::MAX)),
            &demands().content,
        ),
        filled(
            "sizes_that_overflow",
            "2^64 - 1 and 2 add up to 1",
            &manifest(&two_huge),
            b"x",
        ),
        filled(
            "stream_after_a_file_past_the_end",
            "nothing is left for the stream, and less",
            &{
                let stream = Document {
                    size: None,
                    ..Document::file("b", "a", "")
                };
                manifest(&[
                    Document {
                        size: Some(100),
                        ..demands()
                    }
                    .entry(),
                    stream.entry(),
                ])
            },
            &demands().content,
        ),
    ]
}
