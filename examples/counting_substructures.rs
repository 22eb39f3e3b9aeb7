//! A network that learns to count triangles: `cargo run -p schur-layer --example counting_substructures`.
//!
//! Its layers commute with exchanging nodes, and products of its features are polynomials of the adjacency matrix.
#![expect(clippy::print_stdout, reason = "an example prints what it finds")]

use schur_diagram::Group;
use schur_layer::{Adam, Feature, LayerError, Sort, Space, Stack, StackRun};
use schur_testkit::Random;

const NODES: usize = 6;
const GRAPHS: usize = 64;

/// Adjacency matrices of random graphs, and how many triangles each has.
fn graphs(random: &mut Random) -> (Vec<f64>, Vec<f64>) {
    let (mut matrices, mut triangles) = (Vec::new(), Vec::new());
    for _ in 0..GRAPHS {
        let mut a = vec![0.0; NODES * NODES];
        for (u, v) in (0..NODES).flat_map(|v| (0..v).map(move |u| (u, v))) {
            let edge = f64::from(u8::from(random.uniform() < 0.5));
            (a[u * NODES + v], a[v * NODES + u]) = (edge, edge);
        }
        let edge = |u: usize, v: usize| a[u * NODES + v];
        let corners = (0..NODES).flat_map(|u| (0..u).flat_map(move |v| (0..v).map(move |w| (u, v, w))));
        triangles.push(corners.map(|(u, v, w)| edge(u, v) * edge(v, w) * edge(w, u)).sum());
        matrices.extend(a);
    }
    (matrices, triangles)
}

/// Trains on some graphs and tests on others.
pub fn main() -> Result<(), LayerError> {
    let space = Space::new(&[Sort { group: Group::Symmetric, n: NODES }])?;
    let matrices = |channels| Feature::new(&[0, 0], channels);
    let network = Stack::new(&space, &[matrices(1)])?
        .linear(&[matrices(4)])?
        .product(2)? // two matrices side by side, which the next layer may multiply
        .linear(&[matrices(4)])?
        .product(2)?
        .linear(&[Feature::new(&[], 1)])?;
    let mut random = Random::new(1);
    let ((train, counts), (test, unseen)) = (graphs(&mut random), graphs(&mut random));
    let mut parameters: Vec<f64> = network.initial(|| random.normal());
    let (mut gradient, mut run) = (vec![0.0; parameters.len()], StackRun::default());
    let mut adam = Adam::new(parameters.len(), 0.02);
    for step in 0..400 {
        network.forward(&parameters, &[&train], &mut run)?;
        let errors: Vec<f64> =
            run.outputs()[0].iter().zip(&counts).map(|(found, count)| (found - count) / GRAPHS as f64).collect();
        network.backward(&parameters, &[&errors], &mut gradient, &mut run)?;
        adam.rate = if step < 250 { 0.02 } else { 0.004 };
        adam.step(&mut parameters, &gradient)?;
    }
    network.forward(&parameters, &[&test], &mut run)?;
    let mean = unseen.iter().sum::<f64>() / GRAPHS as f64;
    let spread = (unseen.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / GRAPHS as f64).sqrt();
    let found = run.outputs()[0].iter().zip(&unseen);
    let error = (found.map(|(found, count)| (found - count).powi(2)).sum::<f64>() / GRAPHS as f64).sqrt();
    println!("{} parameters; graphs never seen have {mean:.1} +- {spread:.1} triangles", parameters.len());
    println!("error of the counts: {error:.2}");
    Ok(())
}
