//! Checkpoints: the log's pages go to the database beside the writer, which goes on meanwhile.
//!
//! The log starts again from its beginning once all of it is in the database. While the writer goes on that never comes; so what came
//! meanwhile, which is little, the writer itself puts there when it has answered. A log that stays short is also what readers are quick with: a page
//! that was written often stands in it as often, and they pass over all of them.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;

use super::db;
use super::error::OpenError;

/// Pages in the log after which there is a checkpoint beside the writer.
const BESIDE: u32 = 700;
/// Pages in the log at which the writer does all of it. The reserve for a full disk is larger.
pub(super) const BOUND: u32 = 2600;
/// Pages in the log at which the writer also waits for those who read from it: one after the other, they can keep it from ever starting again.
const FIRM: u32 = 2900;
/// For so long. Somebody may read for minutes, as an operator's check does: then the log grows, and they are waited for more and more seldom.
const WAIT: Duration = Duration::from_millis(250);

pub(super) struct Checkpoints {
    /// Pages in the log, as of the last commit.
    pages: Arc<AtomicU32>,
    /// Pages in the log when it was last looked at.
    seen: u32,
    /// At how many there is the next one beside the writer.
    next: u32,
    /// At how many the readers are waited for, and after how many more the next time.
    firm: (u32, u32),
    ask: SyncSender<()>,
    /// One beside the writer was asked for, and has not come to its end.
    beside: bool,
    ended: Receiver<()>,
    thread: JoinHandle<()>,
}

impl Checkpoints {
    /// Takes the writer's connection's own automatic checkpoints over.
    ///
    /// # Errors
    /// When SQLite refuses, or no thread can be had.
    pub(super) fn start(writer: &mut Connection, database: PathBuf) -> Result<Self, OpenError> {
        let pages = Arc::new(AtomicU32::new(0));
        let here = Arc::clone(&pages);
        let hook = move |_: &mut rusqlite::hooks::Wal, pages: std::ffi::c_int| {
            here.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        };
        writer.wal_hook(Some(hook))?;
        let (ask, asked) = sync_channel(1);
        let (end, ended) = channel();
        let path = database.clone();
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".into())
            .spawn(move || {
                let mut conn = None;
                for () in asked {
                    // When it fails, the log grows, and the writer has its turn.
                    let open = match conn.take() {
                        Some(open) => Ok(open),
                        None => db::open_reader(&database),
                    };
                    conn = open.ok();
                    drop(conn.as_ref().map(run));
                    if end.send(()).is_err() {
                        return;
                    }
                }
            });
        Ok(Self {
            pages,
            seen: 0,
            next: BESIDE,
            firm: (FIRM, BESIDE),
            ask,
            beside: false,
            ended,
            thread: thread.map_err(|source| OpenError::Io { path, source })?,
        })
    }

    /// After a commit, when its requests are answered.
    pub(super) fn follow(&mut self, writer: &Connection) {
        let pages = self.pages.load(Ordering::Relaxed);
        // At the bound it is waited for: while it runs there can be no other, and the log would have none.
        let ended = self.beside
            && if pages >= BOUND {
                self.ended.recv().is_ok()
            } else {
                self.ended.try_recv().is_ok()
            };
        self.beside &= !ended;
        if pages < self.seen {
            self.firm = (FIRM, BESIDE);
        }
        let (at, more) = self.firm;
        if pages >= at {
            self.firm = (pages + more, more.saturating_mul(2));
            drop(restart(writer));
        } else if ended || pages >= BOUND {
            // When it fails, after a later commit again.
            drop(run(writer));
            self.next = pages + BESIDE;
        } else if pages < self.seen {
            self.next = BESIDE;
        }
        self.seen = pages;
        if pages >= self.next && !self.beside {
            self.next = pages + BESIDE;
            self.beside = self.ask.try_send(()).is_ok();
        }
    }

    /// Ends the one that runs. The last connection of all, which empties the log, is the writer's.
    pub(super) fn end(self) {
        drop(self.ask);
        // When it panicked there is nothing left to end.
        let _ = self.thread.join();
    }
}

/// What is in the log and no reader needs goes to the database, synced, before the log may start again.
fn run(conn: &Connection) -> rusqlite::Result<()> {
    conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}

