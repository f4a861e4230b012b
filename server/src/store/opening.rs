//! Start-up: the lock, the checks before anything is changed, and what a crash left to finish.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rusqlite::{Connection, OptionalExtension as _};

use super::backup::SCRATCH;
use super::checkpoint::Checkpoints;
use super::damage::Damage;
use super::error::OpenError;
use super::files::{Files, make_folder};
use super::keys::{self, Place, Work};
use super::leases::Leases;
use super::limits::Limits;
use super::panic::Panics;
use super::reserve::Reserve;
use super::rest::{BLOCK_BYTES, SEALED_BYTES};
use super::shared::{Chore, Readers, Shared, Uploads};
use super::slots::{SlotRef, Slots};
use super::timepiece::Timepiece;
use super::watch::Watch;
use super::writer::{Message, Writer};
use super::{Options, Totals, db, moving};
use crate::lifecycle::hour_of;
use crate::report::{self, Event};

/// What was found, before anything is changed.
#[derive(Default)]
pub(super) struct Found {
    pub(super) store_id: Option<[u8; 32]>,
    /// Slots that the database says the file has.
    pub(super) recorded: u64,
    pub(super) mark: u64,
    /// Pastes and tombstones.
    pub(super) rows: u64,
    /// The slots of rows whose keys are, or should be, there.
    pub(super) live: Vec<SlotRef>,
    pub(super) next_item: u64,
    /// Items whose key is overwritten already.
    pub(super) cut_off: Vec<u64>,
    /// Items whose key is gone for good.
    pub(super) lost: Vec<u64>,
    /// The last server kept its keys in memory.
    pub(super) keys_in_memory: bool,
    /// They are lost because they were in memory.
    pub(super) forgotten: bool,
    pub(super) work: Work,
}

impl Found {
    pub(super) fn lose_all(&mut self) {
        self.lose(|_| true);
    }

    pub(super) fn lose(&mut self, which: impl Fn(u64) -> bool) {
        let (lost, live) = std::mem::take(&mut self.live)
            .into_iter()
            .partition(|slot| which(slot.item));
        self.live = live;
        self.lost.extend(Vec::<SlotRef>::into_iter(lost).map(|slot| slot.item));
    }

    fn say_what_is_lost(&self) {
        let pastes = u64::try_from(self.lost.len()).unwrap_or(u64::MAX);
        if pastes > 0 {
            report::say(if self.forgotten {
                Event::KeysForgotten { pastes }
            } else {
                Event::KeysLost { pastes }
            });
        }
    }
}

pub(super) struct Opened {
    pub(super) shared: Arc<Shared>,
    pub(super) writer: Sender<Message>,
    pub(super) thread: JoinHandle<()>,
}

/// Makes the data folder, if it is missing.
pub(crate) fn make_data_folder(folder: &Path) -> Result<(), OpenError> {
    make_folder(folder).map_err(io_at(folder.to_path_buf()))
}

/// Whether a store that is on its way to another machine is opened nevertheless.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fenced {
    Refused,
    Opened,
}

