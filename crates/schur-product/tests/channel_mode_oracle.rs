//! Products with channels against plain loops over channels.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_multilinear::Factored;
use schur_product::products::{CgForm, CgOptions, PathSums, clebsch_gordan};
use schur_product::{
    ChannelMode, ChannelProduct, ChannelProductCotangents, ChannelProductWorkspace, ChannelWeights, ProductError,
};
use schur_tensor::pulp::Arch;
use schur_testkit::{Random, assert_close};

const ITEMS: usize = 2;

/// Paths that are added up, in shared or sparse form, with or without weights.
fn map(weights: bool, form: CgForm) -> Factored {
    let (left, right) = ("0e+1o+2e".parse().unwrap(), "0e+1o".parse().unwrap());
    let output = Some("0e+1o+1e+2e".parse().unwrap());
    let options = CgOptions { output, sums: PathSums::Summed, weights, form, ..CgOptions::default() };
    clebsch_gordan(&left, &right, &options).unwrap().map().clone()
}

/// Channel `u` of an item's operand `[component][channel]`.
fn channel(operand: &[f64], channels: usize, u: usize) -> Vec<f64> {
    operand.iter().copied().skip(u).step_by(channels).collect()
}

/// The definition: all pairs of channels that meet, one evaluation each, with the weights of one channel.
fn expected(
    map: &Factored,
    mode: ChannelMode,
    [u, v, w]: [usize; 3],
    x: &[f64],
    y: &[f64],
    weights: &[f64],
) -> Vec<f64> {
    let paths = map.weighting().weights.max(1);
    let [left, right, result] = map.dims();
    let pairs: Vec<[usize; 2]> = (0..u).flat_map(|a| (0..v).map(move |b| [a, b])).collect();
    let meets = |&[a, b]: &[usize; 2]| match mode {
        ChannelMode::Uuu | ChannelMode::Uuw => a == b,
        ChannelMode::UvuLessV | ChannelMode::ULessVw => a < b,
        _ => true,
    };
    let pairs: Vec<[usize; 2]> = pairs.into_iter().filter(meets).collect();
    let mut z = vec![0.0; ITEMS * result * w];
    for item in 0..ITEMS {
        let (x, y) = (&x[item * left * u..][..left * u], &y[item * right * v..][..right * v]);
        for (pair, &[a, b]) in pairs.iter().enumerate() {
            let (x, y) = (channel(x, u, a), channel(y, v, b));
            let targets: Vec<usize> = match mode {
                ChannelMode::Uuu | ChannelMode::Uvu => vec![a],
                ChannelMode::Uvuv | ChannelMode::UvuLessV => vec![pair],
                ChannelMode::Uvv => vec![b],
                ChannelMode::Uvw | ChannelMode::Uuw | ChannelMode::ULessVw => (0..w).collect(),
            };
            for target in targets {
                let width = if mode.mixes() { w } else { 1 };
                let column = if mode.mixes() { target } else { 0 };
                let own: Vec<f64> = (0..paths)
                    .map(|path| weights.get((path * pairs.len() + pair) * width + column).copied().unwrap_or(1.0))
                    .collect();
                let own = if map.weighting().weights > 0 { own } else { vec![] };
                // Without paths of their own, dense weights scale the whole product.
                let scale = match (mode.mixes(), own.is_empty()) {
                    (true, true) => weights[pair * width + column],
                    _ => 1.0,
                };
                for (row, value) in map.evaluate(&x, &y, &own).unwrap().into_iter().enumerate() {
                    z[(item * result + row) * w + target] += scale * value;
                }
            }
        }
    }
    z
}

struct Case {
    product: ChannelProduct<f64>,
    weights: Option<Vec<f64>>,
    operands: [Vec<f64>; 3],
}

