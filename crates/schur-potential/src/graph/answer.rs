//! What was computed for the renumbered atoms, in the caller's order.

use schur_tensor::Real;

use super::Geometry;
use crate::{Evaluation, PotentialError, Request};

/// Energies, forces, virials and magnetic moments of the renumbered atoms.
#[derive(Debug, Default)]
pub(crate) struct AtomValues {
    /// eV.
    pub energies: Vec<f64>,
    /// eV/Å.
    pub forces: Vec<[f64; 3]>,
    /// eV.
    pub virials: Vec<[[f64; 3]; 3]>,
    /// Bohr magnetons; empty in models without.
    pub magnetic_moments: Vec<f64>,
}

impl AtomValues {
    /// Puts what was asked for into the caller's order, sums it and checks that all of it is numbers.
    pub fn deliver<T: Real>(
        &self,
        geometry: &Geometry<T>,
        request: Request,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        put(&mut out.energies, &self.energies, geometry, true);
        put(&mut out.forces, &self.forces, geometry, request.forces);
        put(&mut out.virials, &self.virials, geometry, request.virials);
        put(&mut out.magnetic_moments, &self.magnetic_moments, geometry, !self.magnetic_moments.is_empty());
        check("energy", out.energies.iter().map(std::slice::from_ref))?;
        check("force", out.forces.iter().map(<[f64; 3]>::as_slice))?;
        check("magnetic moment", out.magnetic_moments.iter().map(std::slice::from_ref))?;
        out.energy = out.energies.iter().sum();
        check_sum("energy", out.energy, |atom| out.energies[atom], out.energies.len())?;
        out.virial = [[0.0; 3]; 3];
        if request.reverse() {
            // In the caller's order, on which the sum's last bits depend.
            let virials = || geometry.position_of.iter().map(|&k| self.virials[k as usize].as_flattened());
            check("virial", virials())?;
            for virial in virials() {
                out.virial.as_flattened_mut().iter_mut().zip(virial).for_each(|(total, part)| *total += part);
            }
            for (component, &total) in out.virial.as_flattened().iter().enumerate() {
                let of_atom = |atom| self.virials[geometry.position_of[atom] as usize].as_flattened()[component];
                check_sum("virial", total, of_atom, geometry.position_of.len())?;
            }
        }
        Ok(())
    }
}

/// Copies values of atoms into the caller's order; leaves nothing of what was not asked for.
fn put<T: Real, X: Copy>(out: &mut Vec<X>, values: &[X], geometry: &Geometry<T>, asked: bool) {
    out.clear();
    if asked {
        out.extend(geometry.position_of.iter().map(|&k| values[k as usize]));
    }
}

/// Refuses the first atom of which a value is infinite or not a number.
fn check<'a>(quantity: &'static str, mut atoms: impl Iterator<Item = &'a [f64]>) -> Result<(), PotentialError> {
    let bad = |values: &'a [f64]| values.iter().copied().find(|x| !x.is_finite());
    let found = atoms.by_ref().enumerate().find_map(|(atom, values)| bad(values).map(|value| (atom, value)));
    found.map_or(Ok(()), |(atom, value)| Err(PotentialError::NotFinite { quantity, atom, value }))
}

/// Refuses a sum over `n` atoms that has overflowed, naming the atom that contributes most.
fn check_sum(quantity: &'static str, sum: f64, of: impl Fn(usize) -> f64, n: usize) -> Result<(), PotentialError> {
    if sum.is_finite() {
        return Ok(());
    }
    let atom = (0..n).max_by(|&a, &b| of(a).abs().total_cmp(&of(b).abs())).unwrap_or(0);
    Err(PotentialError::NotFinite { quantity, atom, value: of(atom) })
}
