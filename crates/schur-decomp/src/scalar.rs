//! The numbers that tensors hold.

use schur_tensor::Real;
use schur_tensor::product::Number;
use schur_tensor::semiring::{Arithmetic, Semiring};

/// A number that decompositions are computed with: `f32` or `f64`.
///
/// Small matrices (Gram matrices, cores of a few components) are solved in f64 whatever the data.
pub trait Scalar: Real + Number {
    /// The field of these numbers, with the fastest kernels of this machine.
    fn arithmetic() -> impl Semiring<Element = Self>;
}

impl Scalar for f32 {
    fn arithmetic() -> impl Semiring<Element = Self> {
        Arithmetic::<Self>::new()
    }
}

impl Scalar for f64 {
    fn arithmetic() -> impl Semiring<Element = Self> {
        Arithmetic::<Self>::new()
    }
}