pub(super) fn open(options: Options, fenced: Fenced) -> Result<Opened, OpenError> {
    let folder = options.folder.clone();
    let gate = || {
        if fenced == Fenced::Opened {
            Ok(())
        } else {
            moving::gate(&folder)
        }
    };
    // Before the lock, which the move holds: it is the better reason.
    gate()?;
    let at = |path: &Path| io_at(path.to_path_buf());
    make_data_folder(&folder)?;
    let lock = lock(&folder.join("lock"))?;
    gate()?;
    let database = folder.join("satchel.db");
    let scratch = folder.join(SCRATCH);
    if scratch.exists() && !database.exists() {
        return Err(OpenError::HalfRestored { path: scratch });
    }
    moving::gate_to_serve(&folder)?;
    let place = if options.keys_in_memory {
        Place::Memory
    } else {
        Place::File(options.slots.clone().unwrap_or_else(|| folder.join("shred-keys")))
    };
    let mut found = look_at_database(&database)?;
    keys::look(&mut found, &place, options.accept_lost_keys)?;

    let mut store_id = [0; 32];
    options.random.fill(&mut store_id)?;
    let store_id = found.store_id.unwrap_or(store_id);
    open_private(&database).map_err(at(&database))?;
    let mut conn = db::open_writer(&database, &store_id)?;
    can_write(&conn).map_err(at(&database))?;
    if options.accept_clock {
        // The next start measures against this: accepted once is accepted for good.
        conn.execute(
            "UPDATE store SET value = ?1 WHERE name = 'mark'",
            [hour_of(options.clock.now())],
        )?;
    }
    let watch = watch(&options, &found);
    bury_lost(&options, &mut found, &conn)?;
    let slots = open_slots(&options, &place, &found, (&conn, &store_id))?;
    let files = open_files(&folder, &found)?;
    sync_folder(&folder).map_err(at(&folder))?;
    let damage = Damage::new(without_file(&conn, &files)?);

    let (chores, inbox) = channel();
    let shared = Arc::new(Shared {
        database,
        slots,
        files,
        leases: Leases::default(),
        uploads: Uploads::default(),
        totals: Mutex::new(totals(&conn)?),
        write_ok: AtomicBool::new(true),
        read_ok: AtomicBool::new(true),
        chores,
        time: Timepiece::new(Arc::clone(&options.clock), watch),
        damage,
        limits: Limits::new(options.bytes_max, options.items_max),
        panics: Panics::default(),
        readers: Readers::default(),
        options,
    });
    start_chores(&shared, inbox);
    let checkpoints = Checkpoints::start(&mut conn, shared.database.clone())?;
    let next_lease = load_leases(&conn, &shared)?;
    let made = matches!(found.work, Work::Make | Work::SetAside);
    let recorded = if made { 0 } else { found.recorded };
    let mut writer = Writer {
        conn,
        shared: Arc::clone(&shared),
        reserve: Reserve::open(folder.join("reserve")),
        checkpoints,
        next_lease,
        recorded,
        unfinished: found.cut_off,
        busy: HashSet::new(),
        lock,
    };
    // Burns that were cut off are finished before anybody is served.
    writer.batch(Vec::new());
    let (sender, inbox) = channel();
    let thread = std::thread::Builder::new()
        .name("store-writer".into())
        .spawn(move || writer.work(&inbox));
    Ok(Opened {
        shared,
        writer: sender,
        thread: thread.map_err(at(&folder))?,
    })
}

pub(super) fn io_at(path: PathBuf) -> impl FnOnce(io::Error) -> OpenError {
    move |source| OpenError::Io { path, source }
}

/// One server for one data folder.
pub(super) fn lock(path: &Path) -> Result<File, OpenError> {
    let file = open_private(path).map_err(io_at(path.to_path_buf()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse),
        Err(TryLockError::Error(source)) => Err(OpenError::Io {
            path: path.to_path_buf(),
            source,
        }),
    }
}

/// Where SQLite fails to open its file, its log or its shared memory for writing, it goes on with reading, and refuses each write until the next start.
fn can_write(conn: &Connection) -> io::Result<()> {
    let is_readonly = conn.is_readonly(rusqlite::MAIN_DB).map_err(io::Error::other)?;
    if is_readonly || conn.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_err() {
        return Err(io::Error::other("it could be opened for reading only"));
    }
    Ok(())
}

/// A file that only its owner can open, made when missing.
pub(super) fn open_private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

/// The folder of a bare file name is written as nothing: it is the current one.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    let here = folder.as_os_str().is_empty();
    File::open(if here { Path::new(".") } else { folder })?.sync_all()
}

/// What has lost its key is burned before the slots are touched; what goes with it has its key overwritten by the writer.
fn bury_lost(options: &Options, found: &mut Found, conn: &Connection) -> Result<(), OpenError> {
    let now = watch(options, found).now(options.clock.now(), options.clock.boot());
    let bereft = keys::bury(conn, &found.lost, now)?;
    found.cut_off.extend(bereft);
    found.say_what_is_lost();
    Ok(())
}

/// The slots, once what has lost its key is burned.
fn open_slots(
    options: &Options,
    place: &Place,
    found: &Found,
    (conn, store_id): (&Connection, &[u8; 32]),
) -> Result<Slots, OpenError> {
    let path = match place {
        Place::File(path) => path.clone(),
        Place::Memory => options.folder.clone(),
    };
    let slots = keys::open(place, store_id, found, conn).map_err(io_at(path))?;
    // On a full disk there is no room for new keys: creations will say so, and all else goes on.
    let _ = slots.grow_at_start();
    let _ = slots.fill(&*options.random);
    Ok(slots)
}

/// The files of large contents, without those of no paste.
fn open_files(folder: &Path, found: &Found) -> Result<Files, OpenError> {
    let content = folder.join("content");
    let files = Files::open(content.clone()).map_err(io_at(content.clone()))?;
    let mut live: Vec<u64> = found.live.iter().map(|slot| slot.item).collect();
    live.sort_unstable();
    files
        .remove_strays(|item| live.binary_search(&item).is_ok())
        .map_err(io_at(content))?;
    Ok(files)
}

