//! `satchel list`, `inspect` and `check`: looking without taking out.

use std::path::Path;

use satchel_client::crypto::{Container, Entry, Slot};
use serde_json::json;

use super::print;
use crate::args::{Check, Inspect, Key, Look};
use crate::ask::is_dash;
use crate::container::{Piece, Taker, Unlocked};
use crate::duration::date;
use crate::failure::Failure;
use crate::key::Held;
use crate::naming::{listed, shown};
use crate::stored::{Member, Stored};

/// Opens headers and manifests with what the options name, or with a passphrase that is asked for.
pub(super) fn unlock(container: &Path, key: &Key) -> Result<Unlocked, Failure> {
    let stored = Stored::open(container)?;
    let held = Held::of(key, &stored.containers(), is_dash(container))?;
    stored.unlock(&held.key())
}

/// Names, types and sizes.
pub(crate) fn list(options: Look) -> Result<(), Failure> {
    let mut unlocked = unlock(&options.container, &options.key)?;
    let entries = unlocked.entries();
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
        print::json(&json!({ "entries": entries }))?;
        return unlocked.is_readable();
    }
    let sizes: Vec<_> = (0..entries.len())
        .map(|entry| unlocked.size(entry).to_string())
        .collect();
    let width = sizes.iter().map(String::len).max().unwrap_or(0);
    for (entry, size) in entries.iter().zip(&sizes) {
        let name = listed(entry);
        let modified = entry.modified.map_or_else(|| "-".to_owned(), date);
        print::line(format_args!(
            "{size:>width$}  {modified:20}  {:24}  {name}",
            shown(&entry.media_type)
        ))?;
    }
    unlocked.is_readable()
}

/// What can be told without a key.
pub(crate) fn inspect(options: Inspect) -> Result<(), Failure> {
    let stored = Stored::open(&options.container)?;
    if options.json {
        let members: Vec<_> = stored.members().iter().map(member_json).collect();
        return print::json(&if stored.is_set() {
            json!({ "version": 1, "bytes": stored.len(), "set": members })
        } else {
            let mut about = members.into_iter().next().unwrap_or_default();
            about["version"] = json!(1);
            about
        });
    }
    if stored.is_set() {
        print::line(format_args!(
            "Satchel set, version 1: {} containers, {} bytes",
            stored.members().len(),
            stored.len()
        ))?;
    } else {
        print::line("Satchel container, version 1")?;
    }
    for member in stored.members() {
        print::line(format_args!("id:      {}", id(&member.container)))?;
        print::line(format_args!(
            "length:  {} bytes; document with its padding: {}",
            member.len(),
            member.container.padded_len().unwrap_or(0)
        ))?;
        if member.container.is_unsettled() {
            print::line("keys:    a change of them was cut off")?;
        }
        print_slots(&member.container)?;
    }
    Ok(())
}

pub(super) fn id(container: &Container) -> String {
    container.id().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn print_slots(container: &Container) -> Result<(), Failure> {
    let recipients = container
        .slots()
        .filter(|slot| matches!(slot, Slot::Recipient { .. }))
        .count();
    if recipients > 0 {
        // Where some were removed, others may be dummies.
        let many = if recipients == 1 {
            String::new()
        } else {
            format!(" (there are up to {recipients})")
        };
        print::line(format_args!("opens:   with the key of a recipient{many}"))?;
    }
    for slot in container.slots() {
        let how = match slot {
            Slot::Recipient { .. } => continue,
            Slot::Passphrase { profile, .. } => {
                format!("with a passphrase (Argon2id, {} MiB)", profile.memory_kib() / 1024)
            }
            Slot::Link { .. } => "with a link".to_owned(),
            Slot::Share { .. } => "with recovery shares".to_owned(),
            other => format!("with something that this version does not know (type {})", other.kind()),
        };
        print::line(format_args!("opens:   {how}"))?;
    }
    Ok(())
}

fn member_json(member: &Member) -> serde_json::Value {
    let container = &member.container;
    let slots: Vec<_> = container.slots().map(slot_json).collect();
    json!({
        "id": id(container),
        "bytes": member.len(),
        "padded_bytes": container.padded_len(),
        "slots": slots,
        "unsettled": container.is_unsettled(),
    })
}

fn slot_json(slot: &Slot) -> serde_json::Value {
    match slot {
        Slot::Passphrase { profile, .. } => json!({ "type": "passphrase", "profile": profile.number() }),
        Slot::Link { .. } => json!({ "type": "link" }),
        Slot::Recipient { .. } => json!({ "type": "recipient" }),
        Slot::Share { .. } => json!({ "type": "share" }),
        other => json!({ "type": other.kind() }),
    }
}

struct Nowhere;

impl Taker for Nowhere {
    fn take(&self, _piece: &Piece<'_>) -> Result<(), Failure> {
        Ok(())
    }
}

/// Verifies all of it.
pub(crate) fn check(options: Check) -> Result<(), Failure> {
    let mut unlocked = unlock(&options.container, &options.key)?;
    unlocked.is_readable()?;
    let count = unlocked.entries().len();
    unlocked.unpack(&vec![true; count], &Nowhere)?;
    let files = if count == 1 {
        "1 entry"
    } else {
        &format!("{count} entries")
    };
    match unlocked.others() {
        0 => eprintln!("whole and unchanged: {files}"),
        others => eprintln!("whole and unchanged: {files}; of {others} more only others can tell"),
    }
    Ok(())
}
