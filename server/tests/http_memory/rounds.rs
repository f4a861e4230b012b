//! Whole rounds through HTTP, and what the storage has of them afterwards.

use std::sync::Arc;

use satchel_server::storage::Storage;
use satchel_server::storage::memory::{MemoryOptions, MemoryStorage};

use crate::harness::{Paste, Server, bearer, token};

/// A server, and the storage that it answers from.
fn kept() -> (Server, MemoryStorage) {
    let storage = MemoryStorage::new(MemoryOptions::default());
    let server = crate::serve(Arc::new(storage.clone()), crate::settings(&[]));
    (server, storage)
}

fn now<T>(asked: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(asked)
}

#[test]
fn a_paste_is_created_uploaded_probed_claimed_read_and_confirmed_and_is_gone() {
    let (server, storage) = kept();
    for len in [1, 5000, 1_500_000] {
        let paste = Paste::new(len, 1);
        let half = len / 2;
        assert_eq!(paste.create(&server, &[]).status, 201);
        if half > 0 {
            assert_eq!(paste.patch(&server, 0, &paste.content[..half], &[]).status, 204);
        }
        assert_eq!(paste.probe(&server).status, 404, "not whole");
        assert_eq!(paste.offset(&server), half);
        assert_eq!(paste.patch(&server, half, &paste.content[half..], &[]).status, 204);
        assert_eq!((storage.totals().items, storage.totals().bytes), (1, len as u64));
        let probed = paste.probe(&server).json();
        assert_eq!((&probed["size"], &probed["reads_left"]), (&len.into(), &1.into()));
        let lease = token();
        let claimed = paste.claim(&server, &lease);
        assert_eq!((claimed.status, claimed.body == paste.content), (200, true));
        let again = paste.content(&server, &lease, None);
        assert_eq!((again.status, again.body == paste.content), (200, true));
        let range = paste.content(&server, &lease, Some("bytes=-1"));
        assert_eq!((range.status, &range.body[..]), (206, &paste.content[len - 1..]));
        assert_eq!(paste.confirm(&server, &lease).status, 204);
        assert_eq!((storage.totals().items, storage.leases()), (0, 0));
        assert_eq!(paste.probe(&server).code(), "burned");
        assert_eq!(paste.receipt(&server)["burned"], "reads");
    }
    assert_eq!(now(storage.inspect()).unwrap().violations, []);
}

#[test]
fn of_many_readers_at_once_one_gets_the_only_read() {
    let (server, storage) = kept();
    for _ in 0..5 {
        let paste = Paste::on(&server, 2000, 1);
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let claims = (0..16).map(|_| scope.spawn(|| paste.claim(&server, &token()).status));
            let claims: Vec<_> = claims.collect();
            claims.into_iter().map(|claim| claim.join().unwrap()).collect()
        });
        assert_eq!(
            statuses.iter().filter(|status| **status == 200).count(),
            1,
            "{statuses:?}"
        );
        assert_eq!(statuses.iter().filter(|status| **status == 410).count(), 15);
    }
    assert_eq!(storage.leases(), 5);
}

#[test]
fn health_and_a_burn_on_demand_are_answered_alike() {
    let (server, storage) = kept();
    assert_eq!(server.ask("GET", "/healthz", &[], &[]).body, b"ok");
    let paste = Paste::on(&server, 2000, 0);
    let lease = token();
    assert_eq!(paste.claim(&server, &lease).status, 200);
    assert_eq!(paste.burn(&server).status, 204);
    assert_eq!(paste.burn(&server).status, 204);
    let content = server.ask(
        "GET",
        &paste.path("/content"),
        &[("authorization", &bearer(&lease))],
        &[],
    );
    assert_eq!(content.code(), "lease_ended");
    assert_eq!(storage.totals().items, 0);
}
