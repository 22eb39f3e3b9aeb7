//! The t-SVD: singular values of every face, put together again.

use rayon::prelude::*;
use schur_linalg::{ComplexSingularValues, complex_svd};
use schur_tensor::Tensor;
use schur_tensor::pulp::num_complex::Complex;

use super::faces::{Faces, check_tubes, frequencies, share};
use super::product::{t_product, t_transpose};
use crate::fit::End;
use crate::{DecompError, Fit, Scalar, check};

/// A tensor of tubes as `u * s * v^T` with orthogonal `u` and `v`, and `s` zero but for tubes on its diagonal.
#[derive(Debug, Clone, PartialEq)]
pub struct TubalSvd<T> {
    /// `[m, rank, n]`.
    pub u: Tensor<T>,
    /// The singular tubes: `[rank, n]`.
    pub s: Tensor<T>,
    /// `[k, rank, n]`.
    pub v: Tensor<T>,
}

impl<T: Scalar> TubalSvd<T> {
    /// The number of singular tubes.
    pub fn rank(&self) -> usize {
        self.s.shape()[0]
    }

    /// Multiplies it out.
    ///
    /// # Errors
    /// [`DecompError::Mismatch`] if the parts have been changed so that they do not fit.
    pub fn to_tensor(&self) -> Result<Tensor<T>, DecompError> {
        let (rank, tube) = (self.rank(), self.s.shape()[1]);
        let middle = Tensor::from_fn(&[rank, rank, tube], |i| {
            if i[0] == i[1] { self.s.data()[i[0] * tube + i[2]] } else { <T as schur_tensor::Real>::ZERO }
        })?;
        t_product(&t_product(&self.u, &middle)?, &t_transpose(&self.v)?)
    }
}

/// Decomposes a tensor of tubes, and keeps so many singular tubes: no tensor of that tubal rank is nearer to it.
///
/// # Shapes
/// `tensor: [m, k, n]`.
/// # Errors
/// [`DecompError::Rank`] for a rank above the shorter of `m` and `k`, and as for all methods, bad tensors.
/// # Cost
/// Singular values of `n / 2 + 1` complex matrices of `m` by `k`, side by side.
/// # Source
/// M. Kilmer, K. Braman, N. Hao and R. Hoover, *Third-order tensors as operators on matrices*, 2013.
/// # Examples
/// ```
/// use schur_decomp::tubal::t_svd;
/// use schur_tensor::Tensor;
///
/// let tensor = Tensor::from_fn(&[4, 5, 6], |i| ((i[0] + i[1] + i[2]) as f64).sin())?;
/// let (parts, fit) = t_svd(&tensor, 2)?;
/// assert_eq!(parts.u.shape(), [4, 2, 6]);
/// assert!(fit.relative_error < 1e-12, "a sine of a sum has rank two");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn t_svd<T: Scalar>(tensor: &Tensor<T>, rank: usize) -> Result<(TubalSvd<T>, Fit), DecompError> {
    let [rows, columns, tube] = check_tubes("the t-SVD", tensor)?;
    let norm_squared = check::dense("the t-SVD", 3, tensor)?;
    let most = rows.min(columns);
    if rank == 0 || rank > most {
        return Err(DecompError::Rank { what: "a tensor of tubes".to_owned(), rank, most });
    }
    let faces = Faces::new(tensor)?;
    let found = decompose(&faces)?;
    let (mut u, mut v) = (Faces::zeros(rows, rank, tube), Faces::zeros(columns, rank, tube));
    let mut s = Faces::zeros(rank, 1, tube);
    let mut lost = 0.0;
    for (frequency, face) in found.iter().enumerate() {
        let cut = |from: &Tensor<Complex<f64>>, to: &mut [Complex<f64>]| {
            to.chunks_exact_mut(rank)
                .zip(from.data().chunks_exact(most))
                .for_each(|(to, from)| to.copy_from_slice(&from[..rank]));
        };
        cut(&face.u, u.face_mut(frequency));
        cut(&face.v, v.face_mut(frequency));
        s.face_mut(frequency).iter_mut().zip(&face.s).for_each(|(to, &value)| *to = Complex::new(value, 0.0));
        let tail: f64 = face.s[rank..].iter().map(|value| value * value).sum();
        lost += share(frequency, tube) / tube as f64 * tail;
    }
    let bytes = 16 * (faces.data.len() + u.data.len() + v.data.len() + 2 * s.data.len()) as u64;
    let s = Tensor::new(&[rank, tube], s.to_tensor()?.into_data())?;
    let form: TubalSvd<T> = TubalSvd { u: u.to_tensor()?, s, v: v.to_tensor()? };
    // Below this the sum of squares is rounding: then the parts are multiplied out.
    let mut relative_error = (lost / norm_squared).sqrt();
    if relative_error < 1e-7 {
        let full = form.to_tensor()?;
        let squares = full.data().iter().zip(tensor.data()).map(|(a, b)| (*a - *b).to_f64().powi(2));
        relative_error = (squares.sum::<f64>() / norm_squared).sqrt();
    }
    let (history, warnings) = (Vec::new(), Vec::new());
    Ok((form, Fit { relative_error, history, iterations: 0, end: End::Direct, warnings, workspace_bytes: bytes }))
}

/// The singular values of each face; those of real faces have real vectors.
pub(super) fn decompose(faces: &Faces) -> Result<Vec<ComplexSingularValues>, DecompError> {
    let face = |frequency: usize| -> Result<ComplexSingularValues, DecompError> {
        let face = Tensor::new(&[faces.rows, faces.columns], faces.face(frequency).to_vec())?;
        let is_real = share(frequency, faces.tube) == 1.0;
        if !is_real {
            return Ok(complex_svd(&face)?);
        }
        // A complex routine is free to turn these by any phase, and then there is no real tensor with this face.
        let real = Tensor::new(face.shape(), face.data().iter().map(|entry| entry.re).collect())?;
        let found = schur_linalg::svd(&real)?;
        let complex =
            |real: &Tensor<f64>| Tensor::new(real.shape(), real.data().iter().map(|&x| Complex::new(x, 0.0)).collect());
        Ok(ComplexSingularValues { u: complex(&found.u)?, s: found.s, v: complex(&found.v)? })
    };
    (0..frequencies(faces.tube)).into_par_iter().map(face).collect()
}
