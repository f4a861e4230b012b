//! vectors/ on disk: writing it, and comparing it with what would be written.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use crate::cases;

/// The folders that the kit owns: nothing but its vectors may lie in them.
pub const FOLDERS: [&str; 14] = [
    "container",
    "floe",
    "head",
    "label",
    "hpke",
    "link",
    "name",
    "padding",
    "page",
    "passphrase",
    "recipient",
    "set",
    "share",
    "xwing",
];

/// Every vector's path under vectors/ and its bytes.
///
/// # Panics
/// When two vectors have the same name.
#[must_use]
pub fn expected() -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for vector in cases::all() {
        assert!(
            files.insert(vector.path(), vector.encode()).is_none(),
            "two vectors are named {}",
            vector.path()
        );
    }
    files
}

/// Writes every vector under `root`, and removes what is none.
///
/// # Errors
/// When a file cannot be written or removed.
pub fn write(root: &Path) -> io::Result<usize> {
    let files = expected();
    for folder in FOLDERS {
        fs::create_dir_all(root.join(folder))?;
    }
    for path in present(root)?.into_keys().filter(|path| !files.contains_key(path)) {
        fs::remove_file(root.join(path))?;
    }
    for (path, bytes) in &files {
        fs::write(root.join(path), bytes)?;
    }
    Ok(files.len())
}

/// The paths that are missing, too many or different under `root`.
///
/// # Errors
/// When a file cannot be read.
pub fn differences(root: &Path) -> io::Result<Vec<String>> {
    let (files, present) = (expected(), present(root)?);
    let differs = |path: &&String| files.get(*path) != present.get(*path);
    let mut paths: Vec<String> = files.keys().chain(present.keys()).filter(differs).cloned().collect();
    paths.sort();
    paths.dedup();
    Ok(paths)
}

fn present(root: &Path) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for folder in FOLDERS {
        for entry in fs::read_dir(root.join(folder))? {
            let entry = entry?;
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            files.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(files)
}
