//! Dense arrays as they stand in files.

/// Holds a dense array in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    data: Data,
}

/// Holds the elements of a [`Tensor`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Data {
    /// 64-bit floats.
    F64(Vec<f64>),
    /// 32-bit floats, and 16-bit ones, which fit exactly.
    F32(Vec<f32>),
    /// 64-bit integers, and unsigned ones of 32 bits.
    I64(Vec<i64>),
    /// 32-bit integers, and shorter ones.
    I32(Vec<i32>),
    /// Bytes.
    U8(Vec<u8>),
    /// Truth values.
    Bool(Vec<bool>),
}

/// Names the type of the elements in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DType {
    /// IEEE 754 binary64.
    F64,
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary16.
    F16,
    /// The upper half of binary32.
    BF16,
    /// Signed, 64 bits.
    I64,
    /// Signed, 32 bits.
    I32,
    /// Signed, 16 bits.
    I16,
    /// Signed, 8 bits.
    I8,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 16 bits.
    U16,
    /// Unsigned, 8 bits.
    U8,
    /// One byte, zero or not.
    Bool,
}

/// Says in which order the bytes of an element stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    Little,
    Big,
}

/// Reports a shape that does not fit the elements.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TensorError {
    /// The shape asks for another number of elements.
    #[error("shape {shape:?} does not fit {found} elements")]
    Length {
        /// The shape.
        shape: Vec<usize>,
        /// The number of elements given.
        found: usize,
    },
}

impl DType {
    /// Returns the size of an element in bytes.
    pub fn size(self) -> usize {
        match self {
            Self::F64 | Self::I64 => 8,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F16 | Self::BF16 | Self::I16 | Self::U16 => 2,
            Self::I8 | Self::U8 | Self::Bool => 1,
        }
    }
}

impl Tensor {
    /// Makes a tensor of elements in row-major order.
    ///
    /// # Errors
    /// [`TensorError::Length`] when the product of `shape` is not the number of elements.
    /// # Examples
    /// ```
    /// use schur_io::{Data, Tensor};
    ///
    /// let tensor = Tensor::new(vec![2, 2], Data::F32(vec![1.0, 2.0, 3.0, 4.0]))?;
    /// assert_eq!(tensor.to_f64(), [1.0, 2.0, 3.0, 4.0]);
    /// assert!(Tensor::new(vec![3], Data::F32(vec![1.0])).is_err());
    /// # Ok::<(), schur_io::TensorError>(())
    /// ```
    pub fn new(shape: Vec<usize>, data: Data) -> Result<Self, TensorError> {
        match element_count(&shape) {
            Some(n) if n == data.len() => Ok(Self { shape, data }),
            _ => Err(TensorError::Length { found: data.len(), shape }),
        }
    }

    /// Returns the extent of each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Returns the elements in row-major order.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// Gives up the tensor for its elements in row-major order.
    pub fn into_data(self) -> Data {
        self.data
    }

    /// Returns the number of elements.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Returns whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the elements as 64-bit floats, truth values as 0 and 1.
    ///
    /// Integers beyond 2^53 are rounded.
    pub fn to_f64(&self) -> Vec<f64> {
        match &self.data {
            Data::F64(x) => x.clone(),
            Data::F32(x) => x.iter().map(|&x| f64::from(x)).collect(),
            Data::I64(x) => x.iter().map(|&x| x as f64).collect(),
            Data::I32(x) => x.iter().map(|&x| f64::from(x)).collect(),
            Data::U8(x) => x.iter().map(|&x| f64::from(x)).collect(),
            Data::Bool(x) => x.iter().map(|&x| f64::from(u8::from(x))).collect(),
        }
    }
}