fn check(map: &Factored, mode: ChannelMode, channels: [usize; 3], kind: &str) {
    let name = format!("{mode:?} {channels:?} {kind}");
    let mut random = Random::new(17);
    let combinations = mode.combinations([channels[0], channels[1]]).unwrap();
    let paths = map.weighting().weights;
    let count = match kind {
        "dense" => paths.max(1) * combinations * channels[2],
        "none" => 0,
        // The oracle knows shared weights alone; those of items are the same, repeated.
        _ => paths * combinations,
    };
    let shared = random.normals(count);
    let choice = match kind {
        "dense" => ChannelWeights::Dense(&shared),
        "none" => ChannelWeights::None,
        "shared" => ChannelWeights::Shared,
        _ => ChannelWeights::PerItem,
    };
    let product = ChannelProduct::<f64>::new(Arch::new(), map, mode, channels, choice).unwrap();
    let operands = [0, 1, 2].map(|n| random.normals(ITEMS * map.dims()[n] * channels[n]));
    let weights = match kind {
        "shared" => Some(shared.clone()),
        "per item" => Some(shared.repeat(ITEMS)),
        _ => None,
    };
    let case = Case { product, weights, operands };
    let [x, y, g] = &case.operands;
    let arguments: Vec<&[f64]> = [&x[..], y].into_iter().chain(case.weights.as_deref()).collect();
    let value = |x: &[f64], y: &[f64], w: &[f64]| expected(map, mode, channels, x, y, w);
    let (mut workspace, mut z) = (ChannelProductWorkspace::default(), vec![f64::NAN; g.len()]);
    // Twice, as the second run finds what the first has left in memory.
    for _ in 0..2 {
        case.product.forward(ITEMS, &arguments, &mut z, &mut workspace).unwrap();
        assert_close(&name, &z, &value(x, y, &shared), 1e-12, 1e-12);
    }
    let mut gradients = [vec![f64::NAN; x.len()], vec![f64::NAN; y.len()]];
    let mut gw = vec![f64::NAN; if kind == "dense" { count } else { case.weights.as_ref().map_or(0, Vec::len) }];
    for _ in 0..2 {
        let [gx, gy] = &mut gradients;
        let weights = (!gw.is_empty()).then_some(&mut gw[..]);
        let cotangents = ChannelProductCotangents { left: Some(gx), right: Some(gy), weights };
        case.product.backward(ITEMS, &arguments, g, cotangents, &mut workspace).unwrap();
    }
    // The map is linear in each argument: one step along each axis is the derivative.
    let dot = |z: &[f64]| z.iter().zip(g).map(|(z, g)| z * g).sum::<f64>();
    let unit = |len: usize, at: usize| (0..len).map(|n| f64::from(u8::from(n == at))).collect::<Vec<f64>>();
    let by_x: Vec<f64> = (0..x.len()).map(|n| dot(&value(&unit(x.len(), n), y, &shared))).collect();
    let by_y: Vec<f64> = (0..y.len()).map(|n| dot(&value(x, &unit(y.len(), n), &shared))).collect();
    assert_close(&format!("{name} x"), &gradients[0], &by_x, 1e-12, 1e-12);
    assert_close(&format!("{name} y"), &gradients[1], &by_y, 1e-12, 1e-12);
    if count > 0 {
        let by_w: Vec<f64> = (0..count).map(|n| dot(&value(x, y, &unit(count, n)))).collect();
        let items = gw
            .chunks_exact(count)
            .fold(vec![0.0; count], |sum, item| sum.iter().zip(item).map(|(a, b)| a + b).collect());
        assert_close(&format!("{name} w"), &items, &by_w, 1e-12, 1e-12);
    }
}

