//! Why a task stopped, in words that name what to do.

use std::fmt;
use std::path::PathBuf;

/// One reason, with what the person at the keyboard can act on.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A command ended with something other than success.
    Command { line: String, ended: String },
    /// A command could not be started at all.
    NotStarted { line: String, source: std::io::Error },
    /// The machine lacks something; `command` is the exact line that mends it.
    Missing { what: String, command: String },
    /// A file could not be read or written.
    File { path: PathBuf, source: std::io::Error },
    /// A check of ours found these.
    Findings(Vec<String>),
    /// The task was asked for in a way that it does not know.
    Usage(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command { line, ended } => write!(out, "`{line}` {ended}"),
            Self::NotStarted { line, source } => write!(out, "`{line}` could not be started: {source}"),
            Self::Missing { what, command } => write!(out, "{what}\nhint: {command}"),
            Self::File { path, source } => write!(out, "{}: {source}", path.display()),
            Self::Findings(found) => write!(out, "{}", found.join("\n")),
            Self::Usage(text) => write!(out, "{text}"),
        }
    }
}
