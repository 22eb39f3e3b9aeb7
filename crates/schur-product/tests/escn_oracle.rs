//! The SO(2) form against the Clebsch-Gordan product it stands for, and its cost.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_group::{Irreps, Normalization, SphericalHarmonics, WignerD, wigner_3j};
use schur_product::{EdgeFrame, Escn, EscnOptions, EscnWeights, ProductError, products::Symmetry};
use schur_testkit::{Equivariance, Random, assert_close, o3_elements};

fn escn(inputs: &str, max_harmonic: usize, outputs: &str, m_max: Option<usize>, symmetry: Symmetry) -> Escn {
    let (inputs, outputs) = (inputs.parse().unwrap(), outputs.parse().unwrap());
    Escn::new(&EscnOptions { inputs, max_harmonic, outputs, m_max, symmetry }).unwrap()
}

/// The definition: a sum over paths of 3j symbols, features and harmonics.
fn coupled(escn: &Escn, x: &[f64], edge: [f64; 3], weights: &[f64]) -> Vec<f64> {
    let l_max = escn.paths().iter().map(|path| path.harmonic).max().unwrap();
    let harmonics = SphericalHarmonics::new(l_max, Normalization::Component).unwrap();
    let mut y = vec![0.0; (l_max + 1) * (l_max + 1)];
    harmonics.evaluate_into(edge, &mut y).unwrap();
    let offset = |irreps: &[schur_group::Irrep], index: usize| irreps[..index].iter().map(|i| i.dim()).sum::<usize>();
    let mut z = vec![0.0; offset(escn.outputs(), escn.outputs().len())];
    for (path, weight) in escn.paths().iter().zip(weights) {
        let (l1, l2, l3) = (escn.inputs()[path.input].l, path.harmonic, escn.outputs()[path.output].l);
        let scale = weight * ((2 * l3 + 1) as f64).sqrt();
        let (from, to) = (offset(escn.inputs(), path.input), offset(escn.outputs(), path.output));
        for ([a, b, c], value) in wigner_3j(l1, l2, l3).unwrap().iter() {
            z[to + c] += scale * value * x[from + a] * y[l2 * l2 + b];
        }
    }
    z
}

/// Edges in general position, near the poles and on them.
fn edges() -> Vec<[f64; 3]> {
    let mut random = Random::new(5);
    let mut edges: Vec<[f64; 3]> = (0..6).map(|_| [random.normal(), random.normal(), random.normal()]).collect();
    edges.extend([[0.0, 2.0, 0.0], [0.0, -0.3, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]]);
    for tiny in [1e-3, 1e-7, 1e-12, 1e-200] {
        edges.extend([[tiny, 1.0, -2.0 * tiny], [-tiny, -1.0, tiny]]);
    }
    edges
}

fn assert_equal(escn: &Escn) {
    let mut random = Random::new(9);
    let x = random.normals(escn.inputs().iter().map(|irrep| irrep.dim()).sum());
    let paths = random.normals(escn.paths().len());
    let weights = escn.weight_map().apply(&paths);
    let (fast, by_path) = (escn.circuit(EscnWeights::So2).unwrap(), escn.circuit(EscnWeights::Paths).unwrap());
    for edge in edges() {
        let rows = EdgeFrame::new(edge, escn.l_max()).unwrap().rows();
        let expected = coupled(escn, &x, edge, &paths);
        let scale = expected.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        for (circuit, weights) in [(&fast, &weights), (&by_path, &paths)] {
            let z = circuit.evaluate(&[&x, &rows, weights]).unwrap();
            // Rounding of a few hundred terms; the coefficients are exact.
            assert_close(&format!("edge {edge:?}"), &z, &expected, 0.0, 2e-14 * scale);
        }
    }
}

#[test]
fn equals_the_full_product_with_all_paths() {
    let natural = |l: usize| Irreps::spherical_harmonics(l).to_string();
    for l in 0..=6 {
        let all = escn(&natural(l), 2 * l, &natural(l), None, Symmetry::So3);
        // Every triple (l1, l2, l3) with l1, l3 <= l, and as many weights in the frame of the edge.
        let triples: usize = (0..=l).map(|a| (0..=l).map(|c| 2 * a.min(c) + 1).sum::<usize>()).sum();
        assert_eq!((all.paths().len(), all.so2_weights().len()), (triples, triples));
        assert_equal(&all);
        assert_equal(&escn(&natural(l), l, &natural(l), None, Symmetry::O3));
    }
}

#[test]
fn equals_the_product_for_mixed_parities_copies_and_unsorted_irreps() {
    assert_equal(&escn("1e+2x0e+0o+3o+1o", 3, "2o+2x1e+0o", None, Symmetry::O3));
    assert_equal(&escn("1e+2x0e+0o+3o+1o", 3, "2o+2x1e+0o", None, Symmetry::So3));
    assert_equal(&escn("5o", 1, "4e+5e+6e", None, Symmetry::O3));
}

