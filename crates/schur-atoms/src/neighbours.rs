//! Neighbour lists: which atoms, in which periodic images, lie closer than a cut-off.
//!
//! The list is made in time linear in the number of atoms: the lattice is reduced, atoms are wrapped and sorted into
//! bins about half a cut-off wide, and each atom looks at the bins around its own. Any cell of matter is welcome:
//! triclinic, left-handed, extremely sheared, much smaller than the cut-off, partly periodic with or without a vector
//! along the non-periodic axes; atoms may lie outside the cell. [`SkinList`] keeps a list across the steps of a simulation;
//! [`spatial_order`] numbers atoms so that neighbours lie close in memory, and [`Images`] serves
//! sums of such a range that a list of their pairs would be the larger part of the work.
//!
//! Whether a pair belongs to the list is decided by [`vector`] on the positions as given, never by the wrapped copies,
//! so that filtering a longer list gives exactly the list made directly.

mod bins;
mod images;
mod lattice;
mod order;
mod search;
mod skin;

use std::ops::Range;

use crate::{Cell, Structure, StructureError};
use lattice::Frame;
use search::Workspace;

pub use images::Images;
pub use order::spatial_order;
pub use skin::SkinList;

/// All directed pairs closer than a cut-off, in compressed rows: one row an atom.
///
/// Pair `e` of row `i` stands for the vector `r_j + S·cell - r_i` with `j = neighbors()[e]` and `S = shifts()[e]`; see
/// [`vector`]. Both directions are listed; an atom is its own neighbour through every image `S != 0` that is close
/// enough, never through `S = 0`. A row is sorted by `(j, S)`, so a list depends on the structure alone. Shifts refer to
/// the positions as given, also for atoms outside the cell.
///
/// # Units
/// Å.
/// # Cost
/// Linear in atoms plus pairs; 20 bytes a pair.
/// # Examples
/// ```
/// use schur_atoms::{Cell, Structure, neighbours::NeighborList};
/// // The primitive cell of copper is far smaller than 5 Å: all 42 neighbours are images of one atom.
/// let cell = Cell::new([[0.0, 1.805, 1.805], [1.805, 0.0, 1.805], [1.805, 1.805, 0.0]]);
/// let copper = Structure::new(vec![29], vec![[0.0; 3]], cell, [true; 3]);
/// let list = NeighborList::build(&copper, 5.0)?;
/// assert_eq!(list.len(), 42);
/// # Ok::<(), schur_atoms::neighbours::NeighborError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct NeighborList {
    offsets: Vec<usize>,
    neighbors: Vec<u32>,
    shifts: Vec<[i32; 3]>,
    reverse: Vec<u32>,
    cutoff: f64,
    distance_evaluations: u64,
    workspace: Workspace,
}

/// A neighbour list that cannot be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NeighborError {
    /// The structure itself cannot be computed with.
    #[error(transparent)]
    Structure(#[from] StructureError),
    /// A cut-off that is no positive length.
    #[error("the neighbour cut-off is {cutoff} Å: it must be a finite length above zero")]
    Cutoff {
        /// The cut-off asked for, in Å.
        cutoff: f64,
    },
    /// A skin that is no length.
    #[error("the neighbour skin is {skin} Å: it must be a finite length, zero or more")]
    Skin {
        /// The skin asked for, in Å.
        skin: f64,
    },
    /// More atoms than 32-bit indices can number.
    #[error("{atoms} atoms are more than 32-bit indices can number; split the structure")]
    TooManyAtoms {
        /// Number of atoms.
        atoms: usize,
    },
    /// More pairs than 32-bit indices can number.
    #[error(
        "{atoms} atoms have about {pairs:.3e} neighbour pairs within {cutoff} Å, more than the 4.29e9 that 32-bit indices can number; check the cell's unit (Å) and the cut-off, or split the structure"
    )]
    TooManyPairs {
        /// Number of atoms.
        atoms: usize,
        /// The cut-off in Å.
        cutoff: f64,
        /// Roughly how many directed pairs there would be.
        pairs: f64,
    },
    /// A lattice so fine that it cannot be one of atoms.
    #[error(
        "the lattice repeats every {length:e} Å, along {vector:?}: nothing below {limit} Å can be a crystal; check the cell's unit (Å, not nm) and its scale factor"
    )]
    ShortVector {
        /// The shortest vector of the lattice in Å; a sum of the given ones if that is shorter than each.
        vector: [f64; 3],
        /// Its length in Å.
        length: f64,
        /// The shortest length accepted, in Å.
        limit: f64,
    },
    /// More neighbours of one atom than the densest matter has.
    #[error(
        "atom {atom} has about {neighbors:.0} neighbours within {cutoff} Å, more than {density} atoms per Å^3: atoms lie on top of each other; check the unit of positions and cell (Å, not nm or fractions of the cell) and remove duplicates"
    )]
    Crowded {
        /// Which atom, from 0.
        atom: usize,
        /// Roughly how many neighbours it has.
        neighbors: f64,
        /// The cut-off in Å.
        cutoff: f64,
        /// The density up to which a structure is searched, in atoms per Å^3.
        density: f64,
    },
    /// An atom so many cells away that its image does not fit a 32-bit shift.
    #[error(
        "atom {atom} at {position:?} lies {images:e} cells out along lattice vector {axis}, more than a neighbour shift can count; wrap the positions into the cell"
    )]
    FarAtom {
        /// Which atom, from 0.
        atom: usize,
        /// Its position in Å.
        position: [f64; 3],
        /// Which lattice vector, from 0.
        axis: usize,
        /// How many of that vector would be needed.
        images: f64,
    },
    /// Lattice vectors so skewed that close images need shifts beyond 32 bits.
    #[error(
        "the lattice vectors {vectors:?} are so skewed that close images are {images:e} cells apart, more than a neighbour shift can count; choose shorter lattice vectors"
    )]
    SkewedCell {
        /// The lattice vectors in Å, one a row.
        vectors: [[f64; 3]; 3],
        /// The largest shift that would be needed.
        images: f64,
    },
}

