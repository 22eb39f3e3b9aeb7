//! The Ising model on square lattices with periodic borders: its partition function as a contraction.
//!
//! $$ Z = \sum_{s = \pm 1} \exp \Bigl( \sum_{\text{bonds}} K_b\, s_i s_j + h \sum_i s_i \Bigr) $$
//!
//! | lattice | how | cost |
//! |---|---|---|
//! | small | [`Torus::partition_function`]: exact, over any semiring | two to the width |
//! | up to infinite | [`trg`]: four tensors become two by singular values, again and again | bond^6 a step |
//! | up to infinite | [`hotrg`]: two tensors become one under an isometry; also means of spins and bonds | bond^7 a step |
//!
//! # Units
//! Couplings and fields are divided by the temperature: $K = J / k_B T$, $h = H / k_B T$. The free energy per site is
//! $-k_B T$ times the logarithm that is given here.
//!
//! # Source
//! M. Levin, C. P. Nave, *Tensor renormalization group approach to 2D classical lattice models*, 2007; Z. Y. Xie et
//! al., *Coarse-graining renormalization by higher-order singular value decomposition*, 2012; D. Yevick, M. Thompson,
//! *Accuracy and Efficiency of Simplified Tensor Network Codes*, 2020 (arXiv 2001.00123).

mod error;
mod hotrg;
mod model;
mod torus;
mod trg;

pub use error::IsingError;
pub use hotrg::{Means, hotrg, hotrg_means};
pub use model::{Ising, Renormalised, Truncation};
pub use torus::Torus;
pub use trg::trg;
