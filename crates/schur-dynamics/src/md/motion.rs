//! The flows of Newton's equations: kicks by forces, drifts by velocities; fixed components take no part.

use schur_atoms::Structure;

use crate::DynamicsError;
use crate::matrix3::{Matrix3, ZERO};
use crate::units::MASS_VELOCITY_SQUARED;

/// The longest way (Å) an atom may go in one time step; at a usable one it goes a hundredth of a bond.
const LONGEST_DRIFT: f64 = 1.0;

/// What shares the kinetic energy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Freedom {
    /// Along which axes the total momentum is a constant.
    pub(super) conserved: [bool; 3],
    /// Independent components of momentum.
    pub(super) count: usize,
}

impl Freedom {
    pub(super) fn new(structure: &Structure, conserves_momentum: bool) -> Self {
        let fixed = |axis: usize| structure.fixed.iter().flatten().filter(|f| f[axis]).count();
        let conserved = std::array::from_fn(|axis| conserves_momentum && fixed(axis) == 0);
        let count = (0..3).map(|axis| structure.len() - fixed(axis) - usize::from(conserved[axis])).sum();
        Self { conserved, count }
    }
}

/// Whether each component of an atom may not move.
pub(super) fn fixed_components(fixed: Option<&[[bool; 3]]>, atom: usize) -> [bool; 3] {
    fixed.and_then(|fixed| fixed.get(atom)).copied().unwrap_or_default()
}

/// Accelerates by `forces` for `time`.
pub(super) fn kick(structure: &mut Structure, forces: &[[f64; 3]], masses: &[f64], time: f64) {
    let Some(velocities) = &mut structure.velocities else { return };
    for (atom, velocity) in velocities.iter_mut().enumerate() {
        let fixed = fixed_components(structure.fixed.as_deref(), atom);
        let factor = time / (masses[atom] * MASS_VELOCITY_SQUARED);
        for axis in (0..3).filter(|&axis| !fixed[axis]) {
            velocity[axis] += factor * forces[atom][axis];
        }
    }
}

/// Moves with the velocities for `time`.
pub(super) fn drift(structure: &mut Structure, time: f64, step: u64) -> Result<(), DynamicsError> {
    check_drift(structure, time, step)?;
    let Some(velocities) = &structure.velocities else { return Ok(()) };
    for (position, velocity) in structure.positions.iter_mut().zip(velocities) {
        for axis in 0..3 {
            position[axis] += time * velocity[axis];
        }
    }
    Ok(())
}

/// Refuses motions that only an unstable simulation makes.
pub(super) fn check_drift(structure: &Structure, time: f64, step: u64) -> Result<(), DynamicsError> {
    for (atom, v) in structure.velocities.iter().flatten().enumerate() {
        let displacement = time * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt();
        if displacement.is_nan() || displacement > LONGEST_DRIFT {
            return Err(DynamicsError::Unstable { step, atom, displacement });
        }
    }
    Ok(())
}

/// Sets the velocities of fixed components to zero.
pub(super) fn stop_fixed(structure: &mut Structure) {
    let Some(velocities) = &mut structure.velocities else { return };
    for (atom, velocity) in velocities.iter_mut().enumerate() {
        let fixed = fixed_components(structure.fixed.as_deref(), atom);
        for axis in (0..3).filter(|&axis| fixed[axis]) {
            velocity[axis] = 0.0;
        }
    }
}

/// Takes the velocity of the centre of mass out along the axes that conserve momentum.
pub(super) fn remove_momentum(structure: &mut Structure, masses: &[f64], conserved: [bool; 3]) {
    let Some(velocities) = &mut structure.velocities else { return };
    let total: f64 = masses.iter().sum();
    for axis in (0..3).filter(|&axis| conserved[axis]) {
        let momentum: f64 = velocities.iter().zip(masses).map(|(v, m)| m * v[axis]).sum();
        velocities.iter_mut().for_each(|v| v[axis] -= momentum / total);
    }
}

/// Multiplies all velocities.
pub(super) fn rescale(structure: &mut Structure, factor: f64) {
    for velocity in structure.velocities.iter_mut().flatten() {
        *velocity = velocity.map(|v| factor * v);
    }
}

/// The kinetic energy in eV.
pub(super) fn kinetic_energy(velocities: &[[f64; 3]], masses: &[f64]) -> f64 {
    let twice: f64 = velocities.iter().zip(masses).map(|(v, m)| m * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2])).sum();
    0.5 * MASS_VELOCITY_SQUARED * twice
}

/// Twice the kinetic energy by pairs of components, in eV.
pub(super) fn kinetic_tensor(velocities: &[[f64; 3]], masses: &[f64]) -> Matrix3 {
    let mut tensor = ZERO;
    for (v, m) in velocities.iter().zip(masses) {
        for i in 0..3 {
            for j in 0..3 {
                tensor[i][j] += MASS_VELOCITY_SQUARED * m * v[i] * v[j];
            }
        }
    }
    tensor
}
