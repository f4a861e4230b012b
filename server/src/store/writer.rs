//! The one writer: requests that arrive together share a transaction and a sync, and are answered after the commit.
//!
//! Order within a batch: each request by itself, so that one that fails leaves nothing; then all doomed shred slots are overwritten and
//! synced once; then the commit; then what is in memory; then the replies.
//!
//! A savepoint for each request would do that, and costs a copy of each page for each of them. Nearly all of those that fail have written
//! nothing yet; so there is none until one fails after it wrote. Then all of it is undone, and runs again with savepoints.

use std::collections::HashSet;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::checkpoint::Checkpoints;
use super::desk::{Desk, Mark};
use super::error::StoreError;
use super::fault::Fault;
use super::reserve::Reserve;
use super::rows::{self, Place};
use super::shared::{Chore, Shared};
use crate::lifecycle::Event;

/// Most requests that join a transaction; those that wait for another claim of their paste do not count, so that nobody else waits for them.
const BATCH: usize = 256;

/// One kind of request.
pub(super) trait Order: Send + 'static {
    /// What it answers.
    type Answer: Send + 'static;
    /// Refused first when the disk is full.
    const UPLOADS: bool = false;
    /// Reads and writes within the transaction. May run again from the same step, when the transaction was undone.
    fn run(&mut self, step: u8, desk: &mut Desk<'_>) -> Result<Turn<Self::Answer>, Fault>;
    /// The commit is durable: whether the order was done, or refused. Not called when the commit failed, for nobody knows then what a
    /// restart will find.
    fn settled(&mut self, done: bool) {
        let _ = done;
    }
}

/// How a run went.
pub(super) enum Turn<A> {
    /// Answer this once it is durable.
    Done(A),
    /// Answer this refusal once what was changed is durable.
    Refused(StoreError),
    /// Once what was changed is durable, run again with this step.
    Again(u8),
}

pub(super) enum Message {
    Job(Box<dyn Job>),
    Stop,
}

/// An order with its way back.
pub(super) trait Job: Send {
    fn run(&mut self, desk: &mut Desk<'_>, refuse_uploads: bool) -> Result<(), Fault>;
    fn settle(self: Box<Self>, committed: Result<(), StoreError>) -> Option<Box<dyn Job>>;
}

struct Ticket<O: Order> {
    order: O,
    step: u8,
    ran: Result<Turn<O::Answer>, StoreError>,
    reply: oneshot::Sender<Result<O::Answer, StoreError>>,
}

impl<O: Order> Job for Ticket<O> {
    fn run(&mut self, desk: &mut Desk<'_>, refuse_uploads: bool) -> Result<(), Fault> {
        if O::UPLOADS && refuse_uploads {
            self.ran = Err(StoreError::StorageFull { limit: None });
            return Ok(());
        }
        match self.order.run(self.step, desk) {
            Ok(turn) => {
                self.ran = Ok(turn);
                Ok(())
            }
            Err(fault) => {
                self.ran = Err(fault.answer());
                Err(fault)
            }
        }
    }

