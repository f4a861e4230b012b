//! A container in an HTML file.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};

use satchel_client::crypto::container_in_page;

/// A page is read into memory.
const LEN_MAX: u64 = 1 << 30;

/// Whether a file that starts like this can be a page: it is no container.
pub(crate) fn may_be(start: &[u8]) -> bool {
    start.first().is_some_and(|byte| *byte != 0x8b)
}

/// The container in a page; none where it holds none.
pub(crate) fn container_in(mut file: &File) -> io::Result<Option<Vec<u8>>> {
    if file.metadata()?.len() > LEN_MAX {
        return Ok(None);
    }
    let mut page = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut page)?;
    Ok(container_in_page(&page).ok())
}
