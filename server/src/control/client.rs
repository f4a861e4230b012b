//! Asks a running server.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::{Answer, Request, path};

/// How long the answer to a question that takes no time is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// The answer, or `None` where no server runs on this folder.
pub(crate) fn ask(folder: &Path, request: &Request) -> io::Result<Option<Answer>> {
    let (place, _folder) = match path(folder) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut stream = match UnixStream::connect(place) {
        Ok(stream) => stream,
        // A server that was cut off leaves its socket behind.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    if matches!(request, Request::State) {
        // A server that hangs is to be told from one that purges.
        stream.set_read_timeout(Some(PATIENCE))?;
    }
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    if answer.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(serde_json::from_str(&answer)?))
}