    fn settle(mut self: Box<Self>, committed: Result<(), StoreError>) -> Option<Box<dyn Job>> {
        let ran = std::mem::replace(&mut self.ran, Err(StoreError::Unavailable));
        let known = committed.is_ok();
        let result = match committed.and(ran) {
            Ok(Turn::Again(step)) => {
                self.step = step;
                return Some(self);
            }
            Ok(Turn::Done(answer)) => Ok(answer),
            Ok(Turn::Refused(error)) | Err(error) => Err(error),
        };
        let Self { mut order, reply, .. } = *self;
        if known {
            order.settled(result.is_ok());
        }
        // Whoever is answered finds that the order holds nothing any more.
        drop(order);
        // Nobody waits any more: what was done stays done.
        let _ = reply.send(result);
        None
    }
}

/// Hands an order to the writer and waits for its answer.
pub(super) async fn submit<O: Order>(writer: &Sender<Message>, order: O) -> Result<O::Answer, StoreError> {
    let (reply, answer) = oneshot::channel();
    post(writer, order, reply);
    answer.await.unwrap_or(Err(StoreError::Unavailable))
}

/// Hands an order to the writer without waiting.
pub(super) fn post<O: Order>(
    writer: &Sender<Message>,
    order: O,
    reply: oneshot::Sender<Result<O::Answer, StoreError>>,
) {
    let job = Ticket {
        order,
        step: 0,
        ran: Err(StoreError::Unavailable),
        reply,
    };
    // When the writer has stopped, the reply is dropped with the job, and that is the answer.
    let _ = writer.send(Message::Job(Box::new(job)));
}

pub(super) struct Writer {
    pub(super) conn: Connection,
    pub(super) shared: Arc<Shared>,
    pub(super) reserve: Reserve,
    pub(super) checkpoints: Checkpoints,
    pub(super) next_lease: u64,
    /// Slots that the database says the file has.
    pub(super) recorded: u64,
    /// Items whose key is overwritten and whose commit failed.
    pub(super) unfinished: Vec<u64>,
    pub(super) busy: HashSet<u64>,
    /// Given back when the writer ends.
    pub(super) lock: File,
}

impl Writer {
    /// Works until it is told to stop or nobody can ask any more.
    pub(super) fn work(mut self, inbox: &Receiver<Message>) {
        let mut batch: Vec<Box<dyn Job>> = Vec::new();
        let mut stop = false;
        while !stop {
            if batch.is_empty() {
                match inbox.recv() {
                    Ok(Message::Job(job)) => batch.push(job),
                    Ok(Message::Stop) | Err(_) => break,
                }
            }
            let full = batch.len() + BATCH;
            while batch.len() < full {
                match inbox.try_recv() {
                    Ok(Message::Job(job)) => batch.push(job),
                    Ok(Message::Stop) => {
                        stop = true;
                        break;
                    }
                    Err(_) => break,
                }
            }
            batch = self.batch(batch);
            self.checkpoints.follow(&self.conn);
            if self.shared.slots.is_low() {
                let _ = self.shared.chores.send(Chore::Fill);
            }
        }
        while !batch.is_empty() {
            batch = self.batch(batch);
        }
        self.shared.close_readers();
        self.shared.slots.shut();
        let Self {
            conn,
            lock,
            checkpoints,
            ..
        } = self;
        checkpoints.end();
        // The lock goes last: whoever gets it finds a database that is closed.
        drop(conn);
        drop(lock);
    }

    /// One transaction. Returns who has to run again.
    pub(super) fn batch(&mut self, mut batch: Vec<Box<dyn Job>>) -> Vec<Box<dyn Job>> {
        let busy = self.busy.clone();
        let mut result = self.attempt(&mut batch);
        if result.as_ref().is_err_and(Fault::is_full) {
            self.make_room();
            self.busy.clone_from(&busy);
            result = self.attempt(&mut batch);
        }
        self.shared.write_ok.store(result.is_ok(), Ordering::Relaxed);
        if result.is_err() {
            self.busy.clear();
        }
        let committed = result.map_err(|fault| fault.answer());
        batch.into_iter().filter_map(|job| job.settle(committed)).collect()
    }

    /// The first reader after a commit notes in the log's index how far it reads. The writer does so in its place: a `GET` writes nothing.
    fn leave_read_mark(&self) {
        let read = self.conn.prepare_cached("SELECT 1 FROM store LIMIT 1");
        // When it fails, the commit is durable all the same.
        drop(read.and_then(|mut read| read.query_row([], |_| Ok(()))));
    }

    /// The disk is full: the reserve goes to the database, and the log starts again from its beginning, in the room that it has. Uploads
    /// are refused from now on, so that this is enough for claims and burns.
    fn make_room(&mut self) {
        self.reserve.release();
        let restarted = self.conn.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(()));
        // When it fails, so will the next attempt, and that is what is answered.
        drop(restarted);
    }

