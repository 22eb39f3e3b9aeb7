//! A layer of an equivariant network, built from parts: `cargo run --example equivariant_layer`.
//!
//! Features meet the harmonics of edges, are summed over neighbours, mixed and gated, and must turn with the atoms.
#![expect(clippy::print_stdout, reason = "an example prints what it finds")]

use schur_group::{Irreps, Normalization, SphericalHarmonics, WignerD, rotation_from_quaternion};
use schur_product::products::{CgOptions, PathNormalization, PathSums, clebsch_gordan};
use schur_product::{Activation, ActivationKind, ChannelMode, ChannelProduct, ChannelWeights};
use schur_product::{Gated, IrrepsLayout, IrrepsLinear};
use schur_tensor::pulp::Arch;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Takes `16x0e+16x1o` of each atom, `[atom][component][channel]`, to the same irreps.
fn layer(positions: &[[f64; 3]], features: &[f64]) -> Result<Vec<f64>> {
    let (irreps, cutoff, node) = ("0e+1o".parse()?, 3.0, 64);
    let options = CgOptions { output: Some(irreps), sums: PathSums::Summed, weights: true, ..CgOptions::default() };
    let cg = clebsch_gordan(&"0e+1o".parse()?, &Irreps::spherical_harmonics(2), &options)?;
    let each = ChannelWeights::PerItem; // for each path and channel one, from the length of the edge
    let product = ChannelProduct::new(Arch::new(), cg.map(), ChannelMode::Uvu, [16, 1, 16], each)?;
    let harmonics = SphericalHarmonics::new(2, Normalization::Component)?;
    let mut sums = vec![0.0; features.len()];
    for (i, j) in (0..positions.len()).flat_map(|i| (0..positions.len()).map(move |j| (i, j))) {
        let edge: [f64; 3] = std::array::from_fn(|k| positions[j][k] - positions[i][k]);
        let length = edge.iter().map(|x| x * x).sum::<f64>().sqrt();
        if i != j && length < cutoff {
            let (mut y, mut message) = ([0.0; 9], [0.0; 64]);
            harmonics.evaluate_into(edge, &mut y)?;
            let radial = |n| (length + 0.1 * n as f64).sin() * (1.0 - length / cutoff).powi(2);
            let radial: Vec<f64> = (0..16 * cg.weights()).map(radial).collect();
            let sender = &features[j * node..][..node];
            product.forward(1, &[sender, &y, &radial], &mut message, &mut Default::default())?;
            sums[i * node..][..node].iter_mut().zip(message).for_each(|(sum, m)| *sum += m);
        }
    }
    let silu = [Activation { kind: ActivationKind::Silu, scale: 1.0 }];
    let gate = Gated::new(&"16x0e".parse()?, &silu, &"16x0e".parse()?, &silu, &"16x1o".parse()?)?;
    let (from, to, weights) = ("16x0e+16x1o".parse()?, gate.inputs().irreps(), [0.3, -0.5, 0.7].repeat(256));
    let linear = IrrepsLinear::new(Arch::new(), &from, to, PathNormalization::Element, &weights, &[])?;
    let mut mixed = vec![0.0; positions.len() * linear.outputs().len()];
    linear.forward(positions.len(), &sums, &mut mixed)?;
    Ok(gate.forward(&mixed)?)
}

/// Runs the layer on four atoms and compares turning before with turning behind it.
pub fn main() -> Result<()> {
    let positions = [[0.0, 0.0, 0.0], [1.2, 0.3, -0.4], [-0.5, 1.6, 0.8], [0.9, -1.1, 1.9]];
    let layout = IrrepsLayout::new(&(4 * &"16x0e+16x1o".parse::<Irreps>()?))?;
    let features: Vec<f64> = (0..layout.len()).map(|n| (1.7 * n as f64).cos()).collect();
    let mirrored = rotation_from_quaternion([0.3, -0.5, 0.2, 0.9])?.map(|row| row.map(|x| -x));
    let d = WignerD::from_matrix(1, &mirrored)?;
    let turn = |x: &[f64]| -> Result<_> { Ok(layout.from_e3nn(&d.apply(layout.irreps(), &layout.to_e3nn(x)?)?)?) };
    let moved = positions.map(|p| mirrored.map(|row| row.iter().zip(p).map(|(a, b)| a * b).sum()));
    let (before, behind) = (layer(&moved, &turn(&features)?)?, turn(&layer(&positions, &features)?)?);
    let largest = |list: &mut dyn Iterator<Item = f64>| list.fold(0.0, |largest, x| x.abs().max(largest));
    let defect = largest(&mut before.iter().zip(&behind).map(|(a, b)| a - b)) / largest(&mut behind.iter().copied());
    println!("relative change by turning before instead of behind the layer: {defect:.1e}");
    if defect < 1e-12 { Ok(()) } else { Err("the layer is not equivariant".into()) }
}
