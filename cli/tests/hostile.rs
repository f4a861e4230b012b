//! Containers that somebody changed: cut, flipped, put together anew. None opens, and nothing of it is written.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "program/making.rs"]
mod making;
mod program;

use making::{Dice, Person, count, is_long, opened, prefix_len, sealed};
use program::{Desk, noise, refused};
use satchel_client::crypto::limit::SEGMENT_LEN;
use satchel_client::crypto::{Allowed, Container, Verdict};

/// A desk with the key of one person, and that person.
fn desk() -> (Desk, Person) {
    let (desk, ana) = (Desk::new(), Person::new());
    ana.write(&desk, "ana");
    (desk, ana)
}

/// What the real program says of it: an error, on standard error alone, and neither `out` nor anything else is there.
#[track_caller]
fn refused_by_the_program(desk: &Desk, container: &[u8], codes: &[i32]) {
    desk.write("changed", container);
    let before = desk.names("");
    for arguments in [
        &["decrypt", "changed", "-i", "ana.key", "-o", "out"][..],
        &["check", "changed", "-i", "ana.key"],
    ] {
        let output = desk.run(arguments);
        let code = output.status.code().unwrap();
        assert!(codes.contains(&code), "{code}");
        refused(output, code);
    }
    assert!(!desk.path("out").exists());
    assert_eq!(desk.names(""), before);
}

/// [C-6] [F-3] [F-5]
#[test]
fn a_container_cut_at_any_byte_is_refused() {
    let (desk, ana) = desk();
    let content = noise(600_000, 1);
    let container = sealed(&[("minutes.txt", &content)], &ana);
    assert_eq!((container.len() - prefix_len(&container)).div_ceil(SEGMENT_LEN), 3);
    assert!(opened(&container, &ana.key()) == Ok(content));
    for len in 0..container.len() {
        assert!(opened(&container[..len], &ana.key()).is_err(), "cut to {len}");
    }
    println!(
        "figure: truncations of a three-segment container that opened: 0 of {}",
        container.len()
    );
    let cuts = count(12, 200);
    let mut dice = Dice::new(2);
    for _ in 0..cuts {
        refused_by_the_program(&desk, &container[..dice.below(container.len())], &[4]);
    }
    println!("figure: truncations that the program refused, with nothing written: {cuts} of {cuts}");
}

/// [C-1] [C-2] [C-4] [H-6] [H-7] [R-3] [F-1] [F-4]
#[test]
fn a_container_with_any_bit_flipped_is_refused() {
    let (desk, ana) = desk();
    let mut container = sealed(&[("minutes.txt", &noise(62_000, 3))], &ana);
    let start = prefix_len(&container);
    println!("{} bytes, of which {start} before the only segment", container.len());
    for bit in 0..8 * start {
        container[bit / 8] ^= 1 << (bit % 8);
        assert!(opened(&container, &ana.key()).is_err(), "bit {bit}");
        container[bit / 8] ^= 1 << (bit % 8);
    }
    let parsed = Container::parse(&container, container.len() as u64).unwrap();
    let mut header = parsed.open(&ana.key(), Allowed::ALL).unwrap();
    let (mut dice, bits) = (Dice::new(4), 8 * (container.len() - start));
    let flips = if is_long() { bits } else { 3000 };
    for flip in 0..flips {
        let bit = if is_long() { flip } else { dice.below(bits) };
        let mut segment = container[start..].to_vec();
        segment[bit / 8] ^= 1 << (bit % 8);
        // The header is the same each time: it is opened once.
        let came = header.closed_segment(0, segment).and_then(|closed| closed.open());
        assert!(matches!(came, Err(Verdict::BadSegment(0))), "bit {bit} of the segment");
    }
    println!(
        "figure: flipped bits of a container of {} KiB that opened: 0 of {} ({} before the segment, {flips} of {bits} in it)",
        container.len() / 1024,
        8 * start + flips,
        8 * start
    );
    let flips = count(20, 400);
    for flip in 0..flips {
        // Every other one before the segment.
        let end = if flip % 2 == 0 { 8 * start } else { 8 * container.len() };
        let bit = dice.below(end);
        let mut changed = container.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        refused_by_the_program(&desk, &changed, &[3, 4]);
    }
    println!("figure: flipped bits that the program refused, with nothing written: {flips} of {flips}");
}

/// Each order of four.
fn orders() -> Vec<[usize; 4]> {
    let all = (0..256).map(|code: usize| [code >> 6 & 3, code >> 4 & 3, code >> 2 & 3, code & 3]);
    all.filter(|order| (0..4).all(|one| order.contains(&one))).collect()
}

/// [F-4]
#[test]
fn four_segments_open_in_their_order_alone() {
    let (desk, ana) = desk();
    let content = noise(900_000, 5);
    let container = sealed(&[("minutes.txt", &content)], &ana);
    let start = prefix_len(&container);
    let segments: Vec<_> = container[start..].chunks(SEGMENT_LEN).collect();
    assert_eq!((segments.len(), orders().len()), (4, 24));
    for order in orders() {
        let parts: Vec<_> = order.iter().map(|segment| segments[*segment]).collect();
        let permuted = [&container[..start], &parts.concat()].concat();
        if order == [0, 1, 2, 3] {
            assert!(opened(&permuted, &ana.key()).as_ref() == Ok(&content));
            continue;
        }
        assert!(
            matches!(opened(&permuted, &ana.key()), Err(Verdict::BadSegment(_))),
            "{order:?}"
        );
        refused_by_the_program(&desk, &permuted, &[4]);
    }
    println!("figure: orders of four segments that opened: 1 of 24, their own");
}

/// [C-3] [H-6] [F-1] [F-4]
#[test]
fn a_header_before_another_body_is_refused() {
    let (desk, ana) = desk();
    // Of one length, for one person: nothing but the cryptography tells them apart.
    let [one, two] = [6, 7].map(|seed| sealed(&[("minutes.txt", &noise(600_000, seed))], &ana));
    assert_eq!(one.len(), two.len());
    let start = prefix_len(&one);
    let (id, places, payload_header) = (9..25, 46..start - 74, start - 74..start);
    let mut refusals = 0;
    let mut refuse = |changed: &[u8], codes: &[i32]| {
        assert!(opened(changed, &ana.key()).is_err());
        refused_by_the_program(&desk, changed, codes);
        refusals += 1;
    };
    // Everything before the body, before FLOE's header, before the first segment.
    for at in [46, start - 74, start] {
        refuse(&[&one[..at], &two[at..]].concat(), &[3, 4]);
    }
    // One part alone.
    for part in [id, places, payload_header] {
        let mut changed = one.clone();
        changed[part.clone()].copy_from_slice(&two[part]);
        refuse(&changed, &[3, 4]);
    }
    // A segment of another container in its own place, the first, the second, and the last one.
    for at in 0..3 {
        let from = start + at * SEGMENT_LEN;
        let to = one.len().min(from + SEGMENT_LEN);
        refuse(&[&one[..from], &two[from..to], &one[to..]].concat(), &[4]);
    }
    println!("figure: containers put together from two for one person that opened: 0 of {refusals}");
}
