//! Sparse tensors as text: `.tns` of FROSTT and SPLATT, and pyttb's form with a header.
//!
//! A line holds the indices of an element and its value, separated by blanks; `#` begins a comment. Nothing says how
//! many modes there are, how large they are, or whether indices count from one (as they mostly do) or from zero. In
//! pyttb's form the word `sptensor`, the number of modes, their sizes and the number of elements come first.
//!
//! # Source
//! *FROSTT file formats* (frostt.io/tensors/file-formats.html), and `pyttb.export_data`.

mod line;
mod write;

use std::io::{self, BufRead};

use thiserror::Error;

use self::line::Lines;
pub use self::write::{Form, write};

/// Most modes that are read.
pub const LARGEST_ORDER: usize = 16;

/// Why a text is not a sparse tensor.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TnsError {
    /// There is no element in it.
    #[error("the file holds no element")]
    Empty,
    /// A line is longer than any with sixteen indices.
    #[error("line {line} is longer than {limit} bytes")]
    Long {
        /// The line, counted from one.
        line: u64,
        /// The limit.
        limit: usize,
    },
    /// A line has too few or too many columns.
    #[error("line {line} has {columns} columns; expected 1 to 16 indices and a value")]
    Order {
        /// The line, counted from one.
        line: u64,
        /// Its columns.
        columns: usize,
    },
    /// A line has another number of columns than those before.
    #[error("line {line} has {found} columns, but the lines before have {expected}")]
    Ragged {
        /// The line, counted from one.
        line: u64,
        /// Columns of the lines before.
        expected: usize,
        /// Its columns.
        found: usize,
    },
    /// An index is negative, fractional, too large, or no number.
    #[error("line {line}: the index of mode {mode} is `{text}`, not a whole number from 0 to 4294967295")]
    Index {
        /// The line, counted from one.
        line: u64,
        /// The mode, counted from zero.
        mode: usize,
        /// What stands there.
        text: String,
    },
    /// An index is zero although indices count from one.
    #[error("line {line}: the index of mode {mode} is 0, but indices count from one; read the file as zero-based")]
    Zero {
        /// The line, counted from one.
        line: u64,
        /// The mode, counted from zero.
        mode: usize,
    },
    /// A value is infinite or not a number.
    #[error("line {line}: the value is `{text}`, not a finite number")]
    Value {
        /// The line, counted from one.
        line: u64,
        /// What stands there.
        text: String,
    },
    /// The header is not that of a sparse tensor.
    #[error("line {line}: expected {expected}, found `{text}`")]
    Header {
        /// The line, counted from one.
        line: u64,
        /// What should be there.
        expected: &'static str,
        /// What stands there.
        text: String,
    },
    /// An index is larger than the header says.
    #[error("line {line}: index {index} of mode {mode} is outside its {size} indices")]
    Outside {
        /// The line, counted from one.
        line: u64,
        /// The mode, counted from zero.
        mode: usize,
        /// The index, counted from zero.
        index: u32,
        /// The size of the mode.
        size: usize,
    },
    /// There are more or fewer elements than the header says.
    #[error("the header promises {expected} elements, but there are {found}")]
    Count {
        /// What the header says.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// The file cannot be read.
    #[error("line {line}: {source}")]
    Io {
        /// The line being read, counted from one.
        line: u64,
        /// What the system says.
        source: io::Error,
    },
}

/// What the first index of a mode is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// Indices count from zero.
    Zero,
    /// Indices count from one.
    One,
}

/// The elements of a sparse tensor, in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Coordinates {
    /// The size of each mode: that of the header, or one more than the largest index.
    pub shape: Vec<usize>,
    /// One list of indices a mode, counted from zero.
    pub indices: Vec<Vec<u32>>,
    /// The values.
    pub values: Vec<f64>,
}

/// Reads a sparse tensor.
///
/// Without a `base`, indices count from zero if there is a zero among them, else from one. Elements that stand in the
/// file twice are kept twice.
///
/// # Errors
/// [`TnsError`] naming the line at fault.
/// # Cost
/// Memory for the elements and one line.
/// # Examples
/// ```
/// let tensor = schur_io::tns::read(&b"# a comment\n1 1 2.5\n3 2 -1\n"[..], None)?;
/// assert_eq!(tensor.shape, [3, 2]);
/// assert_eq!(tensor.indices, [[0, 2], [0, 1]]);
/// assert_eq!(tensor.values, [2.5, -1.0]);
/// # Ok::<(), schur_io::tns::TnsError>(())
/// ```
pub fn read(reader: impl BufRead, base: Option<Base>) -> Result<Coordinates, TnsError> {
    let mut lines = Lines::new(reader);
    if !lines.advance()? {
        return Err(TnsError::Empty);
    }
    let header = if lines.starts_with_a_word() { Some(Header::read(&mut lines)?) } else { None };
    if header.is_some() && !lines.advance()? {
        return Header::finish(header, Coordinates { shape: Vec::new(), indices: Vec::new(), values: Vec::new() });
    }
    let columns = lines.columns();
    if !(2..=LARGEST_ORDER + 1).contains(&columns) {
        return Err(TnsError::Order { line: lines.number(), columns });
    }
    if let Some(header) = header.as_ref().filter(|header| header.shape.len() + 1 != columns) {
        let expected = header.shape.len() + 1;
        return Err(TnsError::Ragged { line: lines.number(), expected, found: columns });
    }
    let sizes = header.as_ref().map(|header| header.shape.clone());
    let mut elements = Elements::new(columns - 1, sizes, base);
    loop {
        elements.take(&lines)?;
        if !lines.advance()? {
            break;
        }
    }
    Header::finish(header, elements.finish()?)
}

