//! A container in an HTML file, docs/format.md section 11.

use alloc::vec::Vec;
use base64ct::{Base64, Base64Unpadded};

use crate::Verdict;
use crate::limit::PAGE_START_LEN;

/// What the element begins with.
const BEGINS: &[u8] = b"<script type=\"text/plain\" id=\"satchel-container\">";
const ENDS: &[u8] = b"</script>";
/// Characters that are decoded at a time: whole groups of four.
const PIECE_LEN: usize = 4096;

/// The container in a page: the first such element's base64.
///
/// # Errors
/// `NotAContainer`.
pub fn container_in_page(page: &[u8]) -> Result<Vec<u8>, Verdict> {
    let start = PageElement::find(page).ok_or(Verdict::NotAContainer)?;
    let (mut element, mut container) = (PageElement::default(), Vec::new());
    if element.push(&page[start..], &mut container)? {
        Ok(container)
    } else {
        Err(Verdict::NotAContainer)
    }
}

/// The element of a page that holds a container, read piece by piece: however long a page is, no more of it is kept than a few kilobytes.
#[derive(Default)]
pub struct PageElement {
    /// Base64 without white space, less than a piece and a group.
    packed: Vec<u8>,
    /// How much of the element's end was read.
    ended: usize,
}

impl PageElement {
    /// Where the container's base64 begins, in the first [`PAGE_START_LEN`] bytes of a page, or all of it.
    ///
    /// What begins like a container is one, or none: never a page around another.
    pub fn find(page: &[u8]) -> Option<usize> {
        let start = &page[..page.len().min(PAGE_START_LEN)];
        if start.first() == Some(&0x8b) {
            return None;
        }
        let at = start.windows(BEGINS.len()).position(|window| window == BEGINS)?;
        Some(at + BEGINS.len())
    }

    /// Takes what comes next of the page, gives what it holds of the container, and says whether that was the end of it.
    ///
    /// # Errors
    /// `NotAContainer` when it is no base64, or no element of its kind.
    pub fn push(&mut self, page: &[u8], container: &mut Vec<u8>) -> Result<bool, Verdict> {
        for byte in page {
            match byte {
                byte if self.ended > 0 || *byte == ENDS[0] => {
                    if *byte != ENDS[self.ended] {
                        return Err(Verdict::NotAContainer);
                    }
                    self.ended += 1;
                    if self.ended == ENDS.len() {
                        container.extend(decode::<Base64>(&self.packed)?);
                        return Ok(true);
                    }
                }
                b'\t' | b'\n' | b'\x0c' | b'\r' | b' ' => {}
                byte => self.packed.push(*byte),
            }
            // The last group alone may be filled up with `=`.
            if self.packed.len() == PIECE_LEN + 4 {
                container.extend(decode::<Base64Unpadded>(&self.packed[..PIECE_LEN])?);
                self.packed.drain(..PIECE_LEN);
            }
        }
        Ok(false)
    }
}

fn decode<E: base64ct::Encoding>(packed: &[u8]) -> Result<Vec<u8>, Verdict> {
    let text = core::str::from_utf8(packed).map_err(|_| Verdict::NotAContainer)?;
    E::decode_vec(text).map_err(|_| Verdict::NotAContainer)
}
