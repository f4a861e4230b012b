//! `satchel get`.

use satchel_client::api::limit::FREE_TRIES;
use satchel_client::api::{Burned, Probed};
use satchel_client::crypto::{Link, Passphrase};
use satchel_client::{Address, Base, Context, Error, Found, LeaseKeeper as _, Received, Receiving, probe, receive};

use crate::args::{Get, Server};
use crate::ask;
use crate::engine::Threads;
use crate::failure::Failure;
use crate::flow::{Placing, Shown, Sleep, told};
use crate::http::Http;
use crate::lease::Leases;
use crate::over::Over;
use crate::random::random;
use crate::target::Target;

/// Opens a link into files or standard output. Everything that can be refused is refused before the read is used up.
pub(crate) fn get(options: Get) -> Result<(), Failure> {
    let over = Over::new(options.force).keeping(&options.passphrase_file);
    let target = Target::of(options.output.as_deref(), over)?;
    let stdin_is_link = options.link.as_deref().is_none_or(|link| link == "-");
    let text = ask::link("a link", options.link)?;
    let (base, link) = match Address::parse(&text)? {
        Address::Link { base, link } => (server_of(base, &options.server)?, link),
        Address::Receipt { .. } => return Err(Failure::ReceiptForLink),
        Address::Owner { .. } => return Err(Failure::OwnerFor("a link")),
        Address::Invite { .. } => return Err(Failure::InviteFor("a link")),
        Address::Panic { .. } => return Err(Failure::PanicFor("a link")),
    };
    let mut leases = Leases::of_user()?;
    let http = Http::to(&base)?;
    let shown = Shown::default();
    let context = Context {
        base: &base,
        transport: &http,
        pause: &Sleep,
        watch: &shown,
    };
    let passphrase = if link.needs_passphrase() {
        // Nobody is to type a passphrase for what is gone.
        let found = pollster::block_on(probe(&context, &link))?;
        let kept = pollster::block_on(leases.load(&link.id()));
        let kept = kept.map_err(|error| told(error, leases.failed.take()))?.is_some();
        match found {
            Found::There(found) => warn(&found),
            // Expiry stops claims, not a lease that runs.
            Found::Gone {
                burned: Some(Burned::Expiry),
                ..
            } if kept => {}
            gone => {
                let forgotten = pollster::block_on(leases.forget(&link.id()));
                forgotten.map_err(|error| told(error, leases.failed.take()))?;
                return Err(match gone {
                    Found::Gone { burned, burned_at } => Error::Burned { burned, burned_at },
                    _ => Error::NotFound,
                }
                .into());
            }
        }
        Some(ask::passphrase(options.passphrase_file.as_deref(), stdin_is_link)?)
    } else {
        None
    };
    let received = run(&context, &link, passphrase.as_ref(), target, &mut leases);
    let received = received.map_err(|failure| what_it_cost(&context, &link, failure))?;
    drop(shown);
    report(received);
    Ok(())
}

/// How many tries there are, the last one included, where that is worth a word. `tries_left` are those that cost nothing.
fn warn(found: &Probed) {
    match (found.burns_on_guessing, found.tries_left) {
        (true, 0) => eprintln!("This is the last try: a wrong passphrase burns it."),
        (true, free) => eprintln!("{} tries left. Then it burns.", u64::from(free) + 1),
        (false, 0) if found.retry_after == 0 => eprintln!("The next wrong passphrase makes you wait."),
        (false, free) if (1..FREE_TRIES).contains(&free) => {
            eprintln!("{} tries left before you have to wait.", u64::from(free) + 1);
        }
        (false, _) => {}
    }
}

/// Whether the wrong passphrase was the one that burned it. Asked, for the answer to it is the same as to the one before.
fn what_it_cost(context: &Context<'_, Http, Sleep, Shown>, link: &Link, failure: Failure) -> Failure {
    let Failure::Client(Error::WrongPassphrase { tries_left: Some(0) }) = failure else {
        return failure;
    };
    match pollster::block_on(probe(context, link)) {
        Ok(Found::Gone { burned, burned_at }) => Error::Burned { burned, burned_at }.into(),
        _ => failure,
    }
}

fn run(
    context: &Context<'_, Http, Sleep, Shown>,
    link: &Link,
    passphrase: Option<&Passphrase>,
    target: Target,
    leases: &mut Leases,
) -> Result<Received, Failure> {
    let mut placing = Placing::new(target);
    let receiving = Receiving { link, passphrase };
    let received = pollster::block_on(receive(
        context,
        &receiving,
        &mut placing,
        leases,
        &Threads::start(),
        &mut random(),
    ));
    received.map_err(|error| {
        let failure = told(error, placing.failed.take().or(leases.failed.take()));
        match pollster::block_on(leases.load(&link.id())) {
            Ok(Some(_)) => Failure::LeaseKept(Box::new(failure)),
            _ => failure,
        }
    })
}

fn report(received: Received) {
    match received.reads_left {
        Some(0) if received.confirmed => eprintln!("That was the last read: it is gone now."),
        Some(0) => eprintln!("That was the last read: it will be gone within minutes."),
        Some(1) => eprintln!("It opens once more."),
        Some(left) => eprintln!("It opens {left} times more."),
        None => {}
    }
}

/// The server of a link or receipt, or the one that was named for a fragment that stands alone.
pub(super) fn server_of(base: Option<Base>, server: &Server) -> Result<Base, Failure> {
    match (base, server.named()) {
        (Some(base), _) => Ok(base),
        (None, Some(server)) => Ok(Base::parse(server)?),
        (None, None) => Err(Failure::LinkWithoutServer),
    }
}
