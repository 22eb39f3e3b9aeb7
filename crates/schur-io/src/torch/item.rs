//! A place in a checkpoint: what is there, and the way further in.

use std::collections::HashMap;

use super::Checkpoint;
use super::error::TorchError;
use super::meaning::{Meaning, Reader, Stored};
use super::strided::Misfit;
use crate::pickle::{Value, ValueId};
use crate::tensor::{ByteOrder, DType, Tensor};

/// Points to one value of a checkpoint and knows the path to it.
///
/// Nothing is interpreted before it is asked for: objects that we do not know do not prevent reading what lies beside
/// them, and the bytes of a tensor are read when the tensor is.
#[derive(Debug, Clone)]
pub struct Item<'c> {
    pub(super) checkpoint: &'c Checkpoint<'c>,
    pub(super) id: ValueId,
    /// Empty for the root.
    pub(super) path: String,
}

/// Says what an [`Item`] is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Kind<'c> {
    /// `None`.
    None,
    /// A truth value, also one of numpy.
    Bool(bool),
    /// An integer, also one of numpy.
    Int(i64),
    /// A float, also one of numpy.
    Float(f64),
    /// Text.
    Text(&'c str),
    /// This many bytes.
    Bytes(usize),
    /// A list, tuple, set or `torch.Size` of this many items.
    List(usize),
    /// A dictionary of this many entries.
    Dict(usize),
    /// A tensor of PyTorch, with its element type and shape.
    Tensor(DType, Vec<usize>),
    /// An array of numpy, with its element type and shape.
    Array(DType, Vec<usize>),
    /// A `torch.device`: its type and index.
    Device(&'c str, Option<i64>),
    /// The name of a `torch.dtype`.
    DType(&'c str),
    /// An object that is not on the allow-list.
    Unknown {
        /// The module of its class or of the function that makes it.
        module: &'c str,
        /// The name of that class or function.
        name: &'c str,
    },
}

/// Names an entry of a dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Key<'c> {
    /// Text.
    Text(&'c str),
    /// An integer.
    Int(i64),
    /// A value of another type, which is named.
    Other(&'static str),
}

impl std::fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Int(number) => write!(f, "{number}"),
            Self::Other(type_name) => write!(f, "<{type_name}>"),
        }
    }
}

impl<'c> Item<'c> {
    pub(super) fn root(checkpoint: &'c Checkpoint<'c>) -> Self {
        Self { checkpoint, id: checkpoint.pickle.root(), path: String::new() }
    }

    /// Returns the path, as in `config.chemical_species[3]`.
    pub fn path(&self) -> &str {
        if self.path.is_empty() { "the checkpoint" } else { &self.path }
    }

