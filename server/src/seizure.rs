//! `satchel-server drill seizure`: what somebody has who takes the disk, as one page for a lawyer. It says nothing that
//! docs/threat-model.md does not, and nothing less plainly.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Serialize;

use crate::backup::BackupCommandError;
use crate::config::Settings;
use crate::doctor::{self, Finding};
use crate::lifecycle::hour_of;
use crate::operator::{self, OperatorError};
use crate::printed::{date, part};
use crate::store::{self, Clock as _, Holdings, Inventory, Lot, SystemClock};

/// What lies there, and what that means on this machine.
#[derive(Serialize)]
pub struct Seizure {
    version: &'static str,
    /// Unix seconds.
    hour: u64,
    server_runs: bool,
    #[serde(flatten)]
    inventory: Inventory,
    /// Whether what burned is gone from this disk, as far as the doctor can see.
    burned_means_gone: bool,
    /// What the doctor found that bears on it.
    doubts: Vec<&'static str>,
    tls_key: Option<PathBuf>,
    backups: Vec<Holdings>,
}

/// Takes stock of the store, and of the folders of backups that are named.
///
/// # Errors
/// [`OperatorError`].
pub fn seizure(settings: &Settings, backups: &[PathBuf]) -> Result<Seizure, OperatorError> {
    let now = SystemClock.now();
    let slots = settings.shred_keys.file(&settings.data);
    let inventory = store::inventory(&settings.data, &slots, now).map_err(operator::folder(settings))?;
    let backups = backups.iter().map(|folder| store::holdings(folder));
    let backups = backups.collect::<Result<_, _>>().map_err(BackupCommandError::Backup)?;
    let findings = doctor::judge(&doctor::look_at_machine(settings));
    let told = |finding: &&Finding| {
        finding.breaks_burning() || matches!(finding, Finding::KeysFlash | Finding::KernelDumps | Finding::SwapLocked)
    };
    Ok(Seizure {
        version: env!("CARGO_PKG_VERSION"),
        hour: hour_of(now),
        server_runs: operator::server_runs(settings)?,
        inventory,
        burned_means_gone: !findings.iter().any(|finding| finding.breaks_burning()),
        doubts: findings.iter().filter(told).map(|finding| finding.meaning()).collect(),
        tls_key: settings.tls.as_ref().map(|tls| tls.key.clone()),
        backups,
    })
}