#[test]
fn truncation_keeps_the_symmetry_and_loses_information() {
    for m_max in [0, 1, 2] {
        let escn = escn("0e+1o+2e+3o", 6, "0e+1e+2e+3o", Some(m_max), Symmetry::O3);
        assert!(escn.so2_weights().iter().all(|weight| weight.m <= m_max));
        let outputs: Irreps = "0e+1e+2e+3o".parse().unwrap();
        let circuit = escn.circuit(EscnWeights::So2).unwrap();
        let mut random = Random::new(3);
        let weights = random.normals(escn.so2_weights().len());
        // Features made of vectors, so that they turn with them.
        let harmonics = SphericalHarmonics::new(3, Normalization::Component).unwrap();
        let map = |v: &[[f64; 3]]| {
            let mut x = [0.0; 16];
            harmonics.evaluate_into(v[0], &mut x).unwrap();
            let rows = EdgeFrame::new(v[1], 3).unwrap().rows();
            circuit.evaluate(&[&x, &rows, &weights]).unwrap()
        };
        let elements = o3_elements(4, 8);
        let check = Equivariance { name: "truncated eSCN", elements: &elements, tolerance: 1e-13 };
        check.assert(&[[0.4, -1.0, 0.2], [1.0, 0.3, -0.7]], map, |g, out| {
            WignerD::from_matrix(3, g).unwrap().apply(&outputs, out).unwrap()
        });
        let full = Escn::new(&EscnOptions {
            inputs: "0e+1o+2e+3o".parse().unwrap(),
            max_harmonic: 6,
            outputs,
            m_max: None,
            symmetry: Symmetry::O3,
        })
        .unwrap();
        assert!(circuit.flops() < full.circuit(EscnWeights::So2).unwrap().flops());
    }
}

/// Slope of log flops against the logarithm of `size`, by least squares over L = 2..=12.
fn slope(flops: &[usize], size: impl Fn(usize) -> usize) -> f64 {
    let points: Vec<[f64; 2]> = flops.iter().zip(2..).map(|(&f, l)| [size(l), f].map(|n| (n as f64).ln())).collect();
    let mean = |f: &dyn Fn(&[f64; 2]) -> f64| points.iter().map(f).sum::<f64>() / points.len() as f64;
    let (x, y) = (mean(&|p| p[0]), mean(&|p| p[1]));
    mean(&|p| (p[0] - x) * (p[1] - y)) / mean(&|p| (p[0] - x) * (p[0] - x))
}

#[test]
fn cost_grows_with_the_third_power_of_the_degree() {
    let count = |m_max: Option<usize>| -> Vec<usize> {
        let flops = |l: usize| {
            let irreps = Irreps::spherical_harmonics(l).to_string();
            // Exact coefficients end at degree 16; every pair of degrees has paths of both kinds below.
            let escn = escn(&irreps, (2 * l).min(16), &irreps, m_max, Symmetry::So3);
            escn.circuit(EscnWeights::So2).unwrap().flops()
        };
        (2..=12).map(flops).collect()
    };
    let full = count(None);
    // A cubic in L + 1, the number of degrees; against L itself the lower powers bend the curve at its start.
    let (by_degrees, by_l) = (slope(&full, |l| l + 1), slope(&full, |l| l));
    println!("eSCN: {full:?} flops, slope {by_degrees:.3} against L + 1, {by_l:.3} against L");
    assert!((2.85..3.0).contains(&by_degrees), "slope {by_degrees}");
    assert!((2.3..3.0).contains(&by_l), "slope {by_l}");
    // With |m| <= 2 only the rotations are of third order.
    let truncated = count(Some(2));
    assert!(slope(&truncated, |l| l + 1) < 3.0 && truncated.iter().zip(&full).all(|(cut, all)| cut <= all));
}

#[test]
fn bad_input_is_named() {
    for edge in [[0.0; 3], [f64::NAN, 1.0, 0.0], [0.0, f64::INFINITY, 1.0], [f64::MAX, f64::MAX, 0.0]] {
        let error = EdgeFrame::new(edge, 2).unwrap_err();
        assert!(matches!(error, ProductError::NoDirection { .. }), "{error}");
    }
    let options = EscnOptions {
        inputs: "17o".parse().unwrap(),
        max_harmonic: 2,
        outputs: "0e".parse().unwrap(),
        m_max: None,
        symmetry: Symmetry::O3,
    };
    assert!(Escn::new(&options).unwrap_err().to_string().contains("degree 17"));
}

#[test]
fn maps_without_paths_are_legal() {
    let none = escn("0e", 0, "1o", None, Symmetry::O3);
    let rows = EdgeFrame::new([1.0, 2.0, 3.0], none.l_max()).unwrap().rows();
    let z = none.circuit(EscnWeights::So2).unwrap().evaluate(&[&[1.0], &rows, &[]]).unwrap();
    assert_eq!(z, [0.0; 3]);
}
