//! `satchel link`, and what else the owner of a document with several links does: look at each, and burn.

use satchel_client::api::DocumentReceipt;
use satchel_client::crypto::OwnerReceipt;
use satchel_client::{Address, Base, Context, OnGuessing, OneOfSeveral, Policy, Several, name_of};
use serde_json::json;

use super::burn::{others, sentence};
use super::get::server_of;
use super::{print, share};
use crate::args::{Link, Server};
use crate::ask::{self, is_dash, new_passphrase};
use crate::duration::date;
use crate::failure::Failure;
use crate::flow::{Shown, Sleep};
use crate::http::Http;
use crate::invite::{self, Remembered};
use crate::ledger::{Entry, Ledger, Unlocked};
use crate::link_names::{self, OneLink};
use crate::naming::shown;
use crate::qr::{Block, drawn};
use crate::random::random;

const EXPIRES_IN_DEFAULT: u64 = 7 * 86_400;

/// Makes more links to a document, without uploading it again.
pub(crate) fn link(options: Link) -> Result<(), Failure> {
    let from_stdin = options.receipt.as_deref().is_none_or(|text| text == "-");
    let passphrase_from_stdin = options.passphrase.passphrase_file.as_deref().is_some_and(is_dash);
    if from_stdin && passphrase_from_stdin {
        return Err(Failure::StdinTwice);
    }
    let names_from_stdin = options.names.as_deref().is_some_and(is_dash);
    if names_from_stdin && (from_stdin || passphrase_from_stdin) {
        return Err(Failure::StdinTwice);
    }
    let invite_from_stdin = options.invite_file.as_deref().is_some_and(is_dash);
    if invite_from_stdin && (from_stdin || passphrase_from_stdin || names_from_stdin) {
        return Err(Failure::StdinTwice);
    }
    let given = invite::given(false, options.invite_file.as_deref(), false)?;
    let (names, links) = link_names::wanted(options.names.as_deref(), options.links, false)?;
    let links = links.unwrap_or(1);
    let (base, owner) = owner(options.receipt, &options.server)?;
    let base = share::server(Some(base), given.as_ref())?;
    let invite = match given {
        Some(given) => Some(given.invite),
        None => Remembered::of(&base).and_then(|remembered| remembered.load(&base)),
    };
    let passphrase = new_passphrase(&options.passphrase, false)?;
    // Links without a name add nothing to it.
    let is_left_alone = options.no_ledger || names.is_empty();
    let stdin_taken = from_stdin || passphrase_from_stdin || names_from_stdin || invite_from_stdin;
    let ledger = Ledger::if_on(&options.ledger, is_left_alone, stdin_taken)?;
    let (http, shown) = (Http::to(&base)?, Shown::default());
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
    let policy = Policy {
        expires_in,
        reads: options.reads,
        on_guessing: OnGuessing::Lock,
        keep: false,
    };
    let wanted = (&policy, passphrase.as_ref(), links);
    let mut rng = random();
    let made = satchel_client::add_named_links(&context, &owner, wanted, &names, invite.as_ref(), &mut rng);
    let links = pollster::block_on(made)?;
    drop(shown);
    let several = Several { links, owner };
    let written = ledger.map_or(Ok(()), |ledger| write_down(&ledger, &base, &several, &names));
    let shape = Shape {
        json: options.json,
        qr: options.qr,
    };
    report(&base, &several, &names, options.reads, shape)?;
    written.map_err(|failure| Failure::NotWrittenDown(Box::new(failure)))
}

/// The names, beside the document's receipt; one that is not in the ledger stays out of it.
fn write_down(ledger: &Unlocked, base: &Base, several: &Several, names: &[String]) -> Result<(), Failure> {
    let receipt = base.with_fragment(&several.owner.encode());
    ledger.change(|book| {
        let its = |entry: &&mut Entry| entry.receipt.expose() == receipt.as_str();
        if let Some(entry) = book.entries.iter_mut().find(its) {
            for (one, name) in several.links.iter().zip(names) {
                entry.call(one.number, name);
            }
        }
    })
}

/// How links are shown.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) json: bool,
    pub(crate) qr: bool,
}

