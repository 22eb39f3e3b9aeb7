//! Products along one mode of a tensor, as it lies: nothing is unfolded.

mod sketch;
mod spectrum;
mod truncate;

use rayon::prelude::*;
use schur_linalg::Triangle;
use schur_tensor::product::{Mode, Product, Strided};
use schur_tensor::semiring::Semiring;
use schur_tensor::{Tensor, View, element_count};

pub use spectrum::spectrum_squared;
pub(crate) use truncate::{Cut, decompose, of_gram, truncate};
pub use truncate::{Means, Sketch};

use crate::broad::Broad;
use crate::skinny::Skinny;
use crate::{DecompError, Scalar};

/// Up to so many columns a matrix is multiplied where it lies, without packing.
const FEW_COLUMNS: usize = 64;

/// Independent triangles of one tall matrix, joined in order, whatever the number of threads.
const TRIANGLES: usize = 16;

/// Rows in a piece of a tall matrix, as a multiple of its columns, and at least.
const PIECE_ROWS: (usize, usize) = (4, 256);

/// A tensor around one of its modes: what is before, the mode, what is behind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around<'a, T> {
    /// Row-major elements.
    pub data: &'a [T],
    /// Sizes before, of and behind the mode; their product is the number of elements.
    pub sizes: [usize; 3],
}

impl<'a, T: Scalar> Around<'a, T> {
    /// Sees a tensor around a mode that it has.
    pub fn new(tensor: &'a Tensor<T>, mode: usize) -> Self {
        Self { data: tensor.data(), sizes: around(tensor.shape(), mode) }
    }

    /// Sees a tensor as a matrix of this many columns, around them.
    pub fn columns(tensor: &'a Tensor<T>, columns: usize) -> Self {
        Self { data: tensor.data(), sizes: [tensor.data().len() / columns.max(1), columns, 1] }
    }

    /// Multiplies the mode by a matrix `[n, r]`: `[before, r, behind]`.
    pub fn times(&self, matrix: &View<'_, T>) -> Result<Vec<T>, DecompError> {
        let [before, size, behind] = self.sizes;
        let columns = matrix.shape()[1];
        let mut result = vec![<T as schur_tensor::Real>::ZERO; element_count(&[before, columns, behind])?];
        let (rows, inner) = ([(1, 1), (before, size)], [(1, 1), (size, 1)]);
        if behind == 1 && columns <= FEW_COLUMNS && Skinny::<T>::is_fit(columns, rows, inner) {
            let right = matrix.to_tensor();
            Skinny { data: self.data, rows, inner, right: right.data(), rank: columns, add: false }.run(&mut result);
            return Ok(result);
        }
        if columns <= FEW_COLUMNS && Broad::<T>::is_fit(behind) {
            let matrix = matrix.to_tensor();
            Broad { data: self.data, sizes: self.sizes, matrix: matrix.data(), rank: columns }.run(&mut result);
            return Ok(result);
        }
        let along = |size, strides: [isize; 2]| (size != 1).then_some(Strided { size, strides });
        let rows = [axis(before, [size * behind, columns * behind]), axis(behind, [1, 1])];
        let product = Product {
            batch: Vec::new(),
            rows: rows.into_iter().flatten().collect(),
            columns: along(columns, [matrix.strides()[1], behind.cast_signed()]).into_iter().collect(),
            inner: along(size, [behind.cast_signed(), matrix.strides()[0]]).into_iter().collect(),
        };
        let operands = [self.data, &matrix.data()[matrix.offset()..]];
        T::arithmetic().product(&product, operands, &mut result, Mode::Overwrite, &mut Vec::new())?;
        Ok(result)
    }

    /// The Gram matrix of the mode, as [`mode_gram`] says.
    pub fn gram(&self) -> Result<Tensor<f64>, DecompError> {
        crate::gram::gram(self.data, self.sizes)
    }

    /// The triangle of the transposed unfolding of the mode, as [`mode_triangle`] says.
    pub fn triangle(&self) -> Result<Tensor<f64>, DecompError> {
        let [before, n, behind] = self.sizes;
        let rows = before * behind;
        let piece = (PIECE_ROWS.0 * n).max(PIECE_ROWS.1);
        let part = rows.div_ceil(TRIANGLES).next_multiple_of(piece).max(1);
        let triangle = |number: usize| {
            let mut triangle = Triangle::new(n);
            let end = rows.min((number + 1) * part);
            for from in (number * part..end).step_by(piece) {
                triangle.push(piece.min(end - from), |row, i| {
                    let row = from + row;
                    self.data[(row / behind * n + i) * behind + row % behind].to_f64()
                });
            }
            triangle
        };
        let parts: Vec<Triangle> = (0..rows.div_ceil(part)).into_par_iter().map(triangle).collect();
        let mut whole = Triangle::new(n);
        parts.iter().for_each(|part| whole.join(part));
        Ok(whole.to_tensor()?)
    }
}

/// A shape around one of its modes: what is before, the mode, what is behind.
pub(crate) fn around(shape: &[usize], mode: usize) -> [usize; 3] {
    [shape[..mode].iter().product(), shape[mode], shape[mode + 1..].iter().product()]
}

fn axis<const N: usize>(size: usize, strides: [usize; N]) -> Option<Strided<N>> {
    (size != 1).then(|| Strided { size, strides: strides.map(usize::cast_signed) })
}

