//! How many connections are open at once, in all and for one network. Networks are names under a key, as in `throttle`.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::throttle::{KEY_LIFE, NewKey, keys_of, name};
use crate::storage::Random;

/// One network may have one of so many of all connections.
const SHARE: usize = 4;

/// Counts them. Its memory is bounded by their number.
pub struct Connections {
    most: usize,
    open: Mutex<Open>,
    new_key: NewKey,
}

struct Open {
    all: usize,
    key: Option<[u8; 32]>,
    since: Instant,
    networks: HashMap<[u8; 16], usize>,
}

/// Held as long as a connection is open.
pub struct Connected {
    of: Arc<Connections>,
    network: Option<[u8; 16]>,
}

impl Connections {
    /// At most `most`, and a quarter of that from one network.
    #[must_use]
    pub fn new(most: usize, random: impl Random) -> Self {
        let new_key = keys_of(random);
        let open = Open {
            all: 0,
            key: new_key(),
            since: Instant::now(),
            networks: HashMap::new(),
        };
        Self {
            most,
            open: Mutex::new(open),
            new_key,
        }
    }

    /// Lets a connection in; `None` when it is one too many. `proxies` ask for many people, and are not counted as a network.
    #[must_use]
    pub fn admit(self: &Arc<Self>, peer: Option<IpAddr>, proxies: &[IpAddr], now: Instant) -> Option<Connected> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.all >= self.most {
            return None;
        }
        if now.duration_since(open.since) >= KEY_LIFE {
            // Those that are open keep their names; the next ones count anew.
            open.key = (self.new_key)();
            open.since = now;
        }
        let counted = peer
            .map(|peer| peer.to_canonical())
            .filter(|peer| !peer.is_loopback() && !proxies.contains(peer));
        let network = match (counted, open.key) {
            (None, _) => None,
            (Some(_), None) => return None,
            (Some(peer), Some(key)) => Some(name(&key, peer)),
        };
        if let Some(network) = network {
            let count = open.networks.entry(network).or_default();
            if *count >= (self.most / SHARE).max(1) {
                return None;
            }
            *count += 1;
        }
        open.all += 1;
        drop(open);
        Some(Connected {
            of: Arc::clone(self),
            network,
        })
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        let mut open = self.of.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        if let Some(network) = self.network
            && let Some(count) = open.networks.get_mut(&network)
        {
            *count -= 1;
            if *count == 0 {
                open.networks.remove(&network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::SystemRandom;

    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn one_network_gets_a_quarter_and_all_together_no_more_than_all() {
        let proxies = ["10.0.0.1".parse().unwrap()];
        let (connections, now) = (Arc::new(Connections::new(8, SystemRandom)), Instant::now());
        let mut held = Vec::new();
        for (peer, fits) in [
            ("203.0.113.5", true),
            ("203.0.113.6", true),
            ("203.0.113.7", false),
            ("198.51.100.1", true),
            ("10.0.0.1", true),
            ("10.0.0.1", true),
            ("10.0.0.1", true),
            ("127.0.0.1", true),
            ("127.0.0.1", true),
            ("127.0.0.1", false),
            ("192.0.2.1", false),
        ] {
            let connected = connections.admit(ip(peer), &proxies, now);
            assert_eq!(connected.is_some(), fits, "{peer}");
            held.extend(connected);
        }
        held.remove(0);
        held.extend(connections.admit(ip("203.0.113.8"), &proxies, now));
        assert!(connections.admit(ip("203.0.113.9"), &proxies, now).is_none());
        drop(held);
        let open = connections.open.lock().unwrap();
        assert_eq!((open.all, open.networks.len()), (0, 0));
    }

    #[test]
    fn a_connection_that_outlives_its_key_is_counted_off_under_its_own_name() {
        let (connections, now) = (Arc::new(Connections::new(8, SystemRandom)), Instant::now());
        let old = connections.admit(ip("203.0.113.5"), &[], now);
        let new = connections.admit(ip("203.0.113.5"), &[], now + KEY_LIFE);
        assert_eq!(connections.open.lock().unwrap().networks.len(), 2);
        drop((old, new));
        assert_eq!(connections.open.lock().unwrap().networks.len(), 0);
    }
}
