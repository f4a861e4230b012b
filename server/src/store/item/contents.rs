//! What rests of an item, piece by piece: blocks in the database and in its file, sealed as they are.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use rusqlite::Connection;
use satchel_api::limit::HEAD_LEN_MAX;

use crate::store::ROW_BYTES_MAX;
use crate::store::files::{self, Files};
use crate::store::rest::{BLOCK_BYTES, SEALED_BYTES};
use crate::store::rows::{self, PasteRow};

/// The longest sealed piece: a full block, or an owner's head.
const PIECE_LEN_MAX: usize = 70_000;
const _: () = assert!(HEAD_LEN_MAX + 28 <= PIECE_LEN_MAX && BLOCK_BYTES + 28 == SEALED_BYTES);

/// Why contents could not be written or read.
#[derive(Debug)]
pub(in crate::store) enum ContentFault {
    /// The item's file, or a block of it, is not there: it burned meanwhile, or is damaged.
    Gone,
    /// Not the contents of an item.
    Wrong,
    Database(rusqlite::Error),
    Io(io::Error),
}

impl From<rusqlite::Error> for ContentFault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl From<io::Error> for ContentFault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Writes what rests of an item, as it rests: nothing is decrypted.
pub(in crate::store) fn write_contents(
    conn: &Connection,
    folder: &Path,
    row: &PasteRow,
    out: &mut impl Write,
) -> Result<(), ContentFault> {
    write_rows(conn, row, out)?;
    if row.own_bytes() > ROW_BYTES_MAX {
        let blocks = own_held(row) / BLOCK_BYTES;
        write_file(&folder.join(files::name(row.item)), blocks, out)?;
    }
    out.write_all(&[2])?;
    Ok(())
}

/// Writes what rests of an item in the database, without an end.
pub(in crate::store) fn write_rows(
    conn: &Connection,
    row: &PasteRow,
    out: &mut impl Write,
) -> Result<(), ContentFault> {
    let mut query = conn.prepare_cached(
        "SELECT place - ?1 * 8, sealed FROM block WHERE place BETWEEN ?1 * 8 AND ?1 * 8 + 7 ORDER BY place",
    )?;
    let mut found = query.query([row.item])?;
    while let Some(block) = found.next()? {
        let (place, sealed): (u8, &[u8]) = (
            block.get(0)?,
            block.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?,
        );
        out.write_all(&[0, place])?;
        out.write_all(&u32::try_from(sealed.len()).unwrap_or(u32::MAX).to_be_bytes())?;
        out.write_all(sealed)?;
    }
    Ok(())
}

/// Bytes under its own shred key that have arrived.
pub(in crate::store) fn own_held(row: &PasteRow) -> u64 {
    let (_, held, _) = rows::stage_columns(&row.paste);
    held.saturating_sub(row.paste.size - row.own_bytes())
}

fn write_file(path: &Path, blocks: u64, out: &mut impl Write) -> Result<(), ContentFault> {
    let gone = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof => ContentFault::Gone,
        _ => ContentFault::Io(error),
    };
    if blocks == 0 {
        return Ok(());
    }
    let mut file = File::open(path).map_err(gone)?;
    let mut sealed = vec![0; usize::try_from(SEALED_BYTES).unwrap_or(0)];
    for _ in 0..blocks {
        file.read_exact(&mut sealed).map_err(gone)?;
        out.write_all(&[1])?;
        out.write_all(&u32::try_from(sealed.len()).unwrap_or(u32::MAX).to_be_bytes())?;
        out.write_all(&sealed)?;
    }
    Ok(())
}

/// Reads contents to their end, and hands out each piece.
pub(in crate::store) fn read_contents(
    from: &mut impl Read,
    mut each: impl FnMut(Piece<'_>) -> Result<(), ContentFault>,
) -> Result<(), ContentFault> {
    let mut sealed = Vec::new();
    let mut index = 0;
    loop {
        let mut kind = [0];
        from.read_exact(&mut kind)?;
        let row = match kind {
            [0] => {
                let mut place = [0];
                from.read_exact(&mut place)?;
                Some(u64::from(place[0]))
                    .filter(|place| *place < 8)
                    .ok_or(ContentFault::Wrong)?
                    .into()
            }
            [1] => None,
            [2] => return Ok(()),
            _ => return Err(ContentFault::Wrong),
        };
        let mut len = [0; 4];
        from.read_exact(&mut len)?;
        let len = usize::try_from(u32::from_be_bytes(len)).map_err(|_| ContentFault::Wrong)?;
        if len > PIECE_LEN_MAX {
            return Err(ContentFault::Wrong);
        }
        sealed.resize(len, 0);
        from.read_exact(&mut sealed)?;
        match row {
            Some(place) => each(Piece::Row { place, sealed: &sealed })?,
            None => {
                each(Piece::Block { index, sealed: &sealed })?;
                index += 1;
            }
        }
    }
}

/// A sealed part of a content.
pub(in crate::store) enum Piece<'a> {
    /// It rests in the database.
    Row {
        /// Where among the item's rows.
        place: u64,
        /// As it rests.
        sealed: &'a [u8],
    },
    /// It rests in the item's file.
    Block {
        /// Which, from 0.
        index: u64,
        /// As it rests.
        sealed: &'a [u8],
    },
}

impl Piece<'_> {
    /// Puts it where it rests. The file is durable once whoever calls this syncs it.
    pub(in crate::store) fn put(
        &self,
        conn: &Connection,
        files: &Files,
        item: u64,
        open: &mut Option<File>,
    ) -> Result<(), ContentFault> {
        use std::os::unix::fs::FileExt as _;

        match self {
            Self::Row { place, sealed } => rows::put_block(conn, item, *place, sealed)?,
            Self::Block { index, sealed } => {
                let file = match open {
                    Some(file) => file,
                    None => open.insert(files.write(item)?),
                };
                file.write_all_at(sealed, index * SEALED_BYTES)?;
            }
        }
        Ok(())
    }
}
