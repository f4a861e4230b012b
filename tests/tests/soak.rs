//! Mixed load for a long time: memory, descriptors, slots and the database's log stay within their bounds. Promises 1 to 6 go on
//! holding meanwhile: each reader gets what was sent, or is told that it is gone.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use satchel_api::{header, metadata, route};
use satchel_tests::at_rest::{AtRest, filled_slots};
use satchel_tests::documents::{Document, Link};
use satchel_tests::process::Server;
use satchel_tests::shim::Shim;
use satchel_tests::wire::{Keys, Wire};
use satchel_tests::{Dice, count, noise, random};

const CLIENTS: u64 = 8;
/// What each client keeps, at most.
const KEPT: usize = 20;
const SAMPLES: usize = 30;
/// How often what lives is counted: slots stay filled after the moment that most of it was there.
const COUNT_EVERY: Duration = Duration::from_millis(500);
const LARGE: usize = 300_000;
const MEMORY_KIB_MAX: u64 = 64 << 10;
/// What connections to the database may have opened by the end, besides those of a server that nobody has asked.
const DESCRIPTORS_IDLE: usize = 24;
const WAL_BYTES_MAX: u64 = 16 << 20;
/// Slots that are filled ahead of need, and what is rounded up to.
const SLOTS_AHEAD: u64 = 4096;

/// A third of a minute, or an hour in a long run; or what SATCHEL_SOAK_SECONDS says.
fn duration() -> Duration {
    let told = std::env::var("SATCHEL_SOAK_SECONDS").ok();
    Duration::from_secs(told.map_or_else(|| count(20, 3600) as u64, |text| text.parse().unwrap()))
}

struct Paste {
    keys: Keys,
    content: Vec<u8>,
    reads: u32,
}

/// What may be there besides what is kept.
#[derive(Default)]
struct Loose {
    /// Left to expire.
    expiring: AtomicUsize,
    /// Uploads whose cut may have been seen only after the burn.
    unsure: AtomicUsize,
}

struct Client<'a> {
    wire: Wire,
    loose: &'a Loose,
    host: &'a str,
    dice: Dice,
    kept: Vec<Paste>,
}