/// Links alone on standard output, one a line, in the order of their numbers.
pub(crate) fn report(
    base: &Base,
    several: &Several,
    names: &[String],
    reads: u32,
    shape: Shape,
) -> Result<(), Failure> {
    let mut names = names.iter();
    let named: Vec<_> = several.links.iter().map(|one| (one, names.next())).collect();
    let receipt = base.with_fragment(&several.owner.encode());
    if shape.qr {
        for (one, name) in &named {
            let link = base.with_fragment(&one.link.encode());
            eprint!(
                "{}:\n{}",
                called(one.number, name.map(String::as_str)),
                *drawn(&link, Block::Light)?
            );
        }
    }
    if shape.json {
        let link = |(one, name): &(&OneOfSeveral, Option<&String>)| {
            json!({
                "number": one.number,
                "name": name,
                "link": base.with_fragment(&one.link.encode()).as_str(),
                "id": one.link.id().encode(),
                "expires_at": one.expires_at,
            })
        };
        let links: Vec<_> = named.iter().map(link).collect();
        return print::json(&json!({ "links": links, "receipt": receipt.as_str(), "reads": reads }));
    }
    // Where nobody gets the links, the receipt still burns what they lead to.
    let printed = several
        .links
        .iter()
        .try_for_each(|one| print::line(base.with_fragment(&one.link.encode()).as_str()));
    let numbers = several.links.first().zip(several.links.last());
    let (first, last) = numbers.map_or((0, 0), |(first, last)| (first.number, last.number));
    let often = match reads {
        0 => "any number of times".to_owned(),
        1 => "once".to_owned(),
        reads => format!("{reads} times"),
    };
    // Links alone would not tell whose each is.
    for (one, name) in named.iter().filter(|(_, name)| name.is_some()) {
        eprintln!("{}", called(one.number, name.map(String::as_str)));
    }
    let until = several
        .links
        .first()
        .map_or_else(String::new, |one| format!(", until {}", date(one.expires_at)));
    eprintln!("Links {first} to {last}: one for each person. Each opens {often}{until}.");
    eprintln!("receipt: {}", receipt.as_str());
    eprintln!(
        "Keep the receipt: it shows what became of each link, burns them, and makes more. Whoever has it can read the document."
    );
    printed
}

/// A line for each link.
pub(crate) fn status(base: &Base, owner: &OwnerReceipt, as_json: bool) -> Result<(), Failure> {
    let state: DocumentReceipt = with(base, |context| {
        pollster::block_on(satchel_client::document_status(context, owner))
    })?;
    if as_json {
        return print::json(&json_of(owner, &state));
    }
    if state.links.is_empty() {
        return print::line("It has no links.");
    }
    for link in &state.links {
        let name = name_of(owner, link);
        print::line(format_args!(
            "{}: {}",
            called(link.number, name.as_deref()),
            sentence(&link.receipt)
        ))?;
        others(&link.receipt, "   ")?;
    }
    Ok(())
}

/// `3`, or `3, Maria`.
pub(super) fn called(number: u32, name: Option<&str>) -> String {
    name.map_or_else(|| number.to_string(), |name| format!("{number}, {}", shown(name)))
}

/// As the server says it, with names in the place of what is sealed.
pub(super) fn json_of(owner: &OwnerReceipt, state: &DocumentReceipt) -> serde_json::Value {
    let mut json = json!(state);
    for (at, link) in state.links.iter().enumerate() {
        if let Some(line) = json["links"][at].as_object_mut() {
            line.remove("label");
            line.insert("name".to_owned(), json!(name_of(owner, link)));
        }
    }
    json
}

/// The number of a link that somebody names. Numbers need no look.
pub(super) fn number_of(base: &Base, owner: &OwnerReceipt, link: &OneLink) -> Result<u32, Failure> {
    if let OneLink::Number(number) = link {
        return Ok(*number);
    }
    let found = with(base, |context| {
        pollster::block_on(satchel_client::document_status(context, owner))
    })?;
    link.number(owner, &found)
}

/// One link, or the document with all of them.
pub(crate) fn burn(base: &Base, owner: &OwnerReceipt, link: Option<&OneLink>) -> Result<(), Failure> {
    let number = link.map(|link| number_of(base, owner, link)).transpose()?;
    with(base, |context| match number {
        Some(number) => pollster::block_on(satchel_client::burn_link(context, owner, number)),
        None => pollster::block_on(satchel_client::burn_document(context, owner)),
    })?;
    match number {
        Some(number) => eprintln!("Link {number} is gone."),
        None => eprintln!("It is gone, with all its links."),
    }
    Ok(())
}

/// Acts over a connection to `base`.
pub(super) fn with<T>(
    base: &Base,
    act: impl FnOnce(&Context<'_, Http, Sleep, Shown>) -> Result<T, satchel_client::Error>,
) -> Result<T, Failure> {
    let (http, shown) = (Http::to(base)?, Shown::default());
    Ok(act(&Context {
        base,
        transport: &http,
        pause: &Sleep,
        watch: &shown,
    })?)
}

fn owner(argument: Option<String>, server: &Server) -> Result<(Base, OwnerReceipt), Failure> {
    let text = ask::link("a receipt", argument)?;
    match Address::parse(&text)? {
        Address::Owner { base, owner } => Ok((server_of(base, server)?, owner)),
        Address::Receipt { .. } => Err(Failure::NotAnOwner),
        Address::Link { .. } => Err(Failure::LinkForReceipt),
        Address::Invite { .. } => Err(Failure::InviteFor("a receipt")),
        Address::Panic { .. } => Err(Failure::PanicFor("a receipt")),
    }
}
