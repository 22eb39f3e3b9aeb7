//! All multilinear operations on tensors that commute with rotations, each as one diagram.
//!
//! An operation that takes tensors of ranks `r_1, r_2, ..` to one of rank `r` and commutes with rotations is a contraction
//! with an isotropic tensor of rank `r_1 + r_2 + .. + r`, so a basis of isotropic tensors is a basis of operations. A spherical
//! operand of degree `l` is the traceless symmetric part of a tensor of rank `l`: diagrams with a delta, or two legs of the
//! epsilon, on one such operand vanish, and diagrams that differ by the order of its indices are the same.

use std::fmt;

use crate::isotropic::index_name;
use crate::{
    GroupError, Irrep, Irreps, IsotropicTensor, OrthogonalGroup, Parity, ReducedTensorBasis, isotropic_diagrams,
};

/// One input or the output of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// A tensor of some rank, with all of its `3^rank` elements.
    Cartesian(usize),
    /// Features of an irrep with the parity of the spherical harmonics, `2 l + 1` components.
    Spherical(usize),
}

/// A multilinear operation on tensors and irreps that commutes with rotations.
///
/// Made by [`equivariant_operations`].
#[derive(Clone, Debug, PartialEq)]
pub struct EquivariantOperation {
    operands: Vec<Operand>,
    diagram: IsotropicTensor,
    tensor: Vec<f64>,
}

/// Lists a basis of the multilinear operations on some inputs that commute with the group.
///
/// # Errors
/// [`GroupError::RankTooLarge`] if the ranks and degrees of inputs and output add up to more than
/// [`IsotropicTensor::MAX_RANK`].
///
/// # Examples
/// What can be made of a stress tensor and a vector to give a vector.
/// ```
/// use schur_group::{Operand, OrthogonalGroup, equivariant_operations};
///
/// let inputs = [Operand::Cartesian(2), Operand::Cartesian(1)];
/// let operations = equivariant_operations(&inputs, Operand::Cartesian(1), OrthogonalGroup::O3)?;
/// let text: Vec<String> = operations.iter().map(ToString::to_string).collect();
/// assert_eq!(text, ["out_l = d_ij d_kl a_ij b_k", "out_l = d_ik d_jl a_ij b_k", "out_l = d_il d_jk a_ij b_k"]);
///
/// // Of a traceless symmetric tensor only one is left.
/// let inputs = [Operand::Spherical(2), Operand::Spherical(1)];
/// let operations = equivariant_operations(&inputs, Operand::Spherical(1), OrthogonalGroup::O3)?;
/// assert_eq!(operations[0].to_string(), "out_l = d_ik d_jl a_ij b_k");
/// assert_eq!((operations.len(), operations[0].shape()), (1, vec![5, 3, 3]));
/// # Ok::<(), schur_group::GroupError>(())
/// ```
///
/// # Source
/// Zhang et al., Constructing Invariant and Equivariant Operations by Symmetric Tensor Network, 2025, arXiv 2508.12596.
pub fn equivariant_operations(
    inputs: &[Operand],
    output: Operand,
    group: OrthogonalGroup,
) -> Result<Vec<EquivariantOperation>, GroupError> {
    let operands: Vec<Operand> = inputs.iter().copied().chain([output]).collect();
    let rank = operands.iter().fold(0_usize, |sum, operand| sum.saturating_add(operand.rank()));
    let diagrams = isotropic_diagrams(rank, group)?;
    let expected = operation_count(&operands, group);
    let bases = operands.iter().map(|operand| operand.basis()).collect::<Result<Vec<_>, _>>()?;
    let mut orthonormal: Vec<Vec<f64>> = Vec::new();
    let mut operations = Vec::new();
    for diagram in diagrams.into_iter().filter(|diagram| !vanishes(diagram, &operands)) {
        if operations.len() == expected {
            break;
        }
        let tensor = contract(&diagram, &operands, &bases);
        if extend(&mut orthonormal, &tensor) {
            operations.push(EquivariantOperation { operands: operands.clone(), diagram, tensor });
        }
    }
    Ok(operations)
}

impl EquivariantOperation {
    /// Returns the diagram: the isotropic tensor that the indices of all operands, the output last, are contracted with.
    pub fn diagram(&self) -> &IsotropicTensor {
        &self.diagram
    }

    /// Returns the number of components of each input, then of the output.
    pub fn shape(&self) -> Vec<usize> {
        self.operands.iter().map(|operand| operand.dim()).collect()
    }

    /// Returns the coefficients.
    ///
    /// # Shapes
    /// The [`shape`](Self::shape), row-major: component of each input, then of the output.
    pub fn tensor(&self) -> &[f64] {
        &self.tensor
    }
}

