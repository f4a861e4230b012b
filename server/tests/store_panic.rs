//! A panic request over very many rows: how long it looks, and that nobody waits for it meanwhile.
#![allow(clippy::unwrap_used)]

mod store;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit as _, Mac as _};
use satchel_server::store::{PanicMark, PanicSecret, StoreError};
use sha2::{Digest as _, Sha256};
use store::{House, Secrets, Storage as _, run};

const MINE: [u8; 32] = [7; 32];
const BODY: usize = 1000;

fn mark(secret: [u8; 32], key: Secrets) -> PanicMark {
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
    mac.update(&Sha256::digest(key.id_bytes()));
    PanicMark::new(mac.finalize().into_bytes().into())
}

fn rows() -> u64 {
    if std::env::var_os("SATCHEL_LONG").is_some() {
        1_000_000
    } else {
        50_000
    }
}

/// Rows that a panic request has to look at, and that are nobody's.
fn fill(house: &House, rows: u64) {
    let mut conn = rusqlite::Connection::open(house.data().join("satchel.db")).unwrap();
    let step = conn.transaction().unwrap();
    let mut insert = step
        .prepare(
            "INSERT INTO paste VALUES (?1, ?2, ?2, ?2, NULL, 2, NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9e15, 2, 0, NULL, NULL, 0, ?3, NULL)",
        )
        .unwrap();
    for row in 0..rows {
        let (id, mark) = (
            Sha256::digest(row.to_be_bytes()),
            Sha256::digest((row + rows).to_be_bytes()),
        );
        insert
            .execute(rusqlite::params![1_000_000 + row, &id[..], &mark[..]])
            .unwrap();
    }
    drop(insert);
    step.commit().unwrap();
}

#[test]
fn a_panic_among_very_many_rows_takes_seconds_and_nobody_waits_for_it() {
    let house = House::new();
    let rows = rows();
    run(async {
        let store = house.open();
        store.close();
        fill(&house, rows);
        let store = house.open();
        let marked = 200;
        for number in 0..marked {
            let key = Secrets(number);
            let mut paste = key.paste(BODY, 1);
            paste.panic = Some(mark(MINE, key));
            store.create(paste, vec![1; BODY]).await.unwrap();
        }
        let other = Secrets(marked);
        store.create(other.paste(BODY, 1), vec![1; BODY]).await.unwrap();

        let over = AtomicBool::new(false);
        let panicking = async {
            let begun = Instant::now();
            let burned = store.panic(PanicSecret::new(MINE)).await.unwrap();
            over.store(true, Ordering::SeqCst);
            (burned, begun.elapsed())
        };
        let others = async {
            let (mut reads, mut writes, mut number) = (Vec::new(), Vec::new(), marked + 1);
            while !over.load(Ordering::SeqCst) {
                let begun = Instant::now();
                store.probe(other.id(), &other.token("probe")).await.unwrap();
                reads.push(begun.elapsed());
                let begun = Instant::now();
                store
                    .create(Secrets(number).paste(BODY, 1), vec![1; BODY])
                    .await
                    .unwrap();
                writes.push(begun.elapsed());
                number += 1;
            }
            (reads, writes)
        };
        let ((burned, took), (mut reads, mut writes)) = tokio::join!(panicking, others);
        reads.sort();
        writes.sort();
        let last = |times: &[Duration]| times.last().copied().unwrap_or_default();
        println!(
            "{rows} rows looked at and {burned} burned in {took:?}; meanwhile {} probes (median {:?}, longest {:?}) and as many creates (median {:?}, longest {:?})",
            reads.len(),
            reads[reads.len() / 2],
            last(&reads),
            writes[writes.len() / 2],
            last(&writes),
        );
        assert_eq!(burned, marked);
        assert!(last(&reads) < Duration::from_secs(1) && last(&writes) < Duration::from_secs(1));
        for number in 0..marked {
            let key = Secrets(number);
            let found = store.probe(key.id(), &key.token("probe")).await;
            assert!(matches!(found, Err(StoreError::Burned(_))));
        }
        assert!(store.probe(other.id(), &other.token("probe")).await.is_ok());
        // A secret of nothing looks as long.
        let begun = Instant::now();
        assert_eq!(store.panic(PanicSecret::new([8; 32])).await, Ok(0));
        println!("a secret that nothing was made under: {:?}", begun.elapsed());
        store.close();
    });
}

#[test]
fn of_very_many_panic_requests_some_wait_and_the_rest_are_refused() {
    let house = House::new();
    run(async {
        let store = house.open();
        let asked = (0..100).map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.panic(PanicSecret::new([number; 32])).await })
        });
        let (mut done, mut refused) = (0, 0);
        for answer in asked.collect::<Vec<_>>() {
            match answer.await.unwrap() {
                Ok(0) => done += 1,
                Err(StoreError::TooManyPanics) => refused += 1,
                other => unreachable!("{other:?}"),
            }
        }
        println!("{done} done, {refused} refused");
        assert!(done >= 32 && done + refused == 100);
        assert_eq!(store.panic(PanicSecret::new([1; 32])).await, Ok(0));
        store.close();
    });
}
