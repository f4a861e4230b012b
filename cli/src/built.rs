//! The page that this command was built with: the manifest of its files, and what each of them carries. build.rs took it in.

use base64ct::{Base64, Encoding as _};
use satchel_client::api::page::{self, Described, PageManifest};
use sha2::{Digest as _, Sha256, Sha384};

use crate::failure::Failure;

/// Empty where this program was built without the page.
const MANIFEST: &str = include_str!(concat!(env!("OUT_DIR"), "/page-manifest.json"));
const TRUSTED_TYPES: &str = include_str!(concat!(env!("OUT_DIR"), "/TRUSTED_TYPES"));

/// A page, by its manifest.
pub(crate) struct Built {
    pub(crate) text: &'static str,
    pub(crate) manifest: PageManifest,
}

impl Built {
    /// The one in this program.
    ///
    /// # Errors
    /// `NoPageBuiltIn`.
    pub(crate) fn page() -> Result<Self, Failure> {
        Self::of(MANIFEST)
    }

    fn of(text: &'static str) -> Result<Self, Failure> {
        let manifest = serde_json::from_str(text).map_err(|_| Failure::NoPageBuiltIn)?;
        Ok(Self { text, manifest })
    }

    /// Whether these are the bytes of the file at `path`; `None` for what the manifest does not list.
    pub(crate) fn is(&self, path: &str, bytes: &[u8]) -> Option<bool> {
        let hash = || Base64::encode_string(&Sha384::digest(bytes));
        let one = |file: &Described| file.bytes == bytes.len() as u64 && file.sha384 == hash();
        self.manifest.files.get(path)?;
        Some(self.answers(path).any(one))
    }

    /// How long the file at `path` is at most; `None` for what the manifest does not list.
    pub(crate) fn len(&self, path: &str) -> Option<u64> {
        self.answers(path).map(|file| file.bytes).max()
    }

    /// What an honest server may answer: where its operator switched the service worker off, what takes it away stands in its place.
    fn answers(&self, path: &str) -> impl Iterator<Item = &Described> {
        let other = (path == page::SERVICE_WORKER).then_some(page::SERVICE_WORKER_OFF);
        [Some(path), other]
            .into_iter()
            .flatten()
            .filter_map(|path| self.manifest.files.get(path))
    }
}

/// `content-security-policy` of the file at `path`, whose bytes are the right ones.
pub(crate) fn policy(path: &str, bytes: &[u8]) -> String {
    if path != page::FRAME {
        return page::policy(TRUSTED_TYPES);
    }
    let html = String::from_utf8_lossy(bytes);
    let hashes = |element| {
        let inside = page::inline(&html, element).unwrap_or_default();
        let hash = |text: &str| format!("'sha256-{}'", Base64::encode_string(&Sha256::digest(text)));
        inside.into_iter().map(hash).collect::<Vec<_>>().join(" ")
    };
    page::frame_policy(&hashes("script"), &hashes("style"))
}

/// SHA-256 in groups of four hexadecimal digits: as the page shows that of the manifest that it fetched.
pub(crate) fn hash_in_groups(manifest: &[u8]) -> Vec<String> {
    let pair = |two: &[u8]| two.iter().map(|byte| format!("{byte:02x}")).collect();
    Sha256::digest(manifest).chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_aloud_in_groups() {
        let groups = hash_in_groups(b"abc");
        assert_eq!(
            (groups.len(), groups[0].as_str(), groups[15].as_str()),
            (16, "ba78", "15ad")
        );
    }

    #[test]
    fn without_a_page_there_is_nothing_to_compare_with() {
        assert!(matches!(Built::of(""), Err(Failure::NoPageBuiltIn)));
    }

    #[test]
    fn the_page_of_this_program_is_of_its_version_and_names_what_a_browser_loads() {
        match Built::page() {
            Ok(built) => {
                assert_eq!(built.manifest.version, env!("CARGO_PKG_VERSION"));
                for path in [page::INDEX, page::FRAME] {
                    assert!(built.manifest.files.contains_key(path), "{path}");
                }
                assert!(!built.manifest.files.contains_key(page::MANIFEST));
                assert_eq!(built.is(page::INDEX, b"<!doctype html>"), Some(false));
            }
            Err(_) => println!("skipped: built without the page (cargo xtask build)"),
        }
    }
}
