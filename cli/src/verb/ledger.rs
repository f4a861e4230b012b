//! `satchel ledger` and `satchel list-mine`: the sender's own list of receipts.

use satchel_client::api::PasteState;
use satchel_client::{Address, Base, Error, document_status, name_of, receipt_status};
use serde_json::{Value, json};

use super::burn::{others, sentence};
use super::link::{called, json_of, with};
use super::print;
use crate::args::{LedgerAction, LedgerArgs, ListMine, NewPassphrase};
use crate::ask::new_passphrase;
use crate::duration::date;
use crate::failure::{Failure, at};
use crate::ledger::{Book, Entry, Ledger, Unlocked};
use crate::naming::shown;

/// Turns it on or off.
pub(crate) fn ledger(options: LedgerArgs) -> Result<(), Failure> {
    let ledger = Ledger::of_user()?;
    match options.action {
        LedgerAction::On => {
            if ledger.is_on() {
                return Err(Failure::LedgerIsOn(ledger.path().to_owned()));
            }
            let wish = NewPassphrase {
                ask: options.ledger.file.is_none(),
                passphrase_file: options.ledger.file,
            };
            let passphrase = new_passphrase(&wish, false)?.ok_or(Failure::NoAnswer("the ledger's passphrase"))?;
            ledger.begin(&passphrase)?;
            eprintln!(
                "`satchel share` writes down its receipts from now on, in {}",
                at(ledger.path())
            );
            eprintln!("Without the passphrase nobody reads it, you neither.");
            Ok(())
        }
        LedgerAction::Off if !options.delete => Err(Failure::LedgerOffDeletes),
        LedgerAction::Off => {
            ledger.remove()?;
            eprintln!("The ledger is gone, with every receipt in it.");
            Ok(())
        }
    }
}

/// What became of one.
enum State {
    One(satchel_client::api::Receipt),
    Several(Value, Vec<(String, satchel_client::api::Receipt)>, bool),
    NotThere,
    NoAnswer,
}

impl State {
    const fn is_gone(&self) -> bool {
        match self {
            Self::One(state) => matches!(state.state, PasteState::Burned),
            Self::Several(_, _, gone) => *gone,
            Self::NotThere => true,
            Self::NoAnswer => false,
        }
    }
}

/// Every receipt in it, with what became of each: one request for each.
pub(crate) fn list_mine(options: ListMine) -> Result<(), Failure> {
    let unlocked = Ledger::of_user()?.unlock(options.ledger.file.as_deref(), false)?;
    let (gone, mut silent) = unlocked.read(|book| look(book, &options))??;
    forget(&unlocked, &gone)?;
    match silent.pop() {
        Some(base) => Err(Failure::Silent(base)),
        None => Ok(()),
    }
}

/// Tells of each; numbers that are to be forgotten, and servers that did not answer.
fn look(book: &Book, options: &ListMine) -> Result<(Vec<u64>, Vec<Base>), Failure> {
    let is_there = |number: &&u64| book.entries.iter().any(|entry| entry.number == **number);
    if let Some(number) = options.forget.iter().find(|number| !is_there(number)) {
        return Err(Failure::NoSuchReceipt(*number));
    }
    let (mut gone, mut silent, mut lines) = (options.forget.clone(), Vec::new(), Vec::new());
    for entry in &book.entries {
        if gone.contains(&entry.number) {
            continue;
        }
        let state = ask(entry, &mut silent)?;
        if options.json {
            lines.push(line_of(entry, &state));
        } else {
            tell(entry, &state, options.receipts)?;
        }
        if options.forget_gone && state.is_gone() {
            gone.push(entry.number);
        }
    }
    if options.json {
        print::json(&json!({ "pastes": lines }))?;
    }
    Ok((gone, silent))
}

/// Only these: what others wrote down meanwhile stays.
fn forget(unlocked: &Unlocked, gone: &[u64]) -> Result<(), Failure> {
    if gone.is_empty() {
        return Ok(());
    }
    unlocked.change(|book| book.entries.retain(|entry| !gone.contains(&entry.number)))?;
    eprintln!("{} forgotten.", gone.len());
    Ok(())
}

/// A server that did not answer once is not waited for again.
fn ask(entry: &Entry, silent: &mut Vec<Base>) -> Result<State, Failure> {
    let address = Address::parse(entry.receipt.expose())?;
    let Some(base) = address.base().cloned() else {
        return Ok(State::NotThere);
    };
    if silent.contains(&base) {
        return Ok(State::NoAnswer);
    }
    let asked = match &address {
        Address::Receipt { receipt, .. } => with(&base, |context| {
            pollster::block_on(receipt_status(context, receipt)).map(State::One)
        }),
        Address::Owner { owner, .. } => with(&base, |context| {
            let state = pollster::block_on(document_status(context, owner))?;
            let line = |link: &satchel_client::api::LinkReceipt| {
                let kept = usize::try_from(link.number)
                    .ok()
                    .and_then(|number| entry.names.get(number.checked_sub(1)?));
                let name = name_of(owner, link).or_else(|| kept.filter(|name| !name.is_empty()).cloned());
                (called(link.number, name.as_deref()), link.receipt.clone())
            };
            let links = state.links.iter().map(line).collect();
            Ok(State::Several(
                json_of(owner, &state),
                links,
                state.state == PasteState::Burned,
            ))
        }),
        Address::Link { .. } | Address::Invite { .. } | Address::Panic { .. } => return Ok(State::NotThere),
    };
    match asked {
        Ok(state) => Ok(state),
        Err(Failure::Client(Error::NotFound)) => Ok(State::NotThere),
        // Whatever one server says instead, the others are asked.
        Err(Failure::Client(_) | Failure::OnionWithoutTor) => {
            silent.push(base);
            Ok(State::NoAnswer)
        }
        Err(failure) => Err(failure),
    }
}

fn tell(entry: &Entry, state: &State, with_receipt: bool) -> Result<(), Failure> {
    let start = format!("{}: {}, {}", entry.number, shown(&entry.what), date(entry.made_at));
    match state {
        State::One(state) => {
            print::line(format_args!("{start}. {}", sentence(state)))?;
            others(state, "   ")?;
        }
        State::Several(_, links, _) => {
            print::line(format_args!("{start}, {} links", links.len()))?;
            for (called, receipt) in links {
                print::line(format_args!("   {called}: {}", sentence(receipt)))?;
                others(receipt, "      ")?;
            }
        }
        State::NotThere => print::line(format_args!("{start}. No trace of it is left on the server."))?,
        State::NoAnswer => print::line(format_args!("{start}. The server does not answer."))?,
    }
    if with_receipt {
        print::line(format_args!("   {}", entry.receipt.expose()))?;
    }
    Ok(())
}

fn line_of(entry: &Entry, state: &State) -> Value {
    let (word, told) = match state {
        State::One(state) => ("known", json!(state)),
        State::Several(json, ..) => ("known", json.clone()),
        State::NotThere => ("not_there", Value::Null),
        State::NoAnswer => ("no_answer", Value::Null),
    };
    json!({
        "number": entry.number,
        "what": entry.what,
        "made_at": entry.made_at,
        "receipt": entry.receipt.expose(),
        "names": entry.names,
        "found": word,
        "status": told,
    })
}
