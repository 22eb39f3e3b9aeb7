//! What a relaxation can be told.

use crate::DynamicsError;

/// How the cell takes part in a relaxation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CellMode {
    /// The cell stays; only atoms move.
    #[default]
    Fixed,
    /// The cell grows and shrinks without changing its shape.
    Isotropic,
    /// All lattice vectors move.
    Full,
}

/// How the next step is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Optimizer {
    /// Limited-memory BFGS without a line search: few steps.
    #[default]
    Lbfgs,
    /// Damped dynamics (FIRE): more steps, but hard to derail.
    Fire,
}

/// The options of a relaxation.
#[derive(Debug, Clone, PartialEq)]
pub struct RelaxationOptions {
    /// The force below which to stop, in eV/Å.
    ///
    /// It holds for every atom and for every row of the cell's coordinates.
    pub fmax: f64,
    /// The largest number of steps.
    pub max_steps: u64,
    /// Whether and how the cell moves.
    pub cell: CellMode,
    /// The pressure to reach with a moving cell, in eV/Å^3; positive compresses.
    pub pressure: f64,
    /// How the next step is chosen.
    pub optimizer: Optimizer,
    /// The longest step in Å: of an atom (L-BFGS) or of all coordinates (FIRE).
    pub max_displacement: f64,
    /// Keeps the space group that the initial structure has within this distance, in Å.
    pub symmetry: Option<f64>,
}

/// The distance (Å) within which a space group is looked for by default.
pub const DEFAULT_SYMMETRY_TOLERANCE: f64 = 0.01;

impl Default for RelaxationOptions {
    fn default() -> Self {
        Self {
            fmax: 0.01,
            max_steps: 1000,
            cell: CellMode::Fixed,
            pressure: 0.0,
            optimizer: Optimizer::Lbfgs,
            max_displacement: 0.2,
            symmetry: None,
        }
    }
}

impl RelaxationOptions {
    /// Checks every option against its range.
    ///
    /// # Errors
    /// [`DynamicsError::Option`] naming the first one outside.
    pub fn validate(&self) -> Result<(), DynamicsError> {
        let positive = [
            ("fmax", self.fmax),
            ("max_displacement", self.max_displacement),
            ("symmetry", self.symmetry.unwrap_or(DEFAULT_SYMMETRY_TOLERANCE)),
        ];
        for (name, value) in positive {
            if !(value.is_finite() && value > 0.0) {
                return Err(DynamicsError::Option {
                    name,
                    value,
                    requirement: "it must be a finite number above zero",
                });
            }
        }
        if !self.pressure.is_finite() {
            let requirement = "it must be a finite number";
            return Err(DynamicsError::Option { name: "pressure", value: self.pressure, requirement });
        }
        Ok(())
    }
}
