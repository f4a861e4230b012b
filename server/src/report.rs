//! What the server says for itself: start, stop, and errors by kind. Never an id, a token, an address or a size.
//!
//! There is no logging framework on purpose: what cannot be called cannot leak. No line has a time: whoever collects them puts one
//! there, and may leave it out.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::config::{LogFormat, LogLevel};
use crate::confine::Confinement;
use crate::doctor::Finding;

static FORMAT: AtomicU8 = AtomicU8::new(0);
static LEVEL: AtomicU8 = AtomicU8::new(2);

/// How it is said from now on, and how much.
pub(crate) fn configure(format: LogFormat, level: LogLevel) {
    FORMAT.store(format as u8, Ordering::Relaxed);
    LEVEL.store(level as u8, Ordering::Relaxed);
}

/// The one line on standard output that says that the server is ready.
pub(crate) fn ready(url: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody may be reading any more; the server runs all the same.
    let _ = writeln!(out, "satchel-server: ready at {url}").and_then(|()| out.flush());
}

/// A line on standard error.
pub(crate) fn say(what: Event) {
    if what.level() as u8 <= LEVEL.load(Ordering::Relaxed) {
        let line = line(&what, FORMAT.load(Ordering::Relaxed));
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }
}

/// Why it does not start, or ended: the last line, in the format that was chosen, if it came so far.
pub fn fail(sentence: &str) {
    say(Event::Ended(sentence.to_owned()));
}

/// What may be said while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A signal came; running requests may finish.
    Stopping,
    /// Everything is closed.
    Stopped,
    /// It could not start, or go on.
    Ended(String),
    /// The configuration was read again and holds.
    Reloaded,
    /// The configuration was read again and is wrong: the old one goes on.
    ReloadRefused(String),
    /// An option that is looked at only when the server starts was changed.
    NeedsRestart(&'static str),
    /// Another certificate is served from now on, or the same again.
    CertificateRenewed,
    /// The certificate was changed and is not taken: the old one goes on.
    CertificateRefused(String),
    /// An answer was an internal error.
    Failed,
    /// What is stored of a paste is damaged, or not there.
    Damaged {
        /// The internal number: nothing outside of the data folder has it.
        item: u64,
    },
    /// The keys of so many pastes were lost, and that was accepted.
    KeysLost {
        /// How many.
        pastes: u64,
    },
    /// The keys were in memory, and went with it.
    KeysForgotten {
        /// How many.
        pastes: u64,
    },
    /// The sweep could not write.
    SweepFailed,
    /// A clock jump is held.
    ClockHeld,
    /// What it can still reach.
    Confined(Confinement),
    /// What was burned may be read again.
    Doubt(Finding),
}

impl Event {
    const fn level(&self) -> LogLevel {
        match self {
            Self::Stopping
            | Self::Stopped
            | Self::Reloaded
            | Self::CertificateRenewed
            | Self::Confined(Confinement::Whole | Confinement::FilesAlone) => LogLevel::Info,
            Self::NeedsRestart(_)
            | Self::KeysLost { .. }
            | Self::KeysForgotten { .. }
            | Self::ClockHeld
            | Self::Confined(Confinement::None)
            | Self::Doubt(_) => LogLevel::Warning,
            Self::Ended(_)
            | Self::ReloadRefused(_)
            | Self::CertificateRefused(_)
            | Self::Failed
            | Self::Damaged { .. }
            | Self::SweepFailed => LogLevel::Error,
        }
    }

