//! A basis fit for binning: the shortest periodic vectors, completed by unit vectors where nothing repeats.
//!
//! A lattice has many bases; in a sheared one the planes lie close together and a search that walks over its cells
//! visits far too many. The search therefore works in a Minkowski-reduced basis (Nguyen & Stehlé, "Low-dimensional
//! lattice basis reduction revisited", 2009) and translates its image counts back to the given vectors.

use crate::{Cell, CellError};

/// Vectors whose parallelogram is below this share of the product of their lengths count as parallel.
const PARALLEL_SHARE: f64 = 1e-10;
/// A reduction step must shorten a squared length by more than this share, or rounding could make it cycle.
const SHORTENING: f64 = 1e-9;
/// Largest whole number allowed in the change of basis: exact in both i64 and f64, far beyond what 32-bit images hold.
const MAX_COEFFICIENT: f64 = (1u64 << 40) as f64;
/// Passes of the reduction; each pass shortens a vector, and Euclid's law makes a few dozen plenty.
const MAX_PASSES: usize = 512;

/// The basis in which a search walks.
#[derive(Debug, Clone, Default)]
pub(super) struct Frame {
    /// Basis vectors as rows, in Å; a unit vector orthogonal to all periodic ones along a non-periodic axis.
    pub(super) basis: [[f64; 3]; 3],
    /// The inverse matrix of `basis`: fractional coordinates are `x · inverse`.
    pub(super) inverse: [[f64; 3]; 3],
    /// `basis[a] = Σ_b to_given[a][b] · given[b]` for periodic `a`; the other rows are zero.
    pub(super) to_given: [[i64; 3]; 3],
    /// Which axes repeat.
    pub(super) pbc: [bool; 3],
    /// Distance in Å between the planes that bound the cell along each axis.
    pub(super) heights: [f64; 3],
}

impl Frame {
    /// Reduces the periodic vectors of `cell` and completes them to a basis of space.
    pub(super) fn new(cell: &Cell, pbc: [bool; 3]) -> Result<Self, CellError> {
        let given = cell.vectors();
        complete(&given, pbc)?;
        let to_given = reduce(&given, pbc);
        let short = to_given.map(|row| combine(row, &given));
        let basis = complete(&short, pbc)?;
        let inverse = Cell::new(basis).inverse()?;
        let heights = std::array::from_fn(|a| 1.0 / norm([inverse[0][a], inverse[1][a], inverse[2][a]]));
        Ok(Self { basis, inverse, to_given, pbc, heights })
    }

    /// Fractional coordinates of a Cartesian point.
    pub(super) fn fractional(&self, x: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|a| x[0] * self.inverse[0][a] + x[1] * self.inverse[1][a] + x[2] * self.inverse[2][a])
    }

    /// The vector of a whole number of basis steps along the periodic axes.
    pub(super) fn translation(&self, images: [i32; 3]) -> [f64; 3] {
        combine(images.map(i64::from), &self.basis)
    }

    /// The same translation counted in the given lattice vectors.
    pub(super) fn given_images(&self, images: [i64; 3]) -> [i64; 3] {
        std::array::from_fn(|b| (0..3).map(|a| images[a] * self.to_given[a][b]).sum())
    }

    /// Roughly how many lattice points lie within `radius` of one of them; 1 if nothing repeats.
    pub(super) fn lattice_points_within(&self, radius: f64) -> f64 {
        // The unit vectors of the completion are orthogonal to the rest, so the volume is that of the periodic part.
        let measure = Cell::new(self.basis).volume();
        let ball = match self.pbc.iter().filter(|&&p| p).count() {
            0 => return 1.0,
            1 => 2.0 * radius,
            2 => std::f64::consts::PI * radius.powi(2),
            _ => 4.0 / 3.0 * std::f64::consts::PI * radius.powi(3),
        };
        1.0 + ball / measure
    }
}

