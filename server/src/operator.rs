//! The operator's commands: what they do where a server runs on the data folder, and where none does.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::Serialize;
use serde_json::Value;

use crate::backup::BackupCommandError;
use crate::config::Settings;
use crate::control::{self, Answer, Request, State};
use crate::moving::{MoveCommandError, MoveDrillError};
use crate::serve::{self, Opening, ServeError};
use crate::storage::Storage as _;
use crate::store::{self, Counts, Found, Inspection, OpenError, Purge, Purged, StoreError, Violation};

/// Totals change under the reader's eyes: they are compared so often before they are called wrong.
const TIMES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);

/// Why a command could not be carried out. Each is a sentence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OperatorError {
    /// The data folder cannot be read.
    #[error("the data folder {folder} cannot be read: {source}")]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: OpenError,
    },
    /// The store cannot be opened.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
    /// The running server refused.
    #[error("the running server says: {0}")]
    Refused(String),
    /// The running server cannot be asked.
    #[error("the running server cannot be asked: {0}")]
    Control(io::Error),
    /// Not an id.
    #[error("this is no id: an id is 22 characters of base64url")]
    Id,
    /// There is no backup, or nothing was restored.
    #[error(transparent)]
    Backup(#[from] BackupCommandError),
    /// A move did not come to its end.
    #[error(transparent)]
    Move(#[from] MoveCommandError),
    /// It could not be rehearsed.
    #[error(transparent)]
    MoveDrill(#[from] MoveDrillError),
    /// The answer cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// `satchel-server stats`.
#[derive(Serialize)]
pub struct Stats {
    version: &'static str,
    #[serde(flatten)]
    counts: Counts,
    bytes_max: u64,
    items_max: u64,
    /// What the running server says of itself; nothing where none runs.
    server: Option<State>,
}

/// Counts what there is.
///
/// # Errors
/// [`OperatorError`].
pub fn stats(settings: &Settings) -> Result<Stats, OperatorError> {
    let server = match ask(settings, &Request::State)? {
        Some(Answer::State(state)) => Some(state),
        _ => None,
    };
    Ok(Stats {
        version: env!("CARGO_PKG_VERSION"),
        counts: store::count(&settings.data).map_err(folder(settings))?,
        bytes_max: settings.storage_bytes_max,
        items_max: settings.items_max,
        server,
    })
}

impl Stats {
    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let counts = &self.counts;
        let mut text = String::new();
        let mut line = |name: &str, value: &dyn std::fmt::Display| {
            let _ = writeln!(text, "{name:<22} {value}");
        };
        line("pastes", &counts.stored);
        line("unfinished uploads", &counts.uploading);
        line("tombstones", &counts.tombstones);
        line("leases that run", &counts.leases);
        line("pastes at most", &self.items_max);
        line("bytes of containers", &counts.bytes);
        line("bytes at most", &self.bytes_max);
        line("bytes of the database", &counts.database_bytes);
        line("bytes of large ones", &counts.content_bytes);
        line("shred slots", &counts.slots);
        match &self.server {
            None => line("server", &"does not run"),
            Some(state) => {
                line("server", &if state.ok { "runs, well" } else { "runs, not well" });
                line("clock", &if state.clock_held { "a jump is held" } else { "right" });
                line("damaged items", &state.damaged);
                line(
                    "shred keys",
                    &if state.keys_in_memory { "in memory" } else { "in a file" },
                );
            }
        }
        text
    }
}

/// `satchel-server purge`.
///
/// # Errors
/// [`OperatorError`].
pub fn purge(settings: &Settings, purge: Purge) -> Result<Purged, OperatorError> {
    match ask(settings, &Request::Purge(purge))? {
        Some(Answer::Purged(purged)) => return Ok(purged),
        Some(_) => return Err(OperatorError::Refused("something else".to_owned())),
        None => {}
    }
    let store = serve::open(settings, Opening::default())?;
    let purged = actix_web::rt::System::new().block_on(store.purge(purge));
    store.close();
    Ok(purged?)
}

/// For people.
#[must_use]
pub fn purged_text(purged: Purged) -> String {
    let Purged { burned, forgotten } = purged;
    format!("{burned} pastes burned, {forgotten} tombstones removed\n")
}

/// `satchel-server clock accept`: takes the wall clock as right, and destroys what it expires.
///
/// # Errors
/// [`OperatorError`].
pub fn accept_clock(settings: &Settings) -> Result<(), OperatorError> {
    if ask(settings, &Request::AcceptClock)?.is_some() {
        return Ok(());
    }
    Ok(serve::accept_clock(settings)?)
}

/// `satchel-server check`.
///
/// # Errors
/// [`OperatorError`].
pub fn check(settings: &Settings) -> Result<Inspection, OperatorError> {
    let state = match ask(settings, &Request::State)? {
        Some(Answer::State(state)) => Some(state),
        _ => None,
    };
    // Keys that are in memory alone can only be used there.
    if state.is_some_and(|state| state.keys_in_memory) {
        return match ask(settings, &Request::Inspect)? {
            Some(Answer::Inspected(inspection)) => Ok(inspection),
            _ => Err(OperatorError::Refused("something else".to_owned())),
        };
    }
    let slots = settings.shred_keys.file(&settings.data);
    let mut inspection = store::inspect(&settings.data, &slots, state.is_some()).map_err(folder(settings))?;
    if state.is_some() && !totals_agree(settings)? {
        inspection.well = false;
        inspection.violations.push(Found {
            code: Violation::Totals,
            item: None,
        });
    }
    Ok(inspection)
}

/// Whether the server counts in memory what rests.
fn totals_agree(settings: &Settings) -> Result<bool, OperatorError> {
    for _ in 0..TIMES {
        let counts = store::count(&settings.data).map_err(folder(settings))?;
        // Stopped meanwhile: there is nothing to compare.
        let Some(Answer::State(state)) = ask(settings, &Request::State)? else {
            return Ok(true);
        };
        if (state.items, state.bytes, state.leases)
            == (
                counts.stored + counts.documents + counts.uploading,
                counts.bytes,
                counts.leases,
            )
        {
            return Ok(true);
        }
        std::thread::sleep(PAUSE);
    }
    Ok(false)
}

/// For people: a line for each thing that is wrong, and how it stands.
#[must_use]
pub fn inspection_text(inspection: &Inspection) -> String {
    let mut text = String::new();
    for found in &inspection.violations {
        let word = serde_json::to_value(found.code).unwrap_or_default();
        let word = word.as_str().unwrap_or_default();
        let _ = match found.item {
            Some(item) => writeln!(text, "wrong {word}: item {item}"),
            None => writeln!(text, "wrong {word}"),
        };
    }
    let Inspection {
        items,
        tombstones,
        leases,
        blocks_verified,
        ..
    } = inspection;
    let _ = writeln!(
        text,
        "{items} pastes, {tombstones} tombstones, {leases} leases, {blocks_verified} blocks verified under their keys: {}",
        if inspection.well {
            "all is as it should be"
        } else {
            "not all is as it should be"
        }
    );
    text
}

/// `satchel-server disclose`: everything that is kept under an id.
///
/// # Errors
/// [`OperatorError`].
pub fn disclose(settings: &Settings, id: &str) -> Result<Value, OperatorError> {
    let mut bytes = [0; satchel_api::limit::ID_LEN];
    let len = Base64UrlUnpadded::decode(id.trim(), &mut bytes)
        .map_err(|_| OperatorError::Id)?
        .len();
    if len != bytes.len() {
        return Err(OperatorError::Id);
    }
    store::disclose(&settings.data, bytes).map_err(folder(settings))
}

/// For people and courts: each field with what it means, then what there is not.
#[must_use]
pub fn disclosure_text(answer: &Value) -> String {
    let mut text = String::new();
    if answer["known"] != true {
        text.push_str("Nothing is kept under this id: there never was anything, or its tombstone is gone.\n");
    } else {
        text.push_str("All that is kept under this id:\n\n");
        fields(&mut text, &answer["paste"]);
        for lease in answer["leases"].as_array().into_iter().flatten() {
            text.push_str("\nA claim:\n");
            fields(&mut text, lease);
        }
        ciphertext(&mut text, "Ciphertext", &answer["content"]);
        if answer["payload"].is_object() {
            ciphertext(&mut text, "Ciphertext of its document", &answer["payload"]);
        }
        text.push_str("It opens with the link alone, which this server never had.\n");
    }
    if answer["blocked"] == true {
        text.push_str("The id is blocked, by its SHA-256: nobody can read or create under it.\n");
    }
    text.push_str(NOT_KEPT);
    text
}

fn ciphertext(text: &mut String, what: &str, content: &Value) {
    let blocks = content["blocks"].as_array().map_or(0, Vec::len);
    let _ = writeln!(
        text,
        "\n{what}: {blocks} parts in the database, {} bytes in a file.",
        content["file_bytes"]
    );
}

fn fields(text: &mut String, row: &Value) {
    for (name, value) in row.as_object().into_iter().flatten() {
        let _ = writeln!(
            text,
            "  {name:<12} {value}  ({})",
            meaning(name).unwrap_or("no description yet")
        );
    }
}

const NOT_KEPT: &str = "\nNot kept, at any time: who created or read it, addresses, names, types, the exact size or the text of a document, the link,
the passphrase, when it was created or read more closely than the fields above tell, and whatever would say that two pastes are one person's (several links to one document name that document).
";

/// What a column means.
#[must_use]
pub fn meaning(column: &str) -> Option<&'static str> {
    Some(match column {
        "item" => "internal number",
        "id" => "SHA-256 of the id",
        "probe" => "SHA-256 of the probe token, which proves the link",
        "receipt" => "SHA-256 of the receipt token, which proves the receipt",
        "claim" => "the claim token's hash under the shred key; nothing once it burned",
        "state" => "0 uploading, 1 stored, 2 burned",
        "slot" => "number of the shred slot",
        "generation" => "how often that slot was used",
        "document" => "internal number of the document whose payload it leads to, or its own where it is one",
        "number" => "which of that document's links",
        "shared" => "how much of the size is the document's",
        "panic" => "what a panic request finds it by: says nothing without its secret",
        "label" => "what a link's owner is told of it, sealed by the owner and under the document's shred key",
        "size" => "length of the container, padded by who made it",
        "held" => "bytes of it that have arrived",
        "reads" => "claims that may succeed; 0 is any number",
        "reads_used" => "claims that succeeded",
        "running" => "leases that run",
        "on_guessing" => "1: many wrong passphrases burn it",
        "keep" => "1: backups may hold its key",
        "tries" => "wrong claim tokens",
        "wait_until" => "until when no claim is considered, Unix seconds; 0 is no wait",
        "expires_in" => "time to expiry that was asked for, in seconds",
        "due_at" => "expiry, rounded up; of a tombstone when it goes; Unix seconds",
        "burned" => "0 by reads, 1 by expiry, 2 on demand, 3 by guessing",
        "burned_at" => "the hour in which it burned, Unix seconds",
        "lease" => "internal number",
        "token" => "SHA-256 of the lease token, which its reader chose",
        "phase" => "0 running, 1 confirmed, 2 ended",
        "ends_at" => "when it ends at the latest, Unix seconds, by five minutes; 0 once it ended",
        _ => return None,
    })
}

/// Whether a server runs on the data folder.
///
/// # Errors
/// [`OperatorError`] where one runs, and cannot be asked.
pub fn server_runs(settings: &Settings) -> Result<bool, OperatorError> {
    Ok(ask(settings, &Request::State)?.is_some())
}

fn ask(settings: &Settings, request: &Request) -> Result<Option<Answer>, OperatorError> {
    match control::ask(&settings.data, request).map_err(OperatorError::Control)? {
        Some(Answer::Failed(sentence)) => Err(OperatorError::Refused(sentence)),
        answer => Ok(answer),
    }
}

pub(crate) fn folder(settings: &Settings) -> impl FnOnce(OpenError) -> OperatorError {
    let folder = settings.data.clone();
    move |source| OperatorError::Folder { folder, source }
}
