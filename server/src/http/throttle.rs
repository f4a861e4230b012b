//! Creations per client and minute: token buckets in memory, under a keyed hash of the address whose key lives ten minutes.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use satchel_api::Code;
use sha2::{Digest as _, Sha256};

use super::Failure;
use crate::config::Settings;
use crate::store::Random;

const KEY_LIFE: Duration = Duration::from_secs(600);
/// Beyond so many clients at once the map starts anew: bounded memory before fairness.
const CLIENTS_MAX: usize = 100_000;

/// The buckets of all clients.
pub struct Throttle {
    buckets: Mutex<Buckets>,
    new_key: Box<dyn Fn() -> Option<[u8; 32]> + Send + Sync>,
}

struct Buckets {
    key: Option<[u8; 32]>,
    since: Instant,
    clients: HashMap<[u8; 16], Bucket>,
}

struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Throttle {
    /// Empty; `new_key` gives 32 random bytes, or nothing when there are none (then nobody is let through).
    pub fn new(new_key: impl Fn() -> Option<[u8; 32]> + Send + Sync + 'static) -> Self {
        let buckets = Buckets {
            key: new_key(),
            since: Instant::now(),
            clients: HashMap::new(),
        };
        Self {
            buckets: Mutex::new(buckets),
            new_key: Box::new(new_key),
        }
    }

    /// Keys from the store's source of randomness.
    pub fn with_random(random: impl Random) -> Self {
        Self::new(move || {
            let mut key = [0; 32];
            random.fill(&mut key).ok().map(|()| key)
        })
    }

    /// Takes one creation from the client's bucket.
    ///
    /// # Errors
    /// `rate_limited` with the seconds until the next one.
    pub(super) fn take(&self, request: &HttpRequest, settings: &Settings) -> Result<(), Failure> {
        match client(request, settings) {
            Some(address) if settings.uploads_per_minute > 0 => {
                self.take_at(address, settings.uploads_per_minute, Instant::now())
            }
            _ => Ok(()),
        }
    }

    fn take_at(&self, address: IpAddr, per_minute: u32, now: Instant) -> Result<(), Failure> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(buckets.since) >= KEY_LIFE || buckets.clients.len() >= CLIENTS_MAX {
            *buckets = Buckets {
                key: (self.new_key)(),
                since: now,
                clients: HashMap::new(),
            };
        }
        let Some(key) = buckets.key else {
            return Err(Failure::new(Code::Unavailable).retry_after(5));
        };
        let (full, per_second) = (f64::from(per_minute), f64::from(per_minute) / 60.0);
        let bucket = buckets
            .clients
            .entry(name(&key, address))
            .or_insert(Bucket { tokens: full, at: now });
        bucket.tokens = (bucket.tokens + now.duration_since(bucket.at).as_secs_f64() * per_second).min(full);
        bucket.at = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        let wait = Duration::from_secs_f64((1.0 - bucket.tokens) / per_second);
        Err(Failure::new(Code::RateLimited).retry_after(wait.as_secs() + 1))
    }
}

/// SHA-256(key || address), cut to 16 bytes. One household has one /64.
fn name(key: &[u8; 32], address: IpAddr) -> [u8; 16] {
    let mut bytes = match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => {
            let mut octets = address.octets();
            octets[8..].fill(0);
            octets
        }
    };
    let hash = Sha256::new().chain_update(key).chain_update(bytes).finalize();
    bytes.copy_from_slice(&hash[..16]);
    bytes
}

/// Who asks. Nobody for loopback: there sits a proxy that was not named, or an onion service, and all share one address.
fn client(request: &HttpRequest, settings: &Settings) -> Option<IpAddr> {
    let mut address = request.peer_addr()?.ip().to_canonical();
    if settings.trusted_proxies.contains(&address) {
        let mut hops = request
            .headers()
            .get_all("x-forwarded-for")
            .filter_map(|value| value.to_str().ok());
        let last = hops.next_back()?.rsplit(',').next()?.trim();
        address = last.parse::<IpAddr>().ok()?.to_canonical();
    }
    (!address.is_loopback()).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle() -> Throttle {
        Throttle::new(|| Some([7; 32]))
    }

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let (throttle, now) = (throttle(), Instant::now());
        let address = IpAddr::from([203, 0, 113, 5]);
        for _ in 0..3 {
            assert!(throttle.take_at(address, 3, now).is_ok());
        }
        assert!(throttle.take_at(address, 3, now).is_err());
        assert!(throttle.take_at(IpAddr::from([203, 0, 113, 6]), 3, now).is_ok());
        assert!(throttle.take_at(address, 3, now + Duration::from_secs(21)).is_ok());
    }

    #[test]
    fn a_new_key_comes_after_ten_minutes_and_forgets_all() {
        let (throttle, now) = (throttle(), Instant::now());
        throttle.take_at(IpAddr::from([203, 0, 113, 5]), 3, now).unwrap();
        throttle
            .take_at(IpAddr::from([203, 0, 113, 6]), 3, now + KEY_LIFE)
            .unwrap();
        assert_eq!(throttle.buckets.lock().unwrap().clients.len(), 1);
    }

    #[test]
    fn the_last_half_of_a_version_6_address_does_not_count() {
        let key = [1; 32];
        let of = |text: &str| name(&key, text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::2"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
