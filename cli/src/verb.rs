//! What each word of the command line does. One file for each few.

mod about;
mod burn;
mod change;
mod get;
mod keygen;
mod ledger;
mod link;
mod look;
mod open;
mod panic;
mod print;
mod rekey;
mod seal;
mod share;
mod split;
mod split_by;
mod verify_server;

pub(crate) use about::{completions, licences, man};
pub(crate) use burn::{burn, status};
pub(crate) use change::change;
pub(crate) use get::get;
pub(crate) use keygen::keygen;
pub(crate) use ledger::{ledger, list_mine};
pub(crate) use link::link;
pub(crate) use look::{check, inspect, list};
pub(crate) use open::{combine, decrypt};
pub(crate) use panic::panic;
pub(crate) use rekey::rekey;
pub(crate) use seal::encrypt;
pub(crate) use share::share;
pub(crate) use split::split;
pub(crate) use verify_server::verify_server;
