//! `satchel decrypt` and `satchel combine`.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use satchel_client::crypto::Share;

use super::look::unlock;
use crate::args::{Combine, Decrypt};
use crate::ask::is_dash;
use crate::chosen::chosen;
use crate::container::{Piece, Taker, Unlocked};
use crate::dictation::Dictation;
use crate::failure::Failure;
use crate::key::{Held, shares_in};
use crate::opens::{Kind, Kinds};
use crate::over::Over;
use crate::place::Output;
use crate::position::write_at;
use crate::stored::Stored;
use crate::target::Target;

/// Opens a container, and puts what is in it in place once all of it is verified.
pub(crate) fn decrypt(options: Decrypt) -> Result<(), Failure> {
    let over = Over::new(options.force)
        .keeping([&options.container])
        .keeping(options.key.paths());
    let target = Target::of(options.output.as_deref(), over)?;
    let unlocked = unlock(&options.container, &options.key)?;
    take_out(unlocked, &options.only, target)
}

/// Opens a container with the shares that some of its trusted people have.
pub(crate) fn combine(options: Combine) -> Result<(), Failure> {
    let over = Over::new(options.force).keeping(&options.paths);
    let target = Target::of(options.output.as_deref(), over)?;
    let (containers, shares): (Vec<PathBuf>, Vec<PathBuf>) =
        options.paths.into_iter().partition(|path| is_container(path));
    // Standard input is taken for the container where no file is one.
    let dashes = shares.iter().filter(|path| is_dash(path)).count();
    let (containers, shares) = if containers.is_empty() && dashes == 1 {
        shares.into_iter().partition(|path| is_dash(path))
    } else {
        (containers, shares)
    };
    let [container] = &containers[..] else {
        // Where there is none, it may be the one that is mistyped.
        if containers.is_empty() {
            shares.iter().try_for_each(|path| readable(path))?;
        }
        return Err(Failure::ContainerCount(containers.len()));
    };
    let stored = Stored::open(container)?;
    let opens = Kinds::of(&stored.containers());
    if !opens.has(Kind::Shares) {
        let asked = Kind::Shares;
        return Err(Failure::OtherKey { asked, opens });
    }
    let mut shares = shares_in(&shares, false)?;
    if std::io::stdin().is_terminal() && may_be_completed(&shares, &stored) {
        ask_for_the_rest(&mut shares)?;
    }
    if shares.is_empty() {
        return Err(Failure::NoShares);
    }
    let unlocked = stored.unlock(&Held::Shares(shares).key())?;
    take_out(unlocked, &options.only, target)
}

/// Shares are texts; what is there and is no text is a container, or something that is refused as one.
fn is_container(path: &Path) -> bool {
    let mut first = [0];
    !is_dash(path)
        && File::open(path).is_ok_and(|mut file| file.read(&mut first).is_ok_and(|len| len == 1 && first[0] == 0x8b))
}

fn readable(path: &Path) -> Result<(), Failure> {
    if is_dash(path) {
        return Ok(());
    }
    let read = std::fs::metadata(path).and_then(|found| {
        // A pipe gives what is in it once.
        if found.is_file() || found.is_dir() {
            File::open(path)?.read(&mut [0]).map(drop)?;
        }
        Ok(())
    });
    read.map_err(|source| Failure::Read {
        path: path.to_owned(),
        source,
    })
}

/// Whether more shares may help: those that do not belong to the container, or not together, are an error that nobody has to type for.
fn may_be_completed(shares: &[Share], stored: &Stored) -> bool {
    let belongs = |share: &Share| {
        let mut containers = stored.containers().into_iter();
        containers.any(|container| container.id() == share.container_id()) && share.threshold() == shares[0].threshold()
    };
    shares.iter().all(belongs)
}

/// The same one twice counts once.
fn different(shares: &[Share]) -> usize {
    shares.iter().map(Share::number).collect::<BTreeSet<_>>().len()
}

fn are_enough(shares: &[Share]) -> bool {
    let threshold = shares.first().map(Share::threshold);
    threshold.is_some_and(|threshold| different(shares) >= usize::from(threshold))
}

/// From paper, one after another, until there are enough.
fn ask_for_the_rest(shares: &mut Vec<Share>) -> Result<(), Failure> {
    if are_enough(shares) {
        return Ok(());
    }
    let dictation = Dictation::begin();
    while !are_enough(shares) {
        if let Some(share) = shares.first() {
            eprintln!(
                "{} of the {} shares that it takes are here.",
                different(shares),
                share.threshold()
            );
        }
        match dictation.share(different(shares) + 1)? {
            None => return Ok(()),
            Some(share) if shares.iter().any(|other| other.number() == share.number()) => {
                eprintln!("That was share {} again.", share.number());
            }
            Some(share) => shares.push(share),
        }
    }
    Ok(())
}

fn take_out(mut unlocked: Unlocked, only: &[String], target: Target) -> Result<(), Failure> {
    let chosen = chosen(unlocked.entries(), only);
    // What is named and can be read is not lost with what cannot.
    match unlocked.is_readable() {
        Err(why) if only.is_empty() || chosen.is_err() => return Err(why),
        Err(why) => eprintln!(
            "note: what was named is whole, and something else is not: {}",
            why.sentence()
        ),
        Ok(()) => {}
    }
    let wanted = chosen?;
    let entries = unlocked.entries();
    let output = target.for_document(entries, &wanted)?;
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
    fn take(&self, piece: &Piece<'_>) -> Result<(), Failure> {
        match self {
            Self::Files(_) if piece.bytes.is_empty() => Ok(()),
            Self::Files(files) => {
                let file = files.open(piece.entry)?;
                write_at(&file, piece.bytes, piece.offset).map_err(|source| files.failed(piece.entry, source))
            }
            // The worker that stopped the stream says why.
            Self::Stream(stream) => stream.write_in_turn(piece.turn, piece.bytes).unwrap_or(Ok(())),
        }
    }

    fn stop(&self) {
        if let Self::Stream(stream) = self {
            stream.stop();
        }
    }
}
