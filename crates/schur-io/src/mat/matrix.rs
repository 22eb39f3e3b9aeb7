//! One array: what it is, its shape, its name, its numbers.

use super::element::{Bytes, Element};
use super::{MatArray, MatError, MatFile};
use crate::npy::{Array, Numbers};

/// Classes of arrays that are not numbers.
const OTHERS: [(u32, &str); 6] =
    [(1, "a cell array"), (2, "a structure"), (3, "an object"), (4, "text"), (16, "a function"), (17, "an object")];
const SPARSE: u32 = 5;
const DOUBLE: u32 = 6;
const SINGLE: u32 = 7;
const LAST_CLASS: u32 = 15;

const IS_LOGICAL: u32 = 0x200;
const IS_COMPLEX: u32 = 0x800;

/// Reads one array into the file.
pub(super) fn read(mut bytes: Bytes<'_>, file: &mut MatFile) -> Result<(), MatError> {
    let flags = bytes.element("the flags of an array")?;
    let flags = Bytes::new(flags.data, bytes.is_big_endian).word("the flags of an array")?;
    let class = flags & 0xff;
    if class == 17 {
        // Objects of this kind have no sizes.
        file.skipped.push((String::new(), "an object"));
        return Ok(());
    }
    let sizes = integers(&bytes.element("the sizes of an array")?, bytes.is_big_endian, "the sizes of an array")?;
    let name = String::from_utf8_lossy(bytes.element("the name of an array")?.data).into_owned();
    if let Some(&(_, what)) = OTHERS.iter().find(|(number, _)| *number == class) {
        file.skipped.push((name, what));
        return Ok(());
    }
    if !(SPARSE..=LAST_CLASS).contains(&class) {
        return Err(MatError::Kind { what: "an array", found: class });
    }
    let shape: Option<Vec<usize>> = sizes.iter().map(|&size| usize::try_from(size).ok()).collect();
    let shape = shape.ok_or_else(|| MatError::Shape { name: name.clone(), sizes: sizes.clone() })?;
    let array = Matrix { bytes, flags, class, name: &name }.numbers(&shape, sizes)?;
    file.arrays.push((name, array));
    Ok(())
}

struct Matrix<'a> {
    bytes: Bytes<'a>,
    flags: u32,
    class: u32,
    name: &'a str,
}

