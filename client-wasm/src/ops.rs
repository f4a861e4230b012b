//! The operations beside sharing, as flows of satchel-client over what the browser has.

use js_sys::{Array, JsString, Object};
use satchel_api::{PasteState, Receipt as State};
use satchel_client::words::{Misspelled, Words};
use satchel_client::{Address, AddressError, Base, Error, Found, LeaseKeeper, Reader, Receiving};
use satchel_crypto::{
    Allowed, Asked, Invite, Key, Link, Locks, Manifest, Passphrase, PasteId, ProbeToken, Profile, Receipt, Slot,
};
use wasm_bindgen::prelude::*;

use crate::argon2id::passphrase_of;
use crate::desk::{Desk, Handover, Leases, SealedOut};
use crate::document::Document;
use crate::engine::PageEngine;
use crate::failure::{Failure, burned_word};
use crate::files::StoredFile;
use crate::panic::misspelled_words;
use crate::random::Random;
use crate::several::Holder;
use crate::sharing::{Online, policy_in};
use crate::value::{Fields, field, number, text, whole};

impl Online {
    pub(crate) async fn receipt_status(&self, args: &JsValue) -> Result<Object, Failure> {
        let state = satchel_client::receipt_status(&self.context(), &self.receipt_in(args)?).await?;
        Ok(paste_state(&state).done())
    }

    pub(crate) async fn reset_wait(&self, args: &JsValue) -> Result<(), Failure> {
        Ok(satchel_client::reset_wait(&self.context(), &self.receipt_in(args)?).await?)
    }

    pub(crate) async fn probe(&self, args: &JsValue) -> Result<Object, Failure> {
        let link = self.link_in(args)?;
        let mine = Leases(&self.desk)
            .load(&link.id())
            .await
            .map_err(|error| self.desk.failure(error))?
            .is_some();
        Ok(state_of(satchel_client::probe(&self.context(), &link).await?, mine))
    }

    pub(crate) async fn probe_kept(&self, args: &JsValue) -> Result<Object, Failure> {
        let id = PasteId::parse(&text(args, "id").unwrap_or_default())?;
        let token = ProbeToken::parse(&text(args, "probe").unwrap_or_default())?;
        Ok(state_of(
            satchel_client::probe_with(&self.context(), &id, &token).await?,
            true,
        ))
    }

    pub(crate) async fn open(&self, args: &JsValue) -> Result<(), Failure> {
        let link = self.link_in(args)?;
        let passphrase = passphrase_in(args)?;
        let engine = PageEngine::here();
        let mut handover = Handover {
            desk: &self.desk,
            engine: engine.name(),
            fetch: Some(&self.fetch),
            wanted: false,
        };
        let receiving = Receiving {
            link: &link,
            passphrase: passphrase.as_ref(),
        };
        let mut leases = Leases(&self.desk);
        satchel_client::receive(
            &self.context(),
            &receiving,
            &mut handover,
            &mut leases,
            &engine,
            &mut Random,
        )
        .await
        .map(drop)
        .map_err(|error| self.desk.failure(error))
    }

    /// What a text leads to, if it is this server's. A page that itself came over plain http may read its own links.
    pub(crate) fn address(&self, text: &str) -> Result<Address, AddressError> {
        match Address::parse_for(&self.base, text) {
            Err(AddressError::InsecureOrigin(base)) if base.origin() == self.base.origin() => {
                Address::parse(text.rsplit('#').next().unwrap_or_default())
            }
            parsed => parsed,
        }
    }

    fn link_in(&self, args: &JsValue) -> Result<Link, Failure> {
        match self.address(&text(args, "link").unwrap_or_default())? {
            Address::Link { link, .. } => Ok(link),
            Address::Receipt { .. } | Address::Owner { .. } | Address::Invite { .. } | Address::Panic { .. } => {
                Err(Failure::new("wrong_kind"))
            }
        }
    }

    pub(crate) fn invite_in(&self, args: &JsValue) -> Result<Option<Invite>, Failure> {
        let Some(text) = text(args, "invite") else {
            return Ok(None);
        };
        match self.address(&text)? {
            Address::Invite { invite, .. } => Ok(Some(invite)),
            Address::Link { .. } | Address::Owner { .. } | Address::Receipt { .. } | Address::Panic { .. } => {
                Err(Failure::new("wrong_kind"))
            }
        }
    }

    fn receipt_in(&self, args: &JsValue) -> Result<Receipt, Failure> {
        match self.holder_in(args)? {
            Holder::Paste(receipt) => Ok(receipt),
            Holder::Document(_) => Err(Failure::new("wrong_kind")),
        }
    }

