//! A network that reads the weights of other networks: `cargo run -p schur-layer --example functional_of_weights`.
//!
//! It learns what a network of one hidden layer returns at a fixed input from its weights alone. Exchanging hidden neurons
//! changes neither that nor, exactly, what is learned.
#![expect(clippy::print_stdout, reason = "an example prints what it finds")]

use schur_layer::{Activation, Adam, Feature, LayerError, Stack, StackRun, WeightSpace};
use schur_testkit::Random;

const HIDDEN: usize = 6;
const NETWORKS: usize = 256;

/// Weights and biases of many networks `1 -> HIDDEN -> 1`, part by part, and what each returns at one.
fn networks(random: &mut Random) -> ([Vec<f64>; 4], Vec<f64>) {
    let parts = [HIDDEN, HIDDEN, HIDDEN, 1].map(|size| random.normals(NETWORKS * size));
    let value = |k: usize| {
        let hidden = |j: usize| (parts[0][k * HIDDEN + j] + parts[1][k * HIDDEN + j]).tanh();
        (0..HIDDEN).map(|j| parts[2][k * HIDDEN + j] * hidden(j)).sum::<f64>() + parts[3][k]
    };
    let values = (0..NETWORKS).map(value).collect();
    (parts, values)
}

fn slices(parts: &[Vec<f64>; 4]) -> Vec<&[f64]> {
    parts.iter().map(Vec::as_slice).collect()
}

/// Trains on some networks and tests on others.
pub fn main() -> Result<(), LayerError> {
    let weights = WeightSpace::mlp(&[1, HIDDEN, 1])?;
    let reader = Stack::new(weights.space(), weights.features())?
        .linear(&weights.hidden(8))?
        .activation(Activation::Tanh)?
        .product(2)?
        .linear(&[Feature::new(&[], 1)])?;
    let mut random = Random::new(4);
    let ((train, values), (test, unseen)) = (networks(&mut random), networks(&mut random));
    let mut parameters: Vec<f64> = reader.initial(|| random.normal());
    let (mut gradient, mut run) = (vec![0.0; parameters.len()], StackRun::default());
    let mut adam = Adam::new(parameters.len(), 0.02);
    for step in 0..600 {
        reader.forward(&parameters, &slices(&train), &mut run)?;
        let errors: Vec<f64> = run.outputs()[0].iter().zip(&values).map(|(found, value)| found - value).collect();
        reader.backward(&parameters, &[&errors], &mut gradient, &mut run)?;
        adam.rate = if step < 400 { 0.02 } else { 0.004 };
        adam.step(&mut parameters, &gradient)?;
    }
    reader.forward(&parameters, &slices(&test), &mut run)?;
    let error: f64 = run.outputs()[0].iter().zip(&unseen).map(|(found, value)| (found - value).powi(2)).sum();
    let mean = unseen.iter().sum::<f64>() / NETWORKS as f64;
    let spread: f64 = unseen.iter().map(|value| (value - mean).powi(2)).sum();
    println!("{} parameters, share of the variance that is left: {:.3}", parameters.len(), error / spread);
    let mut exchanged = test.clone();
    for part in &mut exchanged[..3] {
        part.chunks_exact_mut(HIDDEN).for_each(|row| row.rotate_left(2));
    }
    let before = run.outputs()[0].clone();
    reader.forward(&parameters, &slices(&exchanged), &mut run)?;
    let change = run.outputs()[0].iter().zip(&before).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    println!("largest change when hidden neurons are exchanged: {change:.1e}");
    Ok(())
}
