//! Tensors with a symmetry of their indices, taken apart into irreps.
//!
//! Coupling one index after the other gives an orthonormal basis of all tensors, sorted by irrep: for irrep `r` there are
//! copies `e_1, e_2, ..`, each a set of `2 l + 1` tensors. Permutations of indices commute with rotations. By Schur's lemma
//! they only mix the copies, and by the same small matrix for every component `m`:
//!
//! $$ P e_b^m = \sum_a P_{ab}\, e_a^m, \qquad P_{ab} = \langle e_a^m, P e_b^m \rangle. $$
//!
//! So the projector on the symmetric tensors is found on one component, and an orthonormal basis of its range, which
//! Gram-Schmidt with pivots takes from its columns, serves all. The symmetry of the first `k` indices is imposed as soon as
//! `k` of them are coupled, which keeps the number of copies near that of the result.

mod coupling_tree;

use std::fmt;

use coupling_tree::{Copies, couple, impose};

use crate::index_formula::IndexSymmetry;
use crate::{ExactTensor, GroupError, Irrep, Irreps, Parity};

/// An orthonormal basis of the tensors with a symmetry of their indices, sorted by irreps.
///
/// What e3nn calls `ReducedTensorProducts`. The same formula always gives the same basis, in order and sign.
///
/// # Examples
/// A symmetric matrix is its trace and five numbers of degree 2.
/// ```
/// use schur_group::{Irreps, ReducedTensorBasis};
///
/// let basis = ReducedTensorBasis::new("ij=ji", &[('i', "1o".parse()?)])?;
/// assert_eq!(basis.irreps().to_string(), "1x0e+1x2e");
/// assert_eq!(basis.shape(), [3, 3]);
///
/// let identity = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
/// let features = basis.to_irreps(&identity)?;
/// assert!((features[0] - 3.0_f64.sqrt()).abs() < 1e-15);
/// assert!(features[1..].iter().all(|x| x.abs() < 1e-15));
/// # Ok::<(), schur_group::GroupError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct ReducedTensorBasis {
    formula: String,
    indices: Vec<Irreps>,
    irreps: Irreps,
    n_elements: usize,
    /// Basis vectors one after the other, each a tensor.
    vectors: Vec<f64>,
}

impl ReducedTensorBasis {
    /// Largest number of indices.
    pub const MAX_RANK: usize = IndexSymmetry::MAX_RANK;

    /// Largest number of floats that the bases on the way may take.
    pub const MAX_ELEMENTS: usize = 1 << 24;

    /// Makes the basis of the tensors that a formula describes.
    ///
    /// # Formula
    /// As in e3nn: terms joined by `=`, each the same indices in some order, with a minus sign where the tensor changes its
    /// sign. `ij=-ji` are antisymmetric matrices, `ijkl=jikl=ijlk=klij` elasticity tensors, `ijk` any tensors of rank 3.
    /// Spaces do not matter. `indices` gives the irreps of each index; one index of those that a permutation exchanges is
    /// enough.
    ///
    /// # Errors
    /// [`GroupError::ParseFormula`] with the place in the formula, [`GroupError::IndexIrreps`] naming an index without irreps
    /// or with two different ones,
    /// [`GroupError::UnknownIndex`], [`GroupError::TensorTooLarge`], or [`GroupError::DegreeTooLarge`] where a degree on the way
    /// exceeds [`ExactTensor::MAX_DEGREE`].
    ///
    /// # Cost
    /// With `n` elements of a tensor and `k` copies of irreps before the last symmetry is imposed, O(n k^2).
    ///
    /// # Examples
    /// ```
    /// use schur_group::{Irreps, ReducedTensorBasis};
    ///
    /// let vector: Irreps = "1o".parse()?;
    /// let elasticity = ReducedTensorBasis::new("ijkl=jikl=ijlk=klij", &[('i', vector.clone())])?;
    /// assert_eq!(elasticity.irreps().to_string(), "2x0e+2x2e+1x4e");
    /// let piezoelectricity = ReducedTensorBasis::new("ijk=ikj", &[('i', vector.clone()), ('j', vector)])?;
    /// assert_eq!(piezoelectricity.irreps().to_string(), "2x1o+1x2o+1x3o");
    /// # Ok::<(), schur_group::GroupError>(())
    /// ```
    pub fn new(formula: &str, indices: &[(char, Irreps)]) -> Result<Self, GroupError> {
        Self::with_filter(formula, indices, |_| true)
    }

