//! Irreps of finite groups: the matrices of all elements, and the checks they must pass.

use std::fmt;
use std::sync::Arc;

use crate::finite_group::{identity_matrix, multiply};
use crate::{FiniteGroup, FiniteGroupError, GroupError, GroupIrrep};

/// An irreducible real representation of a [`FiniteGroup`].
#[derive(Clone, Debug)]
pub struct FiniteIrrep {
    group: Arc<FiniteGroup>,
    index: usize,
}

/// The matrices of one irrep, element by element.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct IrrepTable {
    pub(crate) name: String,
    pub(crate) dim: usize,
    pub(crate) commutant_dim: usize,
    matrices: Vec<Vec<f64>>,
}

/// Largest element by which matrices may miss orthogonality, or a product of the group: they may come from files.
const MATRIX_TOLERANCE: f64 = 1e-8;

impl FiniteIrrep {
    pub(crate) fn new(group: Arc<FiniteGroup>, index: usize) -> Self {
        Self { group, index }
    }

    /// Returns the group.
    pub fn group(&self) -> &Arc<FiniteGroup> {
        &self.group
    }

    /// Returns the name within the group.
    pub fn name(&self) -> &str {
        &self.table().name
    }

    /// Returns the traces of the matrices, one an element.
    pub fn characters(&self) -> Vec<f64> {
        self.table().characters()
    }

    pub(crate) fn table(&self) -> &IrrepTable {
        self.group.table_of(self.index)
    }

    fn check_group(&self, other: &Self) -> Result<(), GroupError> {
        if self.group == other.group {
            return Ok(());
        }
        let (left, right) = (self.group.name().to_owned(), other.group.name().to_owned());
        Err(GroupError::DifferentGroups { left, right })
    }
}

impl PartialEq for FiniteIrrep {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index && (Arc::ptr_eq(&self.group, &other.group) || self.group == other.group)
    }
}

impl fmt::Display for FiniteIrrep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl GroupIrrep for FiniteIrrep {
    /// The number of an element.
    type Element = usize;

    fn dim(&self) -> usize {
        self.table().dim
    }

    fn commutant_dim(&self) -> usize {
        self.table().commutant_dim
    }

    fn products(&self, other: &Self) -> Result<Vec<(usize, Self)>, GroupError> {
        self.check_group(other)?;
        let pairs = self.characters().into_iter().zip(other.characters());
        self.group.multiplicities(&pairs.map(|(a, b)| a * b).collect::<Vec<f64>>())
    }

    fn matrix(&self, element: &usize) -> Result<Vec<f64>, GroupError> {
        self.table().matrices.get(*element).cloned().ok_or_else(|| GroupError::FiniteGroup {
            group: self.group.name().to_owned(),
            reason: FiniteGroupError::UnknownElement { element: *element, order: self.group.order() },
        })
    }

    fn generators(&self) -> Vec<usize> {
        self.group.generators().to_vec()
    }

    fn coupling(&self, other: &Self, output: &Self) -> Result<Vec<crate::CouplingTensor>, GroupError> {
        self.check_group(other)?;
        self.check_group(output)?;
        crate::coupling::solve_coupling(self, other, output)
    }
}

impl IrrepTable {
    /// Largest number of elements of the matrices of one representation.
    const MAX_NUMBERS: usize = 1 << 24;

    /// Makes an irrep of its matrices on the generators.
    pub(crate) fn new(
        group: &FiniteGroup,
        name: &str,
        dim: usize,
        matrices: &[Vec<f64>],
    ) -> Result<Self, FiniteGroupError> {
        let mut table = Self::represent(group, name, dim, matrices)?;
        let characters = table.characters();
        let norm = mean(characters.iter().map(|x| x * x));
        let squares = (0..group.order()).filter_map(|g| group.product(g, g));
        let indicator = mean(squares.map(|g| characters[g]));
        // (norm + indicator) / 2 is the dimension of the space of symmetric matrices that commute with the representation.
        // Of an irreducible one these are the multiples of the identity; of any other also the projections on its parts.
        if (norm + indicator).round() as i64 != 2 {
            let symmetric = ((norm + indicator) / 2.0).round() as usize;
            return Err(FiniteGroupError::Reducible { irrep: table.name, symmetric });
        }
        table.commutant_dim = norm.round() as usize;
        for other in group.tables() {
            let overlap = mean(other.characters().iter().zip(&characters).map(|(a, b)| a * b));
            if overlap.round() as usize != 0 || other.name == name {
                return Err(FiniteGroupError::KnownIrrep { irrep: table.name, known: other.name.clone() });
            }
        }
        Ok(table)
    }

    /// Extends matrices from the generators to the group, and checks that this gives an orthogonal representation.
    pub(crate) fn represent(
        group: &FiniteGroup,
        name: &str,
        dim: usize,
        generators: &[Vec<f64>],
    ) -> Result<Self, FiniteGroupError> {
        let irrep = || name.to_owned();
        let (n_generators, max) = (group.generators().len(), Self::MAX_NUMBERS);
        if dim.saturating_mul(dim).saturating_mul(group.order()) > max {
            return Err(FiniteGroupError::TooLarge { irrep: irrep(), dim, order: group.order(), max });
        }
        if generators.len() != n_generators {
            return Err(FiniteGroupError::NumberOfMatrices {
                irrep: irrep(),
                expected: n_generators,
                found: generators.len(),
            });
        }
        for (matrix, &element) in generators.iter().zip(group.generators()) {
            let expected = dim.saturating_mul(dim);
            if matrix.len() != expected || dim == 0 {
                return Err(FiniteGroupError::MatrixLength { irrep: irrep(), element, expected, found: matrix.len() });
            }
            let gram = multiply(dim, matrix, &transpose(dim, matrix));
            let defect = distance(&gram, &identity_matrix(dim));
            if defect.is_nan() || defect > MATRIX_TOLERANCE {
                return Err(FiniteGroupError::NotOrthogonal { irrep: irrep(), element, defect });
            }
        }
        let mut matrices = vec![identity_matrix(dim); group.order()];
        for &(element, shorter, generator) in group.words() {
            matrices[element] = multiply(dim, &matrices[shorter], &generators[generator]);
        }
        for (matrix, &s) in generators.iter().zip(group.generators()) {
            for (g, left) in matrices.iter().enumerate() {
                let product = multiply(dim, left, matrix);
                let defect = group.product(g, s).map_or(f64::INFINITY, |gs| distance(&product, &matrices[gs]));
                if defect > MATRIX_TOLERANCE {
                    return Err(FiniteGroupError::NotHomomorphism { irrep: irrep(), elements: [g, s], defect });
                }
            }
        }
        Ok(Self { name: irrep(), dim, commutant_dim: 1, matrices })
    }

    pub(crate) fn characters(&self) -> Vec<f64> {
        self.matrices.iter().map(|matrix| matrix.iter().step_by(self.dim + 1).sum()).collect()
    }

    /// Returns how many elements of the group this irrep accounts for.
    pub(crate) fn share(&self) -> usize {
        self.dim * self.dim / self.commutant_dim
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0_usize), |(sum, n), x| (sum + x, n + 1));
    sum / n as f64
}

fn transpose(dim: usize, matrix: &[f64]) -> Vec<f64> {
    (0..dim * dim).map(|at| matrix[at % dim * dim + at / dim]).collect()
}

/// Returns the largest difference of two elements.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |largest, (x, y)| if (x - y).is_nan() { f64::NAN } else { (x - y).abs().max(largest) })
}
