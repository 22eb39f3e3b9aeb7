//! The Jones polynomial of knots and links, from planar diagrams and from braids.
//!
//! Kauffman's bracket replaces a crossing by its two smoothings, $A$ times the one plus $A^{-1}$ times the other, and a
//! closed loop by $d = -A^2 - A^{-2}$. With $w$ the sum of the crossings' signs,
//! $$ V(t) = (-A^3)^{-w} \langle D \rangle, \qquad t = A^{-4}, \qquad \langle\text{unknot}\rangle = 1 . $$
//!
//! | from | how | exact | numeric |
//! |---|---|---|---|
//! | a [`Diagram`] | [`jones`]: crossings are swept up one after the other, keeping a sum over planar matchings of the cut strands | yes | evaluate the polynomial |
//! | a [`Braid`] | its closure's diagram, or [`Braid::network`]: a tensor network whose edges have two values | yes | yes |
//!
//! The sum of all $2^n$ states grows with the crossings $n$; both ways here grow with the width of a cut through the
//! diagram, of the order $\sqrt n$ for a good sweep.
//!
//! # Source
//! L. H. Kauffman, *State models and the Jones polynomial*, 1987; T. Laakkonen et al., *Less Quantum, More Advantage*,
//! 2025 (arXiv 2503.05625).

mod braid;
mod diagram;
mod error;
mod jones;
mod network;
mod parse;
mod sweep;

pub use braid::{Braid, Closure};
pub use diagram::Diagram;
pub use error::KnotError;
pub use jones::{Jones, fifth_root_of_unity, jones};
pub use network::BraidNetwork;
