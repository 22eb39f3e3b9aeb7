//! Tucker decompositions: a small core, and an orthonormal (or nonnegative) matrix for each mode.
//!
//! ```text
//! form                     core and factors
//!   <- hosvd               sequentially truncated singular value decompositions; spectra of modes
//!   <- sweep <- iteration  orthogonal iteration from there
//!           <- nonnegative all factors and the core without negative numbers
//!   <- streamed            of a tensor that is read in slabs
//! ```

mod form;
mod hosvd;
mod iteration;
mod nonnegative;
mod streamed;
mod sweep;

pub use form::Tucker;
pub use hosvd::{HosvdOptions, Target, mode_spectra, st_hosvd};
pub use iteration::{HooiOptions, hooi};
pub use nonnegative::{NonnegativeOptions, nonnegative};
pub use streamed::{Slabs, streamed};
