//! Positions and cell as one set of coordinates, with the exact gradient.
//!
//! With the initial cell `h0` (vectors are rows) the structure is `h = h0 · Fᵀ`, `x = x0 · Fᵀ`, and the deformation is
//! held as its logarithm, `F = exp(Y / N)` for `N` atoms. Coordinates are the rows of `x0` and of `Y`, so that atoms keep
//! their place in the cell when only the cell moves. Forces on them are, with the force `f` on atoms, the virial `W` and
//! the pressure `p`,
//!
//! $$ f_{x0} = f F, \qquad f_Y = \frac1N L^*\bigl( (W - pV) F^{-T} \bigr) $$
//!
//! where `L*` is the adjoint of the derivative of the exponential at `Y / N`, which is its derivative at the transpose.
//!
//! # Source
//! The coordinates of ASE's `FrechetCellFilter`, so that `fmax` means the same. A fixed component of an atom is fixed in
//! `x0` here (in ASE in the force itself), so that it follows the cell alone.

use schur_atoms::Structure;

use super::CellMode;
use crate::DynamicsError;
use crate::matrix3::{
    IDENTITY, Matrix3, add_scaled, exponential, exponential_with_derivative, inverse, multiply, norm, row_times,
    scaled, trace, transpose,
};

/// The translation between a structure and its coordinates.
#[derive(Debug, Clone)]
pub(super) struct CellFilter {
    mode: CellMode,
    pressure: f64,
    initial_cell: Matrix3,
    deformation: Matrix3,
    logarithm: Matrix3,
}

impl CellFilter {
    pub(super) fn new(structure: &Structure, mode: CellMode, pressure: f64) -> Self {
        let initial_cell = structure.cell.vectors();
        Self { mode, pressure, initial_cell, deformation: IDENTITY, logarithm: [[0.0; 3]; 3] }
    }

    /// The coordinates of the initial structure.
    pub(super) fn coordinates(&self, structure: &Structure) -> Vec<[f64; 3]> {
        let mut coordinates = structure.positions.clone();
        if self.mode != CellMode::Fixed {
            coordinates.extend([[0.0; 3]; 3]);
        }
        coordinates
    }

    /// Moves the structure to where `coordinates` say; returns the norm of the cell's logarithmic strain.
    pub(super) fn apply(&mut self, coordinates: &[[f64; 3]], structure: &mut Structure) -> f64 {
        let n_atoms = structure.len();
        if self.mode == CellMode::Fixed {
            structure.positions.copy_from_slice(coordinates);
            return 0.0;
        }
        let rows = &coordinates[n_atoms..];
        self.logarithm = scaled(&[rows[0], rows[1], rows[2]], 1.0 / n_atoms as f64);
        self.deformation = exponential(&self.logarithm);
        let applied = transpose(&self.deformation);
        structure.cell = schur_atoms::Cell::new(multiply(&self.initial_cell, &applied));
        for (position, &initial) in structure.positions.iter_mut().zip(coordinates) {
            *position = row_times(initial, &applied);
        }
        norm(&self.logarithm)
    }

    /// What is minimised: the energy, or the enthalpy if the cell moves.
    pub(super) fn objective(&self, energy: f64, structure: &Structure) -> f64 {
        match self.mode {
            CellMode::Fixed => energy,
            CellMode::Isotropic | CellMode::Full => energy + self.pressure * structure.cell.volume(),
        }
    }

    /// The forces on the coordinates; fixed components are zero.
    pub(super) fn forces(
        &self,
        mut forces: Vec<[f64; 3]>,
        virial: &Matrix3,
        structure: &Structure,
    ) -> Result<Vec<[f64; 3]>, DynamicsError> {
        if self.mode != CellMode::Fixed {
            for force in &mut forces {
                *force = row_times(*force, &self.deformation);
            }
        }
        if let Some(fixed) = &structure.fixed {
            for (force, fixed) in forces.iter_mut().zip(fixed) {
                for axis in (0..3).filter(|&axis| fixed[axis]) {
                    force[axis] = 0.0;
                }
            }
        }
        if self.mode != CellMode::Fixed {
            forces.extend(self.cell_force(virial, structure)?);
        }
        Ok(forces)
    }

    fn cell_force(&self, virial: &Matrix3, structure: &Structure) -> Result<Matrix3, DynamicsError> {
        let symmetric = scaled(&add_scaled(virial, 1.0, &transpose(virial)), 0.5);
        let mut driving = add_scaled(&symmetric, -self.pressure * structure.cell.volume(), &IDENTITY);
        if self.mode == CellMode::Isotropic {
            driving = scaled(&IDENTITY, trace(&driving) / 3.0);
        }
        let inverse_transposed = transpose(&inverse(&self.deformation).map_err(schur_atoms::StructureError::from)?);
        let on_deformation = multiply(&driving, &inverse_transposed);
        let (_, on_logarithm) = exponential_with_derivative(&transpose(&self.logarithm), &on_deformation);
        Ok(scaled(&on_logarithm, 1.0 / structure.len() as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schur_atoms::Cell;
    use schur_potential::pair::LennardJones;
    use schur_potential::{Evaluation, Potential, Request};

    const PRESSURE: f64 = 0.003;

    fn objective_at(coordinates: &[[f64; 3]], mode: CellMode) -> (f64, Vec<[f64; 3]>) {
        let cell = Cell::new([[4.2, 0.3, 0.0], [0.1, 4.5, 0.2], [-0.3, 0.0, 5.1]]);
        let mut structure = Structure::new(vec![18; 2], vec![[0.0; 3], [2.3, 2.0, 2.6]], cell, [true; 3]);
        let mut filter = CellFilter::new(&structure, mode, PRESSURE);
        filter.apply(coordinates, &mut structure);
        let mut out = Evaluation::default();
        LennardJones::new(0.0104, 3.0, 7.0).unwrap().evaluate(&structure, Request::FORCES, &mut out).unwrap();
        let forces = filter.forces(out.forces.clone(), &out.virial, &structure).unwrap();
        (filter.objective(out.energy, &structure), forces)
    }

    /// Far from the initial cell, where the derivative of the exponential matters.
    #[test]
    fn forces_are_the_gradient_of_the_enthalpy() {
        let start = [[0.2, -0.1, 0.05], [2.2, 2.1, 2.5], [0.2, 0.1, -0.1], [-0.1, -0.15, 0.2], [0.05, 0.3, 0.1]];
        let (_, forces) = objective_at(&start, CellMode::Full);
        let step = 1e-5;
        for row in 0..5 {
            for axis in 0..3 {
                let moved = |sign: f64| {
                    let mut coordinates = start;
                    coordinates[row][axis] += sign * step;
                    objective_at(&coordinates, CellMode::Full).0
                };
                let slope = (moved(1.0) - moved(-1.0)) / (2.0 * step);
                // Rounding of the energy, 1e-16 / 1e-5, and the step's square.
                assert!((forces[row][axis] + slope).abs() < 1e-8, "row {row} axis {axis}");
            }
        }
    }

    #[test]
    fn an_isotropic_force_is_a_multiple_of_one() {
        let mut start = [[0.0; 3]; 5];
        start[1] = [2.3, 2.0, 2.6];
        let (_, forces) = objective_at(&start, CellMode::Isotropic);
        for i in 0..3 {
            for j in 0..3 {
                let expected = if i == j { forces[2][0] } else { 0.0 };
                assert!((forces[2 + i][j] - expected).abs() < 1e-16);
            }
        }
    }
}
