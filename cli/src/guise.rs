//! Asking for a file as browsers ask: a server that hands out something else to them alone is to be noticed.

use satchel_client::api::page::{AS_SERVICE_WORKER, SERVICE_WORKER};

/// Who asks.
pub(crate) struct Guise {
    /// As it is said of what only this one got.
    pub(crate) name: &'static str,
    user_agent: &'static str,
    packed: &'static str,
    /// Whether it says what it wants a file for.
    fetch_metadata: bool,
}

/// The first is a program that says nothing of itself. Between them they take each coding that a server has.
pub(crate) const GUISES: [Guise; 4] = [
    Guise {
        name: "a program",
        user_agent: "",
        packed: "",
        fetch_metadata: false,
    },
    Guise {
        name: "Chromium",
        user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36",
        packed: "gzip, deflate, br, zstd",
        fetch_metadata: true,
    },
    Guise {
        name: "Tor Browser",
        user_agent: "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0",
        packed: "gzip, deflate",
        fetch_metadata: true,
    },
    Guise {
        name: "Safari on a phone",
        user_agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
        packed: "gzip, deflate, br",
        fetch_metadata: true,
    },
];

impl Guise {
    /// What it sends along for the file at `path`.
    pub(crate) fn headers(&self, path: &str) -> Vec<(&'static str, &'static str)> {
        let mut headers = Vec::new();
        if !self.user_agent.is_empty() {
            headers.extend([("user-agent", self.user_agent), ("accept-language", "en-US,en;q=0.5")]);
        }
        if !self.packed.is_empty() {
            headers.push(("accept-encoding", self.packed));
        }
        if self.fetch_metadata {
            let (accept, wanted_for, mode) = purpose(path);
            let site = if wanted_for == "document" {
                "none"
            } else {
                "same-origin"
            };
            if path == SERVICE_WORKER {
                headers.push(AS_SERVICE_WORKER);
            }
            headers.extend([
                ("accept", accept),
                ("sec-fetch-dest", wanted_for),
                ("sec-fetch-mode", mode),
                ("sec-fetch-site", site),
            ]);
        }
        headers
    }
}

/// `accept`, `sec-fetch-dest` and `sec-fetch-mode`, by what the file is called.
fn purpose(path: &str) -> (&'static str, &'static str, &'static str) {
    match path.rsplit_once('.') {
        _ if path == SERVICE_WORKER => ("*/*", "serviceworker", "same-origin"),
        Some((name, "js")) if name.contains("worker") => ("*/*", "worker", "same-origin"),
        Some((_, "js" | "mjs")) => ("*/*", "script", "cors"),
        Some((_, "css")) => ("text/css,*/*;q=0.1", "style", "no-cors"),
        Some((_, "svg" | "png" | "ico" | "webp")) => ("image/svg+xml,image/*,*/*;q=0.8", "image", "no-cors"),
        Some((_, "wasm" | "json")) => ("*/*", "empty", "cors"),
        Some((name, "html")) if name.ends_with("frame") => ("text/html,*/*;q=0.8", "iframe", "navigate"),
        _ => (
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "document",
            "navigate",
        ),
    }
}
