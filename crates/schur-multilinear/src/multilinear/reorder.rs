//! The same map with its operands in another order.

use super::{Multilinear, Path, ravel, unravel};

impl Multilinear {
    /// The map with operand `operand` and the result exchanged: the reverse pass with respect to that argument.
    ///
    /// The transposed map takes the old result's cotangent in the place of the argument and gives the argument's.
    ///
    /// # Panics
    /// If there is no such argument.
    ///
    /// # Cost
    /// Copies the coefficients once.
    #[must_use]
    pub fn transpose(&self, operand: usize) -> Self {
        let last = self.arguments();
        assert!(operand < last, "operand {operand} is not one of the {last} arguments");
        let mut order: Vec<usize> = (0..=last).collect();
        order.swap(operand, last);
        self.reorder(&order)
    }

    /// The map with its operands in another order: number `i` is the old number `order[i]`.
    ///
    /// No operand is a result by nature: whichever stands last is solved for.
    ///
    /// # Panics
    /// If `order` does not name every operand once.
    ///
    /// # Cost
    /// Copies the coefficients once.
    #[must_use]
    pub fn reorder(&self, order: &[usize]) -> Self {
        let mut sorted = order.to_vec();
        sorted.sort_unstable();
        let count = self.operands.len();
        assert!(sorted.into_iter().eq(0..count), "{order:?} is not an order of {count} operands");
        let operands = order.iter().map(|&old| self.operands[old].clone()).collect();
        let reordered = |path: &Path| Path {
            segments: order.iter().map(|&old| path.segments[old]).collect(),
            coefficients: reorder_axes(&path.coefficients, &self.dims(path), order),
        };
        Self { modes: self.modes.reordered(order), operands, paths: self.paths.iter().map(reordered).collect() }
    }
}

/// A row-major block with its axes in another order: axis `i` is the old axis `order[i]`.
pub(super) fn reorder_axes(block: &[f64], dims: &[usize], order: &[usize]) -> Vec<f64> {
    let new_dims: Vec<usize> = order.iter().map(|&old| dims[old]).collect();
    let mut reordered = vec![0.0; block.len()];
    for (flat, &value) in block.iter().enumerate() {
        let index = unravel(flat, dims);
        let new_index: Vec<usize> = order.iter().map(|&old| index[old]).collect();
        reordered[ravel(&new_index, &new_dims)] = value;
    }
    reordered
}
