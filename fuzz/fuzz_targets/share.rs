//! Whatever share parses encodes to the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use satchel_crypto::Share;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(bytes) = bytes.try_into()
        && let Ok(share) = Share::from_bytes(bytes)
    {
        assert!(share.to_bytes().as_slice() == bytes);
    }
    if let Ok(code) = core::str::from_utf8(bytes)
        && let Ok(share) = Share::parse(code)
    {
        assert_eq!(share.encode().as_str(), code);
    }
});
