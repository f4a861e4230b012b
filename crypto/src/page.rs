//! A container in an HTML file, docs/format.md section 11.

use alloc::string::String;
use alloc::vec::Vec;
use base64ct::{Base64, Encoding as _};

use crate::Verdict;

/// What the element begins with.
const BEGINS: &[u8] = b"<script type=\"text/plain\" id=\"satchel-container\">";
const ENDS: &[u8] = b"</script>";

/// The container in a page: the first such element's base64.
///
/// # Errors
/// `NotAContainer`.
pub fn container_in_page(page: &[u8]) -> Result<Vec<u8>, Verdict> {
    // What begins like a container is one, or none: never a page around another.
    if page.first() == Some(&0x8b) {
        return Err(Verdict::NotAContainer);
    }
    let rest = after(page, BEGINS).ok_or(Verdict::NotAContainer)?;
    let left = after(rest, ENDS).ok_or(Verdict::NotAContainer)?.len() + ENDS.len();
    let mut packed = rest[..rest.len() - left].to_vec();
    packed.retain(|byte| !matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' '));
    let text = String::from_utf8(packed).map_err(|_| Verdict::NotAContainer)?;
    Base64::decode_vec(&text).map_err(|_| Verdict::NotAContainer)
}

/// What comes after the first `what`.
fn after<'a>(bytes: &'a [u8], what: &[u8]) -> Option<&'a [u8]> {
    let at = bytes.windows(what.len()).position(|window| window == what)?;
    Some(&bytes[at + what.len()..])
}
