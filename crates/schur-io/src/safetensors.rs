//! Our model files: tensors by name with text metadata, in the safetensors format.
//!
//! The file is an 8-byte little-endian length, a JSON header of that length, and the bytes of the tensors. The header
//! is read and written here rather than by the `safetensors` crate, because that one names no tensor in most of its
//! errors and writes metadata in an order that changes from run to run; the tests hold it against that crate both ways.
//!
//! # Source
//! The format's description at <https://github.com/huggingface/safetensors>.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::tensor::{ByteOrder, DType, Data, Tensor, TensorError, element_count};

/// The header's key for the metadata.
const METADATA: &str = "__metadata__";

/// Longest header, as in the reference implementation.
const MAX_HEADER_BYTES: usize = 100_000_000;

/// Bytes of the length in front of the header; the header is padded to a multiple of it.
const LENGTH_BYTES: usize = 8;

/// Holds the content of a model file.
///
/// # Examples
/// ```
/// use schur_io::safetensors::ModelFile;
/// use schur_io::{Data, Tensor};
///
/// let mut model = ModelFile::default();
/// model.metadata.insert("architecture".into(), r#"{"cutoff":5.0}"#.into());
/// model.tensors.insert("embedding".into(), Tensor::new(vec![2], Data::F32(vec![1.0, 2.0]))?);
/// let bytes = model.to_bytes()?;
/// assert_eq!(ModelFile::from_bytes(&bytes)?, model);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelFile {
    /// Text by key, in alphabetical order.
    pub metadata: BTreeMap<String, String>,
    /// Tensors by name, in alphabetical order.
    pub tensors: BTreeMap<String, Tensor>,
}

/// Reports what is wrong with a model file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelFileError {
    /// The file ends within its header.
    #[error("the model file has {found} bytes but its header needs {needed}; is the file complete?")]
    Truncated {
        /// Bytes that the length and the header need.
        needed: u64,
        /// Bytes in the file.
        found: usize,
    },
    /// The header is longer than the format allows.
    #[error("the header has {found} bytes, more than the {limit} of the format; is this a safetensors file?")]
    HeaderTooLong {
        /// Its length.
        found: u64,
        /// The limit.
        limit: usize,
    },
    /// The header is not the JSON it should be.
    #[error("the header of the model file is not JSON: {source}")]
    Json {
        /// Where and why.
        source: serde_json::Error,
    },
    /// The header is JSON of another form.
    #[error("the header of the model file is not an object of tensors and text metadata")]
    NotAnObject,
    /// A metadata value is not text.
    #[error("metadata `{key}` is not text")]
    Metadata {
        /// Its key.
        key: String,
    },
    /// A tensor's entry lacks a member or has one of another type.
    #[error("tensor `{name}`: `{member}` is missing or not {expected}")]
    Entry {
        /// The tensor.
        name: String,
        /// The member of its entry.
        member: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// A tensor has elements of a type that is not read here.
    #[error("tensor `{name}`: elements of type `{found}` are not supported")]
    DType {
        /// The tensor.
        name: String,
        /// Its type.
        found: String,
    },
    /// A tensor's bytes do not fit its shape and type.
    #[error("tensor `{name}`: shape {shape:?} of {dtype:?} does not fit bytes {start} to {end}")]
    Size {
        /// The tensor.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
        /// Its type.
        dtype: DType,
        /// First byte.
        start: usize,
        /// Byte after the last.
        end: usize,
    },
    /// A tensor does not begin where the one before it ends.
    #[error("tensor `{name}` begins at byte {found} of the data, where {expected} was expected")]
    Gap {
        /// The tensor.
        name: String,
        /// Where it begins.
        found: usize,
        /// Where the one before it ends.
        expected: usize,
    },
    /// The tensors end before or after the file does.
    #[error("the tensors take {needed} bytes but the file holds {found}; is the file complete?")]
    DataLength {
        /// Bytes that the tensors take.
        needed: usize,
        /// Bytes after the header.
        found: usize,
    },
    /// A tensor has the name that the format reserves for metadata.
    #[error("a tensor cannot be named `__metadata__`")]
    ReservedName,
    /// A tensor's elements do not fit its shape.
    #[error("tensor `{name}`: {source}")]
    Tensor {
        /// The tensor.
        name: String,
        /// The mismatch.
        source: TensorError,
    },
}

/// A tensor's line of the header.
struct Entry<'a> {
    name: &'a str,
    dtype: DType,
    shape: Vec<usize>,
    start: usize,
    end: usize,
}