/// Replaces the vectors of the non-periodic axes by unit vectors orthogonal to all periodic ones.
pub(super) fn complete(vectors: &[[f64; 3]; 3], pbc: [bool; 3]) -> Result<[[f64; 3]; 3], CellError> {
    let periodic: Vec<[f64; 3]> = (0..3).filter(|&a| pbc[a]).map(|a| vectors[a]).collect();
    let singular = CellError::Singular { vectors: *vectors, volume: 0.0 };
    let units: [[f64; 3]; 3] = match periodic[..] {
        [] => [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [p] => {
            let p = unit(p).ok_or(singular)?;
            let flattest = (0..3).fold(0, |best, a| if p[a].abs() < p[best].abs() { a } else { best });
            let axis = std::array::from_fn(|a| f64::from(u8::from(a == flattest)));
            let u = unit(cross(p, axis)).ok_or(CellError::Singular { vectors: *vectors, volume: 0.0 })?;
            [u, cross(p, u), p]
        }
        [p, q] => {
            let normal = cross(p, q);
            let parallel = norm(normal) <= PARALLEL_SHARE * norm(p) * norm(q);
            [unit(normal).filter(|_| !parallel).ok_or(singular)?; 3]
        }
        _ => {
            Cell::new(*vectors).inverse()?;
            return Ok(*vectors);
        }
    };
    let mut spare = units.into_iter();
    Ok(std::array::from_fn(|a| if pbc[a] { vectors[a] } else { spare.next().unwrap_or_default() }))
}

/// Finds the change of basis that makes the periodic vectors as short as possible; rows of other axes are zero.
fn reduce(given: &[[f64; 3]; 3], pbc: [bool; 3]) -> [[i64; 3]; 3] {
    let mut rows: [[i64; 3]; 3] = std::array::from_fn(|a| std::array::from_fn(|b| i64::from(a == b && pbc[a])));
    let mut short = rows.map(|row| combine(row, given));
    for _ in 0..MAX_PASSES {
        let shortened = (0..3).any(|a| {
            let candidates = pair_steps(&rows, &short, pbc, a).into_iter().chain(diagonal_steps(&rows, pbc, a));
            candidates.flatten().any(|row| {
                let vector = combine(row, given);
                let fits = row.iter().all(|&c| (c as f64).abs() <= MAX_COEFFICIENT);
                let better = fits && dot(vector, vector) < dot(short[a], short[a]) * (1.0 - SHORTENING);
                if better {
                    (rows[a], short[a]) = (row, vector);
                }
                better
            })
        });
        if !shortened {
            break;
        }
    }
    rows
}

/// Row `a` less the nearest multiple of one other row: Lagrange's step.
fn pair_steps(rows: &[[i64; 3]; 3], short: &[[f64; 3]; 3], pbc: [bool; 3], a: usize) -> [Option<[i64; 3]>; 2] {
    [(a + 1) % 3, (a + 2) % 3].map(|b| {
        let multiple = (dot(short[a], short[b]) / dot(short[b], short[b])).round();
        let usable = pbc[a] && pbc[b] && multiple != 0.0 && multiple.abs() <= MAX_COEFFICIENT;
        usable.then(|| std::array::from_fn(|c| rows[a][c].saturating_sub((multiple as i64).saturating_mul(rows[b][c]))))
    })
}

/// Row `a` plus or minus both others: what pairs alone miss in three dimensions.
fn diagonal_steps(rows: &[[i64; 3]; 3], pbc: [bool; 3], a: usize) -> [Option<[i64; 3]>; 4] {
    [(1, 1), (1, -1), (-1, 1), (-1, -1)].map(|(s, t)| {
        let (b, c) = ((a + 1) % 3, (a + 2) % 3);
        (pbc == [true; 3]).then(|| std::array::from_fn(|k| rows[a][k] + s * rows[b][k] + t * rows[c][k]))
    })
}

pub(super) fn combine(row: [i64; 3], vectors: &[[f64; 3]; 3]) -> [f64; 3] {
    std::array::from_fn(|c| (0..3).map(|a| row[a] as f64 * vectors[a][c]).sum())
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(super) fn norm(a: [f64; 3]) -> f64 {
    dot(a, a).sqrt()
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn unit(a: [f64; 3]) -> Option<[f64; 3]> {
    let length = norm(a);
    (length > 0.0 && length.is_finite()).then(|| a.map(|x| x / length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheared_cube_reduces_to_the_cube() {
        let cell = Cell::new([[3.0, 0.0, 0.0], [3.0 * 1e4, 3.0, 0.0], [-3.0 * 70.0, 3.0 * 900.0, -3.0]]);
        let frame = Frame::new(&cell, [true; 3]).unwrap();
        for height in frame.heights {
            assert!((height - 3.0).abs() < 1e-9, "{height}");
        }
        assert_eq!(frame.given_images([1, 2, 3]), {
            let v = frame.translation([1, 2, 3]);
            let inverse = cell.inverse().unwrap();
            std::array::from_fn(|b| (0..3).map(|c| v[c] * inverse[c][b]).sum::<f64>().round() as i64)
        });
    }

    #[test]
    fn missing_axes_are_completed_at_right_angles() {
        for mask in 0..8usize {
            let pbc = std::array::from_fn(|a| mask >> a & 1 == 1);
            let cell = Cell::new(std::array::from_fn(|a| if pbc[a] { [1.0 + a as f64, 0.3, -0.2] } else { [0.0; 3] }));
            if mask == 7 {
                continue;
            }
            let frame = Frame::new(&cell, pbc).unwrap();
            for a in (0..3).filter(|&a| !pbc[a]) {
                assert!((norm(frame.basis[a]) - 1.0).abs() < 1e-12);
                for b in (0..3).filter(|&b| b != a) {
                    assert!(dot(frame.basis[a], frame.basis[b]).abs() < 1e-12, "{pbc:?}");
                }
            }
        }
    }

    #[test]
    fn parallel_periodic_vectors_are_refused() {
        let cell = Cell::new([[1.0, 2.0, 0.0], [0.0; 3], [-2.0, -4.0, 0.0]]);
        assert!(matches!(Frame::new(&cell, [true, false, true]), Err(CellError::Singular { .. })));
    }
}
