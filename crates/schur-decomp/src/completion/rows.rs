//! The rows of one mode, each fitted to the observations of its slice.

use rayon::prelude::*;

use super::Observed;
use super::band::{self, Band};

/// Sweeps of coordinate descent over a row without negative entries.
const SWEEPS: usize = 5;

/// What the rows of a mode cost beside what they miss.
#[derive(Clone, Copy)]
pub(super) struct Penalty {
    pub ridge: f64,
    /// On second differences of neighbouring rows.
    pub smoothness: f64,
    pub nonnegative: bool,
}

/// Minimises `sum over observations of (target - design . row)^2`, plus penalties, over the rows of a mode.
///
/// # Shapes
/// `rows: [I_mode, width]`, where `design` fills `width` numbers for an observation.
pub(super) fn fit(
    (observed, mode): (&Observed, usize),
    width: usize,
    penalty: Penalty,
    design: impl Fn(usize, &mut [f64]) + Sync,
    target: &(impl Fn(usize) -> f64 + Sync),
    rows: &mut [f64],
) {
    let smooth = penalty.smoothness > 0.0 && rows.len() >= 3 * width;
    let mut band = Band::zeros(rows.len(), if smooth { 2 * width } else { width - 1 });
    let mut right = vec![0.0; rows.len()];
    let stride = band.width + 1;
    let equations = band.entries.par_chunks_mut(width * stride).zip(right.par_chunks_mut(width));
    equations.zip(rows.par_chunks_mut(width)).enumerate().for_each(|(index, ((matrix, right), row))| {
        let mut z = vec![0.0; width];
        for &element in observed.slice(mode, index) {
            design(element as usize, &mut z);
            let target = target(element as usize);
            for (a, &za) in z.iter().enumerate() {
                let lower = &mut matrix[a * stride..=a * stride + a];
                lower.iter_mut().zip(z[..=a].iter().rev()).for_each(|(entry, zb)| *entry += za * zb);
                right[a] += target * za;
            }
        }
        (0..width).for_each(|a| matrix[a * stride] += penalty.ridge);
        if smooth {
            return;
        }
        if penalty.nonnegative {
            band::descend(matrix, stride - 1, (right, row), SWEEPS);
        } else {
            band::solve(matrix, stride - 1, right);
            row.copy_from_slice(right);
        }
    });
    if smooth {
        bind_neighbours(&mut band, (rows.len() / width, width), penalty.smoothness);
        if penalty.nonnegative {
            band.descend(&right, rows, SWEEPS);
        } else {
            band.solve(&mut right);
            rows.copy_from_slice(&right);
        }
    }
}

/// Adds the squares of second differences of rows, column by column.
fn bind_neighbours(band: &mut Band, (rows, width): (usize, usize), weight: f64) {
    const DIFFERENCE: [f64; 3] = [1.0, -2.0, 1.0];
    for first in 0..rows - 2 {
        for column in 0..width {
            for (i, a) in DIFFERENCE.into_iter().enumerate() {
                for (j, b) in DIFFERENCE[..=i].iter().enumerate() {
                    *band.entry((first + i) * width + column, (i - j) * width) += weight * a * b;
                }
            }
        }
    }
}
