//! Tensors that no rotation changes, written as diagrams of delta and epsilon.
//!
//! By the first fundamental theorem every tensor of rank `n` that all of O(3) leaves as it is is a sum of products of Kronecker
//! deltas that join its indices in pairs; for the rotations alone, and odd `n`, three indices are joined by a Levi-Civita
//! epsilon and the others in pairs. The theorem gives too many: from rank 8 (5 with an epsilon) on, these diagrams are
//! linearly dependent, as an antisymmetric product of four vectors vanishes in three dimensions. How many there really are
//! is the multiplicity of the scalar in the product of `n` vectors: 1, 0, 1, 1, 3, 6, 15, 36, 91, ...
//!
//! All diagrams are integer tensors, so independence is decided exactly, modulo a prime: what is independent there is
//! independent over the rationals, and the count above confirms that nothing is lost.

use std::fmt;

use crate::{GroupError, Irrep, Irreps, Parity};

/// The rotations, or the rotations and reflections, of space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrthogonalGroup {
    /// Rotations only.
    So3,
    /// Rotations and reflections.
    O3,
}

/// An isotropic tensor as a product of deltas and at most one epsilon; indices are counted from 0.
///
/// Written with the letters i, j, k, ...
///
/// # Examples
/// ```
/// use schur_group::{OrthogonalGroup, isotropic_tensors};
///
/// let diagrams = isotropic_tensors(5, OrthogonalGroup::So3)?;
/// let text: Vec<String> = diagrams.iter().map(ToString::to_string).collect();
/// assert_eq!(text[0], "eps_ijk d_lm");
/// assert_eq!(text.len(), 6); // of ten diagrams
/// # Ok::<(), schur_group::GroupError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IsotropicTensor {
    epsilon: Option<[usize; 3]>,
    deltas: Vec<[usize; 2]>,
}

/// Lists a basis of the isotropic tensors of a rank: the first independent ones of [`isotropic_diagrams`].
///
/// # Errors
/// [`GroupError::RankTooLarge`] beyond [`IsotropicTensor::MAX_RANK`].
///
/// # Cost
/// Nothing to speak of up to rank 6; some 10^8 operations for rank 8.
///
/// # Examples
/// The isotropic elasticity tensors are sums of these three.
/// ```
/// use schur_group::{OrthogonalGroup, isotropic_tensors};
///
/// let basis = isotropic_tensors(4, OrthogonalGroup::O3)?;
/// let text: Vec<String> = basis.iter().map(ToString::to_string).collect();
/// assert_eq!(text, ["d_ij d_kl", "d_ik d_jl", "d_il d_jk"]);
/// # Ok::<(), schur_group::GroupError>(())
/// ```
pub fn isotropic_tensors(rank: usize, group: OrthogonalGroup) -> Result<Vec<IsotropicTensor>, GroupError> {
    let expected = isotropic_count(rank, group);
    let mut rows = EchelonRows::default();
    let mut basis = Vec::new();
    for diagram in isotropic_diagrams(rank, group)? {
        if basis.len() == expected {
            break;
        }
        if rows.insert(&diagram.to_tensor()) {
            basis.push(diagram);
        }
    }
    Ok(basis)
}

/// Lists every diagram of a rank, dependent ones too, in the order of the first partner of the first index.
///
/// # Errors
/// [`GroupError::RankTooLarge`] beyond [`IsotropicTensor::MAX_RANK`].
pub fn isotropic_diagrams(rank: usize, group: OrthogonalGroup) -> Result<Vec<IsotropicTensor>, GroupError> {
    let max = IsotropicTensor::MAX_RANK;
    if rank > max {
        return Err(GroupError::RankTooLarge { what: "isotropic tensors", rank, max });
    }
    let indices: Vec<usize> = (0..rank).collect();
    if rank.is_multiple_of(2) {
        return Ok(pairings(&indices).into_iter().map(|deltas| IsotropicTensor { epsilon: None, deltas }).collect());
    }
    if group == OrthogonalGroup::O3 {
        return Ok(Vec::new());
    }
    let mut diagrams = Vec::new();
    for triple in triples(rank) {
        let others: Vec<usize> = indices.iter().copied().filter(|index| !triple.contains(index)).collect();
        let joined = pairings(&others).into_iter();
        diagrams.extend(joined.map(|deltas| IsotropicTensor { epsilon: Some(triple), deltas }));
    }
    Ok(diagrams)
}

/// Counts the isotropic tensors of a rank: how often the scalar occurs in the product of that many vectors.
///
/// # Examples
/// ```
/// use schur_group::{OrthogonalGroup, isotropic_count};
///
/// let counts: Vec<usize> = (0..=8).map(|rank| isotropic_count(rank, OrthogonalGroup::So3)).collect();
/// assert_eq!(counts, [1, 0, 1, 1, 3, 6, 15, 36, 91]);
/// ```
pub fn isotropic_count(rank: usize, group: OrthogonalGroup) -> usize {
    let irreps = Irreps::vectors(1).tensor_power(rank);
    let even = irreps.count(Irrep::new(0, Parity::Even));
    match group {
        OrthogonalGroup::O3 => even,
        OrthogonalGroup::So3 => even + irreps.count(Irrep::new(0, Parity::Odd)),
    }
}

