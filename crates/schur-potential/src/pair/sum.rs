//! Sums over the pairs of a list, shared by everything that acts between pairs.

use schur_atoms::Structure;
use schur_atoms::neighbours::{SkinList, distance};

use crate::{Evaluation, PotentialError, Request};

/// Sets every requested value to zero, reusing the memory.
pub(crate) fn clear(out: &mut Evaluation, n_atoms: usize, request: Request) {
    out.energies.clear();
    out.energies.resize(n_atoms, 0.0);
    out.forces.clear();
    out.forces.resize(if request.forces { n_atoms } else { 0 }, [0.0; 3]);
    out.virial = [[0.0; 3]; 3];
    out.magnetic_moments.clear();
    out.virials.clear();
    out.virials.resize(if request.virials { n_atoms } else { 0 }, [[0.0; 3]; 3]);
}

/// Adds half of every pair within the list's cut-off that starts at atom `i`; the other half comes with the opposite pair.
///
/// `pair` gives the energy (eV) and its derivative (eV/Å) for both atoms and their distance.
pub(crate) fn add_row(
    pairs: &SkinList,
    structure: &Structure,
    i: usize,
    request: Request,
    out: &mut Evaluation,
    pair: impl Fn([usize; 2], f64) -> Result<(f64, f64), PotentialError>,
) -> Result<(), PotentialError> {
    let list = pairs.list();
    for e in list.row(i) {
        let d = list.vector(&structure.positions, &structure.cell, i, e);
        let r = distance(d);
        if r < pairs.cutoff() {
            add_half(i, d, pair([i, list.neighbors()[e] as usize], r)?, request, out);
        }
    }
    Ok(())
}

/// Adds the half of a pair that belongs to atom `i`, the other one lying at `d` from it.
pub(crate) fn add_half(i: usize, d: [f64; 3], (energy, slope): (f64, f64), request: Request, out: &mut Evaluation) {
    let r = distance(d);
    out.energies[i] += 0.5 * energy;
    if request.forces {
        for a in 0..3 {
            out.forces[i][a] += slope * d[a] / r;
            for b in 0..3 {
                out.virial[a][b] -= 0.5 * slope * d[a] * d[b] / r;
            }
        }
    }
    if request.virials {
        for a in 0..3 {
            for b in 0..3 {
                out.virials[i][a][b] -= 0.5 * slope * d[a] * d[b] / r;
            }
        }
    }
}
