//! What the backend in memory answers.

use async_trait::async_trait;
use satchel_api::{PasteState, Probed, Receipt};

use super::acting::{Desk, LeaseOf};
use super::inspecting::inspect;
use super::kept::{Item, Kept};
use super::stream::{Incoming, Leased, Outgoing};
use super::{MemoryStorage, sweeping};
use crate::lifecycle::{Answer, Event, LeasePhase, Stage, hour_of};
use crate::storage::place::Place;
use crate::storage::view::{self, refusal};
use crate::storage::{
    BurnAnswer, Change, Claimed, Content, Created, Health, Id, Inspection, LinkState, Made, NewDocument, NewLink,
    NewPaste, PanicMark, PanicSecret, Progress, Purge, Purged, Storage, StoreError, Token, TokenHash, Totals, Upload,
};

#[async_trait]
impl Storage for MemoryStorage {
    async fn create_by(&self, invite: Option<TokenHash>, new: NewPaste, body: Vec<u8>) -> Result<Created, StoreError> {
        self.begin(invite, new, None, body).await
    }

    async fn create_document_by(
        &self,
        invite: Option<TokenHash>,
        new: NewDocument,
        body: Vec<u8>,
    ) -> Result<Created, StoreError> {
        let (new, head) = new.into_parts();
        self.begin(invite, new, Some(head), body).await
    }

    async fn knows(&self, ids: Vec<Id>) -> Result<bool, StoreError> {
        Ok(all_known(&self.0.state().kept, &ids))
    }

    async fn admits(&self, invite: TokenHash, ids: Vec<Id>, size: u64) -> Result<(), StoreError> {
        let uses = u64::try_from(ids.len()).unwrap_or(u64::MAX);
        self.0.act(
            |desk| match desk.kept.look_at_invite(&invite, (uses, size), desk.now.latest) {
                Err(refusal) if !all_known(desk.kept, &ids) => Err(refusal),
                _ => Ok(()),
            },
        )
    }

    async fn offset(&self, id: Id, receipt: &Token) -> Result<Progress, StoreError> {
        let token = receipt.hash();
        self.0
            .act(|desk| view::offset(&by_receipt(desk.kept, id, &token)?.1.paste, desk.now))
    }

    async fn upload(&self, id: Id, receipt: &Token, offset: u64) -> Result<Box<dyn Upload>, StoreError> {
        let token = receipt.hash();
        let item = self.0.act(|desk| Ok(by_receipt(desk.kept, id, &token)?.0))?;
        Ok(Box::new(Incoming::begin(&self.0, item, Some(offset))?))
    }

    async fn probe(&self, id: Id, probe: &Token) -> Result<Probed, StoreError> {
        let token = probe.hash();
        self.0
            .act(|desk| view::probed(&by_probe(desk.kept, id, &token)?.1.paste, desk.now))
    }

    async fn claim(&self, id: Id, probe: &Token, claim: &Token, lease: &Token) -> Result<Claimed, StoreError> {
        let (probe, claim, lease) = (probe.hash(), claim.hash(), lease.hash());
        let (reads_left, leased) = self.0.act(|desk| claimed(desk, id, &probe, (&claim, &lease)))?;
        let content = Box::new(Outgoing::new(&self.0, leased, (0, None))?);
        Ok(Claimed { reads_left, content })
    }

    async fn content(&self, id: Id, lease: &Token, from: u64, to: Option<u64>) -> Result<Box<dyn Content>, StoreError> {
        let token = lease.hash();
        let leased = self.0.act(|desk| leased(desk.kept, id, &token))?;
        Ok(Box::new(Outgoing::new(&self.0, leased, (from, to))?))
    }

    async fn content_size(&self, id: Id, lease: &Token) -> Result<u64, StoreError> {
        let token = lease.hash();
        self.0.act(|desk| Ok(leased(desk.kept, id, &token)?.size))
    }

    async fn confirm(&self, id: Id, lease: &Token) -> Result<(), StoreError> {
        let token = lease.hash();
        self.0.act(|desk| {
            let (item, lease) = with_lease(desk.kept, id, &token)?;
            let event = Event::Confirm { lease: lease.phase };
            done(desk.happen(item, event, Some(LeaseOf::Known(lease.number)))?)
        })
    }

    async fn receipt(&self, id: Id, receipt: &Token) -> Result<Receipt, StoreError> {
        let token = receipt.hash();
        self.0
            .act(|desk| Ok(view::receipt(&by_receipt(desk.kept, id, &token)?.1.paste, desk.now)))
    }

