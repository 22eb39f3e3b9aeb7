//! Products of many short rows with one constant matrix.
//!
//! The matrix is packed once, when a plan is built; the rows stay where they are: a feature `[node][m][channel]` has
//! `2l+1` rows a node for each block of irreps, and [`RowLayout`] says where each begins. So a linear layer on irreps
//! of degree `l` is one product of `nodes * (2l+1)` rows without any copy.

use pulp::{Arch, Simd, WithSimd};

use crate::{Aligned, CHANNEL_ALIGNMENT, Lanes, Real, padded};

/// Where the rows of a block of irreps lie: row `r` belongs to component `r % components` of node `r / components`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowLayout {
    /// Where row 0 begins.
    pub offset: usize,
    /// Distance from one node to the next.
    pub node_stride: usize,
    /// Rows a node: `2l + 1`.
    pub components: usize,
    /// Distance from one component to the next.
    pub component_stride: usize,
}

impl RowLayout {
    /// Where a row begins.
    #[inline(always)]
    pub const fn start(&self, row: usize) -> usize {
        self.offset + row / self.components * self.node_stride + row % self.components * self.component_stride
    }

    /// The first index past `rows` rows of `width` numbers; none where it would overflow.
    fn end(&self, rows: usize, width: usize) -> Option<usize> {
        if rows == 0 {
            return Some(0);
        }
        let last_node = (rows - 1).checked_div(self.components)?.checked_mul(self.node_stride)?;
        let last_component = (self.components - 1).checked_mul(self.component_stride)?;
        self.offset.checked_add(last_node)?.checked_add(last_component)?.checked_add(width)
    }
}

/// A constant `[inputs][outputs]` matrix packed for products with rows from the left.
///
/// Both dimensions are padded with zeros to a multiple of [`CHANNEL_ALIGNMENT`].
#[derive(Debug, Clone)]
pub struct PackedMatrix<T> {
    inputs: usize,
    outputs: usize,
    /// Strips of [`CHANNEL_ALIGNMENT`] columns, in each strip row after row.
    strips: Aligned<T>,
}

impl<T: Real> PackedMatrix<T> {
    /// Packs a row-major `[inputs][outputs]` matrix.
    ///
    /// # Panics
    /// If `values` does not hold `inputs * outputs` numbers.
    pub fn new(values: &[f64], inputs: usize, outputs: usize) -> Self {
        assert_eq!(values.len(), inputs * outputs, "a {inputs} x {outputs} matrix needs that many values");
        let (rows, columns) = (padded(inputs), padded(outputs));
        let mut strips = Aligned::zeros(rows * columns);
        let packed = strips.as_mut_slice();
        for i in 0..inputs {
            for j in 0..outputs {
                let (strip, lane) = (j / CHANNEL_ALIGNMENT, j % CHANNEL_ALIGNMENT);
                packed[(strip * rows + i) * CHANNEL_ALIGNMENT + lane] = T::from_f64(values[i * outputs + j]);
            }
        }
        Self { inputs: rows, outputs: columns, strips }
    }

    /// Length of an input row, padding included.
    pub const fn inputs(&self) -> usize {
        self.inputs
    }

    /// Length of an output row, padding included.
    pub const fn outputs(&self) -> usize {
        self.outputs
    }

    /// Multiplies `rows` rows of `a` from the left into, or onto, the rows of `c`.
    ///
    /// $$ c_r \mathrel{(+)=} a_r B $$
    ///
    /// The sum over the inputs runs in order for every row, so a row's result does not depend on its neighbours.
    ///
    /// # Shapes
    /// Row `r` of `a` has [`Self::inputs`] numbers from `a_layout.start(r)`, row `r` of `c` [`Self::outputs`].
    ///
    /// # Panics
    /// If a row would lie outside its slice.
    ///
    /// # Cost
    /// `rows * inputs * outputs` multiply-adds; allocates nothing.
    pub fn multiply(
        &self,
        arch: Arch,
        rows: usize,
        (a, a_layout): (&[T], RowLayout),
        (c, c_layout): (&mut [T], RowLayout),
        accumulate: bool,
    ) {
        let inside = |end: Option<usize>, len: usize| end.is_some_and(|end| end <= len);
        assert!(
            inside(a_layout.end(rows, self.inputs), a.len()),
            "rows of the left factor lie outside its {}",
            a.len()
        );
        assert!(inside(c_layout.end(rows, self.outputs), c.len()), "rows of the product lie outside its {}", c.len());
        arch.dispatch(Multiply { matrix: self, rows, a, a_layout, c, c_layout, accumulate });
    }
}

