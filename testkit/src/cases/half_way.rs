//! Section 4.7: a header that takes another's place, cut off on the way; and the same where the state says that nothing does (H-7).

use super::place::mac_flipped;
use super::{demands, draft_of, link_of};
use crate::container::Draft;
use crate::link::Link;
use crate::vector::Vector;

pub(super) fn vectors() -> Vec<Vector> {
    [torn(), both_torn(), planted(), both_whole(), neither_opens()]
        .into_iter()
        .flatten()
        .flatten()
        .collect()
}

/// What opens it, with the state FF.
const OPENS: &str = "ok H-7 K-1";
/// Of a place beside a header, with the state 00.
const SETTLED: &str = "malformed_header H-7";

/// A vector with the state FF and its twin with the state 00, and the verdict of each; `make` gives key and container.
fn twins(
    name: &str,
    [changing, settled]: [&'static str; 2],
    comment: &str,
    make: impl Fn(&str) -> (Link, Draft),
) -> [Vector; 2] {
    let of = |name: &str, verdict_and_must: &'static str, comment: &str, state| {
        let (link, mut draft) = make(name);
        draft.state = state;
        let vector = Vector::new("container", name, verdict_and_must, comment).opened_by(&link);
        let documents = if vector.verdict == "ok" {
            vec![demands()]
        } else {
            Vec::new()
        };
        vector.holding(&documents).body(draft.finish())
    };
    let twin = (
        format!("{name}_and_settled"),
        format!("as in {name}, and the state is 00"),
    );
    [of(name, changing, comment, 0xFF), of(&twin.0, settled, &twin.1, 0x00)]
}

