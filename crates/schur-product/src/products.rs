//! Named products of two representations, all with one face: a [`Product`].
//!
//! | function | what it forms | symmetry |
//! |---|---|---|
//! | [`clebsch_gordan`] | every path $(l_1, l_2) \to l_3$, or some of them | O(3) |
//! | [`gaunt_grid`], [`gaunt_fourier`], [`gaunt_coefficients`] | pointwise products of signals on the sphere | O(3) |
//! | [`vector_signal`] | pointwise cross products of vector signals on the sphere | O(3) |
//! | [`matrix_product`] | products of matrices on spins | O(3) |
//! | [`cartesian`] | TensorNet's products of 3x3 matrices | O(3) |
//! | [`cp`], [`cp_by_pairs`], [`cp_by_quadrature`] | any of them as a sum of products of three vectors | that of the original |
//!
//! [`named_product`] makes them by name for one task, and [`choose`] takes the cheapest that does what is asked for.
//! [`PathGate`] chooses paths to leave out. What a product is worth: [`equivariance_defect`], [`expressivity`],
//! [`interactability`], [`Product::flops`].
//!
//! Operands are irreps in their order, `2l+1` components each, one row a component; channels are an axis beside and
//! meet one to one. A multiplicity is as many blocks of rows. Coefficients are kept as factors (`schur-multilinear`'s
//! [`Factored`]); [`Product::circuit`] is what a kernel compiles.

use schur_group::{GroupError, Irreps};
use schur_multilinear::{Circuit, Factored, Weighting};

use crate::ProductError;

mod cartesian;
mod choice;
mod clebsch_gordan;
mod cp;
mod equivariance;
mod expressivity;
mod gaunt;
mod matrix;
mod registry;
mod sparsity;
mod sphere_grid;
mod symmetric_matrix;
mod torus;
mod vector_signal;

pub use cartesian::{CartesianOptions, cartesian};
pub use choice::{Candidate, Choice, Requirement, Verdict, choose};
pub use clebsch_gordan::{
    CgForm, CgOptions, CgPath, IrrepNormalization, PathNormalization, PathSums, clebsch_gordan, clebsch_gordan_paths,
};
pub use cp::{Cp, CpOptions, cp, cp_by_pairs, cp_by_quadrature};
pub use equivariance::{EquivarianceDefect, equivariance_defect};
pub use expressivity::{Expressivity, Interactability, Interaction, expressivity, interactability};
pub use gaunt::{GauntOptions, gaunt_coefficients, gaunt_fourier, gaunt_grid, gaunt_power};
pub use matrix::{MatrixOptions, matrix_product};
pub use registry::{Mode, PRODUCT_NAMES, Task, all_products, named_product};
pub use sparsity::{GatePhase, GateSchedule, PathGate, best_scores};
pub use sphere_grid::{GridPoint, SphereGrid};
pub use vector_signal::{VectorKind, VectorSignalOptions, vector_signal};

/// The group that a product commutes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Symmetry {
    /// Rotations and inversion: parities are kept.
    #[default]
    O3,
    /// Rotations alone: parities of the operands are not looked at, results are named even.
    So3,
}

/// A bilinear map between representations. See the module's documentation.
#[derive(Debug, Clone, PartialEq)]
pub struct Product {
    name: &'static str,
    operands: [Irreps; 3],
    symmetry: Symmetry,
    map: Factored,
    defect_bound: f64,
}

impl Product {
    /// Joins a map with the representations that it acts on: first argument, second argument, result.
    ///
    /// # Errors
    /// [`ProductError::Dimension`] if an operand does not have the dimension of its irreps.
    pub fn new(
        name: &'static str,
        operands: [Irreps; 3],
        symmetry: Symmetry,
        map: Factored,
    ) -> Result<Self, ProductError> {
        for ((irreps, found), operand) in operands.iter().zip(map.dims()).zip(["left", "right", "result"]) {
            let expected = irreps.dim();
            if expected != found {
                return Err(ProductError::Dimension { product: name, operand, expected, found });
            }
        }
        Ok(Self { name, operands, symmetry, map, defect_bound: 0.0 })
    }

    /// States how far an approximate product may be from equivariance, see [`defect_bound`](Self::defect_bound).
    #[must_use]
    pub fn with_defect_bound(mut self, bound: f64) -> Self {
        self.defect_bound = bound;
        self
    }

    /// The name under which the product is listed.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Irreps of the first argument.
    pub fn left(&self) -> &Irreps {
        &self.operands[0]
    }

    /// Irreps of the second argument.
    pub fn right(&self) -> &Irreps {
        &self.operands[1]
    }

    /// Irreps of the result.
    pub fn output(&self) -> &Irreps {
        &self.operands[2]
    }

    /// The group that the product commutes with.
    pub fn symmetry(&self) -> Symmetry {
        self.symmetry
    }

    /// The map in factors.
    pub fn map(&self) -> &Factored {
        &self.map
    }

    /// Number of weights, one number a channel each.
    pub fn weights(&self) -> usize {
        self.map.weighting().weights
    }

    /// A proved bound of `|P(gx, gy) - g P(x, y)| / (|x| |y|)` with all weights one, 0 for products without error.
    ///
    /// Rounding comes on top.
    pub fn defect_bound(&self) -> f64 {
        self.defect_bound
    }

    /// Evaluates one channel: the oracle of the kernels.
    ///
    /// # Errors
    /// [`ProductError::Factored`] if an argument does not fit.
    pub fn evaluate(&self, x: &[f64], y: &[f64], weights: &[f64]) -> Result<Vec<f64>, ProductError> {
        Ok(self.map.evaluate(x, y, weights)?)
    }

    /// The product as a circuit: two arguments, and the weights if there are any.
    pub fn circuit(&self) -> Circuit {
        self.map.to_circuit()
    }

    /// Multiplications and additions of one channel.
    pub fn flops(&self) -> usize {
        self.circuit().flops()
    }
}

/// One weight for each irrep (copy by copy) of the arguments and the result, in this order.
fn irrep_weighting(operands: &[Irreps; 3]) -> Weighting {
    let mut weights = 0;
    let mut slots = |irreps: &Irreps| {
        let mut slots = Vec::with_capacity(irreps.dim());
        for (copies, irrep) in irreps.iter() {
            for _ in 0..copies {
                slots.extend(std::iter::repeat_n(weights, irrep.dim()));
                weights += 1;
            }
        }
        Some(slots)
    };
    let [left, right, result] = [slots(&operands[0]), slots(&operands[1]), slots(&operands[2])];
    Weighting { weights, left, right, result, sums: None }
}

/// Refuses degrees that the coefficients do not reach, before anything is made of their size.
fn check_degrees<'a>(
    what: &'static str,
    max: usize,
    operands: impl IntoIterator<Item = &'a Irreps>,
) -> Result<(), ProductError> {
    match operands.into_iter().filter_map(Irreps::l_max).find(|&l| l > max) {
        Some(l) => Err(GroupError::DegreeTooLarge { what, l, max }.into()),
        None => Ok(()),
    }
}
