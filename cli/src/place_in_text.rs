//! Where a key was written, for a failure that names it.

use std::fmt;
use std::path::PathBuf;

use crate::failure::at;
use crate::naming::shown;

/// Where a recipient or an identity was written.
#[derive(Clone, Debug)]
pub(crate) enum Where {
    /// On the command line.
    Argument,
    /// In a file.
    Line { path: PathBuf, line: usize },
    /// In the table of departments: the department, or the committee.
    For(String),
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument => f.write_str("this"),
            Self::Line { path, line } => write!(f, "line {line} of {}", at(path)),
            Self::For(whom) => write!(f, "what is written for {}", shown(whom)),
        }
    }
}
