//! The header of a `.npy` file: a Python dictionary literal with three keys.

use std::io::{ErrorKind, Read};

use super::NpyError;
use super::numbers::Kind;

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// Longer headers are of records with many fields, which are not read.
const LONGEST: usize = 1 << 20;
/// NumPy aligns the elements to this many bytes.
const ALIGNMENT: usize = 64;

/// What a header says.
pub struct Header {
    pub kind: Kind,
    pub fortran_order: bool,
    pub shape: Vec<usize>,
}

impl Header {
    pub fn read(reader: &mut impl Read) -> Result<Self, NpyError> {
        let mut start = [0; 8];
        exact(reader, &mut start)?;
        if &start[..6] != MAGIC {
            return Err(NpyError::Magic);
        }
        let len = match start[6] {
            1 => {
                let mut len = [0; 2];
                exact(reader, &mut len)?;
                usize::from(u16::from_le_bytes(len))
            }
            2 | 3 => {
                let mut len = [0; 4];
                exact(reader, &mut len)?;
                u32::from_le_bytes(len) as usize
            }
            major => return Err(NpyError::Version { major, minor: start[7] }),
        };
        if len > LONGEST {
            return Err(NpyError::Header { position: LONGEST, expected: "the end of a header of numbers" });
        }
        let mut text = vec![0; len];
        exact(reader, &mut text)?;
        Parser { text: &text, position: 0 }.header()
    }
}

/// Reads as much as asked for; a file that is too short for its header is none of the format.
fn exact(reader: &mut impl Read, bytes: &mut [u8]) -> Result<(), NpyError> {
    reader.read_exact(bytes).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => NpyError::Magic,
        _ => NpyError::Io(error),
    })
}

struct Parser<'a> {
    text: &'a [u8],
    position: usize,
}

impl Parser<'_> {
    fn header(mut self) -> Result<Header, NpyError> {
        let (mut kind, mut order, mut shape) = (None, None, None);
        self.expect(b'{', "{")?;
        while self.peek() != Some(b'}') {
            let key = self.text()?;
            self.expect(b':', ":")?;
            match key.as_slice() {
                b"descr" => kind = Some(self.kind()?),
                b"fortran_order" => order = Some(self.truth()?),
                b"shape" => shape = Some(self.shape()?),
                _ => return self.broken("'descr', 'fortran_order' or 'shape'"),
            }
            if self.peek() != Some(b',') {
                break;
            }
            self.position += 1;
        }
        self.expect(b'}', "}")?;
        match (kind, order, shape) {
            (Some(kind), Some(fortran_order), Some(shape)) => Ok(Header { kind, fortran_order, shape }),
            _ => self.broken("all of 'descr', 'fortran_order' and 'shape'"),
        }
    }

    fn kind(&mut self) -> Result<Kind, NpyError> {
        if self.peek() == Some(b'[') {
            return Err(NpyError::Kind { descr: "record".to_owned() });
        }
        let descr = String::from_utf8_lossy(&self.text()?).into_owned();
        Kind::parse(&descr).ok_or(NpyError::Kind { descr })
    }

    fn truth(&mut self) -> Result<bool, NpyError> {
        self.peek();
        for (word, value) in [(&b"True"[..], true), (b"False", false)] {
            if self.text[self.position..].starts_with(word) {
                self.position += word.len();
                return Ok(value);
            }
        }
        self.broken("True or False")
    }

    fn shape(&mut self) -> Result<Vec<usize>, NpyError> {
        let mut shape = Vec::new();
        self.expect(b'(', "(")?;
        while self.peek() != Some(b')') {
            shape.push(self.size()?);
            // Python 2 wrote long integers as 3L.
            if self.peek() == Some(b'L') {
                self.position += 1;
            }
            if self.peek() != Some(b',') {
                break;
            }
            self.position += 1;
        }
        self.expect(b')', ")")?;
        Ok(shape)
    }

    fn size(&mut self) -> Result<usize, NpyError> {
        let start = self.position;
        let mut size = 0_usize;
        while let Some(digit) = self.text.get(self.position).filter(|byte| byte.is_ascii_digit()) {
            let next = size.checked_mul(10).and_then(|size| size.checked_add(usize::from(digit - b'0')));
            let Some(next) = next else { return self.broken("a size that fits an address") };
            size = next;
            self.position += 1;
        }
        if self.position == start { self.broken("a size") } else { Ok(size) }
    }

    fn text(&mut self) -> Result<Vec<u8>, NpyError> {
        let quote = self.peek();
        let Some(quote) = quote.filter(|&byte| byte == b'\'' || byte == b'"') else { return self.broken("a quote") };
        let start = self.position + 1;
        let Some(len) = self.text[start..].iter().position(|&byte| byte == quote) else {
            return self.broken("a closing quote");
        };
        self.position = start + len + 1;
        Ok(self.text[start..start + len].to_vec())
    }

    fn expect(&mut self, byte: u8, name: &'static str) -> Result<(), NpyError> {
        if self.peek() == Some(byte) {
            self.position += 1;
            return Ok(());
        }
        self.broken(name)
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.position).is_some_and(u8::is_ascii_whitespace) {
            self.position += 1;
        }
        self.text.get(self.position).copied()
    }

    fn broken<T>(&self, expected: &'static str) -> Result<T, NpyError> {
        Err(NpyError::Header { position: self.position, expected })
    }
}

/// A header as NumPy writes it.
pub fn bytes(descr: &str, shape: &[usize]) -> Vec<u8> {
    let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
    let comma = if shape.len() == 1 { "," } else { "" };
    let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}{comma}), }}", sizes.join(", "));
    let long = text.len() + 1 + ALIGNMENT > usize::from(u16::MAX);
    let before = if long { 12 } else { 10 };
    let total = (before + text.len() + 1).next_multiple_of(ALIGNMENT);
    let len = total - before;
    let mut bytes = MAGIC.to_vec();
    bytes.extend([if long { 2 } else { 1 }, 0]);
    if long {
        bytes.extend(u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes());
    } else {
        bytes.extend(u16::try_from(len).unwrap_or(u16::MAX).to_le_bytes());
    }
    bytes.extend(text.as_bytes());
    bytes.resize(total - 1, b' ');
    bytes.push(b'\n');
    bytes
}
