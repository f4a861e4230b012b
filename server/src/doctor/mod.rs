//! `satchel-server doctor`: whether the machine lets the promises hold, and what each finding means.

mod certificate;
mod facts;
mod finding;
mod judge;
mod look;
mod swap;

#[cfg(test)]
mod tests;

pub use certificate::Certificate;
pub use facts::{Entry, Facts, Keys, Kind, Server, Space, Swap, Time};
pub use finding::{Finding, Level};
pub use judge::judge;
pub use look::{look, look_at_machine};

use std::fmt::Write as _;

use serde::Serialize;

use crate::config::Settings;

/// Only what the certificate gives to say: for each start.
#[must_use]
pub fn judge_certificate(settings: &Settings) -> Vec<Finding> {
    certificate::look(settings).map(certificate::judge).unwrap_or_default()
}

/// What there is to say, for scripts.
#[derive(Serialize)]
pub struct Report {
    /// Nothing is to be mended.
    pub well: bool,
    /// Whether "burned means gone" holds, as far as can be seen.
    pub burned_means_gone: bool,
    findings: Vec<Said>,
}

#[derive(Serialize)]
struct Said {
    code: &'static str,
    level: &'static str,
    meaning: &'static str,
}

impl Report {
    /// Of these findings.
    #[must_use]
    pub fn new(findings: &[Finding]) -> Self {
        let said = findings.iter().map(|finding| Said {
            code: finding.word(),
            level: match finding.level() {
                Level::Mend => "mend",
                Level::Note => "note",
            },
            meaning: finding.meaning(),
        });
        Self {
            well: findings.iter().all(|finding| finding.level() == Level::Note),
            burned_means_gone: !findings.iter().any(|finding| finding.breaks_burning()),
            findings: said.collect(),
        }
    }

    /// For people: a line for each, and how it stands.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for said in &self.findings {
            let _ = writeln!(text, "{} {}: {}", said.level, said.code, said.meaning);
        }
        text.push_str(if self.well {
            "nothing is to be mended\n"
        } else {
            "something is to be mended\n"
        });
        text
    }
}
