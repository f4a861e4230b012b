//! Whatever recipient or identity parses encodes to the same text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use satchel_crypto::{Identity, Recipient};

fuzz_target!(|text: &str| {
    if let Ok(recipient) = Recipient::parse(text) {
        assert_eq!(recipient.encode(), text);
    }
    if let Ok(identity) = Identity::parse(text) {
        assert_eq!(identity.encode().as_str(), text);
    }
});
