//! What can be wrong with a knot.

use schur_einsum::ContractionError;
use schur_einsum::execute::ExecuteError;
use schur_tensor::ShapeError;
use schur_tensor::semiring::SemiringError;
use thiserror::Error;

use super::braid::MOST_STRANDS;

/// Why something is not a diagram or a braid, or has no invariant here.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum KnotError {
    /// Each edge of a diagram has two ends.
    #[error("label {label} occurs {found} times in the planar diagram: each edge has two ends")]
    Label {
        /// The label.
        label: usize,
        /// How often it occurs.
        found: usize,
    },
    /// Two under-strands run against each other.
    #[error("edge {label} is entered from both ends: the first label of a crossing is the incoming lower strand")]
    Direction {
        /// The label of the edge.
        label: usize,
    },
    /// The crossings' cyclic orders do not fit onto a sphere.
    #[error("the diagram has {faces} faces where {expected} fit onto a sphere: labels go round each crossing once")]
    NotPlanar {
        /// Faces found by walking along edges.
        faces: usize,
        /// Crossings plus two for each connected piece.
        expected: usize,
    },
    /// A generator does not act on the strands there are.
    #[error("generator {generator} at position {position} is none of a braid of {strands} strands: ±1 to ±{}", strands.saturating_sub(1))]
    Generator {
        /// The generator.
        generator: i64,
        /// Its position in the word.
        position: usize,
        /// The number of strands.
        strands: usize,
    },
    /// A braid has at least one strand, and not very many.
    #[error("a braid has 1 to {MOST_STRANDS} strands here, but this one has {strands}")]
    Strands {
        /// The number of strands.
        strands: usize,
    },
    /// Caps and cups need pairs of strands.
    #[error("a plat closure joins strands in pairs, but the braid has {strands}")]
    OddStrands {
        /// The number of strands.
        strands: usize,
    },
    /// A text is not a list of numbers.
    #[error("`{text}` at character {position} is not {expected}")]
    Text {
        /// What stands there.
        text: String,
        /// Where, counted from 0.
        position: usize,
        /// What was expected.
        expected: &'static str,
    },
    /// A variable of the polynomial is zero or not finite.
    #[error("the Jones polynomial has no value at t = {re} + {im}i")]
    Variable {
        /// Real part.
        re: f64,
        /// Imaginary part.
        im: f64,
    },
    /// A polynomial or a number cannot be held.
    #[error(transparent)]
    Semiring(#[from] SemiringError),
    /// The contraction cannot be stated.
    #[error(transparent)]
    Contraction(#[from] ContractionError),
    /// The contraction cannot be run.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    /// A tensor is too large.
    #[error(transparent)]
    Shape(#[from] ShapeError),
}
