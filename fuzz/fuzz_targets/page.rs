//! Whatever page holds a container holds its base64.
#![no_main]

use libfuzzer_sys::fuzz_target;
use satchel_crypto::container_in_page;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(container) = container_in_page(bytes) {
        let begins = b"<script type=\"text/plain\" id=\"satchel-container\">";
        assert!(bytes.windows(begins.len()).any(|window| window == begins));
        assert!(container.len() * 4 <= bytes.len() * 3);
    }
});
