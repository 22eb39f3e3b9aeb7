//! What a group allows, learned: `cargo run -p schur-layer --example invariant_volume`.
//!
//! The volume of three vectors with its sign is kept by rotations and turned by reflections, so that a network for `SO(3)`
//! learns it and one for `O(3)` cannot; likewise the symplectic form of two vectors with `Sp(4)`.
#![expect(clippy::print_stdout, reason = "an example prints what it finds")]

use schur_diagram::Group;
use schur_layer::{Adam, Feature, LayerError, Sort, Space, Stack, StackRun};
use schur_testkit::Random;

const ITEMS: usize = 128;

/// Learns a number of some vectors, and returns the root mean square of its errors over that of the number.
fn learn(group: Group, n: usize, vectors: usize, number: impl Fn(&[Vec<f64>]) -> f64) -> Result<f64, LayerError> {
    let space = Space::new(&[Sort { group, n }])?;
    let network = Stack::new(&space, &[Feature::new(&[0], vectors)])?
        .linear(&[Feature::new(&[0], 4 * vectors)])?
        .product(vectors)?
        .linear(&[Feature::new(&[], 1)])?;
    let mut random = Random::new(2);
    let x = random.normals(ITEMS * n * vectors);
    let vector = |item: &[f64], v: usize| item.iter().skip(v).step_by(vectors).copied().collect::<Vec<f64>>();
    let all = |item| (0..vectors).map(|v| vector(item, v)).collect::<Vec<_>>();
    let targets: Vec<f64> = x.chunks_exact(n * vectors).map(|item| number(&all(item))).collect();
    let mut parameters: Vec<f64> = network.initial(|| random.normal());
    let (mut gradient, mut run) = (vec![0.0; parameters.len()], StackRun::default());
    let mut adam = Adam::new(parameters.len(), 0.02);
    let mut error = f64::INFINITY;
    for _ in 0..1000 {
        network.forward(&parameters, &[&x], &mut run)?;
        let errors: Vec<f64> = run.outputs()[0].iter().zip(&targets).map(|(found, wanted)| found - wanted).collect();
        let norm = |list: &[f64]| list.iter().map(|x| x * x).sum::<f64>().sqrt();
        error = norm(&errors) / norm(&targets);
        network.backward(&parameters, &[&errors], &mut gradient, &mut run)?;
        adam.step(&mut parameters, &gradient)?;
    }
    Ok(error)
}

fn volume(v: &[Vec<f64>]) -> f64 {
    let cross = |i: usize, j: usize| v[1][i] * v[2][j] - v[1][j] * v[2][i];
    v[0][0] * cross(1, 2) + v[0][1] * cross(2, 0) + v[0][2] * cross(0, 1)
}

fn form(v: &[Vec<f64>]) -> f64 {
    (0..2).map(|p| v[0][2 * p] * v[1][2 * p + 1] - v[0][2 * p + 1] * v[1][2 * p]).sum()
}

/// Learns both with the groups that keep them, and with those that do not.
pub fn main() -> Result<(), LayerError> {
    println!("relative error of the signed volume, SO(3): {:.1e}", learn(Group::SpecialOrthogonal, 3, 3, volume)?);
    println!("relative error of the signed volume, O(3):  {:.1e}", learn(Group::Orthogonal, 3, 3, volume)?);
    println!("relative error of the symplectic form, Sp(4): {:.1e}", learn(Group::Symplectic, 4, 2, form)?);
    println!("relative error of the symplectic form, O(4):  {:.1e}", learn(Group::Orthogonal, 4, 2, form)?);
    Ok(())
}
