//! Whatever text a share is found in, its words and its code are found again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use satchel_client::share_text::{share_in, words_of};

fuzz_target!(|text: &str| {
    if let Ok(share) = share_in(text) {
        for again in [words_of(&share), share.encode()] {
            assert!(share_in(&again).is_ok_and(|found| found.to_bytes() == share.to_bytes()));
        }
    }
});
