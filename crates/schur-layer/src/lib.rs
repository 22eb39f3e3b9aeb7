//! Linear layers between tensor powers that commute with a group, multiplied without ever forming their matrix.
//!
//! A layer takes features `[batch][n]..[n][channels_in]`, `k` axes of size `n`, to features of `l` such axes. Its weights
//! are one matrix `[channels_in][channels_out]` for each diagram of a basis of the equivariant maps
//! ([`schur_diagram::basis`]). A product with a diagram first reduces the input (sums, diagonals, determinants), then
//! spreads what is left over the output. Layers do this for all diagrams at once:
//!
//! ```text
//! input -> every reduction that some diagram needs, once      (side: gather)
//!       -> channels mixed where there are fewest indices      (route: matrix products)
//!       -> every way of spreading, summed before it is spread (side: scatter)
//! ```
//!
//! Axes may be of several sorts, each with its own size and group ([`Space`]): layers on the weights of a network are
//! such layers. Any other group of permutations, such as the automorphisms of a graph, has [`OrbitLinear`].
//!
//! A [`Stack`] puts layers and functions one after the other, refuses functions that a group forbids ([`Activation`]), and
//! goes backwards for training. [`WeightSpace`] has the features that weights of a network are.
//!
//! # Source
//! Pearce-Crump, Knottenbelt: A diagrammatic approach to fast multiplication (2304.14165), for one diagram; that
//! reductions are shared and channels mixed in the middle is ours.
#![forbid(unsafe_code)]

mod activation;
mod adam;
mod cost;
mod dense;
mod error;
pub mod guide;
mod head;
mod joint;
mod linear;
mod orbit;
mod route;
mod side;
mod space;
mod stack;
mod weight_space;
mod wiring;

pub use activation::{Activation, Allowed, allowed};
pub use adam::Adam;
pub use cost::LayerCost;
pub use error::LayerError;
pub use linear::{EquivariantLinear, LayerWorkspace};
pub use orbit::{OrbitLinear, OrbitWorkspace};
pub use space::{Sort, Space};
pub use stack::{Feature, Stack, StackRun};
pub use weight_space::WeightSpace;
pub use wiring::Wiring;
