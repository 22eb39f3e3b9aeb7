//! Lines of text, one in memory at a time, and the numbers in them.

use std::io::{self, BufRead, Read};

use super::TnsError;

/// Longest line that is read: sixteen indices and a value take a tenth of it, a comment may take more.
const LONGEST: usize = 1 << 12;

/// Longest piece of a line that an error shows.
const SHOWN: usize = 40;

/// The lines of a file that say something.
pub(super) struct Lines<R> {
    reader: R,
    line: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    pub fn new(reader: R) -> Self {
        Self { reader, line: Vec::new(), number: 0 }
    }

    /// Goes to the next line that is neither empty nor a comment; says whether there is one.
    pub fn advance(&mut self) -> Result<bool, TnsError> {
        loop {
            self.number += 1;
            self.line.clear();
            let mut limited = (&mut self.reader).take(LONGEST as u64 + 1);
            let read = retried(|| limited.read_until(b'\n', &mut self.line));
            read.map_err(|source| TnsError::Io { line: self.number, source })?;
            if self.line.is_empty() {
                return Ok(false);
            }
            if self.line.len() > LONGEST {
                return Err(TnsError::Long { line: self.number, limit: LONGEST });
            }
            if let Some(comment) = self.line.iter().position(|&byte| byte == b'#') {
                self.line.truncate(comment);
            }
            if self.texts().next().is_some() {
                return Ok(true);
            }
        }
    }

    /// The number of the line, counted from one.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Its pieces.
    pub fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.line.split(u8::is_ascii_whitespace).filter(|text| !text.is_empty())
    }

    pub fn columns(&self) -> usize {
        self.texts().count()
    }

    pub fn starts_with_a_word(&self) -> bool {
        self.texts().next().is_some_and(|text| text[0].is_ascii_alphabetic())
    }

    pub fn is(&self, word: &str) -> bool {
        self.texts().eq([word.as_bytes()])
    }

    pub fn unexpected(&self, expected: &'static str) -> TnsError {
        TnsError::Header { line: self.number, expected, text: shown(self.line.trim_ascii()) }
    }
}

/// Tries again after an interruption.
fn retried<T>(mut read: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match read() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// A piece of a line for an error message.
pub(super) fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(&text[..text.len().min(SHOWN)]).into_owned()
}

/// A whole number.
pub(super) fn whole(text: &[u8]) -> Option<u64> {
    let digit = |number: u64, &byte: &u8| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    };
    if text.is_empty() { None } else { text.iter().try_fold(0, digit) }
}

/// An index.
pub(super) fn index(text: &[u8]) -> Option<u32> {
    u32::try_from(whole(text)?).ok()
}

/// A finite number.
pub(super) fn value(text: &[u8]) -> Option<f64> {
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    value.is_finite().then_some(value)
}
