//! The symmetries of a graph, by backtracking over colourings that are refined as far as they go.

use super::{Graph, Orbits};
use crate::DiagramError;

/// Refinements after which a search gives up; graphs that need more are made to be hard.
const MOST_STEPS: usize = 10_000;

/// The group of automorphisms of a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Automorphisms {
    n: usize,
    generators: Vec<Vec<usize>>,
    factors: Vec<usize>,
}

impl Graph {
    /// Finds generators of the automorphism group.
    ///
    /// Vertices are fixed one after the other until only the identity is left. From the last one back, an automorphism is
    /// sought to each image that those found so far do not reach.
    ///
    /// # Errors
    /// [`DiagramError::TooLarge`] if the search does not end within its bound, as may happen for graphs made to be hard.
    /// # Cost
    /// Some `n^3` operations a generator for graphs whose vertices are told apart by their surroundings.
    pub fn automorphisms(&self) -> Result<Automorphisms, DiagramError> {
        let n = self.n;
        let mut levels: Vec<(usize, Vec<usize>)> = Vec::new();
        let mut colours = vec![0; 2 * n];
        refine(self, &mut colours);
        while let Some(cell) = first_cell(&colours[..n]) {
            levels.push((cell[0], colours[..n].to_vec()));
            for half in [0, n] {
                colours[half + cell[0]] = 2 * n;
            }
            refine(self, &mut colours);
        }
        let (mut generators, mut factors, mut steps): (Vec<Vec<usize>>, _, _) = (Vec::new(), Vec::new(), 0);
        for (fixed, colours) in levels.into_iter().rev() {
            let mut refused = Vec::new();
            for image in (0..n).filter(|&v| colours[v] == colours[fixed]) {
                let own = orbit(&[fixed], &generators, n);
                if own[image] || orbit(&refused, &generators, n)[image] {
                    continue;
                }
                match self.mapping(&colours, [fixed, image], &mut steps)? {
                    Some(found) => generators.push(found),
                    None => refused.push(image),
                }
            }
            factors.push(orbit(&[fixed], &generators, n).iter().filter(|&&is_in| is_in).count());
        }
        Ok(Automorphisms { n, generators, factors })
    }

    /// An automorphism that keeps a colouring and takes one vertex to another.
    fn mapping(
        &self,
        colours: &[usize],
        [from, to]: [usize; 2],
        steps: &mut usize,
    ) -> Result<Option<Vec<usize>>, DiagramError> {
        // Vertices with the same neighbours are exchanged without a search.
        let mut exchange: Vec<usize> = (0..self.n).collect();
        exchange.swap(from, to);
        if self.is_automorphism(&exchange) {
            return Ok(Some(exchange));
        }
        let mut both = [colours, colours].concat();
        both[from] = 2 * self.n;
        both[self.n + to] = 2 * self.n;
        self.search(both, steps)
    }

    /// Colours of the graph and of a copy: an automorphism takes each to its like.
    fn search(&self, mut both: Vec<usize>, steps: &mut usize) -> Result<Option<Vec<usize>>, DiagramError> {
        *steps += 1;
        if *steps > MOST_STEPS {
            let (found, most) = (*steps as u128, MOST_STEPS as u128);
            return Err(DiagramError::TooLarge { what: "steps of a search for automorphisms", found, most });
        }
        refine(self, &mut both);
        let (left, right) = both.split_at(self.n);
        let sorted = |half: &[usize]| {
            let mut sorted = half.to_vec();
            sorted.sort_unstable();
            sorted
        };
        if sorted(left) != sorted(right) {
            return Ok(None);
        }
        let Some(cell) = first_cell(left) else {
            let image = |colour: &usize| right.iter().position(|other| other == colour).unwrap_or(0);
            let images: Vec<usize> = left.iter().map(image).collect();
            return Ok(self.is_automorphism(&images).then_some(images));
        };
        for image in (0..self.n).filter(|&v| right[v] == left[cell[0]]) {
            let mut next = both.clone();
            next[cell[0]] = 2 * self.n;
            next[self.n + image] = 2 * self.n;
            if let Some(found) = self.search(next, steps)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

impl Automorphisms {
    /// How many vertices there are.
    pub const fn len(&self) -> usize {
        self.n
    }

    /// Whether there are no vertices.
    pub const fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// Permutations that generate the group: vertex `v` goes to `images[v]`.
    pub fn generators(&self) -> &[Vec<usize>] {
        &self.generators
    }

    /// The number of automorphisms; none beyond 128 bits.
    pub fn order(&self) -> Option<u128> {
        self.factors.iter().try_fold(1_u128, |order, &factor| order.checked_mul(factor as u128))
    }

    /// The orbits of index tuples: their number is the dimension of the equivariant maps with that many axes.
    ///
    /// # Errors
    /// [`DiagramError::TooLarge`] for more than `2^26` tuples.
    pub fn orbits(&self, axes: usize) -> Result<Orbits, DiagramError> {
        Orbits::new(self.n, &self.generators, axes)
    }
}

/// The vertices of the first colour that several have; none if all colours differ.
fn first_cell(colours: &[usize]) -> Option<Vec<usize>> {
    let of = |colour: usize| (0..colours.len()).filter(|&v| colours[v] == colour).collect::<Vec<usize>>();
    let mut all = colours.to_vec();
    all.sort_unstable();
    all.dedup();
    all.into_iter().map(of).find(|cell| cell.len() > 1)
}

/// Tells vertices of a graph and its copy apart by the colours of their neighbours, until nothing changes.
fn refine(graph: &Graph, both: &mut Vec<usize>) {
    let n = graph.n;
    let mut count = 0;
    loop {
        let signature = |v: usize| {
            let half = if v < n { 0 } else { n };
            let mut around: Vec<usize> = graph.neighbours(v - half).map(|u| both[half + u]).collect();
            around.sort_unstable();
            (both[v], around)
        };
        let signatures: Vec<_> = (0..2 * n).map(signature).collect();
        let mut distinct: Vec<_> = signatures.iter().collect();
        distinct.sort_unstable();
        distinct.dedup();
        let next = signatures.iter().map(|own| distinct.partition_point(|other| *other < own)).collect();
        let found = distinct.len();
        *both = next;
        if found == count {
            return;
        }
        count = found;
    }
}

/// Which points the generated group reaches from some.
fn orbit(starts: &[usize], generators: &[Vec<usize>], n: usize) -> Vec<bool> {
    let mut is_reached = vec![false; n];
    let mut waiting = starts.to_vec();
    while let Some(point) = waiting.pop() {
        if !std::mem::replace(&mut is_reached[point], true) {
            waiting.extend(generators.iter().map(|images| images[point]));
        }
    }
    is_reached
}