    async fn burn(&self, id: Id, receipt: &Token) -> Result<BurnAnswer, StoreError> {
        let token = receipt.hash();
        self.0.act(|desk| {
            let item = by_receipt(desk.kept, id, &token)?.0;
            burned(desk.happen(item, Event::Burn, None)?)
        })
    }

    async fn reset_wait(&self, id: Id, receipt: &Token) -> Result<(), StoreError> {
        let token = receipt.hash();
        self.0.act(|desk| {
            let item = by_receipt(desk.kept, id, &token)?.0;
            done(desk.happen(item, Event::ResetWait, None)?)
        })
    }

    async fn change(&self, id: Id, receipt: &Token, change: Change) -> Result<Receipt, StoreError> {
        let token = receipt.hash();
        self.0.act(|desk| {
            let item = by_receipt(desk.kept, id, &token)?.0;
            changed(desk, item, change)
        })
    }

    async fn change_link(&self, id: Id, owner: &Token, number: u32, change: Change) -> Result<Receipt, StoreError> {
        let token = owner.hash();
        self.0.act(|desk| {
            let item = link_of(desk.kept, id, &token, number)?;
            changed(desk, item, change)
        })
    }

    async fn add_links_by(
        &self,
        invite: Option<TokenHash>,
        id: Id,
        owner: &Token,
        links: Vec<NewLink>,
    ) -> Result<Vec<Made>, StoreError> {
        let owner = owner.hash();
        self.0.act(|desk| {
            let (item, document) = by_receipt(desk.kept, id, &owner)?;
            if let Stage::Uploading { held: offset, .. } = document.paste.stage {
                return Err(StoreError::OffsetMismatch { offset });
            }
            desk.add_links(invite.as_ref(), item, &owner, links)
        })
    }

    async fn document(&self, id: Id, owner: &Token) -> Result<(PasteState, Option<u64>, Vec<LinkState>), StoreError> {
        let token = owner.hash();
        self.0.act(|desk| {
            let (item, document) = by_receipt(desk.kept, id, &token)?;
            let links = desk.kept.links(item).into_iter();
            let links = links.filter_map(|link| desk.kept.item(link)).filter_map(|link| {
                let Place::Link { number, .. } = link.place else {
                    return None;
                };
                Some(LinkState {
                    number,
                    receipt: view::receipt(&link.paste, desk.now),
                    label: link.label.as_ref().map(|label| label.to_vec()),
                })
            });
            let (state, size) = view::document(&document.paste, desk.now);
            Ok((state, size, links.collect()))
        })
    }

    async fn owners_head(&self, id: Id, owner: &Token) -> Result<Vec<u8>, StoreError> {
        let token = owner.hash();
        self.0.act(|desk| {
            let document = by_receipt(desk.kept, id, &token)?.1;
            match &document.secret {
                Some(secret) => Ok(secret.head.as_ref().ok_or(StoreError::Damaged)?.to_vec()),
                None => {
                    let gone = document.paste.gone(desk.now);
                    Err(gone.map_or(StoreError::NotFound, StoreError::Burned))
                }
            }
        })
    }

    async fn burn_link(&self, id: Id, owner: &Token, number: u32) -> Result<BurnAnswer, StoreError> {
        let token = owner.hash();
        self.0.act(|desk| {
            let item = link_of(desk.kept, id, &token, number)?;
            burned(desk.happen(item, Event::Burn, None)?)
        })
    }

    async fn panic(&self, secret: PanicSecret) -> Result<u64, StoreError> {
        let tester = secret.tester();
        self.0.act(|desk| {
            let made_under = |item: &Item| {
                let mark = item.secret.as_ref().and_then(|secret| secret.panic.as_ref());
                mark.is_some() && PanicMark::same(mark, Some(&tester.mark(&item.id)))
            };
            let found: Vec<u64> = desk
                .kept
                .items()
                .filter(|(_, item)| made_under(item))
                .map(|(item, _)| item)
                .collect();
            let mut burned = 0;
            for item in found {
                burned += u64::from(desk.happen(item, Event::Burn, None)? == Answer::Done);
            }
            Ok(burned)
        })
    }

    async fn sweep(&self) -> Result<(), StoreError> {
        let set_right = self.0.time.take_set_right();
        self.0.act(|desk| sweeping::sweep(desk, set_right))
    }

    async fn purge(&self, purge: Purge) -> Result<Purged, StoreError> {
        self.0.act(|desk| sweeping::purge(desk, purge))
    }

    async fn accept_clock(&self) -> Result<(), StoreError> {
        self.0.time.accept();
        self.0.act(|desk| desk.kept.mark = hour_of(desk.now.at));
        Ok(())
    }

