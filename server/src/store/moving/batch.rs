//! What goes at once, in order of item number; the new side has it on its disk before it says so.
//!
//! ```text
//! batch = units
//! unit  = 0 || item (8) || first (8) || len (4) || sealed blocks of the item's file, from that one on
//!       | 1 || len (4) || item || len (4) || contents, those in the database alone          (item.rs)
//!       | 2 || len (4) || tomb                                                              (item.rs)
//!       | 3 || number (8) || token (32) || uses (8) || left (8) || bound (1: 1: bytes (8) || left (8)) || expires at (8)
//!       | 4 || id (32), blocked
//! ```

use zeroize::Zeroizing;

use crate::store::item::{ITEM_LEN_MAX, Invite, Item, Tomb};
use crate::store::rest::SEALED_BYTES;

/// Full from here on.
pub(super) const BATCH_BYTES: usize = 16 << 20;
/// An item and what the database has of it may come on top.
pub(crate) const BATCH_BYTES_MAX: usize = BATCH_BYTES + (1 << 20);
/// Units of one batch.
pub(super) const UNITS_MAX: usize = 500;
pub(super) const SEALED_LEN: usize = 64 * 1024 + 28;
const _: () = assert!(SEALED_LEN as u64 == SEALED_BYTES);

/// These are not a batch's bytes.
#[derive(Debug)]
pub(super) struct NotABatch;

/// Bytes with keys in them: they never move, so that they are wiped where they are.
pub(crate) struct Batch {
    bytes: Zeroizing<Vec<u8>>,
    units: usize,
}

impl Batch {
    pub(crate) fn new() -> Self {
        Self {
            bytes: Zeroizing::new(Vec::with_capacity(BATCH_BYTES_MAX)),
            units: 0,
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.units == 0
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= BATCH_BYTES || self.units >= UNITS_MAX
    }

    /// Blocks of a file that still go into it.
    pub(super) fn room(&self) -> u64 {
        u64::try_from(BATCH_BYTES.saturating_sub(self.bytes.len()) / SEALED_LEN).unwrap_or(0)
    }

    /// `count` blocks, which `read` puts there.
    pub(super) fn blocks<E>(
        &mut self,
        (item, first): (u64, u64),
        count: u64,
        read: impl FnOnce(&mut [u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let len = usize::try_from(count).unwrap_or(0) * SEALED_LEN;
        self.begin(0);
        self.bytes.extend(item.to_be_bytes());
        self.bytes.extend(first.to_be_bytes());
        self.bytes.extend(u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes());
        let at = self.bytes.len();
        self.bytes.resize(at + len, 0);
        read(&mut self.bytes[at..])
    }

    pub(super) fn item(&mut self, item: &Item, rows: &[u8]) {
        self.begin(1);
        self.counted(&item.encode());
        self.counted(rows);
    }

    pub(super) fn tomb(&mut self, tomb: &Tomb) {
        self.begin(2);
        self.counted(&tomb.encode());
    }

    pub(super) fn invite(&mut self, invite: &Invite) {
        self.begin(3);
        self.bytes.extend(invite.encode());
    }

    pub(super) fn blocked(&mut self, id: &[u8; 32]) {
        self.begin(4);
        self.bytes.extend(id);
    }

    fn begin(&mut self, kind: u8) {
        self.units += 1;
        self.bytes.push(kind);
    }

    fn counted(&mut self, bytes: &[u8]) {
        self.bytes
            .extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.bytes.extend(bytes);
    }
}

impl Invite {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(96);
        out.extend(self.number.to_be_bytes());
        out.extend(self.token);
        for number in [self.uses.0, self.uses.1] {
            out.extend(number.to_be_bytes());
        }
        out.push(u8::from(self.bytes.is_some()));
        for number in self.bytes.iter().flat_map(|(all, left)| [all, left]) {
            out.extend(number.to_be_bytes());
        }
        out.extend(self.expires_at.to_be_bytes());
        out
    }
}

/// One of a batch.
pub(super) enum Unit<'a> {
    Blocks { item: u64, first: u64, sealed: &'a [u8] },
    Item { item: Item, rows: &'a [u8] },
    Tomb(Tomb),
    Invite(Invite),
    Blocked([u8; 32]),
}

/// The units of these bytes, one by one.
pub(super) struct Units<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Units<'a> {
    type Item = Result<Unit<'a>, NotABatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let unit = self.unit();
        if unit.is_err() {
            self.0 = &[];
        }
        Some(unit)
    }
}

impl<'a> Units<'a> {
    fn unit(&mut self) -> Result<Unit<'a>, NotABatch> {
        let [kind] = self.take()?;
        match kind {
            0 => {
                let (item, first) = (self.u64()?, self.u64()?);
                let sealed = self.counted(BATCH_BYTES_MAX)?;
                if sealed.is_empty() || !sealed.len().is_multiple_of(SEALED_LEN) {
                    return Err(NotABatch);
                }
                Ok(Unit::Blocks { item, first, sealed })
            }
            1 => {
                let item = Item::decode(self.counted(ITEM_LEN_MAX)?).map_err(|_| NotABatch)?;
                let rows = self.counted(BATCH_BYTES_MAX)?;
                Ok(Unit::Item { item, rows })
            }
            2 => {
                let tomb = Tomb::decode(self.counted(ITEM_LEN_MAX)?);
                tomb.map(Unit::Tomb).map_err(|_| NotABatch)
            }
            3 => self.invite().map(Unit::Invite),
            4 => self.take().map(Unit::Blocked),
            _ => Err(NotABatch),
        }
    }

    fn invite(&mut self) -> Result<Invite, NotABatch> {
        Ok(Invite {
            number: self.u64()?,
            token: self.take()?,
            uses: (self.u64()?, self.u64()?),
            bytes: match self.take()? {
                [0] => None,
                [1] => Some((self.u64()?, self.u64()?)),
                _ => return Err(NotABatch),
            },
            expires_at: self.u64()?,
        })
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], NotABatch> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(NotABatch)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn u64(&mut self) -> Result<u64, NotABatch> {
        self.take().map(u64::from_be_bytes)
    }

    fn counted(&mut self, most: usize) -> Result<&'a [u8], NotABatch> {
        let len = usize::try_from(u32::from_be_bytes(self.take()?)).map_err(|_| NotABatch)?;
        if len > most {
            return Err(NotABatch);
        }
        let (taken, rest) = self.0.split_at_checked(len).ok_or(NotABatch)?;
        self.0 = rest;
        Ok(taken)
    }
}
