//! The subspace power method: vectors whose powers lie in a space, found one after the other.

use rand_chacha::ChaCha8Rng;
use schur_tensor::{Real, Tensor};

use super::subspace::{Subspace, dot};
use super::{SymmetricCp, SymmetricTensor};
use crate::fit::{End, Observer, Progress, Warning};
use crate::random::{normal, stream};
use crate::{DecompError, Fit, Scalar, check};

/// How a symmetric tensor is decomposed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerOptions {
    /// The number of powers; none counts the eigenvalues of the flattened tensor above `tolerance`.
    pub rank: Option<usize>,
    /// The part of the largest eigenvalue that counts as zero.
    pub tolerance: f64,
    /// Steps allowed for one vector.
    pub iterations: usize,
    /// Random starts for one vector, of which the best counts, where no power is found in the space.
    pub starts: usize,
    /// Where random starts begin.
    pub seed: u64,
}

impl Default for PowerOptions {
    fn default() -> Self {
        Self { rank: None, tolerance: 1e-8, iterations: 5000, starts: 4, seed: 0 }
    }
}

/// A vector stands still when a step moves it by less: a few times what rounding does to a unit vector.
const STILL: f64 = 1e-14;

/// A power counts as one in the space when less of its norm squared is outside.
const INSIDE: f64 = 1e-8;

/// Decomposes a symmetric tensor into powers of vectors, the number of which it finds.
///
/// # Errors
/// [`DecompError::Order`] for fewer than three modes, [`DecompError::Rank`] if there are more powers than the method can
/// tell apart (for order four about half the square of the size), and as for all fits, bad numbers and options.
/// # Conventions
/// Vectors have norm one, and the powers stand in the order found. [`Fit::history`] has the error after each of them.
/// # Cost
/// The eigenvectors of a matrix of `C(size + m - 1, m)` rows, `m` half the order, and as many products with `rank` rows
/// of that length as there are steps. One thread, save for the eigenvectors.
/// # Source
/// J. Kileel and J. Pereira, *Subspace power method for symmetric tensor decomposition*, 2019 (arXiv 1912.04007); the
/// shift is theirs. Of odd orders, the space of the higher power is searched.
/// # Examples
/// ```
/// use schur_decomp::fit::unobserved;
/// use schur_decomp::symmetric::{PowerOptions, SymmetricTensor, subspace_power};
///
/// let mut tensor = SymmetricTensor::from_fn(3, 4, |_| 0.0)?;
/// tensor.add_power(2.0, &[0.6, 0.8, 0.0]);
/// tensor.add_power(-1.0, &[0.0, 0.6, 0.8]);
/// let (form, fit) = subspace_power(&tensor, &PowerOptions::default(), &mut unobserved)?;
/// assert_eq!(form.rank(), 2);
/// assert!(fit.relative_error < 1e-12);
/// # Ok::<(), schur_decomp::DecompError>(())
/// ```
pub fn subspace_power<T: Scalar>(
    tensor: &SymmetricTensor<T>,
    options: &PowerOptions,
    observer: Observer<'_>,
) -> Result<(SymmetricCp<T>, Fit), DecompError> {
    let norm_squared = checked(tensor, options)?;
    let mut space = Subspace::new(tensor, options.rank, options.tolerance)?;
    let bytes = space.bytes() + 8 * tensor.data().len() as u64;
    let mut rng = stream(options.seed, 0);
    let mut left = tensor.clone();
    let (mut weights, mut rows, mut history, mut warnings) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (rank, mut end) = (space.rank, End::Direct);
    while space.rank > 0 {
        let found = find(&space, tensor.size(), options, &mut rng);
        let weight = space.deflate(&found.vector);
        if !weight.is_finite() {
            return Err(DecompError::Diverged { method: "the subspace power method", iteration: weights.len() + 1 });
        }
        if found.outside > INSIDE {
            let (change, tolerance) = (found.outside, INSIDE);
            warnings.push(Warning::NotConverged { change, tolerance });
        }
        left.add_power(-weight, &found.vector);
        weights.push(T::from_f64(weight));
        rows.extend(found.vector);
        let relative_error = (left.norm_squared() / norm_squared).sqrt();
        history.push(relative_error);
        let progress = Progress { iteration: weights.len(), iterations: rank, relative_error };
        if observer(&progress).is_break() {
            end = End::Stopped;
            break;
        }
    }
    let (count, size) = (weights.len(), tensor.size());
    let vectors = Tensor::from_fn(&[size, count], |i| T::from_f64(rows[i[1] * size + i[0]]))?;
    let form = SymmetricCp::new(tensor.order(), weights, vectors)?;
    let relative_error = (distance_squared(tensor, &form)? / norm_squared).sqrt();
    Ok((form, Fit { relative_error, history, iterations: count, end, warnings, workspace_bytes: bytes }))
}