impl NeighborList {
    /// Finds all pairs of `structure` closer than `cutoff` (Å).
    ///
    /// # Errors
    /// [`NeighborError`] if the structure is not valid, the cut-off no positive length, the lattice finer or the atoms
    /// denser than matter, the pairs more than 32-bit indices can number, or a shift larger than 32 bits can hold.
    pub fn build(structure: &Structure, cutoff: f64) -> Result<Self, NeighborError> {
        let mut list = Self::default();
        list.rebuild(structure, cutoff)?;
        Ok(list)
    }

    /// Replaces the list by that of `structure`, reusing its memory.
    ///
    /// # Errors
    /// As [`NeighborList::build`]; the list is empty afterwards.
    pub fn rebuild(&mut self, structure: &Structure, cutoff: f64) -> Result<(), NeighborError> {
        let mut workspace = std::mem::take(&mut self.workspace);
        let outcome = search::fill(self, &mut workspace, structure, cutoff);
        self.workspace = workspace;
        if outcome.is_err() {
            self.clear(cutoff);
        }
        outcome
    }

    fn clear(&mut self, cutoff: f64) {
        self.offsets.clear();
        self.offsets.push(0);
        self.neighbors.clear();
        self.shifts.clear();
        self.reverse.clear();
        self.cutoff = cutoff;
        self.distance_evaluations = 0;
    }

    /// Number of directed pairs.
    pub fn len(&self) -> usize {
        self.neighbors.len()
    }

    /// Whether no atom has a neighbour.
    pub fn is_empty(&self) -> bool {
        self.neighbors.is_empty()
    }

    /// Number of atoms, each with a row.
    pub fn n_atoms(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// The pairs that start at `atom`.
    ///
    /// # Panics
    /// If there is no such atom.
    pub fn row(&self, atom: usize) -> Range<usize> {
        self.offsets[atom]..self.offsets[atom + 1]
    }

    /// First pair of each row, and the number of pairs at the end: `[n_atoms + 1]`.
    pub fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    /// The atom at which each pair ends.
    pub fn neighbors(&self) -> &[u32] {
        &self.neighbors
    }

    /// How many of each lattice vector the neighbour is displaced by; zero along non-periodic axes.
    pub fn shifts(&self) -> &[[i32; 3]] {
        &self.shifts
    }

    /// For each pair `(i, j, S)` the number of the opposite pair `(j, i, -S)`.
    pub fn reverse(&self) -> &[u32] {
        &self.reverse
    }

    /// The cut-off in Å.
    pub fn cutoff(&self) -> f64 {
        self.cutoff
    }

    /// The vector of pair `e` in row `i`, in Å; see [`vector`].
    ///
    /// # Panics
    /// If there is no such pair, or `positions` has fewer rows than the list.
    pub fn vector(&self, positions: &[[f64; 3]], cell: &Cell, i: usize, e: usize) -> [f64; 3] {
        vector(positions[i], positions[self.neighbors[e] as usize], self.shifts[e], cell)
    }

    /// How many distances the last build computed: what it cost, apart from the machine.
    pub fn distance_evaluations(&self) -> u64 {
        self.distance_evaluations
    }
}

/// The vector from an atom at `from` to the image `shift` of an atom at `to`, in Å.
///
/// Evaluated as `(to - from) + shift·cell` in this order, which makes the opposite pair's vector the exact negative.
pub fn vector(from: [f64; 3], to: [f64; 3], shift: [i32; 3], cell: &Cell) -> [f64; 3] {
    let displaced = cell.to_cartesian(shift.map(f64::from));
    std::array::from_fn(|c| (to[c] - from[c]) + displaced[c])
}

/// The length of a pair's vector, in Å, as the list's own test against the cut-off computes it.
pub fn distance(vector: [f64; 3]) -> f64 {
    (vector[0] * vector[0] + vector[1] * vector[1] + vector[2] * vector[2]).sqrt()
}
