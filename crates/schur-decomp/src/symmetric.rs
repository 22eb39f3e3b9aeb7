//! Symmetric tensors, held once for each set of indices, and their decomposition into powers of vectors.
//!
//! $$ x_{i_1 \dots i_n} = \sum_r w_r\, a_{i_1 r} \cdots a_{i_n r} $$
//!
//! ```text
//! storage  each element once <- form  weights and vectors <- subspace  what powers span <- power  the search in it
//! ```

mod form;
mod power;
mod storage;
mod subspace;

pub use form::SymmetricCp;
pub use power::{PowerOptions, subspace_power};
pub use storage::SymmetricTensor;