impl fmt::Display for EquivariantOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = Vec::new();
        let mut start = 0;
        for operand in &self.operands {
            let indices: String = (start..start + operand.rank()).map(index_name).collect();
            names.push(if indices.is_empty() { String::new() } else { format!("_{indices}") });
            start += operand.rank();
        }
        let output = names.pop().unwrap_or_default();
        write!(f, "out{output} = {}", self.diagram)?;
        for (letter, name) in ('a'..).zip(names) {
            write!(f, " {letter}{name}")?;
        }
        Ok(())
    }
}

impl Operand {
    /// Returns the number of Cartesian indices.
    fn rank(self) -> usize {
        match self {
            Operand::Cartesian(rank) => rank,
            Operand::Spherical(l) => l,
        }
    }

    /// Returns the number of components.
    fn dim(self) -> usize {
        match self {
            Operand::Cartesian(rank) => 3_usize.pow(rank as u32),
            Operand::Spherical(l) => 2 * l + 1,
        }
    }

    /// Returns the traceless symmetric tensors of a spherical operand; `None` where components are elements.
    fn basis(self) -> Result<Option<ReducedTensorBasis>, GroupError> {
        let Operand::Spherical(l @ 2..) = self else {
            return Ok(None);
        };
        let letters: String = ('a'..).take(l).collect();
        let (first, rest) = letters.split_at(1);
        let (second, others) = rest.split_at(1);
        let formula = format!("{letters}={second}{first}{others}={rest}{first}");
        ReducedTensorBasis::with_filter(&formula, &[('a', Irreps::vectors(1))], |irrep| irrep.l == l).map(Some)
    }
}

/// Counts the scalars in the product of all operands.
fn operation_count(operands: &[Operand], group: OrthogonalGroup) -> usize {
    let one = Irreps::from(Irrep::new(0, Parity::Even));
    let product = operands.iter().fold(one, |product, operand| {
        product.tensor_product(&match operand {
            Operand::Cartesian(rank) => Irreps::vectors(1).tensor_power(*rank),
            Operand::Spherical(l) => Irreps::from(Irrep::harmonic(*l)),
        })
    });
    let pseudoscalars = if group == OrthogonalGroup::So3 { product.count(Irrep::new(0, Parity::Odd)) } else { 0 };
    product.count(Irrep::new(0, Parity::Even)) + pseudoscalars
}

/// Tells whether a factor takes the trace, or the antisymmetric part, of a spherical operand.
fn vanishes(diagram: &IsotropicTensor, operands: &[Operand]) -> bool {
    let owners = operands.iter().enumerate().flat_map(|(at, operand)| {
        let owner = matches!(operand, Operand::Spherical(_)).then_some(at);
        std::iter::repeat_n(owner, operand.rank())
    });
    let owners: Vec<Option<usize>> = owners.collect();
    let same = |a: usize, b: usize| owners[a].is_some() && owners[a] == owners[b];
    diagram.deltas().iter().any(|[a, b]| same(*a, *b))
        || diagram.epsilon().is_some_and(|[a, b, c]| same(a, b) || same(b, c) || same(a, c))
}

/// Writes the diagram in the components of the operands.
fn contract(diagram: &IsotropicTensor, operands: &[Operand], bases: &[Option<ReducedTensorBasis>]) -> Vec<f64> {
    let mut tensor: Vec<f64> = diagram.to_tensor().into_iter().map(f64::from).collect();
    for (operand, basis) in operands.iter().zip(bases) {
        // The first operand is rewritten and moved to the end, so that in the end all are in order.
        let n_elements = 3_usize.pow(operand.rank() as u32);
        let rest = tensor.len() / n_elements;
        let mut moved = vec![0.0; rest * operand.dim()];
        for component in 0..operand.dim() {
            let vector = basis.as_ref().and_then(|basis| basis.vectors().nth(component));
            for element in 0..n_elements {
                let weight = vector.map_or(f64::from(u8::from(component == element)), |vector| vector[element]);
                if weight != 0.0 {
                    let row = &tensor[element * rest..(element + 1) * rest];
                    let column = moved.iter_mut().skip(component).step_by(operand.dim());
                    column.zip(row).for_each(|(sum, x)| *sum += weight * x);
                }
            }
        }
        tensor = moved;
    }
    tensor
}

/// Adds a vector to an orthonormal set unless the set spans it; tells whether it was added.
fn extend(orthonormal: &mut Vec<Vec<f64>>, vector: &[f64]) -> bool {
    /// Part of the squared norm below which only rounding is left; contractions of integers leave far more.
    const RESIDUAL: f64 = 1e-9;
    let square = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>();
    let mut rest = vector.to_vec();
    for _ in 0..2 {
        for other in orthonormal.iter() {
            let overlap: f64 = other.iter().zip(&rest).map(|(a, b)| a * b).sum();
            rest.iter_mut().zip(other).for_each(|(x, y)| *x -= overlap * y);
        }
    }
    let norm = square(&rest);
    if norm <= RESIDUAL * square(vector) {
        return false;
    }
    rest.iter_mut().for_each(|x| *x /= norm.sqrt());
    orthonormal.push(rest);
    true
}
