//! `satchel panic`: a secret that burns everything that was made under it.

use std::path::Path;

use satchel_client::crypto::PanicSecret;
use satchel_client::words::Misspelled;
use satchel_client::{Address, Base, PANIC_WORDS, panic_of_words, panic_words};
use serde_json::json;

use super::get::server_of;
use super::link::with;
use super::print;
use crate::args::{Panic, PanicAction, Server};
use crate::ask::{self, text_file};
use crate::failure::Failure;
use crate::ledger::{Book, Kept, Ledger};
use crate::qr::{Block, drawn};
use crate::random::random;

/// Makes one, or burns by one.
pub(crate) fn panic(options: Panic) -> Result<(), Failure> {
    match options.action {
        PanicAction::New | PanicAction::Show if options.link.is_some() => Err(Failure::PanicNewTakesNone),
        PanicAction::New => {
            let base = named(&options.server)?;
            let panic = PanicSecret::generate(&mut random());
            if options.keep {
                let unlocked = Ledger::of_user()?.unlock(options.ledger.file.as_deref(), false)?;
                let link = base.with_fragment(&panic.encode());
                unlocked.change(|book| {
                    // What was made under it would be burned by nothing that is kept.
                    if book.panic.is_some() && !options.force {
                        return Err(Failure::PanicIsKept);
                    }
                    book.panic = Some(Kept::new(&link));
                    Ok(())
                })??;
            }
            show(&base, &panic, &options)
        }
        PanicAction::Show => {
            let unlocked = Ledger::of_user()?.unlock(options.ledger.file.as_deref(), false)?;
            match unlocked.read(of_book)?? {
                Some((Some(base), panic)) => show(&base, &panic, &options),
                _ => Err(Failure::NoPanicKept),
            }
        }
        PanicAction::Burn => {
            let text = ask::link("a panic link", options.link)?;
            let (base, panic) = read(&text)?;
            let base = server_of(base, &options.server)?;
            burn(&base, &panic, options.json)
        }
    }
}

fn named(server: &Server) -> Result<Base, Failure> {
    server.named().map(Base::parse).transpose()?.ok_or(Failure::NoServer)
}

/// The link alone on standard output, the words beside it.
fn show(base: &Base, panic: &PanicSecret, options: &Panic) -> Result<(), Failure> {
    let (link, words) = (base.with_fragment(&panic.encode()), panic_words(panic));
    if options.qr {
        eprint!("{}", *drawn(&link, Block::Light)?);
    }
    if options.json {
        return print::json(&json!({ "link": link.as_str(), "words": words.as_str(), "server": base.as_str() }));
    }
    let printed = print::line(link.as_str());
    let all: Vec<_> = words.split(' ').collect();
    for (row, five) in all.chunks(5).enumerate() {
        let five: Vec<_> = five
            .iter()
            .enumerate()
            .map(|(at, word)| format!("{:2}. {word:<9}", 5 * row + at + 1))
            .collect();
        eprintln!("{}", five.concat().trim_end());
    }
    eprintln!("server: {base}");
    eprintln!(
        "The link, or the words and the server, burn everything that is shared with --panic-file, from any device. They open nothing."
    );
    eprintln!("Write the words down; they are shown this once.");
    printed
}

fn burn(base: &Base, panic: &PanicSecret, as_json: bool) -> Result<(), Failure> {
    let burned = with(base, |context| {
        pollster::block_on(satchel_client::panic(context, panic))
    })?;
    if as_json {
        return print::json(&json!({ "burned": burned, "server": base.as_str() }));
    }
    match burned {
        0 => eprintln!("Nothing was left on {base} that was made under it."),
        1 => eprintln!("1 thing that was made under it on {base} is gone."),
        burned => eprintln!("{burned} things that were made under it on {base} are gone."),
    }
    Ok(())
}

/// A panic link as people hand it on, or the words of one, which name no server.
fn read(text: &str) -> Result<(Option<Base>, PanicSecret), Failure> {
    match Address::parse(text) {
        Ok(Address::Panic { base, panic }) => Ok((base, panic)),
        Ok(Address::Link { .. } | Address::Owner { .. } | Address::Receipt { .. } | Address::Invite { .. }) => {
            Err(Failure::NotPanic)
        }
        // What is a link is no words; what is none may be.
        Err(error) => match panic_of_words(text) {
            Ok(panic) => Ok((None, panic)),
            Err(Misspelled::NotWords) => Err(error.into()),
            Err(_) => Err(Failure::PanicWords(PANIC_WORDS)),
        },
    }
}

/// The secret in a ledger, and its server.
pub(super) fn of_book(book: &Book) -> Result<Option<(Option<Base>, PanicSecret)>, Failure> {
    book.panic.as_ref().map(|kept| read(kept.expose())).transpose()
}

/// The secret in a file, for what is about to be shared on `base`.
pub(super) fn of_file(path: &Path, stdin_taken: bool) -> Result<(Option<Base>, PanicSecret), Failure> {
    read(&text_file(path, stdin_taken)?)
}
