//! A disk with a volatile cache: from the shim's record of what a server did to its files, what a power cut may leave of them.
//!
//! What was changed before a sync began is there once that sync was done. Of what was changed since, each write may be missing, or torn at sectors, and
//! each length and each name may be the old one, all independent of each other. A file's sync says nothing of its name: that takes its folder's.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::Dice;

const SECTOR: usize = 512;

/// What happened to a file.
#[derive(Clone)]
enum Change {
    Write { offset: usize, bytes: Range<usize> },
    Len(usize),
}

/// What happened to a name.
#[derive(Clone)]
enum Renaming {
    Made { path: PathBuf, file: usize },
    Gone(PathBuf),
    Moved { from: PathBuf, to: PathBuf },
}

impl Renaming {
    /// The folder whose sync makes it durable.
    fn folder(&self) -> &Path {
        let (Self::Made { path, .. } | Self::Gone(path) | Self::Moved { to: path, .. }) = self;
        path.parent().unwrap()
    }

    fn apply(&self, names: &mut BTreeMap<PathBuf, usize>) {
        match self {
            Self::Made { path, file } => drop(names.insert(path.clone(), *file)),
            Self::Gone(path) => drop(names.remove(path)),
            Self::Moved { from, to } => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
        }
    }
}

/// One file, whatever its names are; or a folder, which has no bytes.
#[derive(Default)]
struct Body {
    is_folder: bool,
    durable: Vec<u8>,
    /// Since when, and what.
    since: Vec<(u64, Change)>,
}

/// A disk that is played on along a record.
pub struct Disk<'a> {
    record: &'a [u8],
    root: PathBuf,
    /// Whose syncs do nothing.
    deaf: &'a dyn Fn(&Path) -> bool,
    /// How far it was played.
    at: usize,
    bodies: Vec<Body>,
    by_number: HashMap<u64, usize>,
    names: BTreeMap<PathBuf, usize>,
    names_since: Vec<(u64, Renaming)>,
    /// Syncs under way: of what, and since when.
    syncing: HashMap<u64, (u64, PathBuf, u64)>,
}

struct Entry {
    kind: u8,
    file: u64,
    at: u64,
    bytes: Range<usize>,
}

fn entry_at(record: &[u8], at: usize) -> Option<Entry> {
    let word = |from: usize| Some(u64::from_le_bytes(record.get(from..from + 8)?.try_into().unwrap()));
    let len = usize::try_from(word(at + 17)?).unwrap();
    let bytes = at + 25..at + 25 + len;
    record.get(bytes.clone())?;
    Some(Entry {
        kind: record[at],
        file: word(at + 1)?,
        at: word(at + 9)?,
        bytes,
    })
}

/// Each moment at which a record could end.
#[must_use]
pub fn moments(record: &[u8]) -> Vec<u64> {
    let mut at = 0;
    std::iter::from_fn(|| {
        at = entry_at(record, at)?.bytes.end;
        Some(at as u64)
    })
    .collect()
}

impl<'a> Disk<'a> {
    /// An empty `root`, before anything on the record. The syncs of paths that are `deaf` do nothing.
    #[must_use]
    pub fn new(record: &'a [u8], root: &Path, deaf: &'a dyn Fn(&Path) -> bool) -> Self {
        Self {
            record,
            root: root.canonicalize().unwrap(),
            deaf,
            at: 0,
            bodies: Vec::new(),
            by_number: HashMap::new(),
            names: BTreeMap::new(),
            names_since: Vec::new(),
            syncing: HashMap::new(),
        }
    }

    /// Plays on until `moment`.
    ///
    /// # Panics
    /// When the record makes no sense.
    pub fn play(&mut self, moment: u64) {
        while let Some(entry) = entry_at(self.record, self.at).filter(|entry| entry.bytes.end as u64 <= moment) {
            self.happen(&entry);
            self.at = entry.bytes.end;
        }
    }

