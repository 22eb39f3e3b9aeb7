//! Products of matrices of any strides, and those that decompositions are made of.

use schur_tensor::product::{Mode, Product, Strided};
use schur_tensor::semiring::Semiring;
use schur_tensor::{Tensor, View};

use crate::{DecompError, Scalar};

/// Multiplies two matrices of any strides.
///
/// # Shapes
/// `left: [m, k]`, `right: [k, n]` -> `[m, n]`.
/// # Errors
/// [`DecompError::Mismatch`] if they do not fit.
/// # Cost
/// `2 m n k` operations in the threads of the current pool; no copy of either.
/// # Examples
/// ```
/// use schur_decomp::matrix::multiply;
/// use schur_tensor::Tensor;
///
/// let a = Tensor::new(&[2, 2], vec![1.0, 2.0, 3.0, 4.0])?;
/// let product = multiply(&a.view(), &a.view().permuted(&[1, 0])?)?;
/// assert_eq!(product.data(), [5.0, 11.0, 11.0, 25.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn multiply<T: Scalar>(left: &View<'_, T>, right: &View<'_, T>) -> Result<Tensor<T>, DecompError> {
    let (m, n) = (left.shape().first().copied().unwrap_or(1), right.shape().last().copied().unwrap_or(1));
    let mut result = Tensor::filled(&[m, n], <T as schur_tensor::Real>::ZERO)?;
    multiply_into(left, right, result.data_mut(), Mode::Overwrite)?;
    Ok(result)
}

/// Multiplies two matrices into row-major memory, or adds to what is there.
///
/// # Shapes
/// `left: [m, k]`, `right: [k, n]`, `result: [m, n]`.
/// # Errors
/// [`DecompError::Mismatch`] if they do not fit.
pub fn multiply_into<T: Scalar>(
    left: &View<'_, T>,
    right: &View<'_, T>,
    result: &mut [T],
    mode: Mode,
) -> Result<(), DecompError> {
    let mismatch = |what: &str, expected: &[usize], found: &[usize]| DecompError::Mismatch {
        what: what.to_owned(),
        expected: expected.to_vec(),
        found: found.to_vec(),
    };
    let &[m, k] = left.shape() else { return Err(mismatch("a left factor", &[0, 0], left.shape())) };
    let &[rows, n] = right.shape() else { return Err(mismatch("a right factor", &[k, 0], right.shape())) };
    if rows != k {
        return Err(mismatch("a right factor", &[k, n], right.shape()));
    }
    if result.len() != m * n {
        return Err(mismatch("a product", &[m * n], &[result.len()]));
    }
    let (&[lm, lk], &[rk, rn]) = (left.strides(), right.strides()) else {
        return Err(mismatch("the strides of a matrix", &[2], &[left.strides().len()]));
    };
    let product = Product {
        batch: Vec::new(),
        rows: vec![Strided { size: m, strides: [lm, n.cast_signed()] }],
        columns: vec![Strided { size: n, strides: [rn, 1] }],
        inner: vec![Strided { size: k, strides: [lk, rk] }],
    };
    let operands = [&left.data()[left.offset()..], &right.data()[right.offset()..]];
    Ok(T::arithmetic().product(&product, operands, result, mode, &mut Vec::new())?)
}

/// The Gram matrix `factor^T factor`, in f64.
///
/// # Shapes
/// `factor: [rows, rank]` -> `[rank, rank]`.
/// # Errors
/// [`DecompError::Shape`] if it cannot be held.
/// # Cost
/// `rows * rank^2` operations; `f32` is copied to f64.
pub fn gram<T: Scalar>(factor: &Tensor<T>) -> Result<Tensor<f64>, DecompError> {
    let rank = factor.shape().last().copied().unwrap_or(1);
    let sizes = [factor.data().len() / rank.max(1), rank, 1];
    if size_of::<T>() == size_of::<f64>() {
        return crate::gram::gram(factor.data(), sizes);
    }
    let wide: Vec<f64> = factor.data().iter().map(|x| x.to_f64()).collect();
    crate::gram::gram(&wide, sizes)
}

/// The column-wise Kronecker product of matrices with equal numbers of columns; the last one's rows run fastest.
///
/// # Shapes
/// `factors: [I_1, rank], ..., [I_n, rank]` -> `[I_1 * ... * I_n, rank]`.
/// # Errors
/// [`DecompError::Mismatch`] if a number of columns is another, [`DecompError::Shape`] if it cannot be held.
pub fn khatri_rao<T: Scalar>(factors: &[&Tensor<T>], rank: usize) -> Result<Tensor<T>, DecompError> {
    let mut rows = vec![<T as schur_tensor::Real>::ONE; rank];
    for factor in factors {
        if factor.shape().len() != 2 || factor.shape()[1] != rank {
            let (expected, found) = (vec![factor.shape()[0], rank], factor.shape().to_vec());
            return Err(DecompError::Mismatch { what: "a factor".to_owned(), expected, found });
        }
        let mut next = Vec::with_capacity(schur_tensor::element_count(&[rows.len(), factor.shape()[0]])?);
        for left in rows.chunks_exact(rank.max(1)) {
            for right in factor.data().chunks_exact(rank.max(1)) {
                next.extend(left.iter().zip(right).map(|(&a, &b)| a * b));
            }
        }
        rows = next;
    }
    Ok(Tensor::new(&[rows.len() / rank.max(1), rank], rows)?)
}
