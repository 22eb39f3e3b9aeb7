//! The sorts of axes that features have.

use schur_diagram::Group;

use crate::LayerError;

/// A sort of axes: their size, and the group that acts along them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sort {
    /// The group.
    pub group: Group,
    /// The dimension of the space that it acts on.
    pub n: usize,
}

/// What axes there are: sorts whose groups act independently of each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    sorts: Vec<Sort>,
}

impl Space {
    /// Checks that every group acts on its space.
    ///
    /// # Errors
    /// [`LayerError::Diagram`] if one does not.
    pub fn new(sorts: &[Sort]) -> Result<Self, LayerError> {
        for sort in sorts {
            sort.group.check(sort.n)?;
        }
        Ok(Self { sorts: sorts.to_vec() })
    }

    /// The sorts.
    pub fn sorts(&self) -> &[Sort] {
        &self.sorts
    }

    pub(crate) fn size(&self, sort: usize) -> usize {
        self.sorts[sort].n
    }

    /// The product of the sizes of axes of these sorts.
    pub(crate) fn count(&self, axes: &[usize]) -> Result<usize, LayerError> {
        let needed = axes.iter().fold(1_u128, |count, &sort| count.saturating_mul(self.size(sort) as u128));
        let fits = usize::try_from(needed).ok().filter(|&count| isize::try_from(count).is_ok());
        fits.ok_or(LayerError::TooLarge { what: "the features", needed, most: isize::MAX.unsigned_abs() as u128 })
    }

    pub(crate) fn check(&self, side: &'static str, axes: &[usize]) -> Result<(), LayerError> {
        let sorts = self.sorts.len();
        match axes.iter().position(|&sort| sort >= sorts) {
            Some(axis) => Err(LayerError::Sort { side, axis, sort: axes[axis], sorts }),
            None => Ok(()),
        }
    }
}
