//! Numbers from a seed: the same on every machine and for any number of threads.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use schur_tensor::{ShapeError, Tensor};

use crate::Scalar;

/// A generator for one of many independent pieces of work of a seed.
pub fn stream(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}

/// A number in `[0, 1)`.
pub fn unit(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 * (-53_f64).exp2()
}

/// A whole number below `limit`, which is not nought.
pub fn below(rng: &mut ChaCha8Rng, limit: usize) -> usize {
    ((u128::from(rng.next_u64()) * limit as u128) >> 64) as usize
}

/// A number from the standard normal distribution.
pub fn normal(rng: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(rng)
}

/// A tensor of independent standard normal numbers.
///
/// # Errors
/// [`ShapeError::TooLarge`].
pub fn normals<T: Scalar>(shape: &[usize], rng: &mut ChaCha8Rng) -> Result<Tensor<T>, ShapeError> {
    Tensor::from_fn(shape, |_| T::from_f64(normal(rng)))
}

/// A tensor of independent numbers in `[0, 1)`.
///
/// # Errors
/// [`ShapeError::TooLarge`].
pub fn units<T: Scalar>(shape: &[usize], rng: &mut ChaCha8Rng) -> Result<Tensor<T>, ShapeError> {
    Tensor::from_fn(shape, |_| T::from_f64(unit(rng)))
}
