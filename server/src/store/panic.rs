//! A panic request: burns everything that was made under a secret. No row says whose it is, so each that lives and has a mark is tried.

use std::sync::Arc;

use rusqlite::Connection;
use satchel_api::limit::PANICS_WAITING_MAX;
use tokio::sync::Semaphore;

use super::Store;
use super::desk::Desk;
use super::error::StoreError;
use super::fault::Fault;
use super::kinds::{PanicMark, PanicSecret, PanicTester};
use super::rows;
use super::sweep::skip_refused;
use super::writer::{Order, Turn, submit};
use crate::lifecycle::{Answer, Event};

/// Rows of one read: a few milliseconds of one of the connections.
const ROWS: u64 = 4096;
/// Most that burn in one transaction: others wait no longer than for these.
const CHUNK: usize = 64;

/// One at a time, so that however many come they take one processor and one connection.
pub(super) struct Panics {
    turn: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Default for Panics {
    fn default() -> Self {
        Self {
            turn: Arc::new(Semaphore::new(1)),
            places: Arc::new(Semaphore::new(PANICS_WAITING_MAX)),
        }
    }
}

impl Store {
    /// Burns all of it, even when nobody waits for the answer any more.
    pub(super) async fn burn_all_under(&self, secret: PanicSecret) -> Result<u64, StoreError> {
        let panics = &self.shared.panics;
        let place = Arc::clone(&panics.places).try_acquire_owned();
        let place = place.map_err(|_| StoreError::TooManyPanics)?;
        let (store, turn) = (self.clone(), Arc::clone(&panics.turn));
        let work = async move {
            let _place = place;
            let _turn = turn.acquire_owned().await.map_err(|_| StoreError::Unavailable)?;
            store.burn_all(Arc::new(secret.tester())).await
        };
        tokio::spawn(work).await.unwrap_or(Err(StoreError::Unavailable))
    }

    async fn burn_all(&self, tester: Arc<PanicTester>) -> Result<u64, StoreError> {
        let (mut burned, mut after, mut all) = (0, 0, true);
        loop {
            let tester = Arc::clone(&tester);
            let look = move |conn: &Connection, _: &_| Ok(look(conn, &tester, after)?);
            let Looked { found, last } = self.shared.read(look).await?;
            for some in found.chunks(CHUNK) {
                let done = submit(&self.writer, BurnMarked { items: some.to_vec() }).await?;
                burned += done.burned;
                all &= done.all;
            }
            match last {
                Some(last) => after = last,
                None if all => return Ok(burned),
                None => return Err(StoreError::Unavailable),
            }
        }
    }
}

/// What one read came to.
struct Looked {
    /// Items, each with the mark that fitted.
    found: Vec<(u64, PanicMark)>,
    /// Where the next one goes on; none at the end.
    last: Option<u64>,
}

fn look(conn: &Connection, tester: &PanicTester, after: u64) -> rusqlite::Result<Looked> {
    let mut query = conn.prepare_cached(
        "SELECT item, panic, id FROM paste INDEXED BY paste_panic WHERE panic IS NOT NULL AND item > ?1 ORDER BY item LIMIT ?2",
    )?;
    let mut rows = query.query([after, ROWS])?;
    let (mut found, mut last, mut count) = (Vec::new(), None, 0);
    while let Some(row) = rows.next()? {
        let (item, mark) = (row.get(0)?, PanicMark::new(row.get(1)?));
        if bool::from(tester.mark(&row.get(2)?).same_as(&mark)) {
            found.push((item, mark));
        }
        (last, count) = (Some(item), count + 1);
    }
    Ok(Looked {
        found,
        last: last.filter(|_| count == ROWS),
    })
}

/// Burns what still has the mark that it was found by.
struct BurnMarked {
    items: Vec<(u64, PanicMark)>,
}

/// What came of it.
struct Done {
    burned: u64,
    /// No key was out of reach.
    all: bool,
}

impl Order for BurnMarked {
    type Answer = Done;

    fn run(&mut self, _: u8, desk: &mut Desk<'_>) -> Result<Turn<Done>, Fault> {
        let (mut burned, mut all) = (0, true);
        for (item, mark) in &self.items {
            let Some(mut row) = rows::by_item(desk.conn, *item)? else {
                continue;
            };
            if !PanicMark::same(row.panic.as_ref(), Some(mark)) {
                continue;
            }
            if !desk.can_burn(&row)? {
                all = false;
                continue;
            }
            let mut answer = None;
            let happened = desk.happen(&mut row, Event::Burn, None).map(|done| answer = Some(done));
            if skip_refused(happened)? && answer == Some(Answer::Done) {
                burned += 1;
            }
        }
        Ok(Turn::Done(Done { burned, all }))
    }
}
