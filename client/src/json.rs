//! The JSON of answers, as RFC 8259 has it, without what the API does not use: numbers are whole and not negative, and an error has no text. On the
//! way in it stands for `serde_json`, which is large in the page's WebAssembly (docs/decisions/0012-json-of-answers.md); the tests hold it to that. It
//! is read into a [`Value`] and taken out by [`Told`](crate::told::Told): code for each type on the way through the text is large too.

use std::borrow::Cow;

use crate::told::Told;

/// Deeper than any answer.
const DEPTH_MAX: u8 = 16;

/// Why it is not what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It was cut off.
    Cut,
    /// It is no JSON, or of another shape.
    Shape,
}

/// What an answer says.
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    /// None for one that has a sign, a fraction or an exponent, or is too large.
    Number(Option<u64>),
    Text(Cow<'a, str>),
    List(Vec<Value<'a>>),
    Object(Vec<(Cow<'a, str>, Value<'a>)>),
}

/// All of `bytes`, as one value.
pub(crate) fn parse<T: Told>(bytes: &[u8]) -> Result<T, Fault> {
    T::told(&read(bytes)?).ok_or(Fault::Shape)
}

fn read(bytes: &[u8]) -> Result<Value<'_>, Fault> {
    let text = core::str::from_utf8(bytes).map_err(|error| match error.error_len() {
        // Cut in the middle of a character.
        None => Fault::Cut,
        Some(_) => Fault::Shape,
    })?;
    let mut reader = Reader {
        text,
        at: 0,
        depth: DEPTH_MAX,
    };
    let value = reader.value()?;
    match reader.peek() {
        Err(Fault::Cut) => Ok(value),
        _ => Err(Fault::Shape),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// How much deeper it may go.
    depth: u8,
}

impl<'a> Reader<'a> {
    /// The next byte, behind white space.
    fn peek(&mut self) -> Result<u8, Fault> {
        while let Some(byte) = self.text.as_bytes().get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Ok(*byte);
            }
            self.at += 1;
        }
        Err(Fault::Cut)
    }

    fn take(&mut self) -> Result<u8, Fault> {
        let byte = *self.text.as_bytes().get(self.at).ok_or(Fault::Cut)?;
        self.at += 1;
        Ok(byte)
    }

    fn expect(&mut self, word: &str) -> Result<(), Fault> {
        for byte in word.bytes() {
            if self.take()? != byte {
                return Err(Fault::Shape);
            }
        }
        Ok(())
    }

    /// What takes digits from here on, none of it too many.
    fn digits(&mut self) -> Result<&'a str, Fault> {
        let start = self.at;
        while self.text.as_bytes().get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        let digits = &self.text[start..self.at];
        if digits.is_empty() {
            return Err(if start == self.text.len() {
                Fault::Cut
            } else {
                Fault::Shape
            });
        }
        Ok(digits)
    }

    /// A whole number; none for one that has a sign, a fraction or an exponent, or is too large.
    fn number(&mut self) -> Result<Option<u64>, Fault> {
        let mut whole = true;
        if self.peek()? == b'-' {
            (self.at, whole) = (self.at + 1, false);
        }
        let digits = self.digits()?;
        if digits.len() > 1 && digits.starts_with('0') {
            return Err(Fault::Shape);
        }
        if self.text.as_bytes().get(self.at) == Some(&b'.') {
            (self.at, whole) = (self.at + 1, false);
            self.digits()?;
        }
        if matches!(self.text.as_bytes().get(self.at), Some(b'e' | b'E')) {
            (self.at, whole) = (self.at + 1, false);
            if matches!(self.text.as_bytes().get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(digits.parse().ok().filter(|_| whole))
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Fault> {
        self.peek()?;
        self.expect("\"")?;
        let mut whole = String::new();
        loop {
            let start = self.at;
            while !matches!(self.text.as_bytes().get(self.at), None | Some(b'"' | b'\\' | ..b' ')) {
                self.at += 1;
            }
            let part = &self.text[start..self.at];
            match self.take()? {
                b'"' if whole.is_empty() => return Ok(Cow::Borrowed(part)),
                b'"' => return Ok(Cow::Owned(whole + part)),
                b'\\' => {
                    whole.push_str(part);
                    whole.push(self.escaped()?);
                }
                _ => return Err(Fault::Shape),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, Fault> {
        Ok(match self.take()? {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.utf16(),
            byte @ (b'"' | b'\\' | b'/') => char::from(byte),
            _ => return Err(Fault::Shape),
        })
    }

    fn utf16(&mut self) -> Result<char, Fault> {
        let mut code = self.hex()?;
        if (0xd800..0xdc00).contains(&code) {
            self.expect("\\u")?;
            let low = self.hex()?;
            if !(0xdc00..0xe000).contains(&low) {
                return Err(Fault::Shape);
            }
            code = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
        char::from_u32(code).ok_or(Fault::Shape)
    }

    fn hex(&mut self) -> Result<u32, Fault> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = char::from(self.take()?).to_digit(16).ok_or(Fault::Shape)?;
            code = code << 4 | digit;
        }
        Ok(code)
    }

    fn value(&mut self) -> Result<Value<'a>, Fault> {
        Ok(match self.peek()? {
            b'{' => Value::Object(self.within(b'}', |reader| {
                let name = reader.string()?;
                reader.peek()?;
                reader.expect(":")?;
                Ok((name, reader.value()?))
            })?),
            b'[' => Value::List(self.within(b']', Self::value)?),
            b'"' => Value::Text(self.string()?),
            b't' => self.expect("true").map(|()| Value::Bool(true))?,
            b'f' => self.expect("false").map(|()| Value::Bool(false))?,
            b'n' => self.expect("null").map(|()| Value::Null)?,
            _ => Value::Number(self.number()?),
        })
    }

    /// What stands between what opens here and `last`.
    fn within<T>(&mut self, last: u8, each: impl Fn(&mut Self) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
        self.at += 1;
        self.depth = self.depth.checked_sub(1).ok_or(Fault::Shape)?;
        let mut members = Vec::new();
        while self.peek()? != last {
            if !members.is_empty() {
                self.expect(",")?;
                // Nothing that closes may follow a comma.
                if self.peek()? == last {
                    return Err(Fault::Shape);
                }
            }
            members.push(each(self)?);
        }
        self.at += 1;
        self.depth += 1;
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use core::fmt;

    use proptest::prelude::*;
    use satchel_api::{Burned, Code, Config, DocumentReceipt, Problem, Tombstone};
    use serde::de::DeserializeOwned;

    use super::*;

    /// The same value as `serde_json`, or an error as there; cut off where it says so.
    fn same<T: DeserializeOwned + Told + PartialEq + fmt::Debug>(text: &[u8]) {
        let theirs = serde_json::from_slice::<T>(text);
        let ours = parse::<T>(text);
        match (&theirs, &ours) {
            (Ok(theirs), Ok(ours)) => assert_eq!(theirs, ours, "{}", text.escape_ascii()),
            (Err(error), Err(fault)) => {
                // There a number that was cut off is a malformed one.
                assert!(
                    !error.is_eof() || *fault == Fault::Cut,
                    "{} {error}",
                    text.escape_ascii()
                );
            }
            _ => panic!("{}: {theirs:?} {ours:?}", text.escape_ascii()),
        }
    }

    fn both_or_neither<T: DeserializeOwned + Told + PartialEq + fmt::Debug>(text: &[u8]) {
        let theirs = serde_json::from_slice::<T>(text);
        assert_eq!(theirs.ok(), parse(text).ok(), "{}", text.escape_ascii());
    }

    fn answers() -> Vec<String> {
        let config = r#" { "version" : "0.1\u00e9 \ud83d\ude00\"\\\/\b\f\n\r\t", "size_bytes_max":18446744073709551615,"expires_in_secs_min":60,
            "expires_in_secs_max":0,"expires_in_secs_default":5,"reads_max":1000,"invite_required":true,
            "more":[{"a":[null,false,-1,2.5e-3,1E9,"x"],"":{}},[]] } "#;
        let receipt = r#"{"number":3,"receipt":{"state":"burned","burned":"guessing","burned_at":3600,"size":null,"reads":0,
            "reads_left":null,"leases_running":0,"wrong_tries":0,"retry_after":0,"expires_at":null}}"#;
        let document = format!(r#"{{"state":"stored","size":700000,"links":[{receipt},{receipt}]}}"#);
        let problem = Problem::burned(Tombstone {
            burned: Burned::Reads,
            burned_at: 3600,
        });
        vec![config.to_owned(), document, serde_json::to_string(&problem).unwrap()]
    }

    fn same_as_any(text: &[u8]) {
        same::<Config>(text);
        same::<DocumentReceipt>(text);
        same::<Problem>(text);
    }

    #[test]
    fn answers_are_read_as_serde_json_reads_them_whole_and_cut_off_anywhere() {
        for answer in answers() {
            for end in 0..=answer.len() {
                same_as_any(&answer.as_bytes()[..end]);
            }
        }
        assert!(parse::<Config>(answers()[0].as_bytes()).is_ok());
        assert!(parse::<DocumentReceipt>(answers()[1].as_bytes()).is_ok());
        assert!(parse::<Problem>(answers()[2].as_bytes()).is_ok());
    }

    #[test]
    fn what_is_no_json_is_refused_as_there() {
        for text in [
            "01",
            "-",
            "-0",
            "1.",
            ".5",
            "1e",
            "1e+",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"\\udc00\"",
            "\"\\ud800\\u0041\"",
            "\"\u{1}\"",
            "tru",
            "nul",
            "[1,]",
            "[,]",
            "[1 2]",
            "{\"a\"}",
            "{\"a\":1,}",
            "{a:1}",
            "1 2",
            "",
            " ",
            "\u{feff}1",
            "18446744073709551616",
            "true",
            "\"a\"",
            "[1]",
            "\"\u{7f}\"",
        ] {
            both_or_neither::<Vec<u64>>(text.as_bytes());
            both_or_neither::<Option<u64>>(text.as_bytes());
            both_or_neither::<String>(text.as_bytes());
            both_or_neither::<Code>(text.as_bytes());
            both_or_neither::<bool>(text.as_bytes());
        }
        assert_eq!(read(&[b'['; 100_000]).err(), Some(Fault::Shape));
        assert_eq!(parse::<u64>(&[b'1', 0xff]).err(), Some(Fault::Shape));
    }

    proptest! {
        #[test]
        fn changed_answers_are_read_or_refused_as_serde_json_does(which in 0..3_usize, at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
            let mut text = answers().remove(which).into_bytes();
            let place = at.index(text.len());
            // Beyond ASCII the two may find a fault in another order.
            text[place] = byte & 0x7f;
            text.truncate(cut.index(text.len()) + 1);
            let (theirs, ours) = (serde_json::from_slice::<Problem>(&text), parse::<Problem>(&text));
            prop_assert_eq!(theirs.ok(), ours.ok());
            prop_assert_eq!(serde_json::from_slice::<Config>(&text).ok(), parse::<Config>(&text).ok());
            prop_assert_eq!(serde_json::from_slice::<DocumentReceipt>(&text).ok(), parse::<DocumentReceipt>(&text).ok());
        }
    }
}
