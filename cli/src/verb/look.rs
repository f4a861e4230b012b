//! `satchel list`, `inspect` and `check`: looking without taking out.

use std::path::Path;

use satchel_client::crypto::{Entry, Key as WithKey, Slot};
use serde_json::json;

use super::open::{has_link_slot, link_in};
use super::print;
use crate::args::{Check, Inspect, Key, Look};
use crate::ask::{is_dash, passphrase, text_file};
use crate::container::{Part, Stored, Taker, Unlocked};
use crate::duration::date;
use crate::failure::Failure;
use crate::naming::shown;

/// Opens a container's header and manifest with what the options name, or with a passphrase that is asked for.
pub(super) fn unlock(container: &Path, key: &Key) -> Result<Unlocked, Failure> {
    let stored = Stored::open(container)?;
    let stdin_taken = is_dash(container);
    let file = key.passphrase_file.as_deref();
    let Some(link_file) = &key.link_file else {
        // Before anybody types a passphrase that cannot help.
        let opens = stored
            .container()
            .slots()
            .iter()
            .any(|slot| matches!(slot, Slot::Passphrase { .. }));
        if !opens {
            return Err(satchel_client::crypto::Verdict::NoMatchingSlot.into());
        }
        let passphrase = passphrase(file, stdin_taken)?;
        return stored.unlock(&WithKey::Passphrase(&passphrase));
    };
    let link = link_in(&text_file(link_file, stdin_taken)?)?;
    if !has_link_slot(&stored) {
        return Err(satchel_client::crypto::Verdict::NoMatchingSlot.into());
    }
    let stdin_taken = stdin_taken || is_dash(link_file);
    let passphrase = if link.needs_passphrase() {
        Some(passphrase(file, stdin_taken)?)
    } else {
        None
    };
    let unlocked = link.unlock(passphrase.as_ref())?;
    stored.unlock(&WithKey::Link(&unlocked))
}

/// Names, types and sizes.
pub(crate) fn list(options: Look) -> Result<(), Failure> {
    let unlocked = unlock(&options.container, &options.key)?;
    let entries = unlocked.manifest().entries();
    if options.json {
        let entry = |(number, entry): (usize, &Entry)| {
            json!({
                "name": entry.name,
                "type": entry.media_type,
                "size": unlocked.size(number),
                "modified": entry.modified,
            })
        };
        let entries: Vec<_> = entries.iter().enumerate().map(entry).collect();
        return print::line(json!({ "entries": entries }));
    }
    let sizes: Vec<_> = (0..entries.len())
        .map(|entry| unlocked.size(entry).to_string())
        .collect();
    let width = sizes.iter().map(String::len).max().unwrap_or(0);
    for (entry, size) in entries.iter().zip(&sizes) {
        let name = entry.name.as_deref().map_or_else(|| "(no name)".to_owned(), shown);
        let modified = entry.modified.map_or_else(|| "-".to_owned(), date);
        print::line(format_args!(
            "{size:>width$}  {modified:20}  {:24}  {name}",
            shown(&entry.media_type)
        ))?;
    }
    Ok(())
}

/// What can be told without a key.
pub(crate) fn inspect(options: Inspect) -> Result<(), Failure> {
    let stored = Stored::open(&options.container)?;
    let container = stored.container();
    let id: String = container.id().iter().map(|byte| format!("{byte:02x}")).collect();
    let padded = container.padded_len().unwrap_or(0);
    if options.json {
        let slots: Vec<_> = container.slots().iter().map(slot_json).collect();
        let about = json!({ "version": 1, "id": id, "bytes": stored.len(), "padded_bytes": padded, "slots": slots });
        return print::line(about);
    }
    print::line("Satchel container, version 1")?;
    print::line(format_args!("id:      {id}"))?;
    print::line(format_args!(
        "length:  {} bytes; document with its padding: {padded}",
        stored.len()
    ))?;
    for slot in container.slots() {
        print::line(format_args!("opens:   {}", slot_text(slot)))?;
    }
    Ok(())
}

fn slot_text(slot: &Slot) -> String {
    match slot {
        Slot::Passphrase { profile, .. } => {
            format!("with a passphrase (Argon2id, {} MiB)", profile.memory_kib() / 1024)
        }
        Slot::Link { .. } => "with a link".to_owned(),
        other => format!("with something that this version does not know (type {})", other.kind()),
    }
}

fn slot_json(slot: &Slot) -> serde_json::Value {
    match slot {
        Slot::Passphrase { profile, .. } => json!({ "type": "passphrase", "profile": profile.number() }),
        Slot::Link { .. } => json!({ "type": "link" }),
        other => json!({ "type": other.kind() }),
    }
}

struct Nowhere;

impl Taker for Nowhere {
    fn take(&self, _part: &Part<'_>) -> Result<(), Failure> {
        Ok(())
    }
}

/// Verifies all of it.
pub(crate) fn check(options: Check) -> Result<(), Failure> {
    let unlocked = unlock(&options.container, &options.key)?;
    let count = unlocked.manifest().entries().len();
    unlocked.unpack(&vec![true; count], &Nowhere)?;
    let files = if count == 1 {
        "1 entry"
    } else {
        &format!("{count} entries")
    };
    eprintln!("whole and unchanged: {files}");
    Ok(())
}
