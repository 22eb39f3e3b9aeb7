//! Direct sums of irreps: what a feature vector is made of.

mod algebra;
mod parse;

use std::fmt;
use std::ops::{Add, Range};

use crate::Irrep;

/// A direct sum of irreps, each with a multiplicity, in a fixed order.
///
/// # Examples
/// ```
/// use schur_group::Irreps;
///
/// let hidden: Irreps = "128x0e + 64x1o".parse()?;
/// assert_eq!(hidden.to_string(), "128x0e+64x1o");
/// assert_eq!(hidden.dim(), 128 + 3 * 64);
/// assert_eq!(hidden.slices().collect::<Vec<_>>(), [0..128, 128..320]);
///
/// let error = "128x0e+64x1p".parse::<Irreps>().unwrap_err();
/// assert!(error.to_string().starts_with("cannot read term 2 (`64x1p`, byte 7)"));
/// # Ok::<(), schur_group::GroupError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Irreps {
    blocks: Vec<(usize, Irrep)>,
}

/// One path of a tensor product: two blocks of the operands and an irrep that their product contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProductPath {
    /// Index of the block in the first operand.
    pub left: usize,
    /// Index of the block in the second operand.
    pub right: usize,
    /// The irrep that comes out.
    pub output: Irrep,
}

impl Irreps {
    /// Makes the direct sum of the given multiples, in the given order.
    pub fn new(blocks: impl IntoIterator<Item = (usize, Irrep)>) -> Self {
        Self { blocks: blocks.into_iter().collect() }
    }

    /// Lists one irrep for each degree up to `l_max`, with the parities of the spherical harmonics.
    pub fn spherical_harmonics(l_max: usize) -> Self {
        Self::new((0..=l_max).map(|l| (1, Irrep::harmonic(l))))
    }

    /// Returns the blocks as (multiplicity, irrep).
    pub fn blocks(&self) -> &[(usize, Irrep)] {
        &self.blocks
    }

    /// Goes through the blocks as (multiplicity, irrep).
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (usize, Irrep)> + DoubleEndedIterator + '_ {
        self.blocks.iter().copied()
    }

    /// Returns the number of blocks.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Tells whether there is no block.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Returns the dimension of the whole space; `usize::MAX` where it cannot be counted.
    pub fn dim(&self) -> usize {
        self.iter().fold(0, |sum: usize, block| sum.saturating_add(block_dim(block)))
    }

    /// Returns the sum of the multiplicities.
    pub fn n_irreps(&self) -> usize {
        self.iter().fold(0, |sum: usize, (mul, _)| sum.saturating_add(mul))
    }

    /// Returns the multiplicity of one irrep, over all blocks.
    pub fn count(&self, irrep: Irrep) -> usize {
        self.iter().filter(|block| block.1 == irrep).fold(0, |sum: usize, (mul, _)| sum.saturating_add(mul))
    }

    /// Returns the largest degree that occurs with a positive multiplicity.
    pub fn l_max(&self) -> Option<usize> {
        self.iter().filter(|block| block.0 > 0).map(|(_, irrep)| irrep.l).max()
    }

    /// Goes through the ranges that the blocks take up in a vector of length [`dim`](Self::dim).
    pub fn slices(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.iter().scan(0_usize, |offset, block| {
            let start = *offset;
            *offset = start.saturating_add(block_dim(block));
            Some(start..*offset)
        })
    }

    /// Merges neighbouring blocks of the same irrep and drops empty ones.
    ///
    /// The order of the components does not change.
    ///
    /// # Examples
    /// ```
    /// let irreps: schur_group::Irreps = "2x0e+3x0e+0x1o+1e".parse()?;
    /// assert_eq!(irreps.simplify().to_string(), "5x0e+1x1e");
    /// # Ok::<(), schur_group::GroupError>(())
    /// ```
    #[must_use]
    pub fn simplify(&self) -> Self {
        let mut blocks: Vec<(usize, Irrep)> = Vec::with_capacity(self.len());
        for (mul, irrep) in self.iter().filter(|block| block.0 > 0) {
            match blocks.last_mut() {
                Some(last) if last.1 == irrep => last.0 = last.0.saturating_add(mul),
                _ => blocks.push((mul, irrep)),
            }
        }
        Self { blocks }
    }

    /// Sorts the blocks by degree, odd before even; equal ones keep their order.
    ///
    /// The second value tells where the blocks came from: sorted block `k` is block `order[k]` of `self`.
    ///
    /// # Examples
    /// ```
    /// let irreps: schur_group::Irreps = "1e+2x0e+1o".parse()?;
    /// let (sorted, order) = irreps.sort();
    /// assert_eq!(sorted.to_string(), "2x0e+1x1o+1x1e");
    /// assert_eq!(order, [1, 2, 0]);
    /// # Ok::<(), schur_group::GroupError>(())
    /// ```
    #[must_use]
    pub fn sort(&self) -> (Self, Vec<usize>) {
        let mut tagged: Vec<(usize, (usize, Irrep))> = self.iter().enumerate().collect();
        tagged.sort_by_key(|&(_, (_, irrep))| irrep);
        (Self::new(tagged.iter().map(|&(_, block)| block)), tagged.iter().map(|&(index, _)| index).collect())
    }

    /// Goes through the paths of the tensor product with `other`, by blocks of `self`, then of `other`, then by degree.
    ///
    /// # Examples
    /// ```
    /// use schur_group::Irreps;
    ///
    /// let (x, y): (Irreps, Irreps) = ("4x0e+4x1o".parse()?, "0e+1o".parse()?);
    /// let outputs: Vec<String> = x.product_paths(&y).map(|path| path.output.to_string()).collect();
    /// assert_eq!(outputs, ["0e", "1o", "1o", "0e", "1e", "2e"]);
    /// # Ok::<(), schur_group::GroupError>(())
    /// ```
    pub fn product_paths<'a>(&'a self, other: &'a Irreps) -> impl Iterator<Item = ProductPath> + 'a {
        self.iter().enumerate().flat_map(move |(left, (_, a))| {
            other
                .iter()
                .enumerate()
                .flat_map(move |(right, (_, b))| a.product(b).map(move |output| ProductPath { left, right, output }))
        })
    }
}

fn block_dim((mul, irrep): (usize, Irrep)) -> usize {
    mul.saturating_mul(irrep.dim())
}

impl Add for &Irreps {
    type Output = Irreps;

    /// Makes the direct sum: the blocks of the first, then those of the second.
    fn add(self, other: &Irreps) -> Irreps {
        Irreps::new(self.iter().chain(other.iter()))
    }
}

impl From<Irrep> for Irreps {
    fn from(irrep: Irrep) -> Self {
        Self::new([(1, irrep)])
    }
}

impl FromIterator<(usize, Irrep)> for Irreps {
    fn from_iter<I: IntoIterator<Item = (usize, Irrep)>>(blocks: I) -> Self {
        Self::new(blocks)
    }
}

impl fmt::Display for Irreps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (mul, irrep)) in self.iter().enumerate() {
            let plus = if index == 0 { "" } else { "+" };
            write!(f, "{plus}{mul}x{irrep}")?;
        }
        Ok(())
    }
}