/// The arguments of [`PackedMatrix::multiply`] on their way to an instruction set.
struct Multiply<'a, T> {
    matrix: &'a PackedMatrix<T>,
    rows: usize,
    a: &'a [T],
    a_layout: RowLayout,
    c: &'a mut [T],
    c_layout: RowLayout,
    accumulate: bool,
}

impl<T: Real> WithSimd for Multiply<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let lanes = T::lanes::<S>();
        let registers = self.matrix.outputs / lanes;
        let mut done = 0;
        // Columns in the outer loop: a panel of the matrix stays in the first-level cache while all rows pass.
        if S::REGISTER_COUNT >= 32 {
            while registers - done >= 4 {
                self.panel::<S, 4>(simd, done * lanes);
                done += 4;
            }
        }
        while registers - done >= 2 {
            self.panel::<S, 2>(simd, done * lanes);
            done += 2;
        }
        if registers > done {
            self.panel::<S, 1>(simd, done * lanes);
        }
    }
}

impl<T: Real> Multiply<'_, T> {
    /// All rows against `NV` registers of columns from `column`.
    #[inline(always)]
    fn panel<S: Simd, const NV: usize>(&mut self, simd: S, column: usize) {
        let mut row = 0;
        while self.rows - row >= 6 {
            self.tile::<S, 6, NV>(simd, row, column);
            row += 6;
        }
        while self.rows - row >= 2 {
            self.tile::<S, 2, NV>(simd, row, column);
            row += 2;
        }
        if self.rows > row {
            self.tile::<S, 1, NV>(simd, row, column);
        }
    }

    /// `MR` rows against `NV` registers of columns, with all sums in registers.
    #[inline(always)]
    fn tile<S: Simd, const MR: usize, const NV: usize>(&mut self, simd: S, row: usize, column: usize) {
        let lanes = T::lanes::<S>();
        let depth = self.matrix.inputs;
        // SAFETY: `multiply` has checked that every row of `a` and `c` lies inside its slice; `column + NV * lanes`
        // is at most `outputs`, so the strips hold `depth` rows for each of these registers.
        unsafe {
            let a: [*const T; MR] = std::array::from_fn(|i| self.a.as_ptr().add(self.a_layout.start(row + i)));
            let c: [*mut T; MR] =
                std::array::from_fn(|i| self.c.as_mut_ptr().add(self.c_layout.start(row + i) + column));
            let b: [*const T; NV] = std::array::from_fn(|v| {
                let first = column + v * lanes;
                let (strip, lane) = (first / CHANNEL_ALIGNMENT, first % CHANNEL_ALIGNMENT);
                self.matrix.strips.as_slice().as_ptr().add(strip * depth * CHANNEL_ALIGNMENT + lane)
            });
            let mut sums: [[Lanes<T, S>; NV]; MR] = [[T::splat(simd, T::ZERO); NV]; MR];
            if self.accumulate {
                for i in 0..MR {
                    for v in 0..NV {
                        sums[i][v] = T::load::<S>(c[i].add(v * lanes));
                    }
                }
            }
            for k in 0..depth {
                let columns: [Lanes<T, S>; NV] = std::array::from_fn(|v| T::load::<S>(b[v].add(k * CHANNEL_ALIGNMENT)));
                for i in 0..MR {
                    let factor = T::splat(simd, *a[i].add(k));
                    for v in 0..NV {
                        sums[i][v] = T::mul_add(simd, factor, columns[v], sums[i][v]);
                    }
                }
            }
            for i in 0..MR {
                for v in 0..NV {
                    T::store::<S>(c[i].add(v * lanes), sums[i][v]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
