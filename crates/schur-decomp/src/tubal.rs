//! Tensors of order three as matrices of tubes, multiplied by circular convolution.
//!
//! A discrete Fourier transform along the third mode turns the product of such tensors into products of matrices, one a
//! frequency ("faces"), and with it everything that matrices have: transposes, orthogonality, singular values, ranks, and
//! best approximations of a rank.
//!
//! ```text
//! faces  the transform <- product  of tensors <- singular  the t-SVD <- complete  what is missing, by few tubes
//!                                  <- descent   by gradients from little to the tensor of least rank
//! ```
//!
//! The transform is a matrix product with sines and cosines. It takes two operations an element and tube length, less than
//! the decomposition of the faces behind it takes for each row of theirs, so that a fast transform would save little.

mod complete;
mod descent;
mod faces;
mod product;
mod singular;

pub use complete::{CompleteOptions, complete};
pub use descent::{DescentOptions, TubalDescent, descend};
pub use product::{t_identity, t_product, t_transpose};
pub use singular::{TubalSvd, t_svd};
