//! Dense tensors, semirings, numbers in lanes and matrix products: the ground that every kernel stands on.
//!
//! This crate knows no group and no atoms. SIMD instructions are chosen at run time through [`pulp`], which is
//! re-exported since kernels in other crates are written against its `Simd` trait.

mod aligned;
mod dense;
mod elementary;
mod matrix;
pub mod product;
mod real;
pub mod semiring;
mod streaming;
mod transpose;

pub use aligned::Aligned;
pub use dense::{ShapeError, Tensor, View, element_count, next_index, row_major};
pub use elementary::sigmoid;
pub use matrix::{PackedMatrix, RowLayout};
pub use pulp;
pub use real::{Lanes, Real, lanes};
pub use streaming::{end_streaming, prefetch};
pub use transpose::transpose;

/// Channels are padded to a multiple of this many numbers: one AVX-512 register of `f32`, two of `f64`.
pub const CHANNEL_ALIGNMENT: usize = 16;

/// Rounds a number of channels up to a multiple of [`CHANNEL_ALIGNMENT`].
///
/// # Examples
/// ```
/// assert_eq!(schur_tensor::padded(17), 32);
/// ```
pub const fn padded(channels: usize) -> usize {
    channels.next_multiple_of(CHANNEL_ALIGNMENT)
}

/// The instruction sets that this machine can run, the plainest first.
///
/// Tests force each of them in turn; programs take [`pulp::Arch::new`], the last one.
pub fn instruction_sets() -> Vec<pulp::Arch> {
    let mut sets = vec![pulp::Arch::Scalar];
    #[cfg(target_arch = "x86_64")]
    {
        sets.extend(pulp::x86::V3::try_new().map(pulp::Arch::V3));
        sets.extend(pulp::x86::V4::try_new().map(pulp::Arch::V4));
    }
    #[cfg(not(target_arch = "x86_64"))]
    sets.push(pulp::Arch::new());
    sets
}
