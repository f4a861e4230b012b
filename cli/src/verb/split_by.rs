//! `satchel encrypt --split-by`: a table in one file of which each department opens its own rows. A set, docs/format.md section 10.

use std::collections::BTreeMap;
use std::path::Path;

use rand_core::Rng as _;
use satchel_client::crypto::{Asked, Entry, Keyed, Locks, Manifest, Recipient, Sealer, SetHead, SetId, limit};
use zeroize::Zeroizing;

use crate::ask::is_dash;
use crate::departments::Departments;
use crate::failure::Failure;
use crate::inside::pack;
use crate::naming::component;
use crate::random::random;
use crate::table::{self, Row, Table, TableError};
use crate::target::Target;

/// Values that are named in a failure: the first few say what is wrong.
const NAMED_MAX: usize = 5;

/// What one department gets.
struct Share<'a> {
    entry: Entry,
    recipients: Vec<Recipient>,
    parts: Vec<&'a [u8]>,
}

/// Seals the rows of a table by the values of a column. Nothing is written before everybody is known.
pub(crate) fn split_by(path: &Path, column: &str, to: &Path, target: Target) -> Result<(), Failure> {
    let departments = Departments::read(to)?;
    let target = target.keeping(&departments.files)?;
    let bytes = read(path)?;
    let table = table::read(&bytes, column).map_err(|why| Failure::Table {
        path: path.to_owned(),
        why,
    })?;
    if let Some(line) = table.swallowed(|value| departments.resembles(value)) {
        return Err(Failure::Table {
            path: path.to_owned(),
            why: TableError::Swallowed { line },
        });
    }
    let mut shares = shares(path, &table, &departments)?;
    // In the order of their names it would show which is whose.
    shares.sort_by_cached_key(|_| random().next_u64());
    let count = u16::try_from(shares.len()).map_err(|_| Failure::TooManyDepartments(shares.len()))?;
    let keyed = shares.iter().map(Share::keyed).collect::<Result<Vec<_>, _>>()?;
    let digests: Vec<_> = keyed.iter().map(Keyed::digest).collect();
    let id = SetId::of(&digests).map_err(|_| Failure::TooManyDepartments(shares.len()))?;
    let output = target.for_container(&stem(path))?.durable();
    let mut set = SetHead { id, count }.encode();
    for (share, keyed) in shares.iter().zip(keyed) {
        let container = share.seal(keyed, id)?;
        set.extend_from_slice(&(container.len() as u64).to_be_bytes());
        set.extend_from_slice(&container);
    }
    output.put_whole(&set)?;
    output.commit()
}

/// One for each department, also where it has no rows: that it has none is not for the others to see.
fn shares<'a>(path: &Path, table: &Table<'a>, departments: &Departments) -> Result<Vec<Share<'a>>, Failure> {
    let mut rows: BTreeMap<&str, Vec<&Row<'a>>> = BTreeMap::new();
    for row in &table.rows {
        rows.entry(&row.value).or_default().push(row);
    }
    let unknown: Vec<_> = rows
        .iter()
        .filter(|(value, _)| !departments.by_value.contains_key(**value))
        .map(|(value, rows)| ((*value).to_owned(), rows[0].line))
        .take(NAMED_MAX)
        .collect();
    if !unknown.is_empty() {
        return Err(Failure::NoDepartment(unknown));
    }
    if departments.by_value.len() > limit::SET_MEMBERS_MAX {
        return Err(Failure::TooManyDepartments(departments.by_value.len()));
    }
    let mut shares = Vec::new();
    let mut slots = 0;
    for value in departments.by_value.keys() {
        let recipients = departments.recipients(value).unwrap_or_default();
        if recipients.len() > limit::SLOTS_MAX {
            return Err(Failure::TooManyKeys(recipients.len()));
        }
        // Each member's are filled up with dummies.
        slots += recipients.len().next_power_of_two();
        let own = rows.get(value.as_str()).map_or(&[][..], Vec::as_slice);
        let parts = parts(table.head, own);
        let size = parts.iter().map(|part| part.len() as u64).sum();
        let name = format!("{} - {}.csv", stem(path), component(value));
        shares.push(Share {
            entry: Entry {
                name: Some(name),
                media_type: "text/csv".to_owned(),
                size: Some(size),
                modified: None,
            },
            recipients,
            parts,
        });
    }
    if slots > limit::SET_SLOTS_MAX {
        return Err(Failure::TooManyForSet(slots));
    }
    Ok(shares)
}

/// The line of column names, then the rows. The table's last row may have no line break, and not be the last any more.
fn parts<'a>(head: &'a [u8], rows: &[&Row<'a>]) -> Vec<&'a [u8]> {
    let line_break: &[u8] = match head {
        [.., b'\r', b'\n'] => b"\r\n",
        [.., b'\r'] => b"\r",
        _ => b"\n",
    };
    let mut parts = vec![head];
    for row in rows {
        if parts
            .last()
            .is_some_and(|part| !part.ends_with(b"\n") && !part.ends_with(b"\r"))
        {
            parts.push(line_break);
        }
        parts.push(row.bytes);
    }
    parts
}

impl Share<'_> {
    /// Who opens it: for all of them this comes before the first is sealed.
    fn keyed(&self) -> Result<Keyed, Failure> {
        Ok(Keyed::new(&Locks::Recipients(&self.recipients), &mut random())?)
    }

    fn seal(&self, keyed: Keyed, set: SetId) -> Result<Vec<u8>, Failure> {
        let manifest = Manifest::new(vec![self.entry.clone()], Asked::default())?;
        let sealer = Sealer::of_set(&manifest, keyed, set, &mut random())?;
        Ok(pack(sealer, &self.parts)?)
    }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let read = if is_dash(path) {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    read.map(Zeroizing::new).map_err(|source| Failure::Read {
        path: path.to_owned(),
        source,
    })
}

fn stem(path: &Path) -> String {
    let stem = path.file_stem().filter(|_| !is_dash(path));
    stem.map_or_else(|| "rows".to_owned(), |stem| component(&stem.to_string_lossy()))
}
