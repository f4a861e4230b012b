//! Several links to one document: the payload rests once, under the document's shred key, and each link's head under a key of its own.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;
use satchel_api::PasteState;
use satchel_api::limit::LINKS_MAX;

use super::blocks;
use super::claiming::proven;
use super::creating::{Create, Stands, owners_head, sealed};
use super::desk::Desk;
use super::error::StoreError;
use super::fault::Fault;
use super::kinds::TokenHash;
use super::rows::{self, PasteRow, Place};
use super::shared::Shared;
use super::slots::SlotFault;
use super::upload::Incoming;
use super::view::{self, refusal};
use super::writer::{Order, Turn, submit};
use super::{
    BurnAnswer, Created, Id, LinkState, Made, NewLink, NewPaste, Progress, ROW_BYTES_MAX, Store, rest, upload,
};
use crate::lifecycle::{Answer, Event, Stage, expires_at};
use crate::storage::Upload as _;

impl Store {
    pub(super) async fn begin(
        &self,
        new: NewPaste,
        head: Option<Vec<u8>>,
        invite: Option<TokenHash>,
        body: Vec<u8>,
    ) -> Result<Created, StoreError> {
        let len = u64::try_from(body.len()).unwrap_or(u64::MAX);
        if len > new.size {
            return Err(StoreError::TooLong { limit: new.size });
        }
        let (first, rest) = if new.size > ROW_BYTES_MAX {
            (Vec::new(), body)
        } else {
            (body, Vec::new())
        };
        let held = u64::try_from(first.len()).unwrap_or(u64::MAX);
        let mut order = sealed(&self.shared, new, head, first).await?;
        order.invite = invite;
        let Stands { slot, progress, stored } = submit(&self.writer, order).await?;
        let Progress {
            offset,
            size,
            expires_at,
        } = progress;
        let mut created = Created {
            offset,
            size,
            expires_at,
            upload: None,
        };
        if stored || offset != held {
            return Ok(created);
        }
        let mut upload = Incoming::begin(Arc::clone(&self.shared), self.writer.clone(), slot.item, None).await?;
        if rest.is_empty() {
            created.upload = Some(Box::new(upload));
        } else {
            upload.write(&rest).await?;
            Progress {
                offset: created.offset,
                expires_at: created.expires_at,
                ..
            } = Box::new(upload).commit().await?;
        }
        Ok(created)
    }

    /// Seals the heads, then has the writer make all of the links or none.
    pub(super) async fn link(
        &self,
        invite: Option<TokenHash>,
        id: Id,
        owner: TokenHash,
        links: Vec<NewLink>,
    ) -> Result<Vec<Made>, StoreError> {
        let (mut heads, mut labels) = (Vec::with_capacity(links.len()), Vec::with_capacity(links.len()));
        for NewLink { paste, head, label } in links {
            labels.push(label);
            let new = NewPaste {
                receipt: owner,
                size: u64::try_from(head.len()).unwrap_or(u64::MAX),
                keep: false,
                panic: None,
                ..paste
            };
            let mut order = sealed(&self.shared, new, None, head).await?;
            order.invite = invite;
            heads.push(order);
        }
        submit(
            &self.writer,
            AddLinks {
                id,
                owner,
                heads,
                labels,
            },
        )
        .await
    }
}

/// What a document's owner may know of it and of its links.
pub(super) fn state(
    conn: &Connection,
    shared: &Shared,
    id: Id,
    owner: &TokenHash,
) -> Result<(PasteState, Option<u64>, Vec<LinkState>), Fault> {
    let found = owner.proves(rows::by_id(conn, id)?, |row| &row.receipt);
    let (row, now) = (found.ok_or(StoreError::NotFound)?, shared.now());
    let links = rows::links(conn, row.item)?.into_iter();
    let mut labels = labels(conn, shared, &row)?;
    let links = links.filter_map(|link| {
        number_of(&link).map(|number| LinkState {
            number,
            receipt: view::receipt(&link.paste, now),
            label: labels.remove(&number),
        })
    });
    let (state, size) = view::document(&row.paste, now);
    Ok((state, size, links.collect()))
}

/// The owner's head of a document.
pub(super) fn head(conn: &Connection, shared: &Shared, id: Id, owner: &TokenHash) -> Result<Vec<u8>, Fault> {
    let found = owner.proves(rows::by_id(conn, id)?, |row| &row.receipt);
    let row = found.ok_or(StoreError::NotFound)?;
    let Some(slot) = row.slot else {
        let gone = row.paste.gone(shared.now());
        return Err(gone.map_or(StoreError::NotFound, StoreError::Burned).into());
    };
    owners_head(conn, shared, slot)
}

fn number_of(row: &PasteRow) -> Option<u32> {
    match row.place {
        Place::Link { number, .. } => Some(number),
        Place::Alone | Place::Document => None,
    }
}

/// A link by its number, to the document's owner.
pub(super) fn link_of(desk: &Desk<'_>, id: Id, owner: &TokenHash, number: u32) -> Result<Option<PasteRow>, Fault> {
    match proven(desk, id, owner, |row| &row.receipt)? {
        Some(document) => Ok(rows::by_number(desk.conn, document.item, number)?),
        None => Ok(None),
    }
}

pub(super) struct BurnLink {
    pub(super) id: Id,
    pub(super) owner: TokenHash,
    pub(super) number: u32,
}

impl Order for BurnLink {
    type Answer = BurnAnswer;