impl Seizure {
    /// The page.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!(
            "What somebody has who takes this server's disk\n\nSatchel {}. Counted in the hour of {}; the server {}.\n\nWhat lies there. Satchel's clients encrypt it before it comes here, and the server once more:\n\n",
            self.version,
            date(self.hour),
            if self.server_runs { "runs" } else { "does not run" },
        );
        self.lots(&mut text);
        self.rows(&mut text);
        part(&mut text, "What is not there, and never was", NOT_THERE);
        self.closed(&mut text);
        self.opens(&mut text);
        self.elsewhere(&mut text);
        text
    }

    fn lots(&self, text: &mut String) {
        let found = &self.inventory;
        let mut line = |name: &str, count: u64, bytes: Option<u64>| {
            let bytes = bytes.map_or_else(String::new, |bytes| format!("{bytes:>15} bytes"));
            let _ = writeln!(text, "{}", format!("  {name:<56} {count:>9}{bytes}").trim_end());
        };
        let lots: [(&str, Lot); 8] = [
            ("to be read once, and not yet confirmed", found.single_read),
            ("for a number of reads", found.several_reads),
            ("for any number of reads until they expire", found.any_reads),
            ("the same, and kept in the operator's backups", found.kept),
            ("documents that several links lead to", found.documents),
            ("these links", found.links),
            ("unfinished uploads", found.uploads),
            ("large ones among all of these, as files", found.content),
        ];
        for (name, Lot { count, bytes }) in lots {
            line(name, count, Some(bytes));
        }
        line(
            "tombstones: that something burned, how, the hour",
            found.tombstones.count,
            None,
        );
        line("claims: the hash of a random number each", found.claims, None);
        line("invites: a hash and counters each", found.invites, None);
        line("blocked ids: a hash each", found.blocked, None);
    }

    fn rows(&self, text: &mut String) {
        let found = &self.inventory;
        let when = if found.living() == 0 {
            String::new()
        } else {
            format!(
                " The first expires in the hour of {}, the last of {}.",
                date(hour_of(found.expire_from)),
                date(hour_of(found.expire_until))
            )
        };
        let said = format!(
            "With each: hashes (SHA-256) of its random id and tokens; its length, which its sender's device rounded up; reads allowed and used; wrong passphrases; the time to expiry that was asked for, and when it expires, by the hour (by five minutes where it is under six hours). Several links to one document name that document. Numbers in order of arrival. A claim whose download runs ({} now) has the time at which it ends at the latest, by five minutes, and so tells by five minutes when it began; a wait after more than ten wrong passphrases has its second. {} links have a name, sealed by who gave it. {} have a mark for a panic request, no two alike, which says nothing without its secret.{when}",
            found.running, found.labels, found.marks
        );
        part(text, "What each of them says", &said);
    }

    fn closed(&self, text: &mut String) {
        let found = &self.inventory;
        let burned = if self.burned_means_gone {
            "What burned cannot be opened, with its link neither: its key was overwritten on this disk before the burn was acknowledged, and nothing that can be seen from here stands against that."
        } else {
            "What burned may be readable on this machine by who has its link, for the overwriting of its key does not hold here (see below)."
        };
        let said = format!(
            "Nothing opens with the disk alone: what opens a document is in its link (and in the owner's receipt, where it has several), and neither was ever here. {burned} Of the {} tombstones, {} say reads, {} expiry, {} on demand, {} guessing; not who. {} spare keys have sealed nothing. {} bytes of the database are pages that hold nothing; its log, {} bytes, holds rows as they were until it is written over, an invite's counter beside the upload that it paid for among them. Hashes of what went may stay in freed blocks of the disk, and open nothing.",
            found.tombstones.count,
            found.tombstones.by_reads,
            found.tombstones.by_expiry,
            found.tombstones.on_demand,
            found.tombstones.by_guessing,
            found.spare_keys,
            found.database_free_bytes,
            found.log_bytes,
        );
        part(text, "What cannot be opened, with the whole disk", &said);
    }

    fn opens(&self, text: &mut String) {
        let found = &self.inventory;
        let mut said = if found.keys_in_memory {
            "Nothing, once the power is off: the keys of what lives are in the server's memory alone. Memory that is frozen and read within minutes still has them.".to_owned()
        } else {
            format!(
                "The {} that live and have their key here, each by its own link (a document with several also by its owner's receipt), as often as somebody likes, whatever number of reads it was for; nobody is told. Where there is a passphrase too, it can be guessed without any count of tries, at the price of Argon2id for each guess; the disk does not say where there is one.",
                found.keyed
            )
        };
        if found.overdue > 0 && !found.keys_in_memory {
            let _ = write!(
                said,
                " {} of them are past their time: their keys are destroyed when the server next runs and looks.",
                found.overdue
            );
        }
        for Holdings {
            folder,
            made,
            kept,
            bytes,
            tombstones,
            invites,
            blocked,
        } in &self.backups
        {
            let _ = write!(
                said,
                " The backup in {}, of the hour of {}, holds {kept} that were kept ({bytes} bytes), with their keys: each opens by its link until it expires, also where it burned here since. It also holds hashes of {tombstones} that are gone, {invites} invites and {blocked} blocked ids.",
                folder.display(),
                date(*made)
            );
        }
        part(text, "What opens for somebody who also has a link", &said);
    }

    fn elsewhere(&self, text: &mut String) {
        let found = &self.inventory;
        let mut said = "The server writes no log file; on standard error it says that it starts, stops, reloads and fails, never a request, and the system's journal adds times to that. The times of the database's files say when something last changed.".to_owned();
        if let Some(key) = &self.tls_key {
            let _ = write!(
                said,
                " {} is the key of its certificate: who has it can pass for this server until the certificate is revoked or ends, and cannot open what was recorded before.",
                key.display()
            );
        }
        if self.server_runs {
            said.push_str(" If it is taken while it runs, its memory also has the addresses of who is connected; for ten minutes, under a hash whose key is there too, the networks of who uploaded; and the heads of the last requests, with ids, tokens and forwarded addresses.");
        }
        if !found.others.is_empty() {
            let _ = write!(
                said,
                " In the data folder, and not of the server's making or left from a restore: {}.",
                found.others.join(", ")
            );
        }
        if self.backups.is_empty() {
            said.push_str(" No folder of backups was named (--backup).");
        }
        said.push_str(" Not looked at: a proxy's or Tor's keys and logs, the journal, swap, snapshots, backups elsewhere, and the devices of people. Whoever runs the server from now on can change its page and note addresses: make nothing there any more.");
        for doubt in &self.doubts {
            let _ = write!(said, " On this machine, {doubt}.");
        }
        part(text, "What else there is, and what was not looked at", &said);
    }
}

const NOT_THERE: &str = "Links, and so the keys of documents; passphrases; names, types, exact sizes and text of documents; who made or read one, accounts, cookies, addresses; when one was made or read, more closely than is said above; anything that says that two belong to one person, but for several links to one document.";
