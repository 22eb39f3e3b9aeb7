//! Coupling tensors of three degrees, held exactly.

use crate::{GroupError, Surd};

/// One non-zero element of an [`ExactTensor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExactEntry {
    /// Indices `m + l` along the three axes.
    pub index: [usize; 3],
    /// The exact value.
    pub value: Surd,
}

/// An invariant tensor of three degrees with exact elements: 3j symbols, Clebsch-Gordan or Gaunt coefficients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExactTensor {
    pub(crate) degrees: [usize; 3],
    pub(crate) entries: Vec<ExactEntry>,
}

impl ExactTensor {
    /// Largest degree; up to here numerators and denominators of 3j symbols stay below 2^53, so that floats are right to
    /// the last place.
    pub const MAX_DEGREE: usize = 16;

    /// Returns the three degrees.
    pub fn degrees(&self) -> [usize; 3] {
        self.degrees
    }

    /// Returns the lengths `2 l + 1` of the three axes.
    pub fn shape(&self) -> [usize; 3] {
        self.degrees.map(|l| 2 * l + 1)
    }

    /// Returns the non-zero elements in row-major order, exact.
    pub fn entries(&self) -> &[ExactEntry] {
        &self.entries
    }

    /// Goes through the non-zero elements in row-major order, as floats.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = ([usize; 3], f64)> + '_ {
        self.entries.iter().map(|entry| (entry.index, entry.value.to_f64()))
    }

    /// Writes all elements, zeros included, as floats.
    ///
    /// # Shapes
    /// `[2 l1 + 1, 2 l2 + 1, 2 l3 + 1]`, row-major.
    pub fn to_dense(&self) -> Vec<f64> {
        let [n1, n2, n3] = self.shape();
        let mut dense = vec![0.0; n1 * n2 * n3];
        for ([i, j, k], value) in self.iter() {
            dense[(i * n2 + j) * n3 + k] = value;
        }
        dense
    }

    /// Returns the exact element at an index, zero where none is stored.
    pub fn get(&self, index: [usize; 3]) -> Surd {
        let found = self.entries.binary_search_by_key(&index, |entry| entry.index);
        found.map_or(Surd::ZERO, |at| self.entries[at].value)
    }

    /// Multiplies every element.
    pub(crate) fn times(mut self, what: &'static str, factor: Surd) -> Result<Self, GroupError> {
        let l = self.degrees.into_iter().fold(0, usize::max);
        for entry in &mut self.entries {
            let too_large = GroupError::DegreeTooLarge { what, l, max: Self::MAX_DEGREE };
            entry.value = entry.value.checked_mul(&factor).ok_or(too_large)?;
        }
        Ok(self)
    }
}
