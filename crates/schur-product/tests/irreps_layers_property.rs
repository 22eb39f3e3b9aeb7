//! Layers on any irreps: symmetry, derivatives, borders and bad input.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_group::{Irreps, WignerD};
use schur_product::products::PathNormalization;
use schur_product::{
    Activation, ActivationKind, ChannelMode, Gated, Instruction, IrrepsLayout, IrrepsLinear, Norm, ProductError,
    Variances, path_factors,
};
use schur_tensor::pulp::Arch;
use schur_testkit::{Random, assert_close, finite_difference, o3_elements};

const IRREPS: &str = "2x1o+3x0e+1x2e+2x0o+1x1e+1x1o";

fn irreps(text: &str) -> Irreps {
    text.parse().unwrap()
}

/// Checks `map(D x) = D map(x)` on features in e3nn's order.
fn assert_equivariant(name: &str, [inputs, outputs]: [&IrrepsLayout; 2], map: impl Fn(&[f64]) -> Vec<f64>) {
    let x = Random::new(2).normals(inputs.irreps().dim());
    let run = |x: &[f64]| outputs.to_e3nn(&map(&inputs.from_e3nn(x).unwrap())).unwrap();
    let y = run(&x);
    assert!(y.iter().any(|y| y.abs() > 0.1), "{name} shows nothing: {y:?}");
    for g in o3_elements(3, 6) {
        let d = WignerD::from_matrix(3, &g).unwrap();
        let (moved, expected) = (d.apply(inputs.irreps(), &x).unwrap(), d.apply(outputs.irreps(), &y).unwrap());
        assert_close(name, &run(&moved), &expected, 0.0, 1e-13);
    }
}

fn gate() -> Gated {
    let activation = |kind| Activation { kind, scale: 1.3 };
    let (silu, tanh, abs) =
        (activation(ActivationKind::Silu), activation(ActivationKind::Tanh), activation(ActivationKind::Abs));
    let sigmoid = activation(ActivationKind::Sigmoid);
    let (scalars, gates) = (irreps("2x0e+3x0o+1x0o"), irreps("2x0e+1x0o"));
    Gated::new(&scalars, &[silu, tanh, abs], &gates, &[sigmoid, tanh], &irreps("2x1o+1x2e")).unwrap()
}

#[test]
fn layers_commute_with_the_group() {
    let norm = Norm::new(&irreps(IRREPS), false).unwrap();
    assert_equivariant("norm", [norm.inputs(), norm.outputs()], |x| norm.forward(x).unwrap());
    let gate = gate();
    // Tanh keeps odd scalars odd, abs makes them even; the odd gate turns the 2e into a 2o.
    assert_eq!(gate.outputs().irreps().to_string(), "2x0e+3x0o+1x0e+2x1o+1x2o");
    assert_equivariant("gate", [gate.inputs(), gate.outputs()], |x| gate.forward(x).unwrap());
    let outputs = irreps("4x1o+2x0e+1x0o+2x3o+1x1e");
    let count = IrrepsLinear::<f64>::paths(&irreps(IRREPS), &outputs, PathNormalization::Element).len();
    assert_eq!(count, 5);
    let weights = Random::new(4).normals(2 * 4 + 3 * 2 + 2 + 1 + 4);
    let normalization = PathNormalization::Element;
    let layer =
        IrrepsLinear::new(Arch::new(), &irreps(IRREPS), &outputs, normalization, &weights, &[0.5, -0.5]).unwrap();
    assert_equivariant("linear", [layer.inputs(), layer.outputs()], |x| {
        let mut y = vec![0.0; layer.outputs().len()];
        layer.forward(1, x, &mut y).unwrap();
        y
    });
}

#[test]
fn gradients_are_those_of_differences() {
    let mut random = Random::new(6);
    let gate = gate();
    let x = gate.inputs().from_e3nn(&random.normals(gate.inputs().irreps().dim())).unwrap();
    let g = random.normals(gate.outputs().len());
    let value = |y: Vec<f64>| y.iter().zip(&g).map(|(y, g)| y * g).sum::<f64>();
    let expected = finite_difference(|x| value(gate.forward(x).unwrap()), &x, 1e-3);
    // Padding is not read, so its differences and its gradient are zero.
    assert_close("gate", &gate.backward(&x, &g).unwrap(), &expected, 1e-9, 1e-9);

    let (inputs, outputs) = (irreps("2x1o+3x0e"), irreps("1x1o+2x0e"));
    let layer =
        |w: &[f64]| IrrepsLinear::<f64>::new(Arch::new(), &inputs, &outputs, PathNormalization::Path, w, &[]).unwrap();
    let w = random.normals(8);
    let (x, g) = (random.normals(2 * layer(&w).inputs().len()), random.normals(2 * layer(&w).outputs().len()));
    let run = |w: &[f64]| {
        let mut y = vec![0.0; g.len()];
        layer(w)
            .forward(2, &layer(w).inputs().from_e3nn(&layer(w).inputs().to_e3nn(&x).unwrap()).unwrap(), &mut y)
            .unwrap();
        y.iter().zip(&g).map(|(y, g)| y * g).sum::<f64>()
    };
    let expected = finite_difference(run, &w, 1e-2);
    let found = layer(&w).weight_cotangent(2, &x, &g).unwrap();
    assert_close("weights", &found, &expected, 1e-10, 1e-10);
}

