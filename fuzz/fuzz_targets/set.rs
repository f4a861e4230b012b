//! Whatever head of a set parses encodes to the same bytes; members are parsed in a file of any shape.
#![no_main]

use libfuzzer_sys::fuzz_target;
use satchel_crypto::{Container, SetHead};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(head) = SetHead::parse(bytes) {
        assert_eq!(head.encode(), bytes[..27]);
        let member = bytes.get(35..).unwrap_or_default();
        let _ = Container::parse_member(member, member.len() as u64, &head.id);
        if let Ok(members) = SetHead::members(bytes) {
            assert_eq!(members.len(), usize::from(head.count));
        }
    }
});