impl IsotropicTensor {
    /// Largest rank; beyond it the diagrams are counted in thousands.
    pub const MAX_RANK: usize = 8;

    /// Returns the three indices of the epsilon, if there is one.
    pub fn epsilon(&self) -> Option<[usize; 3]> {
        self.epsilon
    }

    /// Returns the pairs of indices that deltas join.
    pub fn deltas(&self) -> &[[usize; 2]] {
        &self.deltas
    }

    /// Returns the number of indices.
    pub fn rank(&self) -> usize {
        2 * self.deltas.len() + if self.epsilon.is_some() { 3 } else { 0 }
    }

    /// Writes all elements: 0, 1 and, with an epsilon, -1.
    ///
    /// # Shapes
    /// `[3; rank]`, row-major.
    pub fn to_tensor(&self) -> Vec<i8> {
        let rank = self.rank();
        let strides: Vec<usize> = (0..rank).map(|axis| 3_usize.pow((rank - 1 - axis) as u32)).collect();
        // Only what no factor makes zero is visited.
        let mut elements = vec![(0_usize, 1_i8)];
        for [a, b] in &self.deltas {
            let step = strides[*a] + strides[*b];
            elements = elements.iter().flat_map(|&(at, sign)| (0..3).map(move |x| (at + x * step, sign))).collect();
        }
        if let Some(axes) = self.epsilon {
            let [a, b, c] = axes.map(|axis| strides[axis]);
            let place = |[x, y, z]: [usize; 3]| x * a + y * b + z * c;
            let even = [[0, 1, 2], [1, 2, 0], [2, 0, 1]].map(|order| (place(order), 1));
            let odd = [[0, 2, 1], [2, 1, 0], [1, 0, 2]].map(|order| (place(order), -1));
            let signed = [even, odd].concat();
            elements =
                elements.iter().flat_map(|&(at, _)| signed.iter().map(move |(to, sign)| (at + to, *sign))).collect();
        }
        let mut tensor = vec![0; 3_usize.pow(rank as u32)];
        elements.into_iter().for_each(|(at, sign)| tensor[at] = sign);
        tensor
    }
}

impl fmt::Display for IsotropicTensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |indices: &[usize]| -> String { indices.iter().copied().map(index_name).collect() };
        let epsilon = self.epsilon.iter().map(|triple| format!("eps_{}", name(triple)));
        let factors: Vec<String> = epsilon.chain(self.deltas.iter().map(|pair| format!("d_{}", name(pair)))).collect();
        f.write_str(if factors.is_empty() { "1" } else { "" })?;
        f.write_str(&factors.join(" "))
    }
}

/// Names an index: i, j, k, ...
pub(crate) fn index_name(index: usize) -> char {
    char::from(b'i' + index as u8)
}

/// Lists the ways to join an even number of indices in pairs.
fn pairings(indices: &[usize]) -> Vec<Vec<[usize; 2]>> {
    let Some((&first, others)) = indices.split_first() else {
        return vec![Vec::new()];
    };
    let mut found = Vec::new();
    for &partner in others {
        let rest: Vec<usize> = others.iter().copied().filter(|index| *index != partner).collect();
        for mut pairs in pairings(&rest) {
            pairs.insert(0, [first, partner]);
            found.push(pairs);
        }
    }
    found
}

/// Lists the three-element subsets of the first `n` numbers.
fn triples(n: usize) -> Vec<[usize; 3]> {
    let pairs = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b)));
    pairs.flat_map(|(a, b)| (b + 1..n).map(move |c| [a, b, c])).collect()
}

/// Rows in echelon form modulo a prime, to which independent ones are added.
#[derive(Default)]
struct EchelonRows {
    /// Each row with the column of its first element, which is 1.
    rows: Vec<(usize, Vec<u64>)>,
}

impl EchelonRows {
    /// A prime below 2^31, so that products fit 64 bits.
    const PRIME: u64 = 2_147_483_647;

    /// Adds a vector unless the rows span it; tells whether it was added.
    fn insert(&mut self, vector: &[i8]) -> bool {
        let p = Self::PRIME;
        let mut row: Vec<u64> = vector.iter().map(|x| i64::from(*x).rem_euclid(p as i64) as u64).collect();
        for (column, known) in &self.rows {
            let factor = row[*column];
            if factor != 0 {
                row.iter_mut().zip(known).for_each(|(x, y)| *x = (*x + (p - factor) * y) % p);
            }
        }
        let Some(column) = row.iter().position(|x| *x != 0) else {
            return false;
        };
        let inverse = power(row[column], p - 2, p);
        row.iter_mut().for_each(|x| *x = *x * inverse % p);
        self.rows.push((column, row));
        true
    }
}

fn power(mut base: u64, mut exponent: u64, modulus: u64) -> u64 {
    let mut result = 1;
    while exponent > 0 {
        if exponent % 2 == 1 {
            result = result * base % modulus;
        }
        base = base * base % modulus;
        exponent /= 2;
    }
    result
}
