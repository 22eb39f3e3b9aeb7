//! Trains of dense tensors.

use schur_linalg::orthonormal;
use schur_tensor::Tensor;

use super::TensorTrain;
use super::form::half;
use super::sweep::{Ledger, sweep};
use crate::check::{self, epsilon, norm_squared};
use crate::fit::{End, Warning};
use crate::modes::{Around, Means, Sketch, reshaped, rounded, widened};
use crate::random::{normals, stream};
use crate::{DecompError, Fit, Scalar, residual};

/// Vectors that a sketch begins with when no rank is given.
const FIRST_RANK: usize = 16;

/// Cores, and the most memory held beside them and the data, in bytes.
type Built<T> = (Vec<Tensor<T>>, usize);

/// What to truncate to, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainOptions {
    /// The relative error allowed, at least 0 and below 1; what cannot be told from rounding is dropped in any case.
    pub tolerance: f64,
    /// The largest rank of a bond; ranks that no unfolding has are not made.
    pub max_rank: usize,
    /// How singular vectors are found.
    pub means: Means,
    /// For random sketches.
    pub seed: u64,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self { tolerance: 1e-4, max_rank: usize::MAX, means: Means::Gram, seed: 0 }
    }
}

impl TrainOptions {
    /// For this relative error.
    pub fn tolerance(tolerance: f64) -> Self {
        Self { tolerance, ..Self::default() }
    }

    /// For ranks up to this one.
    pub fn max_rank(max_rank: usize) -> Self {
        Self { tolerance: 0.0, max_rank, ..Self::default() }
    }
}

/// Decomposes a dense tensor into a train, mode by mode from the last.
///
/// The squared error is at most the sum of the squares of the singular values dropped, and at most `d - 1` times that of
/// the best train with these ranks. All cores but the first are orthonormal as `[r, n * s]`. With
/// [`Means::Randomized`] the tensor is first seen through a sketch of its most square unfolding.
///
/// # Errors
/// [`DecompError`] for a tensor with an element that is not finite, zeros only, or an empty mode; a tolerance that is not
/// in `0..1`; a rank of nought.
/// # Cost
/// The data are read twice, whatever the order, and once before to check them; a sketch takes `4 r` operations an element, singular values `64` to some
/// times `n r`. Memory beside the data: the tensor after the first truncation.
/// # Source
/// Oseledets, Tensor-train decomposition, 2011; Rohrig-Zollner, Thies, Basermann, 2022 (order and form of the steps).
/// # Examples
/// ```
/// use schur_decomp::train::{TrainOptions, tt_svd};
/// use schur_tensor::Tensor;
///
/// let tensor = Tensor::from_fn(&[6, 6, 6, 6], |i| (i.iter().sum::<usize>() as f64).sin())?;
/// let (train, fit) = tt_svd(&tensor, &TrainOptions::tolerance(1e-6))?;
/// assert_eq!(train.ranks(), [2, 2, 2]);
/// assert!(fit.relative_error < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn tt_svd<T: Scalar>(tensor: &Tensor<T>, options: &TrainOptions) -> Result<(TensorTrain<T>, Fit), DecompError> {
    let whole = check::dense("tensor train decomposition", 1, tensor)?;
    check::tolerance(options.tolerance)?;
    check::rank(|| "a bond".to_owned(), options.max_rank, usize::MAX)?;
    let cuts = tensor.shape().len() - 1;
    let ledger = Ledger { most: options.max_rank, budget: options.tolerance.powi(2) * whole, cuts };
    let sketched = match options.means {
        Means::Randomized(sketch) => randomized(tensor, (whole, ledger), (sketch, options.seed))?,
        _ => None,
    };
    let (cores, workspace) = match sketched {
        Some(found) => found,
        None => deterministic(tensor, ledger, options.means)?,
    };
    let train = TensorTrain::new(cores)?;
    // All cores but the first are orthonormal, and the first is the data seen through them.
    let projected = norm_squared(train.cores()[0].data());
    let relative_error = match residual::of_projection::<T>(whole, projected) {
        Some(error) => error,
        None => train.residual(tensor, whole)?,
    };
    let floor = epsilon::<T>().sqrt();
    let blind = options.means != Means::Qr && options.tolerance > 0.0 && options.tolerance < floor;
    let warnings = blind.then_some(Warning::Precision { tolerance: options.tolerance, floor });
    Ok((
        train,
        Fit {
            relative_error,
            history: Vec::new(),
            iterations: 0,
            end: End::Direct,
            warnings: warnings.into_iter().collect(),
            workspace_bytes: workspace as u64,
        },
    ))
}

