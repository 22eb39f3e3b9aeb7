//! An array read some rows at a time, for those that memory does not hold.

use std::io::Read;

use super::header::Header;
use super::numbers::Kind;
use super::{Array, NpyError, Numbers};

/// The rows of an array in C order, as they come from a reader.
#[derive(Debug)]
pub struct Slabs<R> {
    reader: R,
    kind: Kind,
    shape: Vec<usize>,
    done: usize,
}

impl<R: Read> Slabs<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`NpyError`] if it is no array of numbers, and [`NpyError::Columns`] if its first axis is the contiguous one.
    /// # Examples
    /// ```
    /// use schur_io::npy::{self, Numbers};
    ///
    /// let mut file = Vec::new();
    /// npy::write(&mut file, &[3, 2], &Numbers::F64(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))?;
    /// let mut slabs = npy::Slabs::new(&file[..])?;
    /// assert_eq!(slabs.shape(), [3, 2]);
    /// assert_eq!(slabs.next(2)?.ok_or("two rows")?.shape, [2, 2]);
    /// assert_eq!(slabs.next(2)?.ok_or("a row")?.numbers, Numbers::F64(vec![5.0, 6.0]));
    /// assert!(slabs.next(2)?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(mut reader: R) -> Result<Self, NpyError> {
        let Header { kind, fortran_order, shape } = Header::read(&mut reader)?;
        if fortran_order && shape.len() > 1 {
            return Err(NpyError::Columns);
        }
        let count = shape.iter().try_fold(kind.width, |count, &size| count.checked_mul(size));
        if count.is_none() || shape.is_empty() {
            return Err(NpyError::Shape { shape });
        }
        Ok(Self { reader, kind, shape, done: 0 })
    }

    /// The size of each axis of the whole array, of which there is at least one.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Reads the next rows, so many or the rest; none after the last.
    ///
    /// # Errors
    /// [`NpyError::Truncated`], [`NpyError::Trailing`] with the last rows, and others of [`read`](super::read).
    pub fn next(&mut self, rows: usize) -> Result<Option<Array>, NpyError> {
        let rows = rows.max(1).min(self.shape[0] - self.done);
        if rows == 0 {
            return Ok(None);
        }
        let row: usize = self.shape[1..].iter().product();
        let numbers = Numbers::read(&mut self.reader, self.kind, rows * row)?;
        self.done += rows;
        if self.done == self.shape[0] && self.reader.read(&mut [0])? != 0 {
            return Err(NpyError::Trailing { elements: self.shape[0] * row });
        }
        let mut shape = self.shape.clone();
        shape[0] = rows;
        Ok(Some(Array { shape, numbers }))
    }
}
