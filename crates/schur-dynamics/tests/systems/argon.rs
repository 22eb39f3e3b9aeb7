//! Systems with known statistics, and the errors of means along a trajectory.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "a failed test shows its statistics")]

use schur_atoms::{Cell, Structure};
use schur_dynamics::md::{Simulation, SimulationOptions, Statistics};
use schur_potential::pair::LennardJones;
use schur_potential::{Evaluation, Potential, PotentialError, Request};

/// Argon: epsilon in eV and sigma in Å.
pub const EPSILON: f64 = 0.0104;
pub const SIGMA: f64 = 3.4;

/// Argon with nearest neighbours only, quick to evaluate.
pub fn short_ranged() -> LennardJones {
    LennardJones::new(EPSILON, SIGMA, 1.5 * SIGMA).unwrap()
}

/// Argon with a cut-off where little is left to switch off.
pub fn long_ranged() -> LennardJones {
    LennardJones::new(EPSILON, SIGMA, 2.5 * SIGMA).unwrap().with_onset(1.5 * SIGMA).unwrap()
}

/// An fcc crystal of `n`^3 conventional cells with lattice constant `a` (Å).
pub fn fcc(n: usize, a: f64) -> Structure {
    let side = n as f64 * a;
    let mut positions = Vec::new();
    for i in 0..n.pow(3) {
        let corner = [i % n, i / n % n, i / (n * n)].map(|c| c as f64 * a);
        for site in [[0.0; 3], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]] {
            positions.push(std::array::from_fn(|axis| corner[axis] + site[axis] * a));
        }
    }
    let cell = Cell::new([[side, 0.0, 0.0], [0.0, side, 0.0], [0.0, 0.0, side]]);
    Structure::new(vec![18; positions.len()], positions, cell, [true; 3])
}

/// `n` argon atoms on a line in a cube of `volume` (Å^3).
pub fn gas(n: usize, volume: f64) -> Structure {
    let side = volume.cbrt();
    let positions = (0..n).map(|i| [i as f64 * side / n as f64, 0.0, 0.0]).collect();
    let cell = Cell::new([[side, 0.0, 0.0], [0.0, side, 0.0], [0.0, 0.0, side]]);
    Structure::new(vec![18; n], positions, cell, [true; 3])
}

/// Atoms that do not meet.
pub struct IdealGas;

impl Potential for IdealGas {
    fn evaluate(&mut self, structure: &Structure, _: Request, out: &mut Evaluation) -> Result<(), PotentialError> {
        out.energy = 0.0;
        out.energies.clear();
        out.energies.resize(structure.len(), 0.0);
        out.forces.clear();
        out.forces.resize(structure.len(), [0.0; 3]);
        out.virial = [[0.0; 3]; 3];
        Ok(())
    }
}

/// Runs `skip` steps unseen and `steps` more, and returns what `see` sees after each of the latter.
pub fn trajectory<T>(
    structure: Structure,
    options: SimulationOptions,
    potential: &mut dyn Potential,
    (skip, steps): (usize, usize),
    see: impl Fn(&Statistics) -> T,
) -> Vec<T> {
    let mut simulation = Simulation::new(structure, options, potential).unwrap();
    let mut seen = Vec::with_capacity(steps);
    for step in 0..skip + steps {
        simulation.step(potential).unwrap();
        if step >= skip {
            seen.push(see(&simulation.statistics()));
        }
    }
    seen
}

/// The mean of correlated values and its standard error, from forty blocks.
pub fn mean_and_error(values: &[f64]) -> (f64, f64) {
    const BLOCKS: usize = 40;
    let length = values.len() / BLOCKS;
    let means: Vec<f64> = values.chunks_exact(length).map(|c| c.iter().sum::<f64>() / length as f64).collect();
    let mean = means.iter().sum::<f64>() / means.len() as f64;
    let variance = means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / (means.len() - 1) as f64;
    (mean, (variance / means.len() as f64).sqrt())
}

/// Asserts that values have the mean and variance of a Gamma distribution, within four standard errors and `bias`.
///
/// `bias` is the share by which a finite time step shifts both.
pub fn assert_gamma(values: &[f64], shape: f64, scale: f64, bias: f64) {
    let (expected_mean, expected_variance) = (shape * scale, shape * scale * scale);
    let (mean, error) = mean_and_error(values);
    println!("mean {mean:.6e} +- {error:.1e}, expected {expected_mean:.6e}");
    assert!(error < 0.1 * expected_mean, "too short to tell");
    assert!((mean - expected_mean).abs() < 4.0 * error + bias * expected_mean);
    let squares: Vec<f64> = values.iter().map(|x| (x - expected_mean).powi(2)).collect();
    let (variance, error) = mean_and_error(&squares);
    println!("variance {variance:.6e} +- {error:.1e}, expected {expected_variance:.6e}");
    assert!(error < 0.2 * expected_variance, "too short to tell");
    assert!((variance - expected_variance).abs() < 4.0 * error + bias * expected_variance);
}

/// The largest distance between the distribution of `values` and `cumulative`, times the root of their number.
///
/// Values must be independent; beyond 1.95 with a probability of 0.001 (Kolmogorov and Smirnov).
pub fn kolmogorov_smirnov(values: &[f64], cumulative: impl Fn(f64) -> f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let gap = |(i, &x): (usize, &f64)| {
        let expected = cumulative(x);
        (expected - i as f64 / n).abs().max((expected - (i + 1) as f64 / n).abs())
    };
    sorted.iter().enumerate().map(gap).fold(0.0, f64::max) * n.sqrt()
}
