//! Arrays of numbers in MATLAB's `.mat` files of level 5 (`save -v6` and `-v7`).
//!
//! Read are full and sparse arrays of numbers and logicals, compressed or not, in both byte orders; texts, cells,
//! structures and objects are passed over by name. Files of level 4 and of version 7.3, which are HDF5, are refused.
//!
//! # Source
//! The MathWorks, *MAT-File Format* (version R2019b), chapter 1.

mod element;
mod matrix;

use std::io;

use thiserror::Error;

use self::element::{Bytes, COMPRESSED, MATRIX};
use crate::npy::{Array, Numbers};

/// Length of the header.
const HEADER: usize = 128;

/// Why a file is not one that is read here.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MatError {
    /// The file does not begin as files of level 5 do.
    #[error("this is no .mat file of level 5: its header is not one")]
    Magic,
    /// The file is of another version.
    #[error("this is a .mat file of {version}, which is not read; save it with `save -v7`")]
    Version {
        /// The version.
        version: &'static str,
    },
    /// The file ends too early, or a part of it is longer than the whole.
    #[error("{what} needs {needed} bytes, but {found} are there")]
    Truncated {
        /// What should be there.
        what: &'static str,
        /// Bytes needed.
        needed: u64,
        /// Bytes there.
        found: u64,
    },
    /// A part is of another kind than it should be.
    #[error("{what} is of type {found}, which cannot be")]
    Kind {
        /// The part.
        what: &'static str,
        /// Its type as the file numbers it.
        found: u32,
    },
    /// An array has no sensible shape.
    #[error("`{name}` has sizes {sizes:?}, which cannot be")]
    Shape {
        /// The array.
        name: String,
        /// The sizes as they stand there.
        sizes: Vec<i64>,
    },
    /// An array holds more or fewer numbers than its shape says.
    #[error("`{name}` holds {found} numbers where {expected} are needed")]
    Count {
        /// The array.
        name: String,
        /// Numbers that the shape asks for.
        expected: usize,
        /// Numbers that are there.
        found: usize,
    },
    /// The columns of a sparse array are not in order, or a row is outside.
    #[error("the sparse array `{name}` is broken at column {column}")]
    Sparse {
        /// The array.
        name: String,
        /// The column, counted from zero.
        column: usize,
    },
    /// An integer does not fit 64 bits with a sign.
    #[error("element {position} of `{name}` is {value}, more than a 64-bit signed integer holds")]
    Integer {
        /// The array.
        name: String,
        /// Its position in the file.
        position: usize,
        /// Its value.
        value: u64,
    },
    /// A compressed array is damaged.
    #[error("a compressed array cannot be read: {source}")]
    Compressed {
        /// What the decoder says.
        source: io::Error,
    },
    /// A compressed array is larger than allowed.
    #[error("a compressed array has more than the {limit} bytes allowed")]
    Large {
        /// The limit.
        limit: u64,
    },
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct MatFile {
    /// The arrays by name, in the order of the file.
    pub arrays: Vec<(String, MatArray)>,
    /// The names of what is not an array of numbers, and what it is.
    pub skipped: Vec<(String, &'static str)>,
}

/// An array of numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum MatArray {
    /// With all its elements, row-major.
    Full(Array),
    /// With few of them, column after column.
    Sparse {
        /// Rows and columns.
        shape: [usize; 2],
        /// The row of each element.
        rows: Vec<usize>,
        /// The column of each element.
        columns: Vec<usize>,
        /// The elements.
        numbers: Numbers,
    },
}

/// Most bytes that one compressed array may have: 4 GiB.
pub const LARGEST_ARRAY: u64 = 4 << 30;

/// Reads all arrays of a file, each of at most [`LARGEST_ARRAY`] bytes.
///
/// # Errors
/// As [`read_within`].
pub fn read(bytes: &[u8]) -> Result<MatFile, MatError> {
    read_within(bytes, LARGEST_ARRAY)
}

/// Reads all arrays of a file, each of at most `limit` bytes once decompressed.
///
/// # Errors
/// [`MatError`] if the file is of another version, ends too early, is damaged, or an array is larger.
/// # Cost
/// Memory for the arrays and the largest of them once more.
pub fn read_within(bytes: &[u8], limit: u64) -> Result<MatFile, MatError> {
    let is_big_endian = byte_order(bytes)?;
    let mut rest = Bytes::new(&bytes[HEADER..], is_big_endian);
    let mut file = MatFile { arrays: Vec::new(), skipped: Vec::new() };
    while !rest.is_empty() {
        let part = rest.element("an array")?;
        if part.kind == COMPRESSED {
            let plain = element::decompress(part.data, limit)?;
            let inner = Bytes::new(&plain, is_big_endian).element("a compressed array")?;
            if inner.kind != MATRIX {
                return Err(MatError::Kind { what: "a compressed array", found: inner.kind });
            }
            matrix::read(Bytes::new(inner.data, is_big_endian), &mut file)?;
        } else if part.kind == MATRIX {
            matrix::read(Bytes::new(part.data, is_big_endian), &mut file)?;
        }
    }
    Ok(file)
}

/// Checks the header and says whether numbers are big-endian.
fn byte_order(bytes: &[u8]) -> Result<bool, MatError> {
    const HDF5: &[u8] = b"\x89HDF\r\n\x1a\n";
    if bytes.starts_with(b"MATLAB 7.3")
        || bytes.starts_with(HDF5)
        || bytes.get(512..).is_some_and(|b| b.starts_with(HDF5))
    {
        return Err(MatError::Version { version: "version 7.3 (HDF5)" });
    }
    // The text of level 5 has no zero among its first four bytes; the first number of level 4 is below 5000.
    if bytes.get(..4).is_some_and(|first| first.contains(&0)) && bytes.len() >= 20 {
        return Err(MatError::Version { version: "level 4" });
    }
    match bytes.get(124..HEADER) {
        Some([0, 1, b'I', b'M']) => Ok(false),
        Some([1, 0, b'M', b'I']) => Ok(true),
        _ => Err(MatError::Magic),
    }
}
