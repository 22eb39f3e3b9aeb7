//! The SO(2) form, which multiplies by the harmonics of a direction and by nothing else.

use anyhow::Result;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use schur_group::{WignerD, rotation_from_quaternion};
use schur_multilinear::Argument;
use schur_product::products::{Task, named_product};
use schur_product::{EdgeFrame, Escn, EscnOptions, EscnWeights};

use super::record::{Ability, ROTATIONS, Record};
use super::timing::{Size, scattered, time};

/// Measures the form with weights that are already those of the frame of the edge, and `cg` on the same directions.
///
/// # Errors
/// If a degree is beyond the Wigner matrices.
pub fn measure(mode: &'static str, task: &Task, size: Size) -> Result<Record> {
    let escn = Escn::new(&EscnOptions {
        inputs: task.arguments(),
        max_harmonic: task.l_max,
        outputs: task.output(),
        m_max: None,
        symmetry: task.symmetry,
    })?;
    let each = Argument::per_item(size.channels);
    let arguments = [each, Argument::per_item(1), Argument::shared(size.channels)];
    let timing = time(&escn.circuit(EscnWeights::So2)?, &arguments, size)?;
    let cg = named_product("cg", task, &mut ChaCha8Rng::seed_from_u64(0))?;
    let cg_seconds = time(&cg.circuit(), &arguments, size)?.seconds;
    // Weights of paths go into those of the frame one to one, so the maps that are reached have the dimension of the
    // paths, and each path meets.
    let paths = escn.paths().len();
    let ability = Ability {
        name: "escn",
        expressivity: paths,
        interactability: paths,
        paths,
        weights: escn.so2_weights().len(),
        equivariance_error: equivariance_error(&escn, task)?,
    };
    let record = Record::new(&ability, timing, mode, task.l_max, size);
    Ok(Record { direction_only: true, cg_seconds: Some(cg_seconds), ..record })
}

/// Largest `|z(gx, ge) - g z(x, e)| / |z(x, e)|`, weights of all paths being one.
fn equivariance_error(escn: &Escn, task: &Task) -> Result<f64> {
    let circuit = escn.circuit(EscnWeights::So2)?;
    let weights = escn.weight_map().apply(&vec![1.0; escn.paths().len()]);
    let (inputs, outputs) = (task.arguments(), task.output());
    let mut worst = 0.0_f64;
    for sample in 0..ROTATIONS {
        let mut drawn = scattered(sample, 7 + inputs.dim());
        let mut next = || drawn.next().unwrap_or_default();
        let rotation = rotation_from_quaternion([(); 4].map(|()| next()))?;
        let edge = [(); 3].map(|()| next());
        let x: Vec<f64> = drawn.collect();
        let d = WignerD::from_matrix(task.l_max, &rotation)?;
        let turned_edge = rotation.map(|row| row.iter().zip(edge).map(|(a, b)| a * b).sum());
        let evaluate = |x: &[f64], edge: [f64; 3]| -> Result<Vec<f64>> {
            let rows = EdgeFrame::new(edge, escn.l_max())?.rows();
            Ok(circuit.evaluate(&[x, &rows, &weights])?)
        };
        let z = evaluate(&x, edge)?;
        let turned = evaluate(&d.apply(&inputs, &x)?, turned_edge)?;
        let expected = d.apply(&outputs, &z)?;
        let difference = expected.iter().zip(&turned).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        worst = worst.max(difference / z.iter().map(|value| value * value).sum::<f64>().sqrt());
    }
    Ok(worst)
}
