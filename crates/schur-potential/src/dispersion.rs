//! Dispersion corrections: the long-range attraction that most functionals, and models trained on them, lack.
//!
//! [`D3Dispersion`] is DFT-D3 with the damping of Becke and Johnson, a [`Potential`] like any other; a
//! [`Sum`](crate::Sum) adds it to a model.
//!
//! A list of pairs would be the larger part of the work, since sums reach some 30 Å and a crystal has ten thousand
//! neighbours there. So there is none: [`Images`] of the atoms are sorted into columns along z (`columns`), in which
//! the points within a sphere are stretches of memory, and every atom runs over them three times: for coordination
//! numbers (`counts`), for the dispersion itself (`pairs`), and for the forces that act since C6 depends on coordination
//! numbers (`counts`). Each atom sums for itself alone, so threads share nothing.

mod atom;
mod columns;
mod counts;
mod pairs;
mod parameters;
mod reference;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;
use schur_atoms::neighbours::{Images, distance};
use schur_atoms::{Structure, symbol};
use schur_tensor::pulp::Arch;

use crate::{Evaluation, Potential, PotentialError, Request};
use atom::Atom;
use columns::{Columns, Stretch};
use counts::{Coordination, CoordinationForces, Counting};
use pairs::{PairTable, Pairs};
use reference::{Element, References};

pub use parameters::{D3Cutoffs, D3Parameters};

/// Most reference systems of an element.
const MAX_SYSTEMS: usize = 7;
/// Atoms closer than this, in Å, overlap: the limit of all models.
const MIN_DISTANCE: f64 = 0.1;
/// Atoms that a thread takes at a time.
const BLOCK: usize = 4;

/// A dispersion correction that cannot be made as asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DispersionError {
    /// A functional without published parameters.
    #[error("there are no D3(BJ) parameters for the functional `{name}`; known are {known}")]
    UnknownFunctional {
        /// What was asked for.
        name: String,
        /// The names that are known.
        known: String,
    },
    /// A parameter that is no number.
    #[error("the D3(BJ) parameter `{name}` is {value}: it must be a finite number")]
    Parameter {
        /// Which parameter.
        name: &'static str,
        /// The value given.
        value: f64,
    },
    /// A cut-off that is too short or too long to compute with.
    #[error("the cut-off of {name} is {cutoff} Å: it must lie between {least} and {most} Å")]
    Cutoff {
        /// Which sum it ends.
        name: &'static str,
        /// The cut-off given, in Å.
        cutoff: f64,
        /// The shortest that is accepted, in Å.
        least: f64,
        /// The longest that is accepted, in Å.
        most: f64,
    },
    /// The reference data in the library are damaged.
    #[error("the reference data of D3 are damaged: {what}")]
    References {
        /// What is wrong.
        what: &'static str,
    },
}

/// DFT-D3 with Becke-Johnson damping, without the three-body term.
///
/// $$ E = -\frac12 \sum_{i \ne j} \left( \frac{s_6\, C_6^{ij}}{r^6 + R_0^6} + \frac{s_8\, C_8^{ij}}{r^8 + R_0^8} \right),
/// \qquad R_0 = a_1 \sqrt{C_8 / C_6} + a_2 $$
///
/// C6 is interpolated between reference systems by the coordination numbers of both atoms; forces and virial include
/// its change. Elements are hydrogen to lawrencium (103). Francium and heavier ones have the reference systems of 2024,
/// as in simple-dftd3; torch-dftd and older programs have others there.
///
/// # Units
/// eV and Å; [`D3Parameters::a2`] in Bohr. The Bohr and the Hartree are those of CODATA 2018; torch-dftd rounds them,
/// which moves its energies by some 1e-7 of their value.
///
/// # Cost
/// Some 50 operations for every neighbour within the cut-off of dispersion, in lanes of eight with AVX-512, and 60 for
/// every neighbour that counts for coordination numbers; memory is that of the images within the longer cut-off.
///
/// # Source
/// Grimme, Antony, Ehrlich and Krieg, J. Chem. Phys. 132, 154104 (2010); Grimme, Ehrlich and Goerigk, J. Comput. Chem.
/// 32, 1456 (2011); Wittmann, Gordiy, Friede, Helmich-Paris, Grimme, Hansen and Bursch, Phys. Chem. Chem. Phys. 26,
/// 21379 (2024) for francium to lawrencium.
///
/// # Examples
/// ```
/// use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
/// use schur_atoms::{Cell, Structure};
/// use schur_potential::dispersion::{D3Cutoffs, D3Dispersion, D3Parameters};
/// use schur_potential::{Evaluation, Potential, Request};
/// let pool = Arc::new(rayon::ThreadPoolBuilder::new().num_threads(2).build()?);
/// let mut d3 = D3Dispersion::new(D3Parameters::of("pbe")?, D3Cutoffs::default(), pool)?;
/// let argon = Structure::new(vec![18; 2], vec![[0.0; 3], [3.8, 0.0, 0.0]], Cell::default(), [false; 3]);
/// let mut out = Evaluation::default();
/// d3.evaluate(&argon, Request::FORCES, &mut out)?;
/// assert!(out.energy < -0.005 && out.energy > -0.02 && out.forces[0][0] > 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct D3Dispersion {
    parameters: D3Parameters,
    cutoffs: D3Cutoffs,
    references: References,
    pool: Arc<rayon::ThreadPool>,
    arch: Arch,
    images: Images,
    columns: Columns,
    atoms: Vec<Atom>,
    /// Atomic numbers present, ascending, and the tables of their pairs.
    present: Vec<u8>,
    tables: Vec<PairTable>,
    /// Which of those present each atom is.
    species: Vec<u8>,
    /// One for each thread of the pool.
    scratch: Vec<Mutex<Vec<Stretch>>>,
}

