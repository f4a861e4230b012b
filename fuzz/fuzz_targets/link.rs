//! Whatever link, receipt, invite or token parses encodes to the same text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use satchel_crypto::{Invite, LeaseToken, Link, Receipt};

fuzz_target!(|text: &str| {
    if let Ok(link) = Link::parse(text) {
        assert_eq!(link.encode().as_str(), text);
    }
    if let Ok(invite) = Invite::parse(text) {
        assert_eq!(invite.encode().as_str(), text);
    }
    if let Ok(receipt) = Receipt::parse(text) {
        assert_eq!(receipt.encode().as_str(), text);
    }
    if let Ok(token) = LeaseToken::parse(text) {
        assert_eq!(token.bearer().as_str(), text);
    }
});
