//! The edges of a structure, atoms along the space-filling curve, made from public parts as the potential makes them.

use schur_atoms::Structure;
use schur_atoms::neighbours::{SkinList, distance, spatial_order};
use schur_group::{Normalization, SphericalHarmonics};
use schur_multilinear::{SplinePoint, SplineTable};
use schur_potential::NequipArchitecture;

use crate::Clock;

/// The potential's skin in Å.
const SKIN: f64 = 0.5;

/// Edges by row, and what the kernels read of them.
pub struct Rows {
    list: SkinList,
    cutoff: f64,
    order: Vec<u32>,
    position_of: Vec<u32>,
    of_edge: SphericalHarmonics,
    pub starts: Vec<usize>,
    pub nodes: Vec<u32>,
    vectors: Vec<[f64; 3]>,
    distances: Vec<f64>,
    pub harmonics: Vec<f32>,
    pub points: Vec<SplinePoint<f32>>,
    gradients: Vec<[f64; 3]>,
}

impl Rows {
    pub fn new(structure: &Structure, architecture: &NequipArchitecture) -> Self {
        let cutoff = architecture.cutoff;
        let order = spatial_order(structure, cutoff);
        let mut position_of = vec![0; order.len()];
        for (k, &atom) in (0..).zip(&order) {
            position_of[atom as usize] = k;
        }
        let mut rows = Self {
            list: SkinList::new(cutoff, SKIN).expect("a cut-off"),
            cutoff,
            order,
            position_of,
            of_edge: SphericalHarmonics::new(architecture.max_harmonic, Normalization::Component).expect("harmonics"),
            starts: Vec::new(),
            nodes: Vec::new(),
            vectors: Vec::new(),
            distances: Vec::new(),
            harmonics: Vec::new(),
            points: Vec::new(),
            gradients: Vec::new(),
        };
        rows.find(structure);
        rows
    }

    /// The edges of atom `k`.
    pub fn row(&self, k: usize) -> std::ops::Range<usize> {
        self.starts[k]..self.starts[k + 1]
    }

    /// Times what a step does with its edges outside of the layers.
    pub fn time(&mut self, structure: &Structure, table: &SplineTable<f32>, clock: &mut Clock) {
        clock.time("neighbours", || self.find(structure));
        clock.time("harmonics and their gradients", || self.evaluate_harmonics());
        clock.time("places in the tables", || {
            self.points.clear();
            self.points.extend(self.distances.iter().map(|&r| table.locate(r)));
        });
    }

    /// Checks the neighbour list and lists the edges within the cut-off.
    fn find(&mut self, structure: &Structure) {
        let list = self.list.update(structure).expect("a neighbour list");
        self.starts.clear();
        self.nodes.clear();
        self.vectors.clear();
        self.distances.clear();
        self.starts.push(0);
        for &atom in &self.order {
            let atom = atom as usize;
            for pair in list.row(atom) {
                let vector = list.vector(&structure.positions, &structure.cell, atom, pair);
                let r = distance(vector);
                if r < self.cutoff {
                    self.nodes.push(self.position_of[list.neighbors()[pair] as usize]);
                    self.vectors.push(vector);
                    self.distances.push(r);
                }
            }
            self.starts.push(self.nodes.len());
        }
    }

    /// Values as the forward pass needs them, then gradients as the reverse pass does.
    fn evaluate_harmonics(&mut self) {
        let count = self.of_edge.n_harmonics();
        self.harmonics.resize(self.vectors.len() * count, 0.0);
        let (mut values, mut gradients) = (vec![0.0; count], vec![[0.0; 3]; count]);
        for (row, &vector) in self.harmonics.chunks_exact_mut(count).zip(&self.vectors) {
            self.of_edge.evaluate_into(vector, &mut values).expect("as many values as harmonics");
            row.iter_mut().zip(&values).for_each(|(target, &value)| *target = value as f32);
        }
        self.gradients.clear();
        for (weights, &vector) in self.harmonics.chunks_exact(count).zip(&self.vectors) {
            let evaluated = self.of_edge.evaluate_with_gradient_into(vector, &mut values, &mut gradients);
            evaluated.expect("as many values as harmonics");
            let component = |a| weights.iter().zip(&gradients).map(|(&w, g): (_, &[f64; 3])| f64::from(w) * g[a]).sum();
            self.gradients.push(std::array::from_fn(component));
        }
    }
}
