//! What the store answers: each operation of [`Storage`] as an order for the writer, or a read beside it.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use rusqlite::Connection;
use satchel_api::{PasteState, Probed, Receipt};

use super::claiming::{self, Claim, Confirm, Leased, LetIn};
use super::content::{self, Outgoing};
use super::creator::{Burn, ChangePolicy, ResetWait, Whose};
use super::documents::{self, BurnLink};
use super::fault::Fault;
use super::purge::{AcceptClock, Purging};
use super::shared::Shared;
use super::sweep::Sweep;
use super::upload::Incoming;
use super::writer::submit;
use super::{Store, inspect, invites, rows, view};
use crate::lifecycle::LeasePhase;
use crate::storage::{
    BurnAnswer, Change, Claimed, Content, Created, Health, Id, Inspection, LinkState, Made, NewDocument, NewLink,
    NewPaste, PanicSecret, Progress, Purge, Purged, Storage, StoreError, Token, TokenHash, Totals, Upload,
};

#[async_trait]
impl Storage for Store {
    async fn create_by(&self, invite: Option<TokenHash>, new: NewPaste, body: Vec<u8>) -> Result<Created, StoreError> {
        self.begin(new, None, invite, body).await
    }

    async fn create_document_by(
        &self,
        invite: Option<TokenHash>,
        new: NewDocument,
        body: Vec<u8>,
    ) -> Result<Created, StoreError> {
        let (new, head) = new.into_parts();
        self.begin(new, Some(head), invite, body).await
    }

    async fn knows(&self, ids: Vec<Id>) -> Result<bool, StoreError> {
        let read = move |conn: &Connection, _: &Shared| Ok(all_known(conn, &ids)?);
        self.shared.read(read).await
    }

    async fn admits(&self, invite: TokenHash, ids: Vec<Id>, size: u64) -> Result<(), StoreError> {
        let uses = u64::try_from(ids.len()).unwrap_or(u64::MAX);
        let read = move |conn: &Connection, shared: &Shared| match invites::look(
            conn,
            &invite,
            (uses, size),
            shared.now().latest,
        )? {
            Err(refusal) if !all_known(conn, &ids)? => Err(refusal.into()),
            _ => Ok(()),
        };
        self.shared.read(read).await
    }

    async fn offset(&self, id: Id, receipt: &Token) -> Result<Progress, StoreError> {
        let token = receipt.hash();
        let read = move |conn: &Connection, shared: &Shared| {
            let row = token
                .proves(rows::by_id(conn, id)?, |row| &row.receipt)
                .ok_or(StoreError::NotFound)?;
            Ok(view::offset(&row.paste, shared.now())?)
        };
        self.shared.read(read).await
    }

    async fn upload(&self, id: Id, receipt: &Token, offset: u64) -> Result<Box<dyn Upload>, StoreError> {
        let token = receipt.hash();
        let read = move |conn: &Connection, _: &Shared| {
            let row = token
                .proves(rows::by_id(conn, id)?, |row| &row.receipt)
                .ok_or(StoreError::NotFound)?;
            Ok(row.item)
        };
        let item = self.shared.read(read).await?;
        let begun = Incoming::begin(Arc::clone(&self.shared), self.writer.clone(), item, Some(offset));
        Ok(Box::new(begun.await?))
    }

    async fn probe(&self, id: Id, probe: &Token) -> Result<Probed, StoreError> {
        let token = probe.hash();
        let read = move |conn: &Connection, shared: &Shared| {
            let row = token
                .proves(rows::by_id(conn, id)?, |row| &row.probe)
                .ok_or(StoreError::NotFound)?;
            Ok(view::probed(&row.paste, shared.now())?)
        };
        self.shared.read(read).await
    }

    async fn claim(&self, id: Id, probe: &Token, claim: &Token, lease: &Token) -> Result<Claimed, StoreError> {
        let order = Claim {
            id,
            probe: probe.hash(),
            claim: claim.hash(),
            lease: lease.hash(),
            waits_for: None,
            counted: None,
        };
        let LetIn { leased, sealed } = submit(&self.writer, order).await?;
        let (shared, writer, all) = (Arc::clone(&self.shared), self.writer.clone(), (0, None));
        let content = match sealed {
            Some(sealed) => {
                let first = content::opened(&shared, &leased, sealed);
                Outgoing::ahead(shared, writer, (leased, first), all)?
            }
            None => Outgoing::new(shared, writer, leased, all)?,
        };
        Ok(Claimed {
            reads_left: leased.reads_left,
            content: Box::new(content),
        })
    }

    async fn content(&self, id: Id, lease: &Token, from: u64, to: Option<u64>) -> Result<Box<dyn Content>, StoreError> {
        let (token, range) = (lease.hash(), (from, to));
        let read = move |conn: &Connection, shared: &Shared| {
            let leased = leased(conn, id, &token)?;
            match content::first(conn, shared, &leased, range) {
                Ok(first) => Ok((leased, Ok(first))),
                // What is wrong with this item waits until the lease is known to run.
                Err(Fault::Refused(error)) => Ok((leased, Err(error))),
                Err(fault) => Err(fault),
            }
        };
        let found = self.shared.read(read).await?;
        let content = Outgoing::ahead(Arc::clone(&self.shared), self.writer.clone(), found, range)?;
        Ok(Box::new(content))
    }