impl D3Dispersion {
    /// Makes the correction for the parameters of a functional; evaluations run in `pool`.
    ///
    /// # Errors
    /// [`DispersionError::Parameter`] or [`DispersionError::Cutoff`] for numbers that cannot be computed with.
    pub fn new(
        parameters: D3Parameters,
        cutoffs: D3Cutoffs,
        pool: Arc<rayon::ThreadPool>,
    ) -> Result<Self, DispersionError> {
        parameters.check()?;
        cutoffs.check()?;
        Ok(Self {
            parameters,
            cutoffs,
            references: References::new()?,
            scratch: (0..pool.current_num_threads()).map(|_| Mutex::default()).collect(),
            pool,
            arch: Arch::new(),
            images: Images::default(),
            columns: Columns::default(),
            atoms: Vec::new(),
            present: Vec::new(),
            tables: Vec::new(),
            species: Vec::new(),
        })
    }

    /// How far the sums reach.
    pub fn cutoffs(&self) -> D3Cutoffs {
        self.cutoffs
    }

    /// Finds the species of the atoms and makes the tables of their pairs, unless they are there.
    fn prepare(&mut self, structure: &Structure) -> Result<(), PotentialError> {
        let mut is_present = [false; 256];
        for (atom, &number) in structure.numbers.iter().enumerate() {
            if self.references.element(number).is_none() {
                let element = symbol(number).unwrap_or("X");
                return Err(PotentialError::UnknownElement { atom, element, known: "H to Lr".to_owned() });
            }
            is_present[usize::from(number)] = true;
        }
        let present = (0..=u8::MAX).filter(|&number| is_present[usize::from(number)]);
        if !present.clone().eq(self.present.iter().copied()) {
            self.present.clear();
            self.present.extend(present);
            let elements: Vec<&Element> = self.present.iter().filter_map(|&z| self.references.element(z)).collect();
            let pairs = elements.iter().flat_map(|&one| elements.iter().map(move |&other| (one, other)));
            let table = |(one, other)| PairTable::new(&self.references, &self.parameters, one, other);
            self.tables = pairs.map(table).collect();
        }
        let mut places = [0u8; 256];
        (0u8..).zip(&self.present).for_each(|(place, &number)| places[usize::from(number)] = place);
        self.species.clear();
        self.species.extend(structure.numbers.iter().map(|&number| places[usize::from(number)]));
        Ok(())
    }

    /// Sorts the images of the atoms.
    fn arrange(&mut self, structure: &Structure) -> Result<(), PotentialError> {
        self.images.gather(structure, self.cutoffs.reach())?;
        let points = self.images.points();
        self.columns.sort(points, self.images.atoms(), &self.species, self.present.len());
        self.atoms.resize(structure.len(), Atom::default());
        for ((atom, &position), &species) in self.atoms.iter_mut().zip(points).zip(&self.species) {
            (atom.position, atom.species) = (position, species);
        }
        Ok(())
    }

    /// Coordination numbers, and the shares of reference systems that follow from them.
    fn coordinate(&mut self) -> Result<(), PotentialError> {
        self.count(|arch, counting| arch.dispatch(Coordination(counting)));
        // Each atom is near to itself, as one point.
        if let Some(first) = self.atoms.iter().position(|atom| atom.near != 1.0) {
            return Err(self.overlap(first));
        }
        for atom in &mut self.atoms {
            if let Some(element) = self.references.element(self.present[usize::from(atom.species)]) {
                atom.weigh(&element.coordination);
            }
        }
        let elements = self.present.iter().filter_map(|&number| self.references.element(number));
        let systems = elements.map(|element| element.coordination.len()).max().unwrap_or(0);
        let atoms = &self.atoms;
        self.columns.spread_weights(systems, |atom, system| atoms[atom].weights[system]);
        Ok(())
    }

