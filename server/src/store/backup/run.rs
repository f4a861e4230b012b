//! Writing one run: forwards only, so that it can go to a pipe.

use std::io::{self, Write};

use sha2::{Digest as _, Sha256};

use super::format::{CHECK_LEN, FOOT_LEN, Kind, RunId, State, check, head};

/// A run under way.
pub(super) struct Run<W> {
    out: W,
    pub(super) number: u32,
    pub(super) id: RunId,
    /// Bytes written.
    pub(super) at: u64,
    whole: Sha256,
    /// Of the record that is being written.
    record: Sha256,
}

impl<W: Write> Run<W> {
    pub(super) fn begin(out: W, number: u32, id: RunId) -> io::Result<Self> {
        let mut run = Self {
            out,
            number,
            id,
            at: 0,
            whole: Sha256::new(),
            record: Sha256::new(),
        };
        run.write_all(&head(number, &id))?;
        Ok(run)
    }

    /// Writes one record. Returns where it lies, and how long it is.
    pub(super) fn record<E: From<io::Error>>(
        &mut self,
        kind: Kind,
        item: u64,
        write: impl FnOnce(&mut Self) -> Result<(), E>,
    ) -> Result<(u64, u64), E> {
        let start = self.at;
        self.record = check(&self.id, kind, item);
        write(self)?;
        let sum = self.record.finalize_reset();
        self.write_all(&sum)?;
        Ok((start, self.at - start))
    }

    /// Writes the state and the foot. Returns what was written to, and how much.
    pub(super) fn end(mut self, state: &State) -> io::Result<(W, u64)> {
        let (state, place) = (state.encode(), self.at);
        let mut foot = Vec::with_capacity(FOOT_LEN - CHECK_LEN);
        foot.extend(place.to_be_bytes());
        foot.extend(u64::try_from(state.len()).unwrap_or(u64::MAX).to_be_bytes());
        let sum = Sha256::new()
            .chain_update(head(self.number, &self.id))
            .chain_update(&foot)
            .chain_update(&state)
            .finalize();
        foot.extend(sum);
        self.write_all(&state)?;
        self.write_all(&foot)?;
        let whole = self.whole.finalize_reset();
        self.write_all(&whole)?;
        self.out.flush()?;
        Ok((self.out, self.at))
    }
}

impl<W: Write> Write for Run<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write_all(bytes)?;
        self.whole.update(bytes);
        self.record.update(bytes);
        self.at += u64::try_from(bytes.len()).unwrap_or(0);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
