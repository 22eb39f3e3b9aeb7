//! The parts that a file consists of: a type, a length, and so many bytes.

use std::io::Read;

use flate2::read::ZlibDecoder;

use super::MatError;

pub(super) const MATRIX: u32 = 14;
pub(super) const COMPRESSED: u32 = 15;

/// First allocation for what is decompressed; more is allocated only as bytes really arrive.
const FIRST_ALLOCATION: usize = 1 << 16;

/// A part of a file.
pub(super) struct Element<'a> {
    pub kind: u32,
    pub data: &'a [u8],
}

/// Bytes that are read from the front.
#[derive(Clone, Copy)]
pub(super) struct Bytes<'a> {
    rest: &'a [u8],
    pub is_big_endian: bool,
}

impl<'a> Bytes<'a> {
    pub const fn new(rest: &'a [u8], is_big_endian: bool) -> Self {
        Self { rest, is_big_endian }
    }

    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn take(&mut self, count: usize, what: &'static str) -> Result<&'a [u8], MatError> {
        let truncated = MatError::Truncated { what, needed: count as u64, found: self.rest.len() as u64 };
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    pub fn word(&mut self, what: &'static str) -> Result<u32, MatError> {
        let mut word = [0; 4];
        word.copy_from_slice(self.take(4, what)?);
        Ok(if self.is_big_endian { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) })
    }

    /// Takes the next part, and the bytes that fill it up to a multiple of eight.
    pub fn element(&mut self, what: &'static str) -> Result<Element<'a>, MatError> {
        let first = self.word(what)?;
        let (kind, small) = (first & 0xffff, (first >> 16) as usize);
        if small > 0 {
            let data = self.take(4, what)?;
            let truncated = MatError::Truncated { what, needed: small as u64, found: 4 };
            return Ok(Element { kind, data: data.get(..small).ok_or(truncated)? });
        }
        let size = self.word(what)? as usize;
        let data = self.take(size, what)?;
        if kind != COMPRESSED {
            // The last part of a file may lack them.
            let padding = size.next_multiple_of(8) - size;
            self.rest = self.rest.get(padding..).unwrap_or_default();
        }
        Ok(Element { kind, data })
    }
}

/// Decompresses one part.
pub(super) fn decompress(bytes: &[u8], limit: u64) -> Result<Vec<u8>, MatError> {
    let mut plain = Vec::with_capacity(FIRST_ALLOCATION);
    let read = ZlibDecoder::new(bytes).take(limit.saturating_add(1)).read_to_end(&mut plain);
    read.map_err(|source| MatError::Compressed { source })?;
    if plain.len() as u64 > limit {
        return Err(MatError::Large { limit });
    }
    Ok(plain)
}
