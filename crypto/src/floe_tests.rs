//! FLOE against its published known answers and against `floe-rs`, both ways.

use super::*;
use crate::limit::SEGMENT_OVERHEAD;
use crate::segment::{ClosedSegment, OpenSegment};
use alloc::vec;
use floe_rs::gcm::{FloeDecryptor, FloeEncryptor, FloeKey};
use floe_rs::types::{Header, Segment};
use getrandom::SysRng;
use rand_core::{Rng, UnwrapErr};

extern crate std;
use std::{fs, path::Path, println};

const AAD: &[u8] = b"This is AAD";

fn key() -> PayloadKey {
    PayloadKey::fill(|_| ())
}

/// What our FLOE makes of `plaintext`, segment by segment.
fn encrypt(params: Params, plaintext: &[u8]) -> Vec<u8> {
    let mut rng = UnwrapErr(SysRng);
    let (mut stream, header) = Stream::start_sealing(params, &key(), AAD, &mut rng);
    let mut sealed = header.to_vec();
    let chunk_len = params.segment_len as usize - SEGMENT_OVERHEAD;
    let count = plaintext.len().div_ceil(chunk_len).max(1);
    for i in 0..count {
        let chunk = &plaintext[i * chunk_len..plaintext.len().min((i + 1) * chunk_len)];
        let mut buffer = vec![0; 16];
        buffer.extend_from_slice(chunk);
        let mut nonce = [0; 12];
        rng.fill_bytes(&mut nonce);
        let key = stream.segment_key(i as u64);
        sealed.extend(
            OpenSegment::new(key, i as u64, i + 1 == count, nonce, buffer)
                .seal()
                .into_vec(),
        );
    }
    sealed
}

/// What our FLOE reads.
fn decrypt(params: Params, key: &PayloadKey, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Verdict> {
    let (header, segments) = sealed.split_first_chunk().ok_or(Verdict::Truncated)?;
    let mut stream = Stream::start_opening(params, key, aad, header)?;
    let segment_len = params.segment_len as usize;
    let count = segments.len().div_ceil(segment_len);
    let mut plaintext = Vec::new();
    for (i, segment) in segments.chunks(segment_len).enumerate() {
        let key = stream.segment_key(i as u64);
        let closed = ClosedSegment::new(params, key, i as u64, i + 1 == count, segment.to_vec())?;
        plaintext.extend_from_slice(closed.open()?.plaintext());
    }
    Ok(plaintext)
}

fn params_of(name: &str) -> Params {
    match name.split_once('_').unwrap().1 {
        "GCM256_IV256_4K" => Params {
            segment_len: 4096,
            rotation_bits: 20,
        },
        "GCM256_IV256_64" => Params {
            segment_len: 64,
            rotation_bits: 20,
        },
        "java_GCM256_IV256_4K" => Params {
            segment_len: 4096,
            rotation_bits: 20,
        },
        "java_GCM256_IV256_64" => Params {
            segment_len: 64,
            rotation_bits: 20,
        },
        "rotation" | "java_rotation" => Params {
            segment_len: 40,
            rotation_bits: 2,
        },
        "lastSegAligned" | "lastSegEmpty" => Params {
            segment_len: 40,
            rotation_bits: 20,
        },
        other => panic!("{other}: no parameters are known"),
    }
}

/// [F-1] [F-4] [F-5]
#[test]
fn the_published_known_answers_are_decrypted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors/floe");
    let Ok(files) = fs::read_dir(&folder) else {
        println!("skipped: FLOE's published answers are not beside this checkout");
        return;
    };
    let mut count = 0;
    for file in files {
        let file = file.unwrap().file_name().into_string().unwrap();
        let Some(name) = file.strip_suffix("_ct.txt") else {
            continue;
        };
        let read =
            |suffix| hex::decode(fs::read_to_string(folder.join([name, suffix].concat())).unwrap().trim()).unwrap();
        assert_eq!(
            decrypt(params_of(name), &key(), AAD, &read("_ct.txt")).unwrap(),
            read("_pt.txt"),
            "{name}"
        );
        count += 1;
    }
    assert!(count >= 17, "only {count} known answers were found");
}

/// [F-1] [F-3]: the testkit's, which have short segments and key changes.
#[test]
fn the_testkit_and_we_make_the_same_floe() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/floe");
    let mut count = 0;
    for file in fs::read_dir(folder).unwrap() {
        let file = fs::read(file.unwrap().path()).unwrap();
        let end = file.windows(2).position(|pair| pair == b"\n\n").unwrap();
        let head = core::str::from_utf8(&file[..end]).unwrap();
        let value = |key: &str| {
            let line = head.lines().find(|line| line.split(':').next() == Some(key)).unwrap();
            line.split_once(": ").unwrap().1
        };
        let params = Params {
            segment_len: value("segment_len").parse().unwrap(),
            rotation_bits: value("rotation_bits").parse().unwrap(),
        };
        let key = PayloadKey::fill(|key| key.copy_from_slice(&hex::decode(value("key")).unwrap()));
        let aad = hex::decode(value("associated_data")).unwrap();
        let plaintext = decrypt(params, &key, &aad, &file[end + 2..]).unwrap();
        assert_eq!(hex::encode(plaintext), value("plaintext"));
        count += 1;
    }
    assert!(count >= 8, "only {count} vectors were found");
}