    fn add_pairs<const REVERSE: bool>(&mut self) {
        let Self { columns, tables, cutoffs, arch, atoms, present, scratch, .. } = self;
        let (columns, n_species, cutoff) = (&*columns, present.len(), cutoffs.dispersion);
        atoms.par_chunks_mut(BLOCK).for_each(|atoms| {
            let (closest, stretches) = (MIN_DISTANCE, &mut *of_thread(scratch));
            arch.dispatch(Pairs::<REVERSE> { columns, tables, n_species, cutoff, closest, atoms, stretches });
        });
    }

    /// Runs over the neighbours that count, a block of atoms at a time.
    fn count(&mut self, pass: impl Fn(Arch, Counting<'_>) + Sync) {
        let Self { columns, tables, cutoffs, arch, atoms, present, scratch, .. } = self;
        let (columns, n_species, cutoff) = (&*columns, present.len(), cutoffs.coordination);
        atoms.par_chunks_mut(BLOCK).for_each(|atoms| {
            let (closest, stretches) = (MIN_DISTANCE, &mut *of_thread(scratch));
            pass(*arch, Counting { columns, tables, n_species, cutoff, closest, atoms, stretches });
        });
    }

    /// The error of an atom that has another one, or an image of itself, where it is.
    fn overlap(&self, first: usize) -> PotentialError {
        let at = self.images.points()[first];
        let away = |p: &[f64; 3]| distance(std::array::from_fn(|c| p[c] - at[c]));
        let others = self.images.points().iter().zip(self.images.atoms()).enumerate();
        let near = others.map(|(point, (p, &atom))| (point, away(p), atom as usize));
        match near.filter(|&(point, r, _)| point != first && r <= MIN_DISTANCE).min_by(|a, b| a.1.total_cmp(&b.1)) {
            Some((_, distance, second)) => PotentialError::Overlap { first, second, distance, limit: MIN_DISTANCE },
            // Coordinates so large that distances are no numbers.
            None => PotentialError::NotFinite { quantity: "energy", atom: first, value: f64::NAN },
        }
    }

    fn run(&mut self, structure: &Structure, request: Request, out: &mut Evaluation) -> Result<(), PotentialError> {
        self.prepare(structure)?;
        self.arrange(structure)?;
        self.coordinate()?;
        if request.reverse() {
            self.add_pairs::<true>();
            let atoms = &self.atoms;
            self.columns.spread_slopes(|atom| atoms[atom].slope);
            self.count(|arch, counting| arch.dispatch(CoordinationForces(counting)));
        } else {
            self.add_pairs::<false>();
        }
        self.deliver(request, out)
    }

    fn deliver(&self, request: Request, out: &mut Evaluation) -> Result<(), PotentialError> {
        let (forces, virials) = (request.forces, request.virials);
        out.energies.clear();
        out.energies.extend(self.atoms.iter().map(|atom| atom.energy));
        out.forces.clear();
        out.forces.extend(self.atoms.iter().filter(|_| forces).map(|atom| atom.force));
        out.virials.clear();
        out.virials.extend(self.atoms.iter().filter(|_| virials).map(|atom| atom.virial));
        out.magnetic_moments.clear();
        out.energy = out.energies.iter().sum();
        out.virial = [[0.0; 3]; 3];
        for (i, atom) in self.atoms.iter().enumerate() {
            let values = [("energy", atom.energy), ("force", atom.force.iter().sum())];
            if let Some((quantity, value)) = values.into_iter().find(|(_, value)| !value.is_finite()) {
                return Err(PotentialError::NotFinite { quantity, atom: i, value });
            }
            if request.reverse() {
                let parts = atom.virial.as_flattened();
                out.virial.as_flattened_mut().iter_mut().zip(parts).for_each(|(total, part)| *total += part);
            }
        }
        Ok(())
    }
}

/// The memory of the calling thread; it holds nothing between uses.
fn of_thread<T>(scratch: &[Mutex<T>]) -> MutexGuard<'_, T> {
    let index = rayon::current_thread_index().unwrap_or(0);
    scratch[index].lock().unwrap_or_else(PoisonError::into_inner)
}

impl Potential for D3Dispersion {
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
