//! `satchel share`.

use satchel_client::crypto::{Asked, Entry};
use satchel_client::{Base, Context, Error, OnGuessing, Policy, Several, Shared, Sharing};
use serde_json::json;

use super::link::{self, Shape};
use super::panic;
use super::print;
use super::seal::takes_stdin;
use crate::args::Share;
use crate::ask::{is_dash, new_passphrase};
use crate::document::Document;
use crate::duration::date;
use crate::engine::Threads;
use crate::failure::{Failure, at};
use crate::flow::{Aside, Reading, Sleep, told};
use crate::http::Http;
use crate::invite::{self, Given, Remembered};
use crate::ledger::Ledger;
use crate::link_names;
use crate::qr::{Block, drawn};
use crate::random::random;
use crate::recording::Recording;

const EXPIRES_IN_DEFAULT: u64 = 7 * 86_400;

/// Seals a document, uploads it, and prints the link.
pub(crate) fn share(options: Share) -> Result<(), Failure> {
    let named = options.server.named().map(Base::parse).transpose()?;
    if named.is_none() && !options.invite && options.invite_file.is_none() {
        return Err(Failure::NoServer);
    }
    let document = Document::gather(&options.paths, None)?;
    let stdin_taken = takes_stdin(&options.paths);
    let passphrase_from_stdin = options.passphrase.passphrase_file.as_deref().is_some_and(is_dash);
    let names_from_stdin = options.names.as_deref().is_some_and(is_dash);
    let panic_from_stdin = options.panic_file.as_deref().is_some_and(is_dash);
    let invite_from_stdin = options.invite_file.as_deref().is_some_and(is_dash);
    let from_stdin = [
        passphrase_from_stdin,
        invite_from_stdin,
        names_from_stdin,
        panic_from_stdin,
    ];
    if from_stdin.into_iter().filter(|from| *from).count() > 1 {
        return Err(Failure::StdinTwice);
    }
    let (names, links) = link_names::wanted(options.names.as_deref(), options.links, stdin_taken)?;
    let given = invite::given(
        options.invite,
        options.invite_file.as_deref(),
        stdin_taken || passphrase_from_stdin,
    )?;
    let base = server(named, given.as_ref())?;
    let panic = options
        .panic_file
        .as_deref()
        .map(|path| panic::of_file(path, stdin_taken));
    let panic = match panic.transpose()? {
        Some((Some(of), _)) if of != base => return Err(Failure::PanicOfAnotherServer(of)),
        panic => panic.map(|(_, panic)| panic),
    };
    let passphrase = new_passphrase(&options.passphrase, stdin_taken || invite_from_stdin)?;
    let ledger = Ledger::if_on(&options.ledger, options.no_ledger, stdin_taken)?;
    let kept = match &ledger {
        // Before anything is uploaded, so that nobody shares what is then not written down.
        Some(unlocked) => unlocked.read(panic::of_book)??,
        None => None,
    };
    let panic = panic.or_else(|| {
        kept.filter(|(of, _)| of.as_ref() == Some(&base))
            .map(|(_, panic)| panic)
    });
    let remembered = Remembered::of(&base);
    let is_given = given.is_some();
    let invite = match (given, &remembered) {
        (Some(given), _) => Some(given.invite),
        (None, Some(remembered)) => remembered.load(&base),
        (None, None) => None,
    };

    let http = Http::to(&base)?;
    let entries = document.manifest(Asked::default())?.entries().to_vec();
    let recording = Recording::new(&base, ledger.as_ref(), described(&entries), &names);
    let context = Context {
        base: &base,
        transport: &http,
        pause: &Sleep,
        watch: &recording,
    };
    let expires_in = match options.expires {
        Some(expires) => expires.0,
        None => pollster::block_on(satchel_client::config(&context))?
            .expires_in_secs_max
            .min(EXPIRES_IN_DEFAULT),
    };
    let on_guessing = if options.burn_on_guessing {
        OnGuessing::Burn
    } else {
        OnGuessing::Lock
    };
    let sharing = Sharing {
        entries,
        policy: Policy {
            expires_in,
            reads: options.reads.unwrap_or(u32::from(!options.keep)),
            on_guessing,
            keep: options.keep,
        },
        passphrase: passphrase.as_ref(),
        invite: invite.as_ref(),
        panic: panic.as_ref(),
        names: &names,
    };
    let mut reading = Reading {
        contents: document.open(),
        failed: None,
    };
    let mut aside = Aside::new();
    let (engine, mut rng) = (Threads::start(), random());
    let shared = match links {
        None => pollster::block_on(satchel_client::share(
            &context,
            sharing,
            &mut reading,
            &mut aside,
            &engine,
            &mut rng,
        ))
        .map(Made::One),
        Some(count) => pollster::block_on(satchel_client::share_several(
            &context,
            sharing,
            count,
            &mut reading,
            &mut aside,
            &engine,
            &mut rng,
        ))
        .map(Made::Several),
    };
    if let Err(error) = &shared
        && !matches!(error, Error::Unreachable)
    {
        recording.forget();
    }
    let shared = match (shared, &remembered) {
        (Err(error @ Error::InviteRefused { left: None }), Some(remembered)) if !is_given => {
            remembered.forget();
            return Err(error.into());
        }
        (shared, _) => shared.map_err(|error| told(error, reading.failed.or(aside.failed)))?,
    };
    let not_written = recording.failed();
    match &shared {
        Made::One(shared) => report(&base, shared, &options)?,
        Made::Several(several) => {
            let shape = Shape {
                json: options.json,
                qr: options.qr,
            };
            link::report(&base, several, &names, options.reads.unwrap_or(1), shape)?;
        }
    }
    match (invite, remembered) {
        (Some(invite), Some(remembered)) if options.invite => {
            remembered.save(&base, &invite)?;
            eprintln!("The invite is remembered for {base}, in {}", at(remembered.path()));
        }
        _ => {}
    }
    match not_written {
        Some(failure) => Err(Failure::NotWrittenDown(Box::new(failure))),
        None => Ok(()),
    }
}

