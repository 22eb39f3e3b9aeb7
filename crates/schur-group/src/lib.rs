//! Representations of groups and what their symmetry fixes: exact first, floats last.
//!
//! This crate knows what a representation is and computes the numbers that symmetry leaves no choice about. It does no array
//! work and no file access. Most of it is about O(3), the rotations and reflections of space.
//!
//! | item | what |
//! |---|---|
//! | [`Irrep`], [`Irreps`] | names of representations of O(3): `"128x0e+64x1o"`, dimensions, parts, products |
//! | [`wigner_3j`], [`clebsch_gordan`], [`gaunt`] | coupling tensors as exact surds, dense or sparse floats, phases of both e3nn conventions |
//! | [`SphericalHarmonics`] | real harmonics of a vector with gradient and Hessian |
//! | [`WignerD`], [`WignerPlan`] | the matrices of rotations, mirrors and inversion on irreps |
//! | [`ReducedTensorBasis`] | tensors with symmetric indices, `"ijkl=jikl=klij"`, taken apart into irreps |
//! | [`Voigt`] | symmetric matrices as six numbers, elasticity tensors as 6 x 6 |
//! | [`isotropic_tensors`] | tensors that no rotation changes, as diagrams of delta and epsilon |
//! | [`equivariant_operations`] | all multilinear operations on tensors and irreps, each as one diagram |
//! | [`HarmonicBasis`] | the orders and signs of other libraries |
//! | [`GroupIrrep`], [`check_coupling`] | irreps and couplings of any group: [`So2Irrep`], [`Su2Irrep`], [`FiniteGroup`] |
//!
//! # Conventions
//! Those of e3nn 0.5 and later. Vectors are `(x, y, z)` and the degree-1 harmonics of a vector are its components in that
//! order, so that the degree-1 Wigner matrix *is* the rotation matrix. The polar axis is **y**: with the usual names of
//! quantum mechanics (polar axis z) the same order reads `y, z, x`, which is `m = -1, 0, 1`. Components run from `m = -l`
//! to `l`; negative `m` go with `sin(|m| phi)`. There is no Condon-Shortley sign.
#![forbid(unsafe_code)]

mod cartesian;
mod coupling;
mod equivariant_operation;
mod error;
mod exact;
mod exact_tensor;
mod finite_group;
mod finite_irrep;
mod gaunt;
mod group_irrep;
mod harmonic_basis;
mod harmonics;
mod index_formula;
mod irrep;
mod irreps;
mod isotropic;
mod reduced_basis;
mod rotation;
mod so2;
mod su2;
mod wigner_3j;
mod wigner_d;
mod wigner_plan;

pub use cartesian::Voigt;
pub use coupling::CouplingTensor;
pub use equivariant_operation::{EquivariantOperation, Operand, equivariant_operations};
pub use error::{FiniteGroupError, FormulaSyntax, GroupError, IrrepSyntax};
pub use exact::Surd;
pub use exact_tensor::{ExactEntry, ExactTensor};
pub use finite_group::FiniteGroup;
pub use finite_irrep::FiniteIrrep;
pub use gaunt::{Gaunt, clebsch_gordan, gaunt};
pub use group_irrep::{CouplingDefect, GroupIrrep, check_coupling};
pub use harmonic_basis::HarmonicBasis;
pub use harmonics::{HarmonicRecurrence, Normalization, Real, SphericalHarmonics};
pub use irrep::{Irrep, Parity};
pub use irreps::{Irreps, ProductPath};
pub use isotropic::{IsotropicTensor, OrthogonalGroup, isotropic_count, isotropic_diagrams, isotropic_tensors};
pub use reduced_basis::ReducedTensorBasis;
pub use rotation::{rotation_from_angles, rotation_from_quaternion};
pub use so2::So2Irrep;
pub use su2::Su2Irrep;
pub use wigner_3j::{Phase, wigner_3j, wigner_3j_with_phase};
pub use wigner_d::WignerD;
pub use wigner_plan::WignerPlan;
