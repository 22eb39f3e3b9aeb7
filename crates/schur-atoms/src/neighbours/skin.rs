//! A neighbour list kept across small motions of the atoms and the cell (Verlet's skin).

use super::lattice::{complete, norm};
use super::{NeighborError, NeighborList};
use crate::{Cell, Structure, StructureError};

/// Share of the longer cut-off kept in reserve against rounding in the bound.
const RESERVE_SHARE: f64 = 1e-9;
/// Last places of the largest coordinate kept in reserve: what positions far from the origin lose.
const RESERVE_PLACES: f64 = 64.0;

/// A neighbour list that is made again only when a pair could have come within the cut-off unseen.
///
/// The list holds all pairs within `cutoff + skin` of the structure it was made from; the user takes those whose
/// [`distance`](super::distance) is below `cutoff` now. Since rows are sorted by `(j, S)`, that selection is the same sequence of pairs as
/// a list made afresh, whatever happened before: a restarted run sums in the same order.
///
/// Let `F` deform the old cell into the new one and `u_i` be what atom `i` moved beyond that deformation and a common
/// drift. A pair outside the list was at least `cutoff + skin` apart and is now at least
/// $$ \sigma_{\min}(F)\,(\mathrm{cutoff} + \mathrm{skin}) - |u_i| - |u_j| $$
/// apart, and $\sigma_{\min}(F)^2 \ge 1 - \lVert F F^T - 1 \rVert$. The list is kept while this bound, with the two
/// largest `|u|`, stays above `cutoff`; a rotation or a drift of everything costs nothing.
///
/// # Source
/// Verlet, "Computer experiments on classical fluids I", Phys. Rev. 159, 98 (1967), for the idea of the skin.
/// # Examples
/// ```
/// use schur_atoms::{Cell, Structure, neighbours::SkinList};
/// let cell = Cell::new([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 4.0]]);
/// let mut iron = Structure::new(vec![26, 26], vec![[0.0; 3], [2.0; 3]], cell, [true; 3]);
/// let mut skin = SkinList::new(5.0, 0.5)?;
/// skin.update(&iron)?;
/// iron.positions[0][0] = 0.2;
/// skin.update(&iron)?;
/// assert_eq!(skin.builds(), 1);
/// # Ok::<(), schur_atoms::neighbours::NeighborError>(())
/// ```
#[derive(Debug, Clone)]
pub struct SkinList {
    cutoff: f64,
    skin: f64,
    list: NeighborList,
    reference: Option<Reference>,
    builds: u64,
}

/// What the list was made from.
#[derive(Debug, Clone)]
struct Reference {
    positions: Vec<[f64; 3]>,
    cell: Cell,
    pbc: [bool; 3],
}

impl SkinList {
    /// Makes an empty list for pairs within `cutoff`, to be kept while atoms move by about half of `skin` (both Å).
    ///
    /// # Errors
    /// [`NeighborError::Cutoff`] if the cut-off is no positive length, [`NeighborError::Skin`] if the skin is negative
    /// or not finite.
    pub fn new(cutoff: f64, skin: f64) -> Result<Self, NeighborError> {
        if !(cutoff.is_finite() && cutoff > 0.0) {
            return Err(NeighborError::Cutoff { cutoff });
        }
        if !(skin.is_finite() && skin >= 0.0) {
            return Err(NeighborError::Skin { skin });
        }
        Ok(Self { cutoff, skin, list: NeighborList::default(), reference: None, builds: 0 })
    }

    /// Returns a list that holds every pair of `structure` within the cut-off, making it again if need be.
    ///
    /// # Errors
    /// [`NeighborError`] if the structure is not valid or the list cannot be made.
    pub fn update(&mut self, structure: &Structure) -> Result<&NeighborList, NeighborError> {
        structure.validate()?;
        let kept = match &self.reference {
            Some(reference) => self.holds(reference, structure)?,
            None => false,
        };
        if !kept {
            let reference = self.reference.take();
            self.list.rebuild(structure, self.cutoff + self.skin)?;
            self.builds += 1;
            let mut positions = reference.map(|r| r.positions).unwrap_or_default();
            positions.clone_from(&structure.positions);
            self.reference = Some(Reference { positions, cell: structure.cell, pbc: structure.pbc });
        }
        Ok(&self.list)
    }

