//! The vectors, folder by folder; the containers section by section of docs/format.md.

mod archive;
mod container;
mod floe;
mod good;
mod half_way;
mod head;
mod header;
mod kem;
mod label;
mod link;
mod name;
mod padding;
mod page;
mod passphrase;
mod payload;
mod place;
mod recipient;
mod recipient_slot;
mod recipient_text;
mod set;
mod set_bad;
mod set_member;
mod share;
mod share_bad;
mod share_hostile;
mod share_text;
mod slot;
mod state;

use crate::archive::{Document, pack};
use crate::container::Draft;
use crate::dice::Dice;
use crate::link::Link;
use crate::vector::Vector;

/// Every vector.
#[must_use]
pub fn all() -> Vec<Vector> {
    [
        good::vectors(),
        container::vectors(),
        header::vectors(),
        place::vectors(),
        state::vectors(),
        half_way::vectors(),
        slot::vectors(),
        recipient::vectors(),
        recipient_slot::vectors(),
        share::vectors(),
        share_bad::vectors(),
        share_hostile::vectors(),
        payload::vectors(),
        floe::vectors(),
        padding::vectors(),
        archive::vectors(),
        set::vectors(),
        set_bad::vectors(),
        set_member::vectors(),
        page::vectors(),
        name::vectors(),
        link::vectors(),
        head::vectors(),
        label::vectors(),
        recipient_text::vectors(),
        share_text::vectors(),
        kem::vectors(),
        passphrase::vectors(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The document of most vectors.
fn demands() -> Document {
    Document::file("demands.txt", "text/plain", "Thirty hours, full pay.\n")
}

/// A link of this vector's own.
fn link_of(name: &str, passphrase: Option<&'static str>) -> Link {
    Link {
        secret: Dice::new(&format!("{name}/link")).array(),
        passphrase,
    }
}

/// The seed of an identity of this vector's own.
fn seed_of(name: &str, number: usize) -> [u8; 32] {
    Dice::new(&format!("{name}/identity {number}")).array()
}

/// A container that a link opens, and that holds `demands`.
fn draft_of(name: &str, link: &Link) -> Draft {
    let mut draft = Draft::new(name);
    draft.add_link_slot(link);
    draft.archive = pack(&[demands()]);
    draft
}

/// A container with one part set wrong before it is put together.
fn bad(name: &str, verdict_and_must: &'static str, comment: &str, spoil: impl FnOnce(&mut Draft)) -> Vector {
    bad_after(name, verdict_and_must, comment, spoil, |_| {})
}

/// A container with its bytes changed after they were put together.
fn damaged(name: &str, verdict_and_must: &'static str, comment: &str, damage: impl FnOnce(&mut Vec<u8>)) -> Vector {
    bad_after(name, verdict_and_must, comment, |_| {}, damage)
}

/// Where the first place begins: after immutable part, room and state.
const PLACES: usize = 46;

/// The length of each place of a container.
fn room_of(container: &[u8]) -> usize {
    container[41..45]
        .iter()
        .fold(0, |room, byte| room << 8 | usize::from(*byte))
}

fn bad_after(
    name: &str,
    verdict_and_must: &'static str,
    comment: &str,
    spoil: impl FnOnce(&mut Draft),
    damage: impl FnOnce(&mut Vec<u8>),
) -> Vector {
    let link = link_of(name, None);
    let mut draft = draft_of(name, &link);
    spoil(&mut draft);
    let mut bytes = draft.finish();
    damage(&mut bytes);
    Vector::new("container", name, verdict_and_must, comment)
        .opened_by(&link)
        .body(bytes)
}