/// Multiplies a tensor by a matrix along one mode: index `i` of the mode becomes `j`, summed with `matrix[i, j]`.
///
/// # Shapes
/// `tensor: [.., n, ..]`, `matrix: [n, r]`, any strides -> `[.., r, ..]`.
/// # Errors
/// [`DecompError::Mismatch`] if the matrix does not fit the mode.
/// # Cost
/// `2 r` operations an element of the tensor, in the threads of the current pool; no copy.
/// # Examples
/// ```
/// use schur_decomp::modes::mode_product;
/// use schur_tensor::Tensor;
///
/// let tensor = Tensor::new(&[2, 2], vec![1.0, 2.0, 3.0, 4.0])?;
/// let sums = Tensor::new(&[2, 1], vec![1.0, 1.0])?;
/// assert_eq!(mode_product(&tensor, 0, &sums.view())?.data(), [4.0, 6.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn mode_product<T: Scalar>(
    tensor: &Tensor<T>,
    mode: usize,
    matrix: &View<'_, T>,
) -> Result<Tensor<T>, DecompError> {
    let size = tensor.shape().get(mode).copied();
    if matrix.shape().len() != 2 || size != Some(matrix.shape()[0]) {
        let what = format!("the matrix for mode {mode}");
        let (expected, found) = (size.map_or(vec![], |size| vec![size, 0]), matrix.shape().to_vec());
        return Err(DecompError::Mismatch { what, expected, found });
    }
    let mut shape = tensor.shape().to_vec();
    shape[mode] = matrix.shape()[1];
    Ok(Tensor::new(&shape, Around::new(tensor, mode).times(matrix)?)?)
}

/// Multiplies two tensors, of one shape but for one mode, over all other modes.
///
/// # Shapes
/// `left: [.., n, ..]`, `right: [.., m, ..]` -> `[n, m]`.
pub(crate) fn mode_inner<T: Scalar>(
    left: &Tensor<T>,
    right: &Tensor<T>,
    mode: usize,
) -> Result<Tensor<T>, DecompError> {
    let ([before, n, behind], [_, m, _]) = (around(left.shape(), mode), around(right.shape(), mode));
    let mut result = Tensor::filled(&[n, m], <T as schur_tensor::Real>::ZERO)?;
    let product = Product {
        batch: Vec::new(),
        rows: axis(n, [behind, m]).into_iter().collect(),
        columns: axis(m, [behind, 1]).into_iter().collect(),
        inner: [axis(before, [n * behind, m * behind]), axis(behind, [1, 1])].into_iter().flatten().collect(),
    };
    let operands = [left.data(), right.data()];
    T::arithmetic().product(&product, operands, result.data_mut(), Mode::Overwrite, &mut Vec::new())?;
    Ok(result)
}

/// The Gram matrix of a mode: inner products of all pairs of its slices.
///
/// Half of it is computed. Blocks of 128 terms are multiplied and summed in the tensor's own precision, and their sums
/// added up in f64.
///
/// # Shapes
/// `tensor: [.., n, ..]` -> `[n, n]`.
/// # Errors
/// [`DecompError::Order`] if there is no such mode, [`DecompError::Shape`] if the matrix cannot be held.
/// # Cost
/// About `n` operations an element; no copy of the tensor. Sums take an eighth of its memory at most, a few percent
/// where a mode is short beside all others.
pub fn mode_gram<T: Scalar>(tensor: &Tensor<T>, mode: usize) -> Result<Tensor<f64>, DecompError> {
    if mode >= tensor.shape().len() {
        let shape = tensor.shape().to_vec();
        return Err(DecompError::Order { method: "the Gram matrix of a mode", least: mode + 1, shape });
    }
    Around::new(tensor, mode).gram()
}

/// The triangle of the transposed unfolding of a mode: `R^T R` is the Gram matrix, without the squares.
///
/// # Shapes
/// `tensor: [.., n, ..]` -> `[at most n, n]`, in f64.
/// # Errors
/// [`DecompError::Order`] if there is no such mode, [`DecompError::Shape`] if the matrix cannot be held.
/// # Cost
/// About `2 n` operations an element; copies of pieces only.
pub fn mode_triangle<T: Scalar>(tensor: &Tensor<T>, mode: usize) -> Result<Tensor<f64>, DecompError> {
    if mode >= tensor.shape().len() {
        let shape = tensor.shape().to_vec();
        return Err(DecompError::Order { method: "the triangle of a mode", least: mode + 1, shape });
    }
    Around::new(tensor, mode).triangle()
}

/// A tensor in f64.
pub(crate) fn widened<T: Scalar>(tensor: &Tensor<T>) -> Result<Tensor<f64>, DecompError> {
    Ok(Tensor::new(tensor.shape(), tensor.data().iter().map(|x| x.to_f64()).collect())?)
}

/// A tensor in the precision of the data.
pub(crate) fn rounded<T: Scalar>(tensor: &Tensor<f64>) -> Result<Tensor<T>, DecompError> {
    Ok(Tensor::new(tensor.shape(), tensor.data().iter().map(|&x| T::from_f64(x)).collect())?)
}

/// The same elements in another shape.
pub(crate) fn reshaped<T>(tensor: Tensor<T>, shape: &[usize]) -> Result<Tensor<T>, DecompError> {
    Ok(Tensor::new(shape, tensor.into_data())?)
}