impl Data {
    /// Returns the number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::F64(x) => x.len(),
            Self::F32(x) => x.len(),
            Self::I64(x) => x.len(),
            Self::I32(x) => x.len(),
            Self::U8(x) => x.len(),
            Self::Bool(x) => x.len(),
        }
    }

    /// Returns whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the type under which the elements are written.
    pub fn dtype(&self) -> DType {
        match self {
            Self::F64(_) => DType::F64,
            Self::F32(_) => DType::F32,
            Self::I64(_) => DType::I64,
            Self::I32(_) => DType::I32,
            Self::U8(_) => DType::U8,
            Self::Bool(_) => DType::Bool,
        }
    }

    /// Decodes whole elements; bytes beyond the last whole one are ignored.
    pub(crate) fn decode(dtype: DType, order: ByteOrder, bytes: &[u8]) -> Self {
        macro_rules! each {
            ($variant:ident, $from:ty, $convert:expr) => {{
                const SIZE: usize = size_of::<$from>();
                let convert = $convert;
                let (elements, _) = bytes.as_chunks::<SIZE>();
                Self::$variant(match order {
                    ByteOrder::Little => elements.iter().map(|&b| convert(<$from>::from_le_bytes(b))).collect(),
                    ByteOrder::Big => elements.iter().map(|&b| convert(<$from>::from_be_bytes(b))).collect(),
                })
            }};
        }
        match dtype {
            DType::F64 => each!(F64, f64, |x| x),
            DType::F32 => each!(F32, f32, |x| x),
            DType::F16 => each!(F32, u16, widen_half),
            DType::BF16 => each!(F32, u16, |x| f32::from_bits(u32::from(x) << 16)),
            DType::I64 => each!(I64, i64, |x| x),
            DType::U32 => each!(I64, u32, i64::from),
            DType::I32 => each!(I32, i32, |x| x),
            DType::I16 => each!(I32, i16, i32::from),
            DType::I8 => each!(I32, i8, i32::from),
            DType::U16 => each!(I32, u16, i32::from),
            DType::U8 => Self::U8(bytes.to_vec()),
            DType::Bool => Self::Bool(bytes.iter().map(|&x| x != 0).collect()),
        }
    }

    /// Appends the elements to `out`, little endian.
    pub(crate) fn encode_into(&self, out: &mut Vec<u8>) {
        match self {
            Self::F64(x) => x.iter().for_each(|x| out.extend(x.to_le_bytes())),
            Self::F32(x) => x.iter().for_each(|x| out.extend(x.to_le_bytes())),
            Self::I64(x) => x.iter().for_each(|x| out.extend(x.to_le_bytes())),
            Self::I32(x) => x.iter().for_each(|x| out.extend(x.to_le_bytes())),
            Self::U8(x) => out.extend(x),
            Self::Bool(x) => out.extend(x.iter().map(|&x| u8::from(x))),
        }
    }
}

/// Returns the product of `shape`, unless it overflows.
pub(crate) fn element_count(shape: &[usize]) -> Option<usize> {
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1usize, |n, &extent| n.checked_mul(extent))
}

/// Returns where the elements of a strided array lie, row-major; endless, so take as many as there are.
pub(crate) fn places<'a>(shape: &'a [usize], strides: &'a [usize]) -> impl Iterator<Item = usize> + 'a {
    let (mut index, mut next) = (vec![0; shape.len()], 0);
    std::iter::from_fn(move || {
        let place = next;
        for axis in (0..shape.len()).rev() {
            if index[axis] + 1 < shape[axis] {
                index[axis] += 1;
                next += strides[axis];
                break;
            }
            next -= strides[axis] * index[axis];
            index[axis] = 0;
        }
        Some(place)
    })
}

/// Widens an IEEE 754 binary16 number exactly.
fn widen_half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from(bits >> 10 & 0x1f);
    let fraction = f32::from(bits & 0x3ff);
    match exponent {
        // 2^-24, the smallest subnormal.
        0 => sign * fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => sign * f32::INFINITY,
        31 => f32::NAN,
        _ => sign * (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::{ByteOrder, DType, Data, Tensor, widen_half};

    /// Values from table 3.5 of IEEE 754 and the format's definition.
    #[test]
    fn half_precision_widens_exactly() {
        let pairs =
            [(0x0001, 5.960_464_5e-8), (0x03ff, 6.097_555e-5), (0x0400, 6.103_515_6e-5), (0x3555, 0.333_251_95)];
        for (bits, value) in pairs {
            assert_eq!(widen_half(bits), value, "{bits:#06x}");
        }
        assert_eq!(widen_half(0xc000), -2.0);
        assert_eq!(widen_half(0x7bff), 65504.0);
        assert_eq!(widen_half(0xfc00), f32::NEG_INFINITY);
        assert!(widen_half(0x7e00).is_nan());
        assert_eq!(widen_half(0x8000).to_bits(), (-0.0f32).to_bits());
    }

    #[test]
    fn byte_order_is_respected() {
        assert_eq!(Data::decode(DType::I32, ByteOrder::Big, &[0, 0, 1, 2]), Data::I32(vec![258]));
        assert_eq!(Data::decode(DType::I16, ByteOrder::Little, &[0xfe, 0xff]), Data::I32(vec![-2]));
        assert_eq!(Data::decode(DType::BF16, ByteOrder::Big, &[0xc0, 0x40]), Data::F32(vec![-3.0]));
    }

    #[test]
    fn an_overflowing_shape_is_refused() {
        let shape = vec![usize::MAX, 2];
        assert!(Tensor::new(shape, Data::U8(vec![])).is_err());
        assert!(Tensor::new(vec![0, usize::MAX, 2], Data::U8(vec![])).is_ok());
    }
}
