//! One form for all spellings of a map: paths merged, zeros dropped, everything in order.

use std::collections::BTreeMap;

use super::{Multilinear, Path};

impl Multilinear {
    /// The same map with one path for each choice of segments, sorted, and without paths that are zero.
    ///
    /// # Cost
    /// Copies the coefficients once.
    #[must_use]
    pub fn consolidate(&self) -> Self {
        let mut sums: BTreeMap<&[usize], Vec<f64>> = BTreeMap::new();
        for path in &self.paths {
            let sum = sums.entry(&path.segments).or_insert_with(|| vec![0.0; path.coefficients.len()]);
            for (sum, coefficient) in sum.iter_mut().zip(&path.coefficients) {
                *sum += coefficient;
            }
        }
        let paths = sums
            .into_iter()
            .filter(|(_, coefficients)| coefficients.iter().any(|c| *c != 0.0))
            .map(|(segments, coefficients)| Path { segments: segments.to_vec(), coefficients })
            .collect();
        self.with_paths(paths)
    }

    /// As [`Multilinear::consolidate`], with the letters of the modes renamed in the order of their appearance.
    ///
    /// Maps with equal canonical forms are the same map of the same operands. Forms can differ by rounding where paths
    /// were added up in another order.
    #[must_use]
    pub fn canonical(&self) -> Self {
        Self { modes: self.modes.canonical(), ..self.consolidate() }
    }

    /// Whether two maps of the same operands are the same: whether their canonical forms are equal.
    pub fn is_same_map(&self, other: &Self) -> bool {
        self.operands == other.operands && self.canonical() == other.canonical()
    }

    /// The same operands with other paths, which are known to fit.
    pub(crate) fn with_paths(&self, paths: Vec<Path>) -> Self {
        Self { modes: self.modes.clone(), operands: self.operands.clone(), paths }
    }
}
