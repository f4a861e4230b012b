//! `satchel status` and `satchel burn`: what a receipt is for.

use satchel_client::api::{Burned, PasteState, Receipt as State};
use satchel_client::crypto::{OwnerReceipt, Receipt};
use satchel_client::{Address, Base, Context, receipt_status};

use super::get::server_of;
use super::{link, print};
use crate::args::{Burn, Server, Status};
use crate::ask;
use crate::duration::{date, time, times};
use crate::failure::Failure;
use crate::flow::{Shown, Sleep};
use crate::http::Http;

/// Says what became of a paste.
pub(crate) fn status(options: Status) -> Result<(), Failure> {
    let (base, receipt) = match held(options.receipt, &options.server)? {
        (base, Held::One(receipt)) => (base, receipt),
        (base, Held::Several(owner)) => return link::status(&base, &owner, options.json),
    };
    let (http, shown) = (Http::to(&base)?, Shown::default());
    let context = Context {
        base: &base,
        transport: &http,
        pause: &Sleep,
        watch: &shown,
    };
    let state = pollster::block_on(receipt_status(&context, &receipt))?;
    if options.json {
        return print::json(&serde_json::json!(state));
    }
    print::line(sentence(&state))?;
    others(&state, "")
}

/// What else there is to say of one that lives, each line after `before`.
pub(super) fn others(state: &State, before: &str) -> Result<(), Failure> {
    if state.leases_running > 0 {
        print::line(format_args!(
            "{before}It is being downloaded right now ({} at once).",
            state.leases_running
        ))?;
    }
    match (state.wrong_tries, state.retry_after) {
        (0, _) => Ok(()),
        (tries, 0) => print::line(format_args!("{before}Wrong passphrases: {tries}.")),
        (tries, wait) => print::line(format_args!(
            "{before}Wrong passphrases: {tries}. Readers wait, {} more.",
            time(wait)
        )),
    }
}

pub(super) fn sentence(state: &State) -> String {
    let until = state
        .expires_at
        .map_or_else(String::new, |at| format!(" It expires {}.", date(at)));
    let when = state
        .burned_at
        .map_or_else(String::new, |at| format!(" in the hour from {}", date(at)));
    match (state.state, state.burned, state.reads_left) {
        (PasteState::Uploading, ..) => "It is not all uploaded; nobody can open it yet.".to_owned(),
        (PasteState::Stored, _, None) if state.reads_used > 0 => {
            let often = times(state.reads_used);
            format!("It was opened {often}, and opens any number of times.{until}")
        }
        (PasteState::Stored, _, None) => format!("It opens any number of times.{until}"),
        (PasteState::Stored, _, Some(0)) => "The last read is being downloaded; then it is gone.".to_owned(),
        (PasteState::Stored, _, Some(left)) if left == state.reads && left == 1 => {
            format!("It was not opened yet, and opens once.{until}")
        }
        (PasteState::Stored, _, Some(left)) if left == state.reads => {
            format!("It was not opened yet, and opens {left} times.{until}")
        }
        (PasteState::Stored, _, Some(left)) => {
            format!(
                "It was opened {} of {} times.{until}",
                state.reads.saturating_sub(left),
                state.reads
            )
        }
        (PasteState::Burned, Some(Burned::Reads), _) => format!("It was opened{when}, and is gone."),
        (PasteState::Burned, Some(Burned::Expiry), _) => format!("It expired{when}, and is gone."),
        (PasteState::Burned, Some(Burned::Demand), _) => format!("It was burned{when}."),
        (PasteState::Burned, Some(Burned::Guessing), _) => format!("Too many wrong passphrases burned it{when}."),
        (PasteState::Burned, None, _) => format!("It is gone{when}."),
    }
}

/// Destroys a paste for good.
pub(crate) fn burn(options: Burn) -> Result<(), Failure> {
    let (base, receipt) = match held(options.receipt, &options.server)? {
        (base, Held::Several(owner)) => return link::burn(&base, &owner, options.link.as_ref()),
        (_, Held::One(_)) if options.link.is_some() => return Err(Failure::NotAnOwner),
        (base, Held::One(receipt)) => (base, receipt),
    };
    let (http, shown) = (Http::to(&base)?, Shown::default());
    let context = Context {
        base: &base,
        transport: &http,
        pause: &Sleep,
        watch: &shown,
    };
    pollster::block_on(satchel_client::burn(&context, &receipt))?;
    eprintln!("It is gone.");
    Ok(())
}

/// What a creator keeps.
pub(super) enum Held {
    One(Receipt),
    Several(OwnerReceipt),
}

/// The receipt, and whom to ask.
pub(super) fn held(argument: Option<String>, server: &Server) -> Result<(Base, Held), Failure> {
    let text = ask::link("a receipt", argument)?;
    match Address::parse(&text)? {
        Address::Receipt { base, receipt } => Ok((server_of(base, server)?, Held::One(receipt))),
        Address::Owner { base, owner } => Ok((server_of(base, server)?, Held::Several(owner))),
        Address::Link { .. } => Err(Failure::LinkForReceipt),
        Address::Invite { .. } => Err(Failure::InviteFor("a receipt")),
        Address::Panic { .. } => Err(Failure::PanicFor("a receipt")),
    }
}
