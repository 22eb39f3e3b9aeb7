//! Parts, products and multiples of direct sums.

use std::collections::BTreeMap;
use std::ops::{Bound, Mul, RangeBounds};

use crate::{GroupError, Irrep, Irreps, Parity};

impl Irreps {
    /// Names the space of `n_vectors` ordinary vectors: `1o`.
    pub fn vectors(n_vectors: usize) -> Self {
        Self::new([(n_vectors, Irrep::new(1, Parity::Odd))])
    }

    /// Tells whether the irrep occurs with a positive multiplicity.
    pub fn contains(&self, irrep: Irrep) -> bool {
        self.count(irrep) > 0
    }

    /// Tells whether nothing but invariants `0e` occurs.
    pub fn is_scalar(&self) -> bool {
        self.iter().all(|(mul, irrep)| mul == 0 || irrep.is_scalar())
    }

    /// Goes through the single copies, blocks with a multiplicity taken apart.
    ///
    /// # Examples
    /// ```
    /// let irreps: schur_group::Irreps = "2x0e+1o".parse()?;
    /// assert_eq!(irreps.copies().map(|irrep| irrep.l).collect::<Vec<_>>(), [0, 0, 1]);
    /// # Ok::<(), schur_group::GroupError>(())
    /// ```
    pub fn copies(&self) -> impl Iterator<Item = Irrep> + '_ {
        self.iter().flat_map(|(mul, irrep)| std::iter::repeat_n(irrep, mul))
    }

    /// Takes a range of blocks; the components of a block stay together.
    ///
    /// # Errors
    /// [`GroupError::BlockRange`] if the range ends beyond the last block or before it starts.
    ///
    /// # Examples
    /// ```
    /// let irreps: schur_group::Irreps = "8x0e+4x1o+2x2e".parse()?;
    /// assert_eq!(irreps.slice(1..)?.to_string(), "4x1o+2x2e");
    /// assert!(irreps.slice(1..4).is_err());
    /// # Ok::<(), schur_group::GroupError>(())
    /// ```
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Result<Self, GroupError> {
        let start = match range.start_bound() {
            Bound::Included(&start) => start,
            Bound::Excluded(&before) => before.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(&last) => last.saturating_add(1),
            Bound::Excluded(&end) => end,
            Bound::Unbounded => self.len(),
        };
        let blocks = self.blocks.get(start..end).ok_or(GroupError::BlockRange { start, end, n_blocks: self.len() })?;
        Ok(Self { blocks: blocks.to_vec() })
    }

    /// Keeps the blocks whose irrep is wanted, in their order.
    ///
    /// # Examples
    /// ```
    /// use schur_group::{Irreps, Parity};
    ///
    /// let irreps: Irreps = "8x0e+4x1o+4x1e+2x2e".parse()?;
    /// assert_eq!(irreps.filter(|irrep| irrep.l <= 1 && irrep.parity == Parity::Even).to_string(), "8x0e+4x1e");
    /// # Ok::<(), schur_group::GroupError>(())
    /// ```
    #[must_use]
    pub fn filter(&self, mut keep: impl FnMut(Irrep) -> bool) -> Self {
        Self::new(self.iter().filter(|block| keep(block.1)))
    }

    /// Collects equal irreps: at most one block each, by degree, odd before even.
    ///
    /// The components change their order; [`sort`](Self::sort) and then [`simplify`](Self::simplify) tells how.
    ///
    /// # Examples
    /// ```
    /// let irreps: schur_group::Irreps = "1e+2x0e+1o+3x0e".parse()?;
    /// assert_eq!(irreps.regroup().to_string(), "5x0e+1x1o+1x1e");
    /// # Ok::<(), schur_group::GroupError>(())
    /// ```
    #[must_use]
    pub fn regroup(&self) -> Self {
        self.sort().0.simplify()
    }

    /// Lists what the product of the two spaces is made of, regrouped.
    ///
    /// # Examples
    /// ```
    /// use schur_group::Irreps;
    ///
    /// let (x, y): (Irreps, Irreps) = ("2x0e+1o".parse()?, "1o".parse()?);
    /// assert_eq!(x.tensor_product(&y).to_string(), "1x0e+2x1o+1x1e+1x2e");
    /// # Ok::<(), schur_group::GroupError>(())
    /// ```
    #[must_use]
    pub fn tensor_product(&self, other: &Irreps) -> Self {
        let mut counts: BTreeMap<Irrep, usize> = BTreeMap::new();
        for path in self.product_paths(other) {
            let mul = self.blocks[path.left].0.saturating_mul(other.blocks[path.right].0);
            let count = counts.entry(path.output).or_default();
            *count = count.saturating_add(mul);
        }
        counts.into_iter().filter(|&(_, mul)| mul > 0).map(|(irrep, mul)| (mul, irrep)).collect()
    }

    /// Lists what the `power`-fold product of the space with itself is made of, regrouped.
    ///
    /// # Examples
    /// ```
    /// let vector: schur_group::Irreps = "1o".parse()?;
    /// assert_eq!(vector.tensor_power(3).to_string(), "1x0o+3x1o+2x2o+1x3o");
    /// assert_eq!(vector.tensor_power(0).to_string(), "1x0e");
    /// # Ok::<(), schur_group::GroupError>(())
    /// ```
    #[must_use]
    pub fn tensor_power(&self, power: usize) -> Self {
        let one = Irreps::from(Irrep::new(0, Parity::Even));
        (0..power).fold(one, |product, _| product.tensor_product(self))
    }

    /// Views the space as one of SO(3): every parity becomes even, blocks and components stay.
    ///
    /// # Examples
    /// ```
    /// let irreps: schur_group::Irreps = "2x0o+1o+1e".parse()?;
    /// assert_eq!(irreps.without_parity().to_string(), "2x0e+1x1e+1x1e");
    /// # Ok::<(), schur_group::GroupError>(())
    /// ```
    #[must_use]
    pub fn without_parity(&self) -> Self {
        Self::new(self.iter().map(|(mul, irrep)| (mul, Irrep::new(irrep.l, Parity::Even))))
    }
}

impl Mul<&Irreps> for usize {
    type Output = Irreps;

    /// Repeats the whole sum, block after block, as e3nn does: `2 * (0e+1o)` is `0e+1o+0e+1o`.
    fn mul(self, irreps: &Irreps) -> Irreps {
        Irreps { blocks: irreps.blocks.repeat(self) }
    }
}

impl Mul<usize> for &Irreps {
    type Output = Irreps;

    /// Repeats the whole sum, block after block.
    fn mul(self, times: usize) -> Irreps {
        times * self
    }
}