/// As [`run`], and waits until nobody reads from the log: the next commit begins it anew.
fn restart(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(WAIT)?;
    let done = conn.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(()));
    conn.busy_timeout(db::BUSY)?;
    done
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::AtomicBool;
    use std::time::Instant;

    use super::*;

    fn write_pages(conn: &Connection, count: u32) {
        for _ in 0..count / 10 {
            conn.execute("INSERT INTO block (sealed) VALUES (zeroblob(36000))", [])
                .unwrap();
        }
    }

    fn len(path: &Path) -> u64 {
        std::fs::metadata(path).map_or(0, |found| found.len())
    }

    #[test]
    fn a_long_log_goes_to_the_database_while_the_writer_does_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("satchel.db");
        let mut conn = db::open_writer(&path, &[1; 32]).unwrap();
        let mut checkpoints = Checkpoints::start(&mut conn, path.clone()).unwrap();

        write_pages(&conn, BESIDE / 2);
        checkpoints.follow(&conn);
        assert_eq!(checkpoints.next, BESIDE, "half of it is not enough");
        write_pages(&conn, BESIDE);
        assert!(len(&path) < 100 * 4096);
        checkpoints.follow(&conn);
        assert!(checkpoints.next > BESIDE);

        let begun = Instant::now();
        while len(&path) < u64::from(BESIDE) * 4096 {
            assert!(begun.elapsed() < Duration::from_secs(30), "{} bytes", len(&path));
            std::thread::yield_now();
        }
        checkpoints.end();
    }

    #[test]
    fn a_writer_that_never_rests_keeps_the_log_within_its_bound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("satchel.db");
        let log = folder.path().join("satchel.db-wal");
        let mut conn = db::open_writer(&path, &[1; 32]).unwrap();
        let mut checkpoints = Checkpoints::start(&mut conn, path.clone()).unwrap();
        for _ in 0..200 {
            write_pages(&conn, 100);
            checkpoints.follow(&conn);
            // One beside it may be on the way when the bound is reached: then the next commit sees to it.
            assert!(len(&log) < u64::from(BOUND + 2 * BESIDE) * 4120, "{} bytes", len(&log));
        }
        let begun = Instant::now();
        while checkpoints.pages.load(Ordering::Relaxed) > BESIDE {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "the log does not start again"
            );
            write_pages(&conn, 10);
            checkpoints.follow(&conn);
        }
        assert!(len(&path) > 10_000 * 4096);
        checkpoints.end();
        drop(conn);
        assert_eq!(len(&log), 0, "the last connection empties it");
    }

    /// Opens the next reading before the one before it ends: never is there none.
    fn read_without_a_gap(path: &Path, stop: &AtomicBool) {
        let readers: [Connection; 2] = std::array::from_fn(|_| db::open_reader(path).unwrap());
        let mut at = 0;
        let begin = |conn: &Connection| {
            conn.execute_batch("BEGIN").unwrap();
            conn.query_row("SELECT count(*) FROM store", [], |_| Ok(())).unwrap();
        };
        begin(&readers[0]);
        while !stop.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(20));
            begin(&readers[1 - at]);
            readers[at].execute_batch("COMMIT").unwrap();
            at = 1 - at;
        }
    }

    #[test]
    fn readers_of_whom_there_is_always_one_do_not_keep_the_log_from_starting_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("satchel.db");
        let log = folder.path().join("satchel.db-wal");
        let mut conn = db::open_writer(&path, &[1; 32]).unwrap();
        let mut checkpoints = Checkpoints::start(&mut conn, path.clone()).unwrap();
        let stop = AtomicBool::new(false);
        let longest = std::thread::scope(|scope| {
            scope.spawn(|| read_without_a_gap(&path, &stop));
            let mut longest = 0;
            for _ in 0..2000 {
                write_pages(&conn, 10);
                checkpoints.follow(&conn);
                longest = longest.max(len(&log));
            }
            stop.store(true, Ordering::Relaxed);
            longest
        });
        println!("figure: 20,000 pages written while somebody always reads: a log of at most {longest} bytes");
        assert!(longest < 16 << 20, "{longest} bytes");
        checkpoints.end();
    }

    #[test]
    fn one_who_reads_for_long_is_not_waited_for_at_each_commit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("satchel.db");
        let mut conn = db::open_writer(&path, &[1; 32]).unwrap();
        let mut checkpoints = Checkpoints::start(&mut conn, path.clone()).unwrap();
        let reader = db::open_reader(&path).unwrap();
        reader.execute_batch("BEGIN").unwrap();
        reader.query_row("SELECT count(*) FROM store", [], |_| Ok(())).unwrap();
        let mut waits = 0;
        for _ in 0..1000 {
            write_pages(&conn, 10);
            let begun = Instant::now();
            checkpoints.follow(&conn);
            waits += usize::from(begun.elapsed() >= WAIT);
        }
        assert!((1..=6).contains(&waits), "{waits} commits waited");
        reader.execute_batch("COMMIT").unwrap();
        while checkpoints.pages.load(Ordering::Relaxed) > FIRM {
            write_pages(&conn, 10);
            checkpoints.follow(&conn);
        }
        checkpoints.end();
    }
}
