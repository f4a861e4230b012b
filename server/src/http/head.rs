//! A request's head as it arrives, looked at before the parser does: how long it is, and how its lines end.
//!
//! The parser takes a line that ends in a bare LF, where proxies differ, and fails hard on a name of 64 KiB.

use satchel_api::Code;

/// Bytes of a head on the wire. The bound of docs/api.md is a third of it and is told apart by the application.
const BYTES_MAX: usize = 48 * 1024;

/// What was seen of one head.
#[derive(Default)]
pub(super) struct Head {
    seen: usize,
    in_line: usize,
    after_cr: bool,
    over: bool,
}

impl Head {
    /// Takes the next bytes; those behind the head's end are not looked at.
    ///
    /// # Errors
    /// The code to refuse with.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(), Code> {
        for byte in bytes {
            if self.over {
                return Ok(());
            }
            self.seen += 1;
            match byte {
                b'\n' if !self.after_cr => return Err(Code::InvalidRequest),
                b'\n' => {
                    // Empty lines before the first are passed over, as RFC 9112 section 2.2 asks.
                    self.over = self.in_line == 1 && self.seen > 2;
                    if self.in_line == 1 && self.seen == 2 {
                        self.seen = 0;
                    }
                    self.in_line = 0;
                }
                _ => self.in_line += 1,
            }
            self.after_cr = *byte == b'\r';
            if self.seen > BYTES_MAX {
                return Err(Code::HeadersTooLarge);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(parts: &[&[u8]]) -> Result<(), Code> {
        let mut head = Head::default();
        parts.iter().try_for_each(|part| head.take(part))
    }

    #[test]
    fn a_body_may_hold_anything_and_a_head_no_bare_line_feed() {
        assert_eq!(taken(&[b"GET / HTTP/1.1\r\na: b\r", b"\n\r\n", b"x\ny\n"]), Ok(()));
        assert_eq!(taken(&[b"\r\n\r\nGET / HTTP/1.1\r\n\r\nx\n"]), Ok(()));
        for wrong in [
            &b"GET / HTTP/1.1\nhost: a\r\n\r\n"[..],
            b"GET / HTTP/1.1\r\na: b\nc: d\r\n\r\n",
            b"\n",
        ] {
            assert_eq!(taken(&[wrong]), Err(Code::InvalidRequest));
        }
    }

    #[test]
    fn a_head_without_an_end_is_too_large_at_its_bound_and_not_before() {
        let line = |len: usize| [&b"GET / HTTP/1.1\r\n"[..], &vec![b'x'; len - 16]].concat();
        assert_eq!(taken(&[&line(BYTES_MAX)]), Ok(()));
        assert_eq!(taken(&[&line(BYTES_MAX), b"x"]), Err(Code::HeadersTooLarge));
    }
}
