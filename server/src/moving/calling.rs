//! The old side's end of the connection: whom it calls, and what it is answered.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use super::channel::{Broken, Channel};
use super::error::{MoveCommandError, RefusedBy};
use super::key::MoveKey;
use super::said::Answer;

/// For a name and its address.
const CALL: Duration = Duration::from_secs(15);

pub(super) fn call(to: &str, key: &MoveKey) -> Result<Channel, MoveCommandError> {
    let place = place(to).ok_or_else(|| MoveCommandError::Address(to.to_owned()))?;
    let failed = |source| MoveCommandError::Unreachable {
        to: to.to_owned(),
        source,
    };
    let mut last = std::io::ErrorKind::NotFound.into();
    for address in place.to_socket_addrs().map_err(failed)? {
        match TcpStream::connect_timeout(&address, CALL) {
            Ok(stream) => return Ok(Channel::call(stream, key)?),
            Err(error) => last = error,
        }
    }
    Err(failed(last))
}

/// `HOST:PORT`, whatever scheme stands before it, or slash behind.
fn place(to: &str) -> Option<&str> {
    let place = to
        .split_once("://")
        .map_or(to, |(_, place)| place)
        .trim_end_matches('/');
    let (host, port) = place.rsplit_once(':')?;
    (!host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0)).then_some(place)
}

pub(super) fn heard(channel: &mut Channel) -> Result<Answer, MoveCommandError> {
    match channel.hear()?.json()? {
        Answer::Refused(refusal) => Err(RefusedBy(refusal).into()),
        answer => Ok(answer),
    }
}

pub(super) fn expect(channel: &mut Channel, is_it: impl Fn(&Answer) -> bool) -> Result<(), MoveCommandError> {
    let answer = heard(channel)?;
    if is_it(&answer) {
        Ok(())
    } else {
        Err(Broken::Wrong.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_a_port_and_may_look_like_a_url() {
        for (to, found) in [
            ("new.example:8787", Some("new.example:8787")),
            ("https://new.example:8787/", Some("new.example:8787")),
            ("[::1]:8787", Some("[::1]:8787")),
            ("new.example", None),
            ("https://new.example/", None),
            (":8787", None),
            ("new.example:0", None),
        ] {
            assert_eq!(place(to), found, "{to}");
        }
    }
}