    fn happen(&mut self, entry: &Entry) {
        let now = self.at as u64;
        let text = || std::str::from_utf8(&self.record[entry.bytes.clone()]).unwrap();
        match entry.kind {
            b'w' => {
                let offset = usize::try_from(entry.at).unwrap();
                let bytes = entry.bytes.clone();
                self.change(entry.file, Change::Write { offset, bytes });
            }
            b't' => self.change(entry.file, Change::Len(usize::try_from(entry.at).unwrap())),
            b'c' | b'm' => {
                let path = PathBuf::from(text());
                self.bodies.push(Body {
                    is_folder: entry.kind == b'm',
                    ..Body::default()
                });
                let file = self.bodies.len() - 1;
                if entry.kind == b'c' {
                    // The system may give a number again.
                    self.by_number.insert(entry.file, file);
                }
                self.names_since.push((now, Renaming::Made { path, file }));
            }
            b'u' => {
                let path = PathBuf::from(text());
                self.names_since.push((now, Renaming::Gone(path)));
            }
            b'r' => {
                let (from, to) = text().split_once('\n').unwrap();
                let (from, to) = (from.into(), to.into());
                self.names_since.push((now, Renaming::Moved { from, to }));
            }
            b's' => {
                let path = PathBuf::from(text());
                self.syncing.insert(entry.at, (entry.file, path, now));
            }
            b'd' => self.synced(entry.at),
            kind => panic!("{kind} in the record"),
        }
    }

    fn change(&mut self, file: u64, change: Change) {
        let now = self.at as u64;
        let file = self.by_number[&file];
        self.bodies[file].since.push((now, change));
    }

    fn synced(&mut self, sync: u64) {
        let (file, path, began) = self.syncing.remove(&sync).unwrap();
        if (self.deaf)(&path) {
            return;
        }
        if path.is_dir() || path == self.root {
            let (before, since) = std::mem::take(&mut self.names_since)
                .into_iter()
                .partition(|(at, renaming)| *at < began && renaming.folder() == path);
            self.names_since = since;
            Vec::<(u64, Renaming)>::into_iter(before).for_each(|(_, renaming)| renaming.apply(&mut self.names));
            return;
        }
        let body = &mut self.bodies[self.by_number[&file]];
        let (before, since) = std::mem::take(&mut body.since)
            .into_iter()
            .partition(|(at, _)| *at < began);
        body.since = since;
        for (_, change) in Vec::<(u64, Change)>::into_iter(before) {
            apply(self.record, &mut body.durable, &change, &mut || true);
        }
    }

    /// What a power cut now may leave, each time another: written into `folder`, which is made.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn cut(&self, dice: &mut Dice, folder: &Path) {
        // From nothing of what was not synced to all of it.
        let quarters = dice.roll(5);
        let mut names = self.names.clone();
        for (_, renaming) in &self.names_since {
            if dice.roll(4) < quarters {
                renaming.apply(&mut names);
            }
        }
        fs::create_dir(folder).unwrap();
        // In order: a folder comes before what is in it.
        for (path, file) in &names {
            let body = &self.bodies[*file];
            let path = folder.join(path.strip_prefix(&self.root).unwrap());
            if body.is_folder {
                fs::create_dir(path).unwrap();
            } else if path.parent().unwrap().is_dir() && !path.to_string_lossy().ends_with("-shm") {
                // What is shared between processes of SQLite is made anew by the first one.
                fs::write(path, self.left_of(body, quarters, dice)).unwrap();
            }
        }
    }

    fn left_of(&self, body: &Body, quarters: u64, dice: &mut Dice) -> Vec<u8> {
        let mut left = body.durable.clone();
        for (_, change) in &body.since {
            let torn = dice.roll(4) == 0;
            let kept = dice.roll(4) < quarters;
            match change {
                Change::Write { offset, bytes } if !kept && !torn => {
                    // The file may have grown without what was to be in it.
                    let end = offset + bytes.len();
                    if quarters > 0 && dice.roll(4) == 0 && left.len() < end {
                        left.resize(end, 0);
                    }
                }
                Change::Len(_) if !kept => {}
                _ if quarters == 0 => {}
                change => apply(self.record, &mut left, change, &mut || !torn || dice.roll(2) == 0),
            }
        }
        left
    }
}

/// Carries a change out, sector by sector where `lands` says yes.
fn apply(record: &[u8], left: &mut Vec<u8>, change: &Change, lands: &mut dyn FnMut() -> bool) {
    match change {
        Change::Len(len) => left.resize(*len, 0),
        Change::Write { offset, bytes } => {
            let written = &record[bytes.clone()];
            let mut done = 0;
            while done < written.len() {
                let at = offset + done;
                let len = (SECTOR - at % SECTOR).min(written.len() - done);
                if lands() {
                    if left.len() < at + len {
                        left.resize(at + len, 0);
                    }
                    left[at..at + len].copy_from_slice(&written[done..done + len]);
                }
                done += len;
            }
        }
    }
}
