//! `satchel-server drill`: a command for each rehearsal.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use satchel_server::config::Seconds;
use satchel_server::moving::{self, MoveRehearsal};
use satchel_server::{operator, rehearsal, seizure};

use crate::{Asked, Told};

#[derive(Subcommand)]
pub(crate) enum DrillVerb {
    /// Prints what somebody has who takes the disk, as a page for a lawyer: what lies there, what is not there, what opens and what does not
    Seizure {
        /// A folder of backups that would be taken along; may be given several times
        #[arg(long, value_name = "DIR")]
        backup: Vec<PathBuf>,
        #[command(flatten)]
        asked: Asked,
    },
    /// Restores a backup into a scratch folder, verifies every item, and destroys it again; exit code 1 when something is wrong. Starts nothing
    ///
    /// Meanwhile the scratch folder holds what a restored server would: ciphertext, and the keys of what was kept. Only this user can enter it; keys are
    /// overwritten and the folder is removed at the end, or by the next drill where this one was killed.
    Restore {
        /// A folder that `backup` wrote; `-` reads a stream from standard input
        #[arg(value_name = "BACKUP")]
        from: String,
        /// Where the scratch folder is made, on an encrypted disk best; not in the data folder or the backup [default: the system's temporary folder]
        #[arg(long, value_name = "DIR")]
        scratch: Option<PathBuf>,
        /// An older backup is wrong, too
        #[arg(long, value_name = "TIME")]
        max_age: Option<Seconds>,
        #[command(flatten)]
        asked: Asked,
    },
    /// Rehearses moving house: hands made-up items over to a scratch server on this machine and back, as many and as large as this store has, and says what
    /// the real move will take; exit code 1 when a way failed. The server may be running, and its keys are not opened
    ///
    /// Meanwhile the scratch folder holds noise, and keys of noise. It is removed at the end, on Ctrl-C, or by the next drill where this one was killed.
    Move {
        /// Where the scratch folder is made; not in the data folder [default: the system's temporary folder]
        #[arg(long, value_name = "DIR")]
        scratch: Option<PathBuf>,
        /// Items and tombstones at most
        #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
        items: u64,
        /// MiB of contents at most
        #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u64).range(1..))]
        mib: u64,
        /// How many Mbit/s the line between the two machines has, for the estimate [default: several]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
        mbit: Option<u64>,
        #[command(flatten)]
        asked: Asked,
    },
}

impl DrillVerb {
    pub(crate) fn run(self) -> ExitCode {
        match self {
            Self::Seizure { backup, asked } => asked.answer(|settings| {
                let found = seizure::seizure(settings, &backup)?;
                Ok(Told::new(&found, found.text(), true))
            }),
            Self::Restore {
                from,
                scratch,
                max_age,
                asked,
            } => asked.answer(|settings| {
                let what = rehearsal::Asked {
                    from: &from,
                    place: scratch.as_deref(),
                    age_secs_max: max_age.map(|Seconds(secs)| secs),
                };
                let drill = rehearsal::drill(settings, &what)?;
                Ok(Told::new(&drill, drill.text(), drill.well))
            }),
            Self::Move {
                scratch,
                items,
                mib,
                mbit,
                asked,
            } => asked.answer(|settings| {
                let what = MoveRehearsal {
                    place: scratch.as_deref(),
                    items_max: items,
                    mib_max: mib,
                    mbit,
                    server_runs: operator::server_runs(settings)?,
                };
                let drill = moving::rehearse(settings, &what)?;
                Ok(Told::new(&drill, drill.text(), drill.well))
            }),
        }
    }
}
