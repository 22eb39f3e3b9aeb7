//! A position in the input that knows the opcode it is reading arguments for.

use super::error::{PickleError, PickleErrorKind};
use super::opcode::Opcode;

/// Reads opcodes and their arguments; every length is checked against what is left before anything is taken.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    opcode_at: usize,
    opcode: Option<Opcode>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, opcode_at: 0, opcode: None }
    }

    /// Returns the offset of the next byte.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Wraps `kind` with the place of the current opcode.
    pub(super) fn error(&self, kind: PickleErrorKind) -> PickleError {
        PickleError { offset: self.opcode_at, opcode: self.opcode.map_or("start", Opcode::name), kind }
    }

    /// Reports an argument that does not read as `expected`, with its beginning.
    pub(super) fn literal_error(&self, expected: &'static str, found: &[u8]) -> PickleError {
        const SHOWN_BYTES: usize = 40;
        let shown = &found[..found.len().min(SHOWN_BYTES)];
        let found = shown.escape_ascii().to_string() + if found.len() > SHOWN_BYTES { "..." } else { "" };
        self.error(PickleErrorKind::Literal { expected, found })
    }

    /// Reads the next opcode.
    pub(super) fn next_opcode(&mut self) -> Result<Opcode, PickleError> {
        let Some(&byte) = self.bytes.get(self.at) else {
            return Err(self.error(PickleErrorKind::NoStop));
        };
        let Some(opcode) = Opcode::from_byte(byte) else {
            let kind = PickleErrorKind::UnknownOpcode { byte };
            return Err(PickleError { offset: self.at, opcode: "none", kind });
        };
        (self.opcode_at, self.opcode) = (self.at, Some(opcode));
        self.at += 1;
        Ok(opcode)
    }

    /// Checks that `n` bytes are left.
    pub(super) fn require(&self, n: u64) -> Result<usize, PickleError> {
        let left = self.bytes.len() - self.at;
        match usize::try_from(n) {
            Ok(n) if n <= left => Ok(n),
            _ => Err(self.error(PickleErrorKind::Truncated { needed: n, left })),
        }
    }

    /// Takes the next `n` bytes.
    pub(super) fn take(&mut self, n: u64) -> Result<&'a [u8], PickleError> {
        let n = self.require(n)?;
        let taken = &self.bytes[self.at..self.at + n];
        self.at += n;
        Ok(taken)
    }

    /// Takes an array of `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], PickleError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N as u64)?);
        Ok(array)
    }

    /// Takes a length of `N <= 8` bytes, unsigned and little endian.
    pub(super) fn unsigned<const N: usize>(&mut self) -> Result<u64, PickleError> {
        let mut wide = [0; 8];
        wide[..N].copy_from_slice(&self.array::<N>()?);
        Ok(u64::from_le_bytes(wide))
    }

    /// Takes a length that protocol 1 and 2 write as a signed 32-bit number.
    pub(super) fn signed_length(&mut self) -> Result<u64, PickleError> {
        let length = i32::from_le_bytes(self.array()?);
        u64::try_from(length).map_err(|_| self.literal_error("a length of at least 0", length.to_string().as_bytes()))
    }

    /// Takes bytes whose length stands before them in `N` bytes.
    pub(super) fn counted<const N: usize>(&mut self) -> Result<&'a [u8], PickleError> {
        let n = self.unsigned::<N>()?;
        self.take(n)
    }

    /// Takes a line, without its end.
    pub(super) fn line(&mut self) -> Result<&'a [u8], PickleError> {
        let rest = &self.bytes[self.at..];
        let Some(n) = rest.iter().position(|&byte| byte == b'\n') else {
            return Err(self.error(PickleErrorKind::NoEndOfLine));
        };
        self.at += n + 1;
        Ok(&rest[..n])
    }

    /// Takes a line of UTF-8 text.
    pub(super) fn text_line(&mut self) -> Result<&'a str, PickleError> {
        let line = self.line()?;
        std::str::from_utf8(line).map_err(|_| self.literal_error("UTF-8 text", line))
    }
}
