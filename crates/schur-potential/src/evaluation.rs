//! What every potential answers, whatever it is made of.

use schur_atoms::neighbours::NeighborError;
use schur_atoms::{Structure, StructureError};

/// What is asked of a potential beyond the energy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Request {
    /// Forces and the virial: the reverse pass.
    pub forces: bool,
    /// The virial of each atom.
    pub virials: bool,
}

impl Request {
    /// Energy and energies of the atoms only.
    pub const ENERGY: Self = Self { forces: false, virials: false };
    /// Energy, forces and virial: what dynamics and relaxation need.
    pub const FORCES: Self = Self { forces: true, virials: false };
    /// Everything, the virial of each atom included.
    pub const ALL: Self = Self { forces: true, virials: true };

    /// Whether a reverse pass is needed.
    pub(crate) fn reverse(self) -> bool {
        self.forces || self.virials
    }
}

/// A potential's answer for one structure; keep it and pass it again, and its memory is used again.
///
/// # Units
/// Energies eV, forces eV/Å, virials eV, magnetic moments Bohr magnetons.
///
/// # Conventions
/// `virial = -dE/dε` for a homogeneous deformation `x -> x (1 + ε)`, symmetric, so that
/// `stress = -virial / volume` is positive under tension (ASE's sign).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evaluation {
    /// Total energy in eV.
    pub energy: f64,
    /// Energy of each atom in eV.
    pub energies: Vec<f64>,
    /// Forces in eV/Å, `[atom][3]`; empty unless asked for.
    pub forces: Vec<[f64; 3]>,
    /// Virial in eV; zero unless forces or virials were asked for.
    pub virial: [[f64; 3]; 3],
    /// Virial of each atom in eV, summing to `virial`; empty unless asked for.
    pub virials: Vec<[[f64; 3]; 3]>,
    /// Size of the magnetic moment of each atom in Bohr magnetons, whatever was asked for; empty where the model has
    /// none ([`Potential::has_magnetic_moments`]).
    pub magnetic_moments: Vec<f64>,
}

impl Evaluation {
    /// Stress in eV/Å^3, Voigt order xx yy zz yz xz xy, positive under tension.
    ///
    /// `None` where the structure has no volume or repeats along no direction.
    pub fn stress(&self, structure: &Structure) -> Option<[f64; 6]> {
        let volume = structure.cell.volume();
        if volume <= 0.0 || structure.pbc == [false; 3] {
            return None;
        }
        let w = &self.virial;
        let component = |i: usize, j: usize| -0.5 * (w[i][j] + w[j][i]) / volume;
        Some([component(0, 0), component(1, 1), component(2, 2), component(1, 2), component(0, 2), component(0, 1)])
    }
}

/// Why a structure could not be evaluated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PotentialError {
    /// The structure is not computable for any potential.
    #[error(transparent)]
    Structure(#[from] StructureError),
    /// The neighbours of the atoms cannot be listed.
    #[error(transparent)]
    Neighbors(NeighborError),
    /// The model was not trained on this element.
    #[error("atom {atom} is {element}, which the model does not know; it knows {known}")]
    UnknownElement {
        /// Which atom, from 0.
        atom: usize,
        /// Its chemical symbol.
        element: &'static str,
        /// The elements the model knows, as a short list.
        known: String,
    },
    /// Two atoms lie on top of each other.
    #[error("atoms {first} and {second} are {distance:.2e} Å apart, closer than {limit} Å: they overlap")]
    Overlap {
        /// One atom, from 0.
        first: usize,
        /// The other; the same atom if it meets its own image.
        second: usize,
        /// Their distance in Å.
        distance: f64,
        /// The smallest distance accepted, in Å.
        limit: f64,
    },
    /// A part of the model cannot treat this structure.
    #[error("the model's {part} {problem}")]
    Unsuited {
        /// Which part.
        part: &'static str,
        /// What it needs.
        problem: String,
    },
    /// The result is infinite or not a number.
    #[error("the model's {quantity} of atom {atom} is {value}: the structure lies far outside what the model knows")]
    NotFinite {
        /// Energy, force, virial or magnetic moment.
        quantity: &'static str,
        /// Which atom, from 0.
        atom: usize,
        /// The value found; where a sum over atoms overflowed, its largest part.
        value: f64,
    },
}

impl From<NeighborError> for PotentialError {
    /// A structure that is wrong in itself stays that error, whoever found it.
    fn from(error: NeighborError) -> Self {
        match error {
            NeighborError::Structure(error) => Self::Structure(error),
            other => Self::Neighbors(other),
        }
    }
}

/// A model of the energy of atoms.
///
/// An implementation may keep what it can use again (neighbour lists, memory), so it takes `&mut self`; the answer
/// must not depend on what was evaluated before, bit for bit.
pub trait Potential {
    /// Evaluates `structure` into `out`.
    ///
    /// # Errors
    /// [`PotentialError`] if the structure or the answer is unusable; `out` is then unspecified.
    fn evaluate(&mut self, structure: &Structure, request: Request, out: &mut Evaluation)
    -> Result<(), PotentialError>;

    /// Tells whether answers hold magnetic moments.
    fn has_magnetic_moments(&self) -> bool {
        false
    }
}
