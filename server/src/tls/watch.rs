//! Notices that somebody put another certificate there. It looks at the files themselves: renewal programs rename, write, or move a link.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::PoisonError;
use std::time::Duration;

use super::Tls;
use crate::config::TlsFiles;

/// How often it looks. A change is taken once it has stood for so long: two files are not written at the same moment.
const PAUSE: Duration = Duration::from_secs(5);

/// How the two files are: which, how long, and since when. `None` where one is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp([Option<Look>; 2]);

#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    file: (u64, u64),
    len: u64,
    changed_at: (i64, i64),
}

impl Stamp {
    pub(super) fn of(files: &TlsFiles) -> Self {
        let one = |path: &Path| {
            let found = fs::metadata(path).ok()?;
            Some(Look {
                file: (found.dev(), found.ino()),
                len: found.size(),
                changed_at: (found.ctime(), found.ctime_nsec()),
            })
        };
        Self([one(&files.cert), one(&files.key)])
    }
}

/// Reads the pair again whenever it was changed, as long as the server runs.
pub(crate) async fn keep_current(tls: Tls) {
    let mut tick = tokio::time::interval(PAUSE);
    let mut before = *tls.tried.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        tick.tick().await;
        let files = tls.files.clone();
        let Ok(now) = tokio::task::spawn_blocking(move || Stamp::of(&files)).await else {
            continue;
        };
        let tried = *tls.tried.lock().unwrap_or_else(PoisonError::into_inner);
        if now != tried && now == before {
            tls.renew().await;
        }
        before = now;
    }
}
