//! Whether what a backup holds fits, before anything is written.

use std::path::Path;

use rustix::fs::statvfs;

use super::error::BackupError;
use super::format::State;

/// A row with its place in each index, and a slot.
const ROW_BYTES: u64 = 768;
/// Whatever is made for an empty store.
const EMPTY_BYTES: u64 = 4 << 20;

/// Bytes that a store of these takes, and an eighth: the database keeps a log while it is built.
pub(super) fn needed(state: &State) -> u64 {
    let contents: u64 = state.kept.iter().map(|kept| kept.contents.1).sum();
    let rows = u64::try_from(state.kept.len() + state.gone.len()).unwrap_or(u64::MAX);
    let bytes = contents.saturating_add(rows.saturating_mul(ROW_BYTES));
    bytes.saturating_add(bytes / 8).saturating_add(EMPTY_BYTES)
}

/// Where it cannot be told how much is free, writing will tell.
pub(super) fn has_room(folder: &Path, needed: u64) -> Result<(), BackupError> {
    let Ok(found) = statvfs(folder) else { return Ok(()) };
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    if free < needed {
        return Err(BackupError::Room {
            path: folder.to_path_buf(),
            free,
            needed,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_with_both_numbers() {
        let folder = tempfile::tempdir().unwrap();
        assert!(has_room(folder.path(), 1).is_ok());
        let refused = has_room(folder.path(), u64::MAX);
        assert!(matches!(refused, Err(BackupError::Room { needed: u64::MAX, free, .. }) if free > 0));
    }

    #[test]
    fn contents_and_rows_and_an_eighth_are_needed() {
        let empty = needed(&State::default());
        let gone = super::super::format::Gone {
            item: 1,
            mark: 0,
            run: 1,
            place: 0,
            until: 0,
        };
        let state = State {
            gone: vec![gone; 1000],
            ..State::default()
        };
        assert_eq!(needed(&state), empty + 768 * 1000 * 9 / 8);
    }
}
