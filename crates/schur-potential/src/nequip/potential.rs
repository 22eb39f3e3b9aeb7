//! A NequIP model as a [`Potential`]: the order of the passes, and what is kept between evaluations.

use std::sync::{Arc, Mutex};

use schur_atoms::{Structure, symbol};
use schur_multilinear::{EdgeScratch, SplinePoint};
use schur_tensor::{Aligned, Real};

use super::geometry::Geometry;
use super::harmonics::EdgeHarmonics;
use super::plan::Plan;
use super::radial::RadialScratch;
use crate::{Evaluation, Potential, PotentialError, Request};

/// Atoms in a block: a multiple of the six rows of a matrix tile, so that all tiles are full; the messages of a block
/// and the weights of a layer then share the second-level cache.
const BLOCK: usize = 12;

/// A NequIP model with the memory that its evaluations use again.
pub(crate) struct NequipPotential<T: Real> {
    plan: Plan<T>,
    pool: Arc<rayon::ThreadPool>,
    geometry: Option<Geometry<T>>,
    state: State<T>,
    /// One for each thread of the pool.
    scratch: Vec<Mutex<Scratch<T>>>,
}

/// Features and cotangents of all atoms, renumbered.
#[derive(Debug, Default)]
pub(super) struct State<T> {
    pub species: Vec<u8>,
    /// What each layer gathers, `[layer][atom][features]`.
    pub gathered: Vec<Aligned<T>>,
    /// What each layer's gate reads, `[layer][atom][gate input]`; the reverse pass turns it into its cotangent.
    pub gate_inputs: Vec<Aligned<T>>,
    /// The features behind the last layer, and one to write the next into.
    pub features: Aligned<T>,
    pub next_features: Aligned<T>,
    /// Cotangent of the features.
    pub gradient: Aligned<T>,
    /// Cotangent of the messages, `[atom][message]`.
    pub message_gradient: Aligned<T>,
    /// Cotangents of each edge's harmonics and distance.
    pub harmonics_gradient: Vec<T>,
    pub distance_gradient: Vec<T>,
    /// dE/d(vector) of each edge on which the row's atom sends, eV/Å.
    pub edge_gradient: Vec<[f64; 3]>,
    pub energies: Vec<f64>,
    pub forces: Vec<[f64; 3]>,
    pub virials: Vec<[[f64; 3]; 3]>,
}

/// Memory of one thread.
#[derive(Debug, Default)]
pub(super) struct Scratch<T> {
    pub edges: EdgeScratch<T>,
    pub radial: RadialScratch<T>,
    pub distances: Vec<f64>,
    pub points: Vec<SplinePoint<T>>,
    pub messages: Aligned<T>,
    pub turned: Vec<T>,
}

impl<T: Real> NequipPotential<T> {
    /// Makes the potential; memory is taken at the first evaluation.
    pub fn new(plan: Plan<T>, pool: Arc<rayon::ThreadPool>) -> Self {
        let scratch = (0..pool.current_num_threads()).map(|_| Mutex::default()).collect();
        Self { plan, pool, geometry: None, state: State::default(), scratch }
    }

    /// Atoms in a block: at most [`BLOCK`], and such that every thread gets as many blocks as the others.
    fn block(&self, atoms: usize) -> usize {
        let threads = self.scratch.len();
        let rounds = atoms.div_ceil(BLOCK * threads).max(1);
        atoms.div_ceil(rounds * threads).max(1)
    }

    fn run(&mut self, structure: &Structure, request: Request, out: &mut Evaluation) -> Result<(), PotentialError> {
        let mut geometry = match self.geometry.take() {
            Some(geometry) => geometry,
            None => Geometry::new(self.plan.architecture.cutoff)?,
        };
        let result = self.run_with(&mut geometry, structure, request, out);
        // The list is kept even where this structure was refused: the next one may be sound.
        self.geometry = Some(geometry);
        result
    }

