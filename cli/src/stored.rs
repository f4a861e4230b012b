//! A container to be opened: a file, a page that carries one, or standard input kept aside as the ciphertext it is. Alone, or a set of them.

use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use satchel_client::crypto::limit::{PRELUDE_LEN, SET_HEAD_LEN};
use satchel_client::crypto::{Allowed, Container, Key, Prelude, SetHead, SetId, Verdict};

use crate::ask::is_dash;
use crate::container::Unlocked;
use crate::failure::Failure;
use crate::page::{self, InPage};
use crate::position::read_up_to;

/// A container at hand, or a set of them.
pub(crate) struct Stored {
    file: File,
    path: PathBuf,
    len: u64,
    is_set: bool,
    members: Vec<Member>,
}

/// A container, and where it lies in the file.
pub(crate) struct Member {
    /// Its header.
    pub(crate) container: Container,
    range: Range<u64>,
}

impl Member {
    /// Its length.
    pub(crate) const fn len(&self) -> u64 {
        self.range.end - self.range.start
    }
}

impl Stored {
    /// Reads what stands before the first segment; of a set, in each member.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |source| Failure::Read {
            path: path.to_owned(),
            source,
        };
        let named = if is_dash(path) { spooled() } else { File::open(path) };
        let mut file = named.map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        if !metadata.is_file() {
            file = spool(file).map_err(failed)?;
        }
        let mut start = read_up_to(&file, 0, SET_HEAD_LEN).map_err(failed)?;
        if page::may_be(&start) {
            match page::read(&file).map_err(failed)? {
                InPage::Container(container) => {
                    file = spool(&*container).map_err(failed)?;
                    start = read_up_to(&file, 0, SET_HEAD_LEN).map_err(failed)?;
                }
                InPage::Damaged => return Err(Failure::LetterDamaged(path.to_owned())),
                InPage::Nothing => {}
            }
        }
        let mut stored = Self {
            len: file.metadata().map_err(failed)?.len(),
            is_set: SetHead::is_set(&start),
            file,
            path: path.to_owned(),
            members: Vec::new(),
        };
        stored.members = if stored.is_set {
            stored.read_set(&start)?
        } else {
            vec![stored.read_member(0..stored.len, None)?]
        };
        Ok(stored)
    }

    /// Where the members lie, and their ids; only then what is in them.
    fn read_set(&self, start: &[u8]) -> Result<Vec<Member>, Failure> {
        let head = SetHead::parse(start)?;
        let (mut ranges, mut ids) = (Vec::new(), Vec::new());
        let mut at = SET_HEAD_LEN as u64;
        for _ in 0..head.count {
            let len = self.read_up_to(at, 8)?;
            let len = u64::from_be_bytes(*len.first_chunk().ok_or(Verdict::Truncated)?);
            let start = at + 8;
            let end = start.checked_add(len).filter(|end| *end <= self.len);
            at = end.ok_or(Verdict::Truncated)?;
            ranges.push(start..at);
            let prelude = self.read_up_to(start, PRELUDE_LEN.min(usize::try_from(len).unwrap_or(PRELUDE_LEN)))?;
            ids.push(SetHead::member_id(&prelude)?);
        }
        if at != self.len {
            return Err(Verdict::MalformedSet.into());
        }
        head.check(&ids)?;
        let read = |range| self.read_member(range, Some(&head.id));
        let members: Vec<_> = ranges.into_iter().map(read).collect::<Result<_, Failure>>()?;
        SetHead::check_slots(members.iter().map(|member| &member.container))?;
        Ok(members)
    }

    fn read_member(&self, range: Range<u64>, set: Option<&SetId>) -> Result<Member, Failure> {
        let len = range.end - range.start;
        let up_to = |most: usize| self.read_up_to(range.start, most.min(usize::try_from(len).unwrap_or(most)));
        let prelude = up_to(PRELUDE_LEN)?;
        let prefix_len = match set {
            Some(set) => Prelude::parse_member(&prelude, set),
            None => Prelude::parse(&prelude),
        }?
        .prefix_len();
        let prefix = up_to(prefix_len)?;
        let container = match set {
            Some(set) => Container::parse_member(&prefix, len, set),
            None => Container::parse(&prefix, len),
        }?;
        Ok(Member { container, range })
    }

    fn read_up_to(&self, offset: u64, len: usize) -> Result<Vec<u8>, Failure> {
        read_up_to(&self.file, offset, len).map_err(|source| Failure::Read {
            path: self.path.clone(),
            source,
        })
    }

    /// Whether it is a set.
    pub(crate) const fn is_set(&self) -> bool {
        self.is_set
    }

    /// The containers: one, but of a set.
    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    /// Their headers.
    pub(crate) fn containers(&self) -> Vec<&Container> {
        self.members.iter().map(|member| &member.container).collect()
    }

    /// Its length.
    pub(crate) const fn len(&self) -> u64 {
        self.len
    }

    /// Verifies the header of each container that the key opens, then reads its manifest.
    pub(crate) fn unlock(self, key: &Key<'_>) -> Result<Unlocked, Failure> {
        let mut verdict = Verdict::NoMatchingSlot;
        let mut unlocked = Unlocked::default();
        for member in self.members {
            if member.container.is_unsettled() {
                eprintln!("note: a change of its keys was cut off; `satchel rekey --settle` finishes or undoes it");
            }
            let opened = match member.container.open(key, Allowed::ALL) {
                Ok(opened) => opened,
                Err(why @ (Verdict::WrongKey | Verdict::NoMatchingSlot | Verdict::ShareOfAnotherContainer(_)))
                    if self.is_set =>
                {
                    verdict = why;
                    continue;
                }
                Err(why) => return Err(why.into()),
            };
            let file = self.file.try_clone().map_err(|source| Failure::Read {
                path: self.path.clone(),
                source,
            })?;
            unlocked.add(file, &self.path, member.range.start, opened)?;
        }
        if unlocked.entries().is_empty() {
            return Err(verdict.into());
        }
        Ok(unlocked)
    }
}

/// Standard input, kept aside in a file without a name.
fn spooled() -> io::Result<File> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return Err(io::Error::other("it is a terminal"));
    }
    spool(stdin.lock())
}

/// Only ever of ciphertext.
fn spool(mut from: impl io::Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut from, &mut file)?;
    Ok(file)
}
