//! `satchel share`.

use satchel_client::crypto::Asked;
use satchel_client::{Base, Context, OnGuessing, Policy, Shared, Sharing};
use serde_json::json;

use super::print;
use super::seal::takes_stdin;
use crate::args::Share;
use crate::ask::{is_dash, new_passphrase, text_file};
use crate::document::Document;
use crate::duration::date;
use crate::engine::Threads;
use crate::failure::Failure;
use crate::flow::{Aside, Reading, Shown, Sleep, told};
use crate::http::Http;
use crate::qr::{Block, drawn};
use crate::random::random;

const EXPIRES_IN_DEFAULT: u64 = 7 * 86_400;

/// Seals a document, uploads it, and prints the link.
pub(crate) fn share(options: Share) -> Result<(), Failure> {
    let server = options.server.named().ok_or(Failure::NoServer)?;
    let base = Base::parse(server)?;
    let document = Document::gather(&options.paths, None)?;
    let stdin_taken = takes_stdin(&options.paths);
    let invite_from_stdin = options.invite_file.as_deref().is_some_and(is_dash);
    let passphrase = new_passphrase(&options.passphrase, stdin_taken || invite_from_stdin)?;
    let invite = options
        .invite_file
        .as_deref()
        .map(|path| text_file(path, stdin_taken))
        .transpose()?;

    let http = Http::to(&base)?;
    let shown = Shown::default();
    let context = Context {
        base: &base,
        transport: &http,
        pause: &Sleep,
        watch: &shown,
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
        entries: document.manifest(Asked::default())?.entries().to_vec(),
        policy: Policy {
            expires_in,
            reads: options.reads.unwrap_or(1),
            on_guessing,
        },
        passphrase: passphrase.as_ref(),
        invite: invite.as_ref().map(|invite| invite.trim()),
    };
    let mut reading = Reading {
        contents: document.open(),
        failed: None,
    };
    let mut aside = Aside::new();
    let (engine, mut rng) = (Threads::start(), random());
    let sharing = satchel_client::share(&context, sharing, &mut reading, &mut aside, &engine, &mut rng);
    let shared = pollster::block_on(sharing).map_err(|error| told(error, reading.failed.or(aside.failed)))?;
    drop(shown);
    report(&base, &shared, &options)
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
    eprintln!("receipt: {}", receipt.as_str());
    eprintln!("Keep the receipt: it shows what became of this, and burns it.");
    printed
}
