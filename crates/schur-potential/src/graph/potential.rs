//! What potentials on a graph of atoms have in common: the list of edges and the threads' memory, kept between
//! evaluations.

use std::sync::{Arc, Mutex};

use schur_atoms::Structure;
use schur_tensor::Real;

use super::{AtomValues, Geometry};
use crate::{Evaluation, Potential, PotentialError, Request};

/// A model with the features and cotangents that its passes use again.
pub(crate) trait Network<T: Real> {
    /// Memory of one thread.
    type Scratch: Default + Send;

    /// A list of edges as the network wants it, still empty.
    fn geometry(&self) -> Result<Geometry<T>, PotentialError>;

    /// Brings the edges up to date and runs the passes that are asked for, in the calling thread's pool; the values are
    /// those of the renumbered atoms.
    fn run(
        &mut self,
        geometry: &mut Geometry<T>,
        scratch: &[Mutex<Self::Scratch>],
        structure: &Structure,
        request: Request,
    ) -> Result<&AtomValues, PotentialError>;

    /// Whether answers hold magnetic moments.
    fn has_magnetic_moments(&self) -> bool {
        false
    }
}

/// A network as a [`Potential`].
pub(crate) struct GraphPotential<T: Real, N: Network<T>> {
    network: N,
    pool: Arc<rayon::ThreadPool>,
    geometry: Option<Geometry<T>>,
    /// One for each thread of the pool.
    scratch: Vec<Mutex<N::Scratch>>,
}

impl<T: Real, N: Network<T> + Send> GraphPotential<T, N> {
    /// Makes the potential; memory is taken at the first evaluation.
    pub fn new(network: N, pool: Arc<rayon::ThreadPool>) -> Self {
        let scratch = (0..pool.current_num_threads()).map(|_| Mutex::default()).collect();
        Self { network, pool, geometry: None, scratch }
    }

    fn run(&mut self, structure: &Structure, request: Request, out: &mut Evaluation) -> Result<(), PotentialError> {
        let mut geometry = match self.geometry.take() {
            Some(geometry) => geometry,
            None => self.network.geometry()?,
        };
        let values = self.network.run(&mut geometry, &self.scratch, structure, request);
        let result = values.and_then(|values| values.deliver(&geometry, request, out));
        // The list is kept even where this structure was refused: the next one may be sound.
        self.geometry = Some(geometry);
        result
    }
}

impl<T: Real, N: Network<T> + Send> Potential for GraphPotential<T, N> {
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

    fn has_magnetic_moments(&self) -> bool {
        self.network.has_magnetic_moments()
    }
}
