//! `satchel-server move` and `satchel-server receive`: docs/operations.md, "Moving house".
//!
//! Each is a process of its own: a running server can call nobody.

mod calling;
mod channel;
mod door;
mod drill;
mod error;
mod key;
mod progress;
mod receive;
mod said;
mod send;
#[cfg(test)]
mod tests;

pub use channel::Broken;
pub use drill::{LegFault, MoveDrill, MoveDrillError, MoveRehearsal, rehearse};
pub use error::{MoveCommandError, RefusedBy};
pub use receive::{ReceiveOrder, Received, receive};
pub use send::{MoveOrder, Moved, hand_over};

use std::path::PathBuf;

use crate::config::{Settings, ShredKeys};
use crate::store::MoveError;

/// The file of the keys.
fn slots(settings: &Settings) -> Result<PathBuf, MoveError> {
    match settings.shred_keys {
        ShredKeys::Memory => Err(MoveError::KeysInMemory),
        ShredKeys::Folder | ShredKeys::File(_) => Ok(settings.shred_keys.file(&settings.data)),
    }
}
