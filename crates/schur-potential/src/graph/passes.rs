//! What the passes of a network over its atoms share.

use std::ops::Range;
use std::sync::Mutex;

use schur_tensor::Real;

use super::Geometry;

/// A network's plan, the edges it runs over and the threads' memory.
pub(crate) struct Passes<'a, P, S, T> {
    pub plan: &'a P,
    pub geometry: &'a Geometry<T>,
    /// One for each thread of the pool.
    pub scratch: &'a [Mutex<S>],
    /// Atoms in a block, the work of one thread at a time.
    pub block: usize,
    /// Whether a reverse pass follows.
    pub reverse: bool,
}

impl<P, S, T: Real> Passes<'_, P, S, T> {
    /// Number of atoms.
    pub fn atoms(&self) -> usize {
        self.geometry.order.len()
    }

    /// The atoms of block `index`.
    pub fn atoms_of(&self, index: usize) -> Range<usize> {
        let first = index * self.block;
        first..(first + self.block).min(self.atoms())
    }

    /// Works with the memory of the calling thread.
    pub fn with_scratch<R>(&self, work: impl FnOnce(&mut S) -> R) -> R {
        let index = rayon::current_thread_index().unwrap_or(0);
        match self.scratch[index].lock() {
            Ok(mut scratch) => work(&mut scratch),
            // Scratch holds nothing between uses, so what a panic left there does not matter.
            Err(poisoned) => work(&mut poisoned.into_inner()),
        }
    }
}

/// Atoms in a block: at most `most`, and such that every thread gets as many blocks as the others.
pub(crate) fn block_of(atoms: usize, most: usize, threads: usize) -> usize {
    let rounds = atoms.div_ceil(most * threads).max(1);
    atoms.div_ceil(rounds * threads).max(1)
}
