//! A letter: one HTML file with a container inside and the page that opens it (web/letter). docs/format.md section 11.

use base64ct::{Base64, Encoding as _};
use satchel_client::crypto::{Locks, Manifest, Sealer};
use zeroize::Zeroizing;

use crate::document::Contents;
use crate::failure::Failure;
use crate::inside::pack;
use crate::random::random;

/// A browser opens it in memory, a phone's too. A larger document is for a container.
pub(crate) const DOCUMENT_BYTES_MAX: u64 = 64 << 20;

/// What web/vite.letter.config.ts made; empty where this program was built without it.
const PAGE: &str = include_str!(concat!(env!("OUT_DIR"), "/letter.html"));
/// The container's element, which is empty in the page.
const BEGINS: &str = "<script type=\"text/plain\" id=\"satchel-container\">";
/// Bytes in a line of base64, which are 76 characters, as in a mail.
const LINE_LEN: usize = 57;

/// The page, before and after the place of the container.
pub(crate) struct Page {
    before: &'static str,
    after: &'static str,
}

impl Page {
    /// The one in this program.
    pub(crate) fn built_in() -> Result<Self, Failure> {
        let at = PAGE.find(BEGINS).ok_or(Failure::NoPage)? + BEGINS.len();
        let (before, after) = PAGE.split_at(at);
        Ok(Self { before, after })
    }

    /// The letter: the mirror of `container_in_page`.
    pub(crate) fn with(&self, container: &[u8]) -> Vec<u8> {
        let lines = container.len().div_ceil(LINE_LEN);
        let mut letter = Vec::with_capacity(self.before.len() + 77 * lines + 1 + self.after.len());
        letter.extend_from_slice(self.before.as_bytes());
        for line in container.chunks(LINE_LEN) {
            letter.push(b'\n');
            letter.extend_from_slice(Base64::encode_string(line).as_bytes());
        }
        letter.push(b'\n');
        letter.extend_from_slice(self.after.as_bytes());
        letter
    }
}

/// Refuses, before anything of it is read, a document that says itself that it is too large.
pub(crate) fn check_size(manifest: &Manifest) -> Result<(), Failure> {
    match manifest.sized_len() {
        Some(len) if len <= DOCUMENT_BYTES_MAX => Ok(()),
        _ => Err(Failure::TooLargeForLetter),
    }
}

/// The container, in memory. Of a stream, only here is found out how long it is.
pub(crate) fn seal(manifest: &Manifest, locks: &Locks<'_>, contents: Contents) -> Result<Vec<u8>, Failure> {
    let content = read(contents)?;
    let sealer = Sealer::new(manifest, locks, &mut random())?;
    Ok(pack(sealer, &[&content])?)
}

fn read(mut contents: Contents) -> Result<Zeroizing<Vec<u8>>, Failure> {
    const STEP: usize = 1 << 20;
    let most = usize::try_from(DOCUMENT_BYTES_MAX).map_err(|_| Failure::TooLargeForLetter)?;
    // One allocation, so that no copy stays behind when it grows. What is not used of it costs nothing.
    let mut content = Zeroizing::new(Vec::with_capacity(most + STEP));
    loop {
        let used = content.len();
        content.resize(used + STEP, 0);
        let len = contents.read(&mut content[used..])?;
        content.truncate(used + len);
        if len == 0 {
            return Ok(content);
        }
        if content.len() > most {
            return Err(Failure::TooLargeForLetter);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use satchel_client::crypto::container_in_page;

    const A_PAGE: Page = Page {
        before: "<!doctype html>\n<script type=\"text/plain\" id=\"satchel-container\">",
        after: "</script>\n",
    };

    #[test]
    fn what_goes_into_a_page_comes_out_of_it() {
        for len in [0, 1, 2, 3, 56, 57, 58, 114, 1000] {
            let container: Vec<u8> = (0..len).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let letter = A_PAGE.with(&container);
            assert_eq!(container_in_page(&letter), Ok(container), "{len}");
            assert!(
                letter.split(|byte| *byte == b'\n').all(|line| line.len() <= 76),
                "{len}"
            );
        }
    }

    #[test]
    fn the_page_has_one_place_for_a_container() {
        match Page::built_in() {
            Ok(page) => assert!(!page.after.contains(BEGINS) && page.after.starts_with("</script>")),
            Err(_) => println!("skipped: built without the page (cargo xtask build)"),
        }
    }
}
