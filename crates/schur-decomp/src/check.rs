//! What every method asks of its input before it begins.

use rayon::prelude::*;
use schur_tensor::Tensor;

use crate::fit::Stopping;
use crate::{DecompError, Scalar};

/// Elements summed in one piece: the pieces, and so the bits, do not depend on the number of threads.
const PIECE: usize = 1 << 16;

/// Sums that run beside each other, so that one addition does not wait for the other.
const LANES: usize = 16;

/// Checks a dense tensor: enough axes, none of them empty, every element finite and not all of them zero.
///
/// Returns the sum of the squares of its elements.
pub(crate) fn dense<T: Scalar>(method: &'static str, least: usize, tensor: &Tensor<T>) -> Result<f64, DecompError> {
    shape(method, least, tensor.shape())?;
    let sum = norm_squared(tensor.data());
    if sum.is_normal() {
        return Ok(sum);
    }
    if let Some(place) = tensor.data().iter().position(|x| !x.to_f64().is_finite()) {
        return Err(DecompError::NotFinite {
            index: index_of(place, tensor.shape()),
            value: tensor.data()[place].to_f64(),
        });
    }
    match tensor.data().iter().fold(0.0_f64, |most, x| most.max(x.to_f64().abs())) {
        0.0 => Err(DecompError::AllZero),
        value => Err(DecompError::Option {
            option: "the largest element",
            value,
            expected: "such that the sum of all squares is a number: scale the data",
        }),
    }
}

/// Checks that a shape has enough modes, none of them empty.
pub(crate) fn shape(method: &'static str, least: usize, shape: &[usize]) -> Result<(), DecompError> {
    if shape.len() < least {
        return Err(DecompError::Order { method, least, shape: shape.to_vec() });
    }
    match shape.iter().position(|&size| size == 0) {
        Some(mode) => Err(DecompError::EmptyMode { mode, shape: shape.to_vec() }),
        None => Ok(()),
    }
}

/// Checks a relative error that a method is to reach.
pub(crate) fn tolerance(value: f64) -> Result<f64, DecompError> {
    if (0.0..1.0).contains(&value) {
        return Ok(value);
    }
    Err(DecompError::Option { option: "tolerance", value, expected: "at least 0 and below 1" })
}

/// Checks that at least one iteration is allowed, and that the tolerance is one.
pub(crate) fn stopping(stopping: &Stopping) -> Result<(), DecompError> {
    if stopping.iterations == 0 {
        return Err(DecompError::Option { option: "iterations", value: 0.0, expected: "one or more" });
    }
    not_negative("tolerance", stopping.tolerance)
}

/// Checks an option that must be a number from zero up.
pub(crate) fn not_negative(option: &'static str, value: f64) -> Result<(), DecompError> {
    at_least(option, value, 0.0, "zero or more")
}

/// Checks an option that must be a number from some least one up.
pub(crate) fn at_least(
    option: &'static str,
    value: f64,
    least: f64,
    expected: &'static str,
) -> Result<(), DecompError> {
    if value.is_finite() && value >= least { Ok(()) } else { Err(DecompError::Option { option, value, expected }) }
}

/// Checks a rank.
pub(crate) fn rank(what: impl FnOnce() -> String, rank: usize, most: usize) -> Result<usize, DecompError> {
    if (1..=most).contains(&rank) { Ok(rank) } else { Err(DecompError::Rank { what: what(), rank, most }) }
}

/// Checks that cores `[left, n, right]` fit each other, and that a chain ends with the bond that it begins with.
pub(crate) fn bonds<T>(form: &'static str, cores: &[Tensor<T>], closing: usize) -> Result<(), DecompError> {
    let mut bond = closing;
    for (mode, core) in cores.iter().enumerate() {
        let last = mode + 1 == cores.len();
        let fits = matches!(*core.shape(), [left, _, right] if left == bond && (!last || right == closing));
        if !fits {
            let size = |axis: usize| core.shape().get(axis).copied().unwrap_or(1);
            let expected = vec![bond, size(1), if last { closing } else { size(2) }];
            let found = core.shape().to_vec();
            return Err(DecompError::Mismatch { what: format!("core {mode} of a {form}"), expected, found });
        }
        bond = core.shape()[2];
    }
    Ok(())
}