#[test]
fn lengths_are_safe_at_zero_and_at_the_ends_of_the_range() {
    let norm = Norm::new(&irreps("1x1o+1x2e"), false).unwrap();
    let zero = norm.inputs().from_e3nn(&[0.0_f32; 8]).unwrap();
    let cotangent = vec![1.0_f32; norm.outputs().len()];
    assert!(norm.forward(&zero).unwrap().iter().all(|&y| y == 0.0));
    assert!(norm.backward(&zero, &cotangent).unwrap().iter().all(|&g| g == 0.0));
    // The squares of these leave the range of f64.
    for size in [1e-200, 1e200] {
        let x = norm.inputs().from_e3nn(&[3.0 * size, 0.0, 4.0 * size, 0.0, 0.0, -size, 0.0, 0.0]).unwrap();
        let lengths = norm.outputs().to_e3nn(&norm.forward(&x).unwrap()).unwrap();
        assert_close("lengths", &lengths, &[5.0 * size, size], 1e-15, 0.0);
        let gradient = norm.backward(&x, &vec![1.0; norm.outputs().len()]).unwrap();
        let gradient = norm.inputs().to_e3nn(&gradient).unwrap();
        assert_close("gradient", &gradient, &[0.6, 0.0, 0.8, 0.0, 0.0, -1.0, 0.0, 0.0], 1e-15, 0.0);
    }
    let broken = norm.inputs().from_e3nn(&[1.0, f64::NAN, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]).unwrap();
    assert!(norm.forward(&broken).unwrap()[0].is_nan());
}

#[test]
fn the_kernel_of_a_gate_is_the_same_gate() {
    let silu = Activation { kind: ActivationKind::Silu, scale: 1.7 };
    let (scalars, gates, gated) = (irreps("16x0e"), irreps("32x0e+16x0e"), irreps("32x1o+16x2e"));
    let gate = Gated::new(&scalars, &[silu], &gates, &[silu; 2], &gated).unwrap();
    let kernel = gate.kernel::<f64>(Arch::new()).unwrap();
    let mut random = Random::new(5);
    let (x, g) = (random.normals(2 * kernel.inputs()), random.normals(2 * kernel.outputs()));
    let mut y = vec![0.0; g.len()];
    kernel.forward(&x, &mut y);
    assert_close("gate", &gate.forward(&x).unwrap(), &y, 1e-14, 1e-14);
    let mut gradient = x.clone();
    kernel.backward(&mut gradient, &g);
    assert_close("gradient", &gate.backward(&x, &g).unwrap(), &gradient, 1e-13, 1e-13);
    let tanh = Activation { kind: ActivationKind::Tanh, scale: 1.0 };
    let other = Gated::new(&scalars, &[tanh], &gates, &[silu; 2], &gated).unwrap();
    assert!(other.kernel::<f64>(Arch::new()).is_none());
}

#[test]
fn bad_input_is_named() {
    let silu = Activation { kind: ActivationKind::Silu, scale: 1.0 };
    let none = Irreps::default();
    let gate = |scalars: &str, gates: &Irreps, gated: &Irreps| {
        let list = vec![silu; gates.len()];
        Gated::new(&irreps(scalars), &[silu], gates, &list, gated).unwrap_err().to_string()
    };
    assert!(gate("1x0o", &none, &none).contains("an odd scalar needs"));
    assert!(gate("1x1o", &none, &none).contains("only scalars"));
    assert!(gate("1x0e", &irreps("2x0e"), &irreps("1x1o")).contains("one gate for each channel"));
    let error = IrrepsLayout::new(&irreps("4294967295x6e")).and_then(|_| IrrepsLayout::new(&irreps("4294967295x600e")));
    assert!(matches!(error, Err(ProductError::TooLarge { .. })), "{error:?}");
    let layer = |weights: &[f64], biases: &[f64]| {
        let (inputs, outputs) = (irreps("2x0e"), irreps("3x0e"));
        IrrepsLinear::<f64>::new(Arch::new(), &inputs, &outputs, PathNormalization::Raw, weights, biases)
    };
    assert!(layer(&[0.0; 5], &[]).is_err() && layer(&[0.0; 6], &[0.0]).is_err());
    let layer = layer(&[0.0; 6], &[]).unwrap();
    assert!(layer.forward(1, &[0.0; 15], &mut [0.0; 16]).is_err());
    assert!(layer.forward(usize::MAX, &[0.0; 16], &mut [0.0; 16]).is_err());
    let operands = [irreps("2x1o"), irreps("3x1o"), irreps("2x1o")];
    let normalization = Default::default();
    for (blocks, mode) in [([0, 0, 0], ChannelMode::Uvw), ([0, 1, 0], ChannelMode::Uvw)] {
        let path = Instruction { blocks, mode, weighted: true, path_weight: 1.0 };
        let error = path_factors(&operands, &[path], normalization, Variances::default()).unwrap_err();
        assert!(matches!(error, ProductError::Instruction { path: 0, .. }), "{error}");
    }
}