fn floe_rs_agrees<const S: u32>() {
    let params = Params {
        segment_len: S,
        rotation_bits: 20,
    };
    let chunk_len = S as usize - SEGMENT_OVERHEAD;
    for len in [
        1,
        chunk_len - 1,
        chunk_len,
        chunk_len + 1,
        3 * chunk_len,
        3 * chunk_len + 5,
    ] {
        let plaintext: Vec<u8> = (0..len).map(|i| u8::try_from(i % 251).unwrap()).collect();

        let ours = encrypt(params, &plaintext);
        let header = Header::from_bytes(&ours[..PAYLOAD_HEADER_LEN]).unwrap();
        let key = FloeKey::default();
        let theirs = FloeDecryptor::<S>::new(&key, AAD, &header).unwrap();
        let mut opened = Vec::new();
        let segments = ours[PAYLOAD_HEADER_LEN..].chunks(S as usize);
        let count = segments.len();
        for (i, bytes) in segments.enumerate() {
            let segment = Segment::from_bytes(bytes).unwrap();
            let mut buffer = vec![0; segment.ciphertext().len()];
            theirs
                .decrypt_segment(&segment, &mut buffer, i as u64, i + 1 == count)
                .unwrap();
            opened.extend(buffer);
        }
        assert!(opened == plaintext, "floe-rs reads ours, {len} bytes");

        let theirs = FloeEncryptor::<S>::new(&key, AAD);
        let header = theirs.header();
        let mut sealed = [&params.encode()[..], header.iv().as_array(), header.tag().as_array()].concat();
        let chunks = plaintext.chunks(chunk_len);
        let count = chunks.len();
        for (i, chunk) in chunks.enumerate() {
            let mut buffer = vec![0; theirs.output_size(chunk)];
            theirs
                .encrypt_segment(chunk, &mut buffer, i as u64, i + 1 == count)
                .unwrap();
            sealed.extend(buffer);
        }
        assert!(
            decrypt(params, &self::key(), AAD, &sealed).unwrap() == plaintext,
            "we read floe-rs's, {len} bytes"
        );
    }
}

#[test]
fn floe_rs_reads_ours_and_we_read_floe_rs_s() {
    floe_rs_agrees::<64>();
    floe_rs_agrees::<4096>();
    floe_rs_agrees::<262_144>();
}

#[test]
fn a_key_serves_its_epoch_and_no_longer() {
    let params = Params {
        segment_len: 40,
        rotation_bits: 2,
    };
    let (mut stream, _) = Stream::start_sealing(params, &key(), AAD, &mut UnwrapErr(SysRng));
    let first = stream.segment_key(0);
    assert!(Arc::ptr_eq(&first, &stream.segment_key(3)));
    let second = stream.segment_key(4);
    assert!(!Arc::ptr_eq(&first, &second));
    assert!(first.expose_to_engine(|a| second.expose_to_engine(|b| a != b)));
}

/// [F-1]
#[test]
fn start_rejects_each_changed_byte_of_the_payload_header() {
    let (_, header) = Stream::start_sealing(PRODUCTION, &key(), AAD, &mut UnwrapErr(SysRng));
    assert_eq!(header[..10], [0, 0, 0, 4, 0, 0, 0, 0, 0, 0x20]);
    assert!(Stream::start_opening(PRODUCTION, &key(), AAD, &header).is_ok());
    for i in 0..header.len() {
        let mut changed = header;
        changed[i] ^= 1;
        let verdict = Stream::start_opening(PRODUCTION, &key(), AAD, &changed).err();
        assert_eq!(verdict, Some(Verdict::BadPayloadHeader), "{i}");
    }
    assert!(Stream::start_opening(PRODUCTION, &key(), b"other", &header).is_err());
}

/// [F-4] [F-5]
#[test]
fn a_segment_opens_only_where_it_was_sealed() {
    let params = Params {
        segment_len: 40,
        rotation_bits: 20,
    };
    let sealed = encrypt(params, &[7; 24]);
    let segments = sealed.len() - PAYLOAD_HEADER_LEN;
    assert_eq!(segments, 3 * 40);
    let swapped = [&sealed[..74], &sealed[114..154], &sealed[74..114], &sealed[154..]].concat();
    assert_eq!(decrypt(params, &key(), AAD, &swapped), Err(Verdict::BadSegment(0)));
    assert_eq!(
        decrypt(params, &key(), AAD, &sealed[..154]),
        Err(Verdict::BadSegment(1))
    );
    assert_eq!(
        decrypt(params, &key(), AAD, &[&sealed[..], &sealed[154..]].concat()),
        Err(Verdict::BadSegment(2))
    );
}
