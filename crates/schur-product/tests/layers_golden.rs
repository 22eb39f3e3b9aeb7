//! Linear layers, gates, lengths, channel modes and path factors against e3nn 0.6.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_group::Irreps;
use schur_multilinear::{Bilinear, BilinearTerm, Factored, Weighting};
use schur_product::products::{IrrepNormalization, PathNormalization};
use schur_product::{
    Activation, ActivationKind, ChannelMode, ChannelProduct, ChannelProductWorkspace, ChannelWeights, Gated,
    Instruction, IrrepsLayout, IrrepsLinear, Norm, Variances, path_factors,
};
use schur_tensor::pulp::Arch;
use schur_testkit::assert_close;
use serde_json::Value;

/// Sums of a few dozen rounded numbers of order one.
const TOLERANCE: f64 = 1e-13;

fn layers() -> Value {
    serde_json::from_str(include_str!("../../../fixtures/e3nn/layers.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn irreps(value: &Value) -> Irreps {
    value.as_str().unwrap().parse().unwrap()
}

/// Compares result and gradient of two nodes.
fn check(
    name: &str,
    case: &Value,
    [inputs, outputs]: [&IrrepsLayout; 2],
    forward: impl Fn(&[f64]) -> Vec<f64>,
    backward: impl Fn(&[f64], &[f64]) -> Vec<f64>,
) {
    let x = inputs.from_e3nn(&numbers(&case["x"])).unwrap();
    let cotangent = outputs.from_e3nn(&numbers(&case["cotangent"])).unwrap();
    let y = outputs.to_e3nn(&forward(&x)).unwrap();
    assert_close(name, &y, &numbers(&case["y"]), TOLERANCE, TOLERANCE);
    let gradient = inputs.to_e3nn(&backward(&x, &cotangent)).unwrap();
    assert_close(&format!("gradient of {name}"), &gradient, &numbers(&case["gradient"]), TOLERANCE, TOLERANCE);
}

fn path_normalization(case: &Value) -> PathNormalization {
    match case["path_normalization"].as_str().unwrap() {
        "element" => PathNormalization::Element,
        "path" => PathNormalization::Path,
        _ => PathNormalization::Raw,
    }
}

#[test]
fn linear_layers_agree() {
    for case in layers()["linear"].as_array().unwrap() {
        let [inputs, outputs] = ["inputs", "outputs"].map(|key| irreps(&case[key]));
        let (weights, biases) = (numbers(&case["weights"]), numbers(&case["biases"]));
        let normalization = path_normalization(case);
        let layer = IrrepsLinear::<f64>::new(Arch::new(), &inputs, &outputs, normalization, &weights, &biases).unwrap();
        let forward = |x: &[f64]| {
            let mut y = vec![f64::NAN; 2 * layer.outputs().len()];
            layer.forward(2, x, &mut y).unwrap();
            y
        };
        let backward = |_: &[f64], g: &[f64]| {
            let mut x = vec![f64::NAN; 2 * layer.inputs().len()];
            layer.backward(2, g, &mut x).unwrap();
            x
        };
        check("linear", case, [layer.inputs(), layer.outputs()], forward, backward);
    }
}

#[test]
fn gates_agree() {
    let fixture = layers();
    let case = &fixture["gate"];
    let constants = numbers(&case["constants"]);
    let kinds = [ActivationKind::Tanh, ActivationKind::Silu, ActivationKind::Sigmoid];
    let activations: Vec<Activation> =
        kinds.into_iter().zip(constants).map(|(kind, scale)| Activation { kind, scale }).collect();
    let [scalars, gates, gated] = ["scalars", "gates", "gated"].map(|key| irreps(&case[key]));
    let gate = Gated::new(&scalars, &activations[..2], &gates, &activations[2..], &gated).unwrap();
    assert_eq!(gate.outputs().irreps().simplify().to_string(), case["outputs"].as_str().unwrap());
    let (forward, backward) =
        (|x: &[f64]| gate.forward(x).unwrap(), |x: &[f64], g: &[f64]| gate.backward(x, g).unwrap());
    check("gate", case, [gate.inputs(), gate.outputs()], forward, backward);
}

#[test]
fn lengths_agree() {
    for case in layers()["norm"].as_array().unwrap() {
        let norm = Norm::new(&irreps(&case["irreps"]), case["squared"].as_bool().unwrap()).unwrap();
        let (forward, backward) =
            (|x: &[f64]| norm.forward(x).unwrap(), |x: &[f64], g: &[f64]| norm.backward(x, g).unwrap());
        check("norm", case, [norm.inputs(), norm.outputs()], forward, backward);
    }
}

/// One path of a tensor product: 3j symbols times the factor, with a weight.
fn path_map(degrees: [usize; 3], factor: f64, weighted: bool) -> Factored {
    let three_j = schur_group::wigner_3j(degrees[0], degrees[1], degrees[2]).unwrap();
    let terms = three_j.iter().map(|([left, right, result], value)| {
        let coefficient = factor * value;
        BilinearTerm { result, left, right, coefficient }
    });
    let dims = degrees.map(|l| 2 * l + 1);
    let map = Factored::new(vec![], vec![], Bilinear::new(dims, terms).unwrap(), vec![]).unwrap();
    match weighted {
        true => {
            map.with_weights(Weighting { weights: 1, result: Some(vec![0; dims[2]]), ..Weighting::default() }).unwrap()
        }
        false => map,
    }
}

#[test]
fn path_factors_and_channel_modes_agree() {
    for case in layers()["products"].as_array().unwrap() {
        let mode: ChannelMode = case["mode"].as_str().unwrap().parse().unwrap();
        let name = format!("{mode:?} {}", case["irreps"]);
        let operands = [0, 1, 2].map(|n| irreps(&case["irreps"][n]));
        let layouts = [0, 1, 2].map(|n| IrrepsLayout::new(&operands[n]).unwrap());
        let paths: Vec<Instruction> = case["paths"]
            .as_array()
            .unwrap()
            .iter()
            .zip(numbers(&case["path_weights"]))
            .map(|(blocks, path_weight)| {
                let blocks = [0, 1, 2].map(|n| blocks[n].as_u64().unwrap() as usize);
                Instruction { blocks, mode, weighted: mode.mixes(), path_weight }
            })
            .collect();
        let irrep_normalization = match case["irrep_normalization"].as_str().unwrap() {
            "component" => IrrepNormalization::Component,
            "norm" => IrrepNormalization::Norm,
            _ => IrrepNormalization::Raw,
        };
        let variances = [0, 1, 2].map(|n| case["variances"][n].as_array().map(|_| numbers(&case["variances"][n])));
        let [left, right, output] = variances.each_ref().map(Option::as_deref);
        let normalization = (irrep_normalization, path_normalization(case));
        let factors = path_factors(&operands, &paths, normalization, Variances { left, right, output }).unwrap();
        assert_close(&name, &factors, &numbers(&case["factors"]), 1e-15, 0.0);

        // The whole product, one path after the other, each on the channels of its blocks.
        let [x, y] = ["x", "y"].map(|key| numbers(&case[key]));
        let (x, y) = (layouts[0].from_e3nn(&x).unwrap(), layouts[1].from_e3nn(&y).unwrap());
        let mut z = vec![0.0; layouts[2].len()];
        let (weights, mut used) = (numbers(&case["weights"]), 0);
        for (path, factor) in paths.iter().zip(factors) {
            let blocks = [0, 1, 2].map(|n| layouts[n].blocks()[path.blocks[n]]);
            let channels = blocks.map(|block| block.channels);
            let map = path_map(blocks.map(|block| block.irrep.l), factor, mode.mixes());
            let count = if mode.mixes() { mode.summed(channels) * channels[2] } else { 0 };
            let own = &weights[used..used + count];
            used += count;
            let choice = if mode.mixes() { ChannelWeights::Dense(own) } else { ChannelWeights::None };
            let product = ChannelProduct::<f64>::new(Arch::new(), &map, mode, channels, choice).unwrap();
            let packed = |node: &[f64], block: schur_product::IrrepsBlock| -> Vec<f64> {
                let rows = node[block.offset..][..block.len()].chunks_exact(block.stride);
                rows.flat_map(|row| &row[..block.channels]).copied().collect()
            };
            let mut result = vec![0.0; blocks[2].irrep.dim() * channels[2]];
            let mut workspace = ChannelProductWorkspace::default();
            let (x, y) = (packed(&x, blocks[0]), packed(&y, blocks[1]));
            product.forward(1, &[&x, &y], &mut result, &mut workspace).unwrap();
            for (m, row) in result.chunks_exact(channels[2]).enumerate() {
                let start = blocks[2].offset + m * blocks[2].stride;
                z[start..].iter_mut().zip(row).for_each(|(z, value)| *z += value);
            }
        }
        assert_eq!(used, weights.len());
        assert_close(&name, &layouts[2].to_e3nn(&z).unwrap(), &numbers(&case["z"]), TOLERANCE, TOLERANCE);
    }
}
