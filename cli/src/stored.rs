//! A container to be opened: a file, a page that carries one, or standard input kept aside as the ciphertext it is. Alone, or a set of them.

use std::fs::{File, TryLockError};
use std::io::{self, IsTerminal as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use satchel_client::crypto::limit::{PRELUDE_LEN, SET_HEAD_LEN};
use satchel_client::crypto::{Allowed, Container, Key, MembersParser, Opened, Prelude, SetHead, Verdict};

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
                    file = container;
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
            vec![stored.read_alone()?]
        };
        Ok(stored)
    }

    /// Where the members lie; only then what is in them.
    fn read_set(&self, start: &[u8]) -> Result<Vec<Member>, Failure> {
        let head = SetHead::parse(start)?;
        let mut ranges = Vec::new();
        let mut at = SET_HEAD_LEN as u64;
        for _ in 0..head.count {
            let len = self.read_up_to(at, 8)?;
            let len = u64::from_be_bytes(*len.first_chunk().ok_or(Verdict::Truncated)?);
            let start = at + 8;
            let end = start.checked_add(len).filter(|end| *end <= self.len);
            at = end.ok_or(Verdict::Truncated)?;
            ranges.push(start..at);
        }
        if at != self.len {
            return Err(Verdict::MalformedSet.into());
        }
        let mut parser = MembersParser::new(head);
        let mut members = Vec::new();
        for range in ranges {
            let prefix = self.read_prefix(&range, |prelude| Prelude::parse_member(prelude, &head.id))?;
            let container = parser.push(&prefix, range.end - range.start)?;
            members.push(Member { container, range });
        }
        parser.finish()?;
        Ok(members)
    }

    fn read_alone(&self) -> Result<Member, Failure> {
        let range = 0..self.len;
        let prefix = self.read_prefix(&range, Prelude::parse)?;
        let container = Container::parse(&prefix, self.len)?;
        Ok(Member { container, range })
    }

    /// What stands before the first segment.
    fn read_prefix(
        &self,
        range: &Range<u64>,
        parse: impl FnOnce(&[u8]) -> Result<Prelude, Verdict>,
    ) -> Result<Vec<u8>, Failure> {
        let len = range.end - range.start;
        let up_to = |most: usize| self.read_up_to(range.start, most.min(usize::try_from(len).unwrap_or(most)));
        up_to(parse(&up_to(PRELUDE_LEN)?)?.prefix_len())
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
        let is_unsettled = self.members.iter().any(|member| member.container.is_unsettled());
        // Not what another command is about to finish.
        let is_changing = || {
            let is_locked = matches!(self.file.try_lock_shared(), Err(TryLockError::WouldBlock));
            let _ = self.file.unlock();
            is_locked
        };
        if is_unsettled && !is_changing() {
            eprintln!("note: a change of its keys was cut off; `satchel rekey --settle` finishes or undoes it");
        }
        for (member, opened) in self.members.iter().zip(self.tried(key)) {
            let opened = match opened {
                Ok(opened) => opened,
                Err(why @ (Verdict::WrongKey | Verdict::NoMatchingSlot | Verdict::ShareOfAnotherContainer(_)))
                    if self.is_set =>
                {
                    verdict = why;
                    unlocked.add_other();
                    continue;
                }
                Err(why) if self.is_set => {
                    unlocked.add_damaged(why.into());
                    continue;
                }
                Err(why) => return Err(why.into()),
            };
            let file = self.file.try_clone().map_err(|source| Failure::Read {
                path: self.path.clone(),
                source,
            })?;
            match unlocked.add(file, &self.path, member.range.start, opened) {
                Err(why) if self.is_set => unlocked.add_damaged(why),
                added => added?,
            }
        }
        if unlocked.entries().is_empty() {
            unlocked.is_readable()?;
            return Err(verdict.into());
        }
        Ok(unlocked)
    }

    /// What each container comes to. Identities are tried on every processor: a large set asks for a thousand decapsulations of half a millisecond.
    fn tried(&self, key: &Key<'_>) -> Vec<Result<Opened, Verdict>> {
        let tried = |members: &[Member]| {
            let open = |member: &Member| member.container.open(key, Allowed::ALL);
            members.iter().map(open).collect::<Vec<_>>()
        };
        let Key::Identities(_) = key else {
            // A passphrase takes all the memory that one run may.
            return tried(&self.members);
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let share = self.members.len().div_ceil(threads);
        std::thread::scope(|scope| {
            let begin = |members| scope.spawn(move || tried(members));
            let running: Vec<_> = self.members.chunks(share).map(begin).collect();
            let joined = running.into_iter().flat_map(|thread| match thread.join() {
                Ok(tried) => tried,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            joined.collect()
        })
    }
}

/// Standard input, kept aside in a file without a name, or as the file that it is.
fn spooled() -> io::Result<File> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return Err(io::Error::other("it is a terminal"));
    }
    #[cfg(unix)]
    {
        use std::io::Seek as _;
        use std::os::fd::AsFd as _;
        let mut file = File::from(stdin.as_fd().try_clone_to_owned()?);
        if file.metadata()?.is_file() && file.stream_position()? == 0 {
            return Ok(file);
        }
    }
    spool(stdin.lock())
}

/// Only ever of ciphertext.
fn spool(mut from: impl io::Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut from, &mut file)?;
    Ok(file)
}
