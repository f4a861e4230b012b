//! Standard output, where a reader that went away is a failure and not a panic.

use std::fmt;
use std::io::{self, Write as _};
use std::path::PathBuf;

use crate::failure::Failure;

/// One line.
pub(super) fn line(text: impl fmt::Display) -> Result<(), Failure> {
    bytes(format!("{text}\n").as_bytes())
}

/// Bytes as they are.
pub(super) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)
        .and_then(|()| out.flush())
        .map_err(|source| Failure::Write {
            path: PathBuf::from("-"),
            source,
        })
}
