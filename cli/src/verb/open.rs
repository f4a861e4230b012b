//! `satchel decrypt`, and the keys of everything that opens a container.

use satchel_client::Address;
use satchel_client::crypto::{Link, Slot};

use super::look::unlock;
use crate::args::Decrypt;
use crate::container::{Part, Stored, Taker};
use crate::failure::Failure;
use crate::place::{Output, Target, write_at};

/// Opens a container, and puts what is in it in place once all of it is verified.
pub(crate) fn decrypt(options: Decrypt) -> Result<(), Failure> {
    let Decrypt {
        container,
        output,
        only,
        key,
        force,
    } = options;
    let target = Target::of(output.as_deref(), force)?;
    let unlocked = unlock(&container, &key)?;
    let manifest = unlocked.manifest();
    let mut wanted = vec![only.is_empty(); manifest.entries().len()];
    for name in &only {
        let folder = format!("{}/", name.trim_end_matches('/'));
        let mut found = false;
        for (entry, wanted) in manifest.entries().iter().zip(&mut wanted) {
            let sent = entry.name.as_deref().unwrap_or_default();
            if sent == name || sent.starts_with(&folder) {
                (*wanted, found) = (true, true);
            }
        }
        if !found {
            return Err(Failure::NoSuchEntry(name.clone()));
        }
    }
    let output = target.for_document(manifest, &wanted)?;
    if let Output::Files(files) = &output {
        // Also what is empty is to be there.
        for (entry, _) in wanted.iter().enumerate().filter(|(_, wanted)| **wanted) {
            files.open(entry)?;
        }
    }
    unlocked.unpack(&wanted, &output)?;
    output.commit()
}

impl Taker for Output {
    fn take(&self, part: &Part<'_>) -> Result<(), Failure> {
        match self {
            Self::Files(_) if part.bytes.is_empty() => Ok(()),
            Self::Files(files) => {
                let file = files.open(part.entry)?;
                write_at(&file, part.bytes, part.offset).map_err(|source| files.failed(part.entry, source))
            }
            // The worker that stopped the stream says why.
            Self::Stream(stream) => stream.write_in_turn(part.turn, part.bytes).unwrap_or(Ok(())),
        }
    }

    fn stop(&self) {
        if let Self::Stream(stream) = self {
            stream.stop();
        }
    }
}

/// The link that a file holds.
pub(super) fn link_in(text: &str) -> Result<Link, Failure> {
    match Address::parse(text)? {
        Address::Link { link, .. } => Ok(link),
        Address::Receipt { .. } => Err(Failure::ReceiptForLink),
    }
}

/// Whether a container opens by a link.
pub(super) fn has_link_slot(stored: &Stored) -> bool {
    stored
        .container()
        .slots()
        .iter()
        .any(|slot| matches!(slot, Slot::Link { .. }))
}