    /// Makes only the part of the basis whose irreps are wanted, which allows for higher ranks.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    ///
    /// # Examples
    /// The isotropic tensors of rank 4, three of them, and those with the symmetry of elasticity, two.
    /// ```
    /// use schur_group::{Irrep, Irreps, ReducedTensorBasis};
    ///
    /// let vector: Irreps = "1o".parse()?;
    /// let indices = ['i', 'j', 'k', 'l'].map(|index| (index, vector.clone()));
    /// let isotropic = |formula| ReducedTensorBasis::with_filter(formula, &indices, Irrep::is_scalar);
    /// assert_eq!(isotropic("ijkl")?.irreps().to_string(), "3x0e");
    /// assert_eq!(isotropic("ijkl=jikl=klij")?.irreps().to_string(), "2x0e");
    /// # Ok::<(), schur_group::GroupError>(())
    /// ```
    pub fn with_filter(
        formula: &str,
        indices: &[(char, Irreps)],
        keep: impl Fn(Irrep) -> bool,
    ) -> Result<Self, GroupError> {
        let symmetry = IndexSymmetry::parse(formula)?;
        let indices = irreps_of_indices(&symmetry, indices)?;
        // What the indices from some place on can add to a degree.
        let mut reach: Vec<usize> = indices.iter().rev().scan(0, |sum, x| Some(accumulate(sum, x))).collect();
        reach.reverse();
        reach.push(0);
        let wanted: Vec<usize> = (0..=reach[0])
            .filter(|l| [Parity::Even, Parity::Odd].into_iter().any(|parity| keep(Irrep::new(*l, parity))))
            .collect();
        let mut copies = Copies::from([(Irrep::new(0, Parity::Even), vec![vec![1.0]])]);
        let mut dims: Vec<usize> = Vec::with_capacity(indices.len());
        for (at, index) in indices.iter().enumerate() {
            let left = reach[at + 1];
            let useful = |irrep: Irrep| match left {
                0 => keep(irrep),
                _ => wanted.iter().any(|l| l.abs_diff(irrep.l) <= left),
            };
            copies = couple(&copies, dims.iter().product(), index, useful)?;
            dims.push(index.dim());
            impose(&symmetry.transversal(at + 1), &dims, &mut copies);
        }
        let irreps = copies.iter().map(|(irrep, list)| (list.len(), *irrep)).filter(|block| block.0 > 0).collect();
        let vectors: Vec<f64> = copies.into_values().flatten().flatten().map(cleaned).collect();
        Ok(Self { formula: formula.to_owned(), indices, irreps, n_elements: dims.iter().product(), vectors })
    }

    /// Returns the formula.
    pub fn formula(&self) -> &str {
        &self.formula
    }

    /// Returns the irreps of the basis, by degree, odd before even.
    pub fn irreps(&self) -> &Irreps {
        &self.irreps
    }

    /// Returns the irreps of each index.
    pub fn index_irreps(&self) -> &[Irreps] {
        &self.indices
    }

    /// Returns the length of each index.
    pub fn shape(&self) -> Vec<usize> {
        self.indices.iter().map(Irreps::dim).collect()
    }

    /// Returns the change of basis.
    ///
    /// # Shapes
    /// `[irreps.dim(), shape...]`, row-major; rows are orthonormal.
    pub fn as_slice(&self) -> &[f64] {
        &self.vectors
    }

