//! stamp = hash of the relative paths and contents of what a step reads. A step whose stamp and output are there is left out.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::shell;

/// Folders that are made, not written.
const MADE: [&str; 6] = [
    "node_modules",
    "dist",
    "dist-letter",
    "target",
    "test-results",
    ".svelte-kit",
];

/// What the page writes among its sources while it is built: a first build would else be followed by a second.
const MADE_BY_THE_PAGE: [&str; 2] = ["web/src/gen/words", "web/src/text/keys.ts"];

/// What one step reads, as a number that changes with it.
pub(crate) struct Stamp {
    file: PathBuf,
    value: String,
}

impl Stamp {
    /// `extra` is what counts beside the files: the toolchain, the mode.
    pub(crate) fn of(step: &str, inputs: &[&str], extra: &str) -> Result<Self, Failure> {
        let mut hasher = DefaultHasher::new();
        extra.hash(&mut hasher);
        for input in inputs {
            add(&shell::root().join(input), input, &mut hasher)?;
        }
        let file = shell::target().join("xtask").join(format!("{step}.stamp"));
        Ok(Self {
            file,
            value: format!("{:016x}", hasher.finish()),
        })
    }

    /// Whether the step ran with these very inputs and its outputs still stand.
    pub(crate) fn is_fresh(&self, outputs: &[&Path]) -> bool {
        let same = fs::read_to_string(&self.file).is_ok_and(|kept| kept.trim() == self.value);
        same && outputs.iter().all(|path| path.exists())
    }

    /// To be called when the step has succeeded, never before.
    pub(crate) fn keep(&self) -> Result<(), Failure> {
        let told = |source| Failure::File {
            path: self.file.clone(),
            source,
        };
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder).map_err(told)?;
        }
        fs::write(&self.file, &self.value).map_err(told)
    }
}

fn add(path: &Path, name: &str, hasher: &mut DefaultHasher) -> Result<(), Failure> {
    let told = |source| Failure::File {
        path: path.to_path_buf(),
        source,
    };
    if path.is_dir() {
        let mut entries: Vec<_> = fs::read_dir(path).map_err(told)?.filter_map(Result::ok).collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let entry_name = entry.file_name().to_string_lossy().into_owned();
            let inside = format!("{name}/{entry_name}");
            if !MADE.contains(&entry_name.as_str()) && !MADE_BY_THE_PAGE.contains(&inside.as_str()) {
                add(&entry.path(), &inside, hasher)?;
            }
        }
    } else if path.exists() {
        // A file may go while we look (editors rename): then its absence is the state that counts.
        if let Ok(content) = fs::read(path) {
            name.hash(hasher);
            content.hash(hasher);
        }
    }
    Ok(())
}
