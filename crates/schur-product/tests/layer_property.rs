//! A convolution, a linear layer and a gate, as networks chain them, commute with rotations.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_group::{Irrep, Normalization, Parity, SphericalHarmonics, WignerD};
use schur_multilinear::{EdgeProduct, EdgeScratch, EdgeWeights, Edges, Gate, Segment, SplinePoint};
use schur_product::{Convolution, Layout, Linear, LinearBlock};
use schur_tensor::pulp::Arch;
use schur_testkit::{Equivariance, Matrix3, Random, so3_elements};

const CHANNELS: usize = 16;
const MAX_DEGREE: usize = 3;

fn harmonics(vector: [f64; 3]) -> Vec<f64> {
    let harmonics = SphericalHarmonics::new(MAX_DEGREE, Normalization::Component).unwrap();
    let mut values = vec![0.0; harmonics.n_harmonics()];
    harmonics.evaluate_into(vector, &mut values).unwrap();
    values
}

/// Features of every degree that turn with two vectors, each channel another mixture.
fn features(layout: &Layout, vectors: [[f64; 3]; 2]) -> Vec<f64> {
    let [a, b] = vectors.map(harmonics);
    let mut features = vec![0.0; layout.len()];
    for block in layout.blocks() {
        for (m, n) in (0..block.dim()).zip(block.degree * block.degree..) {
            for u in 0..block.channels {
                let share = (0.3 + u as f64).sin();
                features[block.offset + m * block.channels + u] = share * a[n] + (1.0 - share) * b[n];
            }
        }
    }
    features
}

/// Turns the features of one node.
fn turned(layout: &Layout, rotation: &Matrix3, features: &[f64]) -> Vec<f64> {
    let wigner = WignerD::from_matrix(MAX_DEGREE, rotation).unwrap();
    let mut out = vec![0.0; layout.len()];
    for block in layout.blocks() {
        let matrix = wigner.to_matrix(Irrep::new(block.degree, Parity::Even)).unwrap();
        let at = |m: usize, u: usize| block.offset + m * block.channels + u;
        for (m, row) in matrix.chunks_exact(block.dim()).enumerate() {
            for u in 0..block.channels {
                out[at(m, u)] = row.iter().enumerate().map(|(n, d)| d * features[at(n, u)]).sum();
            }
        }
    }
    out
}

#[test]
fn a_layer_commutes_with_rotations() {
    let (arch, mut random) = (Arch::new(), Random::new(5));
    let layout = Layout::new((0..=MAX_DEGREE).map(|degree| (degree, CHANNELS)));
    let convolution = Convolution::new(&layout, MAX_DEGREE, MAX_DEGREE).unwrap();
    let product = EdgeProduct::<f64>::new(
        arch,
        &convolution.map,
        (&convolution.features, layout.len()),
        (&convolution.results, convolution.output.len()),
    )
    .unwrap();
    // The gate reads its scalars and one gate for each channel of higher degree.
    let gate_layout = Layout::new(
        std::iter::once((0, CHANNELS * (MAX_DEGREE + 1))).chain((1..=MAX_DEGREE).map(|degree| (degree, CHANNELS))),
    );
    let blocks: Vec<LinearBlock> = gate_layout
        .blocks()
        .iter()
        .map(|block| {
            let inputs = convolution.output.block(block.degree).unwrap().channels;
            LinearBlock { degree: block.degree, weights: random.normals(inputs * block.channels) }
        })
        .collect();
    let linear = Linear::new(arch, &convolution.output, &gate_layout, &blocks);
    let gated: Vec<Segment> =
        (1..=MAX_DEGREE).map(|degree| Segment { dim: 2 * degree + 1, channels: CHANNELS }).collect();
    let gate = Gate::new(arch, CHANNELS, &gated, 1.7);
    let width = convolution.weights();
    let coefficients = random.normals(4 * width);

    let layer = |vectors: &[[f64; 3]]| {
        let x = features(&layout, [vectors[0], vectors[1]]);
        let weights = EdgeWeights { points: &[SplinePoint::direct(0)], coefficients: &coefficients, width };
        let edges = Edges { nodes: &[0], harmonics: &harmonics(vectors[2]), weights };
        let mut message = vec![0.0; convolution.output.len()];
        product.forward(edges, &x, &mut message, &mut EdgeScratch::default());
        let mut gate_input = vec![0.0; gate_layout.len()];
        linear.forward(1, &message, &mut gate_input, false);
        let mut out = vec![0.0; layout.len()];
        gate.forward(&gate_input, &mut out);
        out
    };
    // Without parity every coupling is allowed, so that only proper rotations are a symmetry of the whole layer.
    let elements = so3_elements(2, 8);
    let check = Equivariance { name: "layer", elements: &elements, tolerance: 1e-12 };
    check.assert(&[[0.3, -1.0, 2.0], [1.5, 0.2, -0.4], [-0.6, 1.1, 0.7]], layer, |g, out| turned(&layout, g, out));
}
