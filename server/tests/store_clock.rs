//! A jump of the wall clock that is accepted as the store is opened. What holds of jumps for every backend is in contract/suite/clock.rs.

#![allow(clippy::unwrap_used)]

mod store;

use satchel_server::store::{Options, Store};
use store::*;

const YEARS: i64 = 3653 * 86_400;

#[test]
fn the_operators_word_at_start_burns_what_a_jump_expires() {
    run(async {
        let house = House::new();
        let store = house.open();
        put(&store, Secrets(1), &bytes(100, 1), 1).await;
        store.sweep().await.unwrap();
        house.clock.jump(YEARS);
        store.sweep().await.unwrap();
        assert_eq!(store.totals().items, 1);
        store.close();
        let accepting = Options {
            accept_clock: true,
            ..house.options()
        };
        let store = Store::open(accepting).unwrap();
        store.sweep().await.unwrap();
        assert_eq!(store.totals().items, 0);
    });
}
