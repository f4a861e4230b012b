//! Whatever manifest parses encodes to the same bytes, and what is let through as a name stays below its folder.
#![no_main]

use libfuzzer_sys::fuzz_target;
use satchel_crypto::{Manifest, sanitise};
use std::path::{Component, Path};

fuzz_target!(|bytes: &[u8]| {
    let Ok(manifest) = Manifest::parse(bytes) else { return };
    assert_eq!(manifest.encode(), bytes);
    for name in manifest.entries().iter().filter_map(|entry| entry.name.as_deref()) {
        if let Ok(safe) = sanitise(name) {
            assert!(
                Path::new(safe.as_str())
                    .components()
                    .all(|part| matches!(part, Component::Normal(_)))
            );
        }
    }
});