impl Matrix<'_> {
    fn numbers(mut self, shape: &[usize], sizes: Vec<i64>) -> Result<MatArray, MatError> {
        if self.class == SPARSE {
            let &[rows, columns] = shape else { return Err(MatError::Shape { name: self.name.to_owned(), sizes }) };
            return self.sparse([rows, columns]);
        }
        let too_large = || MatError::Shape { name: self.name.to_owned(), sizes };
        let count = shape.iter().try_fold(1_usize, |count, &size| count.checked_mul(size)).ok_or_else(too_large)?;
        let numbers = self.list(self.class, count)?;
        Ok(MatArray::Full(Array::from_columns(shape.to_vec(), numbers)))
    }

    fn sparse(mut self, shape: [usize; 2]) -> Result<MatArray, MatError> {
        let order = self.bytes.is_big_endian;
        let mut places = |what| integers(&self.bytes.element(what)?, order, what);
        let rows = places("the rows of a sparse array")?;
        let starts = places("the columns of a sparse array")?;
        let broken = |column| MatError::Sparse { name: self.name.to_owned(), column };
        if starts.len() != shape[1].saturating_add(1) || starts[0] != 0 {
            return Err(broken(0));
        }
        let mut columns = Vec::new();
        for (column, ends) in starts.windows(2).enumerate() {
            let range = usize::try_from(ends[0]).ok().zip(usize::try_from(ends[1]).ok());
            let (start, end) = range.filter(|range| range.0 <= range.1).ok_or_else(|| broken(column))?;
            let list = rows.get(start..end).ok_or_else(|| broken(column))?;
            if list.iter().any(|&row| usize::try_from(row).is_ok_and(|row| row >= shape[0]) || row < 0) {
                return Err(broken(column));
            }
            columns.resize(end, column);
        }
        let numbers = self.list(DOUBLE, columns.len())?;
        let rows = rows[..columns.len()].iter().map(|&row| row as usize).collect();
        Ok(MatArray::Sparse { shape, rows, columns, numbers })
    }

    /// The numbers of an array; a sparse one may have room for more.
    fn list(&mut self, class: u32, count: usize) -> Result<Numbers, MatError> {
        let real = self.part(class, count)?;
        if self.flags & IS_LOGICAL != 0 {
            return Ok(match real {
                Numbers::F64(list) => Numbers::Bool(list.iter().map(|&value| value != 0.0).collect()),
                Numbers::I64(list) => Numbers::Bool(list.iter().map(|&value| value != 0).collect()),
                other => other,
            });
        }
        if self.flags & IS_COMPLEX == 0 {
            return Ok(real);
        }
        Ok(match (real, self.part(class, count)?) {
            (Numbers::F32(a), Numbers::F32(b)) => Numbers::C32(a.into_iter().zip(b).map(|(a, b)| [a, b]).collect()),
            (Numbers::F64(a), Numbers::F64(b)) => Numbers::C64(a.into_iter().zip(b).map(|(a, b)| [a, b]).collect()),
            // Complex integers, which nobody writes.
            _ => return Err(MatError::Kind { what: "a complex array", found: class }),
        })
    }

    fn part(&mut self, class: u32, count: usize) -> Result<Numbers, MatError> {
        const WHAT: &str = "the numbers of an array";
        let element = self.bytes.element(WHAT)?;
        let width = width(element.kind).ok_or(MatError::Kind { what: WHAT, found: element.kind })?;
        let found = element.data.len() / width;
        if found < count || (found > count && self.class != SPARSE) {
            return Err(MatError::Count { name: self.name.to_owned(), expected: count, found });
        }
        let element = Element { kind: element.kind, data: &element.data[..count * width] };
        let order = self.bytes.is_big_endian;
        Ok(match class {
            DOUBLE => Numbers::F64(floats(&element, order, WHAT)?),
            SINGLE => Numbers::F32(floats(&element, order, WHAT)?.into_iter().map(|value| value as f32).collect()),
            _ => {
                let list = integers(&element, order, WHAT)?;
                let large = list.iter().position(|&value| value < 0).filter(|_| element.kind == UINT64);
                if let Some(position) = large {
                    let value = list[position].cast_unsigned();
                    return Err(MatError::Integer { name: self.name.to_owned(), position, value });
                }
                Numbers::I64(list)
            }
        })
    }
}

const UINT64: u32 = 13;

/// Bytes of a number of each type; none for types that are not numbers.
const fn width(kind: u32) -> Option<usize> {
    Some(match kind {
        1 | 2 => 1,
        3 | 4 => 2,
        5..=7 => 4,
        9 | 12 | UINT64 => 8,
        _ => return None,
    })
}

/// Calls `$convert` on each number of a part, whatever its type.
macro_rules! each {
    ($element:expr, $big:expr, $what:expr, $convert:expr, $($kind:pat => $number:ty),+) => {
        match $element.kind {
            $($kind => $element.data.as_chunks().0.iter().map(|&bytes| {
                $convert(if $big { <$number>::from_be_bytes(bytes) } else { <$number>::from_le_bytes(bytes) })
            }).collect(),)+
            found => return Err(MatError::Kind { what: $what, found }),
        }
    };
}

#[expect(clippy::unnecessary_cast, reason = "one line for all types of numbers")]
fn floats(element: &Element<'_>, big: bool, what: &'static str) -> Result<Vec<f64>, MatError> {
    // MATLAB stores doubles that are whole numbers as integers; above 2^53 it does not.
    Ok(each!(element, big, what, |value| value as f64,
        1 => i8, 2 => u8, 3 => i16, 4 => u16, 5 => i32, 6 => u32, 7 => f32, 9 => f64, 12 => i64, UINT64 => u64))
}

#[expect(clippy::unnecessary_cast, reason = "one line for all types of numbers")]
fn integers(element: &Element<'_>, big: bool, what: &'static str) -> Result<Vec<i64>, MatError> {
    Ok(each!(element, big, what, |value| value as i64,
        1 => i8, 2 => u8, 3 => i16, 4 => u16, 5 => i32, 6 => u32, 12 => i64, UINT64 => u64))
}