/// Elements as far as they are read; the indices as they stand in the file.
struct Elements {
    indices: Vec<Vec<u32>>,
    values: Vec<f64>,
    least: u32,
    base: Option<Base>,
    sizes: Option<Vec<usize>>,
    /// Line and mode of the first index that is as large as its mode, which only counting from one allows.
    last_slice: Option<(u64, usize)>,
}

impl Elements {
    fn new(order: usize, sizes: Option<Vec<usize>>, base: Option<Base>) -> Self {
        let indices = vec![Vec::new(); order];
        Self { indices, values: Vec::new(), least: u32::MAX, base, sizes, last_slice: None }
    }

    fn take(&mut self, lines: &Lines<impl BufRead>) -> Result<(), TnsError> {
        let line = lines.number();
        let mut texts = lines.texts();
        let ragged = |expected| TnsError::Ragged { line, expected, found: lines.columns() };
        let order = self.indices.len();
        let mut row = [0; LARGEST_ORDER];
        for (mode, place) in row[..order].iter_mut().enumerate() {
            let text = texts.next().ok_or_else(|| ragged(order + 1))?;
            *place = line::index(text).ok_or_else(|| TnsError::Index { line, mode, text: line::shown(text) })?;
            self.least = self.least.min(*place);
            if *place == 0 && self.base == Some(Base::One) {
                return Err(TnsError::Zero { line, mode });
            }
        }
        let text = texts.next().ok_or_else(|| ragged(order + 1))?;
        let value = line::value(text).ok_or_else(|| TnsError::Value { line, text: line::shown(text) })?;
        if texts.next().is_some() {
            return Err(ragged(order + 1));
        }
        self.check_inside(line, &row)?;
        self.indices.iter_mut().zip(row).for_each(|(list, index)| list.push(index));
        self.values.push(value);
        Ok(())
    }

    /// Holds a row against the sizes in the header; whether it counts from one may not be known yet.
    fn check_inside(&mut self, line: u64, row: &[u32]) -> Result<(), TnsError> {
        for (mode, (&index, &size)) in row.iter().zip(self.sizes.iter().flatten()).enumerate() {
            let last = index as usize == size;
            if index as usize > size || (last && self.base == Some(Base::Zero)) {
                let index = index - u32::from(self.base != Some(Base::Zero));
                return Err(TnsError::Outside { line, mode, index, size });
            }
            if last {
                self.last_slice.get_or_insert((line, mode));
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Coordinates, TnsError> {
        let from_zero = self.base == Some(Base::Zero) || (self.base.is_none() && self.least == 0);
        if let Some(((line, mode), sizes)) = self.last_slice.zip(self.sizes).filter(|_| from_zero) {
            let size = sizes[mode];
            return Err(TnsError::Outside { line, mode, index: u32::try_from(size).unwrap_or(u32::MAX), size });
        }
        if !from_zero {
            self.indices.iter_mut().flatten().for_each(|index| *index -= 1);
        }
        let size = |list: &Vec<u32>| list.iter().max().map_or(0, |&largest| largest as usize + 1);
        Ok(Coordinates { shape: self.indices.iter().map(size).collect(), indices: self.indices, values: self.values })
    }
}

/// What comes first in pyttb's form.
struct Header {
    shape: Vec<usize>,
    elements: u64,
}

impl Header {
    fn read(lines: &mut Lines<impl BufRead>) -> Result<Self, TnsError> {
        if !lines.is("sptensor") {
            return Err(lines.unexpected("indices and a value, or the word sptensor"));
        }
        let order = Self::numbers(lines, "the number of modes, from 1 to 16", |count| count == 1)?[0];
        if !(1..=LARGEST_ORDER as u64).contains(&order) {
            return Err(lines.unexpected("the number of modes, from 1 to 16"));
        }
        let sizes = Self::numbers(lines, "the size of each mode", |count| count as u64 == order)?;
        // Indices have 32 bits.
        let size = |&size: &u64| usize::try_from(size).ok().filter(|_| size <= 1 << 32);
        let shape: Option<Vec<usize>> = sizes.iter().map(size).collect();
        let shape = shape.ok_or_else(|| lines.unexpected("sizes up to 4294967296"))?;
        let elements = Self::numbers(lines, "the number of elements", |count| count == 1)?[0];
        Ok(Self { shape, elements })
    }

    fn numbers(
        lines: &mut Lines<impl BufRead>,
        expected: &'static str,
        fits: impl Fn(usize) -> bool,
    ) -> Result<Vec<u64>, TnsError> {
        if !lines.advance()? {
            return Err(TnsError::Header { line: lines.number(), expected, text: String::new() });
        }
        let numbers: Option<Vec<u64>> = lines.texts().take(LARGEST_ORDER + 1).map(line::whole).collect();
        numbers.filter(|list| fits(list.len())).ok_or_else(|| lines.unexpected(expected))
    }

    fn finish(header: Option<Self>, mut found: Coordinates) -> Result<Coordinates, TnsError> {
        let Some(Self { shape, elements }) = header else { return Ok(found) };
        if found.values.len() as u64 != elements {
            return Err(TnsError::Count { expected: elements, found: found.values.len() as u64 });
        }
        found.indices.resize(shape.len(), Vec::new());
        found.shape = shape;
        Ok(found)
    }
}
