//! From the sites of the asymmetric unit to all atoms of the cell.

use std::collections::HashMap;

use super::operation::Operation;
use super::sites::Site;
use crate::Cell;
use crate::files::{FileError, Place, Problem};

/// Images of a site closer than this, in Å, are one atom.
///
/// Printed coordinates with three decimals put the images of a special position up to 0.02 Å apart in a cell of 20 Å;
/// atoms never come closer than about 0.3 Å, not even the half-occupied ones.
pub const MERGE_DISTANCE: f64 = 0.05;

/// An atom of the cell: its site and fractional coordinates.
#[derive(Debug, Clone, Copy)]
pub(super) struct Atom {
    pub site: usize,
    pub fractional: [f64; 3],
}

/// Applies the operations to the sites and merges images that fall together.
///
/// # Errors
/// [`Problem::Coincident`] for two atoms at one place, [`Problem::NearSpecialPosition`] for a site whose images
/// fall together unevenly.
///
/// # Cost
/// O(sites · operations²) at worst, O(sites · operations) memory.
pub(super) fn expand(sites: &[Site<'_>], operations: &[Operation], cell: &Cell) -> Result<Vec<Atom>, FileError> {
    let inverse = cell.inverse().map_err(|error| Problem::Cell(Box::new(error)).at(Place::default()))?;
    let gap = Gap::new(cell, &inverse);
    // Without symmetry every site is meant as an atom of its own.
    let mut all = Bins::new(cell, operations.len() > 1);
    for (index, site) in sites.iter().enumerate() {
        let orbit = orbit(site, operations, &gap)?;
        for fractional in orbit {
            all.add(Atom { site: index, fractional }, sites, &gap)?;
        }
    }
    Ok(all.atoms)
}

/// Distances between points of the crystal, as far as they are below [`MERGE_DISTANCE`].
struct Gap<'a> {
    cell: &'a Cell,
    /// No fractional component of a shorter vector is larger.
    reach: [f64; 3],
}

impl<'a> Gap<'a> {
    fn new(cell: &'a Cell, inverse: &[[f64; 3]; 3]) -> Self {
        // The component along lattice vector j is the product with column j of the inverse.
        let length = |j: usize| (0..3).map(|i| inverse[i][j] * inverse[i][j]).sum::<f64>().sqrt();
        Self { cell, reach: std::array::from_fn(|j| MERGE_DISTANCE * length(j)) }
    }

    /// The fractional vector from `a` to the nearest image of `b` and its length in Å, if that is below the limit.
    fn between(&self, a: [f64; 3], b: [f64; 3]) -> Option<([f64; 3], f64)> {
        let mut difference = [0.0; 3];
        for axis in 0..3 {
            let d = b[axis] - a[axis];
            difference[axis] = d - d.round();
            if difference[axis].abs() > self.reach[axis] {
                return None;
            }
        }
        let length = self.cell.to_cartesian(difference).iter().map(|x| x * x).sum::<f64>().sqrt();
        (length < MERGE_DISTANCE).then_some((difference, length))
    }
}

/// The distinct images of a site; the first is the one under the identity.
fn orbit(site: &Site<'_>, operations: &[Operation], gap: &Gap<'_>) -> Result<Vec<[f64; 3]>, FileError> {
    /// Images that fall together: the first of them, the sum of the differences to it, how many.
    struct Cluster {
        first: [f64; 3],
        drift: [f64; 3],
        count: usize,
    }
    let mut clusters: Vec<Cluster> = Vec::new();
    for operation in operations {
        let image = operation.apply(site.position);
        let found = clusters.iter_mut().find_map(|cluster| {
            let (difference, _) = gap.between(cluster.first, image)?;
            Some((cluster, difference))
        });
        match found {
            Some((cluster, difference)) => {
                cluster.drift = std::array::from_fn(|axis| cluster.drift[axis] + difference[axis]);
                cluster.count += 1;
            }
            None => clusters.push(Cluster { first: image, drift: [0.0; 3], count: 1 }),
        }
    }
    let count = clusters.first().map_or(0, |cluster| cluster.count);
    if clusters.iter().any(|cluster| cluster.count != count) {
        return Err(Problem::NearSpecialPosition { site: site.label.to_owned() }.at(Place::line(site.line)));
    }
    let mean = |cluster: &Cluster| std::array::from_fn(|axis| cluster.first[axis] + cluster.drift[axis] / count as f64);
    let wrap = |x: f64| {
        let wrapped = x - x.floor();
        if wrapped < 1.0 { wrapped } else { 0.0 }
    };
    let place = |(index, cluster): (usize, &Cluster)| {
        let mean: [f64; 3] = mean(cluster);
        if index == 0 { mean } else { mean.map(wrap) }
    };
    Ok(clusters.iter().enumerate().map(place).collect())
}

/// Atoms sorted into boxes, to find the ones at the same place.
struct Bins {
    atoms: Vec<Atom>,
    counts: [i64; 3],
    boxes: HashMap<[i64; 3], Vec<usize>>,
    /// Whether equal elements at one place are copies by symmetry.
    merges: bool,
}

/// The height of a box in Å: above [`MERGE_DISTANCE`], so that neighbouring boxes suffice, and small, so that few atoms
/// share one.
const BOX: f64 = 5.0 * MERGE_DISTANCE;

/// Most boxes along a lattice vector.
const MOST_BOXES: f64 = 1e6;

impl Bins {
    fn new(cell: &Cell, merges: bool) -> Self {
        let [a, b, c] = cell.vectors();
        let volume = cell.volume();
        let cross = |u: [f64; 3], v: [f64; 3]| {
            let product = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
            product.iter().map(|x| x * x).sum::<f64>().sqrt()
        };
        let heights = [volume / cross(b, c), volume / cross(c, a), volume / cross(a, b)];
        let counts = heights.map(|height| ((height / BOX).clamp(1.0, MOST_BOXES) as i64).max(1));
        Self { atoms: Vec::new(), counts, boxes: HashMap::new(), merges }
    }

    fn home(&self, fractional: [f64; 3]) -> [i64; 3] {
        std::array::from_fn(|axis| {
            let wrapped = fractional[axis] - fractional[axis].floor();
            ((wrapped * self.counts[axis] as f64) as i64).min(self.counts[axis] - 1)
        })
    }

    /// Adds an atom unless the same element is already there, as in files that list symmetry copies.
    fn add(&mut self, atom: Atom, sites: &[Site<'_>], gap: &Gap<'_>) -> Result<(), FileError> {
        let home = self.home(atom.fractional);
        for shift in 0..27 {
            let offset = [shift / 9 - 1, shift / 3 % 3 - 1, shift % 3 - 1];
            let neighbour = std::array::from_fn(|axis| (home[axis] + offset[axis]).rem_euclid(self.counts[axis]));
            for &index in self.boxes.get(&neighbour).into_iter().flatten() {
                let other = self.atoms[index];
                let Some((_, distance)) = gap.between(other.fractional, atom.fractional) else { continue };
                let (first, second) = (&sites[other.site], &sites[atom.site]);
                if self.merges && first.number == second.number {
                    return Ok(());
                }
                let (first, second) = (first.label.to_owned(), second.label.to_owned());
                let place = Place::line(sites[atom.site].line);
                return Err(Problem::Coincident { first, second, distance }.at(place));
            }
        }
        self.boxes.entry(home).or_default().push(self.atoms.len());
        self.atoms.push(atom);
        Ok(())
    }
}
