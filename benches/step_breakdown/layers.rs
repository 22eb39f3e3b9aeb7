//! The kernels of a layer with weights drawn at random, run over all atoms block by block.

use schur_atoms::Structure;
use schur_atoms::neighbours::NeighborList;
use schur_bench::Numbers;
use schur_multilinear::{
    Cotangents, EdgeProduct, EdgeScratch, EdgeWeights, Edges, Gate, Segment, SplinePiece, SplineTable,
};
use schur_potential::NequipArchitecture;
use schur_product::{Layout, Linear, LinearBlock};
use schur_tensor::{Aligned, pulp::Arch};

use crate::{Clock, rows::Rows};

/// The potential's block of atoms.
const BLOCK: usize = 12;
/// The potential's nodes: up to which distance (Å), how many intervals.
const NODES: [(f64, usize); 4] = [(1.5, 375), (3.0, 120), (4.5, 90), (5.0, 30)];

const EDGES_FORWARD: &str = "edge products, forward";
const EDGES_BACKWARD: &str = "edge products, backward";
const LINEAR_FORWARD: &str = "linear layers, forward";
const LINEAR_BACKWARD: &str = "linear layers, backward";

/// What one layer runs, and memory for it.
pub struct LayerParts {
    /// Whether its features depend on more than the species.
    inner: bool,
    atoms: usize,
    message: usize,
    product: EdgeProduct<f32>,
    pub table: SplineTable<f32>,
    linear_in: Linear<f32>,
    self_connection: Linear<f32>,
    linear_out: Linear<f32>,
    gate: Gate<f32>,
    scratch: EdgeScratch<f32>,
    /// `[atom][...]`: features, gate input (and what it was), what the gate returns, and the messages' cotangents.
    features: Aligned<f32>,
    gate_input: Aligned<f32>,
    gate_start: Aligned<f32>,
    output: Aligned<f32>,
    message_gradient: Aligned<f32>,
    /// Messages of a block, or cotangents of what it sends.
    messages: Aligned<f32>,
    harmonics_gradient: Vec<f32>,
    distance_gradient: Vec<f32>,
}

fn linear(inputs: &Layout, outputs: &Layout, numbers: &mut Numbers) -> Linear<f32> {
    let mut blocks = Vec::new();
    for input in inputs.blocks() {
        let Some(output) = outputs.block(input.degree) else { continue };
        let weights = (0..input.channels * output.channels).map(|_| 0.1 * numbers.draw()).collect();
        blocks.push(LinearBlock { degree: input.degree, weights });
    }
    Linear::new(Arch::new(), inputs, outputs, &blocks)
}

fn random(len: usize, numbers: &mut Numbers) -> Aligned<f32> {
    Aligned::from_f64(&(0..len).map(|_| numbers.draw()).collect::<Vec<_>>())
}

/// The table of the radial weights, of the real one's size.
fn table(columns: usize) -> SplineTable<f32> {
    let mut start = 0.0;
    let pieces =
        NODES.map(|(end, intervals)| SplinePiece { start: std::mem::replace(&mut start, end), end, intervals });
    SplineTable::interpolate(&pieces, columns, |_, values, _| {
        values.iter_mut().enumerate().for_each(|(i, value)| *value = (i as f64).sin());
    })
}

impl LayerParts {
    /// All layers of an architecture.
    pub fn of(architecture: &NequipArchitecture, atoms: usize) -> Vec<Self> {
        let mut numbers = Numbers(3);
        (0..architecture.layers()).map(|t| Self::new(architecture, t, atoms, &mut numbers)).collect()
    }

    fn new(architecture: &NequipArchitecture, t: usize, atoms: usize, numbers: &mut Numbers) -> Self {
        let (features, gate_input) = (architecture.layout(t), architecture.gate_layout(t));
        let convolution = architecture.convolution(t).expect("a convolution");
        let message = convolution.output.len();
        let (of_features, of_results) = ((&*convolution.features, features.len()), (&*convolution.results, message));
        let product = EdgeProduct::new(Arch::new(), &convolution.map, of_features, of_results).expect("kernels");
        let out = architecture.layout(t + 1);
        let gated = out.blocks().iter().filter(|b| b.degree > 0);
        let gated: Vec<_> = gated.map(|b| Segment { dim: b.dim(), channels: b.channels }).collect();
        let gate = Gate::new(Arch::new(), out.blocks()[0].channels, &gated, architecture.activation_scale);
        Self {
            inner: t > 0,
            atoms,
            message,
            table: table(product.weights()),
            product,
            linear_in: linear(&features, &features, numbers),
            self_connection: linear(&features, &gate_input, numbers),
            linear_out: linear(&convolution.output, &gate_input, numbers),
            scratch: EdgeScratch::default(),
            features: random(atoms * features.len(), numbers),
            gate_input: random(atoms * gate_input.len(), numbers),
            gate_start: random(atoms * gate_input.len(), numbers),
            output: random(atoms * gate.outputs(), numbers),
            message_gradient: random(atoms * message, numbers),
            messages: random(BLOCK * message.max(features.len()), numbers),
            harmonics_gradient: Vec::new(),
            distance_gradient: Vec::new(),
            gate,
        }
    }

