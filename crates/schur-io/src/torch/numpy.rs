//! Arrays and scalars of numpy inside a pickle.

use std::borrow::Cow;

use super::meaning::{Meaning, Reader};
use super::strided::Layout;
use crate::pickle::{Object, ValueId};
use crate::tensor::{ByteOrder, DType, Data};

/// Recognises `_reconstruct`, `_frombuffer` and `scalar`; `None` for other functions and element types.
pub(super) fn meaning<'c>(
    reader: Reader<'c>,
    function: &str,
    args: &'c [ValueId],
    object: &'c Object,
) -> Result<Option<Meaning<'c>>, &'static str> {
    match function {
        "_reconstruct" => reconstructed(reader, object),
        "_frombuffer" => from_buffer(reader, args),
        "scalar" => scalar(reader, args),
        _ => Ok(None),
    }
}

/// Reads the state `(version, shape, dtype, is Fortran order, bytes)` of an array.
fn reconstructed<'c>(reader: Reader<'c>, object: &'c Object) -> Result<Option<Meaning<'c>>, &'static str> {
    const EXPECTED: &str = "an array with state (version, shape, dtype, order, bytes)";
    let state = object.states.last().and_then(|&state| reader.sequence(state)).ok_or(EXPECTED)?;
    let &[_, shape, dtype, fortran, data] = state else { return Err(EXPECTED) };
    let Some((dtype, order)) = element_type(reader, dtype)? else { return Ok(None) };
    let fortran = reader.bool(fortran).ok_or(EXPECTED)?;
    array(reader, shape, dtype, order, fortran, reader.bytes(data).ok_or(EXPECTED)?).map(Some)
}

/// Reads the arguments `(bytes, dtype, shape, 'C' or 'F')` that protocol 5 gives an array.
fn from_buffer<'c>(reader: Reader<'c>, args: &'c [ValueId]) -> Result<Option<Meaning<'c>>, &'static str> {
    const EXPECTED: &str = "an array of (bytes, dtype, shape, order)";
    let &[data, dtype, shape, layout] = args else { return Err(EXPECTED) };
    let Some((dtype, order)) = element_type(reader, dtype)? else { return Ok(None) };
    let fortran = match reader.text(layout) {
        Some("C") => false,
        Some("F") => true,
        _ => return Err(EXPECTED),
    };
    array(reader, shape, dtype, order, fortran, reader.bytes(data).ok_or(EXPECTED)?).map(Some)
}

fn array<'c>(
    reader: Reader<'c>,
    shape: ValueId,
    dtype: DType,
    order: ByteOrder,
    fortran: bool,
    data: Cow<'c, [u8]>,
) -> Result<Meaning<'c>, &'static str> {
    let shape = reader.sizes(shape).ok_or("a shape of at most 64 sizes")?;
    Ok(Meaning::Array(Layout::contiguous(dtype, shape, fortran), order, data))
}

/// Reads `scalar(dtype, bytes)` as the number that it is.
fn scalar<'c>(reader: Reader<'c>, args: &'c [ValueId]) -> Result<Option<Meaning<'c>>, &'static str> {
    const EXPECTED: &str = "a scalar of (dtype, bytes)";
    let &[dtype, data] = args else { return Err(EXPECTED) };
    let Some((dtype, order)) = element_type(reader, dtype)? else { return Ok(None) };
    let data = reader.bytes(data).filter(|data| data.len() == dtype.size()).ok_or(EXPECTED)?;
    Ok(Some(match Data::decode(dtype, order, &data) {
        Data::F64(x) => Meaning::Float(x[0]),
        Data::F32(x) => Meaning::Float(x[0].into()),
        Data::I64(x) => Meaning::Int(x[0]),
        Data::I32(x) => Meaning::Int(x[0].into()),
        Data::U8(x) => Meaning::Int(x[0].into()),
        Data::Bool(x) => Meaning::Bool(x[0]),
    }))
}

/// Reads `dtype('f8', ...)` with state `(version, byte order, ...)`; `None` for types other than plain numbers.
fn element_type(reader: Reader<'_>, id: ValueId) -> Result<Option<(DType, ByteOrder)>, &'static str> {
    const EXPECTED: &str = "a numpy dtype";
    let (args, object) = reader.call_of(id, "numpy", "dtype").ok_or(EXPECTED)?;
    let code = args.first().and_then(|&code| reader.text(code)).ok_or(EXPECTED)?;
    let state = object.states.last().and_then(|&state| reader.sequence(state));
    let order = match state.and_then(|state| reader.text(*state.get(1)?)) {
        Some(">") => ByteOrder::Big,
        Some("<" | "|" | "=") | None => ByteOrder::Little,
        Some(_) => return Err(EXPECTED),
    };
    let dtype = match code {
        "f8" => DType::F64,
        "f4" => DType::F32,
        "f2" => DType::F16,
        "i8" => DType::I64,
        "i4" => DType::I32,
        "i2" => DType::I16,
        "i1" => DType::I8,
        "u4" => DType::U32,
        "u2" => DType::U16,
        "u1" => DType::U8,
        "b1" => DType::Bool,
        _ => return Ok(None),
    };
    Ok(Some((dtype, order)))
}
