//! `X(ikm, info, L) = HKDF-SHA-256(ikm, salt empty, info = "satchel/v1/" || info, L)`, docs/format.md section 3.

use hkdf::Hkdf;
use sha2::Sha256;

/// Fills `out` with `X(ikm, parts joined, out.len())`.
///
/// `out` is at most 255 hashes long, which every caller's fixed length is.
pub(crate) fn derive(ikm: &[u8], info: &[&[u8]], out: &mut [u8]) {
    let mut parts: [&[u8]; 5] = [b"satchel/v1/", b"", b"", b"", b""];
    for (part, given) in parts[1..].iter_mut().zip(info) {
        *part = given;
    }
    Hkdf::<Sha256>::new(None, ikm)
        .expand_multi_info(&parts, out)
        .expect("every length derived here is below 8160 bytes");
}
