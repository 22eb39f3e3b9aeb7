//! The allow-list: what the symbolic objects of a checkpoint stand for.
//!
//! Recognition looks at one value at a time and never walks into containers, so cycles and sharing do no harm.

use std::borrow::Cow;

use super::numpy;
use super::strided::{Layout, MAX_AXES};
use crate::pickle::{Object, Origin, Pickle, Value, ValueId};
use crate::tensor::{ByteOrder, DType};

/// Longest chain of parameters that wrap each other; PyTorch writes one.
const MAX_WRAPPERS: usize = 8;

/// Says what one value stands for.
#[derive(Debug)]
pub(super) enum Meaning<'c> {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'c str),
    Bytes(Cow<'c, [u8]>),
    List(&'c [ValueId]),
    Dict(Cow<'c, [(ValueId, ValueId)]>),
    Tensor(Stored<'c>),
    Array(Layout, ByteOrder, Cow<'c, [u8]>),
    Device(&'c str, Option<i64>),
    DType(&'c str),
    /// Something that is not on the list, by module and name.
    Unknown(&'c str, &'c str),
}

/// Describes a tensor whose elements lie in a member of the archive.
#[derive(Debug, Clone)]
pub(super) struct Stored<'c> {
    pub(super) layout: Layout,
    /// The member, below `data/`.
    pub(super) key: &'c str,
    /// Length of the member in bytes.
    pub(super) bytes: usize,
}

/// Looks at values of a pickle; the accessors answer `None` for another type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'c>(pub(super) &'c Pickle);

impl<'c> Reader<'c> {
    /// Says what `id` stands for; an error names what the description of a known object should hold.
    pub(super) fn meaning(self, id: ValueId) -> Result<Meaning<'c>, &'static str> {
        let mut id = id;
        for _ in 0..MAX_WRAPPERS {
            match self.wrapped(id) {
                Some(inner) => id = inner,
                None => return self.unwrapped_meaning(id),
            }
        }
        Err("a parameter that wraps a tensor, not itself")
    }

    /// Returns the tensor that a parameter is made of.
    fn wrapped(self, id: ValueId) -> Option<ValueId> {
        match self.call(id)? {
            ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state", [tensor, ..], _) => Some(*tensor),
            _ => None,
        }
    }

    fn unwrapped_meaning(self, id: ValueId) -> Result<Meaning<'c>, &'static str> {
        Ok(match &self.0[id] {
            Value::None => Meaning::None,
            Value::Bool(x) => Meaning::Bool(*x),
            Value::Int(x) => Meaning::Int(*x),
            Value::BigInt(_) => Meaning::Unknown("builtins", "int beyond 64 bits"),
            Value::Float(x) => Meaning::Float(*x),
            Value::Text(text) => Meaning::Text(text),
            Value::Bytes(bytes) | Value::ByteArray(bytes) => Meaning::Bytes(Cow::Borrowed(bytes)),
            Value::List(ids) | Value::Set(ids) => Meaning::List(ids),
            Value::Tuple(ids) | Value::FrozenSet(ids) => Meaning::List(ids),
            Value::Dict(entries) => Meaning::Dict(Cow::Borrowed(entries)),
            Value::Global { module, name } if **module == *"torch" && torch_dtype(name).is_some() => {
                Meaning::DType(name)
            }
            Value::Global { module, name } => Meaning::Unknown(module, name),
            Value::Buffer(_) => Meaning::Unknown("pickle", "out-of-band buffer"),
            Value::Object(object) => match self.call(id) {
                Some((module, name, args, object)) => self.called(module, name, args, object)?,
                None => self.other_object(object),
            },
        })
    }

    /// Recognises a call of a named function with arguments.
    fn called(
        self,
        module: &'c str,
        name: &'c str,
        args: &'c [ValueId],
        object: &'c Object,
    ) -> Result<Meaning<'c>, &'static str> {
        match (module, name) {
            ("collections", "OrderedDict") => self.dictionary(args.first(), object),
            // The first argument of a defaultdict is the factory of its defaults.
            ("collections", "defaultdict") => self.dictionary(args.get(1), object),
            ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2" | "_rebuild_tensor_v3") => {
                self.tensor(name, args).map(Meaning::Tensor)
            }
            ("torch", "Size") => self.list_of(args, "torch.Size of a tuple"),
            ("torch", "device") => self.device(args),
            ("builtins" | "__builtin__", "set" | "frozenset" | "list" | "tuple") => {
                self.list_of(args, "a collection made of a list")
            }
            ("builtins" | "__builtin__", "bytes" | "bytearray") | ("_codecs", "encode") => {
                let bytes = self.bytes_of_call(module, args);
                bytes.map(Meaning::Bytes).ok_or("bytes written as Latin-1 text")
            }
            ("numpy.core.multiarray" | "numpy._core.multiarray", _)
            | ("numpy.core.numeric" | "numpy._core.numeric", "_frombuffer") => numpy::meaning(self, name, args, object)
                .map(|meaning| meaning.unwrap_or(Meaning::Unknown(module, name))),
            _ => Ok(Meaning::Unknown(module, name)),
        }
    }

    fn other_object(self, object: &'c Object) -> Meaning<'c> {
        match &object.origin {
            Origin::New { class, .. } => match self.global(*class) {
                Some((module, name)) => Meaning::Unknown(module, name),
                None => Meaning::Unknown("pickle", "instance of a computed class"),
            },
            Origin::Persistent(_) => Meaning::Unknown("pickle", "persistent id"),
            Origin::Extension(_) => Meaning::Unknown("pickle", "extension code"),
            Origin::Reduce { .. } => Meaning::Unknown("pickle", "call of a computed function"),
        }
    }

    /// Reads a dictionary: pairs given on creation, then those set later.
    fn dictionary(self, initial: Option<&ValueId>, object: &'c Object) -> Result<Meaning<'c>, &'static str> {
        let Some(&initial) = initial else {
            return Ok(Meaning::Dict(Cow::Borrowed(&object.entries)));
        };
        let mut entries = match &self.0[initial] {
            Value::Dict(entries) => entries.clone(),
            Value::List(pairs) => pairs.iter().map(|&pair| self.pair(pair)).collect::<Option<_>>().ok_or("pairs")?,
            _ => return Err("a dictionary made of pairs"),
        };
        entries.extend(&object.entries);
        Ok(Meaning::Dict(Cow::Owned(entries)))
    }

    fn pair(self, id: ValueId) -> Option<(ValueId, ValueId)> {
        match self.sequence(id)? {
            &[key, value] => Some((key, value)),
            _ => None,
        }
    }

    fn list_of(self, args: &'c [ValueId], expected: &'static str) -> Result<Meaning<'c>, &'static str> {
        match args {
            [] => Ok(Meaning::List(&[])),
            [items] => self.sequence(*items).map(Meaning::List).ok_or(expected),
            _ => Err(expected),
        }
    }

    fn device(self, args: &'c [ValueId]) -> Result<Meaning<'c>, &'static str> {
        let device = match args {
            [kind] => self.text(*kind).map(|kind| (kind, None)),
            [kind, index] => self.text(*kind).zip(self.int(*index).map(Some)),
            _ => None,
        };
        device.map(|(kind, index)| Meaning::Device(kind, index)).ok_or("a device name and perhaps an index")
    }

    /// Reads the arguments of `_rebuild_tensor*`.
    fn tensor(self, function: &str, args: &'c [ValueId]) -> Result<Stored<'c>, &'static str> {
        let &[storage, offset, shape, strides, ..] = args else {
            return Err("a storage, an offset, a shape and strides");
        };
        let (stored_dtype, key, elements) = self.storage(storage)?;
        let dtype = match (function, args.get(6)) {
            ("_rebuild_tensor_v3", Some(&dtype)) => self.dtype(dtype),
            _ => stored_dtype,
        };
        let dtype = dtype.ok_or("elements that are real numbers of at most 64 bits")?;
        let bytes = elements.checked_mul(stored_dtype.map_or(1, DType::size)).ok_or("a storage that fits in memory")?;
        let shape = self.sizes(shape).ok_or("a shape of at most 64 sizes")?;
        let strides = self.sizes(strides).ok_or("strides of at least 0")?;
        if shape.len() != strides.len() {
            return Err("as many strides as sizes");
        }
        let offset = self.size(offset).ok_or("an offset of at least 0")?;
        Ok(Stored { layout: Layout { dtype, shape, strides, offset }, key, bytes })
    }

    /// Reads `('storage', type, key, location, number of elements)`: the type, none for bytes of any type; the key; the
    /// number.
    fn storage(self, id: ValueId) -> Result<(Option<DType>, &'c str, usize), &'static str> {
        const EXPECTED: &str = "a persistent id ('storage', type, key, location, number of elements)";
        let Value::Object(object) = &self.0[id] else { return Err(EXPECTED) };
        let Origin::Persistent(pid) = object.origin else { return Err(EXPECTED) };
        let Some(&[tag, class, key, _, elements, ..]) = self.sequence(pid) else { return Err(EXPECTED) };
        if self.text(tag) != Some("storage") {
            return Err(EXPECTED);
        }
        let dtype = match self.global(class) {
            Some(("torch" | "torch.storage", "UntypedStorage")) => None,
            Some(("torch", name)) => Some(storage_dtype(name).ok_or("a storage of real numbers of at most 64 bits")?),
            _ => return Err(EXPECTED),
        };
        Ok((dtype, self.text(key).ok_or(EXPECTED)?, self.size(elements).ok_or(EXPECTED)?))
    }

    /// Takes apart a call of a named function.
    fn call(self, id: ValueId) -> Option<(&'c str, &'c str, &'c [ValueId], &'c Object)> {
        let Value::Object(object) = &self.0[id] else { return None };
        let Origin::Reduce { callable, args } = object.origin else { return None };
        let (module, name) = self.global(callable)?;
        Some((module, name, self.sequence(args)?, object))
    }

    /// Returns a named function's arguments and the object, if `id` is a call of `module.name`.
    pub(super) fn call_of(self, id: ValueId, module: &str, name: &str) -> Option<(&'c [ValueId], &'c Object)> {
        let (found_module, found_name, args, object) = self.call(id)?;
        (found_module == module && found_name == name).then_some((args, object))
    }

    pub(super) fn global(self, id: ValueId) -> Option<(&'c str, &'c str)> {
        match &self.0[id] {
            Value::Global { module, name } => Some((module, name)),
            _ => None,
        }
    }

    /// Returns the items of a tuple or a list.
    pub(super) fn sequence(self, id: ValueId) -> Option<&'c [ValueId]> {
        match &self.0[id] {
            Value::Tuple(ids) => Some(ids),
            Value::List(ids) => Some(ids),
            _ => None,
        }
    }

    pub(super) fn text(self, id: ValueId) -> Option<&'c str> {
        match &self.0[id] {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn int(self, id: ValueId) -> Option<i64> {
        match self.0[id] {
            Value::Int(x) => Some(x),
            _ => None,
        }
    }

    pub(super) fn bool(self, id: ValueId) -> Option<bool> {
        match self.0[id] {
            Value::Bool(x) => Some(x),
            Value::Int(x @ (0 | 1)) => Some(x == 1),
            _ => None,
        }
    }

    fn size(self, id: ValueId) -> Option<usize> {
        usize::try_from(self.int(id)?).ok()
    }

    /// Reads a shape or strides: a tuple, or a `torch.Size` of one.
    pub(super) fn sizes(self, id: ValueId) -> Option<Vec<usize>> {
        let id = match self.call_of(id, "torch", "Size") {
            Some((&[inner], _)) => inner,
            _ => id,
        };
        let ids = self.sequence(id)?;
        if ids.len() > MAX_AXES {
            return None;
        }
        ids.iter().map(|&id| self.size(id)).collect()
    }

    /// Reads bytes in any of the forms in which the protocols write them.
    pub(super) fn bytes(self, id: ValueId) -> Option<Cow<'c, [u8]>> {
        match &self.0[id] {
            Value::Bytes(bytes) | Value::ByteArray(bytes) => Some(Cow::Borrowed(bytes)),
            // An 8-bit string of Python 2 that happens to be ASCII.
            Value::Text(text) => Some(Cow::Borrowed(text.as_bytes())),
            _ => {
                let (module, name, args, _) = self.call(id)?;
                let known = matches!((module, name), ("_codecs", "encode") | ("builtins" | "__builtin__", "bytes"));
                if known { self.bytes_of_call(module, args) } else { None }
            }
        }
    }

    /// Reads the arguments of `_codecs.encode(text, 'latin1')` and of `bytes()`.
    fn bytes_of_call(self, module: &str, args: &'c [ValueId]) -> Option<Cow<'c, [u8]>> {
        match args {
            [] => Some(Cow::Borrowed(&[])),
            &[text, codec] if module == "_codecs" && matches!(self.text(codec), Some("latin1" | "latin-1")) => {
                let text = self.text(text)?;
                text.chars().map(|c| u8::try_from(c).ok()).collect::<Option<Vec<u8>>>().map(Cow::Owned)
            }
            &[bytes] => match &self.0[bytes] {
                Value::Bytes(bytes) => Some(Cow::Borrowed(bytes)),
                _ => None,
            },
            _ => None,
        }
    }

    fn dtype(self, id: ValueId) -> Option<DType> {
        match self.global(id)? {
            ("torch", name) => torch_dtype(name)?,
            _ => None,
        }
    }
}

/// Knows the names of torch's types; those that no [`DType`] holds give `Some(None)`.
fn torch_dtype(name: &str) -> Option<Option<DType>> {
    Some(match name {
        "float64" | "double" => Some(DType::F64),
        "float32" | "float" => Some(DType::F32),
        "float16" | "half" => Some(DType::F16),
        "bfloat16" => Some(DType::BF16),
        "int64" | "long" => Some(DType::I64),
        "int32" | "int" => Some(DType::I32),
        "int16" | "short" => Some(DType::I16),
        "int8" => Some(DType::I8),
        "uint32" => Some(DType::U32),
        "uint16" => Some(DType::U16),
        "uint8" => Some(DType::U8),
        "bool" => Some(DType::Bool),
        "uint64" | "complex32" | "complex64" | "complex128" => None,
        _ => return None,
    })
}

fn storage_dtype(name: &str) -> Option<DType> {
    Some(match name {
        "DoubleStorage" => DType::F64,
        "FloatStorage" => DType::F32,
        "HalfStorage" => DType::F16,
        "BFloat16Storage" => DType::BF16,
        "LongStorage" => DType::I64,
        "IntStorage" => DType::I32,
        "ShortStorage" => DType::I16,
        "CharStorage" => DType::I8,
        "ByteStorage" => DType::U8,
        "BoolStorage" => DType::Bool,
        _ => return None,
    })
}