fn watch(options: &Options, found: &Found) -> Watch {
    Watch::new(
        options.clock.now(),
        options.clock.boot(),
        if found.rows > 0 { found.mark } else { 0 },
        options.downtime_secs_max,
        options.accept_clock,
    )
}

/// Items whose content should lie in a file that is not there, or is too short. They are kept: the folder may come back.
fn without_file(conn: &Connection, files: &Files) -> Result<HashSet<u64>, OpenError> {
    let mut query = conn.prepare(
        "SELECT item, held - shared FROM paste WHERE state < 2 AND size - shared > ?1 AND held - shared >= ?2",
    )?;
    let rows = query.query_map([super::ROW_BYTES_MAX, BLOCK_BYTES], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    let mut missing = HashSet::new();
    for row in rows {
        let (item, held): (u64, u64) = row?;
        if files.len(item) < held / BLOCK_BYTES * SEALED_BYTES {
            missing.insert(item);
        }
    }
    Ok(missing)
}

fn look_at_database(database: &Path) -> Result<Found, OpenError> {
    if !fs::metadata(database).is_ok_and(|found| found.len() > 0) {
        return Ok(Found {
            next_item: 1,
            ..Found::default()
        });
    }
    let opened = match db::open_untouched(database) {
        // Cut off even before there was a log: nothing was kept in it yet.
        Err(OpenError::Database(error)) if db::is_half_made(&error) => {
            db::roll_back(database)?;
            db::open_untouched(database)
        }
        opened => opened,
    };
    let conn = match opened {
        Ok(conn) => conn,
        // Made, and cut off before its schema was committed.
        Err(OpenError::Version { found: 0, .. }) => {
            return Ok(Found {
                next_item: 1,
                ..Found::default()
            });
        }
        Err(error) => return Err(error),
    };
    let value = |name: &str| conn.query_row("SELECT value FROM store WHERE name = ?1", [name], |row| row.get(0));
    let store_id = conn.query_row("SELECT value FROM store WHERE name = 'id'", [], |row| row.get(0))?;
    let (rows, last): (u64, u64) = conn.query_row("SELECT count(*), coalesce(max(item), 0) FROM paste", [], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    let mut query = conn.prepare("SELECT slot, item, generation FROM paste WHERE slot IS NOT NULL")?;
    let live = query
        .query_map([], |row| {
            Ok(SlotRef {
                slot: row.get(0)?,
                item: row.get(1)?,
                generation: row.get(2)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    let keys: Option<String> = conn
        .query_row("SELECT value FROM store WHERE name = 'keys'", [], |row| row.get(0))
        .optional()?;
    Ok(Found {
        keys_in_memory: keys.as_deref() == Some("memory"),
        store_id: Some(store_id),
        recorded: value("slots")?,
        mark: value("mark")?,
        rows,
        live,
        next_item: last + 1,
        ..Found::default()
    })
}

fn totals(conn: &Connection) -> Result<Totals, OpenError> {
    let query = "SELECT count(*), coalesce(sum(size - shared), 0) FROM paste WHERE state < 2";
    Ok(conn.query_row(query, [], |row| {
        Ok(Totals {
            items: row.get(0)?,
            bytes: row.get(1)?,
        })
    })?)
}

/// Idle times are unknown after a start: they count from now. Returns the next lease's number.
fn load_leases(conn: &Connection, shared: &Shared) -> Result<u64, OpenError> {
    let boot = shared.boot();
    let mut query =
        conn.prepare("SELECT lease, item, size, ends_at FROM lease JOIN paste USING (item) WHERE phase = 0")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        shared
            .leases
            .start(row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, boot);
    }
    Ok(conn.query_row("SELECT coalesce(max(lease), 0) + 1 FROM lease", [], |row| row.get(0))?)
}

/// Work that no request waits for, on a thread that ends with the store.
fn start_chores(shared: &Arc<Shared>, inbox: Receiver<Chore>) {
    let shared = Arc::downgrade(shared);
    std::thread::spawn(move || {
        for chore in inbox {
            let Some(shared) = shared.upgrade() else { return };
            match chore {
                // When it fails, the next creation tries again and says so.
                Chore::Fill => {
                    let random = &*shared.options.random;
                    drop(shared.slots.fill(random).and_then(|()| shared.slots.grow_ahead(random)));
                }
                Chore::Remove(item) => shared.files.remove(item),
            }
        }
    });
}