    pub(crate) fn holder_in(&self, args: &JsValue) -> Result<Holder, Failure> {
        match self.address(&text(args, "receipt").unwrap_or_default())? {
            Address::Receipt { receipt, .. } => Ok(Holder::Paste(receipt)),
            Address::Owner { owner, .. } => Ok(Holder::Document(owner)),
            Address::Link { .. } | Address::Invite { .. } | Address::Panic { .. } => Err(Failure::new("wrong_kind")),
        }
    }

    fn understood(&self, kind: &str, receipt: &str) -> Object {
        let receipt = self.base.with_fragment(receipt);
        Fields::new()
            .with("kind", kind)
            .with("receipt", receipt.as_str())
            .done()
    }

    pub(crate) fn understand(&self, args: &JsValue) -> Object {
        let given = text(args, "text").unwrap_or_default();
        let (reason, origin) = match self.address(&given) {
            Ok(Address::Link { link, .. }) => {
                return Fields::new()
                    .with("kind", "link")
                    .with("link", self.base.with_fragment(&link.encode()).as_str())
                    .with("needsPassphrase", link.needs_passphrase())
                    .done();
            }
            Ok(Address::Receipt { receipt, .. }) => return self.understood("receipt", &receipt.encode()),
            Ok(Address::Owner { owner, .. }) => return self.understood("owner", &owner.encode()),
            Ok(Address::Panic { panic, .. }) => return self.understood_panic(&panic),
            Ok(Address::Invite { invite, .. }) => {
                let invite = self.base.with_fragment(&invite.encode());
                return Fields::new()
                    .with("kind", "invite")
                    .with("invite", invite.as_str())
                    .done();
            }
            Err(AddressError::Empty) => ("empty", None),
            Err(AddressError::ForeignOrigin(base)) => ("foreign_origin", Some(base)),
            Err(AddressError::InsecureOrigin(base)) => ("insecure_origin", Some(base)),
            // What is a link is no words; what is none may be.
            Err(error) => match (satchel_client::panic_of_words(&given), error) {
                (Ok(panic), _) => return self.understood_panic(&panic),
                (Err(Misspelled::NotWords), AddressError::Fragment(verdict)) => (verdict.word(), None),
                (Err(Misspelled::NotWords), _) => ("no_link", None),
                (Err(misspelled), _) => return misspelled_words(misspelled),
            },
        };
        let origin = origin.as_ref().map(Base::origin);
        Fields::new()
            .with("kind", "bad")
            .with("reason", reason)
            .with_some("origin", origin)
            .done()
    }
}

/// Where a paste stands, in the words of web/src/vault.ts.
pub(crate) fn paste_state(state: &State) -> Fields {
    Fields::new()
        .with("state", state_word(state.state))
        .with_or_null("burned", state.burned.map(burned_word))
        .with_or_null("burnedAt", state.burned_at.map(number))
        .with_or_null("size", state.size.map(number))
        .with("reads", state.reads)
        .with_or_null("readsLeft", state.reads_left)
        .with("leasesRunning", state.leases_running)
        .with("wrongTries", state.wrong_tries)
        .with("retryAfter", number(state.retry_after))
        .with_or_null("expiresAt", state.expires_at.map(number))
}

pub(crate) const fn state_word(state: PasteState) -> &'static str {
    match state {
        PasteState::Uploading => "uploading",
        PasteState::Stored => "stored",
        PasteState::Burned => "burned",
    }
}

fn state_of(found: Found, mine: bool) -> Object {
    match found {
        Found::There(probed) => Fields::new()
            .with("state", if probed.retry_after > 0 { "wait" } else { "ready" })
            .with("size", number(probed.size))
            .with("reads", probed.reads)
            .with_or_null("readsLeft", probed.reads_left)
            .with("expiresAt", number(probed.expires_at))
            .with("triesLeft", probed.tries_left)
            .with("burnsOnGuessing", probed.burns_on_guessing)
            .with("retryAfter", number(probed.retry_after))
            .with("mine", mine),
        Found::Gone { burned, burned_at } => Fields::new()
            .with("state", "gone")
            .with("burned", burned.map_or("reads", burned_word))
            .with("burnedAt", number(burned_at.unwrap_or(0)))
            .with("mine", mine),
        Found::NotThere => Fields::new().with("state", "not_there"),
    }
    .done()
}

