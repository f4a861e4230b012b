//! `satchel rekey`: other ways to open a container, the document in it untouched.

use satchel_client::crypto::{Profile, Rekeying, Slot};

use crate::args::{Changes, NewPassphrase, Rekey, To};
use crate::ask::{new_passphrase, passphrase, takes_stdin};
use crate::failure::Failure;
use crate::key::{Held, recipients};
use crate::random::random;
use crate::rekeying::Changing;

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
    if changes.remove_recipient.is_some() {
        return Err(Failure::NotOne);
    }
    takes_stdin(key.paths().chain(changes.paths()))?;
    let mut changing = Changing::begin(&container)?;
    let was_unsettled = changing.container().is_unsettled();
    let held = Held::of(&key, &[changing.container()], false)?;
    let mut rekeying = changing.unlock(&held.key())?;
    let had = rekeying.profile();
    let were = of_recipients(&rekeying);
    remove(&mut rekeying, &changes, &held)?;
    let some_left = (1..were).contains(&of_recipients(&rekeying));
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
        // Twice there, it would still open once somebody took it away.
        if rekeying.has_passphrase(&passphrase)? {
            return Err(Failure::OpensAlready);
        }
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
    let only = |kind| rekeying.slots().iter().all(|slot| slot.kind() == kind);
    // Those that are left may all be dummies.
    if some_left && recipients.is_empty() && only(Slot::RECIPIENT) {
        return Err(Failure::NobodyKnownToBeLeft);
    }
    let is_share = |slot: &Slot| slot.kind() == Slot::SHARE;
    let only_shares = only(Slot::SHARE);
    let perhaps_only_shares =
        some_left && recipients.is_empty() && rekeying.profile().is_none() && rekeying.slots().iter().any(is_share);
    changing.finish(&mut rekeying)?;
    if changes.settle && was_unsettled {
        eprintln!("note: whether the change was finished or undone does not show: do it again, and it is done");
    }
    if only_shares {
        eprintln!("note: from now on only the recovery shares open it");
    } else if perhaps_only_shares {
        eprintln!(
            "note: nobody can tell from the file whether any recipient is left: perhaps only the recovery shares open it now"
        );
    }
    Ok(())
}

fn of_recipients(rekeying: &Rekeying) -> usize {
    let is_recipient = |slot: &&Slot| slot.kind() == Slot::RECIPIENT;
    rekeying.slots().iter().filter(is_recipient).count()
}

fn remove(rekeying: &mut Rekeying, changes: &Changes, held: &Held) -> Result<(), Failure> {
    if changes.remove_this {
        rekeying.remove_opened_by(&held.key())?;
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