    /// Goes through the basis, each vector a tensor of the [`shape`](Self::shape), row-major.
    ///
    /// In the order of components of the [`irreps`](Self::irreps): by block, then copy, then `m`.
    pub fn vectors(&self) -> impl ExactSizeIterator<Item = &[f64]> + '_ {
        self.vectors.chunks_exact(self.n_elements.max(1))
    }

    /// Takes a tensor apart. What lacks the symmetry of the formula is left out.
    ///
    /// # Shapes
    /// `tensor`: the [`shape`](Self::shape), row-major → `[irreps.dim()]`.
    ///
    /// # Errors
    /// [`GroupError::Length`].
    pub fn to_irreps(&self, tensor: &[f64]) -> Result<Vec<f64>, GroupError> {
        check_length("tensor", self.n_elements, tensor.len())?;
        Ok(self.vectors().map(|vector| vector.iter().zip(tensor).map(|(a, b)| a * b).sum()).collect())
    }

    /// Puts a tensor together.
    ///
    /// # Shapes
    /// `features: [irreps.dim()]` → the [`shape`](Self::shape), row-major.
    ///
    /// # Errors
    /// [`GroupError::Length`].
    pub fn to_tensor(&self, features: &[f64]) -> Result<Vec<f64>, GroupError> {
        check_length("features", self.irreps.dim(), features.len())?;
        let mut tensor = vec![0.0; self.n_elements];
        for (vector, feature) in self.vectors().zip(features) {
            tensor.iter_mut().zip(vector).for_each(|(sum, x)| *sum += feature * x);
        }
        Ok(tensor)
    }

    /// Measures the part of a tensor that the basis does not hold, relative to its norm: 0 for one with the symmetry.
    ///
    /// # Errors
    /// [`GroupError::Length`].
    pub fn defect(&self, tensor: &[f64]) -> Result<f64, GroupError> {
        let held = self.to_tensor(&self.to_irreps(tensor)?)?;
        let rest: f64 = tensor.iter().zip(&held).map(|(a, b)| (a - b) * (a - b)).sum();
        let norm: f64 = tensor.iter().map(|x| x * x).sum();
        Ok(if norm == 0.0 { 0.0 } else { (rest / norm).sqrt() })
    }
}

impl fmt::Debug for ReducedTensorBasis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReducedTensorBasis({} -> {})", self.formula, self.irreps)
    }
}

/// Finds the irreps of every index from those given.
fn irreps_of_indices(symmetry: &IndexSymmetry, given: &[(char, Irreps)]) -> Result<Vec<Irreps>, GroupError> {
    let fail = |index, found: Vec<&Irreps>| {
        let found = found.iter().map(|irreps| format!("`{irreps}`")).collect::<Vec<_>>().join(" and ");
        GroupError::IndexIrreps { index, found }
    };
    if let Some((index, irreps)) = given.iter().find(|(letter, _)| !symmetry.letters.contains(letter)) {
        return Err(GroupError::UnknownIndex { index: *index, irreps: irreps.clone() });
    }
    let max = ExactTensor::MAX_DEGREE;
    if let Some(l) = given.iter().filter_map(|(_, irreps)| irreps.l_max()).find(|l| *l > max) {
        return Err(GroupError::DegreeTooLarge { what: "bases of tensors", l, max });
    }
    let of_index = |at: usize| {
        let orbit = symmetry.orbit(at);
        let letters: Vec<char> = orbit.iter().map(|other| symmetry.letters[*other]).collect();
        let mut found: Vec<&Irreps> = Vec::new();
        for (_, irreps) in given.iter().filter(|(letter, _)| letters.contains(letter)) {
            if !found.contains(&irreps) {
                found.push(irreps);
            }
        }
        match found[..] {
            [irreps] => Ok(irreps.clone()),
            _ => Err(fail(symmetry.letters[at], found)),
        }
    };
    (0..symmetry.rank()).map(of_index).collect()
}

fn accumulate(sum: &mut usize, irreps: &Irreps) -> usize {
    *sum = sum.saturating_add(irreps.l_max().unwrap_or(0));
    *sum
}

/// Sets to zero what is only rounding: vectors have unit length.
fn cleaned(x: f64) -> f64 {
    const ROUNDING: f64 = 1e-14;
    if x.abs() < ROUNDING { 0.0 } else { x }
}

fn check_length(what: &'static str, expected: usize, found: usize) -> Result<(), GroupError> {
    if expected == found { Ok(()) } else { Err(GroupError::Length { what, expected, found }) }
}
