//! Whatever header parses encodes to the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use satchel_crypto::Header;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(header) = Header::parse(bytes) {
        assert_eq!(header.encode(), bytes);
    }
});
