//! Sparse tensors to text.

use std::io::{self, Write};

use super::{Base, Coordinates};

/// How a sparse tensor is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Only elements; the sizes of modes whose last slices are empty are lost.
    Plain(Base),
    /// With pyttb's header; indices count from one.
    WithHeader,
}

/// Writes a sparse tensor; every number reads back to the same bits.
///
/// # Errors
/// If the writer fails, or the lists are of different lengths.
/// # Examples
/// ```
/// use schur_io::tns::{self, Base, Form};
///
/// let tensor = tns::read(&b"0 1 2.5\n"[..], None)?;
/// let mut text = Vec::new();
/// tns::write(&mut text, &tensor, Form::Plain(Base::One))?;
/// assert_eq!(text, b"1 2 2.5\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write(mut writer: impl Write, tensor: &Coordinates, form: Form) -> io::Result<()> {
    let elements = tensor.values.len();
    if tensor.indices.len() != tensor.shape.len() || tensor.indices.iter().any(|list| list.len() != elements) {
        let message = format!("{elements} values need as many indices in each of {} modes", tensor.shape.len());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    if form == Form::WithHeader {
        let sizes: Vec<String> = tensor.shape.iter().map(usize::to_string).collect();
        writeln!(writer, "sptensor\n{}\n{}\n{elements}", sizes.len(), sizes.join(" "))?;
    }
    let first = u64::from(form != Form::Plain(Base::Zero));
    for (element, value) in tensor.values.iter().enumerate() {
        for list in &tensor.indices {
            write!(writer, "{} ", u64::from(list[element]) + first)?;
        }
        writeln!(writer, "{value}")?;
    }
    Ok(())
}
