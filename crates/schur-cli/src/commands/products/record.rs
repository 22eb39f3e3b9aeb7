//! What is known of one product at one task.

use anyhow::Result;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use schur_multilinear::Argument;
use schur_product::products::{Product, Task, equivariance_defect, expressivity, interactability};
use serde::Serialize;

use super::timing::{Size, Timing, time};

/// Relative error of f64 below which a product counts as equivariant.
const ROUNDING: f64 = 1e-10;

/// Rotations that the equivariance is measured with.
pub const ROTATIONS: usize = 8;

/// One row of the table; the record for machines.
#[derive(Debug, Clone, Serialize)]
pub struct Record {
    pub product: &'static str,
    pub mode: &'static str,
    pub lmax: usize,
    /// Median of one run of all items and channels, forward, f32.
    pub seconds: f64,
    /// Of the same run.
    pub flops: usize,
    /// Arguments, weights and result of the same run, each moved once.
    pub bytes: usize,
    /// Dimension of the set of maps that the weights reach.
    pub expressivity: usize,
    /// Largest relative error under rotations, f64.
    pub equivariance_error: f64,
    /// Triples of degrees that meet.
    pub interactability: usize,
    /// Triples of degrees that the symmetry allows to meet, which is also the dimension of all allowed maps.
    pub paths: usize,
    pub weights: usize,
    /// Whether it forms every allowed map, without error.
    pub exact: bool,
    /// Whether the second argument must be the harmonics of a direction, the same for all channels.
    pub direction_only: bool,
    /// Time of `cg` with the same second argument; only where that is a direction.
    pub cg_seconds: Option<f64>,
    pub batch: usize,
    pub channels: usize,
    pub threads: usize,
}

/// What a product can do, before it is timed.
pub struct Ability {
    pub name: &'static str,
    pub expressivity: usize,
    pub interactability: usize,
    pub paths: usize,
    pub weights: usize,
    pub equivariance_error: f64,
}

impl Record {
    /// Puts together what was counted and what was timed.
    pub fn new(ability: &Ability, timing: Timing, mode: &'static str, lmax: usize, size: Size) -> Self {
        let Ability { name, expressivity, interactability, paths, weights, equivariance_error } = *ability;
        Self {
            product: name,
            mode,
            lmax,
            seconds: timing.seconds,
            flops: timing.flops,
            bytes: timing.bytes,
            expressivity,
            equivariance_error,
            interactability,
            paths,
            weights,
            exact: expressivity == paths && equivariance_error < ROUNDING,
            direction_only: false,
            cg_seconds: None,
            batch: size.batch,
            channels: size.channels,
            threads: rayon::current_num_threads(),
        }
    }
}

/// Counts, checks and times a product on the current pool of threads.
///
/// # Errors
/// None for a product that was made for the task.
pub fn measure(product: &Product, mode: &'static str, task: &Task, size: Size) -> Result<Record> {
    let circuit = product.circuit();
    let mut arguments = vec![Argument::per_item(size.channels); 2];
    arguments.extend(circuit.inputs().iter().skip(2).map(|_| Argument::shared(size.channels)));
    let timing = time(&circuit, &arguments, size)?;
    let (counted, met) = (expressivity(product)?, interactability(product)?);
    let defect = equivariance_defect(product, ROTATIONS, &mut ChaCha8Rng::seed_from_u64(1))?;
    let ability = Ability {
        name: product.name(),
        expressivity: counted.reachable,
        interactability: met.present(),
        paths: met.allowed(),
        weights: counted.weights,
        equivariance_error: defect.relative,
    };
    Ok(Record::new(&ability, timing, mode, task.l_max, size))
}
