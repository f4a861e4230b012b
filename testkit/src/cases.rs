//! The vectors, folder by folder; the containers section by section of docs/format.md.

mod archive;
mod container;
mod floe;
mod good;
mod header;
mod link;
mod name;
mod padding;
mod passphrase;
mod payload;
mod slot;

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
        slot::vectors(),
        payload::vectors(),
        floe::vectors(),
        padding::vectors(),
        archive::vectors(),
        name::vectors(),
        link::vectors(),
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