    /// Says what is here, without reading the bytes of tensors.
    ///
    /// # Errors
    /// [`TorchError::Malformed`] when an object that we know is described wrongly.
    pub fn kind(&self) -> Result<Kind<'c>, TorchError> {
        Ok(match self.meaning()? {
            Meaning::None => Kind::None,
            Meaning::Bool(x) => Kind::Bool(x),
            Meaning::Int(x) => Kind::Int(x),
            Meaning::Float(x) => Kind::Float(x),
            Meaning::Text(text) => Kind::Text(text),
            Meaning::Bytes(bytes) => Kind::Bytes(bytes.len()),
            Meaning::List(ids) => Kind::List(ids.len()),
            Meaning::Dict(entries) => Kind::Dict(self.distinct(&entries).len()),
            Meaning::Tensor(stored) => Kind::Tensor(stored.layout.dtype, stored.layout.shape),
            Meaning::Array(layout, ..) => Kind::Array(layout.dtype, layout.shape),
            Meaning::Device(kind, index) => Kind::Device(kind, index),
            Meaning::DType(name) => Kind::DType(name),
            Meaning::Unknown(module, name) => Kind::Unknown { module, name },
        })
    }

    /// Goes to the entry of a dictionary under a text key.
    ///
    /// # Errors
    /// [`TorchError::MissingKey`] with the keys there are, or [`TorchError::Type`] if this is no dictionary.
    pub fn get(&self, key: &str) -> Result<Self, TorchError> {
        match self.find(key)? {
            Some(item) => Ok(item),
            None => Err(TorchError::MissingKey {
                path: self.path().to_owned(),
                key: key.to_owned(),
                present: self.entries()?.iter().map(|(key, _)| key.to_string()).collect(),
            }),
        }
    }

    /// Goes to the entry of a dictionary under a text key, if there is one.
    ///
    /// # Errors
    /// [`TorchError::Type`] if this is no dictionary.
    pub fn find(&self, key: &str) -> Result<Option<Self>, TorchError> {
        let entries = match self.meaning()? {
            Meaning::Dict(entries) => entries,
            _ => return Err(self.type_error("a dictionary")),
        };
        let reader = self.reader();
        // Of equal keys the last counts.
        let found = entries.iter().rev().find(|(id, _)| reader.text(*id) == Some(key));
        Ok(found.map(|&(_, id)| self.child(id, Key::Text(key))))
    }

    /// Returns the entries of a dictionary in order; of equal keys the last value counts.
    ///
    /// # Errors
    /// [`TorchError::Type`] if this is no dictionary.
    pub fn entries(&self) -> Result<Vec<(Key<'c>, Self)>, TorchError> {
        match self.meaning()? {
            Meaning::Dict(entries) => {
                Ok(self.distinct(&entries).into_iter().map(|(key, id)| (key, self.child(id, key))).collect())
            }
            _ => Err(self.type_error("a dictionary")),
        }
    }

    /// Returns the items of a list, tuple or set.
    ///
    /// # Errors
    /// [`TorchError::Type`] if this is none of them.
    pub fn items(&self) -> Result<Vec<Self>, TorchError> {
        match self.meaning()? {
            Meaning::List(ids) => Ok(ids.iter().enumerate().map(|(i, &id)| self.indexed(id, i)).collect()),
            _ => Err(self.type_error("a list")),
        }
    }

    /// Goes to one item of a list, tuple or set.
    ///
    /// # Errors
    /// [`TorchError::MissingItem`] if there are fewer, or [`TorchError::Type`] if this is no list.
    pub fn at(&self, index: usize) -> Result<Self, TorchError> {
        match self.meaning()? {
            Meaning::List(ids) => match ids.get(index) {
                Some(&id) => Ok(self.indexed(id, index)),
                None => Err(TorchError::MissingItem { path: self.path().to_owned(), index, len: ids.len() }),
            },
            _ => Err(self.type_error("a list")),
        }
    }

    /// Returns whether this is `None`.
    pub fn is_none(&self) -> bool {
        matches!(self.checkpoint.pickle[self.id], Value::None)
    }

    /// Returns a truth value.
    ///
    /// # Errors
    /// [`TorchError::Type`] if it is something else.
    pub fn as_bool(&self) -> Result<bool, TorchError> {
        match self.meaning()? {
            Meaning::Bool(x) => Ok(x),
            _ => Err(self.type_error("true or false")),
        }
    }

    /// Returns an integer.
    ///
    /// # Errors
    /// [`TorchError::Type`] if it is something else.
    pub fn as_i64(&self) -> Result<i64, TorchError> {
        match self.meaning()? {
            Meaning::Int(x) => Ok(x),
            _ => Err(self.type_error("an integer")),
        }
    }

    /// Returns a count or an index.
    ///
    /// # Errors
    /// [`TorchError::Type`] if it is something else or negative.
    pub fn as_usize(&self) -> Result<usize, TorchError> {
        self.as_i64()
            .ok()
            .and_then(|x| usize::try_from(x).ok())
            .ok_or_else(|| self.type_error("an integer of at least 0"))
    }

    /// Returns a number; integers are converted.
    ///
    /// # Errors
    /// [`TorchError::Type`] if it is something else.
    pub fn as_f64(&self) -> Result<f64, TorchError> {
        match self.meaning()? {
            Meaning::Float(x) => Ok(x),
            Meaning::Int(x) => Ok(x as f64),
            _ => Err(self.type_error("a number")),
        }
    }

    /// Returns text.
    ///
    /// # Errors
    /// [`TorchError::Type`] if it is something else.
    pub fn as_str(&self) -> Result<&'c str, TorchError> {
        match self.meaning()? {
            Meaning::Text(text) => Ok(text),
            _ => Err(self.type_error("text")),
        }
    }

    /// Returns numbers however they are kept: one number, a list of numbers, an array or a tensor.
    ///
    /// # Errors
    /// [`TorchError::Type`] if it is something else, and those of [`Item::tensor`].
    pub fn to_f64s(&self) -> Result<Vec<f64>, TorchError> {
        match self.meaning()? {
            Meaning::Float(_) | Meaning::Int(_) => Ok(vec![self.as_f64()?]),
            Meaning::List(_) => self.items()?.iter().map(Self::as_f64).collect(),
            Meaning::Tensor(_) | Meaning::Array(..) => Ok(self.tensor()?.to_f64()),
            _ => Err(self.type_error("a number, a list of numbers, an array or a tensor")),
        }
    }

    /// Reads a tensor of PyTorch or an array of numpy.
    ///
    /// # Errors
    /// [`TorchError`] when it is something else, reaches beyond its storage, or its bytes cannot be read.
    /// # Cost
    /// O(length of the storage), which is read from the archive for each call.
    pub fn tensor(&self) -> Result<Tensor, TorchError> {
        match self.meaning()? {
            Meaning::Tensor(stored) => self.read_stored(&stored),
            Meaning::Array(layout, order, bytes) => self.read_array(&layout, order, &bytes),
            _ => Err(self.type_error("a tensor or an array")),
        }
    }

    fn read_stored(&self, stored: &Stored) -> Result<Tensor, TorchError> {
        let member = self.checkpoint.storage_member(stored.key);
        let bytes = self.checkpoint.archive.entry(&member)?;
        if bytes.len() != stored.bytes {
            let (path, expected) = (self.path().to_owned(), stored.bytes);
            return Err(TorchError::StorageSize { path, member, expected, found: bytes.len() });
        }
        let read = stored.layout.read(&bytes, self.checkpoint.order);
        read.map_err(|misfit| self.misfit(&stored.layout.shape, misfit))
    }

    fn read_array(
        &self,
        layout: &super::strided::Layout,
        order: ByteOrder,
        bytes: &[u8],
    ) -> Result<Tensor, TorchError> {
        let tensor = layout.read(bytes, order).map_err(|misfit| self.misfit(&layout.shape, misfit))?;
        let expected = tensor.len() * layout.dtype.size();
        if bytes.len() != expected {
            let (path, member) = (self.path().to_owned(), "the array".to_owned());
            return Err(TorchError::StorageSize { path, member, expected, found: bytes.len() });
        }
        Ok(tensor)
    }

    fn misfit(&self, shape: &[usize], misfit: Misfit) -> TorchError {
        let (path, shape) = (self.path().to_owned(), shape.to_owned());
        match misfit {
            Misfit::OutOfStorage { available } => TorchError::OutOfStorage { path, shape, available },
            Misfit::TooManyElements { available, limit } => {
                TorchError::TooManyElements { path, shape, available, limit }
            }
        }
    }

    pub(super) fn reader(&self) -> Reader<'c> {
        Reader(&self.checkpoint.pickle)
    }

    pub(super) fn meaning(&self) -> Result<Meaning<'c>, TorchError> {
        let malformed = |expected| TorchError::Malformed { path: self.path().to_owned(), expected };
        self.reader().meaning(self.id).map_err(malformed)
    }

    /// Keeps the last value of equal keys, in the place of the first, as Python does.
    fn distinct(&self, entries: &[(ValueId, ValueId)]) -> Vec<(Key<'c>, ValueId)> {
        let mut out: Vec<(Key, ValueId)> = Vec::with_capacity(entries.len());
        let mut places = HashMap::new();
        for &(key, value) in entries {
            let key = match &self.checkpoint.pickle[key] {
                Value::Text(text) => Key::Text(text),
                Value::Int(number) => Key::Int(*number),
                other => Key::Other(other.type_name()),
            };
            match places.get(&key) {
                Some(&place) if !matches!(key, Key::Other(_)) => out[place] = (key, value),
                _ => {
                    places.insert(key, out.len());
                    out.push((key, value));
                }
            }
        }
        out
    }

    pub(super) fn child(&self, id: ValueId, key: Key) -> Self {
        let path = match key {
            Key::Text(text) if is_word(text) && self.path.is_empty() => text.to_owned(),
            Key::Text(text) if is_word(text) => format!("{}.{text}", self.path),
            Key::Text(text) => format!("{}[{text:?}]", self.path),
            key => format!("{}[{key}]", self.path),
        };
        Self { checkpoint: self.checkpoint, id, path }
    }

    pub(super) fn indexed(&self, id: ValueId, index: usize) -> Self {
        Self { checkpoint: self.checkpoint, id, path: format!("{}[{index}]", self.path) }
    }

    pub(super) fn type_error(&self, expected: &'static str) -> TorchError {
        let found = self.kind().map_or_else(|_| "a malformed object".to_owned(), |kind| kind.to_string());
        TorchError::Type { path: self.path().to_owned(), expected, found }
    }
}

impl std::fmt::Display for Kind<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(x) => write!(f, "{x}"),
            Self::Int(x) => write!(f, "the integer {x}"),
            Self::Float(x) => write!(f, "the float {x}"),
            Self::Text(_) => f.write_str("text"),
            Self::Bytes(n) => write!(f, "{n} bytes"),
            Self::List(n) => write!(f, "a list of {n} items"),
            Self::Dict(n) => write!(f, "a dictionary of {n} entries"),
            Self::Tensor(dtype, shape) => write!(f, "a tensor of {dtype:?} and shape {shape:?}"),
            Self::Array(dtype, shape) => write!(f, "an array of {dtype:?} and shape {shape:?}"),
            Self::Device(kind, None) => write!(f, "the device {kind}"),
            Self::Device(kind, Some(index)) => write!(f, "the device {kind}:{index}"),
            Self::DType(name) => write!(f, "torch.{name}"),
            Self::Unknown { module, name } => write!(f, "an object of `{module}.{name}`, which is never run here"),
        }
    }
}

/// Returns whether a key reads well after a dot.
fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
