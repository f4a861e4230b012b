//! `satchel rekey` and `satchel split`: other ways to open a container, the document in it untouched.

use std::path::{Path, PathBuf};

use satchel_client::crypto::{Profile, Rekeying, Share, Slot};
use satchel_client::share_text::words_of;
use zeroize::Zeroizing;

use super::look::id;
use crate::args::{Changes, NewPassphrase, Rekey, Split, To};
use crate::ask::{is_dash, new_passphrase, passphrase, takes_stdin};
use crate::failure::Failure;
use crate::key::{Held, recipients};
use crate::place::Output;
use crate::qr::{Block, drawn};
use crate::random::random;
use crate::rekeying::Changing;
use crate::target::Target;

/// Adds and removes ways to open a container.
pub(crate) fn rekey(options: Rekey) -> Result<(), Failure> {
    let Rekey {
        container,
        key,
        changes,
        profile,
    } = options;
    if changes.is_empty() {
        return Err(Failure::NothingToChange);
    }
    takes_stdin(key.paths().chain(changes.paths()))?;
    let changing = Changing::begin(&container)?;
    let held = Held::of(&key, &[changing.container()], false)?;
    let mut rekeying = changing.unlock(&held.key())?;
    let had = rekeying.profile();
    remove(&mut rekeying, &changes)?;
    let profile = match (rekeying.profile(), profile) {
        (Some(there), Some(asked)) if there.number() != asked => return Err(Failure::OtherProfile(there.number())),
        (Some(there), _) => there,
        (None, Some(asked)) => Profile::from_number(u64::from(asked))?,
        (None, None) => had.unwrap_or(Profile::Desk),
    };
    let wish = NewPassphrase {
        ask: changes.add_passphrase,
        passphrase_file: changes.add_passphrase_file,
    };
    if let Some(passphrase) = new_passphrase(&wish, false)? {
        rekeying.add_passphrase(&passphrase, profile, &mut random())?;
    }
    let to = To {
        recipients: changes.add_recipients,
        files: changes.add_recipients_files,
    };
    let recipients = recipients(&to, false)?;
    if !recipients.is_empty() {
        rekeying.add_recipients(&recipients, &mut random());
    }
    changing.finish(rekeying)
}

fn remove(rekeying: &mut Rekeying, changes: &Changes) -> Result<(), Failure> {
    if changes.remove_this {
        rekeying.remove_opened();
    }
    if let Some(path) = &changes.remove_passphrase_file {
        let unwanted = passphrase(Some(path), false)?;
        if rekeying.remove_passphrase(&unwanted)? == 0 {
            return Err(Failure::NoSuchPassphrase);
        }
    }
    let kinds = [
        (changes.remove_passphrases, Slot::PASSPHRASE, "passphrase"),
        (changes.remove_recipients, Slot::RECIPIENT, "recipient"),
        (changes.remove_shares, Slot::SHARE, "recovery share"),
    ];
    for (_, kind, name) in kinds.into_iter().filter(|(wanted, ..)| *wanted) {
        if rekeying.remove_kind(kind) == 0 {
            return Err(Failure::NothingToRemove(name));
        }
    }
    Ok(())
}

/// Makes recovery shares, and adds a way to open the container with them.
pub(crate) fn split(options: Split) -> Result<(), Failure> {
    let Split {
        container,
        threshold,
        number,
        output,
        key,
        replace,
        force,
    } = options;
    if threshold > number {
        return Err(Failure::ShareCount { threshold, number });
    }
    let changing = Changing::begin(&container)?;
    let held = Held::of(&key, &[changing.container()], false)?;
    let mut rekeying = changing.unlock(&held.key())?;
    if replace {
        rekeying.remove_kind(Slot::SHARE);
    }
    let shares = rekeying.add_shares(threshold, number, &mut random())?;
    let (folder, stem) = (output.unwrap_or_else(|| PathBuf::from(".")), stem(&container));
    let id = id(changing.container());
    // Written and safe before the container knows of them, in place only when it does: a share that opens nothing is never handed out.
    let mut pages = Vec::new();
    for share in &shares {
        let name = format!("{stem}.share-{}.txt", share.number());
        // With a slash at its end: a folder, made if it is missing.
        let page = Target::of(Some(&folder.join("")), force)?.for_text(&name)?.durable();
        let path = folder.join(name);
        page.put_whole(page_of(share, &stem, &id)?.as_bytes())?;
        pages.push((path, page));
    }
    changing.finish(rekeying)?;
    for (path, page) in pages {
        Output::commit(page)?;
        println_path(&path)?;
    }
    eprintln!(
        "Any {threshold} of these {number} open {}; fewer say nothing. Give each to one person, and keep none.",
        crate::failure::at(&container)
    );
    Ok(())
}

fn println_path(path: &Path) -> Result<(), Failure> {
    super::print::line(crate::failure::at(path.strip_prefix(".").unwrap_or(path)))
}

fn stem(container: &Path) -> String {
    let name = container.file_stem().unwrap_or_default().to_string_lossy();
    if is_dash(container) || name.is_empty() {
        "container".to_owned()
    } else {
        name.into_owned()
    }
}

/// What is printed and put into an envelope.
fn page_of(share: &Share, stem: &str, id: &str) -> Result<Zeroizing<String>, Failure> {
    let (words, code) = (words_of(share), share.encode());
    // Room for all of it: no copy of a share stays behind when it grows.
    let mut page = Zeroizing::new(String::with_capacity(16 * 1024));
    page.push_str(&format!(
        "Recovery share {} of {}.satchel\n\n",
        share.number(),
        crate::naming::shown(stem)
    ));
    page.push_str(&format!("Container  {id}\n"));
    page.push_str(&format!(
        "Needed     {} different shares, and the container's file\n\n",
        share.threshold()
    ));
    page.push_str("Keep this where nobody else sees it. By itself it opens nothing.\nWhen it is needed: satchel combine CONTAINER SHARE...\n\nWords\n\n");
    for (number, word) in words.split(' ').enumerate() {
        page.push_str(match number % 5 {
            0 => "    ",
            _ => " ",
        });
        page.push_str(&format!("{:2}.{word:<8}", number + 1));
        if number % 5 == 4 {
            page.push('\n');
        }
    }
    page.push_str("\nCode\n\n    ");
    page.push_str(&code);
    page.push('\n');
    page.push_str(&drawn(&code, Block::Dark)?);
    Ok(page)
}
