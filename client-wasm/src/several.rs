//! A document with several links, as its owner's page has it; and what a receipt of either kind may do.

use js_sys::{Array, Object};
use satchel_api::PolicyChange;
use satchel_client::{NoSpool, OneOfSeveral, Sharing};
use satchel_crypto::{OwnerReceipt, Receipt};
use wasm_bindgen::prelude::*;

use crate::document::Document;
use crate::engine::PageEngine;
use crate::failure::Failure;
use crate::ops::{passphrase_in, paste_state, state_word};
use crate::random::Random;
use crate::sharing::{Online, policy_in};
use crate::value::{Fields, field, number, small, whole};

/// Who may look at a paste and burn it, or at a document with several links.
pub(crate) enum Holder {
    Paste(Receipt),
    Document(OwnerReceipt),
}

impl Online {
    pub(crate) async fn share_several(
        &self,
        sharing: Sharing<'_>,
        count: u32,
        mut document: Document,
    ) -> Result<Object, Failure> {
        let (context, engine) = (self.context(), PageEngine::here());
        let (spool, rng) = (&mut NoSpool, &mut Random);
        let sharing = satchel_client::share_several(&context, sharing, count, &mut document, spool, &engine, rng);
        let made = sharing.await.map_err(|error| self.desk.failure(error))?;
        Ok(Fields::new()
            .with("links", self.links(&made.links))
            .with("receipt", self.base.with_fragment(&made.owner.encode()).as_str())
            .with("engine", engine.name())
            .done())
    }

    pub(crate) async fn add_links(&self, args: &JsValue) -> Result<Array, Failure> {
        let (owner, policy) = (self.owner_in(args)?, policy_in(&field(args, "policy"))?);
        let (passphrase, invite) = (passphrase_in(args)?, self.invite_in(args)?);
        let wanted = (&policy, passphrase.as_ref(), small(args, "count").unwrap_or(0));
        let context = self.context();
        let made = satchel_client::add_links(&context, &owner, wanted, invite.as_ref(), &mut Random).await?;
        Ok(self.links(&made))
    }

    fn links(&self, made: &[OneOfSeveral]) -> Array {
        let link = |one: &OneOfSeveral| -> JsValue {
            Fields::new()
                .with("number", one.number)
                .with("link", self.base.with_fragment(&one.link.encode()).as_str())
                .with("expiresAt", number(one.expires_at))
                .into()
        };
        made.iter().map(link).collect()
    }

    pub(crate) async fn document_status(&self, args: &JsValue) -> Result<Object, Failure> {
        let owner = self.owner_in(args)?;
        let found = satchel_client::document_status(&self.context(), &owner).await?;
        let links = found.links.iter().map(|link| -> JsValue {
            let state = paste_state(&link.receipt);
            state
                .with("number", link.number)
                .with_or_null("name", satchel_client::name_of(&owner, link))
                .into()
        });
        Ok(Fields::new()
            .with("state", state_word(found.state))
            .with_or_null("size", found.size.map(number))
            .with("links", links.collect::<Array>())
            .done())
    }

    /// A paste, a document with all its links, or one link of it.
    pub(crate) async fn burn(&self, args: &JsValue) -> Result<(), Failure> {
        let context = self.context();
        match (self.holder_in(args)?, small(args, "number")) {
            (Holder::Paste(receipt), _) => satchel_client::burn(&context, &receipt).await?,
            (Holder::Document(owner), None) => satchel_client::burn_document(&context, &owner).await?,
            (Holder::Document(owner), Some(number)) => satchel_client::burn_link(&context, &owner, number).await?,
        }
        Ok(())
    }

    pub(crate) async fn change_policy(&self, args: &JsValue) -> Result<Object, Failure> {
        let change = PolicyChange {
            expires_in: whole(args, "expiresIn"),
            reads_left: small(args, "readsLeft"),
        };
        let context = self.context();
        let state = match (self.holder_in(args)?, small(args, "number")) {
            (Holder::Paste(receipt), _) => satchel_client::change_policy(&context, &receipt, change).await?,
            (Holder::Document(owner), Some(number)) => {
                satchel_client::change_link_policy(&context, &owner, number, change).await?
            }
            (Holder::Document(_), None) => return Err(Failure::new("wrong_kind")),
        };
        Ok(paste_state(&state).done())
    }

    fn owner_in(&self, args: &JsValue) -> Result<OwnerReceipt, Failure> {
        match self.holder_in(args)? {
            Holder::Document(owner) => Ok(owner),
            Holder::Paste(_) => Err(Failure::new("wrong_kind")),
        }
    }
}
