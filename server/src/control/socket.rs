//! The server's end of the control socket.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener as Listener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::geteuid;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;

use super::{Answer, LINE_BYTES_MAX, NAME, Request, State, path};
use crate::confine::Confinement;
use crate::storage::Storage;

/// A request must be there within this.
const PATIENCE: Duration = Duration::from_secs(5);

/// The socket, removed when the server ends.
pub(crate) struct Control {
    listener: UnixListener,
    place: PathBuf,
}

/// Makes the socket, in place of what a server left that was cut off. Only whoever holds the data folder's lock may call it.
pub(crate) fn open(folder: &Path) -> io::Result<Control> {
    let place = folder.join(NAME);
    let named = format!("the socket {} cannot be used: ", place.display());
    make(folder, place).map_err(|error| io::Error::new(error.kind(), named + &error.to_string()))
}

fn make(folder: &Path, place: PathBuf) -> io::Result<Control> {
    match fs::remove_file(&place) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let (short, _folder) = path(folder)?;
    // The folder lets nobody in; the socket's own mode is the second door.
    let listener = Listener::bind(short)?;
    fs::set_permissions(&place, fs::Permissions::from_mode(0o600))?;
    listener.set_nonblocking(true)?;
    Ok(Control {
        listener: UnixListener::from_std(listener)?,
        place,
    })
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.place);
    }
}

impl Control {
    /// Answers until it is dropped. A purge that takes its time keeps nobody from looking.
    pub(crate) async fn serve(self, storage: Arc<dyn Storage>, stop: Arc<Notify>) {
        let room = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let Ok((stream, _)) = self.listener.accept().await else {
                // Too many open files: better later than in a busy loop.
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let Ok(permit) = Arc::clone(&room).try_acquire_owned() else {
                continue;
            };
            if is_allowed(&stream) {
                let (storage, stop) = (Arc::clone(&storage), Arc::clone(&stop));
                actix_web::rt::spawn(async move {
                    let _permit = permit;
                    // Whoever went away has no need of the answer.
                    let _ = converse(stream, &*storage, &stop).await;
                });
            }
        }
    }
}

/// Connections that are answered at once.
const AT_ONCE: usize = 8;
const PAUSE: Duration = Duration::from_secs(1);

/// The server's own user, or root.
fn is_allowed(stream: &UnixStream) -> bool {
    let own = geteuid().as_raw();
    stream
        .peer_cred()
        .is_ok_and(|peer| peer.uid() == own || peer.uid() == 0)
}

async fn converse(stream: UnixStream, storage: &dyn Storage, stop: &Notify) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    let mut reader = BufReader::new(reader.take(LINE_BYTES_MAX));
    timeout(PATIENCE, reader.read_line(&mut line))
        .await
        .map_err(io::Error::from)??;
    let answer = match serde_json::from_str(&line) {
        Ok(request) => perform(request, storage, stop).await,
        Err(_) => Answer::Failed("the server does not know this request: is it of another version?".to_owned()),
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    timeout(PATIENCE, writer.write_all(&line))
        .await
        .map_err(io::Error::from)?
}

async fn perform(request: Request, storage: &dyn Storage, stop: &Notify) -> Answer {
    let done = match request {
        Request::Stop => {
            stop.notify_one();
            return Answer::Stopping;
        }
        Request::State => return Answer::State(state(storage)),
        Request::Purge(purge) => storage.purge(purge).await.map(Answer::Purged),
        Request::Inspect => storage.inspect().await.map(Answer::Inspected),
        Request::AcceptClock => match storage.accept_clock().await {
            Ok(()) => storage.sweep().await.map(|()| Answer::ClockAccepted),
            Err(error) => Err(error),
        },
    };
    done.unwrap_or_else(|error| Answer::Failed(error.to_string()))
}

fn state(storage: &dyn Storage) -> State {
    let (health, totals) = (storage.health(), storage.totals());
    State {
        ok: health.ok,
        clock_held: health.clock_held,
        damaged: storage.damaged(),
        items: totals.items,
        bytes: totals.bytes,
        leases: storage.leases(),
        confined: Confinement::of_this_process() != Confinement::None,
        keys_in_memory: storage.ends_with_the_process(),
    }
}
