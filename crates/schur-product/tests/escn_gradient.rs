//! Derivatives of the SO(2) form against differences of the Clebsch-Gordan form.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_group::{Irreps, Normalization, SphericalHarmonics, wigner_3j};
use schur_multilinear::{Argument, ChannelwisePlan, ChannelwiseWorkspace};
use schur_product::{EdgeFrame, Escn, EscnOptions, EscnWeights, products::Symmetry};
use schur_tensor::pulp::Arch;
use schur_testkit::{Random, assert_close, finite_difference};

const L: usize = 3;
const CHANNELS: usize = 2;

struct Case {
    escn: Escn,
    plan: ChannelwisePlan<f64>,
    /// `[component][channel]`.
    x: Vec<f64>,
    /// `[path][channel]`.
    weights: Vec<f64>,
    cotangent: Vec<f64>,
}

impl Case {
    fn new(m_max: Option<usize>) -> Self {
        let irreps = Irreps::spherical_harmonics(L);
        let escn = Escn::new(&EscnOptions {
            inputs: irreps.clone(),
            max_harmonic: 2 * L,
            outputs: irreps,
            m_max,
            symmetry: Symmetry::So3,
        })
        .unwrap();
        let circuit = escn.differentiable_circuit(EscnWeights::Paths).unwrap();
        let channels = [CHANNELS, 1, CHANNELS, 1].map(Argument::per_item);
        let plan = ChannelwisePlan::new(Arch::new(), &circuit, &channels).unwrap();
        let mut random = Random::new(11);
        let components = CHANNELS * (L + 1) * (L + 1);
        let (x, cotangent) = (random.normals(components), random.normals(components));
        let weights = random.normals(CHANNELS * escn.paths().len());
        Self { escn, plan, x, weights, cotangent }
    }

    fn value(&self, edge: [f64; 3]) -> f64 {
        let rows = EdgeFrame::new(edge, L).unwrap().rows();
        let mut z = vec![0.0; self.cotangent.len()];
        let arguments: [&[f64]; 4] = [&self.x, &rows, &self.weights, &[0.0; 2]];
        self.plan.forward(1, &arguments, &mut z, &mut ChannelwiseWorkspace::default()).unwrap();
        z.iter().zip(&self.cotangent).map(|(z, g)| z * g).sum()
    }

    /// Cotangents of the features and the tilt, and the gradient of the edge.
    fn gradients(&self, edge: [f64; 3], tilt: [f64; 2]) -> (Vec<f64>, [f64; 2], [f64; 3]) {
        let frame = EdgeFrame::new(edge, L).unwrap();
        let rows = frame.rows();
        let (mut features, mut torque) = (vec![0.0; self.x.len()], [0.0; 2]);
        let arguments: [&[f64]; 4] = [&self.x, &rows, &self.weights, &tilt];
        let mut cotangents = [Some(&mut features[..]), None, None, Some(&mut torque[..])];
        let mut workspace = ChannelwiseWorkspace::default();
        self.plan.backward(1, &arguments, &self.cotangent, &mut cotangents, &mut workspace).unwrap();
        (features, torque, frame.gradient(torque))
    }

    /// The same number through 3j symbols and harmonics.
    fn coupled(&self, x: &[f64], edge: [f64; 3]) -> f64 {
        let harmonics = SphericalHarmonics::new(2 * L, Normalization::Component).unwrap();
        let mut y = vec![0.0; (2 * L + 1) * (2 * L + 1)];
        harmonics.evaluate_into(edge, &mut y).unwrap();
        let mut sum = 0.0;
        for (place, path) in self.escn.paths().iter().enumerate() {
            let (l1, l2, l3) = (path.input, path.harmonic, path.output);
            let scale = ((2 * l3 + 1) as f64).sqrt();
            for ([a, b, c], value) in wigner_3j(l1, l2, l3).unwrap().iter() {
                for u in 0..CHANNELS {
                    let (from, to) = ((l1 * l1 + a) * CHANNELS + u, (l3 * l3 + c) * CHANNELS + u);
                    let weight = scale * self.weights[place * CHANNELS + u];
                    sum += weight * value * x[from] * y[l2 * l2 + b] * self.cotangent[to];
                }
            }
        }
        sum
    }
}

/// General edges, and edges near and on the poles, where angles have no derivative.
const EDGES: [[f64; 3]; 8] = [
    [0.4, -0.9, 1.3],
    [-1.0, 0.2, 0.1],
    [0.0, 1.7, 0.0],
    [0.0, -0.6, 0.0],
    [1e-5, 1.0, -2e-5],
    [1e-9, -1.0, 1e-9],
    [0.0, 1.0, 1e-13],
    [1.0, 0.0, 0.0],
];

#[test]
fn the_edge_is_differentiated_rightly_everywhere() {
    let case = Case::new(None);
    for edge in EDGES {
        let (features, _, gradient) = case.gradients(edge, [0.0; 2]);
        assert_close("value", &[case.value(edge)], &[case.coupled(&case.x, edge)], 1e-12, 1e-12);
        // The error of the differences, about 1e-10 for values of order 100.
        let expected = finite_difference(|r| case.coupled(&case.x, [r[0], r[1], r[2]]), &edge, 2e-3);
        assert_close(&format!("gradient at {edge:?}"), &gradient, &expected, 1e-8, 1e-7);
        let expected = finite_difference(|x| case.coupled(x, edge), &case.x, 1e-2);
        assert_close("features", &features, &expected, 1e-10, 1e-10);
    }
}

#[test]
fn a_truncated_map_is_differentiated_rightly() {
    for m_max in [0, 1] {
        let case = Case::new(Some(m_max));
        for edge in [EDGES[0], EDGES[1], EDGES[7]] {
            let (_, _, gradient) = case.gradients(edge, [0.0; 2]);
            let expected = finite_difference(|r| case.value([r[0], r[1], r[2]]), &edge, 2e-3);
            assert_close(&format!("gradient at {edge:?}"), &gradient, &expected, 1e-8, 1e-7);
        }
    }
}

#[test]
fn the_tangent_of_the_reverse_pass_is_the_second_derivative() {
    let case = Case::new(None);
    for edge in EDGES {
        let frame = EdgeFrame::new(edge, L).unwrap();
        let (_, torque, _) = case.gradients(edge, [0.0; 2]);
        for change in [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.3, -0.5, 0.8]] {
            let tilt = frame.tilt_tangent(change);
            // Circuits are polynomials of the tilt, of order four: the Richardson step leaves rounding alone.
            let torque_tangent: Vec<f64> = {
                let at = |t: f64| case.gradients(edge, tilt.map(|e| t * e)).1;
                let central = |h: f64| {
                    let (up, down) = (at(h), at(-h));
                    [0, 1].map(|k| (up[k] - down[k]) / (2.0 * h))
                };
                let (coarse, fine) = (central(2e-3), central(1e-3));
                (0..2).map(|k| (4.0 * fine[k] - coarse[k]) / 3.0).collect()
            };
            let tangent = frame.gradient_tangent(torque, [torque_tangent[0], torque_tangent[1]], change);
            let moved = |t: f64| std::array::from_fn(|k| edge[k] + t * change[k]);
            let differences: Vec<f64> = (0..3)
                .map(|k| finite_difference(|t| case.gradients(moved(t[0]), [0.0; 2]).2[k], &[0.0], 2e-3)[0])
                .collect();
            assert_close(&format!("at {edge:?} along {change:?}"), &tangent, &differences, 1e-7, 1e-6);
        }
    }
}
