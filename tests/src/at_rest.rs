//! What the server keeps on the disk, read without the server: who holds its disk can do the same.

use std::fs;
use std::path::Path;

use aes_gcm::aes::Aes256;
use aes_gcm::aes::cipher::{BlockCipherEncrypt as _, KeyInit as _};
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest as _, Sha256};

const SLOT_LEN: usize = 64;
/// Up to this many bytes a content rests in the database.
const ROW_LEN_MAX: usize = 256 * 1024;

/// One item at rest.
pub struct Item {
    /// Its shred key.
    pub key: [u8; 32],
    /// Nonce and first bytes of its first sealed block.
    pub beginning: [u8; 28],
}

/// A data folder as it lies on the disk.
pub struct AtRest {
    conn: Connection,
    slots: Vec<u8>,
    folder: std::path::PathBuf,
}

impl AtRest {
    /// Reads a data folder; a server may be running on it.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn read(data: &Path) -> Self {
        Self {
            conn: Connection::open_with_flags(data.join("satchel.db"), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap(),
            slots: fs::read(data.join("shred-keys")).unwrap(),
            folder: data.to_owned(),
        }
    }

    /// The live item of an id.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn item(&self, id: &[u8; 16], len: usize) -> Item {
        let query = "SELECT item, slot FROM paste WHERE id = ?1";
        let (item, slot): (u64, usize) = self
            .conn
            .query_row(query, [&Sha256::digest(id)[..]], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        let sealed: Vec<u8> = if len > ROW_LEN_MAX {
            fs::read(self.folder.join("content").join(format!("{item:016x}"))).unwrap()
        } else {
            let query = "SELECT sealed FROM block WHERE place = ?1 * 8";
            self.conn.query_row(query, [item], |row| row.get(0)).unwrap()
        };
        let start = slot * SLOT_LEN;
        Item {
            key: self.slots[start..start + 32].try_into().unwrap(),
            beginning: sealed[..28].try_into().unwrap(),
        }
    }

    /// How many items are not burned.
    ///
    /// # Panics
    /// When the database cannot be read.
    #[must_use]
    pub fn live(&self) -> usize {
        let query = "SELECT count(*) FROM paste WHERE state < 2";
        self.conn.query_row(query, [], |row| row.get(0)).unwrap()
    }

    /// SQLite's own word on the database: `ok`.
    ///
    /// # Panics
    /// When the database cannot be read at all.
    #[must_use]
    pub fn integrity(&self) -> String {
        self.conn
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap()
    }
}

/// Whatever in `place` has the shape of a filled slot, wherever it lies: in the file, a journal, or a block that was freed.
#[must_use]
pub fn keys_in(place: &[u8]) -> Vec<[u8; 32]> {
    let filled = |slot: &&[u8; SLOT_LEN]| {
        // key (32), item number (8), generation (8), state (1), zero (7), check (8)
        slot[32..36] == [0; 4]
            && slot[40..44] == [0; 4]
            && slot[48] == 1
            && slot[49..56] == [0; 7]
            && slot[56..] != [0; 8]
    };
    let (slots, _) = place.as_chunks::<SLOT_LEN>();
    let mut keys: Vec<[u8; 32]> = slots
        .iter()
        .filter(filled)
        .map(|slot| slot[..32].try_into().unwrap())
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// How many slots of a slot file ever were filled: behind them lies room, of zeros.
#[must_use]
pub fn filled_slots(file: &[u8]) -> u64 {
    let slots = file.chunks(SLOT_LEN).skip(1);
    slots.filter(|slot| slot.iter().any(|byte| *byte != 0)).count() as u64
}

/// What one of `keys` makes of the beginning of a sealed block: 16 bytes of plaintext, whether right or not.
pub fn opened_by<'a>(keys: &'a [[u8; 32]], beginnings: &'a [[u8; 28]]) -> impl Iterator<Item = (usize, [u8; 16])> + 'a {
    keys.iter().flat_map(move |key| {
        let cipher = Aes256::new(&(*key).into());
        beginnings.iter().enumerate().map(move |(at, beginning)| {
            // AES-256-GCM: the counter of the first block of the text is nonce || 2.
            let mut stream = [0; 16];
            stream[..12].copy_from_slice(&beginning[..12]);
            stream[15] = 2;
            let mut block = stream.into();
            cipher.encrypt_block(&mut block);
            let mut text: [u8; 16] = block.into();
            text.iter_mut()
                .zip(&beginning[12..])
                .for_each(|(byte, sealed)| *byte ^= sealed);
            (at, text)
        })
    })
}