fn checked<T: Scalar>(tensor: &SymmetricTensor<T>, options: &PowerOptions) -> Result<f64, DecompError> {
    let shape = || vec![tensor.size(); tensor.order()];
    if tensor.order() < 3 {
        return Err(DecompError::Order { method: "the subspace power method", least: 3, shape: shape() });
    }
    if tensor.size() == 0 {
        return Err(DecompError::EmptyMode { mode: 0, shape: shape() });
    }
    check::not_negative("tolerance", options.tolerance)?;
    for (option, value) in [("iterations", options.iterations), ("starts", options.starts)] {
        if value == 0 {
            return Err(DecompError::Option { option, value: 0.0, expected: "one or more" });
        }
    }
    tensor.check_finite()?;
    let norm_squared = tensor.norm_squared();
    if norm_squared == 0.0 { Err(DecompError::AllZero) } else { Ok(norm_squared) }
}

/// The sum of the squares of `tensor - form`.
fn distance_squared<T: Scalar>(tensor: &SymmetricTensor<T>, form: &SymmetricCp<T>) -> Result<f64, DecompError> {
    let mut values = tensor.data().iter().map(|value| value.to_f64());
    let next = |_: &[usize]| values.next().unwrap_or(<f64 as Real>::ZERO);
    let mut left = SymmetricTensor::from_fn(tensor.size(), tensor.order(), next)?;
    for (r, weight) in form.weights().iter().enumerate() {
        left.add_power(-weight.to_f64(), &form.vector(r));
    }
    Ok(left.norm_squared())
}

/// A unit vector, and how much of its power's norm squared is outside the space.
struct Found {
    vector: Vec<f64>,
    outside: f64,
}

/// Climbs from random starts until one ends at a power in the space.
fn find(space: &Subspace, size: usize, options: &PowerOptions, rng: &mut ChaCha8Rng) -> Found {
    let mut best = climb(space, size, options, rng);
    for _ in 1..options.starts {
        if best.outside < INSIDE {
            break;
        }
        let other = climb(space, size, options, rng);
        if other.outside < best.outside {
            best = other;
        }
    }
    best
}

/// Maximises the norm of a unit vector's power within the space, by power steps with a shift that keeps them ascending.
fn climb(space: &Subspace, size: usize, options: &PowerOptions, rng: &mut ChaCha8Rng) -> Found {
    let half = space.monomials.order as f64;
    let scale = if half <= 4.0 { (2.0 * (half - 1.0) / half).sqrt() } else { (2.0 - 2.0_f64.sqrt()) * half.sqrt() };
    let mut power = vec![0.0; space.monomials.count()];
    let (mut projection, mut coordinates) = (power.clone(), Vec::new());
    let mut next = vec![0.0; size];
    let mut vector = normalised((0..size).map(|_| normal(rng)).collect());
    let mut inside = 0.0;
    for _ in 0..options.iterations {
        space.monomials.power(&vector, &mut power);
        inside = space.project(&power, &mut coordinates, &mut projection);
        space.monomials.contract(&projection, &vector, &mut next);
        let clipped = inside.clamp(0.5, 1.0);
        let shift = scale * (clipped * (1.0 - clipped)).sqrt();
        next.iter_mut().zip(&vector).for_each(|(next, old)| *next += shift * old);
        let moved = normalised(std::mem::take(&mut next));
        let step = moved.iter().zip(&vector).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        next = std::mem::replace(&mut vector, moved);
        if step < STILL {
            break;
        }
    }
    Found { vector, outside: 1.0 - inside }
}

fn normalised(mut vector: Vec<f64>) -> Vec<f64> {
    let norm = dot(&vector, &vector).sqrt();
    if norm > 0.0 {
        vector.iter_mut().for_each(|entry| *entry /= norm);
    }
    vector
}
