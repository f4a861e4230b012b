//! `satchel split`: recovery shares, in files that are there before the container knows of them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use satchel_client::crypto::{Container, Share, Slot, limit};
use satchel_client::share_text::words_of;
use zeroize::Zeroizing;

use super::look::id;
use crate::args::Split;
use crate::ask::is_dash;
use crate::failure::{Failure, at};
use crate::key::{Held, shares_in};
use crate::over::Over;
use crate::place::Output;
use crate::qr::{Block, drawn};
use crate::random::random;
use crate::rekeying::Changing;

/// Makes recovery shares, and adds a way to open the container with them.
///
/// The files are in place before the container takes them for shares, and gives up the old ones in the same step: whatever fails, and wherever it
/// is cut off, one set of shares opens it and is whole. So a file that is such a share is never replaced.
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
    let folder = output.unwrap_or_else(|| PathBuf::from("."));
    if is_dash(&folder) {
        return Err(Failure::SharesNeedFolder);
    }
    let mut changing = Changing::begin(&container)?;
    let over = Over::new(force).keeping([&container]).keeping(key.paths());
    let held = Held::of(&key, &[changing.container()], false)?;
    let mut rekeying = changing.unlock(&held.key())?;
    let replaced = if replace { rekeying.remove_kind(Slot::SHARE) } else { 0 };
    let shares = rekeying.add_shares(threshold, number, &mut random())?;
    rekeying.check()?;
    let (stem, id) = (stem(&container), id(changing.container()));
    let file_name = container.file_name().unwrap_or_default().to_string_lossy();
    let names: Vec<_> = shares.iter().map(|share| name(&stem, share.number())).collect();
    for name in &names {
        refuse_share(&folder.join(name), changing.container())?;
    }
    let pages = Output::files_in(&folder, &names, over)?.durable();
    for (entry, share) in shares.iter().enumerate() {
        pages.put_entry(entry, page_of(share, &file_name, &id)?.as_bytes())?;
    }
    if let Err(failure) = pages.commit() {
        eprintln!("note: those of the new shares that are in place by now open nothing; the container was not changed");
        return Err(failure);
    }
    if let Err(failure) = changing.finish(&mut rekeying) {
        // At which of its steps it failed, nobody may be able to read any more.
        eprintln!("note: keep the old shares and the new ones: either may open it now");
        return Err(failure);
    }
    if replaced > 0 {
        tell_of_useless(&folder, &stem, number);
    }
    eprintln!(
        "Any {threshold} of these {number} open {}; fewer say nothing. Give each to one person, and keep none.",
        at(&container)
    );
    for name in names {
        let path = folder.join(name);
        super::print::line(at(path.strip_prefix(".").unwrap_or(&path)))?;
    }
    Ok(())
}

/// Refuses to replace what opens this container, or might open another one.
fn refuse_share(path: &Path, container: &Container) -> Result<(), Failure> {
    // As `combine` would read it. What is there instead is for --force to replace or not.
    match shares_in(&[path.to_owned()], false).as_deref() {
        Ok([share]) if share.container_id() != container.id() || share.belongs_to(container) => Err(
            Failure::ShareInTheWay(path.strip_prefix(".").unwrap_or(path).to_owned()),
        ),
        _ => Ok(()),
    }
}

fn name(stem: &str, number: u8) -> String {
    format!("{stem}.share-{number}.txt")
}

/// Files of an older and larger split that lie beside the new ones would be taken for theirs.
fn tell_of_useless(folder: &Path, stem: &str, number: u8) {
    for older in number + 1..=u8::try_from(limit::SHARES_MAX).unwrap_or(u8::MAX) {
        let path = folder.join(name(stem, older));
        if path.exists() {
            eprintln!(
                "note: {} opens nothing any more",
                at(path.strip_prefix(".").unwrap_or(&path))
            );
        }
    }
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
fn page_of(share: &Share, container: &str, id: &str) -> Result<Zeroizing<String>, Failure> {
    let (words, code) = (words_of(share), share.encode());
    // Room for all of it: no copy of a share stays behind when it grows.
    let mut page = Zeroizing::new(String::with_capacity(16 * 1024));
    page.push_str(&format!(
        "Recovery share {} of {}\n\n",
        share.number(),
        crate::naming::shown(container)
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
        // Straight into it: nothing in between is left unwiped.
        let _ = write!(&mut *page, "{:2}.{word:<8}", number + 1);
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
