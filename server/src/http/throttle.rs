//! Creations per client and minute: token buckets in memory, under a keyed hash of the network whose key lives ten minutes.
//!
//! Their number is fixed, so that no flood of addresses makes more of them, and none makes others forgotten: each network takes from two buckets,
//! by its hash, and is refused when both are empty. (A count-min sketch, updated conservatively: Estan and Varghese 2002.)

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use satchel_api::Code;
use sha2::{Digest as _, Sha256};

use super::Failure;
use crate::config::Settings;
use crate::storage::Random;

/// A key lives so long.
pub(super) const KEY_LIFE: Duration = Duration::from_secs(600);
/// Half a mebibyte of them, of which the system gives what is touched.
const BUCKETS: usize = 1 << 16;
/// A bucket counts thousandths of creations.
const ONE: u32 = 1000;

/// Gives 32 random bytes, or nothing when there are none.
pub(super) type NewKey = Box<dyn Fn() -> Option<[u8; 32]> + Send + Sync>;

/// Keys from the store's source of randomness.
pub(super) fn keys_of(random: impl Random) -> NewKey {
    Box::new(move || {
        let mut key = [0; 32];
        random.fill(&mut key).ok().map(|()| key)
    })
}

/// The buckets of all clients.
pub(super) struct Throttle {
    buckets: Mutex<Buckets>,
    new_key: NewKey,
}

struct Buckets {
    key: Option<[u8; 32]>,
    since: Instant,
    /// What was taken and has not run back in, and when that was so, in milliseconds.
    taken: Vec<u32>,
    at: Vec<u32>,
}

impl Buckets {
    fn new(key: Option<[u8; 32]>, since: Instant) -> Self {
        Self {
            key,
            since,
            taken: vec![0; BUCKETS],
            at: vec![0; BUCKETS],
        }
    }

    /// What is missing from a bucket now.
    fn missing(&self, bucket: usize, per_minute: u32, now: u32) -> u32 {
        let passed = u64::from(now.saturating_sub(self.at[bucket]));
        let run_in = u32::try_from(passed * u64::from(per_minute) / 60).unwrap_or(u32::MAX);
        self.taken[bucket].saturating_sub(run_in)
    }
}

impl Throttle {
    /// All full. Without a key nobody is let through.
    pub(super) fn new(new_key: NewKey) -> Self {
        Self {
            buckets: Mutex::new(Buckets::new(new_key(), Instant::now())),
            new_key,
        }
    }

    /// Takes `count` creations from the client's bucket, if one is in it. What is taken beyond the rest runs back in before the next one: so
    /// a request for more than a bucket holds is possible, and in the long run nobody has more than `per_minute`.
    ///
    /// # Errors
    /// `rate_limited` with the seconds until the next one.
    pub(super) fn take(&self, address: IpAddr, per_minute: u32, count: u32, now: Instant) -> Result<(), Failure> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(buckets.since) >= KEY_LIFE {
            *buckets = Buckets::new((self.new_key)(), now);
        }
        let Some(key) = buckets.key else {
            return Err(Failure::new(Code::Unavailable).retry_after(5));
        };
        let at = u32::try_from(now.duration_since(buckets.since).as_millis()).unwrap_or(u32::MAX);
        let places = places(&key, address);
        let [one, other] = places.map(|place| buckets.missing(place, per_minute, at));
        let missing = one.min(other);
        if missing.saturating_add(ONE) > per_minute.saturating_mul(ONE) {
            // Until one creation has run in: thousandths, at `per_minute` thousandths in 60 ms.
            let short = u64::from(missing) + u64::from(ONE) - u64::from(per_minute) * u64::from(ONE);
            let wait = (short * 60).div_ceil(u64::from(per_minute) * 1000);
            return Err(Failure::new(Code::RateLimited).retry_after(wait.max(1)));
        }
        for (place, before) in places.into_iter().zip([one, other]) {
            // One that somebody else has emptied further stays as it is.
            buckets.taken[place] = before.max(missing.saturating_add(count.saturating_mul(ONE)));
            buckets.at[place] = at;
        }
        Ok(())
    }
}

/// The two buckets of a network.
fn places(key: &[u8; 32], address: IpAddr) -> [usize; 2] {
    let name = name(key, address);
    let place = |bytes: [u8; 4]| usize::try_from(u32::from_le_bytes(bytes)).unwrap_or(0) % BUCKETS;
    [
        place([name[0], name[1], name[2], name[3]]),
        place([name[4], name[5], name[6], name[7]]),
    ]
}

/// SHA-256(key || network), cut to 16 bytes: the /24 of version 4, the /56 of version 6. A household or a workplace has about one.
pub(super) fn name(key: &[u8; 32], address: IpAddr) -> [u8; 16] {
    let mut network = match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            std::net::Ipv4Addr::new(a, b, c, 0).to_ipv6_mapped().octets()
        }
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 72 << 72).octets(),
    };
    let hash = Sha256::new().chain_update(key).chain_update(network).finalize();
    network.copy_from_slice(&hash[..16]);
    network
}

/// Who asks. Nobody for loopback: there sits a proxy that was not named, or an onion service, and all share one address.
pub(super) fn client(request: &HttpRequest, settings: &Settings) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let headers = request.headers().get_all("x-forwarded-for");
    let forwarded: Vec<&str> = headers.filter_map(|value| value.to_str().ok()).collect();
    client_of(peer, &forwarded, &settings.trusted_proxies)
}