/// Twins of a container that the vector's link opens, changed.
fn changed(name: &str, verdicts: [&'static str; 2], comment: &str, change: impl Fn(&mut Draft)) -> [Vector; 2] {
    twins(name, verdicts, comment, |name| {
        let link = link_of(name, None);
        let mut draft = draft_of(name, &link);
        change(&mut draft);
        (link, draft)
    })
}

/// A header that was being written over the empty place `at`, cut off after `kept` bytes, beside the right one.
fn cut_off(name: &str, verdicts: [&'static str; 2], comment: &str, at: usize, kept: usize) -> [Vector; 2] {
    changed(name, verdicts, comment, |draft| {
        let place = draft.header_in_its_place();
        draft.place = 1 - at;
        draft.places[at] = Some(place[..kept].to_vec());
    })
}

fn torn() -> Vec<[Vector; 2]> {
    let cut = |name, comment, at, kept| cut_off(name, [OPENS, SETTLED], comment, at, kept);
    vec![
        cut_off("first_place_torn_in_header_len", [OPENS; 2], "as empty as before", 0, 3),
        cut("first_place_torn_after_header_len", "the header is zeros", 0, 4),
        cut(
            "first_place_torn_in_the_wrapped_key",
            "it parses, and does not unwrap",
            0,
            40,
        ),
        cut("first_place_torn_in_the_mac", "it unwraps, and the MAC is wrong", 0, 91),
        cut("second_place_torn_after_header_len", "the header is zeros", 1, 4),
        cut(
            "second_place_torn_in_the_mac",
            "the first is right, and comes first",
            1,
            70,
        ),
        changed(
            "first_place_half_erased",
            [OPENS, SETTLED],
            "its first 30 bytes are zeros already",
            |draft| {
                let place = draft.header_in_its_place();
                draft.place = 1;
                draft.places[0] = Some([&[0; 30], &place[30..]].concat());
            },
        ),
    ]
}

/// Nothing parses: the first one's verdict, with either state.
fn both_torn() -> Vec<[Vector; 2]> {
    let torn = |draft: &Draft| {
        let place = draft.header_in_its_place();
        [Some(place[..4].to_vec()), Some([&[0; 30], &place[30..]].concat())]
    };
    vec![
        changed(
            "both_places_torn",
            ["malformed_header H-7"; 2],
            "the first is cut after its length, the second begins with zeros",
            |draft| draft.places = torn(draft),
        ),
        changed(
            "both_places_torn_the_other_way",
            ["header_too_large H-7"; 2],
            "the first begins with zeros, the second is cut after its length",
            |draft| {
                draft.places = torn(draft);
                draft.places.swap(0, 1);
            },
        ),
    ]
}

/// A container with the header of `old` in its first place, of `new` in its second, and a room that holds both.
fn two_headers(name: &str, old: fn(&mut Draft), new: fn(&mut Draft)) -> Draft {
    let mut draft = draft_of(name, &link_of(name, None));
    draft.room = Some(256);
    let slots = draft.slots.clone();
    old(&mut draft);
    draft.places[0] = Some(draft.header_in_its_place());
    draft.slots = slots;
    (draft.mac, draft.header) = (None, None);
    new(&mut draft);
    draft.place = 1;
    draft
}

/// Twins of a container with two headers that the vector's link is tried at.
fn both(
    name: &str,
    verdict_and_must: &'static str,
    comment: &str,
    old: fn(&mut Draft),
    new: fn(&mut Draft),
) -> [Vector; 2] {
    twins(name, [verdict_and_must, SETTLED], comment, |name| {
        (link_of(name, None), two_headers(name, old, new))
    })
}

/// Whoever knows how to seal to a key can plant a header, around a file key of their own, with a MAC that is right.
fn planted() -> Vec<[Vector; 2]> {
    let beside = |name: &str, comment, first: bool| {
        twins(name, [OPENS, SETTLED], comment, |name| {
            let link = link_of(name, None);
            let mut draft = draft_of(name, &link);
            let (slots, file_key) = (draft.slots.clone(), draft.file_key);
            (draft.file_key, draft.slots) = ([7; 32], Vec::new());
            draft.add_link_slot(&link);
            draft.places[usize::from(!first)] = Some(draft.header_in_its_place());
            (draft.file_key, draft.slots) = (file_key, slots);
            draft.place = usize::from(first);
            (link, draft)
        })
    };
    vec![
        beside(
            "first_place_with_a_file_key_of_another_payload",
            "it opens, and its MAC is right: the payload header says that it is not this container's",
            true,
        ),
        beside(
            "second_place_with_a_file_key_of_another_payload",
            "the first is right, and comes first",
            false,
        ),
    ]
}

fn stranger() -> Link {
    link_of("a stranger", None)
}

/// In the place of the draft's own slot, one that a stranger's link opens.
fn for_a_stranger(draft: &mut Draft) {
    draft.slots = Vec::new();
    draft.add_link_slot(&stranger());
}

fn without_a_link(draft: &mut Draft) {
    draft.slots = Vec::new();
    draft.add_unopened_passphrase_slot(1);
}

fn with_a_wrong_mac(draft: &mut Draft) {
    draft.mac = Some(mac_flipped(draft));
}

fn both_whole() -> Vec<[Vector; 2]> {
    let opened = |name, comment, old, new| both(name, OPENS, comment, old, new);
    vec![
        opened(
            "both_places_opened_by_the_old_key",
            "the new header is whole, the old one not erased yet",
            |_| {},
            for_a_stranger,
        ),
        twins(
            "both_places_opened_by_the_new_key",
            [OPENS, SETTLED],
            "the new header is whole, the old one not erased yet",
            |name| (stranger(), two_headers(name, |_| {}, for_a_stranger)),
        ),
        opened(
            "both_places_equal",
            "the first opens, and the second is not needed",
            |_| {},
            |_| {},
        ),
        opened(
            "first_place_without_a_slot_that_fits",
            "a passphrase slot there, the link slot in the second",
            without_a_link,
            |_| {},
        ),
        opened(
            "first_place_mac_wrong_beside_a_right_second",
            "it unwraps, and is passed over",
            with_a_wrong_mac,
            |_| {},
        ),
        opened(
            "first_place_malformed_beside_a_right_second",
            "no slot there",
            |draft| draft.slots = Vec::new(),
            |_| {},
        ),
        opened(
            "second_place_malformed_beside_a_right_first",
            "a header of 60 there",
            |_| {},
            |draft| draft.header = Some(vec![0x60]),
        ),
    ]
}

fn neither_opens() -> Vec<[Vector; 2]> {
    vec![
        both(
            "second_place_without_a_slot_that_fits",
            "no_matching_slot H-7",
            "a stranger's in the first: the second one's verdict",
            for_a_stranger,
            without_a_link,
        ),
        both(
            "second_place_of_a_stranger",
            "wrong_key H-7",
            "no slot that fits in the first: the second one's verdict",
            without_a_link,
            for_a_stranger,
        ),
        both(
            "first_place_mac_wrong_beside_a_stranger",
            "wrong_key H-7",
            "the second one's verdict",
            with_a_wrong_mac,
            for_a_stranger,
        ),
        both(
            "second_place_mac_wrong_beside_a_stranger",
            "bad_header_mac H-7",
            "the second one's verdict",
            for_a_stranger,
            with_a_wrong_mac,
        ),
        both(
            "first_place_malformed_beside_a_wrong_mac",
            "bad_header_mac H-7",
            "only the second parses: its verdict",
            |draft| draft.header = Some(vec![0x60]),
            with_a_wrong_mac,
        ),
        both(
            "second_place_malformed_beside_a_stranger",
            "wrong_key H-7",
            "only the first parses: its verdict",
            for_a_stranger,
            |draft| draft.header = Some(vec![0x60]),
        ),
    ]
}