    fn run_with(
        &mut self,
        geometry: &mut Geometry<T>,
        structure: &Structure,
        request: Request,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        let block = self.block(structure.len());
        let table = self.plan.layers.first().and_then(|layer| layer.table.as_ref());
        geometry.update(structure, &self.plan.harmonics, table, block)?;
        self.set_species(structure, geometry)?;
        let passes =
            Passes { plan: &self.plan, harmonics: &self.plan.harmonics, geometry, scratch: &self.scratch, block };
        passes.forward(&mut self.state);
        if request.forces || request.virials {
            passes.backward(&mut self.state);
        }
        collect(geometry, &self.state, request, out)
    }

    fn set_species(&mut self, structure: &Structure, geometry: &Geometry<T>) -> Result<(), PotentialError> {
        self.state.species.clear();
        for &atom in &geometry.order {
            let atom = atom as usize;
            let number = structure.numbers[atom];
            let Some(species) = self.plan.species[usize::from(number)] else {
                return Err(self.unknown_element(atom, number));
            };
            self.state.species.push(species);
        }
        Ok(())
    }

    fn unknown_element(&self, atom: usize, number: u8) -> PotentialError {
        let mut known = self.plan.architecture.species.clone();
        known.sort_unstable();
        let names: Vec<&str> = known.iter().filter_map(|&z| symbol(z)).collect();
        let element = symbol(number).unwrap_or("X");
        PotentialError::UnknownElement { atom, element, known: names.join(" ") }
    }
}

/// What all passes over the layers share.
pub(super) struct Passes<'a, T: Real> {
    pub plan: &'a Plan<T>,
    pub harmonics: &'a EdgeHarmonics,
    pub geometry: &'a Geometry<T>,
    pub scratch: &'a [Mutex<Scratch<T>>],
    pub block: usize,
}

impl<T: Real> Passes<'_, T> {
    /// Number of atoms.
    pub fn atoms(&self) -> usize {
        self.geometry.order.len()
    }

    /// The memory of the calling thread.
    pub fn with_scratch<R>(&self, work: impl FnOnce(&mut Scratch<T>) -> R) -> R {
        let index = rayon::current_thread_index().unwrap_or(0);
        match self.scratch[index].lock() {
            Ok(mut scratch) => work(&mut scratch),
            // Scratch holds nothing between uses, so what a panic left there does not matter.
            Err(poisoned) => work(&mut poisoned.into_inner()),
        }
    }

    /// The atoms of block `index`.
    pub fn atoms_of(&self, index: usize) -> std::ops::Range<usize> {
        let first = index * self.block;
        first..(first + self.block).min(self.atoms())
    }
}

/// Puts what was asked for into the caller's order, sums it and checks that all of it is numbers.
fn collect<T: Real>(
    geometry: &Geometry<T>,
    state: &State<T>,
    request: Request,
    out: &mut Evaluation,
) -> Result<(), PotentialError> {
    put(&mut out.energies, &state.energies, geometry, true);
    put(&mut out.forces, &state.forces, geometry, request.forces);
    put(&mut out.virials, &state.virials, geometry, request.virials);
    check("energy", out.energies.iter().map(std::slice::from_ref))?;
    check("force", out.forces.iter().map(<[f64; 3]>::as_slice))?;
    out.energy = out.energies.iter().sum();
    check_sum("energy", out.energy, |atom| out.energies[atom], out.energies.len())?;
    out.virial = [[0.0; 3]; 3];
    if request.forces || request.virials {
        // In the caller's order, on which the sum's last bits depend.
        let virials = || geometry.position_of.iter().map(|&k| state.virials[k as usize].as_flattened());
        check("virial", virials())?;
        for virial in virials() {
            out.virial.as_flattened_mut().iter_mut().zip(virial).for_each(|(total, part)| *total += part);
        }
        for (component, &total) in out.virial.as_flattened().iter().enumerate() {
            let of_atom = |atom| state.virials[geometry.position_of[atom] as usize].as_flattened()[component];
            check_sum("virial", total, of_atom, geometry.position_of.len())?;
        }
    }
    Ok(())
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

impl<T: Real> Potential for NequipPotential<T> {
    fn evaluate(
        &mut self,
        structure: &Structure,
        request: Request,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        structure.validate()?;
        let pool = Arc::clone(&self.pool);
        pool.install(|| self.run(structure, request, out))
    }
}
