//! The data that a pickle describes, with every call left symbolic.

use std::sync::Arc;

/// Names one value of a [`Pickle`](super::Pickle).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(pub(super) u32);

/// Describes one value; the values it holds are named by id, so that sharing and cycles cost nothing.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer that fits.
    Int(i64),
    /// A larger integer: two's complement, little endian, as short as possible.
    BigInt(Box<[u8]>),
    /// A float.
    Float(f64),
    /// Text; also an 8-bit string of Python 2 that is ASCII.
    Text(Arc<str>),
    /// Bytes; also an 8-bit string of Python 2 that is not ASCII.
    Bytes(Box<[u8]>),
    /// A `bytearray`.
    ByteArray(Box<[u8]>),
    /// A list.
    List(Vec<ValueId>),
    /// A tuple.
    Tuple(Box<[ValueId]>),
    /// A dictionary: pairs in the order in which they were set; of equal keys the last counts.
    Dict(Vec<(ValueId, ValueId)>),
    /// A set, with its members in file order.
    Set(Vec<ValueId>),
    /// A frozen set, with its members in file order.
    FrozenSet(Box<[ValueId]>),
    /// A class or function by name. Nothing is imported.
    Global {
        /// The module it would be imported from.
        module: Arc<str>,
        /// Its qualified name.
        name: Arc<str>,
    },
    /// What a call, a persistent id or an extension code would give. Nothing is called.
    Object(Box<Object>),
    /// The out-of-band buffer of this number, counted from 0.
    Buffer(u32),
}

/// Describes an object by how Python would make it and what is then done to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// How it is made.
    pub origin: Origin,
    /// Values appended to it, as to a list, or added, as to a set.
    pub items: Vec<ValueId>,
    /// Pairs set on it, as on a dictionary.
    pub entries: Vec<(ValueId, ValueId)>,
    /// States it is built from (`__setstate__`), nearly always none or one.
    pub states: Vec<ValueId>,
}

/// Says how Python would make an object.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// `callable(*args)`, where `callable` is a global or an object.
    Reduce {
        /// The callable.
        callable: ValueId,
        /// A tuple.
        args: ValueId,
    },
    /// `class.__new__(class, *args, **kwargs)`.
    New {
        /// The class, a global or an object.
        class: ValueId,
        /// A tuple.
        args: ValueId,
        /// A dictionary, for NEWOBJ_EX.
        kwargs: Option<ValueId>,
    },
    /// What the reader of the file stores under this id.
    Persistent(ValueId),
    /// What is registered under this code with `copyreg`.
    Extension(u32),
}

impl Value {
    /// Returns the name of the type, for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::BigInt(_) => "int beyond 64 bits",
            Self::Float(_) => "float",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::ByteArray(_) => "bytearray",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Dict(_) => "dict",
            Self::Set(_) => "set",
            Self::FrozenSet(_) => "frozenset",
            Self::Global { .. } => "global name",
            Self::Object(_) => "object",
            Self::Buffer(_) => "buffer",
        }
    }
}

impl From<Origin> for Value {
    fn from(origin: Origin) -> Self {
        Self::Object(Box::new(Object { origin, items: Vec::new(), entries: Vec::new(), states: Vec::new() }))
    }
}
