//! The page of a rehearsed move, for the volunteer who will do the real one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::leg::{Leg, Way};
use super::plan::Cap;
use super::{Estimate, MoveDrill, Real};
use crate::moving::progress::size;
use crate::printed::{date, part, words};
use crate::store::Lot;
use crate::store::shape::Kind;

const WAY: &str = "Items of noise were made up in a scratch folder, and handed over by `move` and `receive` as they are: with a move key, over an encrypted connection, the fence up, everything compared by count and by digest, and the keys on the giving side destroyed. Then the same from there to a third folder.";

const READY: &str = "the same version of satchel-server and the same configuration file; a clock that is right; a port that the old machine reaches, 7300 say; a data folder without a store. Here: that address and port; the line that `receive` prints there (the move key), carried over by a way that you trust, in a file of yours alone; whatever starts the server again switched off, for it is to stay off; the folder of backups, which goes along. At hand: who changes the name or the proxy (a day before, set the name's time to live to some minutes), and a way other than this server to tell people: while it moves they can neither read nor upload, then all their links are as they were. To go back before the end: `move --take-back`.";

const NOT_REHEARSED: &str = "The stop of the running server, which lets requests finish, some seconds. The line between the two machines, and firewalls on it. The new machine: its disk, memory, certificate, configuration and clock. The change of the name. Your items themselves: whether their keys and files are whole says `check`. A cut on the way: the real move goes on where it was, if it is started again.";

impl MoveDrill {
    /// The page.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!(
            "Moving house, rehearsed: {}\n\n",
            if self.well { "well" } else { "FAILED" }
        );
        let said = format!(
            "Satchel {}, in the hour of {}. The server {}, and nothing of it was touched: of the store only numbers and lengths were read.",
            self.version,
            date(self.hour),
            if self.server_runs { "runs" } else { "does not run" },
        );
        words(&mut text, &said);
        self.failure(&mut text);
        part(&mut text, "What was rehearsed", WAY);
        self.numbers(&mut text);
        self.ways(&mut text);
        if let Some(real) = &self.real {
            self.estimate(&mut text, real);
            let ready = format!("On the new machine: {} free; {READY}", size(real.free_bytes));
            part(&mut text, "Have ready", &ready);
        }
        part(&mut text, "Not rehearsed", NOT_REHEARSED);
        let _ = writeln!(text, "\n{} is removed.", self.scratch.display());
        text
    }

    fn failure(&self, text: &mut String) {
        let Some(failed) = &self.failed else { return };
        let said = format!("{}, and so may the real move: {}.", name(failed.way), failed.why);
        part(text, "What failed", &said);
    }

    fn numbers(&self, text: &mut String) {
        let _ = writeln!(text, "\n  {:<44} {:>28} {:>28}", "", "this store", "rehearsed");
        let mut line = |name: &str, numbers: [(u64, Option<u64>); 2]| {
            let [store, rehearsed] = numbers.map(|(count, bytes)| {
                bytes.map_or_else(|| count.to_string(), |bytes| format!("{count}, {}", size(bytes)))
            });
            let _ = writeln!(text, "  {name:<44} {store:>28} {rehearsed:>28}");
        };
        for kind in Kind::ALL {
            let of = |lots: &BTreeMap<_, Lot>| {
                let Lot { count, bytes } = lots.get(kind.lot_name()).copied().unwrap_or_default();
                (count, Some(bytes))
            };
            line(lot(kind), [of(&self.store.lots), of(&self.rehearsed.lots)]);
        }
        let [store, rehearsed] = [&self.store, &self.rehearsed];
        for (name, numbers) in [
            ("tombstones", [store.tombstones, rehearsed.tombstones]),
            ("invites", [store.invites, rehearsed.invites]),
            ("blocked ids", [store.blocked, rehearsed.blocked]),
        ] {
            line(name, numbers.map(|count| (count, None)));
        }
        let mut said = "Two more were made, to be opened.".to_owned();
        for cap in &self.caps {
            let _ = match cap {
                Cap::Items => write!(said, " Not all, for --items was {}.", self.items_max),
                Cap::Mib => write!(said, " Not all, for --mib was {}.", self.mib_max),
                Cap::Room => write!(
                    said,
                    " Not all, for the disk of the scratch folder has no room for more: half of what is free was left to others."
                ),
            };
        }
        text.push('\n');
        words(text, &said);
    }

    fn ways(&self, text: &mut String) {
        let mut said = format!("Making items up took {}.", secs(self.filled_ms));
        for Leg {
            way,
            took_ms,
            items,
            carried_bytes,
            blocks_verified,
            opened,
            gone,
        } in &self.legs
        {
            let _ = write!(
                said,
                " {} took {}: {items} items and tombstones, {} on the connection; on arrival counts and digest were the same, {blocks_verified} blocks verified under their keys; opened as their readers do, with what was put there in them: {opened}",
                name(*way),
                secs(*took_ms),
                size(*carried_bytes),
            );
            let _ = match gone {
                0 => write!(said, "."),
                gone => write!(said, "; told as gone, for they had burned before: {gone}."),
            };
        }
        part(text, "How it went", &said);
    }

    fn estimate(&self, text: &mut String, real: &Real) {
        part(
            text,
            "What the real one will take",
            "From the stop of the server here until the new one can be started:",
        );
        text.push('\n');
        for Estimate { mbit, secs } in &real.estimates {
            let _ = writeln!(
                text,
                "  {:<44} {:>28}",
                format!("on a line of {mbit} Mbit/s"),
                about(*secs)
            );
        }
        text.push('\n');
        let said = format!(
            "That is the slower way of the two, in proportion for all that this store has ({}), and the time that {} take on such a line. Both sides were this machine and the disk of the scratch folder, on loopback: a slower disk or machine there takes longer, and a line has seldom all that is said of it.",
            secs(real.local_ms),
            size(real.carried_bytes)
        );
        words(text, &said);
    }
}

const fn name(way: Way) -> &'static str {
    match way {
        Way::There => "The way there",
        Way::Back => "The way back",
    }
}

const fn lot(kind: Kind) -> &'static str {
    match kind {
        Kind::Single => "to be read once",
        Kind::Several => "for a number of reads",
        Kind::Any => "for any number of reads until they expire",
        Kind::Kept => "the same, and kept in the operator's backups",
        Kind::Document => "documents that several links lead to",
        Kind::Link => "these links",
        Kind::Upload => "unfinished uploads",
    }
}

/// Milliseconds, to a tenth of a second.
fn secs(ms: u64) -> String {
    format!("{}.{} s", ms / 1000, ms % 1000 / 100)
}

/// Rounded up, as nobody minds being early.
fn about(secs: u64) -> String {
    let minutes = secs.div_ceil(60);
    match secs {
        0..120 => format!("{secs} s"),
        120..7200 => format!("{minutes} min"),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_up() {
        for (secs, said) in [
            (1, "1 s"),
            (119, "119 s"),
            (121, "3 min"),
            (7199, "120 min"),
            (7201, "2 h 1 min"),
            (7200 + 3599, "3 h 0 min"),
        ] {
            assert_eq!(about(secs), said);
        }
    }
}