    async fn content_size(&self, id: Id, lease: &Token) -> Result<u64, StoreError> {
        let token = lease.hash();
        let read = move |conn: &Connection, _: &Shared| Ok(leased(conn, id, &token)?.size);
        self.shared.read(read).await
    }

    async fn confirm(&self, id: Id, lease: &Token) -> Result<(), StoreError> {
        submit(
            &self.writer,
            Confirm {
                id,
                lease: lease.hash(),
            },
        )
        .await
    }

    async fn receipt(&self, id: Id, receipt: &Token) -> Result<Receipt, StoreError> {
        let token = receipt.hash();
        let read = move |conn: &Connection, shared: &Shared| {
            let row = token
                .proves(rows::by_id(conn, id)?, |row| &row.receipt)
                .ok_or(StoreError::NotFound)?;
            Ok(view::receipt(&row.paste, shared.now()))
        };
        self.shared.read(read).await
    }

    async fn burn(&self, id: Id, receipt: &Token) -> Result<BurnAnswer, StoreError> {
        submit(
            &self.writer,
            Burn {
                id,
                receipt: receipt.hash(),
            },
        )
        .await
    }

    async fn reset_wait(&self, id: Id, receipt: &Token) -> Result<(), StoreError> {
        submit(
            &self.writer,
            ResetWait {
                id,
                receipt: receipt.hash(),
            },
        )
        .await
    }

    async fn change(&self, id: Id, receipt: &Token, change: Change) -> Result<Receipt, StoreError> {
        let whose = Whose::Paste(id, receipt.hash());
        submit(&self.writer, ChangePolicy { whose, change }).await
    }

    async fn change_link(&self, id: Id, owner: &Token, number: u32, change: Change) -> Result<Receipt, StoreError> {
        let whose = Whose::Link(id, owner.hash(), number);
        submit(&self.writer, ChangePolicy { whose, change }).await
    }

    async fn add_links_by(
        &self,
        invite: Option<TokenHash>,
        id: Id,
        owner: &Token,
        links: Vec<NewLink>,
    ) -> Result<Vec<Made>, StoreError> {
        self.link(invite, id, owner.hash(), links).await
    }

    async fn document(&self, id: Id, owner: &Token) -> Result<(PasteState, Option<u64>, Vec<LinkState>), StoreError> {
        let token = owner.hash();
        let read = move |conn: &Connection, shared: &Shared| documents::state(conn, shared, id, &token);
        self.shared.read(read).await
    }

    async fn owners_head(&self, id: Id, owner: &Token) -> Result<Vec<u8>, StoreError> {
        let token = owner.hash();
        let read = move |conn: &Connection, shared: &Shared| documents::head(conn, shared, id, &token);
        self.shared.read(read).await
    }

    async fn burn_link(&self, id: Id, owner: &Token, number: u32) -> Result<BurnAnswer, StoreError> {
        let owner = owner.hash();
        submit(&self.writer, BurnLink { id, owner, number }).await
    }

    async fn panic(&self, secret: PanicSecret) -> Result<u64, StoreError> {
        self.burn_all_under(secret).await
    }

    async fn sweep(&self) -> Result<(), StoreError> {
        let set_right = self.shared.time.take_set_right();
        let swept = submit(&self.writer, Sweep::new(set_right)).await;
        if swept.is_err() && set_right {
            self.shared.time.look_again();
        }
        swept
    }

    fn health(&self) -> Health {
        let ok = self.shared.write_ok.load(Ordering::Relaxed) && self.shared.read_ok.load(Ordering::Relaxed);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        Health {
            ok: ok && thread.as_ref().is_some_and(|thread| !thread.is_finished()),
            clock_held: self.shared.time.is_held(),
        }
    }

    fn totals(&self) -> Totals {
        *self.shared.totals()
    }

    async fn purge(&self, purge: Purge) -> Result<Purged, StoreError> {
        submit(&self.writer, Purging::new(purge)).await
    }

    async fn accept_clock(&self) -> Result<(), StoreError> {
        submit(&self.writer, AcceptClock).await
    }

    async fn inspect(&self) -> Result<Inspection, StoreError> {
        self.shared
            .read(|conn, shared| Ok(inspect::within(conn, shared)?))
            .await
    }

    fn set_limits(&self, bytes_max: u64, items_max: u64) {
        self.shared.limits.set(bytes_max, items_max);
    }

    fn leases(&self) -> u64 {
        self.shared.leases.count()
    }

    fn damaged(&self) -> u64 {
        self.shared.damage.count()
    }

    fn ends_with_the_process(&self) -> bool {
        self.shared.options.keys_in_memory
    }
}

/// What a running lease opens.
fn leased(conn: &Connection, id: Id, lease: &TokenHash) -> Result<Leased, Fault> {
    let (row, lease) = rows::with_lease(conn, id, lease)?.ok_or(StoreError::NotFound)?;
    if lease.phase != LeasePhase::Running || row.slot.is_none() {
        return Err(StoreError::LeaseEnded.into());
    }
    claiming::leased(conn, &row, Some(lease))
}

fn all_known(conn: &Connection, ids: &[Id]) -> rusqlite::Result<bool> {
    for id in ids {
        if rows::by_id(conn, *id)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}
