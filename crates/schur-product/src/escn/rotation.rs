//! The pieces of the rotation into the frame of an edge, as matrices and bilinear maps on components.
//!
//! A *band* is the list of components of several irreps with `|m|` up to a bound, irrep after irrep.

use schur_group::{Irrep, WignerD};
use schur_multilinear::{Bilinear, BilinearTerm, ComponentMatrix};

use crate::ProductError;

/// Elements of exact matrices below this are rounding.
const NOISE: f64 = 1e-13;

/// Which turn a bilinear map makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// `Z`.
    There,
    /// Its transpose.
    Back,
}

/// The components `m` of a band of one irrep.
pub(super) fn band(l: usize, bound: usize) -> std::ops::RangeInclusive<isize> {
    let bound = l.min(bound) as isize;
    -bound..=bound
}

/// The number of components of a band.
pub(super) fn band_len(irreps: &[Irrep], bound: usize) -> usize {
    irreps.iter().map(|irrep| 2 * irrep.l.min(bound) + 1).sum()
}

/// Component 0 of each irrep of a band.
pub(super) fn centres(irreps: &[Irrep], bound: usize) -> Vec<usize> {
    let mut next = 0;
    let centre = |irrep: &Irrep| {
        let reach = irrep.l.min(bound);
        let centre = next + reach;
        next += 2 * reach + 1;
        centre
    };
    irreps.iter().map(centre).collect()
}