    /// Times the kernels of the layer in both directions.
    pub fn time(&mut self, rows: &Rows, clock: &mut Clock) {
        clock.time(EDGES_FORWARD, || self.edges_forward(rows));
        clock.time(LINEAR_FORWARD, || self.linear_forward());
        // Backward writes in place: without a fresh start numbers would shrink until they are denormal.
        self.gate_input.as_mut_slice().copy_from_slice(self.gate_start.as_slice());
        clock.time("gates", || {
            self.gate.forward(self.gate_input.as_slice(), self.output.as_mut_slice());
            self.gate.backward(self.gate_input.as_mut_slice(), self.output.as_slice());
        });
        clock.time(LINEAR_BACKWARD, || self.linear_backward());
        self.message_gradient.as_mut_slice().iter_mut().enumerate().for_each(|(i, g)| *g = (i % 17) as f32 - 8.0);
        self.harmonics_gradient.resize(rows.harmonics.len(), 0.0);
        self.harmonics_gradient.fill(0.0);
        self.distance_gradient.resize(rows.nodes.len(), 0.0);
        self.distance_gradient.fill(0.0);
        clock.time(EDGES_BACKWARD, || self.edges_backward(rows));
    }

    fn edges_forward(&mut self, rows: &Rows) {
        for k in 0..self.atoms {
            let out = &mut self.messages.as_mut_slice()[k % BLOCK * self.message..][..self.message];
            let edges = edges(rows, k, &self.table);
            self.product.forward(edges, self.features.as_slice(), out, &mut self.scratch);
        }
    }

    fn edges_backward(&mut self, rows: &Rows) {
        let width = self.features.as_slice().len() / self.atoms;
        for k in 0..self.atoms {
            let row = rows.row(k);
            let count = rows.harmonics.len() / rows.nodes.len();
            let features = &mut self.messages.as_mut_slice()[k % BLOCK * width..][..width];
            let out = Cotangents {
                features: self.inner.then_some(features),
                harmonics: &mut self.harmonics_gradient[row.start * count..row.end * count],
                distances: &mut self.distance_gradient[row],
            };
            let x = &self.features.as_slice()[k * width..][..width];
            let edges = edges(rows, k, &self.table);
            self.product.backward(edges, x, self.message_gradient.as_slice(), out, &mut self.scratch);
        }
    }

    /// The layer behind the convolution, and, but for the first layer, the two that read features.
    fn linear_forward(&mut self) {
        let (width, gate) = (self.features.as_slice().len() / self.atoms, self.gate.inputs());
        for start in (0..self.atoms).step_by(BLOCK) {
            let count = BLOCK.min(self.atoms - start);
            let to = &mut self.gate_input.as_mut_slice()[start * gate..][..count * gate];
            self.linear_out.forward(count, self.messages.as_slice(), to, false);
            if self.inner {
                let x = &self.features.as_slice()[start * width..][..count * width];
                self.self_connection.forward(count, x, to, true);
                self.linear_in.forward(count, x, self.messages.as_mut_slice(), false);
            }
        }
    }

    fn linear_backward(&mut self) {
        let (width, gate) = (self.features.as_slice().len() / self.atoms, self.gate.inputs());
        for start in (0..self.atoms).step_by(BLOCK) {
            let count = BLOCK.min(self.atoms - start);
            let from = &self.gate_input.as_slice()[start * gate..][..count * gate];
            let messages = &mut self.message_gradient.as_mut_slice()[start * self.message..][..count * self.message];
            self.linear_out.backward(count, from, messages, false);
            if self.inner {
                let x = &mut self.features.as_mut_slice()[start * width..][..count * width];
                self.linear_in.backward(count, self.messages.as_slice(), x, false);
                self.self_connection.backward(count, from, x, true);
            }
        }
    }

    /// Multiply-adds of a step's edge products forward and backward, and of its linear layers in one direction.
    fn multiply_adds(&self, edges: usize) -> [usize; 3] {
        let (forward, backward) = self.product.multiply_adds();
        let weights = self.product.weights();
        let linear = self.linear_out.multiply_adds()
            + if self.inner { self.linear_in.multiply_adds() + self.self_connection.multiply_adds() } else { 0 };
        [edges * (forward + 4 * weights), edges * (backward + 8 * weights), self.atoms * linear]
    }
}

fn edges<'a>(rows: &'a Rows, k: usize, table: &'a SplineTable<f32>) -> Edges<'a, f32> {
    let row = rows.row(k);
    let count = rows.harmonics.len() / rows.nodes.len();
    Edges {
        nodes: &rows.nodes[row.clone()],
        harmonics: &rows.harmonics[row.start * count..row.end * count],
        weights: EdgeWeights::from_table(&rows.points[row], table),
    }
}

/// Multiply-adds of each kernel in a step, those that read the radial tables included.
pub fn multiply_adds(architecture: &NequipArchitecture, structure: &Structure) -> [(&'static str, f64); 4] {
    let edges = NeighborList::build(structure, architecture.cutoff).expect("a neighbour list").len();
    let counts = LayerParts::of(architecture, structure.len()).into_iter().map(|layer| layer.multiply_adds(edges));
    let [forward, backward, linear] = counts.fold([0; 3], |sum, next| std::array::from_fn(|i| sum[i] + next[i]));
    [
        (EDGES_FORWARD, forward as f64),
        (EDGES_BACKWARD, backward as f64),
        (LINEAR_FORWARD, linear as f64),
        (LINEAR_BACKWARD, linear as f64),
    ]
}