#[test]
fn every_mode_agrees_with_loops_over_channels() {
    use ChannelMode::{ULessVw, Uuu, Uuw, Uvu, UvuLessV, Uvuv, Uvv, Uvw};
    for form in [CgForm::Shared, CgForm::Sparse] {
        let (plain, weighted) = (map(false, form), map(true, form));
        for (mode, channels) in [
            (Uuu, [3, 3, 3]),
            (Uuu, [1, 1, 1]),
            (Uvuv, [2, 3, 6]),
            (Uvu, [2, 3, 2]),
            (Uvu, [5, 1, 5]),
            (Uvu, [1, 4, 1]),
            (Uvv, [2, 3, 3]),
            (Uvv, [3, 1, 1]),
            (Uvv, [1, 3, 3]),
            (UvuLessV, [2, 2, 1]),
            (UvuLessV, [3, 3, 3]),
            (UvuLessV, [5, 5, 10]),
        ] {
            check(&plain, mode, channels, "none");
            check(&weighted, mode, channels, "shared");
            check(&weighted, mode, channels, "per item");
        }
        for (mode, channels) in [
            (Uvw, [2, 3, 4]),
            (Uvw, [4, 4, 16]),
            (Uvw, [1, 1, 3]),
            (Uvw, [3, 1, 2]),
            (Uuw, [3, 3, 2]),
            (Uuw, [16, 16, 1]),
            (ULessVw, [2, 2, 3]),
            (ULessVw, [7, 7, 5]),
        ] {
            check(&plain, mode, channels, "dense");
            check(&weighted, mode, channels, "dense");
        }
    }
}

#[test]
fn names_are_read_back() {
    for mode in ChannelMode::ALL {
        assert_eq!(mode.to_string().parse::<ChannelMode>().unwrap(), mode);
    }
    let error = "uwu".parse::<ChannelMode>().unwrap_err();
    assert!(error.to_string().contains("uvu<v, u<vw"), "{error}");
}

#[test]
fn what_does_not_fit_is_refused() {
    let (plain, weighted) = (map(false, CgForm::Shared), map(true, CgForm::Shared));
    let new = |map: &Factored, mode, channels, weights| {
        ChannelProduct::<f32>::new(Arch::new(), map, mode, channels, weights).map(|_| ()).unwrap_err()
    };
    for error in [
        new(&plain, ChannelMode::Uuu, [2, 3, 2], ChannelWeights::None),
        new(&plain, ChannelMode::Uvu, [2, 3, 3], ChannelWeights::None),
        new(&plain, ChannelMode::UvuLessV, [4, 4, 4], ChannelWeights::None),
        new(&plain, ChannelMode::ULessVw, [4, 3, 4], ChannelWeights::Dense(&[])),
        new(&plain, ChannelMode::Uvu, [2, 3, 2], ChannelWeights::Shared),
        new(&weighted, ChannelMode::Uvu, [2, 3, 2], ChannelWeights::None),
        new(&weighted, ChannelMode::Uvw, [2, 3, 2], ChannelWeights::PerItem),
        new(&weighted, ChannelMode::Uvu, [2, 3, 2], ChannelWeights::Dense(&[])),
        new(&weighted, ChannelMode::Uvw, [usize::MAX, 3, 2], ChannelWeights::Dense(&[])),
    ] {
        assert!(matches!(error, ProductError::Channels { .. }), "{error}");
    }
    let error = new(&weighted, ChannelMode::Uvw, [2, 3, 2], ChannelWeights::Dense(&[1.0]));
    assert!(matches!(error, ProductError::Length { found: 1, .. }), "{error}");
    let product =
        ChannelProduct::<f64>::new(Arch::new(), &plain, ChannelMode::Uuu, [1, 1, 1], ChannelWeights::None).unwrap();
    let (mut z, mut workspace) = ([0.0; 12], ChannelProductWorkspace::default());
    let error = product.forward(1, &[&[0.0; 8], &[0.0; 4]], &mut z, &mut workspace).unwrap_err();
    assert_eq!(error.to_string(), "the first argument has 8 numbers, not 9");
    assert!(product.forward(usize::MAX, &[&[0.0; 9], &[0.0; 4]], &mut z, &mut workspace).is_err());
    assert!(product.forward(1, &[&[0.0; 9], &[0.0; 4], &[1.0]], &mut z, &mut workspace).is_err());
}