/// Normalised by the browser: its tables of NFC would be a third of this WebAssembly.
pub(crate) fn passphrase_in(args: &JsValue) -> Result<Option<Passphrase>, Failure> {
    let Ok(typed) = field(args, "passphrase").dyn_into::<JsString>() else {
        return Ok(None);
    };
    Ok(Some(passphrase_of(&String::from(typed.normalize("NFC")))?))
}

pub(crate) fn generate_passphrase() -> Object {
    let words = Words::generate(&mut Random);
    let list: Array = words.as_str().split('-').map(JsValue::from_str).collect();
    Fields::new()
        .with("passphrase", words.as_str())
        .with("words", list)
        .with("bits", number(words.bits() as u64))
        .done()
}

/// How long the container would be that sharing `{ document, policy }` makes.
pub(crate) fn measure(args: &JsValue) -> Result<JsValue, Failure> {
    let (entries, _) = Document::of(&field(args, "document"))?;
    let policy = policy_in(&field(args, "policy"))?;
    let asked = Asked {
        reads: Some(policy.reads),
        expires_in: Some(policy.expires_in),
    };
    let manifest = Manifest::new(entries, asked).map_err(|_| Failure::new("unusable_document"))?;
    let len = satchel_client::shared_len(&manifest, &mut Random)?;
    Ok(number(len.unwrap_or(0)).into())
}

pub(crate) async fn seal_file(args: &JsValue, desk: &Desk) -> Result<Object, Failure> {
    let (entries, mut document) = Document::of(&field(args, "document"))?;
    let manifest = Manifest::new(entries, Asked::default()).map_err(|_| Failure::new("unusable_document"))?;
    let passphrase = passphrase_in(args)?.ok_or_else(|| Failure::new("empty_passphrase"))?;
    let locks = Locks::Passphrases {
        passphrases: &[&passphrase],
        profile: Profile::Phone,
    };
    let engine = PageEngine::here();
    let (mut out, mut rng) = (SealedOut(desk), Random);
    let sealed = satchel_client::seal(&manifest, &locks, &mut document, &mut out, &engine, desk, &mut rng);
    let size = sealed.await.map_err(|error| desk.failure(error))?;
    desk.flush().await.map_err(|error| desk.failure(error))?;
    Ok(Fields::new()
        .with("size", number(size))
        .with("engine", engine.name())
        .done())
}

pub(crate) async fn inspect_file(args: &JsValue) -> Result<Object, Failure> {
    let mut file = StoredFile::of(field(args, "file"))?;
    let container = satchel_client::inspect(&mut file).await?;
    let has = |kind: fn(&Slot) -> bool| container.slots().any(kind);
    let opens_with = Fields::new()
        .with("passphrase", has(|slot| matches!(slot, Slot::Passphrase { .. })))
        .with("link", has(|slot| matches!(slot, Slot::Link { .. })));
    Ok(Fields::new()
        .with("opensWith", opens_with)
        .with("size", number(satchel_client::Stored::len(&file)))
        .with("paddedSize", number(container.padded_len().unwrap_or(0)))
        .done())
}

/// With `{ passphrase }`, or `{ link, passphrase? }`. A link of any server will do: nothing is sent.
pub(crate) async fn open_file(args: &JsValue, desk: &Desk) -> Result<(), Failure> {
    let file = StoredFile::of(field(args, "file"))?;
    let allowed = Allowed {
        largest: Profile::from_number(whole(args, "largestProfile").unwrap_or(3))?,
    };
    let key = field(args, "key");
    let passphrase = passphrase_in(&key)?;
    let engine = PageEngine::here();
    let mut handover = Handover {
        desk,
        engine: engine.name(),
        fetch: None,
        wanted: false,
    };
    let unlocked = match text(&key, "link").map(|link| Address::parse(&link)).transpose()? {
        Some(Address::Link { link, .. }) => Some(link.unlock(passphrase.as_ref())?),
        Some(Address::Receipt { .. } | Address::Owner { .. } | Address::Invite { .. } | Address::Panic { .. }) => {
            return Err(Failure::new("wrong_kind"));
        }
        None => None,
    };
    let key = match (&unlocked, &passphrase) {
        (Some(unlocked), _) => Key::Link(unlocked),
        (None, Some(passphrase)) => Key::Passphrase(passphrase),
        (None, None) => return Err(Failure::new("empty_passphrase")),
    };
    let opened = async {
        Reader::open(file, &key, allowed, desk)
            .await?
            .unpack_elsewhere(&engine, &mut handover, desk)
            .await
    };
    opened.await.map_err(|error: Error| desk.failure(error))
}
