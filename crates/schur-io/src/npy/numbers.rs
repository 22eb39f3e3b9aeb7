//! The elements of a `.npy` file.

use std::io::{self, Read, Write};

use super::NpyError;
use crate::tensor::places;

/// Bytes read or written at a time; a multiple of every width.
const BLOCK: usize = 1 << 16;

/// Beyond this, doubles do not hold all integers.
const LARGEST_EXACT: u64 = 1 << 53;

/// Elements of one type. Integers of every width become 64 bits.
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    /// `bool`.
    Bool(Vec<bool>),
    /// Integers.
    I64(Vec<i64>),
    /// `float32`.
    F32(Vec<f32>),
    /// `float64`.
    F64(Vec<f64>),
    /// `complex64`: real and imaginary part.
    C32(Vec<[f32; 2]>),
    /// `complex128`: real and imaginary part.
    C64(Vec<[f64; 2]>),
}

/// A type of elements in a file.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    letter: char,
    pub width: usize,
    is_big_endian: bool,
}

impl Kind {
    /// Reads NumPy's name of a type; none if it is not one of numbers.
    pub fn parse(descr: &str) -> Option<Self> {
        let mut letters = descr.chars();
        let (order, letter) = (letters.next()?, letters.next()?);
        let width: usize = letters.as_str().parse().ok()?;
        let is_big_endian = match order {
            '<' | '|' => false,
            '>' => true,
            '=' => cfg!(target_endian = "big"),
            _ => return None,
        };
        let known = matches!((letter, width), ('b', 1) | ('i' | 'u', 1 | 2 | 4 | 8) | ('f', 4 | 8) | ('c', 8 | 16));
        known.then_some(Self { letter, width, is_big_endian })
    }
}

macro_rules! each {
    ($numbers:expr, $list:ident => $value:expr) => {
        match $numbers {
            Numbers::Bool($list) => $value,
            Numbers::I64($list) => $value,
            Numbers::F32($list) => $value,
            Numbers::F64($list) => $value,
            Numbers::C32($list) => $value,
            Numbers::C64($list) => $value,
        }
    };
}

impl Numbers {
    /// How many there are.
    pub fn len(&self) -> usize {
        each!(self, list => list.len())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// NumPy's name of the type.
    pub const fn descr(&self) -> &'static str {
        match self {
            Self::Bool(_) => "|b1",
            Self::I64(_) => "<i8",
            Self::F32(_) => "<f4",
            Self::F64(_) => "<f8",
            Self::C32(_) => "<c8",
            Self::C64(_) => "<c16",
        }
    }

    /// The numbers as doubles, truth values as 0 and 1; none if one of them is complex or an integer beyond 2^53.
    ///
    /// # Examples
    /// ```
    /// use schur_io::npy::Numbers;
    ///
    /// assert_eq!(Numbers::I64(vec![3, -4]).to_f64(), Some(vec![3.0, -4.0]));
    /// assert_eq!(Numbers::I64(vec![i64::MAX]).to_f64(), None);
    /// ```
    pub fn to_f64(&self) -> Option<Vec<f64>> {
        match self {
            Self::F64(list) => Some(list.clone()),
            Self::F32(list) => Some(list.iter().map(|&x| x.into()).collect()),
            Self::I64(list) if list.iter().all(|x| x.unsigned_abs() <= LARGEST_EXACT) => {
                Some(list.iter().map(|&x| x as f64).collect())
            }
            Self::Bool(list) => Some(list.iter().map(|&x| x.into()).collect()),
            _ => None,
        }
    }

