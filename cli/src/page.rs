//! A container in an HTML file.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use satchel_client::crypto::limit::PAGE_START_LEN;
use satchel_client::crypto::{PageElement, Prelude, SetHead, Verdict};

use crate::position::read_up_to;

/// What a letter says of its container, in its script too, which stands before it.
const ID: &[u8] = b"satchel-container";
const PAGE_BEGINS: &[u8] = b"<!doctype html";
/// Half as much again as the longest letter that we make.
const LEN_MAX: u64 = 1 << 27;
const PIECE_LEN: usize = 65_536;

/// Whether a file that starts like this can be a page: it is no container.
pub(crate) fn may_be(start: &[u8]) -> bool {
    start.first().is_some_and(|byte| *byte != 0x8b)
}

/// Whether what is at `path` is a container, a set or a letter, or nothing yet.
pub(crate) fn is_ours(path: &Path) -> io::Result<bool> {
    let start = read_up_to(&File::open(path)?, 0, PAGE_START_LEN)?;
    Ok(start.is_empty() || is_container(&start) || PageElement::find(&start).is_some())
}

/// What a page holds.
pub(crate) enum InPage {
    /// Kept aside in a file without a name.
    Container(File),
    /// Its container is cut, or its letters are not those of base64.
    Damaged,
    Nothing,
}

/// What a file that may be a page holds. Of what is none, only the start is read.
pub(crate) fn read(mut file: &File) -> io::Result<InPage> {
    let start = read_up_to(file, 0, PAGE_START_LEN)?;
    let Some(at) = PageElement::find(&start) else {
        let is_page = start
            .trim_ascii_start()
            .get(..PAGE_BEGINS.len())
            .is_some_and(|begins| begins.eq_ignore_ascii_case(PAGE_BEGINS));
        let names_one = is_page && start.windows(ID.len()).any(|window| window == ID);
        return Ok(if names_one { InPage::Damaged } else { InPage::Nothing });
    };
    if file.metadata()?.len() > LEN_MAX {
        return Ok(InPage::Damaged);
    }
    file.seek(SeekFrom::Start(at as u64))?;
    let (mut element, mut container) = (PageElement::default(), Vec::new());
    let mut kept = tempfile::tempfile()?;
    let (mut piece, mut is_first) = (vec![0; PIECE_LEN], true);
    loop {
        let len = file.read(&mut piece)?;
        let Ok(ended) = element.push(&piece[..len], &mut container) else {
            return Ok(InPage::Damaged);
        };
        if is_first && container.first().is_some_and(|byte| *byte != 0x8b) {
            return Ok(InPage::Damaged);
        }
        is_first &= container.is_empty();
        kept.write_all(&container)?;
        container.clear();
        if ended {
            return Ok(InPage::Container(kept));
        }
        if len == 0 {
            return Ok(InPage::Damaged);
        }
    }
}

fn is_container(start: &[u8]) -> bool {
    SetHead::is_set(start) || !matches!(Prelude::parse(start), Err(Verdict::NotAContainer))
}
