//! NumPy's `.npy` arrays: numbers, a shape, and nothing that could run.
//!
//! Read are the formats 1.0 to 3.0 with numbers of any width and byte order in C or Fortran order. Objects, which
//! NumPy would unpickle, texts, dates and records are refused by name.
//!
//! # Source
//! The format's specification: *NEP 1, A Simple File Format for NumPy Arrays*, and `numpy.lib.format`.

mod header;
mod numbers;
mod slabs;

use std::io::{self, Read, Write};

use thiserror::Error;

use self::header::Header;
pub use self::numbers::Numbers;
pub use self::slabs::Slabs;

/// Why a file is not an array that is read here.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NpyError {
    /// The file does not begin as every `.npy` file does.
    #[error("this is no .npy file: it does not begin with \\x93NUMPY")]
    Magic,
    /// The version of the format is a later one.
    #[error("version {major}.{minor} of the .npy format is not known; save the array with numpy.save")]
    Version {
        /// Before the dot.
        major: u8,
        /// After it.
        minor: u8,
    },
    /// The header is not the literal that NumPy writes.
    #[error("the header of the .npy file is broken at byte {position}: expected {expected}")]
    Header {
        /// Position in the header's text.
        position: usize,
        /// What should be there.
        expected: &'static str,
    },
    /// The elements are of a kind that is not read.
    #[error("elements of type `{descr}` are not read; convert the array to float64, complex128, int64 or bool first")]
    Kind {
        /// The type as the header names it.
        descr: String,
    },
    /// The shape is larger than any memory.
    #[error("an array of shape {shape:?} has more elements than can be addressed")]
    Shape {
        /// The shape.
        shape: Vec<usize>,
    },
    /// The first axis is the contiguous one, so rows do not lie together.
    #[error("the array is in Fortran order, so its rows do not lie together; save it with numpy.ascontiguousarray")]
    Columns,
    /// An integer does not fit 64 bits with a sign.
    #[error("element {position} is {value}, more than a 64-bit signed integer holds")]
    Integer {
        /// Its position in the file.
        position: usize,
        /// Its value.
        value: u64,
    },
    /// The file ends too early.
    #[error("the file ends after {found} of {expected} elements")]
    Truncated {
        /// Elements that the shape asks for.
        expected: usize,
        /// Elements that are there.
        found: usize,
    },
    /// The file goes on after the array.
    #[error("the file goes on after the {elements} elements of its shape")]
    Trailing {
        /// Elements that the shape asks for.
        elements: usize,
    },
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// An array: its shape and its elements, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// The size of each axis; none for a single number.
    pub shape: Vec<usize>,
    /// The elements, the last axis contiguous.
    pub numbers: Numbers,
}

impl Array {
    /// Takes elements whose first axis is contiguous, as Fortran and MATLAB have them.
    ///
    /// There must be as many as the shape needs.
    pub(crate) fn from_columns(shape: Vec<usize>, numbers: Numbers) -> Self {
        let numbers = if shape.len() > 1 { numbers.transposed(&shape) } else { numbers };
        Self { shape, numbers }
    }
}

/// Reads an array.
///
/// Memory grows with what the file holds, not with what its header promises.
///
/// # Errors
/// [`NpyError`] if it is no array of numbers, ends too early or goes on after its end.
///
/// # Examples
/// ```
/// use schur_io::npy::{self, Numbers};
///
/// let mut file = Vec::new();
/// npy::write(&mut file, &[2, 2], &Numbers::F64(vec![1.0, 2.0, 3.0, 4.0]))?;
/// let array = npy::read(&file[..])?;
/// assert_eq!(array.shape, [2, 2]);
/// assert_eq!(array.numbers, Numbers::F64(vec![1.0, 2.0, 3.0, 4.0]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read(mut reader: impl Read) -> Result<Array, NpyError> {
    let Header { kind, fortran_order, shape } = Header::read(&mut reader)?;
    let too_large = || NpyError::Shape { shape: shape.clone() };
    let count = shape.iter().try_fold(1_usize, |count, &size| count.checked_mul(size)).ok_or_else(too_large)?;
    count.checked_mul(kind.width).filter(|&bytes| isize::try_from(bytes).is_ok()).ok_or_else(too_large)?;
    let numbers = Numbers::read(&mut reader, kind, count)?;
    if reader.read(&mut [0])? != 0 {
        return Err(NpyError::Trailing { elements: count });
    }
    Ok(if fortran_order { Array::from_columns(shape, numbers) } else { Array { shape, numbers } })
}

/// Writes an array, in format 1.0, or 2.0 if it has thousands of axes, little-endian and row-major.
///
/// # Errors
/// If the writer fails, or there are not as many numbers as the shape needs.
pub fn write(mut writer: impl Write, shape: &[usize], numbers: &Numbers) -> io::Result<()> {
    if shape.iter().try_fold(1_usize, |count, &size| count.checked_mul(size)) != Some(numbers.len()) {
        let message = format!("an array of shape {shape:?} does not hold {} numbers", numbers.len());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    writer.write_all(&header::bytes(numbers.descr(), shape))?;
    numbers.write(&mut writer)
}
