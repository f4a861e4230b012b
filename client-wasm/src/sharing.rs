//! What every page does: ask a server what it allows, and share with it. The WebAssembly that it loads first does nothing else.

use js_sys::Object;
use satchel_client::{Base, Context, NoSpool, OnGuessing, Policy, Sharing};
use satchel_crypto::{Asked, Invite, Manifest, PanicSecret, Passphrase};
use wasm_bindgen::prelude::*;

use crate::desk::Desk;
use crate::document::Document;
use crate::engine::PageEngine;
use crate::failure::Failure;
use crate::fetch::Fetch;
use crate::random::Random;
use crate::value::{Fields, field, number, small, text, whole};

/// What an operation with a server stands on.
pub(crate) struct Online {
    pub(crate) base: Base,
    pub(crate) fetch: Fetch,
    pub(crate) desk: Desk,
}

impl Online {
    pub(crate) fn new(base: &str, desk: Desk) -> Result<Self, Failure> {
        // A page over plain http still talks to the server that it came from: it warns, and there is no other.
        Ok(Self {
            base: Base::of_page(base)?,
            fetch: Fetch::default(),
            desk,
        })
    }

    pub(crate) const fn context(&self) -> Context<'_, Fetch, Desk, Desk> {
        Context {
            base: &self.base,
            transport: &self.fetch,
            pause: &self.desk,
            watch: &self.desk,
        }
    }

    pub(crate) async fn server_config(&self) -> Result<Object, Failure> {
        let config = satchel_client::config(&self.context()).await?;
        Ok(Fields::new()
            .with("version", config.version)
            .with("sizeBytesMax", number(config.size_bytes_max))
            .with("expiresInSecsMin", number(config.expires_in_secs_min))
            .with("expiresInSecsMax", number(config.expires_in_secs_max))
            .with("expiresInSecsDefault", number(config.expires_in_secs_default))
            .with("readsMax", config.reads_max)
            .with("inviteRequired", config.invite_required)
            .done())
    }

    pub(crate) async fn share(&self, args: &JsValue) -> Result<Object, Failure> {
        let (entries, mut document) = Document::of(&field(args, "document"))?;
        let beside = self.beside(args)?;
        let policy = policy_in(&field(args, "policy"))?;
        // The flow would call a name that the format cannot hold a malformed manifest.
        Manifest::new(entries.clone(), Asked::default()).map_err(|_| Failure::new("unusable_document"))?;
        let sharing = Sharing {
            entries,
            policy,
            passphrase: beside.passphrase.as_ref(),
            invite: beside.invite.as_ref(),
            panic: beside.panic.as_ref(),
            names: &[],
        };
        #[cfg(feature = "everything")]
        if let Some(count) = small(args, "links") {
            return self.share_several(sharing, count, document).await;
        }
        let engine = PageEngine::here();
        let shared = satchel_client::share(
            &self.context(),
            sharing,
            &mut document,
            &mut NoSpool,
            &engine,
            &mut Random,
        )
        .await
        .map_err(|error| self.desk.failure(error))?;
        Ok(Fields::new()
            .with("link", self.base.with_fragment(&shared.link.encode()).as_str())
            .with("receipt", self.base.with_fragment(&shared.receipt.encode()).as_str())
            .with_or_null("expiresAt", shared.expires_at.map(number))
            .with("reads", shared.reads)
            .with("engine", engine.name())
            .done())
    }

    /// What sharing takes along.
    #[cfg(feature = "everything")]
    fn beside(&self, args: &JsValue) -> Result<Beside, Failure> {
        Ok(Beside {
            passphrase: crate::ops::passphrase_in(args)?,
            invite: self.invite_in(args)?,
            panic: self.panic_for(args)?,
        })
    }

    /// Nothing; and whoever asks for more came to the wrong WebAssembly, which is not to share with less.
    #[cfg(not(feature = "everything"))]
    fn beside(&self, args: &JsValue) -> Result<Beside, Failure> {
        if ["passphrase", "invite", "panic", "links"]
            .iter()
            .all(|name| field(args, name).is_undefined())
        {
            Ok(Beside::default())
        } else {
            Err(Failure::new("crashed"))
        }
    }

    /// Burns an upload that was given up, by the receipt that was told when it began.
    #[cfg(not(feature = "everything"))]
    pub(crate) async fn burn_begun(&self, args: &JsValue) -> Result<(), Failure> {
        let receipt = satchel_crypto::Receipt::parse(&text(args, "receipt").unwrap_or_default())?;
        Ok(satchel_client::burn(&self.context(), &receipt).await?)
    }
}

/// What sharing takes along, where there is something.
#[derive(Default)]
struct Beside {
    passphrase: Option<Passphrase>,
    invite: Option<Invite>,
    panic: Option<PanicSecret>,
}

pub(crate) fn policy_in(asked: &JsValue) -> Result<Policy, Failure> {
    let (Some(expires_in), Some(reads)) = (whole(asked, "expiresIn"), small(asked, "reads")) else {
        return Err(Failure::new("policy_not_allowed"));
    };
    let on_guessing = match text(asked, "onGuessing").as_deref() {
        Some("burn") => OnGuessing::Burn,
        _ => OnGuessing::Lock,
    };
    Ok(Policy {
        expires_in,
        reads,
        on_guessing,
        keep: field(asked, "keep").is_truthy(),
    })
}