    /// The word for machines. It stays.
    const fn word(&self) -> &'static str {
        match self {
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Ended(_) => "ended",
            Self::Reloaded => "reloaded",
            Self::ReloadRefused(_) => "reload-refused",
            Self::NeedsRestart(_) => "needs-restart",
            Self::CertificateRenewed => "certificate-renewed",
            Self::CertificateRefused(_) => "certificate-refused",
            Self::Failed => "failed",
            Self::Damaged { .. } => "damaged",
            Self::KeysLost { .. } => "keys-lost",
            Self::KeysForgotten { .. } => "keys-forgotten",
            Self::SweepFailed => "sweep-failed",
            Self::ClockHeld => "clock-held",
            Self::Confined(Confinement::None) => "unconfined",
            Self::Confined(_) => "confined",
            Self::Doubt(finding) => finding.word(),
        }
    }

    fn sentence(&self) -> String {
        match self {
            Self::Stopping => "stopping".to_owned(),
            Self::Stopped => "stopped".to_owned(),
            Self::Ended(why) => why.clone(),
            Self::Reloaded => "the configuration was read again".to_owned(),
            Self::ReloadRefused(why) => format!("the configuration was read again and is not taken: {why}"),
            Self::NeedsRestart(option) => format!("{option} was changed, which takes a restart"),
            Self::CertificateRenewed => "the certificate was read again".to_owned(),
            Self::CertificateRefused(why) => format!("the certificate was read again and is not taken: {why}"),
            Self::Failed => "a request failed inside the server".to_owned(),
            Self::Damaged { item } => format!("stored item {item} is damaged; it is not served"),
            Self::KeysLost { pastes } => {
                format!("the shred keys of {pastes} pastes are lost, as was accepted; they are burned now")
            }
            Self::KeysForgotten { pastes } => {
                format!("the shred keys were in memory; the {pastes} pastes of before are burned now")
            }
            Self::SweepFailed => "the sweep could not write; it is tried again".to_owned(),
            Self::ClockHeld => {
                "the clock jumped; what it would expire is kept until `satchel-server clock accept` is run".to_owned()
            }
            Self::Confined(Confinement::Whole) => "confined".to_owned(),
            Self::Confined(Confinement::FilesAlone) => {
                "confined to its files; the kernel has no rule for connections (landlock 4, Linux 6.7)".to_owned()
            }
            Self::Confined(Confinement::None) => {
                "not confined: the kernel has no landlock, or has it switched off".to_owned()
            }
            Self::Doubt(finding) => finding.meaning().to_owned(),
        }
    }
}

fn line(what: &Event, format: u8) -> String {
    let (level, sentence) = (what.level().word(), what.sentence());
    if format == LogFormat::Json as u8 {
        let value = serde_json::json!({ "level": level, "event": what.word(), "message": sentence });
        return value.to_string();
    }
    if format == LogFormat::Logfmt as u8 {
        let mut line = format!("level={level} event={} message=\"", what.word());
        for character in sentence.chars() {
            match character {
                '"' | '\\' => {
                    let _ = write!(line, "\\{character}");
                }
                '\n' => line.push_str("\\n"),
                other => line.push(other),
            }
        }
        line.push('"');
        return line;
    }
    match what.level() {
        LogLevel::Info => format!("satchel-server: {sentence}"),
        _ => format!("satchel-server: {level}: {sentence}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_in_each_format_whatever_is_said() {
        let events = [
            Event::Stopping,
            Event::Damaged { item: 17 },
            Event::ReloadRefused("line 2:\n\"what\" \\ is this".to_owned()),
            Event::Doubt(Finding::SwapClear),
        ];
        for event in events {
            assert!(line(&event, LogFormat::Text as u8).starts_with("satchel-server: "));
            let json: serde_json::Value = serde_json::from_str(&line(&event, LogFormat::Json as u8)).unwrap();
            assert_eq!(json["event"], event.word());
            assert_eq!(json["message"], event.sentence());
            let logfmt = line(&event, LogFormat::Logfmt as u8);
            assert!(!logfmt.contains('\n') && logfmt.ends_with('"'), "{logfmt}");
            assert!(logfmt.starts_with(&format!(
                "level={} event={} message=\"",
                event.level().word(),
                event.word()
            )));
        }
        assert_eq!(
            line(&Event::Damaged { item: 17 }, LogFormat::Text as u8),
            "satchel-server: error: stored item 17 is damaged; it is not served"
        );
    }
}
