//! A container in an HTML file.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};

use satchel_client::crypto::container_in_page;

/// What a letter says of its container, in its script too, which stands before it.
const ID: &[u8] = b"satchel-container";
/// A page is read into memory.
const LEN_MAX: u64 = 1 << 30;

/// Whether a file that starts like this can be a page: it is no container.
pub(crate) fn may_be(start: &[u8]) -> bool {
    start.first().is_some_and(|byte| *byte != 0x8b)
}

/// What a page holds.
pub(crate) enum InPage {
    Container(Vec<u8>),
    /// Its container is cut, or its letters are not those of base64.
    Damaged,
    Nothing,
}

/// What a file that may be a page holds.
pub(crate) fn read(mut file: &File) -> io::Result<InPage> {
    if file.metadata()?.len() > LEN_MAX {
        return Ok(InPage::Nothing);
    }
    let mut page = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut page)?;
    Ok(match container_in_page(&page) {
        Ok(container) => InPage::Container(container),
        Err(_) if names_a_container(&page) => InPage::Damaged,
        Err(_) => InPage::Nothing,
    })
}

fn names_a_container(page: &[u8]) -> bool {
    page.windows(ID.len()).any(|window| window == ID)
}
