//! Where does the time of a step go, and what share of the machine's rate does each kernel reach?
//!
//! `cargo bench -p schur-bench --bench step_breakdown -- --model FILE.pth --names si64,water192 --runs 25`, on one thread
//! and in single precision. No library reads a clock, so each part of a step is run by itself with the public parts that
//! the potential is made of: the same layers, tables, rows of edges and blocks of atoms, with weights drawn at random.
//! The whole step is timed in turn with its parts, and what they leave of it is the rest: reading the pairs from the
//! other end, turned harmonics, biases, the readout, the sums over edges, and what the parts do to each other's caches.
//! Rates are compared with that of a product of matrices that stay in the cache, measured in the same turns.
#![allow(clippy::print_stdout, reason = "measurements are programs that print")]
#![expect(clippy::expect_used, reason = "a measurement that cannot start has nobody to report to but the terminal")]

#[path = "step_breakdown/layers.rs"]
mod layers;
#[path = "step_breakdown/rows.rs"]
mod rows;

use std::time::Instant;

use layers::LayerParts;
use rows::Rows;
use schur_atoms::Structure;
use schur_bench::{Arguments, Numbers, Spread, pool};
use schur_potential::{Evaluation, Model, NequipArchitecture, PotentialOptions, Request};
use schur_tensor::{Aligned, PackedMatrix, RowLayout, pulp::Arch};

/// Times of the parts of a step, turn by turn.
#[derive(Default)]
pub struct Clock {
    parts: Vec<(&'static str, Vec<f64>)>,
    turn: usize,
}

impl Clock {
    /// Adds the time of `work` to that of `part` in this turn.
    pub fn time(&mut self, part: &'static str, work: impl FnOnce()) {
        let start = Instant::now();
        work();
        let seconds = start.elapsed().as_secs_f64();
        let index = self.parts.iter().position(|(name, _)| *name == part).unwrap_or_else(|| {
            self.parts.push((part, Vec::new()));
            self.parts.len() - 1
        });
        let turns = &mut self.parts[index].1;
        turns.resize(self.turn + 1, 0.0);
        turns[self.turn] += seconds;
    }

    /// What the turns of a part took; the first, in which caches and memory are filled, does not count.
    fn spread(&self, part: &str) -> Spread {
        let turns = self.parts.iter().find(|(name, _)| *name == part).map_or(&[][..], |(_, turns)| turns);
        Spread::of(turns[1..].to_vec())
    }
}

/// Multiply-adds of the product that stands for the machine's rate: rows, inputs and outputs fit its tiles.
const PRODUCT: [usize; 3] = [96, 256, 128];
/// How often it is run in a turn.
const PRODUCTS: usize = 200;

fn main() {
    let arguments = Arguments::read();
    let Some(model) = arguments.model() else { return };
    let architecture = model.architecture.as_nequip().expect("a NequIP model");
    let runs = if arguments.is_measurement() { arguments.number("runs", 25) } else { 1 };
    for (name, structure) in arguments.structures() {
        let clock = turns(&model, architecture, &structure, runs);
        report(&name, &structure, architecture, &clock);
    }
}

/// Times the step and its parts in turn.
fn turns(model: &Model, architecture: &NequipArchitecture, structure: &Structure, runs: usize) -> Clock {
    let mut potential = model.potential(&PotentialOptions::default(), pool(1)).expect("a potential");
    let mut out = Evaluation::default();
    let mut layers = LayerParts::of(architecture, structure.len());
    let mut rows = Rows::new(structure, architecture);
    let (mut moved, mut numbers, mut clock) = (structure.clone(), Numbers(7), Clock::default());
    let mut product = Product::new();
    for turn in 0..=runs {
        clock.turn = turn;
        for (position, start) in moved.positions.iter_mut().zip(&structure.positions) {
            *position = start.map(|x| x + 0.02 * numbers.draw());
        }
        clock.time("step", || potential.evaluate(&moved, Request::FORCES, &mut out).expect("an energy"));
        rows.time(&moved, &layers[0].table, &mut clock);
        for layer in &mut layers {
            layer.time(&rows, &mut clock);
        }
        clock.time("matrix product", || product.run());
    }
    clock
}

/// A product of matrices that stay in the cache.
struct Product {
    matrix: PackedMatrix<f32>,
    from: Aligned<f32>,
    to: Aligned<f32>,
}

impl Product {
    fn new() -> Self {
        let [rows, inputs, outputs] = PRODUCT;
        let mut numbers = Numbers(5);
        let weights: Vec<f64> = (0..inputs * outputs).map(|_| numbers.draw()).collect();
        let from: Vec<f64> = (0..rows * inputs).map(|_| numbers.draw()).collect();
        let matrix = PackedMatrix::new(&weights, inputs, outputs);
        Self { matrix, from: Aligned::from_f64(&from), to: Aligned::zeros(rows * outputs) }
    }

    fn run(&mut self) {
        let [rows, inputs, outputs] = PRODUCT;
        let dense = |width| RowLayout { offset: 0, node_stride: width, components: 1, component_stride: width };
        for _ in 0..PRODUCTS {
            let (from, to) = ((self.from.as_slice(), dense(inputs)), (self.to.as_mut_slice(), dense(outputs)));
            self.matrix.multiply(Arch::new(), rows, from, to, false);
        }
    }
}

fn report(name: &str, structure: &Structure, architecture: &NequipArchitecture, clock: &Clock) {
    let step = clock.spread("step");
    let floor = (PRODUCTS * PRODUCT.iter().product::<usize>()) as f64 / clock.spread("matrix product").least;
    let micro = |seconds: f64| seconds * 1e6 / structure.len() as f64;
    let work = layers::multiply_adds(architecture, structure);
    println!(
        "{}",
        serde_json::json!({
            "structure": name, "n_atoms": structure.len(), "us_per_atom_least": micro(step.least),
            "us_per_atom_median": micro(step.median), "matrix_product_gflops": 2e-9 * floor,
        })
    );
    let mut rest = step.least;
    for (part, _) in clock.parts.iter().filter(|(part, _)| !["step", "matrix product"].contains(part)) {
        let seconds = clock.spread(part).least;
        rest -= seconds;
        let mut line = serde_json::json!({
            "structure": name, "part": part, "us_per_atom": micro(seconds), "share": seconds / step.least,
        });
        if let Some((_, count)) = work.iter().find(|(kernel, _)| kernel == part) {
            line["mflop_per_atom"] = (2e-6 * count / structure.len() as f64).into();
            line["gflops"] = (2e-9 * count / seconds).into();
            line["share_of_matrix_product"] = (count / seconds / floor).into();
        }
        println!("{line}");
    }
    let line = serde_json::json!({
        "structure": name, "part": "rest", "us_per_atom": micro(rest), "share": rest / step.least,
    });
    println!("{line}");
}
