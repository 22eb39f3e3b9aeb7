//! What share of the machine's arithmetic does each kernel of a step reach, on one core?
//!
//! `cargo bench -p schur-bench --bench kernel_rate -- --degree 2 --edges 28 --runs 30`. The floor is measured in the same
//! run: independent multiply-adds in registers. Kernels are those of a middle layer of SevenNet-0 (degree 2) or
//! SevenNet-l3i5 (degree 3): the edge product forward and backward with its spline weights, and the linear layers.
#![allow(clippy::print_stdout, reason = "measurements are programs that print")]
#![expect(clippy::expect_used, reason = "a measurement that cannot start has nobody to report to but the terminal")]

use schur_bench::{Arguments, Numbers, time};
use schur_multilinear::{Cotangents, EdgeProduct, EdgeScratch, EdgeWeights, Edges, SplinePiece, SplineTable};
use schur_product::{Convolution, Layout, Linear, LinearBlock};
use schur_tensor::{
    Aligned, Real,
    pulp::{Arch, Simd, WithSimd},
};

/// Multiply-adds of one block in the floor's loop.
const CHAINS: usize = 12;

/// Independent multiply-adds that never leave the registers.
struct Floor {
    rounds: usize,
}

impl WithSimd for Floor {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        let (factor, addend) = (simd.splat_f32s(0.999), simd.splat_f32s(0.001));
        let mut sums = [simd.splat_f32s(1.0); CHAINS];
        for _ in 0..self.rounds {
            for sum in &mut sums {
                *sum = simd.mul_add_e_f32s(*sum, factor, addend);
            }
        }
        sums.iter().map(|&sum| simd.reduce_sum_f32s(sum)).sum()
    }
}

struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        f32::lanes::<S>()
    }
}

fn main() {
    let arguments = Arguments::read();
    let real = arguments.is_measurement();
    let runs = if real { arguments.number("runs", 30) } else { 1 };
    let (degree, edges) = (arguments.number("degree", 2), arguments.number("edges", 28));
    let atoms = if real { 500 } else { 4 };
    let arch = Arch::new();
    let rounds = if real { 2_000_000 } else { 10 };
    let seconds = time(runs.min(10), || {
        // Opaque arguments, or the compiler would compute the same result once for all runs.
        std::hint::black_box(arch.dispatch(Floor { rounds: std::hint::black_box(rounds) }));
    });
    let floor = (rounds * CHAINS * arch.dispatch(Lanes)) as f64 / seconds.least;
    report("multiply-adds in registers", floor, floor);
    linear_layers(arch, degree, runs, floor);
    edge_products(arch, degree, atoms, edges, runs, floor);
}

fn report(kernel: &str, rate: f64, floor: f64) {
    let (gflops, share) = (2e-9 * rate, rate / floor);
    println!("{}", serde_json::json!({ "kernel": kernel, "gflops": gflops, "share_of_floor": share }));
}

fn features(degree: usize) -> Layout {
    Layout::new([(0, 128), (1, 64), (2, 32), (3, 32)].into_iter().take(degree + 1))
}

fn gate_input(degree: usize) -> Layout {
    let channels = features(degree).blocks().iter().map(|b| b.channels).sum();
    let gated: Vec<_> = features(degree).blocks()[1..].iter().map(|b| (b.degree, b.channels)).collect();
    Layout::new(std::iter::once((0, channels)).chain(gated))
}

/// The linear layer behind the convolution, the largest of a layer, for a block of atoms.
fn linear_layers(arch: Arch, degree: usize, runs: usize, floor: f64) {
    const ATOMS: usize = 12;
    let convolution = Convolution::new(&features(degree), degree, degree).expect("a convolution");
    let (inputs, outputs) = (convolution.output, gate_input(degree));
    let block = |b: &schur_product::Block| LinearBlock {
        degree: b.degree,
        weights: vec![0.1; b.channels * outputs.block(b.degree).map_or(0, |o| o.channels)],
    };
    let blocks: Vec<_> = inputs.blocks().iter().map(block).collect();
    let layer = Linear::<f32>::new(arch, &inputs, &outputs, &blocks);
    let (x, mut y) = (Aligned::<f32>::zeros(ATOMS * inputs.len()), Aligned::zeros(ATOMS * outputs.len()));
    let seconds = time(20 * runs, || layer.forward(ATOMS, x.as_slice(), y.as_mut_slice(), false));
    report("linear layer behind the convolution", (ATOMS * layer.multiply_adds()) as f64 / seconds.least, floor);
}