    async fn inspect(&self) -> Result<Inspection, StoreError> {
        Ok(inspect(&self.0))
    }

    fn set_limits(&self, bytes_max: u64, items_max: u64) {
        self.0.limits.set(bytes_max, items_max);
    }

    fn health(&self) -> Health {
        Health {
            ok: true,
            clock_held: self.0.time.is_held(),
        }
    }

    fn totals(&self) -> Totals {
        self.0.state().kept.totals
    }

    fn leases(&self) -> u64 {
        self.0.leases.count()
    }

    fn damaged(&self) -> u64 {
        0
    }

    fn ends_with_the_process(&self) -> bool {
        true
    }
}

/// The try is counted, compared and settled in one step.
fn claimed(
    desk: &mut Desk<'_>,
    id: Id,
    probe: &TokenHash,
    (claim, token): (&TokenHash, &TokenHash),
) -> Result<(Option<u32>, Leased), StoreError> {
    let item = by_probe(desk.kept, id, probe)?.0;
    let lease = desk.current_lease(item, token)?;
    let lease = lease.map(|lease| lease.phase);
    match desk.happen(item, Event::Try { lease }, None)? {
        Answer::Resumed => {}
        Answer::Counted => {
            let secret = desk.kept.item(item).and_then(|found| found.secret.as_ref());
            let right = secret.ok_or(StoreError::Unavailable)?.is_claim(claim);
            match desk.happen(item, Event::Compared { right }, Some(LeaseOf::New(token)))? {
                Answer::Claimed => {}
                answer => return Err(refusal(answer)),
            }
        }
        answer => return Err(refusal(answer)),
    }
    let reads_left = desk.kept.item(item).and_then(|found| found.paste.reads_left());
    Ok((reads_left, leased(desk.kept, id, token)?))
}

fn changed(desk: &mut Desk<'_>, item: u64, change: Change) -> Result<Receipt, StoreError> {
    let Change { expires_in, reads_left } = change;
    done(desk.happen(item, Event::Change { expires_in, reads_left }, None)?)?;
    let found = desk.kept.item(item).ok_or(StoreError::NotFound)?;
    let receipt = view::receipt(&found.paste, desk.now);
    if let (Place::Link { document, .. }, Stage::Stored { expires_at }) = (found.place, found.paste.stage) {
        desk.happen(document, Event::LinkKept { expires_at }, None)?;
    }
    Ok(receipt)
}

fn done(answer: Answer) -> Result<(), StoreError> {
    match answer {
        Answer::Done => Ok(()),
        answer => Err(refusal(answer)),
    }
}

fn burned(answer: Answer) -> Result<BurnAnswer, StoreError> {
    match answer {
        Answer::Done => Ok(BurnAnswer::Now),
        Answer::Gone(tombstone) => Ok(BurnAnswer::Before(tombstone)),
        answer => Err(refusal(answer)),
    }
}

fn by_probe<'a>(kept: &'a Kept, id: Id, token: &TokenHash) -> Result<(u64, &'a Item), StoreError> {
    kept.proven(id, token, |item| &item.probe)
}

fn by_receipt<'a>(kept: &'a Kept, id: Id, token: &TokenHash) -> Result<(u64, &'a Item), StoreError> {
    kept.proven(id, token, |item| &item.receipt)
}

/// A link by its number, to the document's owner.
fn link_of(kept: &Kept, id: Id, owner: &TokenHash, number: u32) -> Result<u64, StoreError> {
    let document = by_receipt(kept, id, owner)?.0;
    kept.link(document, number).ok_or(StoreError::NotFound)
}

fn with_lease(kept: &Kept, id: Id, token: &TokenHash) -> Result<(u64, super::kept::Lease), StoreError> {
    let (number, item) = kept.by_id(id).ok_or(StoreError::NotFound)?;
    Ok((number, item.lease(token).ok_or(StoreError::NotFound)?))
}

/// What a running lease opens.
fn leased(kept: &Kept, id: Id, token: &TokenHash) -> Result<Leased, StoreError> {
    let (item, lease) = with_lease(kept, id, token)?;
    let found = kept.item(item).filter(|found| found.secret.is_some());
    match (lease.phase, found) {
        (LeasePhase::Running, Some(found)) => Ok(Leased {
            item,
            lease: lease.number,
            ends_at: lease.ends_at,
            size: found.paste.size,
        }),
        _ => Err(StoreError::LeaseEnded),
    }
}

fn all_known(kept: &Kept, ids: &[Id]) -> bool {
    ids.iter().all(|id| kept.by_id(*id).is_some())
}
