//! Tensor products with lists of instructions against e3nn 0.6: values, and gradients of arguments and weights.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_group::Irreps;
use schur_product::products::{IrrepNormalization, PathNormalization};
use schur_product::{
    ChannelMode, ChannelProductCotangents, Instruction, ProductError, TensorProduct, TensorProductOptions,
    TensorProductWeights, TensorProductWorkspace, Variances,
};
use schur_tensor::pulp::Arch;
use schur_testkit::assert_close;
use serde_json::Value;

const ITEMS: usize = 2;

/// Sums of some dozens of rounded numbers of order one.
const TOLERANCE: f64 = 1e-13;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn instruction(value: &Value) -> Instruction {
    let index = |n: usize| value[n].as_u64().unwrap() as usize;
    Instruction {
        blocks: [index(0), index(1), index(2)],
        mode: value[3].as_str().unwrap().parse().unwrap(),
        weighted: value[4].as_bool().unwrap(),
        path_weight: value[5].as_f64().unwrap(),
    }
}

fn check(place: usize, case: &Value) {
    let irreps: [Irreps; 3] = [0, 1, 2].map(|n| case["irreps"][n].as_str().unwrap().parse().unwrap());
    let paths: Vec<Instruction> = case["instructions"].as_array().unwrap().iter().map(instruction).collect();
    let options = &case["options"];
    let variances =
        ["in1_var", "in2_var", "out_var"].map(|key| options[key].as_array().map(|_| numbers(&options[key])));
    let [left, right, output] = variances.each_ref().map(Option::as_deref);
    let options = TensorProductOptions {
        irrep_normalization: match options["irrep_normalization"].as_str() {
            Some("norm") => IrrepNormalization::Norm,
            Some("none") => IrrepNormalization::Raw,
            _ => IrrepNormalization::default(),
        },
        path_normalization: match options["path_normalization"].as_str() {
            Some("path") => PathNormalization::Path,
            Some("none") => PathNormalization::Raw,
            _ => PathNormalization::default(),
        },
        variances: Variances { left, right, output },
    };
    let (shared, values) = (case["shared_weights"].as_bool().unwrap(), numbers(&case["weights"]));
    let weights = if shared { TensorProductWeights::Layer(&values) } else { TensorProductWeights::PerItem };
    let product = TensorProduct::<f64>::new(Arch::new(), &irreps, &paths, &options, weights).unwrap();
    assert_eq!(product.weights() * if shared { 1 } else { ITEMS }, values.len());

    let [left, right, result] = product.layouts();
    let (x, y) = (left.from_e3nn(&numbers(&case["x"])).unwrap(), right.from_e3nn(&numbers(&case["y"])).unwrap());
    let cotangent = result.from_e3nn(&numbers(&case["cotangent"])).unwrap();
    let arguments: Vec<&[f64]> = [&x[..], &y].into_iter().chain((!shared).then_some(&values[..])).collect();
    let (mut z, mut workspace) = (vec![f64::NAN; ITEMS * result.len()], TensorProductWorkspace::default());
    let [mut gx, mut gy, mut gw] = [&x, &y, &values].map(|list| vec![f64::NAN; list.len()]);
    // Twice, as the second run finds what the first has left in memory.
    for _ in 0..2 {
        product.forward(ITEMS, &arguments, &mut z, &mut workspace).unwrap();
        let [left, right, weights] = [&mut gx, &mut gy, &mut gw].map(|list| Some(&mut list[..]));
        let cotangents = ChannelProductCotangents { left, right, weights };
        product.backward(ITEMS, &arguments, &cotangent, cotangents, &mut workspace).unwrap();
    }
    let name = format!("case {place}");
    assert_close(&name, &result.to_e3nn(&z).unwrap(), &numbers(&case["z"]), TOLERANCE, TOLERANCE);
    let close = |what: &str, found: &[f64], expected: &Value| {
        assert_close(&format!("{name} {what}"), found, &numbers(expected), TOLERANCE, TOLERANCE);
    };
    close("x", &left.to_e3nn(&gx).unwrap(), &case["gradients"][0]);
    close("y", &right.to_e3nn(&gy).unwrap(), &case["gradients"][1]);
    if !values.is_empty() {
        close("weights", &gw, &case["gradients"][2]);
    }
    // One cotangent alone is the same as with the others.
    let mut alone = vec![f64::NAN; gy.len()];
    let only = ChannelProductCotangents { right: Some(&mut alone), ..ChannelProductCotangents::default() };
    product.backward(ITEMS, &arguments, &cotangent, only, &mut workspace).unwrap();
    assert_eq!(alone, gy);
}