    fn run(&mut self, _: u8, desk: &mut Desk<'_>) -> Result<Turn<BurnAnswer>, Fault> {
        let Some(mut link) = link_of(desk, self.id, &self.owner, self.number)? else {
            return Ok(Turn::Refused(StoreError::NotFound));
        };
        Ok(match desk.happen(&mut link, Event::Burn, None)? {
            Answer::Done => Turn::Done(BurnAnswer::Now),
            Answer::Gone(tombstone) => Turn::Done(BurnAnswer::Before(tombstone)),
            answer => Turn::Refused(refusal(answer)),
        })
    }
}

struct AddLinks {
    id: Id,
    owner: TokenHash,
    heads: Vec<Create>,
    /// One for each head.
    labels: Vec<Option<Vec<u8>>>,
}

impl Order for AddLinks {
    type Answer = Vec<Made>;
    const UPLOADS: bool = true;

    fn run(&mut self, _: u8, desk: &mut Desk<'_>) -> Result<Turn<Vec<Made>>, Fault> {
        for head in &mut self.heads {
            (head.known, head.fresh) = (true, false);
        }
        let Some(mut document) = proven(desk, self.id, &self.owner, |row| &row.receipt)? else {
            return Ok(Turn::Refused(StoreError::NotFound));
        };
        if let Stage::Uploading { held: offset, .. } = document.paste.stage {
            return Ok(Turn::Refused(StoreError::OffsetMismatch { offset }));
        }
        let mut made = Vec::with_capacity(self.heads.len());
        for (head, label) in self.heads.iter_mut().zip(&self.labels) {
            // An error undoes the links before it.
            made.push(match rows::by_id(desk.conn, head.new.id)? {
                Some(known) => again(desk, head, &known, &document)?,
                None if blocks::is_blocked(desk.conn, head.new.id)? => return Err(StoreError::IdTaken.into()),
                None => add(desk, head, label.as_deref(), &mut document)?,
            });
        }
        Ok(Turn::Done(made))
    }

    fn settled(&mut self, done: bool) {
        self.heads.iter_mut().for_each(|head| head.settled(done));
    }
}

fn add(desk: &mut Desk<'_>, head: &mut Create, label: Option<&[u8]>, document: &mut PasteRow) -> Result<Made, Fault> {
    if document.paste.reads_used >= LINKS_MAX {
        return Err(StoreError::TooManyLinks { limit: LINKS_MAX }.into());
    }
    let expires_at = expires_at(desk.now.latest, head.new.expires_in);
    match desk.happen(document, Event::LinkMade { expires_at }, None)? {
        Answer::Done => {}
        answer => return Err(refusal(answer).into()),
    }
    let number = document.paste.reads_used;
    let mut row = head.row(desk);
    row.place = Place::Link {
        document: document.item,
        number,
        shared: document.paste.size,
    };
    row.paste.size += document.paste.size;
    row.paste.stage = Stage::Stored { expires_at };
    head.insert(desk, &row)?;
    if let Some(label) = label {
        let slot = document.slot.ok_or(StoreError::Unavailable)?;
        let cipher = desk.shared.key(slot)?.cipher();
        let sealed = upload::seal_one(&cipher, desk.shared, label_of(document.item, number), label)?;
        rows::put_label(desk.conn, row.item, &sealed)?;
    }
    Ok(Made { number, expires_at })
}

/// No block of the payload, nor the owner's head, has this place.
pub(super) const fn label_of(document: u64, number: u32) -> rest::Place {
    rest::Place {
        item: document,
        // Numbers begin with 1, and the head has the last index.
        index: u64::MAX - number as u64,
        last: true,
    }
}

/// What the links of a document were labelled with, by number. One that is damaged is none.
fn labels(conn: &Connection, shared: &Shared, document: &PasteRow) -> Result<HashMap<u32, Vec<u8>>, Fault> {
    let Some(slot) = document.slot else {
        return Ok(HashMap::new());
    };
    let sealed = rows::labels(conn, document.item)?;
    if sealed.is_empty() {
        return Ok(HashMap::new());
    }
    let cipher = match shared.key(slot) {
        Ok(key) => key.cipher(),
        // What became of the links is told without them.
        Err(SlotFault::Gone | SlotFault::Unfit) => return Ok(HashMap::new()),
        Err(SlotFault::Io) => return Err(SlotFault::Io.into()),
    };
    let opened = sealed.into_iter().filter_map(|(number, mut sealed)| {
        let label = cipher.open(label_of(document.item, number), &mut sealed);
        if label.is_err() {
            shared.damage.found(document.item);
        }
        Some((number, label.ok()?.to_vec()))
    });
    Ok(opened.collect())
}

/// The id is known: the same link again, or somebody else's paste.
fn again(desk: &Desk<'_>, head: &Create, row: &PasteRow, document: &PasteRow) -> Result<Made, Fault> {
    let new = &head.new;
    let taken = || Err(StoreError::IdTaken.into());
    let Place::Link {
        document: of, number, ..
    } = row.place
    else {
        return taken();
    };
    let hashes = row.probe.same_as(&new.probe);
    if of != document.item || !bool::from(hashes) {
        return taken();
    }
    let (Stage::Stored { expires_at }, Some(slot), Some(bound)) = (row.paste.stage, row.slot, row.claim) else {
        let gone = row.paste.gone(desk.now);
        return Err(gone.map_or(StoreError::Unavailable, StoreError::Burned).into());
    };
    let right = desk.shared.key(slot)?.is_claim(&bound, &new.claim);
    if bool::from(right) && row.paste.policy == new.policy() {
        Ok(Made { number, expires_at })
    } else {
        taken()
    }
}
