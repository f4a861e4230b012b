//! Standard output, where a reader that went away is a failure and not a panic.

use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::path::PathBuf;

use serde_json::Value;

use crate::failure::Failure;
use crate::naming::is_hidden;

/// One line.
pub(super) fn line(text: impl fmt::Display) -> Result<(), Failure> {
    bytes(format!("{text}\n").as_bytes())
}

/// JSON on one line. What a terminal could take for an order is escaped, also what JSON itself would let pass: DEL, U+0080 to U+009F and
/// bidirectional controls, all of them in strings and none beyond U+FFFF.
pub(super) fn json(value: &Value) -> Result<(), Failure> {
    let text = value.to_string();
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    line(out)
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
