//! The panic secret, as a page has it: a link of its own server's, or words that name none.

use js_sys::Object;
use satchel_client::words::Misspelled;
use satchel_client::{Address, panic_words};
use satchel_crypto::PanicSecret;
use wasm_bindgen::prelude::*;

use crate::failure::Failure;
use crate::random::Random;
use crate::sharing::Online;
use crate::value::{Fields, number, text};

impl Online {
    /// Burns what was made under it, and says how many that were.
    pub(crate) async fn panic(&self, args: &JsValue) -> Result<f64, Failure> {
        let panic = self.panic_for(args)?.ok_or_else(|| Failure::new("wrong_kind"))?;
        Ok(number(satchel_client::panic(&self.context(), &panic).await?))
    }

    /// A new one: its link, and its words with a space between each.
    pub(crate) fn make_panic(&self) -> Object {
        let panic = PanicSecret::generate(&mut Random);
        Fields::new()
            .with("link", self.base.with_fragment(&panic.encode()).as_str())
            .with("words", panic_words(&panic).as_str())
            .done()
    }

    /// The secret under which something is to be made, or to be burned.
    pub(crate) fn panic_for(&self, args: &JsValue) -> Result<Option<PanicSecret>, Failure> {
        let Some(text) = text(args, "panic") else {
            return Ok(None);
        };
        match self.address(&text)? {
            Address::Panic { panic, .. } => Ok(Some(panic)),
            Address::Link { .. } | Address::Owner { .. } | Address::Receipt { .. } | Address::Invite { .. } => {
                Err(Failure::new("wrong_kind"))
            }
        }
    }

    pub(crate) fn understood_panic(&self, panic: &PanicSecret) -> Object {
        let link = self.base.with_fragment(&panic.encode());
        Fields::new().with("kind", "panic").with("panic", link.as_str()).done()
    }
}

/// What is wrong with words that are nearly a panic secret's, in the words of web/src/vault.ts.
pub(crate) fn misspelled_words(misspelled: Misspelled) -> Object {
    let (reason, number) = match misspelled {
        Misspelled::Unknown(number) => ("unknown_word", Some(number)),
        Misspelled::Count(seen) => ("count_of_words", Some(seen)),
        _ => ("wrong_words", None),
    };
    let number = number.and_then(|number| u32::try_from(number).ok());
    Fields::new()
        .with("kind", "bad")
        .with("reason", reason)
        .with_some("number", number)
        .done()
}
