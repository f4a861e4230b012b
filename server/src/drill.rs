//! `satchel-server drill`: a command for each rehearsal.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use satchel_server::config::Seconds;
use satchel_server::{rehearsal, seizure};

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
        }
    }
}
