//! Matrices that act on components and leave channels alone.

use super::FactoredError;

/// A sparse real matrix, entries sorted by row, then column.
///
/// Zeros are no entries, unless the matrix was made [`with_zeros`](Self::with_zeros); then its transpose has them too,
/// and products and sums with it do not.
///
/// # Examples
/// ```
/// use schur_multilinear::ComponentMatrix;
/// let swap = ComponentMatrix::new(2, 2, [(0, 1, 1.0), (1, 0, 1.0)])?;
/// assert_eq!(swap.apply(&[3.0, 5.0]), [5.0, 3.0]);
/// assert_eq!(swap.multiply(&swap), ComponentMatrix::identity(2));
/// # Ok::<(), schur_multilinear::FactoredError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ComponentMatrix {
    rows: usize,
    columns: usize,
    entries: Vec<MatrixEntry>,
}

/// One element of a [`ComponentMatrix`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatrixEntry {
    /// Row.
    pub row: usize,
    /// Column.
    pub column: usize,
    /// Value.
    pub value: f64,
}

impl ComponentMatrix {
    /// Makes a matrix from `(row, column, value)`; values at the same place are added, zeros dropped.
    ///
    /// # Errors
    /// [`FactoredError::OutOfRange`] if an entry lies outside.
    pub fn new(
        rows: usize,
        columns: usize,
        entries: impl IntoIterator<Item = (usize, usize, f64)>,
    ) -> Result<Self, FactoredError> {
        Ok(Self::with_zeros(rows, columns, entries)?.without_zeros())
    }

    /// Makes a matrix that keeps the zeros it is given: the work of a dense matrix, also where it has none to do.
    ///
    /// # Errors
    /// [`FactoredError::OutOfRange`] if an entry lies outside.
    pub fn with_zeros(
        rows: usize,
        columns: usize,
        entries: impl IntoIterator<Item = (usize, usize, f64)>,
    ) -> Result<Self, FactoredError> {
        let entries: Vec<(usize, usize, f64)> = entries.into_iter().collect();
        for &(row, column, _) in &entries {
            for (what, index, size) in [("row", row, rows), ("column", column, columns)] {
                if index >= size {
                    return Err(FactoredError::OutOfRange { what, index, size });
                }
            }
        }
        Ok(Self::collect_with_zeros(rows, columns, entries))
    }

    pub(crate) fn collect(rows: usize, columns: usize, list: Vec<(usize, usize, f64)>) -> Self {
        Self::collect_with_zeros(rows, columns, list).without_zeros()
    }

    fn without_zeros(mut self) -> Self {
        self.entries.retain(|entry| entry.value != 0.0);
        self
    }

    fn collect_with_zeros(rows: usize, columns: usize, mut list: Vec<(usize, usize, f64)>) -> Self {
        list.sort_by_key(|&(row, column, _)| (row, column));
        let mut entries: Vec<MatrixEntry> = Vec::with_capacity(list.len());
        for (row, column, value) in list {
            match entries.last_mut() {
                Some(last) if (last.row, last.column) == (row, column) => last.value += value,
                _ => entries.push(MatrixEntry { row, column, value }),
            }
        }
        Self { rows, columns, entries }
    }

    /// Makes a matrix from all its values, row-major.
    ///
    /// # Errors
    /// [`FactoredError::Shape`] if there are not `rows * columns` of them.
    pub fn dense(rows: usize, columns: usize, values: &[f64]) -> Result<Self, FactoredError> {
        if rows.checked_mul(columns) != Some(values.len()) {
            return Err(FactoredError::Shape { rows, columns, found: values.len() });
        }
        let entries = values.iter().enumerate().map(|(n, &value)| (n / columns, n % columns, value)).collect();
        Ok(Self::collect(rows, columns, entries))
    }

    /// Makes the matrix that adds row `r` of its argument to row `sums[r]` of its result.
    pub(super) fn sums(sums: &[usize]) -> Self {
        let rows = sums.iter().max().map_or(0, |row| row + 1);
        Self::collect(rows, sums.len(), sums.iter().enumerate().map(|(from, &to)| (to, from, 1.0)).collect())
    }

    /// Makes the identity.
    pub fn identity(size: usize) -> Self {
        Self::collect(size, size, (0..size).map(|n| (n, n, 1.0)).collect())
    }

    /// Rows: components of the result.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns: components of the argument.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The elements that are not zero, or were to be kept, by row, then column.
    pub fn entries(&self) -> &[MatrixEntry] {
        &self.entries
    }

    /// Multiplies a vector from the left.
    ///
    /// # Panics
    /// If the vector is shorter than [`columns`](Self::columns).
    pub fn apply(&self, vector: &[f64]) -> Vec<f64> {
        let mut product = vec![0.0; self.rows];
        for entry in &self.entries {
            product[entry.row] += entry.value * vector[entry.column];
        }
        product
    }

    /// Multiplies two matrices: first `first`, then this one.
    ///
    /// # Panics
    /// If `first` has another number of rows than this one has columns.
    pub fn multiply(&self, first: &Self) -> Self {
        assert_eq!(self.columns, first.rows, "matrices of a product must fit");
        let begins = row_starts(first);
        let products = self.entries.iter().flat_map(|a| {
            let row = &first.entries[begins[a.column]..begins[a.column + 1]];
            row.iter().map(move |b| (a.row, b.column, a.value * b.value))
        });
        Self::collect(self.rows, first.columns, products.collect())
    }

    /// Exchanges rows and columns.
    pub fn transpose(&self) -> Self {
        let entries = self.entries.iter().map(|entry| (entry.column, entry.row, entry.value)).collect();
        Self::collect_with_zeros(self.columns, self.rows, entries)
    }

    /// Puts matrices along the diagonal of a larger one.
    pub fn direct_sum(matrices: &[Self]) -> Self {
        let (mut rows, mut columns, mut entries) = (0, 0, Vec::new());
        for matrix in matrices {
            entries.extend(matrix.entries.iter().map(|e| (rows + e.row, columns + e.column, e.value)));
            rows += matrix.rows;
            columns += matrix.columns;
        }
        Self::collect(rows, columns, entries)
    }
}

/// Where the entries of each row begin, and where the last one ends.
fn row_starts(matrix: &ComponentMatrix) -> Vec<usize> {
    (0..=matrix.rows).map(|row| matrix.entries.partition_point(|entry| entry.row < row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_kept_where_they_are_asked_for_and_nowhere_else() {
        let list = [(0, 0, 2.0), (0, 1, 0.0), (1, 1, 1.0), (1, 1, -1.0)];
        let [kept, plain] =
            [ComponentMatrix::with_zeros(2, 2, list), ComponentMatrix::new(2, 2, list)].map(Result::unwrap);
        assert_eq!((kept.entries().len(), plain.entries().len()), (3, 1));
        assert_eq!(kept.transpose().entries().len(), 3);
        assert_eq!(kept.apply(&[3.0, 5.0]), plain.apply(&[3.0, 5.0]));
        let identity = ComponentMatrix::identity(2);
        assert_eq!(kept.multiply(&identity), plain);
        assert_eq!(identity.multiply(&kept), plain);
        assert!(ComponentMatrix::with_zeros(1, 1, [(0, 1, 0.0)]).is_err());
    }
}
