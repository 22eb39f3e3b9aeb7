//! A pickle read as data: every opcode of protocols 0 to 5, and nothing is ever imported or called.
//!
//! A pickle is a program for a small stack machine. [`parse`] runs that program, except that where Python would import
//! a name or call something, the arena gets a [`Value::Global`] or a [`Value::Object`] that says what would have
//! happened. What such an object means is for a layer above with an allow-list; see [`torch`](crate::torch).
//!
//! The result is a graph: values refer to each other by [`ValueId`], so the memo is by reference, cycles are ordinary,
//! and neither a billion-fold sharing nor a million-fold nesting costs memory or stack, here or when it is dropped.
//!
//! # Source
//! Python's `pickletools.py` (the opcodes and their arguments) and PEPs 307, 3154 and 574.

mod construct;
mod cursor;
mod error;
mod limits;
mod literal;
mod machine;
mod opcode;
mod value;

pub use error::{PickleError, PickleErrorKind};
pub use limits::Limits;
pub use value::{Object, Origin, Value, ValueId};

/// Holds everything one pickle describes.
#[derive(Debug, Clone, PartialEq)]
pub struct Pickle {
    values: Vec<Value>,
    root: ValueId,
    length: usize,
}

/// Reads the pickle at the beginning of `bytes` without running it.
///
/// # Errors
/// [`PickleError`] with the byte offset and the opcode when the program is cut off, malformed, works on values of the
/// wrong type, or exceeds `limits`.
/// # Cost
/// O(length of `bytes`) time and memory, however the values are shared or nested.
/// # Examples
/// ```
/// use schur_io::pickle::{Limits, Value, parse};
///
/// // pickle.dumps({"cutoff": 5.0}, protocol=0)
/// let pickle = parse(b"(dp0\nVcutoff\np1\nF5.0\ns.", &Limits::default())?;
/// let Value::Dict(entries) = &pickle[pickle.root()] else { panic!() };
/// let (key, value) = entries[0];
/// assert_eq!(pickle[key], Value::Text("cutoff".into()));
/// assert_eq!(pickle[value], Value::Float(5.0));
/// # Ok::<(), schur_io::pickle::PickleError>(())
/// ```
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Pickle, PickleError> {
    let mut machine = machine::Machine::new(bytes, limits);
    if bytes.len() > limits.bytes {
        return Err(machine.error(PickleErrorKind::TooLong { found: bytes.len(), limit: limits.bytes }));
    }
    let root = machine.run()?;
    Ok(Pickle { root, length: machine.cursor.position(), values: machine.values })
}

impl Pickle {
    /// Returns the value that Python's `load` would return.
    pub fn root(&self) -> ValueId {
        self.root
    }

    /// Returns the number of values in the arena.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Returns false: a pickle has at least its root.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Returns the number of bytes read, up to and with STOP.
    pub fn length_in_bytes(&self) -> usize {
        self.length
    }
}

impl std::ops::Index<ValueId> for Pickle {
    type Output = Value;

    /// Returns the value that `id` names.
    ///
    /// # Panics
    /// May panic for an id of another pickle.
    fn index(&self, id: ValueId) -> &Value {
        &self.values[id.0 as usize]
    }
}
