//! From the weights of paths to weights in the frame of the edge.

use std::collections::BTreeMap;

use schur_group::{Irrep, Parity, wigner_3j};
use schur_multilinear::ComponentMatrix;

use crate::{ProductError, products::Symmetry};

/// One path of the Clebsch-Gordan product that an eSCN convolution computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EscnPath {
    /// Which of the inputs.
    pub input: usize,
    /// Degree of the harmonics.
    pub harmonic: usize,
    /// Which of the outputs.
    pub output: usize,
}

/// A weight in the frame of the edge: what components `m` and `-m` of one input give to those of one output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct So2Weight {
    /// Which of the outputs.
    pub output: usize,
    /// Which of the inputs.
    pub input: usize,
    /// The `|m|` of both.
    pub m: usize,
    /// Whether it takes `m` to `-m` (the `V^-`, from odd sums of degrees) instead of `m` to `m`.
    pub exchanges: bool,
}

/// Lists the paths by input, then harmonic, then output.
pub(super) fn list_paths(
    inputs: &[Irrep],
    max_harmonic: usize,
    outputs: &[Irrep],
    symmetry: Symmetry,
) -> Vec<EscnPath> {
    let largest = |irreps: &[Irrep]| irreps.iter().map(|irrep| irrep.l).max().unwrap_or(0);
    let reach = max_harmonic.min(largest(inputs) + largest(outputs));
    let mut paths = Vec::new();
    for (input, from) in inputs.iter().enumerate() {
        for harmonic in 0..=reach {
            for (output, to) in outputs.iter().enumerate() {
                let couples = (from.l.abs_diff(to.l)..=from.l + to.l).contains(&harmonic);
                let fits = from.parity * Parity::of_harmonic(harmonic) == to.parity;
                if couples && (fits || symmetry == Symmetry::So3) {
                    paths.push(EscnPath { input, harmonic, output });
                }
            }
        }
    }
    paths
}

/// Finds the weights that paths can reach, up to `m_max`, and the matrix that computes them.
pub(super) fn absorb(
    inputs: &[Irrep],
    outputs: &[Irrep],
    paths: &[EscnPath],
    m_max: usize,
) -> Result<(Vec<So2Weight>, ComponentMatrix), ProductError> {
    let mut columns: BTreeMap<[usize; 3], Vec<(usize, f64)>> = BTreeMap::new();
    let mut entries: BTreeMap<So2Weight, Vec<(usize, f64)>> = BTreeMap::new();
    for (place, &EscnPath { input, harmonic, output }) in paths.iter().enumerate() {
        let degrees = [inputs[input].l, harmonic, outputs[output].l];
        let column = match columns.get(&degrees) {
            Some(column) => column,
            None => columns.entry(degrees).or_insert(polar_column(degrees)?),
        };
        let exchanges = degrees.iter().sum::<usize>() % 2 == 1;
        for &(m, value) in column.iter().filter(|(m, _)| *m <= m_max) {
            entries.entry(So2Weight { output, input, m, exchanges }).or_default().push((place, value));
        }
    }
    let weights: Vec<So2Weight> = entries.keys().copied().collect();
    let elements =
        entries.values().enumerate().flat_map(|(row, list)| list.iter().map(move |&(path, value)| (row, path, value)));
    let map = ComponentMatrix::new(weights.len(), paths.len(), elements)?;
    Ok((weights, map))
}

/// The coupling to harmonics of the pole: `sqrt((2 l2 + 1) (2 l3 + 1)) C` from `m` (or `-m` if odd) to `m`, for `m >= 0`.
fn polar_column([l1, l2, l3]: [usize; 3]) -> Result<Vec<(usize, f64)>, ProductError> {
    let three_j = wigner_3j(l1, l2, l3)?;
    let scale = (((2 * l2 + 1) * (2 * l3 + 1)) as f64).sqrt();
    let to_positive = three_j.iter().filter(|([_, b, c], _)| *b == l2 && *c >= l3);
    Ok(to_positive.map(|([_, _, c], value)| (c - l3, scale * value)).collect())
}