/// Each proxy adds whom it was asked by at the end; what stands before the first one that is not trusted may be anything.
fn client_of(peer: IpAddr, forwarded: &[&str], trusted: &[IpAddr]) -> Option<IpAddr> {
    let mut address = peer.to_canonical();
    let mut hops = forwarded.iter().rev().flat_map(|value| value.rsplit(','));
    while trusted.contains(&address) {
        // A proxy that does not say for whom it asks is the one who asks.
        match hops.next().map(|hop| hop.trim().parse::<IpAddr>()) {
            Some(Ok(hop)) => address = hop.to_canonical(),
            Some(Err(_)) | None => break,
        }
    }
    (!address.is_loopback()).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle() -> Throttle {
        Throttle::new(Box::new(|| Some([7; 32])))
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let (throttle, now) = (throttle(), Instant::now());
        let address = ip("203.0.113.5");
        for _ in 0..3 {
            assert!(throttle.take(address, 3, 1, now).is_ok());
        }
        assert!(throttle.take(address, 3, 1, now).is_err());
        assert!(throttle.take(ip("198.51.100.6"), 3, 1, now).is_ok());
        assert!(throttle.take(address, 3, 1, now + Duration::from_secs(19)).is_err());
        assert!(throttle.take(address, 3, 1, now + Duration::from_secs(21)).is_ok());
    }

    #[test]
    fn many_at_once_are_let_through_from_a_bucket_that_is_not_empty_and_paid_back_before_the_next() {
        let (throttle, now) = (throttle(), Instant::now());
        let address = ip("203.0.113.5");
        throttle.take(address, 60, 20, now).unwrap();
        throttle.take(address, 60, 80, now).unwrap();
        // A hundred of sixty were taken: forty-one run in before one is there again.
        for secs in [0, 40] {
            assert!(
                throttle.take(address, 60, 1, now + Duration::from_secs(secs)).is_err(),
                "{secs}"
            );
        }
        throttle.take(address, 60, 1, now + Duration::from_secs(41)).unwrap();
    }

    #[test]
    fn neighbours_share_a_bucket_and_a_new_key_comes_after_ten_minutes() {
        let (throttle, now) = (throttle(), Instant::now());
        for last in 0..3 {
            throttle.take(IpAddr::from([203, 0, 113, last]), 3, 1, now).unwrap();
        }
        assert!(throttle.take(ip("203.0.113.77"), 3, 1, now).is_err());
        throttle.take(ip("203.0.113.77"), 3, 1, now + KEY_LIFE).unwrap();
        let buckets = throttle.buckets.lock().unwrap();
        assert_eq!(buckets.taken.iter().filter(|taken| **taken > 0).count(), 2);
    }

    #[test]
    fn a_flood_of_networks_neither_takes_memory_nor_gives_anybody_a_new_bucket() {
        let (throttle, now) = (throttle(), Instant::now());
        let mine = ip("203.0.113.5");
        while throttle.take(mine, 3, 1, now).is_ok() {}
        let mut refused = 0;
        for n in 0..1_000_000_u32 {
            let address = IpAddr::V6(Ipv6Addr::from_bits(0x2001_0db8 << 96 | u128::from(n) << 72));
            refused += u32::from(throttle.take(address, 3, 1, now).is_err());
        }
        assert!(throttle.take(mine, 3, 1, now).is_err());
        let buckets = throttle.buckets.lock().unwrap();
        assert_eq!((buckets.taken.len(), buckets.at.len()), (BUCKETS, BUCKETS));
        // Three for each bucket, and no more.
        assert!(refused > 1_000_000 - 3 * u32::try_from(BUCKETS).unwrap(), "{refused}");
    }

    #[test]
    fn the_last_parts_of_an_address_do_not_count() {
        let key = [1; 32];
        let of = |text: &str| name(&key, ip(text));
        assert_eq!(of("2001:db8:0:11::1"), of("2001:db8:0:ff:2::"));
        assert_ne!(of("2001:db8:0:100::1"), of("2001:db8::1"));
        assert_eq!(of("192.0.2.1"), of("192.0.2.200"));
        assert_ne!(of("192.0.2.1"), of("192.0.3.1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), name(&[2; 32], ip("192.0.2.1")));
    }

    #[test]
    fn only_what_trusted_proxies_add_is_believed() {
        let trusted = [ip("10.0.0.1"), ip("10.0.0.2"), ip("127.0.0.1")];
        let of = |peer: &str, forwarded: &[&str]| client_of(ip(peer), forwarded, &trusted);
        assert_eq!(of("192.0.2.9", &["198.51.100.1"]), Some(ip("192.0.2.9")));
        assert_eq!(of("10.0.0.1", &["198.51.100.1, 203.0.113.5"]), Some(ip("203.0.113.5")));
        assert_eq!(
            of("10.0.0.1", &["198.51.100.1", "203.0.113.5, 10.0.0.2"]),
            Some(ip("203.0.113.5"))
        );
        assert_eq!(of("10.0.0.1", &[]), Some(ip("10.0.0.1")));
        assert_eq!(of("10.0.0.1", &["for somebody"]), Some(ip("10.0.0.1")));
        assert_eq!(of("::ffff:10.0.0.1", &["::ffff:203.0.113.5"]), Some(ip("203.0.113.5")));
        assert_eq!((of("127.0.0.1", &[]), of("::1", &["203.0.113.5"])), (None, None));
    }
}