impl ModelFile {
    /// Writes the file into memory; the same content gives the same bytes.
    ///
    /// Tensors with wider elements come first, so that each is aligned, and those of one width in alphabetical order.
    ///
    /// # Errors
    /// [`ModelFileError::ReservedName`] and [`ModelFileError::HeaderTooLong`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelFileError> {
        let mut order: Vec<(&String, &Tensor)> = self.tensors.iter().collect();
        order.sort_by_key(|(_, tensor)| std::cmp::Reverse(tensor.data().dtype().size()));
        let mut header = Map::new();
        if !self.metadata.is_empty() {
            header.insert(METADATA.into(), json!(self.metadata));
        }
        let mut end = 0;
        for (name, tensor) in &order {
            if *name == METADATA {
                return Err(ModelFileError::ReservedName);
            }
            let dtype = tensor.data().dtype();
            let start = end;
            end += tensor.len() * dtype.size();
            let entry = json!({ "dtype": dtype_name(dtype), "shape": tensor.shape(), "data_offsets": [start, end] });
            header.insert((*name).clone(), entry);
        }
        let mut text = Value::Object(header).to_string().into_bytes();
        text.resize(text.len().next_multiple_of(LENGTH_BYTES), b' ');
        if text.len() > MAX_HEADER_BYTES {
            return Err(ModelFileError::HeaderTooLong { found: text.len() as u64, limit: MAX_HEADER_BYTES });
        }
        let mut out = Vec::with_capacity(LENGTH_BYTES + text.len() + end);
        out.extend((text.len() as u64).to_le_bytes());
        out.extend(text);
        order.iter().for_each(|(_, tensor)| tensor.data().encode_into(&mut out));
        Ok(out)
    }

    /// Reads a file from memory.
    ///
    /// 16-bit floats become 32-bit ones and short integers 32-bit ones, exactly.
    ///
    /// # Errors
    /// [`ModelFileError`] naming the tensor or the metadata key at fault when the header is malformed, a tensor does
    /// not fit its bytes, or the tensors do not fill the file without gaps.
    /// # Cost
    /// O(length of `bytes`); nothing is allocated on the word of the header alone.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelFileError> {
        let (header, data) = split(bytes)?;
        let header: Value = serde_json::from_slice(header).map_err(|source| ModelFileError::Json { source })?;
        let Value::Object(header) = header else { return Err(ModelFileError::NotAnObject) };
        let mut model = Self::default();
        let mut entries = Vec::with_capacity(header.len());
        for (name, value) in &header {
            if name == METADATA {
                model.metadata = read_metadata(value)?;
            } else {
                entries.push(read_entry(name, value)?);
            }
        }
        entries.sort_by_key(|entry| (entry.start, entry.end));
        check_cover(&entries, data.len())?;
        for entry in entries {
            let elements = Data::decode(entry.dtype, ByteOrder::Little, &data[entry.start..entry.end]);
            let tensor = Tensor::new(entry.shape, elements)
                .map_err(|source| ModelFileError::Tensor { name: entry.name.to_owned(), source })?;
            model.tensors.insert(entry.name.to_owned(), tensor);
        }
        Ok(model)
    }
}

/// Splits a file into its header and its data.
fn split(bytes: &[u8]) -> Result<(&[u8], &[u8]), ModelFileError> {
    let Some((length, rest)) = bytes.split_first_chunk::<LENGTH_BYTES>() else {
        return Err(ModelFileError::Truncated { needed: LENGTH_BYTES as u64, found: bytes.len() });
    };
    let length = u64::from_le_bytes(*length);
    if length > MAX_HEADER_BYTES as u64 {
        return Err(ModelFileError::HeaderTooLong { found: length, limit: MAX_HEADER_BYTES });
    }
    rest.split_at_checked(length as usize)
        .ok_or(ModelFileError::Truncated { needed: LENGTH_BYTES as u64 + length, found: bytes.len() })
}

fn read_metadata(value: &Value) -> Result<BTreeMap<String, String>, ModelFileError> {
    let Value::Object(members) = value else { return Err(ModelFileError::NotAnObject) };
    let text = |(key, value): (&String, &Value)| match value {
        Value::String(text) => Ok((key.clone(), text.clone())),
        _ => Err(ModelFileError::Metadata { key: key.clone() }),
    };
    members.iter().map(text).collect()
}

fn read_entry<'a>(name: &'a str, value: &Value) -> Result<Entry<'a>, ModelFileError> {
    let wrong = |member, expected| ModelFileError::Entry { name: name.to_owned(), member, expected };
    let text = value["dtype"].as_str().ok_or_else(|| wrong("dtype", "text"))?;
    let dtype =
        dtype_named(text).ok_or_else(|| ModelFileError::DType { name: name.to_owned(), found: text.to_owned() })?;
    let shape = sizes(&value["shape"]).ok_or_else(|| wrong("shape", "a list of sizes"))?;
    let offsets = sizes(&value["data_offsets"]).ok_or_else(|| wrong("data_offsets", "a pair of offsets"))?;
    let [start, end] = offsets[..] else { return Err(wrong("data_offsets", "a pair of offsets")) };
    let needed = element_count(&shape).and_then(|n| n.checked_mul(dtype.size()));
    if needed.is_none() || end.checked_sub(start) != needed {
        return Err(ModelFileError::Size { name: name.to_owned(), shape, dtype, start, end });
    }
    Ok(Entry { name, dtype, shape, start, end })
}

fn sizes(value: &Value) -> Option<Vec<usize>> {
    value.as_array()?.iter().map(|size| usize::try_from(size.as_u64()?).ok()).collect()
}

/// Checks that sorted entries fill `length` bytes without gaps or overlaps.
fn check_cover(entries: &[Entry], length: usize) -> Result<(), ModelFileError> {
    let mut expected = 0;
    for entry in entries {
        if entry.start != expected {
            return Err(ModelFileError::Gap { name: entry.name.to_owned(), found: entry.start, expected });
        }
        expected = entry.end;
    }
    if expected != length {
        return Err(ModelFileError::DataLength { needed: expected, found: length });
    }
    Ok(())
}

/// The types under their names in the format.
const DTYPES: [(DType, &str); 12] = [
    (DType::F64, "F64"),
    (DType::F32, "F32"),
    (DType::F16, "F16"),
    (DType::BF16, "BF16"),
    (DType::I64, "I64"),
    (DType::I32, "I32"),
    (DType::I16, "I16"),
    (DType::I8, "I8"),
    (DType::U32, "U32"),
    (DType::U16, "U16"),
    (DType::U8, "U8"),
    (DType::Bool, "BOOL"),
];

fn dtype_named(name: &str) -> Option<DType> {
    DTYPES.iter().find(|(_, known)| *known == name).map(|(dtype, _)| *dtype)
}

fn dtype_name(dtype: DType) -> &'static str {
    DTYPES.iter().find(|(known, _)| *known == dtype).map_or("", |(_, name)| name)
}