    fn attempt(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), Fault> {
        let refuse_uploads = self.reserve.is_short();
        self.conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let busy = self.busy.clone();
        let mut desk = Desk::new(&self.conn, &self.shared, self.next_lease, &mut self.busy);
        let unfinished = std::mem::take(&mut self.unfinished);
        let start = desk.mark();
        let mut result = run_all(&mut desk, batch, &unfinished, (refuse_uploads, Undo::Batch));
        if matches!(result, Ok(Ran::ToUndo)) {
            desk.back_to(start);
            *desk.busy = busy;
            let again = self
                .conn
                .execute_batch("ROLLBACK; BEGIN IMMEDIATE")
                .map_err(Fault::from);
            result = again.and_then(|()| run_all(&mut desk, batch, &unfinished, (refuse_uploads, Undo::Request)));
        }
        let result = result.and_then(|_| {
            desk.record_slots(self.recorded)?;
            self.shared.slots.overwrite(&desk.doomed)?;
            Ok(self.conn.prepare_cached("COMMIT")?.execute([]).map(drop)?)
        });
        let closed = desk.close();
        match result {
            Ok(()) => {
                self.leave_read_mark();
                self.next_lease = closed.next_lease;
                self.recorded = self.recorded.max(closed.recorded.unwrap_or(0));
                closed.carry_out(&self.shared);
                Ok(())
            }
            Err(fault) => {
                // What was overwritten cannot come back: the next transaction says so in its row.
                self.unfinished = unfinished;
                self.unfinished.extend(closed.doomed.iter().map(|slot| slot.item));
                if !self.conn.is_autocommit() {
                    let _ = self.conn.execute_batch("ROLLBACK");
                }
                Err(fault)
            }
        }
    }
}

/// What can be undone while a batch runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Undo {
    /// All of it.
    Batch,
    /// Each request alone.
    Request,
}

/// How a batch ran.
enum Ran {
    Whole,
    /// A request failed after it wrote, and cannot be undone alone.
    ToUndo,
}

fn run_all(
    desk: &mut Desk<'_>,
    batch: &mut [Box<dyn Job>],
    unfinished: &[u64],
    (refuse_uploads, undo): (bool, Undo),
) -> Result<Ran, Fault> {
    for job in batch {
        if undo == Undo::Request {
            in_savepoint(desk, |desk| job.run(desk, refuse_uploads))?;
        } else if !wrote_nothing_or_ran(desk, |desk| job.run(desk, refuse_uploads))? {
            return Ok(Ran::ToUndo);
        }
    }
    finish(desk, unfinished)?;
    Ok(Ran::Whole)
}

/// Finishes burns that were cut off. Documents come last: one that went with its last link says how that link ended, and not the other way round.
fn finish(desk: &mut Desk<'_>, unfinished: &[u64]) -> Result<(), Fault> {
    for documents in [false, true] {
        for item in unfinished {
            if let Some(mut row) = rows::by_item(desk.conn, *item)?
                && (row.place == Place::Document) == documents
            {
                desk.happen(&mut row, Event::KeyGone, None)?;
            }
        }
    }
    Ok(())
}

/// False for a request that failed after it wrote.
fn wrote_nothing_or_ran(
    desk: &mut Desk<'_>,
    run: impl FnOnce(&mut Desk<'_>) -> Result<(), Fault>,
) -> Result<bool, Fault> {
    let (mark, written) = (desk.mark(), desk.conn.total_changes());
    if let Err(fault) = run(desk) {
        if fault.is_full() || desk.conn.is_autocommit() {
            return Err(fault);
        }
        if desk.conn.total_changes() != written {
            return Ok(false);
        }
        desk.back_to(mark);
    }
    Ok(true)
}

/// A request that fails undoes its own changes; the batch fails only when the transaction is lost or the disk is full.
fn in_savepoint(desk: &mut Desk<'_>, run: impl FnOnce(&mut Desk<'_>) -> Result<(), Fault>) -> Result<(), Fault> {
    desk.conn.prepare_cached("SAVEPOINT job")?.execute([])?;
    let mark: Mark = desk.mark();
    let ran = run(desk);
    if let Err(fault) = ran {
        if fault.is_full() || desk.conn.is_autocommit() {
            return Err(fault);
        }
        desk.conn.prepare_cached("ROLLBACK TO job")?.execute([])?;
        desk.back_to(mark);
    }
    desk.conn.prepare_cached("RELEASE job")?.execute([])?;
    Ok(())
}

#[cfg(test)]
mod tests;
