//! A crystal, molecule or surface: what every file is read into and every model is asked about.

use indexmap::IndexMap;

use crate::{Array, Cell, CellError, Value, symbol};

/// Atoms with their positions, cell and whatever the file said of them.
///
/// # Units
/// Positions Å, cell Å, velocities Å/fs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Structure {
    /// Atomic number of each atom.
    pub numbers: Vec<u8>,
    /// Cartesian positions in Å, `[atom][3]`; they need not lie inside the cell.
    pub positions: Vec<[f64; 3]>,
    /// Lattice vectors; all zero if there is no cell.
    pub cell: Cell,
    /// Along which lattice vectors the structure repeats.
    pub pbc: [bool; 3],
    /// Velocities in Å/fs, `[atom][3]`, if known.
    pub velocities: Option<Vec<[f64; 3]>>,
    /// Which Cartesian components of each atom may not move, if constrained.
    pub fixed: Option<Vec<[bool; 3]>>,
    /// Values of the whole structure by key, in the file's order (energy, stress, config_type, ...).
    pub info: IndexMap<String, Value>,
    /// Values of each atom by key, in the file's order (forces, charges, ...).
    pub arrays: IndexMap<String, Array>,
}

/// A structure that cannot be computed with.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StructureError {
    /// There is nothing to compute.
    #[error("the structure has no atoms")]
    Empty,
    /// A coordinate is infinite or not a number.
    #[error("atom {atom} ({element}) has position {position:?}: every coordinate must be a finite number")]
    PositionNotFinite {
        /// Which atom, from 0.
        atom: usize,
        /// Its chemical symbol.
        element: &'static str,
        /// Its position.
        position: [f64; 3],
    },
    /// Two arrays of per-atom values differ in length.
    #[error("`{name}` has {found} rows for {expected} atoms")]
    Length {
        /// Which array.
        name: &'static str,
        /// Number of atoms.
        expected: usize,
        /// Rows found.
        found: usize,
    },
    /// An atomic number outside 1..=118.
    #[error("atom {atom} has atomic number {number}: there is no such element (1 to 118)")]
    Element {
        /// Which atom, from 0.
        atom: usize,
        /// The number found.
        number: u8,
    },
    /// A column `masses` that holds something else than one mass an atom.
    #[error(
        "the per-atom column `masses` is {found}, expected masses:R:1, one mass in amu an atom; rename the column if it holds something else"
    )]
    Masses {
        /// Name, type and number of columns, as in `Properties`.
        found: String,
    },
    /// A mass that is no mass.
    #[error(
        "atom {atom} has mass {mass} amu: it must be a finite number above zero; correct the column `masses`, or remove it to take the masses of the elements"
    )]
    Mass {
        /// Which atom, from 0.
        atom: usize,
        /// The mass found, in amu.
        mass: f64,
    },
    /// Periodic along a lattice vector that is missing.
    #[error(
        "the structure is periodic along lattice vector {axis}, but that vector is zero; give a cell or switch periodicity off"
    )]
    MissingVector {
        /// Which lattice vector, from 0.
        axis: usize,
    },
    /// The cell itself is unusable.
    #[error(transparent)]
    Cell(#[from] CellError),
}

impl Structure {
    /// Makes a structure without any attached values.
    pub fn new(numbers: Vec<u8>, positions: Vec<[f64; 3]>, cell: Cell, pbc: [bool; 3]) -> Self {
        Self { numbers, positions, cell, pbc, ..Self::default() }
    }

    /// Number of atoms.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there are no atoms.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Checks all that a model relies on: at least one atom, lengths, known elements, finite positions, usable cell.
    ///
    /// # Errors
    /// The first [`StructureError`] found, naming the atom or lattice vector at fault.
    pub fn validate(&self) -> Result<(), StructureError> {
        if self.is_empty() {
            return Err(StructureError::Empty);
        }
        self.validate_lengths()?;
        for (atom, &number) in self.numbers.iter().enumerate() {
            if !(1..=118).contains(&number) {
                return Err(StructureError::Element { atom, number });
            }
        }
        for (atom, &position) in self.positions.iter().enumerate() {
            if position.iter().any(|x| !x.is_finite()) {
                let element = symbol(self.numbers[atom]).unwrap_or("X");
                return Err(StructureError::PositionNotFinite { atom, element, position });
            }
        }
        self.validate_cell()
    }

    fn validate_lengths(&self) -> Result<(), StructureError> {
        let expected = self.len();
        let rows = [
            ("positions", Some(self.positions.len())),
            ("velocities", self.velocities.as_ref().map(Vec::len)),
            ("fixed", self.fixed.as_ref().map(Vec::len)),
        ];
        for (name, found) in rows {
            if let Some(found) = found.filter(|&found| found != expected) {
                return Err(StructureError::Length { name, expected, found });
            }
        }
        Ok(())
    }

    fn validate_cell(&self) -> Result<(), StructureError> {
        let vectors = self.cell.vectors();
        if let Some(row) = vectors.iter().position(|v| v.iter().any(|x| !x.is_finite())) {
            return Err(CellError::NotFinite { row, vector: vectors[row] }.into());
        }
        for axis in 0..3 {
            if self.pbc[axis] && vectors[axis] == [0.0; 3] {
                return Err(StructureError::MissingVector { axis });
            }
        }
        if self.pbc == [true; 3] {
            self.cell.inverse()?;
        }
        Ok(())
    }
}
