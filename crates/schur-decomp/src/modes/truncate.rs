//! A mode made shorter: its leading singular vectors, and the tensor seen through them.

use schur_linalg::{leading_eigen, svd, symmetric_eigen};
use schur_tensor::Tensor;

use super::sketch::range;
use super::{Around, around, mode_inner, mode_product, rounded, widened};
use crate::check::{epsilon, norm_squared};
use crate::{DecompError, Scalar};

/// Vectors that a search for a range begins with, when the rank is not known.
const FIRST_RANK: usize = 16;

/// How the singular vectors of unfoldings are found.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Means {
    /// Eigenvectors of Gram matrices: fast, and blind below the square root of the precision.
    #[default]
    Gram,
    /// Triangles of the unfoldings: to all digits, at two to four times the cost.
    Qr,
    /// Random combinations of columns, and then an exact decomposition of what they span: the fastest for ranks far
    /// below the sizes.
    Randomized(Sketch),
}

/// How much more than the rank a random sketch takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sketch {
    /// Vectors beyond the rank.
    pub oversampling: usize,
    /// Passes that sharpen the spectrum; each reads the tensor twice.
    pub power_steps: usize,
}

impl Default for Sketch {
    fn default() -> Self {
        Self { oversampling: 8, power_steps: 0 }
    }
}

/// What to keep of a spectrum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cut {
    /// The most singular values.
    pub most: usize,
    /// What the squares of the dropped ones may sum up to; without it as many as possible are kept.
    pub budget: Option<f64>,
}

/// A tensor whose mode has been made shorter: `rest * factor` along the mode is nearly the tensor.
pub(crate) struct Truncated<T> {
    /// `[n, r]`, orthonormal columns.
    pub factor: Tensor<T>,
    /// The tensor with `r` in the place of `n`.
    pub rest: Tensor<T>,
    /// The sum of the squares of what was dropped, as the spectrum tells it.
    pub dropped: f64,
}

/// How many singular values to keep, and the sum of the squares of the others; `values` are squares, the largest first,
/// and `beyond` the sum of those after them.
fn keep(values: &[f64], beyond: f64, cut: Cut) -> (usize, f64) {
    let most = cut.most.min(values.len());
    let tail = |from: usize| values[from..].iter().rev().fold(beyond, |sum, value| sum + value);
    let rank = match cut.budget {
        None => most,
        Some(budget) => (1..most).find(|&rank| tail(rank) <= budget).unwrap_or(most),
    };
    (rank, tail(rank))
}

/// Makes one mode of a tensor shorter.
pub(crate) fn truncate<T: Scalar>(
    tensor: &Tensor<T>,
    mode: usize,
    cut: Cut,
    (means, seed): (Means, u64),
) -> Result<Truncated<T>, DecompError> {
    if let Means::Randomized(sketch) = means
        && let Some(found) = randomized(tensor, mode, cut, (sketch, seed))?
    {
        return Ok(found);
    }
    let (factor, dropped) = decompose(Around::new(tensor, mode), cut, means)?;
    let factor = rounded(&factor)?;
    let rest = mode_product(tensor, mode, &factor.view())?;
    Ok(Truncated { factor, rest, dropped })
}

/// The leading left singular vectors of the unfolding of a mode, and the sum of the squares of the values dropped.
///
/// What cannot be told from rounding counts as zero where there is a budget.
pub(crate) fn decompose<T: Scalar>(
    tensor: Around<'_, T>,
    cut: Cut,
    means: Means,
) -> Result<(Tensor<f64>, f64), DecompError> {
    if means == Means::Qr {
        let found = svd(&tensor.triangle()?)?;
        let floor = tensor.sizes[1] as f64 * epsilon::<T>();
        let squares = clean(found.s.iter().map(|s| s * s).collect(), floor * floor);
        let (rank, dropped) = keep(&squares, 0.0, cut);
        return Ok((columns(&found.v, (0..rank).collect())?, dropped));
    }
    of_gram::<T>(&tensor.gram()?, cut)
}

