//! What opens a container, as people call it.

use std::fmt;

use satchel_client::crypto::{Container, Slot};

/// A kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Passphrase,
    Link,
    Identity,
    Shares,
    /// Of a newer version.
    Unknown,
}

impl Kind {
    const fn of(slot: &Slot) -> Self {
        match slot {
            Slot::Passphrase { .. } => Self::Passphrase,
            Slot::Link { .. } => Self::Link,
            Slot::Recipient { .. } => Self::Identity,
            Slot::Share { .. } => Self::Shares,
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passphrase => "a passphrase",
            Self::Link => "a link",
            Self::Identity => "a key file",
            Self::Shares => "recovery shares",
            Self::Unknown => "something that a newer satchel knows",
        })
    }
}

/// The kinds that open some containers, each once.
#[derive(Debug)]
pub(crate) struct Kinds(Vec<Kind>);

impl Kinds {
    /// Of all the slots.
    pub(crate) fn of(containers: &[&Container]) -> Self {
        let mut kinds = Vec::new();
        for kind in containers.iter().flat_map(|container| container.slots()).map(Kind::of) {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        Self(kinds)
    }

    /// Whether this kind is among them.
    pub(crate) fn has(&self, kind: Kind) -> bool {
        self.0.contains(&kind)
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, kind) in self.0.iter().enumerate() {
            let between = if number > 0 { " or " } else { "" };
            write!(f, "{between}{kind}")?;
        }
        Ok(())
    }
}