fn deterministic<T: Scalar>(tensor: &Tensor<T>, mut ledger: Ledger, means: Means) -> Result<Built<T>, DecompError> {
    let shape = tensor.shape();
    let swept = sweep(tensor, shape, &mut ledger, means)?;
    let bond = swept.first.data().len() / shape[0];
    let mut cores = swept.cores;
    cores.push(reshaped(swept.first, &[1, shape[0], bond])?);
    cores.reverse();
    Ok((cores, swept.workspace))
}

/// Sketches the most square unfolding and decomposes what the sketch spans; nothing if it would be no smaller.
fn randomized<T: Scalar>(
    tensor: &Tensor<T>,
    (whole, mut ledger): (f64, Ledger),
    (sketch, seed): (Sketch, u64),
) -> Result<Option<Built<T>>, DecompError> {
    let shape = tensor.shape();
    let lead = half(shape).min(shape.len() - 1);
    let (rows, columns) = (shape[..lead].iter().product::<usize>(), shape[lead..].iter().product::<usize>());
    let mut wanted = if ledger.budget > 0.0 { FIRST_RANK.min(ledger.most) } else { ledger.most };
    let (basis, seen) = loop {
        let width = wanted.saturating_add(sketch.oversampling);
        if lead == 0 || width >= rows.min(columns) / 2 {
            return Ok(None);
        }
        let (basis, seen) = project(tensor, [rows, columns, width], sketch.power_steps, seed)?;
        let outside = (whole - norm_squared(seen.data())).max(0.0);
        if ledger.budget > 0.0 && outside > 0.5 * ledger.budget && wanted < ledger.most {
            wanted = wanted.saturating_mul(2).min(ledger.most);
            continue;
        }
        ledger.budget = (ledger.budget - outside).max(0.0);
        break (basis, seen);
    };
    let width = basis.shape()[1];
    // The bond of the sketch is the first mode of the part behind it.
    let modes: Vec<usize> = [width].into_iter().chain(shape[lead..].iter().copied()).collect();
    let behind = sweep(&seen, &modes, &mut ledger, Means::Qr)?;
    let bond = behind.first.data().len() / width;
    let carried = crate::matrix::multiply(&basis.view(), &reshaped(behind.first, &[width, bond])?.view())?;
    let before = sweep(&carried, &shape[..lead], &mut ledger, Means::Qr)?;
    let mut cores = behind.cores;
    cores.extend(before.cores);
    let bond = before.first.data().len() / shape[0];
    cores.push(reshaped(before.first, &[1, shape[0], bond])?);
    cores.reverse();
    let workspace = (2 * width * (rows + columns)) * size_of::<T>();
    Ok(Some((cores, workspace)))
}

/// An orthonormal basis of nearly all columns of an unfolding, and the unfolding seen through it.
///
/// # Shapes
/// `[rows, width]` and `[width, columns]`.
fn project<T: Scalar>(
    tensor: &Tensor<T>,
    [rows, columns, width]: [usize; 3],
    power_steps: usize,
    seed: u64,
) -> Result<(Tensor<T>, Tensor<T>), DecompError> {
    let matrix = Around { data: tensor.data(), sizes: [rows, columns, 1] };
    let turned = Around { data: tensor.data(), sizes: [1, rows, columns] };
    let basis = |image: Vec<T>| -> Result<Tensor<T>, DecompError> {
        rounded(&orthonormal(&widened(&Tensor::new(&[rows, width], image)?)?)?.q)
    };
    let draws = normals::<T>(&[columns, width], &mut stream(seed, 0))?;
    let mut range = basis(matrix.times(&draws.view())?)?;
    let mut seen = turned.times(&range.view())?;
    for _ in 0..power_steps {
        let rows_of = Tensor::new(&[width, columns], seen)?;
        range = basis(matrix.times(&rows_of.view().permuted(&[1, 0])?)?)?;
        seen = turned.times(&range.view())?;
    }
    Ok((range, Tensor::new(&[width, columns], seen)?))
}
