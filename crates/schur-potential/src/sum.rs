//! Several potentials as one.

use schur_atoms::Structure;

use crate::{Evaluation, Potential, PotentialError, Request};

/// The sum of potentials: a model with its dispersion correction, say.
///
/// Energies, forces and virials add up; magnetic moments are those of the first term that has any.
///
/// # Examples
/// ```
/// use schur_atoms::{Cell, Structure};
/// use schur_potential::{Evaluation, Potential, Request, Sum, pair::LennardJones};
/// let term = |epsilon| LennardJones::new(epsilon, 3.4, 8.5);
/// let mut both = Sum::new(Box::new(term(0.01)?)).with(Box::new(term(0.02)?));
/// let pair = Structure::new(vec![18; 2], vec![[0.0; 3], [3.6, 0.0, 0.0]], Cell::default(), [false; 3]);
/// let mut out = Evaluation::default();
/// both.evaluate(&pair, Request::ENERGY, &mut out)?;
/// assert!((out.energy - term(0.03)?.pair_energy(3.6).0).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Sum {
    first: Box<dyn Potential + Send>,
    others: Vec<Box<dyn Potential + Send>>,
    /// What the last term said.
    answer: Evaluation,
}

impl Sum {
    /// Begins with one term.
    pub fn new(first: Box<dyn Potential + Send>) -> Self {
        Self { first, others: Vec::new(), answer: Evaluation::default() }
    }

    /// Adds a term.
    pub fn with(mut self, term: Box<dyn Potential + Send>) -> Self {
        self.others.push(term);
        self
    }
}

impl Potential for Sum {
    fn evaluate(
        &mut self,
        structure: &Structure,
        request: Request,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        self.first.evaluate(structure, request, out)?;
        for term in &mut self.others {
            term.evaluate(structure, request, &mut self.answer)?;
            add(out, &self.answer);
        }
        Ok(())
    }

    fn has_magnetic_moments(&self) -> bool {
        self.first.has_magnetic_moments() || self.others.iter().any(|term| term.has_magnetic_moments())
    }
}

/// Adds one answer to another of the same structure and request.
fn add(out: &mut Evaluation, answer: &Evaluation) {
    let add = |to: &mut [f64], from: &[f64]| to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
    out.energy += answer.energy;
    add(&mut out.energies, &answer.energies);
    add(out.forces.as_flattened_mut(), answer.forces.as_flattened());
    add(out.virial.as_flattened_mut(), answer.virial.as_flattened());
    let (virials, others) = (out.virials.as_flattened_mut(), answer.virials.as_flattened());
    add(virials.as_flattened_mut(), others.as_flattened());
    if out.magnetic_moments.is_empty() {
        out.magnetic_moments.extend_from_slice(&answer.magnetic_moments);
    }
}
