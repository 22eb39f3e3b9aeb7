//! Tensors of tubes with gaps: the one of least tubal nuclear norm that agrees with what is known.

use schur_tensor::pulp::num_complex::Complex;
use schur_tensor::{Real, Tensor};

use super::faces::{Faces, check_tubes, frequencies};
use super::singular::decompose;
use crate::fit::{Course, Observer, Stopping};
use crate::{DecompError, Fit, Scalar, check};

/// How gaps are filled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CompleteOptions {
    /// When it ends; the error of this method is how far the tensor of low rank is from what is known.
    pub stopping: Stopping,
    /// What the penalty begins with, over the largest singular value of the data.
    pub penalty: f64,
    /// What it is multiplied with in each iteration.
    pub growth: f64,
}

impl Default for CompleteOptions {
    fn default() -> Self {
        Self { stopping: Stopping { iterations: 500, tolerance: 1e-10 }, penalty: 1.0, growth: 1.02 }
    }
}

/// Fills the gaps of a tensor of tubes.
///
/// Minimises the sum of the singular values of all faces ("tubal nuclear norm"), subject to what is known, by alternating
/// directions. The result has what is known as it was; [`Fit::relative_error`] says how far from it the iterate of low
/// rank still is.
///
/// # Shapes
/// `tensor: [m, k, n]`, `known` an element for each of its elements, row-major. Unknown elements are not read.
/// # Errors
/// [`DecompError::Count`] for another number of marks, [`DecompError::EmptySlice`] for a row or column of tubes of which
/// nothing is known, and as for all methods, bad tensors and options.
/// # Cost
/// A t-SVD an iteration.
/// # Source
/// Z. Zhang, G. Ely, S. Aeron, N. Hao and M. Kilmer, *Novel methods for multilinear data completion and de-noising based
/// on tensor-SVD*, 2014.
pub fn complete<T: Scalar>(
    tensor: &Tensor<T>,
    known: &[bool],
    options: &CompleteOptions,
    observer: Observer<'_>,
) -> Result<(Tensor<T>, Fit), DecompError> {
    let [rows, columns, tube] = check_tubes("completion", tensor)?;
    check_options(options)?;
    let count = tensor.data().len();
    if known.len() != count {
        return Err(DecompError::Count { what: "marks of known elements", expected: count, found: known.len() });
    }
    check_slices(known, [rows, columns, tube])?;
    let pairs = tensor.data().iter().zip(known);
    let data = pairs.map(|(&value, &known)| if known { value.to_f64() } else { 0.0 }).collect();
    let data: Tensor<f64> = Tensor::new(tensor.shape(), data)?;
    let norm_squared = check::dense("completion", 3, &data)?;
    let largest = decompose(&Faces::new(&data)?)?.iter().map(|face| face.s[0]).fold(0.0, f64::max);
    let mut penalty = options.penalty / largest;
    // `full` agrees with the data, `low` has few singular values, `drift` is what holds them together.
    let (mut full, mut drift) = (data.clone(), vec![0.0; count]);
    let mut course = Course::new(options.stopping);
    let (end, relative_error) = loop {
        let shifted = full.data().iter().zip(&drift).map(|(full, drift)| full + drift).collect();
        let low = shrunk(&Tensor::new(tensor.shape(), shifted)?, 1.0 / penalty)?;
        let mut squares = 0.0;
        let places = low.data().iter().zip(data.data()).zip(known);
        for (((low, data), &known), (full, drift)) in places.zip(full.data_mut().iter_mut().zip(&mut drift)) {
            *full = if known { *data } else { low - *drift };
            *drift += *full - low;
            squares += if known { (low - data) * (low - data) } else { 0.0 };
        }
        drift.iter_mut().for_each(|drift| *drift /= options.growth);
        penalty *= options.growth;
        let error = (squares / norm_squared).sqrt();
        if !error.is_finite() {
            return Err(DecompError::Diverged { method: "completion", iteration: course.iterations() + 1 });
        }
        if let Some(end) = course.step(error, observer) {
            break (end, error);
        }
    };
    let mut result = full.data().iter().zip(tensor.data()).zip(known).map(
        |((&full, &data), &known)| {
            if known { data } else { T::from_f64(full) }
        },
    );
    let result = Tensor::from_fn(tensor.shape(), |_| result.next().unwrap_or(<T as Real>::ZERO))?;
    Ok((result, course.finish(end, relative_error, Vec::new(), 8 * 8 * count as u64)))
}

fn check_options(options: &CompleteOptions) -> Result<(), DecompError> {
    check::stopping(&options.stopping)?;
    if !(options.penalty.is_finite() && options.penalty > 0.0) {
        return Err(DecompError::Option { option: "the penalty", value: options.penalty, expected: "more than zero" });
    }
    if !(options.growth.is_finite() && options.growth >= 1.0) {
        return Err(DecompError::Option { option: "the growth", value: options.growth, expected: "one or more" });
    }
    Ok(())
}

fn check_slices(known: &[bool], [rows, columns, tube]: [usize; 3]) -> Result<(), DecompError> {
    let tube_known = |i: usize, j: usize| known[(i * columns + j) * tube..][..tube].contains(&true);
    if let Some(index) = (0..rows).find(|&i| !(0..columns).any(|j| tube_known(i, j))) {
        return Err(DecompError::EmptySlice { mode: 0, index });
    }
    match (0..columns).find(|&j| !(0..rows).any(|i| tube_known(i, j))) {
        Some(index) => Err(DecompError::EmptySlice { mode: 1, index }),
        None => Ok(()),
    }
}

/// Lowers all singular values of all faces by as much as they have.
fn shrunk(tensor: &Tensor<f64>, by: f64) -> Result<Tensor<f64>, DecompError> {
    let mut faces = Faces::new(tensor)?;
    let found = decompose(&faces)?;
    let columns = faces.columns;
    for (frequency, parts) in found.iter().enumerate().take(frequencies(faces.tube)) {
        let kept = parts.s.iter().take_while(|&&value| value > by).count();
        let width = parts.s.len();
        let face = faces.face_mut(frequency);
        face.fill(Complex::new(0.0, 0.0));
        for (row, u) in face.chunks_exact_mut(columns).zip(parts.u.data().chunks_exact(width)) {
            for (entry, v) in row.iter_mut().zip(parts.v.data().chunks_exact(width)) {
                *entry = (0..kept).map(|r| u[r] * v[r].conj() * (parts.s[r] - by)).sum();
            }
        }
    }
    faces.to_tensor()
}
