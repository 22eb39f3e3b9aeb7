//! All images of atoms around a structure, without pairs: for sums whose range is so long that a list of pairs would be
//! the larger part of the work.

use super::lattice::{combine, norm};
use super::search::{Workspace, refuse_crowd, refuse_short_vector};
use super::{Frame, NeighborError};
use crate::{Structure, StructureError};

/// Share of the reach that is kept in reserve against rounding of wrapped positions.
const RESERVE_SHARE: f64 = 1e-9;

/// The atoms of a structure, wrapped into one cell, and all their images within a reach of that cell's atoms.
///
/// The first points are the atoms themselves, in order; images follow. Every image closer than the reach to any of the
/// atoms is there, each once; some that are further are there too. The points depend on the structure alone.
///
/// # Units
/// Å.
/// # Cost
/// Linear in the number of points, which for a cell of edge `a` and reach `R` is about `(1 + 2R/a)^3` an atom.
/// # Examples
/// ```
/// use schur_atoms::{Cell, Structure, neighbours::Images};
/// let cell = Cell::new([[0.0, 1.805, 1.805], [1.805, 0.0, 1.805], [1.805, 1.805, 0.0]]);
/// let copper = Structure::new(vec![29], vec![[0.0; 3]], cell, [true; 3]);
/// let mut images = Images::default();
/// images.gather(&copper, 5.0)?;
/// let close = images.points().iter().filter(|p| p.iter().map(|x| x * x).sum::<f64>() < 25.0).count();
/// assert_eq!((images.atoms()[0], close), (0, 1 + 42));
/// # Ok::<(), schur_atoms::neighbours::NeighborError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Images {
    points: Vec<[f64; 3]>,
    atoms: Vec<u32>,
    workspace: Workspace,
}

impl Images {
    /// Collects the images of `structure` within `reach` (Å), reusing the memory.
    ///
    /// # Errors
    /// [`NeighborError`] if the structure is not valid, the reach no positive length, or the lattice finer or the atoms
    /// denser than matter; there are no points then.
    pub fn gather(&mut self, structure: &Structure, reach: f64) -> Result<(), NeighborError> {
        self.points.clear();
        self.atoms.clear();
        if !(reach > 0.0 && reach.is_finite()) {
            return Err(NeighborError::Cutoff { cutoff: reach });
        }
        structure.validate()?;
        let n = structure.len();
        if n > u32::MAX as usize {
            return Err(NeighborError::TooManyAtoms { atoms: n });
        }
        let frame = Frame::new(&structure.cell, structure.pbc).map_err(StructureError::from)?;
        refuse_short_vector(&frame)?;
        let around = n as f64 * (frame.lattice_points_within(reach) - 1.0);
        refuse_crowd(0, around, reach, around)?;
        self.workspace.frame = frame;
        self.workspace.wrap(structure)?;
        for (i, position) in structure.positions.iter().enumerate() {
            let wrap = structure.cell.to_cartesian(self.workspace.wraps[i].map(f64::from));
            self.points.push(std::array::from_fn(|c| position[c] + wrap[c]));
            self.atoms.push(i as u32);
        }
        self.add_images(reach * (1.0 + RESERVE_SHARE));
        Ok(())
    }

    /// The atoms and their images.
    pub fn points(&self) -> &[[f64; 3]] {
        &self.points
    }

    /// Which atom each point is an image of.
    pub fn atoms(&self) -> &[u32] {
        &self.atoms
    }

    /// Adds the images that lie within the reach of the box around the atoms.
    fn add_images(&mut self, reach: f64) {
        let n = self.points.len();
        let frame = &self.workspace.frame;
        let (low, high) = bounds(&self.points);
        let centre: [f64; 3] = std::array::from_fn(|c| 0.5 * (low[c] + high[c]));
        let half: [f64; 3] = std::array::from_fn(|c| 0.5 * (high[c] - low[c]));
        let furthest = reach + 2.0 * norm(half);
        // Wrapped atoms lie less than one plane distance apart along each periodic axis.
        let most: [i64; 3] =
            std::array::from_fn(|a| if frame.pbc[a] { (reach / frame.heights[a]).floor() as i64 + 1 } else { 0 });
        for k0 in -most[0]..=most[0] {
            for k1 in -most[1]..=most[1] {
                for k2 in -most[2]..=most[2] {
                    let shift = combine([k0, k1, k2], &frame.basis);
                    if [k0, k1, k2] == [0; 3] || norm(shift) > furthest {
                        continue;
                    }
                    for i in 0..n {
                        let p: [f64; 3] = std::array::from_fn(|c| self.points[i][c] + shift[c]);
                        let out: [f64; 3] = std::array::from_fn(|c| ((p[c] - centre[c]).abs() - half[c]).max(0.0));
                        if out[0] * out[0] + out[1] * out[1] + out[2] * out[2] <= reach * reach {
                            self.points.push(p);
                            self.atoms.push(i as u32);
                        }
                    }
                }
            }
        }
    }
}

/// The corners of the box around some points.
fn bounds(points: &[[f64; 3]]) -> ([f64; 3], [f64; 3]) {
    let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
    for p in points {
        for c in 0..3 {
            low[c] = low[c].min(p[c]);
            high[c] = high[c].max(p[c]);
        }
    }
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cell;
    use crate::neighbours::NeighborList;

    /// Counts the pairs that the points hold within a distance.
    fn pairs(structure: &Structure, reach: f64) -> usize {
        let mut images = Images::default();
        images.gather(structure, reach).unwrap();
        let points = images.points();
        let close = |i: usize, p: &[f64; 3]| norm(std::array::from_fn(|c| p[c] - points[i][c])) < reach;
        (0..structure.len()).map(|i| points.iter().filter(|p| close(i, p)).count() - 1).sum()
    }

    #[test]
    fn every_pair_of_a_neighbour_list_is_there_once() {
        let cell = Cell::new([[3.0, 0.1, 0.0], [7.5, 4.0, 0.2], [-0.4, 9.3, 5.0]]);
        let positions = vec![[0.1, 0.2, 0.3], [9.0, -5.0, 31.0], [1.9, 2.2, 2.7]];
        for mask in 0..8usize {
            let pbc = std::array::from_fn(|a| mask >> a & 1 == 1);
            let structure = Structure::new(vec![6; 3], positions.clone(), cell, pbc);
            for reach in [2.0, 6.5, 13.0] {
                let expected = NeighborList::build(&structure, reach).unwrap().len();
                assert_eq!(pairs(&structure, reach), expected, "{pbc:?} {reach}");
            }
        }
    }

    #[test]
    fn what_is_no_matter_is_refused() {
        let fine = Cell::new([[0.3, 0.0, 0.0], [0.0, 0.3, 0.0], [0.0, 0.0, 0.3]]);
        let structure = Structure::new(vec![6], vec![[0.0; 3]], fine, [true; 3]);
        let mut images = Images::default();
        assert!(matches!(images.gather(&structure, 30.0), Err(NeighborError::Crowded { .. })));
        let tiny = Structure { cell: Cell::new([[1e-3, 0.0, 0.0]; 3]), pbc: [true, false, false], ..structure.clone() };
        assert!(matches!(images.gather(&tiny, 30.0), Err(NeighborError::ShortVector { .. })));
        let open = Structure { pbc: [false; 3], ..structure };
        assert!(matches!(images.gather(&open, f64::NAN), Err(NeighborError::Cutoff { .. })));
        images.gather(&open, 30.0).unwrap();
        assert_eq!(images.points(), [[0.0; 3]]);
    }
}
