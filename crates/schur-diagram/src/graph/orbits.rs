//! Orbits of index tuples under permutations: the indicator functions of orbits are a basis of the equivariant maps.

use crate::diagram::check_permutation;
use crate::{DiagramError, MAX_ENTRIES};

/// The orbit of each index tuple; tuples are numbered with the last axis fastest, orbits by their first tuples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orbits {
    n: usize,
    axes: usize,
    ids: Vec<u32>,
    firsts: Vec<usize>,
}

impl Orbits {
    /// Finds the orbits of the group that permutations of `0..n` generate.
    ///
    /// # Errors
    /// [`DiagramError::Permutation`]; [`DiagramError::TooLarge`] for more than `2^26` tuples.
    /// # Cost
    /// One image a tuple and generator.
    pub fn new(n: usize, generators: &[Vec<usize>], axes: usize) -> Result<Self, DiagramError> {
        for generator in generators {
            check_permutation(generator, n)?;
        }
        let power = u32::try_from(axes).ok().and_then(|axes| (n as u128).checked_pow(axes));
        let Some(tuples) =
            power.filter(|&tuples| tuples <= MAX_ENTRIES).and_then(|tuples| usize::try_from(tuples).ok())
        else {
            let found = power.unwrap_or(u128::MAX);
            return Err(DiagramError::TooLarge { what: "index tuples of a layer", found, most: MAX_ENTRIES });
        };
        let mut orbits = Self { n, axes, ids: vec![u32::MAX; tuples], firsts: Vec::new() };
        let mut waiting = Vec::new();
        for first in 0..tuples {
            if orbits.ids[first] != u32::MAX {
                continue;
            }
            let id = u32::try_from(orbits.firsts.len()).unwrap_or(u32::MAX);
            orbits.firsts.push(first);
            orbits.ids[first] = id;
            waiting.push(first);
            while let Some(tuple) = waiting.pop() {
                for generator in generators {
                    let image = orbits.image(generator, tuple);
                    if orbits.ids[image] == u32::MAX {
                        orbits.ids[image] = id;
                        waiting.push(image);
                    }
                }
            }
        }
        Ok(orbits)
    }

    fn image(&self, generator: &[usize], mut tuple: usize) -> usize {
        let (mut image, mut unit) = (0, 1);
        for _ in 0..self.axes {
            image += generator[tuple % self.n] * unit;
            tuple /= self.n;
            unit *= self.n;
        }
        image
    }

    /// How many orbits there are.
    pub const fn count(&self) -> usize {
        self.firsts.len()
    }

    /// The orbit of each tuple.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// The first tuple of each orbit, as indices.
    pub fn representatives(&self) -> Vec<Vec<usize>> {
        self.firsts.iter().map(|&first| self.indices(first)).collect()
    }

    fn indices(&self, mut tuple: usize) -> Vec<usize> {
        let mut indices = vec![0; self.axes];
        for index in indices.iter_mut().rev() {
            *index = tuple % self.n;
            tuple /= self.n;
        }
        indices
    }
}