/// The half turns about `x + y` of each degree: they exchange the axes x and y, so `R_x = J R_y J`.
pub(super) fn half_turns(l_max: usize) -> Result<Vec<ComponentMatrix>, ProductError> {
    let d = WignerD::from_matrix(l_max, &[[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])?;
    let matrix = |l: usize| {
        // A proper rotation does not look at parities.
        let (dense, size) = (d.to_matrix(Irrep::harmonic(l))?, 2 * l + 1);
        sparse(size, &dense)
    };
    (0..=l_max).map(matrix).collect()
}

fn sparse(size: usize, dense: &[f64]) -> Result<ComponentMatrix, ProductError> {
    let entries = dense.iter().enumerate().filter(|(_, value)| value.abs() > NOISE);
    Ok(ComponentMatrix::new(size, size, entries.map(|(n, &value)| (n / size, n % size, value)))?)
}

/// The part of the half turns that leads to the band `to` from the band `from`.
pub(super) fn half_turn(
    turns: &[ComponentMatrix],
    irreps: &[Irrep],
    [to, from]: [usize; 2],
) -> Result<ComponentMatrix, ProductError> {
    let (rows, columns) = (centres(irreps, to), centres(irreps, from));
    let mut entries = Vec::new();
    for ((irrep, row), column) in irreps.iter().zip(rows).zip(columns) {
        let l = irrep.l;
        for entry in turns[l].entries() {
            if entry.row.abs_diff(l) <= to && entry.column.abs_diff(l) <= from {
                entries.push((row + entry.row - l, column + entry.column - l, entry.value));
            }
        }
    }
    Ok(ComponentMatrix::new(band_len(irreps, to), band_len(irreps, from), entries)?)
}

/// The turn about the polar axis: components of all irreps times `cos(m a)`, then `sin(m a)`, `m = 1..=l_max`.
///
/// In the terms of a degree-1 feature `(x, y, z)`: `x' = x cos a + z sin a`, `z' = z cos a - x sin a`. Components
/// `m = 0` stay as they are and are left out of the result.
pub(super) fn polar_turn(irreps: &[Irrep], l_max: usize, direction: Direction) -> Result<Bilinear, ProductError> {
    let sine = match direction {
        Direction::There => 1.0,
        Direction::Back => -1.0,
    };
    let mut terms = Vec::new();
    let mut result = 0;
    for (irrep, centre) in irreps.iter().zip(centres(irreps, usize::MAX)) {
        for m in 1..=irrep.l {
            let (negative, positive) = (centre - m, centre + m);
            let (cosine_row, sine_row) = (m - 1, l_max + m - 1);
            for (own, other, sign) in [(negative, positive, sine), (positive, negative, -sine)] {
                terms.push(BilinearTerm { result, left: own, right: cosine_row, coefficient: 1.0 });
                terms.push(BilinearTerm { result, left: other, right: sine_row, coefficient: sign });
                result += 1;
            }
        }
    }
    Ok(Bilinear::new([band_len(irreps, usize::MAX), 2 * l_max, result], terms)?)
}

/// Where the rows of [`polar_turn`], followed by the argument itself, hold each component.
pub(super) fn polar_places(irreps: &[Irrep]) -> Vec<usize> {
    let turned: usize = irreps.iter().map(|irrep| 2 * irrep.l).sum();
    let (mut places, mut first) = (Vec::new(), 0);
    for (irrep, centre) in irreps.iter().zip(centres(irreps, usize::MAX)) {
        let place = |m: isize| match m {
            0 => turned + centre,
            m if m < 0 => first + 2 * (m.unsigned_abs() - 1),
            m => first + 2 * (m.unsigned_abs() - 1) + 1,
        };
        places.extend(band(irrep.l, usize::MAX >> 1).map(place));
        first += 2 * irrep.l;
    }
    places
}

/// `e_x L_x + e_z L_z` on bands: the bilinear map of the tilt `(e_x, e_z)` and components up to `from`.
///
/// `L_k` is the derivative of the rotation about axis `k`: `L_y` takes `m` to `-m`, `L_x = J L_y J`, and
/// `L_z = Z L_x Z^T` with the quarter turn `Z` about y that takes x to z.
pub(super) fn tilt(
    turns: &[ComponentMatrix],
    irreps: &[Irrep],
    [to, from]: [usize; 2],
) -> Result<Bilinear, ProductError> {
    let (rows, columns) = (centres(irreps, to), centres(irreps, from));
    let mut terms = Vec::new();
    for ((irrep, row), column) in irreps.iter().zip(rows).zip(columns) {
        let l = irrep.l;
        for (axis, generator) in generators(&turns[l], l)?.iter().enumerate() {
            for entry in generator.entries() {
                if entry.row.abs_diff(l) <= to && entry.column.abs_diff(l) <= from {
                    let (result, right) = (row + entry.row - l, column + entry.column - l);
                    terms.push(BilinearTerm { result, left: axis, right, coefficient: entry.value });
                }
            }
        }
    }
    Ok(Bilinear::new([2, band_len(irreps, from), band_len(irreps, to)], terms)?)
}

/// `[L_x, L_z]` of a degree.
fn generators(half_turn: &ComponentMatrix, l: usize) -> Result<[ComponentMatrix; 2], ProductError> {
    let (size, degree) = (2 * l + 1, l as isize);
    let place = |m: isize| (degree + m) as usize;
    let about_y = (-degree..=degree).map(|m| (place(m), place(-m), -m as f64));
    let about_y = ComponentMatrix::new(size, size, about_y)?;
    let about_x = clean(&half_turn.multiply(&about_y).multiply(half_turn))?;
    // The turn by -90 degrees: cos and sin of m 90 degrees are 0, 1 or -1.
    let (cosine, sine) = (|m: usize| [1.0, 0.0, -1.0, 0.0][m % 4], |m: usize| [0.0, -1.0, 0.0, 1.0][m % 4]);
    let quarter = (-degree..=degree).flat_map(|m| {
        let turned = if m < 0 { sine(m.unsigned_abs()) } else { -sine(m.unsigned_abs()) };
        [(place(m), place(m), cosine(m.unsigned_abs())), (place(m), place(-m), turned)]
    });
    let quarter = ComponentMatrix::new(size, size, quarter)?;
    let about_z = clean(&quarter.multiply(&about_x).multiply(&quarter.transpose()))?;
    Ok([about_x, about_z])
}

fn clean(matrix: &ComponentMatrix) -> Result<ComponentMatrix, ProductError> {
    let entries = matrix.entries().iter().filter(|entry| entry.value.abs() > NOISE);
    let entries: Vec<_> = entries.map(|entry| (entry.row, entry.column, entry.value)).collect();
    Ok(ComponentMatrix::new(matrix.rows(), matrix.columns(), entries)?)
}