/// Counts as zero what cannot be told from rounding.
fn clean(values: Vec<f64>, floor: f64) -> Vec<f64> {
    let least = floor * values.first().copied().unwrap_or(0.0);
    values.into_iter().map(|value| if value > least { value } else { 0.0 }).collect()
}

/// As [`decompose`], from the Gram matrix of a mode of numbers of type `T`.
pub(crate) fn of_gram<T: Scalar>(gram: &Tensor<f64>, cut: Cut) -> Result<(Tensor<f64>, f64), DecompError> {
    let n = gram.shape()[0];
    let floor = n as f64 * epsilon::<T>();
    if cut.budget.is_none() || cut.most < n / 4 {
        let trace: f64 = gram.data().iter().step_by(n + 1).sum();
        let found = leading_eigen(gram, cut.most, None)?;
        let beyond = trace - found.values.iter().sum::<f64>();
        let beyond = if beyond > floor * trace { beyond } else { 0.0 };
        let (rank, dropped) = keep(&clean(found.values, floor), beyond, cut);
        return Ok((columns(&found.u, (0..rank).collect())?, dropped));
    }
    let found = symmetric_eigen(gram)?;
    let squares = clean(found.values.iter().rev().copied().collect(), floor);
    let (rank, dropped) = keep(&squares, 0.0, cut);
    Ok((columns(&found.u, (0..rank).map(|j| n - 1 - j).collect())?, dropped))
}

/// Some columns of a matrix.
fn columns(matrix: &Tensor<f64>, chosen: Vec<usize>) -> Result<Tensor<f64>, DecompError> {
    let width = matrix.shape()[1];
    Ok(Tensor::from_fn(&[matrix.shape()[0], chosen.len()], |index| matrix.data()[index[0] * width + chosen[index[1]]])?)
}

/// Finds a range by a sketch and decomposes what lies in it; nothing if the sketch would be no smaller than the mode.
///
/// Without a rank the sketch is doubled until what lies outside of it is within half of the budget.
fn randomized<T: Scalar>(
    tensor: &Tensor<T>,
    mode: usize,
    cut: Cut,
    (sketch, seed): (Sketch, u64),
) -> Result<Option<Truncated<T>>, DecompError> {
    let [before, n, behind] = around(tensor.shape(), mode);
    let limit = n.min(before * behind);
    let whole = if cut.budget.is_some() { norm_squared(tensor.data()) } else { 0.0 };
    let mut wanted = if cut.budget.is_some() { FIRST_RANK.min(cut.most) } else { cut.most };
    loop {
        let width = wanted + sketch.oversampling;
        if 2 * width > limit {
            return Ok(None);
        }
        let mut basis = range(tensor, mode, width, seed)?;
        for _ in 0..sketch.power_steps {
            let seen = mode_product(tensor, mode, &basis.view())?;
            let image = widened(&mode_inner(tensor, &seen, mode)?)?;
            basis = rounded(&schur_linalg::orthonormal(&image)?.q)?;
        }
        let seen = mode_product(tensor, mode, &basis.view())?;
        let outside = (whole - norm_squared(seen.data())).max(0.0);
        if cut.budget.is_some_and(|budget| outside > 0.5 * budget) && wanted < cut.most {
            wanted = (2 * wanted).min(cut.most);
            continue;
        }
        let inner = Cut { budget: cut.budget.map(|budget| (budget - outside).max(0.0)), ..cut };
        let (turn, dropped) = decompose(Around::new(&seen, mode), inner, Means::Qr)?;
        let turn = rounded::<T>(&turn)?;
        let factor = crate::matrix::multiply(&basis.view(), &turn.view())?;
        let rest = mode_product(&seen, mode, &turn.view())?;
        return Ok(Some(Truncated { factor, rest, dropped: dropped + outside }));
    }
}
