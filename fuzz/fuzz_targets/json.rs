//! What the page's parser takes is what `serde_json` takes it for, and what the API writes it takes whole and never cut off.
#![no_main]

use std::fmt::Debug;

use libfuzzer_sys::fuzz_target;
use satchel_api::{Config, DocumentReceipt, LinksMade, Panicked, Probed, Problem, Receipt};
use serde::Serialize;
use serde::de::DeserializeOwned;

// Not public, and nobody else needs it to be.
#[path = "../../client/src/json.rs"]
mod json;
#[path = "../../client/src/told.rs"]
mod told;

fuzz_target!(|bytes: &[u8]| {
    same::<Config>(bytes);
    same::<Probed>(bytes);
    same::<Receipt>(bytes);
    same::<DocumentReceipt>(bytes);
    same::<LinksMade>(bytes);
    same::<Panicked>(bytes);
    same::<Problem>(bytes);
});

fn same<T: told::Told + DeserializeOwned + Serialize + PartialEq + Debug>(bytes: &[u8]) {
    let theirs = serde_json::from_slice::<T>(bytes);
    match (json::parse::<T>(bytes), &theirs) {
        (Ok(ours), Ok(theirs)) => assert_eq!(ours, *theirs),
        (Ok(ours), Err(error)) => panic!("{ours:?}: {error}"),
        // It may be deeper than any answer, or name a variant in an object, which no answer does.
        (Err(_), _) => {}
    }
    let Ok(value) = theirs else { return };
    let written = serde_json::to_vec(&value).unwrap();
    assert_eq!(json::parse::<T>(&written), Ok(value));
    for end in 0..written.len() {
        assert_eq!(json::parse::<T>(&written[..end]).err(), Some(json::Fault::Cut));
    }
}