/// Checks that the elements are not negative.
pub(crate) fn nonnegative<T: Scalar>(method: &'static str, tensor: &Tensor<T>) -> Result<(), DecompError> {
    match tensor.data().iter().position(|x| x.to_f64() < 0.0) {
        None => Ok(()),
        Some(place) => {
            let (index, value) = (index_of(place, tensor.shape()), tensor.data()[place].to_f64());
            Err(DecompError::Negative { method, index, value })
        }
    }
}

/// The sum of squares, in f64.
pub(crate) fn norm_squared<T: Scalar>(data: &[T]) -> f64 {
    let piece = |piece: &[T]| {
        let chunks = piece.chunks_exact(LANES);
        let rest: f64 = chunks.remainder().iter().map(|x| x.to_f64().powi(2)).sum();
        let mut sums = [0.0; LANES];
        for chunk in chunks {
            sums.iter_mut().zip(chunk).for_each(|(sum, x)| *sum += x.to_f64().powi(2));
        }
        rest + sums.iter().sum::<f64>()
    };
    data.par_chunks(PIECE).map(piece).collect::<Vec<f64>>().iter().sum()
}

/// The sum of the squares of differences, in f64.
pub(crate) fn distance_squared<T: Scalar>(left: &[T], right: &[T]) -> f64 {
    let square = |x: &T, y: &T| (x.to_f64() - y.to_f64()).powi(2);
    let piece = |(left, right): (&[T], &[T])| {
        let (left, right) = (left.chunks_exact(LANES), right.chunks_exact(LANES));
        let rest: f64 = left.remainder().iter().zip(right.remainder()).map(|(x, y)| square(x, y)).sum();
        let mut sums = [0.0; LANES];
        for (left, right) in left.zip(right) {
            sums.iter_mut().zip(left.iter().zip(right)).for_each(|(sum, (x, y))| *sum += square(x, y));
        }
        rest + sums.iter().sum::<f64>()
    };
    left.par_chunks(PIECE).zip(right.par_chunks(PIECE)).map(piece).collect::<Vec<f64>>().iter().sum()
}

/// The sum of products, in one thread.
pub(crate) fn inner(left: &[f64], right: &[f64]) -> f64 {
    let (left, right) = (left.as_chunks::<LANES>(), right.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (left, right) in left.0.iter().zip(right.0) {
        sums.iter_mut().zip(left.iter().zip(right)).for_each(|(sum, (x, y))| *sum += x * y);
    }
    left.1.iter().zip(right.1).map(|(x, y)| x * y).sum::<f64>() + sums.iter().sum::<f64>()
}

/// The multi-index of a place in row-major order.
pub(crate) fn index_of(mut place: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (i, &size) in index.iter_mut().zip(shape).rev() {
        *i = place % size;
        place /= size;
    }
    index
}

/// The distance from one to the next number of this precision.
pub(crate) const fn epsilon<T: Scalar>() -> f64 {
    if size_of::<T>() == size_of::<f32>() { f32::EPSILON as f64 } else { f64::EPSILON }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_decomposed_is_named() {
        let tensor = |shape: &[usize], data: Vec<f64>| Tensor::new(shape, data).unwrap();
        let error = |tensor: &Tensor<f64>| dense("a test", 2, tensor).unwrap_err();
        assert!(matches!(error(&tensor(&[3], vec![1.0; 3])), DecompError::Order { least: 2, .. }));
        assert!(matches!(error(&tensor(&[3, 0], vec![])), DecompError::EmptyMode { mode: 1, .. }));
        assert!(matches!(error(&tensor(&[3, 1], vec![0.0; 3])), DecompError::AllZero));
        let infinite = error(&tensor(&[2, 2], vec![0.0, 1.0, f64::INFINITY, 2.0]));
        assert!(matches!(infinite, DecompError::NotFinite { index, .. } if index == [1, 0]));
        assert!(matches!(error(&tensor(&[1, 2], vec![1e200, 1.0])), DecompError::Option { .. }));
        assert_eq!(dense("a test", 2, &tensor(&[1, 2], vec![3.0, 4.0])).unwrap(), 25.0);
        assert!(tolerance(1.0).is_err() && tolerance(-0.1).is_err() && tolerance(f64::NAN).is_err());
        assert!(stopping(&Stopping { iterations: 0, tolerance: 0.0 }).is_err());
        assert!(stopping(&Stopping { iterations: 1, tolerance: f64::NAN }).is_err());
    }
}