impl Client<'_> {
    fn act(&mut self) {
        match self.dice.roll(12) {
            0..=3 => self.create(1024),
            4 => self.create(LARGE),
            5 | 6 => self.read(),
            7 => self.burn(),
            8 => self.read_with_a_cut(),
            9 => self.share_to_three(),
            10 => self.leave_to_expire(),
            _ => self.cut_an_upload(),
        }
        while self.kept.len() > KEPT {
            self.burn();
        }
    }

    fn create(&mut self, len: usize) {
        let (keys, content) = (Keys::generate(), noise(len));
        let reads = u32::try_from(1 + self.dice.roll(3)).unwrap();
        assert_eq!(self.wire.create(&keys, reads, len, &content).unwrap().status, 201);
        self.kept.push(Paste { keys, content, reads });
    }

    fn take(&mut self) -> Option<Paste> {
        let any = self.dice.roll(self.kept.len().max(1) as u64);
        (!self.kept.is_empty()).then(|| self.kept.swap_remove(usize::try_from(any).unwrap()))
    }

    /// It is kept as long as it has reads.
    fn put_back(&mut self, mut paste: Paste) {
        paste.reads -= 1;
        if paste.reads > 0 {
            self.kept.push(paste);
        } else {
            assert_eq!(self.wire.probe(&paste.keys).unwrap().status, 410);
        }
    }

    fn read(&mut self) {
        let Some(paste) = self.take() else { return };
        let lease = random();
        assert_eq!(self.wire.probe(&paste.keys).unwrap().status, 200);
        assert!(self.wire.claim(&paste.keys, &lease).unwrap().body == paste.content);
        assert!(self.wire.content(&paste.keys, &lease).unwrap().body == paste.content);
        assert_eq!(self.wire.confirm(&paste.keys, &lease).unwrap().status, 204);
        self.put_back(paste);
    }

    fn burn(&mut self) {
        let Some(paste) = self.take() else { return };
        assert_eq!(self.wire.burn(&paste.keys).unwrap().status, 204);
        assert_eq!(self.wire.claim(&paste.keys, &random()).unwrap().status, 410);
    }

    fn read_with_a_cut(&mut self) {
        let Some(paste) = self.take() else { return };
        let lease = random();
        let cut = paste.content.len() / 3;
        let mut got = vec![0; cut];
        // On a connection of its own, which ends with it.
        let response = Wire::new(&format!("http://{}", self.host))
            .begin_claim(&paste.keys, &lease)
            .unwrap();
        response.into_body().into_reader().read_exact(&mut got).unwrap();
        let rest = self.wire.content_from(&paste.keys, &lease, cut).unwrap();
        rest.into_body().into_reader().read_to_end(&mut got).unwrap();
        assert!(got == paste.content);
        assert_eq!(self.wire.confirm(&paste.keys, &lease).unwrap().status, 204);
        self.put_back(paste);
    }

    fn share_to_three(&mut self) {
        let (document, payload) = (Document::generate(), noise(50_000));
        let links: Vec<_> = (0..3).map(|_| Link::generate(1)).collect();
        assert_eq!(self.wire.create_document(&document, &payload).unwrap().status, 201);
        assert_eq!(self.wire.make_links(&document, &links).unwrap().status, 201);
        let (first, lease) = (&links[0].keys, random());
        let whole = [&links[0].head[..], &payload].concat();
        assert!(self.wire.claim(first, &lease).unwrap().body == whole);
        assert_eq!(self.wire.confirm(first, &lease).unwrap().status, 204);
        assert_eq!(self.wire.burn_link(&document, 2).unwrap().status, 204);
        assert_eq!(self.wire.burn_document(&document).unwrap().status, 204);
        for link in &links {
            assert_eq!(self.wire.probe(&link.keys).unwrap().status, 410);
        }
    }

    /// Gone after five minutes.
    fn leave_to_expire(&self) {
        let (keys, content) = (Keys::generate(), noise(1024));
        assert_eq!(
            self.wire.create_for(&keys, (1, 60), 1024, &content).unwrap().status,
            201
        );
        self.loose.expiring.fetch_add(1, Ordering::Relaxed);
    }

    /// Half a body, and the connection ends. A small one leaves nothing; a large one is burned by whoever comes back.
    fn cut_an_upload(&mut self) {
        let keys = Keys::generate();
        let len = if self.dice.roll(2) == 0 { 1024 } else { LARGE };
        let mut stream = TcpStream::connect(self.host).unwrap();
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: {}\r\n{}: {}\r\n{}: {len}\r\n{}: {}\r\ncontent-type: {}\r\ncontent-length: {len}\r\n\r\n",
            route::PASTES,
            self.host,
            header::TUS_RESUMABLE,
            header::TUS_VERSION_SPOKEN,
            header::UPLOAD_LENGTH,
            header::UPLOAD_METADATA,
            Wire::metadata(&keys, 1, 3600, metadata::LOCK),
            header::OFFSET_OCTET_STREAM,
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&noise(len / 2)).unwrap();
        drop(stream);
        let status = self.wire.burn(&keys).unwrap().status;
        // The server may not have seen the cut yet, or not even the head.
        assert!([204, 404, 503].contains(&status), "{status}");
        self.loose
            .unsure
            .fetch_add(usize::from(status != 204), Ordering::Relaxed);
    }
}

/// What the server takes at one moment.
#[derive(Clone, Copy)]
struct Sample {
    memory_kib: u64,
    descriptors: usize,
    slots: u64,
    wal: u64,
    database: u64,
    live: usize,
}

fn sample(server: &Server, data: &Path) -> Sample {
    let len = |name: &str| std::fs::metadata(data.join(name)).map_or(0, |found| found.len());
    Sample {
        memory_kib: server.memory_kib("VmRSS:"),
        descriptors: server.descriptors(),
        slots: filled_slots(&std::fs::read(data.join("shred-keys")).unwrap()),
        wal: len("satchel.db-wal"),
        database: len("satchel.db"),
        live: AtRest::read(data).live(),
    }
}

fn most<T: Ord + Copy>(samples: &[Sample], of: impl Fn(&Sample) -> T) -> T {
    samples.iter().map(of).max().unwrap()
}

/// The most that lived at one moment, until `end`.
fn watch_live(data: &Path, end: Instant) -> usize {
    let rest = AtRest::read(data);
    let mut most = 0;
    while Instant::now() < end {
        most = most.max(rest.live());
        std::thread::sleep(COUNT_EVERY.min(end.saturating_duration_since(Instant::now())));
    }
    most
}