    pub(super) fn read(reader: &mut impl Read, kind: Kind, count: usize) -> Result<Self, NpyError> {
        let big = kind.is_big_endian;
        macro_rules! list {
            ($number:ty, $convert:expr) => {
                read_list(reader, count, |bytes: &[u8; size_of::<$number>()]| {
                    $convert(if big { <$number>::from_be_bytes(*bytes) } else { <$number>::from_le_bytes(*bytes) })
                })?
            };
        }
        macro_rules! pairs {
            ($number:ty) => {
                read_list(reader, count, |bytes: &[u8; 2 * size_of::<$number>()]| {
                    let mut halves = bytes.chunks_exact(size_of::<$number>()).map(|half| {
                        let mut bytes = [0; size_of::<$number>()];
                        bytes.copy_from_slice(half);
                        if big { <$number>::from_be_bytes(bytes) } else { <$number>::from_le_bytes(bytes) }
                    });
                    [halves.next().unwrap_or(0.0), halves.next().unwrap_or(0.0)]
                })?
            };
        }
        Ok(match (kind.letter, kind.width) {
            ('b', _) => Self::Bool(list!(u8, |byte| byte != 0)),
            ('i', 1) => Self::I64(list!(i8, i64::from)),
            ('i', 2) => Self::I64(list!(i16, i64::from)),
            ('i', 4) => Self::I64(list!(i32, i64::from)),
            ('i', _) => Self::I64(list!(i64, i64::from)),
            ('u', 1) => Self::I64(list!(u8, i64::from)),
            ('u', 2) => Self::I64(list!(u16, i64::from)),
            ('u', 4) => Self::I64(list!(u32, i64::from)),
            ('u', _) => Self::I64(signed(&list!(u64, u64::from))?),
            ('f', 4) => Self::F32(list!(f32, f32::from)),
            ('f', _) => Self::F64(list!(f64, f64::from)),
            (_, 8) => Self::C32(pairs!(f32)),
            _ => Self::C64(pairs!(f64)),
        })
    }

    pub(super) fn write(&self, writer: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Bool(list) => write_list(writer, list, |&value| [u8::from(value)]),
            Self::I64(list) => write_list(writer, list, |value| value.to_le_bytes()),
            Self::F32(list) => write_list(writer, list, |value| value.to_le_bytes()),
            Self::F64(list) => write_list(writer, list, |value| value.to_le_bytes()),
            Self::C32(list) => write_list(writer, list.as_flattened(), |value| value.to_le_bytes()),
            Self::C64(list) => write_list(writer, list.as_flattened(), |value| value.to_le_bytes()),
        }
    }

    /// Elements whose first axis is contiguous, in row-major order.
    pub(super) fn transposed(self, shape: &[usize]) -> Self {
        match self {
            Self::Bool(list) => Self::Bool(row_major(&list, shape)),
            Self::I64(list) => Self::I64(row_major(&list, shape)),
            Self::F32(list) => Self::F32(row_major(&list, shape)),
            Self::F64(list) => Self::F64(row_major(&list, shape)),
            Self::C32(list) => Self::C32(row_major(&list, shape)),
            Self::C64(list) => Self::C64(row_major(&list, shape)),
        }
    }
}

/// Reads `count` elements of `N` bytes, a block at a time.
fn read_list<T, const N: usize>(
    reader: &mut impl Read,
    count: usize,
    convert: impl Fn(&[u8; N]) -> T,
) -> Result<Vec<T>, NpyError> {
    let mut list = Vec::new();
    let mut block = vec![0; BLOCK];
    while list.len() < count {
        let wanted = (count - list.len()).saturating_mul(N).min(BLOCK);
        let mut found = 0;
        while found < wanted {
            match reader.read(&mut block[found..wanted]) {
                Ok(0) => break,
                Ok(more) => found += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        let (elements, _) = block[..found].as_chunks::<N>();
        list.extend(elements.iter().map(&convert));
        if found < wanted {
            return Err(NpyError::Truncated { expected: count, found: list.len() });
        }
    }
    Ok(list)
}

fn write_list<T, const N: usize>(
    writer: &mut impl Write,
    list: &[T],
    convert: impl Fn(&T) -> [u8; N],
) -> io::Result<()> {
    let mut block = Vec::with_capacity(BLOCK);
    for part in list.chunks(BLOCK / N) {
        block.clear();
        part.iter().for_each(|value| block.extend_from_slice(&convert(value)));
        writer.write_all(&block)?;
    }
    Ok(())
}

fn signed(list: &[u64]) -> Result<Vec<i64>, NpyError> {
    let fits =
        |(position, &value): (usize, &u64)| i64::try_from(value).map_err(|_| NpyError::Integer { position, value });
    list.iter().enumerate().map(fits).collect()
}

fn row_major<T: Copy>(list: &[T], shape: &[usize]) -> Vec<T> {
    let mut strides = vec![1; shape.len()];
    for axis in 1..shape.len() {
        strides[axis] = strides[axis - 1] * shape[axis - 1];
    }
    places(shape, &strides).take(list.len()).map(|place| list[place]).collect()
}