    /// The list as the last update left it: all pairs that were within cut-off plus skin when it was made.
    pub fn list(&self) -> &NeighborList {
        &self.list
    }

    /// The cut-off up to which the list is complete at every update, in Å.
    pub fn cutoff(&self) -> f64 {
        self.cutoff
    }

    /// The skin in Å.
    pub fn skin(&self) -> f64 {
        self.skin
    }

    /// How many times the list was made; it changes exactly when the pairs may have changed.
    pub fn builds(&self) -> u64 {
        self.builds
    }

    /// Forgets the list, so that the next update makes it again.
    pub fn invalidate(&mut self) {
        self.reference = None;
    }

    /// Whether no pair outside the list can be within the cut-off.
    fn holds(&self, reference: &Reference, now: &Structure) -> Result<bool, NeighborError> {
        if reference.pbc != now.pbc || reference.positions.len() != now.positions.len() {
            return Ok(false);
        }
        let same_cell = (0..3).all(|a| !now.pbc[a] || reference.cell.vectors()[a] == now.cell.vectors()[a]);
        if same_cell && reference.positions == now.positions {
            return Ok(true);
        }
        let deformation = if same_cell { IDENTITY } else { deformation(&reference.cell, &now.cell, now.pbc)? };
        let listed = self.cutoff + self.skin;
        let closest = smallest_stretch(&deformation) * listed - largest_approach(reference, now, &deformation);
        let furthest = now.positions.as_flattened().iter().fold(0.0f64, |most, x| most.max(x.abs()));
        let reserve = RESERVE_SHARE * listed + RESERVE_PLACES * f64::EPSILON * furthest;
        Ok(closest >= self.cutoff + reserve)
    }
}

const IDENTITY: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// The matrix `F` with `old · F = new` for the periodic vectors.
fn deformation(old: &Cell, new: &Cell, pbc: [bool; 3]) -> Result<[[f64; 3]; 3], StructureError> {
    let inverse = Cell::new(complete(&old.vectors(), pbc)?).inverse()?;
    let new = Cell::new(complete(&new.vectors(), pbc)?);
    Ok(inverse.map(|row| new.to_cartesian(row)))
}

/// A lower bound on the factor by which `F` shortens any vector.
fn smallest_stretch(f: &[[f64; 3]; 3]) -> f64 {
    let mut defect = 0.0;
    for i in 0..3 {
        for j in 0..3 {
            let metric: f64 = (0..3).map(|c| f[i][c] * f[j][c]).sum();
            defect += (metric - IDENTITY[i][j]).powi(2);
        }
    }
    // NaN, from a deformation that overflowed, becomes 0: the list is made again.
    (1.0 - defect.sqrt()).max(0.0).sqrt()
}

/// The sum of the two largest motions beyond the deformation and the mean drift, in Å.
fn largest_approach(reference: &Reference, now: &Structure, f: &[[f64; 3]; 3]) -> f64 {
    let deformation = Cell::new(*f);
    let motion = |i: usize| -> [f64; 3] {
        let carried = deformation.to_cartesian(reference.positions[i]);
        std::array::from_fn(|c| now.positions[i][c] - carried[c])
    };
    let mut drift = [0.0; 3];
    for i in 0..now.positions.len() {
        let u = motion(i);
        for c in 0..3 {
            drift[c] += u[c] / now.positions.len() as f64;
        }
    }
    let mut largest = [0.0f64; 2];
    for i in 0..now.positions.len() {
        let u = motion(i);
        let length = norm(std::array::from_fn(|c| u[c] - drift[c]));
        if length.is_nan() {
            return f64::INFINITY;
        }
        if length > largest[0] {
            largest = [length, largest[0]];
        } else {
            largest[1] = largest[1].max(length);
        }
    }
    largest[0] + largest[1]
}
