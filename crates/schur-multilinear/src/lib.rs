//! Sparse multilinear maps with symmetry: one representation, its transposes, and the kernels that run it.
//!
//! A [`Multilinear`] lists *paths*: which segment of each operand meets which, and with what coefficients. Groups
//! enter only through these coefficients, so nothing here knows of any. A plan such as [`EdgeProduct`] compiles the
//! paths for one kernel; gathering from neighbours and summing over edges are index maps of that plan, not part of
//! the map.

mod channelwise;
mod circuit;
mod cost;
mod edge_product;
mod factored;
mod gate;
mod json;
mod multilinear;
mod polynomial;
mod spline;

pub use channelwise::{Argument, ChannelwiseError, ChannelwisePlan, ChannelwiseWorkspace, Slice};
pub use circuit::{Circuit, Rows};
pub use cost::Cost;
pub use edge_product::{Cotangents, EdgeProduct, EdgeScratch, EdgeWeights, Edges, PlanError, SegmentLayout};
pub use factored::{Bilinear, BilinearTerm, ComponentMatrix, Factored, FactoredError, MatrixEntry, Weighting};
pub use gate::Gate;
pub use json::JsonError;
pub use multilinear::{Connection, Modes, ModesError, Multilinear, MultilinearError, Operand, Path, Segment};
pub use polynomial::{Polynomial, PolynomialError, Term};
pub use spline::{SplinePiece, SplinePoint, SplineTable};
