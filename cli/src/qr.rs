//! QR codes of half blocks, two modules to a character.

use fast_qr::{ECL, QRBuilder};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The quiet zone around a code, in modules (ISO/IEC 18004 section 6.3.8).
const QUIET: usize = 4;

/// What a block stands for: a scanner wants dark modules on light, and not every one takes the inverse.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Block {
    /// Light, for a terminal, which is dark.
    Light,
    /// Dark, for paper.
    Dark,
}

/// `text`, which may be a secret, as lines.
pub(crate) fn drawn(text: &str, block: Block) -> Result<Zeroizing<String>, Failure> {
    let code = QRBuilder::new(text).ecl(ECL::M).build();
    let code = code.map_err(|_| Failure::QrTooLong(text.len()))?;
    let side = code.size + 2 * QUIET;
    let is_dark = |row: usize, column: usize| {
        let module = |at: usize| at.checked_sub(QUIET).filter(|at| *at < code.size);
        matches!((module(row), module(column)), (Some(row), Some(column)) if code[row][column].value())
    };
    let is_block = |row, column| is_dark(row, column) == (block == Block::Dark);
    // A character takes three bytes.
    let mut lines = Zeroizing::new(String::with_capacity(side * (side + 1) * 2));
    for row in (0..side).step_by(2) {
        for column in 0..side {
            lines.push(match (is_block(row, column), is_block(row + 1, column)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        lines.push('\n');
    }
    Ok(lines)
}
