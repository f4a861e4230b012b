//! From a TCP connection to one that is encrypted, in time.

use std::io;
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::{Stream, Tls};

/// A handshake must be over within this. Until its first byte comes it has cost nothing but the connection.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// What waits within a connection for a reader who takes its time.
const BUFFER_BYTES_MAX: usize = 32 * 1024;
/// So long and so far is read on, so that whoever spoke in the clear gets to see the answer.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES_MAX: u64 = 64 * 1024;

/// To who speaks HTTP in the clear. It leads nowhere: what they sent has been seen by whoever listens.
const IN_THE_CLEAR: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 58\r\n\
connection: close\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\n\r\n\
This address takes https alone: begin it with `https://`.\n";

impl Tls {
    /// The connection, once both sides agree.
    pub(crate) async fn shake(&self, stream: TcpStream) -> io::Result<Stream> {
        timeout(HANDSHAKE, self.agree(stream))
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    async fn agree(&self, stream: TcpStream) -> io::Result<Stream> {
        let mut first = [0];
        if stream.peek(&mut first).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // A method; a handshake begins with 22.
        if first[0].is_ascii_uppercase() {
            let _ = timeout(LINGER, refuse(stream)).await;
            return Err(io::ErrorKind::InvalidData.into());
        }
        let accepted = self.acceptor.accept_with(stream, |connection| {
            connection.set_buffer_limit(Some(BUFFER_BYTES_MAX));
        });
        Ok(Stream::Tls(Box::new(accepted.await?)))
    }
}

async fn refuse(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(IN_THE_CLEAR).await?;
    stream.shutdown().await?;
    let mut rest = stream.take(LINGER_BYTES_MAX);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_in_the_clear_is_as_long_as_it_says() {
        let text = std::str::from_utf8(IN_THE_CLEAR).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            head.contains(&format!("content-length: {}\r\n", body.len())),
            "{}",
            body.len()
        );
    }
}
