//! A container of 20 GB, most of it a hole in a sparse file: what is looked at, taken out and rekeyed reads the few segments that it needs.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "program/making.rs"]
mod making;
mod program;

use std::fs::File;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::time::{Duration, Instant};

use making::{Person, entry, rng};
use program::{Desk, good, said};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use satchel_client::crypto::limit::{SEGMENT_LEN, SEGMENT_PLAINTEXT_LEN};
use satchel_client::crypto::{Asked, Locks, Manifest, Sealer};

const HUGE_LEN: u64 = 20_000_000_000;
const FIRST: &[u8] = b"what comes before the hole\n";
const LAST: &[u8] = b"what comes after the hole\n";
/// Blocks that the file may have on the disk: the segments that are written, and what the file system needs.
const BYTES_MAX: u64 = 16 << 20;
/// A segment for the header's sake, the first, the last two, and what starting a program reads.
const READ_MAX: u64 = 4 << 20;
const AT_MOST: Duration = Duration::from_secs(10);

/// Writes the container with the segments that hold the manifest, the small files and the end; the others are sealed and never seen.
fn write_with_a_hole(file: &File, to: &Person) -> std::io::Result<()> {
    let entries = vec![
        entry("first.txt", FIRST.len() as u64),
        entry("huge.bin", HUGE_LEN),
        entry("last.txt", LAST.len() as u64),
    ];
    let manifest = Manifest::new(entries, Asked::default()).unwrap();
    let mut rng = rng();
    let mut sealer = Sealer::new(&manifest, &Locks::Recipients(&to.recipients), &mut rng).unwrap();
    let prefix = sealer.prefix().into_vec();
    let at = |position: u64| prefix.len() as u64 + position * SEGMENT_LEN as u64;
    file.set_len(sealer.container_len().unwrap())?;
    file.write_all_at(&prefix, 0)?;

    assert_eq!(sealer.push(FIRST), Ok(FIRST.len()));
    let last_at = 4 + manifest.encode().len() as u64 + FIRST.len() as u64 + HUGE_LEN;
    let (mut left, last_position) = (HUGE_LEN, last_at / SEGMENT_PLAINTEXT_LEN as u64);
    while left > 0 {
        // Whole segments need no buffer here.
        while sealer.can_lend() && left >= SEGMENT_PLAINTEXT_LEN as u64 {
            drop(sealer.lend(&mut rng));
            left -= SEGMENT_PLAINTEXT_LEN as u64;
        }
        let len = sealer.room().len().min(usize::try_from(left).unwrap());
        sealer.filled(len).unwrap();
        left -= len as u64;
        if let Some(segment) = sealer.next_segment(&mut rng) {
            let position = segment.position();
            file.write_all_at(segment.seal().as_slice(), at(position))?;
        }
    }
    let mut rest = LAST;
    while !rest.is_empty() {
        rest = &rest[sealer.push(rest).unwrap()..];
        if let Some(segment) = sealer.next_segment(&mut rng) {
            let position = segment.position();
            file.write_all_at(segment.seal().as_slice(), at(position))?;
        }
    }
    let mut finishing = sealer.finish().unwrap();
    while let Some(segment) = finishing.next_segment(&mut rng) {
        let position = segment.position();
        if segment.is_final() || position <= last_position + 1 {
            file.write_all_at(segment.seal().as_slice(), at(position))?;
        } else {
            drop(segment);
        }
    }
    file.sync_all()
}

/// Standard output, bytes that were read by it (where the system tells), and how long it took.
fn measured(desk: &Desk, run: &[&str]) -> (Vec<u8>, Option<u64>, Duration) {
    let start = Instant::now();
    let child = desk.command(run).spawn().unwrap();
    // Over, and still there to be asked about.
    let how = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    waitid(WaitId::Pid(Pid::from_child(&child)), how).unwrap();
    let took = start.elapsed();
    let told = std::fs::read_to_string(format!("/proc/{}/io", child.id()));
    let read = told
        .ok()
        .and_then(|told| told.lines().find_map(|line| line.strip_prefix("rchar: ")?.parse().ok()));
    let output = child.wait_with_output().unwrap();
    assert!(said(&output).is_empty(), "{}", said(&output));
    (good(output), read, took)
}

#[test]
fn what_is_done_to_a_container_of_20_gb_reads_what_it_needs() {
    let (desk, ana, bo) = (Desk::new(), Person::new(), Person::new());
    ana.write(&desk, "ana");
    bo.write(&desk, "bo");
    let start = Instant::now();
    let file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(desk.path("large"))
        .unwrap();
    if let Err(error) = write_with_a_hole(&file, &ana) {
        println!("skipped: no file of 20 GB here: {error}");
        return;
    }
    let metadata = file.metadata().unwrap();
    if metadata.blocks() * 512 > BYTES_MAX {
        println!("skipped: this file system has no sparse files");
        return;
    }
    println!(
        "{} bytes, of which {} are on the disk, made in {:?}",
        metadata.len(),
        metadata.blocks() * 512,
        start.elapsed()
    );

    let run = |name: &str, run: &[&str]| {
        let (out, read, took) = measured(&desk, run);
        assert!(took < AT_MOST, "{name}: {took:?}");
        match read {
            Some(read) => {
                assert!(read < READ_MAX, "{name}: {read} bytes");
                println!(
                    "figure: {name} of 20 GB: {} KiB read, {} ms",
                    read / 1024,
                    took.as_millis()
                );
            }
            None => println!("{name}: {took:?}; skipped: this system does not tell what another process read"),
        }
        String::from_utf8(out).unwrap()
    };
    let listed = run("listing a container", &["list", "large", "-i", "ana.key"]);
    let lines: Vec<_> = listed.lines().collect();
    assert_eq!(lines.len(), 3, "{listed}");
    assert!(lines[1].trim_start().starts_with("20000000000 ") && lines[1].ends_with("huge.bin"));
    for (name, content) in [("first.txt", FIRST), ("last.txt", LAST)] {
        let arguments = ["decrypt", "large", "-i", "ana.key", "--only", name, "-o", "-"];
        let out = run(&format!("taking {name} out of a container"), &arguments);
        assert_eq!(out.as_bytes(), content);
    }
    let told = run("inspecting a container", &["inspect", "large"]);
    assert!(told.contains(&format!("length:  {} bytes", metadata.len())), "{told}");
    let others: Vec<_> = (0..6)
        .flat_map(|_| Person::new().recipients)
        .map(|one| one.encode())
        .collect();
    desk.write("others.txt", others.join("\n").as_bytes());
    // From one to eight.
    run(
        "rekeying a container",
        &["rekey", "large", "-i", "ana.key", "-R", "bo.pub", "-R", "others.txt"],
    );
    let out = run(
        "taking last.txt with the new key out of a container",
        &["decrypt", "large", "-i", "bo.key", "--only", "last.txt", "-o", "-"],
    );
    assert_eq!(out.as_bytes(), LAST);
    assert!(file.metadata().unwrap().blocks() * 512 < BYTES_MAX, "it stays sparse");
    // The hole is no segment: what is in it is refused, and at once.
    let output = desk.run(&["decrypt", "large", "-i", "ana.key", "--only", "huge.bin", "-o", "out"]);
    program::refused(output, 4);
    assert!(!desk.path("out").exists());
    println!("all of it in {:?}", start.elapsed());
}
