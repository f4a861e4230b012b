//! FLOE alone, with segments so short that its borders and its key changes fit into a small file.

use crate::dice::Dice;
use crate::floe::Floe;
use crate::vector::Vector;

/// name, ENC_SEG_LEN, rotation bits, length of the plaintext
const CASES: [(&str, u32, u32, usize); 8] = [
    ("one_byte", 64, 20, 1),
    ("one_segment_less_a_byte", 64, 20, 31),
    ("one_segment", 64, 20, 32),
    ("one_segment_and_a_byte", 64, 20, 33),
    ("segments_of_4096", 4096, 20, 10_000),
    ("last_segment_full", 40, 20, 40),
    ("key_changes_every_4_segments", 40, 2, 8 * 17),
    ("key_changes_every_segment", 40, 0, 8 * 5 + 3),
];

pub(super) fn vectors() -> Vec<Vector> {
    CASES.iter().map(vector).collect()
}

fn vector(&(name, segment_len, rotation_bits, len): &(&str, u32, u32, usize)) -> Vector {
    let mut dice = Dice::new(&format!("floe/{name}"));
    let (key, aad, plaintext) = (dice.bytes(32), dice.bytes(41), dice.bytes(len));
    let mut parameters = [0; 10];
    parameters[2..6].copy_from_slice(&segment_len.to_be_bytes());
    parameters[9] = 32;
    let floe = Floe::start(&key, &aad, parameters, dice.array()).rotating(rotation_bits);
    let chunks: Vec<_> = plaintext.chunks(segment_len as usize - 32).collect();
    let mut sealed = floe.header();
    for (position, chunk) in chunks.iter().enumerate() {
        sealed.extend(floe.segment(chunk, position as u64, position + 1 == chunks.len(), &dice.array()));
    }
    Vector::new(
        "floe",
        name,
        "ok F-1 F-3",
        "FLOE alone, with other parameters than a container's",
    )
    .with("segment_len", segment_len)
    .with("rotation_bits", rotation_bits)
    .with("key", hex::encode(key))
    .with("associated_data", hex::encode(aad))
    .with("plaintext", hex::encode(plaintext))
    .body(sealed)
}