#[test]
fn lists_of_instructions_agree() {
    let fixture: Value = serde_json::from_str(include_str!("fixtures/e3nn_tensor_products.json")).unwrap();
    for (place, case) in fixture["cases"].as_array().unwrap().iter().enumerate() {
        check(place, case);
    }
}

#[test]
fn paths_and_slices_that_do_not_fit_are_named() {
    let irreps: [Irreps; 3] = ["2x1o", "2x1o", "2x0e+1x0e"].map(|text| text.parse().unwrap());
    let path = |blocks, mode, weighted| Instruction { blocks, mode, weighted, path_weight: 1.0 };
    let new = |paths: &[Instruction], weights| {
        TensorProduct::<f64>::new(Arch::new(), &irreps, paths, &TensorProductOptions::default(), weights)
    };
    let good = path([0, 0, 0], ChannelMode::Uvw, true);
    for (bad, problem) in [
        (path([0, 0, 2], ChannelMode::Uvw, true), "path 1 between blocks [0, 0, 2]: there is no such block"),
        (path([0, 0, 1], ChannelMode::Uuu, true), "the channels do not fit the mode"),
        (path([0, 0, 0], ChannelMode::Uvw, false), "a mode that mixes needs weights"),
        (path([0, 0, 0], ChannelMode::Uuw, false), "a mode that mixes needs weights"),
    ] {
        let error = new(&[good, bad], TensorProductWeights::PerItem).unwrap_err();
        assert!(matches!(error, ProductError::Instruction { path: 1, .. }), "{error}");
        assert!(error.to_string().contains(problem), "{error}");
    }
    let error = new(&[good], TensorProductWeights::Layer(&[1.0; 7])).unwrap_err();
    assert_eq!(error.to_string(), "the weights of a tensor product has 7 numbers, not 8");

    let product = new(&[good], TensorProductWeights::PerItem).unwrap();
    let (node, result, weights) = ([0.0; 48], [0.0; 32], [0.0; 8]);
    let (mut z, mut workspace) = (result, TensorProductWorkspace::default());
    product.forward(1, &[&node, &node, &weights], &mut z, &mut workspace).unwrap();
    for arguments in [vec![&node[..], &node], vec![&node, &node[1..], &weights], vec![&node, &node, &weights[1..]]] {
        assert!(product.forward(1, &arguments, &mut z, &mut workspace).is_err());
    }
    assert!(product.forward(usize::MAX, &[&node, &node, &weights], &mut z, &mut workspace).is_err());
    let mut short = [0.0; 7];
    let cotangents = ChannelProductCotangents { weights: Some(&mut short), ..ChannelProductCotangents::default() };
    assert!(product.backward(1, &[&node, &node, &weights], &result, cotangents, &mut workspace).is_err());
    product.forward(0, &[&[], &[], &[]], &mut [], &mut workspace).unwrap();
}

#[test]
fn without_paths_the_result_is_zero() {
    let irreps: [Irreps; 3] = ["2x1o", "1x0e", "1x2e"].map(|text| text.parse().unwrap());
    let weights = TensorProductWeights::Layer(&[]);
    let product = TensorProduct::<f32>::new(Arch::new(), &irreps, &[], &Default::default(), weights).unwrap();
    let (x, y, mut z) = ([1.0; 48], [1.0; 16], [1.0; 80]);
    product.forward(1, &[&x, &y], &mut z, &mut TensorProductWorkspace::default()).unwrap();
    assert_eq!(z, [0.0; 80]);
}