/// What is shared, by its first names.
fn described(entries: &[Entry]) -> String {
    let mut names: Vec<&str> = entries
        .iter()
        .filter_map(|entry| entry.name.as_deref())
        .take(4)
        .collect();
    if names.is_empty() {
        return "a text".to_owned();
    }
    if entries.len() > 3 {
        names.truncate(3);
        names.push("...");
    }
    let all = names.join(", ");
    all.chars().take(200).collect()
}

/// What sharing gave.
enum Made {
    One(Shared),
    Several(Several),
}

/// The server that was named, or the invite's. An invite goes to no other server than its own.
pub(super) fn server(named: Option<Base>, given: Option<&Given>) -> Result<Base, Failure> {
    match (named, given.and_then(|given| given.base.clone())) {
        (Some(named), Some(of_invite)) if named != of_invite => Err(Failure::InviteOfAnotherServer(of_invite)),
        (Some(base), _) | (None, Some(base)) => Ok(base),
        (None, None) => Err(Failure::NoServer),
    }
}

fn report(base: &Base, shared: &Shared, options: &Share) -> Result<(), Failure> {
    let Shared {
        link,
        receipt,
        expires_at,
        reads,
    } = shared;
    let id = link.id().encode();
    let link = base.with_fragment(&link.encode());
    let receipt = base.with_fragment(&receipt.encode());
    if options.qr {
        eprint!("{}", *drawn(&link, Block::Light)?);
    }
    if options.json {
        return print::json(&json!({
            "link": link.as_str(),
            "receipt": receipt.as_str(),
            "id": id,
            "expires_at": expires_at,
            "reads": reads,
        }));
    }
    // Where nobody gets the link, the receipt still burns what it leads to.
    let printed = print::line(link.as_str());
    let often = match reads {
        0 => "any number of times".to_owned(),
        1 => "once".to_owned(),
        reads => format!("{reads} times"),
    };
    let until = expires_at.map_or_else(String::new, |at| format!(", until {}", date(at)));
    eprintln!("It opens {often}{until}.");
    if options.keep {
        eprintln!("Until then it stays readable in the operator's backups, with the link, even when you burn it.");
    }
    eprintln!("receipt: {}", receipt.as_str());
    eprintln!("Keep the receipt: it shows what became of this, and burns it.");
    printed
}
