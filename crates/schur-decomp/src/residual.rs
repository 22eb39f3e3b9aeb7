//! How far a model is from dense data, a block at a time: the model is never held as a whole.

use std::ops::Range;

use schur_tensor::Tensor;

use crate::check::{distance_squared, epsilon};
use crate::{DecompError, Scalar};

/// Elements of a model held at a time, unless one index of the first mode has more.
const BLOCK: usize = 1 << 20;

/// How many modes the rows of blocks are made of: a slice behind them has a block of elements or fewer.
pub(crate) fn leading_modes(shape: &[usize]) -> usize {
    (1..shape.len()).find(|&lead| shape[lead..].iter().product::<usize>() <= BLOCK).unwrap_or(shape.len())
}

/// The squared distance of data from a model that computes some of its rows, all slices behind `lead` modes.
pub(crate) fn squared<T: Scalar>(
    data: &Tensor<T>,
    lead: usize,
    mut block: impl FnMut(Range<usize>) -> Result<Tensor<T>, DecompError>,
) -> Result<f64, DecompError> {
    let rows: usize = data.shape()[..lead].iter().product();
    let slice: usize = data.shape()[lead..].iter().product();
    let step = (BLOCK / slice.max(1)).max(1);
    let mut sum = 0.0;
    for first in (0..rows).step_by(step) {
        let end = rows.min(first + step);
        sum += distance_squared(&data.data()[first * slice..end * slice], block(first..end)?.data());
    }
    Ok(sum)
}

/// The relative error of an orthogonal projection, if the difference of two squares has enough digits to tell it.
///
/// `|x - p|^2 = |x|^2 - |p|^2` loses as many digits as the error is small; below some millions of units in the last
/// place the elements have to be compared instead.
pub(crate) fn of_projection<T: Scalar>(whole: f64, projected: f64) -> Option<f64> {
    let share = (whole - projected) / whole;
    (share > 1e6 * epsilon::<T>()).then(|| share.sqrt())
}
