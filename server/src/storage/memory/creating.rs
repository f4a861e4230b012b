//! Creations in memory.

use super::MemoryStorage;
use super::acting::Desk;
use super::kept::Item;
use super::pieces::Pieces;
use super::stream::Incoming;
use crate::lifecycle::{Event, Paste, Stage, step};
use crate::storage::place::Place;
use crate::storage::{
    BODY_BYTES_MAX, Created, NewPaste, PanicMark, Progress, StoreError, TokenHash, Upload as _, view,
};

impl MemoryStorage {
    pub(super) async fn begin(
        &self,
        invite: Option<TokenHash>,
        new: NewPaste,
        head: Option<Vec<u8>>,
        body: Vec<u8>,
    ) -> Result<Created, StoreError> {
        if u64::try_from(body.len()).unwrap_or(u64::MAX) > new.size {
            return Err(StoreError::TooLong { limit: new.size });
        }
        // In one step where it is small, as the contract has it; else created first.
        let at_once = new.size <= BODY_BYTES_MAX;
        let (first, rest) = if at_once {
            (body, Vec::new())
        } else {
            (Vec::new(), body)
        };
        let held = u64::try_from(first.len()).unwrap_or(u64::MAX);
        let (item, progress, stored) = self.0.act(|desk| create(desk, invite.as_ref(), &new, head, first))?;
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
        let mut upload = Box::new(Incoming::begin(&self.0, item, None)?);
        if rest.is_empty() {
            created.upload = Some(upload);
        } else {
            upload.write(&rest).await?;
            let progress = upload.commit().await?;
            (created.offset, created.expires_at) = (progress.offset, progress.expires_at);
        }
        Ok(created)
    }
}

fn create(
    desk: &mut Desk<'_>,
    invite: Option<&TokenHash>,
    new: &NewPaste,
    head: Option<Vec<u8>>,
    first: Vec<u8>,
) -> Result<(u64, Progress, bool), StoreError> {
    if let Some((number, known)) = desk.kept.by_id(new.id) {
        return again(desk, (number, known), new, head.as_deref());
    }
    if desk.kept.blocked.contains(&new.id.hash()) {
        return Err(StoreError::IdTaken);
    }
    let (mut paste, bytes) = (new.begun(desk.now), Pieces::of(first));
    if bytes.len() > 0 {
        paste = step(&paste, Event::Arrived { held: bytes.len() }, desk.now).paste;
    }
    let place = if head.is_some() { Place::Document } else { Place::Alone };
    let number = desk.insert(invite, Item::new(new, paste, place, bytes, head))?;
    stands(number, &paste)
}

/// The id is known: the same creation again, or somebody else's.
fn again(
    desk: &Desk<'_>,
    (number, known): (u64, &Item),
    new: &NewPaste,
    head: Option<&[u8]>,
) -> Result<(u64, Progress, bool), StoreError> {
    let same = bool::from(known.probe.same_as(&new.probe) & known.receipt.same_as(&new.receipt));
    if let (Stage::Burned(tombstone), true) = (known.paste.stage, same) {
        return Err(StoreError::Burned(tombstone));
    }
    let secret = known.secret.as_ref().filter(|secret| {
        same && secret.is_claim(&new.claim)
            && known.paste.policy == new.policy()
            && known.paste.size == new.size
            && known.keep == new.keep
            && PanicMark::same(secret.panic.as_ref(), new.panic.as_ref())
            && secret.head.as_ref().map(|head| &head[..]) == head
    });
    if secret.is_none() {
        return Err(StoreError::IdTaken);
    }
    match known.paste.gone(desk.now) {
        Some(tombstone) => Err(StoreError::Burned(tombstone)),
        None => stands(number, &known.paste),
    }
}

fn stands(number: u64, paste: &Paste) -> Result<(u64, Progress, bool), StoreError> {
    let progress = view::progress(paste).ok_or(StoreError::Unavailable)?;
    Ok((number, progress, matches!(paste.stage, Stage::Stored { .. })))
}