fn verify(samples: &[Sample], live: u64) {
    let (first, last) = samples[SAMPLES / 3..].split_at(SAMPLES / 3);
    let memory = |part: &[Sample]| most(part, |sample| sample.memory_kib);
    assert!(memory(samples) < MEMORY_KIB_MAX, "{} KiB of memory", memory(samples));
    assert!(
        memory(last) <= memory(first) * 5 / 4 + 4096,
        "memory grows: {} KiB, then {} KiB",
        memory(first),
        memory(last)
    );
    let open = |part: &[Sample]| most(part, |sample| sample.descriptors);
    assert!(
        open(last) <= open(first) + 8,
        "descriptors grow: {}, then {}",
        open(first),
        open(last)
    );
    let slots = most(samples, |sample| sample.slots);
    assert!(slots <= live + SLOTS_AHEAD, "{slots} slots for {live} items");
    let wal = most(samples, |sample| sample.wal);
    assert!(wal <= WAL_BYTES_MAX, "a log of {wal} bytes");
}

#[test]
fn an_hour_of_mixed_load_takes_no_more_than_a_minute_does() {
    let folder = tempfile::tempdir().unwrap();
    let (data, shim) = (folder.path(), Shim::default());
    let server = Server::start_behind(&shim, data);
    let host = server.url().trim_start_matches("http://");
    let (stop, acts, duration) = (AtomicBool::new(false), AtomicUsize::new(0), duration());
    let (loose, expired) = (Loose::default(), AtomicUsize::new(0));
    let before = sample(&server, data);
    let (mut samples, mut live) = (Vec::new(), 0);
    let seed = u64::from_le_bytes(random());
    println!("seed {seed}");
    let run = |number: u64| {
        let (wire, dice) = (Wire::new(server.url()), Dice::new(seed ^ number));
        let mut client = Client {
            wire,
            loose: &loose,
            host,
            dice,
            kept: Vec::new(),
        };
        while !stop.load(Ordering::Relaxed) {
            client.act();
            acts.fetch_add(1, Ordering::Relaxed);
        }
        client.kept.len()
    };
    let kept: usize = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                scope.spawn({
                    let run = &run;
                    move || run(number)
                })
            })
            .collect();
        for at in 1..=SAMPLES {
            let end = Instant::now() + duration / u32::try_from(SAMPLES).unwrap();
            live = live.max(watch_live(data, end));
            samples.push(sample(&server, data));
            live = live.max(samples[at - 1].live);
            if at == SAMPLES / 2 {
                // Seven minutes at once: what was left to expire does, in a short run too.
                expired.store(loose.expiring.load(Ordering::Relaxed), Ordering::Relaxed);
                shim.set_wall_offset(420);
            }
        }
        stop.store(true, Ordering::Relaxed);
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    });
    // What has expired is gone within a minute; what is kept is there, and at most what expires later and what nobody could burn.
    let (made, expired) = (loose.expiring.into_inner(), expired.into_inner());
    let live_max = kept + (made - expired) + loose.unsure.into_inner();
    let since = Instant::now();
    let left = loop {
        let now = sample(&server, data);
        if now.live <= live_max && now.descriptors <= before.descriptors + DESCRIPTORS_IDLE {
            break now;
        }
        let told = format!(
            "{} items for {live_max}, {} descriptors are left",
            now.live, now.descriptors
        );
        assert!(since.elapsed() < Duration::from_secs(90), "{told}");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(left.live >= kept, "{} of {kept} are left", left.live);
    let acts = acts.into_inner();
    let last = samples.last().unwrap();
    println!(
        "figure: {} s of mixed load, {acts} acts of {CLIENTS} clients, {expired} items expired: memory {} MB after a third and {} MB at most after that, {} descriptors under load and {} after it, {} slots for at most {} items, a log of at most {} KiB, a database of {} KiB",
        duration.as_secs(),
        samples[SAMPLES / 3].memory_kib / 1000,
        most(&samples[SAMPLES / 3..], |sample| sample.memory_kib) / 1000,
        most(&samples, |sample| sample.descriptors),
        left.descriptors,
        most(&samples, |sample| sample.slots),
        live,
        most(&samples, |sample| sample.wal) / 1024,
        last.database / 1024,
    );
    verify(&samples, live as u64);
    let _ = server.stop();
}
