//! Spline tables in place of radial networks: their nodes, their size, their error.

use schur_multilinear::{SplinePiece, SplineTable};
use schur_tensor::Real;

use crate::ModelError;

/// Up to which distance (Å) the spline nodes are how far apart (Å).
///
/// The networks oscillate strongly between atoms that nearly touch and hardly at the cut-off. With these spacings the
/// tables' error stays near the rounding of f32 (`Model::radial_table_error` measures it), and the part that solids and
/// liquids use, from 1.5 Å on, fits into a second-level cache: 0.9 MB for a middle layer of SevenNet-0. Finer nodes
/// would not help single precision: a derivative is a difference of rounded coefficients over the spacing.
const NODE_SPACINGS: [(f64, f64); 3] = [(1.5, 0.004), (3.0, 0.0125), (f64::INFINITY, 1.0 / 60.0)];

/// Most numbers in all spline tables of a model, a dozen times those of SevenNet-l3i5. Without a bound a file could take a
/// hundred times its own length in memory.
pub(crate) const MAX_TABLE_NUMBERS: usize = 1 << 26;

/// The measured error of the spline tables against the networks they replace.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RadialTableError {
    /// Largest error of a weight, relative to the root mean square of all weights of its layer.
    pub value: f64,
    /// Largest error of a weight's derivative, relative to the root mean square of those.
    pub derivative: f64,
    /// Memory of all tables in bytes.
    pub bytes: usize,
}

impl RadialTableError {
    /// The worse of two tables, and the memory of both.
    pub(crate) const fn or(self, other: Self) -> Self {
        Self {
            value: self.value.max(other.value),
            derivative: self.derivative.max(other.derivative),
            bytes: self.bytes + other.bytes,
        }
    }
}

/// Tabulates a radial network, which is computed in double precision whatever the precision of the table.
///
/// `rows` gives weights and their derivatives, `[distance][2][width]`; the first `columns` are tabulated.
pub(crate) fn tabulate<T: Real>(
    pieces: &[SplinePiece],
    columns: usize,
    mut rows: impl FnMut(&[f64]) -> Vec<f64>,
) -> SplineTable<T> {
    SplineTable::interpolate(pieces, columns, |nodes, values, slopes| {
        let rows = rows(nodes);
        let width = rows.len() / (2 * nodes.len());
        for (values, row) in values.chunks_exact_mut(columns).zip(rows.chunks_exact(2 * width)) {
            values.copy_from_slice(&row[..columns]);
        }
        *slopes = [0, nodes.len() - 1].map(|k| rows[(2 * k + 1) * width..][..columns].to_vec());
    })
}

/// Compares a table between the nodes with its network, whose `rows` are those of [`tabulate`].
pub(crate) fn measure<T: Real>(
    table: &SplineTable<T>,
    cutoff: f64,
    rows: impl FnOnce(&[f64]) -> Vec<T>,
) -> RadialTableError {
    // Off the nodes and their midpoints, from the closest contact in matter on.
    let probes: Vec<f64> = (0..).map(|i| 0.5 + 0.0137 * f64::from(i)).take_while(|&r| r < cutoff).collect();
    let rows = rows(&probes);
    // Without any probe there are no rows, but chunks of none are no chunks.
    let width = (rows.len() / (2 * probes.len()).max(1)).max(1);
    let (mut errors, mut sums) = ([0.0_f64; 2], [0.0; 2]);
    for (row, &r) in rows.chunks_exact(2 * width).zip(&probes) {
        let (values, derivatives) = table.evaluate(r);
        for c in 0..table.columns() {
            let exact = [0, 1].map(|i| row[i * width + c].to_f64());
            for (i, found) in [values[c], derivatives[c]].into_iter().enumerate() {
                errors[i] = errors[i].max((found - exact[i]).abs());
                sums[i] += exact[i] * exact[i];
            }
        }
    }
    let count = (probes.len() * table.columns()) as f64;
    let relative = |i: usize| errors[i] / (sums[i] / count).sqrt();
    RadialTableError { value: relative(0), derivative: relative(1), bytes: table.bytes() }
}

/// Refuses tables of so many columns that would not fit into memory.
///
/// # Errors
/// [`ModelError::Architecture`] with the size and the way out.
pub(crate) fn check_size(pieces: &[SplinePiece], columns: usize) -> Result<(), ModelError> {
    let numbers = SplineTable::<f64>::size(pieces, columns);
    if numbers > MAX_TABLE_NUMBERS {
        let what =
            "the tables of its radial networks hold at most 2^26 numbers; evaluate the networks (--exact-radial)";
        return Err(ModelError::Architecture { what, found: numbers.to_string() });
    }
    Ok(())
}

/// Uniform pieces that meet where the spacing changes and at `kink`, where the cut-off function's second derivative jumps.
pub(crate) fn spline_pieces(kink: Option<f64>, cutoff: f64) -> Vec<SplinePiece> {
    let mut borders: Vec<f64> = NODE_SPACINGS.iter().map(|&(end, _)| end).chain(kink).collect();
    borders.retain(|&border| border < cutoff);
    borders.push(cutoff);
    borders.sort_by(f64::total_cmp);
    let mut start = 0.0;
    let mut pieces = Vec::new();
    for end in borders {
        let spacing = NODE_SPACINGS.iter().find(|&&(until, _)| start < until).map_or(cutoff, |&(_, spacing)| spacing);
        let intervals = ((end - start) / spacing).round().max(1.0) as usize;
        pieces.push(SplinePiece { start, end, intervals });
        start = end;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_offs_below_every_probe_can_be_measured() {
        let pieces = spline_pieces(None, 0.4);
        let table = tabulate::<f64>(&pieces, 2, |distances| vec![1.0; 4 * distances.len()]);
        let error = measure(&table, 0.4, |distances| vec![1.0; 4 * distances.len()]);
        assert_eq!(error.bytes, table.bytes());
    }
}