fn edge_products(arch: Arch, degree: usize, atoms: usize, edges: usize, runs: usize, floor: f64) {
    let layout = features(degree);
    let convolution = Convolution::new(&layout, degree, degree).expect("a convolution");
    let output = convolution.output.len();
    let product = EdgeProduct::<f32>::new(
        arch,
        &convolution.map,
        (&convolution.features, layout.len()),
        (&convolution.results, output),
    )
    .expect("kernels");
    let mut numbers = Numbers(3);
    let mut random = |len: usize| Aligned::<f32>::from_f64(&(0..len).map(|_| numbers.draw()).collect::<Vec<_>>());
    let columns = product.weights();
    let pieces =
        [SplinePiece { start: 1.5, end: 3.0, intervals: 120 }, SplinePiece { start: 3.0, end: 5.0, intervals: 120 }];
    let table = SplineTable::interpolate(&pieces, columns, |_, values, _| {
        values.iter_mut().enumerate().for_each(|(i, value)| *value = (i as f64).sin());
    });
    let harmonics = (degree + 1) * (degree + 1);
    let (x, g) = (random(atoms * layout.len()), random(atoms * output));
    let y = random(atoms * edges * harmonics);
    let distances = random(atoms * edges);
    let points: Vec<_> = distances.as_slice().iter().map(|&u| table.locate(2.0 + 3.0 * (f64::from(u) + 0.5))).collect();
    // Neighbours lie close in memory, as atoms along a space-filling curve do.
    let nodes: Vec<u32> = (0..atoms * edges).map(|e| ((e / edges + e * 7919 % 61) % atoms) as u32).collect();
    let row = |atom: usize| Edges {
        nodes: &nodes[atom * edges..(atom + 1) * edges],
        harmonics: &y.as_slice()[atom * edges * harmonics..(atom + 1) * edges * harmonics],
        weights: EdgeWeights::from_table(&points[atom * edges..(atom + 1) * edges], &table),
    };
    let mut scratch = EdgeScratch::default();
    let (mut out, mut gx) = (Aligned::<f32>::zeros(output), Aligned::zeros(layout.len()));
    let (mut gy, mut gr) = (vec![0.0; edges * harmonics], vec![0.0; edges]);
    let (forward, backward) = product.multiply_adds();
    let seconds = time(runs, || {
        for atom in 0..atoms {
            product.forward(row(atom), x.as_slice(), out.as_mut_slice(), &mut scratch);
        }
    });
    let count = (atoms * edges) as f64;
    report("edge product, forward", count * (forward + 4 * columns) as f64 / seconds.least, floor);
    let forward_seconds = seconds.least;
    let seconds = time(runs, || {
        for atom in 0..atoms {
            let features = &x.as_slice()[atom * layout.len()..(atom + 1) * layout.len()];
            let out = Cotangents { features: Some(gx.as_mut_slice()), harmonics: &mut gy, distances: &mut gr };
            product.backward(row(atom), features, g.as_slice(), out, &mut scratch);
        }
    });
    report("edge product, backward", count * (backward + 8 * columns) as f64 / seconds.least, floor);
    println!(
        "{}",
        serde_json::json!({
            "paths": convolution.paths.len(), "weights": columns,
            "multiply_adds_forward": forward + 4 * columns, "multiply_adds_backward": backward + 8 * columns,
            "ns_per_edge_forward": forward_seconds / count * 1e9, "ns_per_edge_backward": seconds.least / count * 1e9,
        })
    );
}
