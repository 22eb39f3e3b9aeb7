//! What can go wrong while atoms move.

use schur_atoms::StructureError;
use schur_potential::PotentialError;

/// Why a relaxation or a simulation cannot start or go on.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DynamicsError {
    /// The structure is not computable.
    #[error(transparent)]
    Structure(#[from] StructureError),
    /// An option outside its range.
    #[error("option `{name}` is {value}: {requirement}")]
    Option {
        /// Which option.
        name: &'static str,
        /// The value given.
        value: f64,
        /// What it must be.
        requirement: &'static str,
    },
    /// The potential refused the structure.
    #[error("at step {step}: {source}")]
    Potential {
        /// The step at which it did, 0 for the initial structure.
        step: u64,
        /// Its reason.
        source: PotentialError,
    },
    /// The potential answered with something that is no number.
    #[error(
        "at step {step} the {quantity} is {value}: the atoms have left the region that the model knows; start from a better structure or take smaller steps"
    )]
    NotFinite {
        /// The step at which it did.
        step: u64,
        /// Energy, force, virial, ...
        quantity: &'static str,
        /// The value found.
        value: f64,
    },
    /// The potential answered for another number of atoms.
    #[error("at step {step} the potential returned {found} forces for {expected} atoms")]
    ForceCount {
        /// The step at which it did.
        step: u64,
        /// Number of atoms.
        expected: usize,
        /// Forces returned.
        found: usize,
    },
    /// The energy of a relaxation rises instead of falling.
    #[error(
        "at step {step} the energy is {rise:.3} eV per atom above that of the initial structure: the relaxation diverges; try the optimizer `fire` or a smaller `max_displacement`"
    )]
    EnergyRises {
        /// The step at which it did.
        step: u64,
        /// How far above the initial energy, in eV per atom.
        rise: f64,
    },
    /// The cell has been deformed beyond recognition.
    #[error(
        "at step {step} the cell is strained by a factor e^{strain:.2} against the initial one: it collapses or flies apart; check the initial volume, the pressure and the periodicity"
    )]
    CellRunsAway {
        /// The step at which it did.
        step: u64,
        /// Norm of the logarithm of the deformation.
        strain: f64,
    },
    /// An atom moves too far in one time step.
    #[error(
        "at step {step} atom {atom} moves {displacement:.2} Å within one time step: the simulation has become unstable; use a shorter `timestep`, or relax the structure first"
    )]
    Unstable {
        /// The step at which it does.
        step: u64,
        /// Which atom, from 0.
        atom: usize,
        /// How far it would move, in Å.
        displacement: f64,
    },
    /// The cell moves too fast.
    #[error(
        "at step {step} the cell strains by {strain:.2e} within one time step: the barostat has become unstable; use a longer `pressure_time`, or relax the cell first"
    )]
    UnstableCell {
        /// The step at which it does.
        step: u64,
        /// Strain within one step.
        strain: f64,
    },
    /// A moving cell needs a crystal.
    #[error(
        "a cell can move only if the structure repeats along all three lattice vectors, and pbc is {pbc:?}; keep the cell fixed, or make the structure periodic"
    )]
    NotPeriodic {
        /// Along which lattice vectors it repeats.
        pbc: [bool; 3],
    },
    /// The potential is not that of the checkpoint.
    #[error(
        "the potential gives the structure of the checkpoint {found} eV where {expected} eV was written: it is another model; resume with the one that the simulation was begun with"
    )]
    OtherPotential {
        /// The energy written, in eV.
        expected: f64,
        /// The energy found, in eV.
        found: f64,
    },
    /// There is nothing that could have a temperature.
    #[error("no atom is free to move ({atoms} atoms, of which the momentum is conserved and the rest is fixed)")]
    NothingMoves {
        /// Number of atoms.
        atoms: usize,
    },
    /// A velocity that is no number.
    #[error("atom {atom} has velocity {velocity:?} Å/fs: every component must be a finite number")]
    Velocity {
        /// Which atom, from 0.
        atom: usize,
        /// The velocity found.
        velocity: [f64; 3],
    },
    /// A tolerance within which nearly everything is symmetric.
    #[error(
        "a tolerance of {tolerance} Å is too wide to find a symmetry where the shortest lattice vector has {shortest} Å: \
         take {limit} Å or less"
    )]
    WideTolerance {
        /// The tolerance in Å.
        tolerance: f64,
        /// The length of the shortest lattice vector in Å.
        shortest: f64,
        /// The widest tolerance for it in Å.
        limit: f64,
    },
    /// The symmetry of the structure could not be found.
    #[error("no space group was found within {tolerance} Å: {reason}; change the tolerance or give up the symmetry")]
    Symmetry {
        /// The tolerance in Å.
        tolerance: f64,
        /// What the search says.
        reason: moyo::Error,
    },
    /// The fixed atoms are less symmetric than the crystal.
    #[error(
        "atom {atom} and its symmetric image {image} are not fixed alike: fix both, fix neither, or do not keep the symmetry"
    )]
    AsymmetricConstraint {
        /// One atom, from 0.
        atom: usize,
        /// The other.
        image: usize,
    },
}
