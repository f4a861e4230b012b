//! Sharing with a ledger: what is about to be uploaded is written down before, so that a killed `share` leaves a receipt that burns what it left.

use std::cell::{Cell, RefCell};
use std::time::SystemTime;

use satchel_client::crypto::{OwnerReceipt, Receipt};
use satchel_client::{Base, Stage, Watch};

use crate::failure::Failure;
use crate::flow::Shown;
use crate::ledger::Unlocked;

/// Shows what the flow says, and writes down its receipt where there is a ledger.
pub(crate) struct Recording<'a> {
    pub(crate) shown: Shown,
    pub(crate) base: &'a Base,
    pub(crate) ledger: Option<&'a Unlocked>,
    pub(crate) what: String,
    pub(crate) names: &'a [String],
    number: Cell<Option<u64>>,
    failed: RefCell<Option<Failure>>,
}

impl<'a> Recording<'a> {
    pub(crate) fn new(base: &'a Base, ledger: Option<&'a Unlocked>, what: String, names: &'a [String]) -> Self {
        Self {
            shown: Shown::default(),
            base,
            ledger,
            what,
            names,
            number: Cell::new(None),
            failed: RefCell::new(None),
        }
    }

    fn note(&self, fragment: &str) {
        let Some(ledger) = self.ledger else { return };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.map_or(0, |since| since.as_secs());
        let receipt = self.base.with_fragment(fragment);
        match ledger.change(|book| book.add(&receipt, now, &self.what, self.names)) {
            Ok(number) => self.number.set(Some(number)),
            Err(failure) => *self.failed.borrow_mut() = Some(failure),
        }
    }

    /// It was not shared, and nothing of it is on the server: its line goes.
    pub(crate) fn forget(&self) {
        if let (Some(ledger), Some(number)) = (self.ledger, self.number.get()) {
            // A line too many is shown as what is not there.
            let _ = ledger.change(|book| book.entries.retain(|entry| entry.number != number));
        }
    }

    /// Why it is not in the ledger.
    pub(crate) fn failed(self) -> Option<Failure> {
        self.failed.into_inner()
    }
}

impl Watch for Recording<'_> {
    fn progress(&self, stage: Stage, done: u64, total: Option<u64>) {
        self.shown.progress(stage, done, total);
    }

    async fn upload_begun(&self, receipt: &Receipt) {
        self.note(&receipt.encode());
    }

    async fn document_begun(&self, owner: &OwnerReceipt) {
        self.note(&owner.encode());
    }
}
