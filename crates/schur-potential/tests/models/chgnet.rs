//! The CHGNet models that tests evaluate: published checkpoints, and small ones of random weights.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "a test that cannot run says so")]

use std::collections::BTreeMap;
use std::path::Path;

use schur_io::torch::Checkpoint;
use schur_io::{Data, Tensor};
use schur_potential::{Architecture, ChgnetArchitecture, Model};
use schur_testkit::Random;

/// A published model, or `None` after saying that it is not here.
pub fn published_chgnet(name: &str) -> Option<Model> {
    let Some(folder) = std::env::var_os("SCHUR_TEST_MODELS") else {
        println!("skipped: chgnet-{name}: SCHUR_TEST_MODELS names no folder of checkpoints");
        return None;
    };
    let Ok(bytes) = std::fs::read(Path::new(&folder).join(format!("chgnet-{name}.pth.tar"))) else {
        println!("skipped: chgnet-{name}: SCHUR_TEST_MODELS holds no chgnet-{name}.pth.tar");
        return None;
    };
    Some(Model::from_chgnet(&Checkpoint::read(&bytes).unwrap()).unwrap())
}

/// A small model of random weights, with or without normalisation.
pub fn random_chgnet(normalized: bool) -> Model {
    let it = ChgnetArchitecture {
        // Not ascending, so that position and atomic number cannot be confused.
        species: vec![14, 1, 29, 8],
        cutoff: 4.0,
        angle_cutoff: 2.5,
        cutoff_power: 6,
        radial_functions: 5,
        angular_functions: 3,
        channels: 16,
        layers: if normalized { 4 } else { 3 },
        normalized,
        readout_hidden: vec![16, 20],
        magnetic_moments: normalized,
    };
    let mut weights = BTreeMap::new();
    let mut random = Random::new(17 + u64::from(normalized));
    let n = it.channels;
    let mut draw = |name: String, shape: &[usize], mean: f64, spread: f64| {
        let numbers = random.normals(shape.iter().product()).iter().map(|x| mean + spread * x).collect();
        weights.insert(name, Tensor::new(shape.to_vec(), Data::F64(numbers)).unwrap());
    };
    draw("species.embedding".to_owned(), &[4, n], 0.0, 1.0);
    for (name, count) in [("bonds.embedding", 5), ("bonds.weight", 5), ("near.weight", 5), ("angles.embedding", 7)] {
        draw(name.to_owned(), &[count, n], 0.0, 1.0);
    }
    let mut dense = |name: String, inputs: usize, outputs: usize| {
        draw(name.clone(), &[inputs, outputs], 0.0, (inputs as f64).sqrt().recip());
        draw(format!("{name}.bias"), &[outputs], 0.0, 0.3);
    };
    let mut norms = vec!["readout.norm".to_owned()];
    let mut outs = Vec::new();
    for (kind, parts, count) in [("atoms", 3, it.layers), ("bonds", 4, it.layers - 1), ("angles", 4, it.layers - 2)] {
        for t in 0..count {
            for branch in ["core", "gate"] {
                dense(format!("{kind}.{t}.{branch}.0"), parts * n, n);
                if kind != "angles" {
                    dense(format!("{kind}.{t}.{branch}.1"), n, n);
                }
                norms.push(format!("{kind}.{t}.{branch}.norm"));
            }
            if kind != "angles" {
                outs.push(format!("{kind}.{t}.out"));
            }
        }
    }
    for (index, pair) in [n, 16, 20, 1].windows(2).enumerate() {
        dense(format!("readout.{index}"), pair[0], pair[1]);
    }
    for name in outs {
        draw(name.clone(), &[n, n], 0.0, 0.3);
        draw(format!("{name}.bias"), &[n], 0.0, if normalized { 0.0 } else { 0.2 });
    }
    for name in norms.into_iter().filter(|_| normalized) {
        draw(name.clone(), &[n], 1.0, 0.2);
        draw(format!("{name}.bias"), &[n], 0.0, 0.2);
    }
    draw("shift".to_owned(), &[4], -3.0, 1.0);
    if normalized {
        draw("moments".to_owned(), &[n], 0.0, 0.5);
        draw("moments.bias".to_owned(), &[1], 0.0, 0.5);
    }
    let pi = std::f64::consts::PI;
    for (name, count, scale) in
        [("bonds.frequencies", 5, pi), ("near.frequencies", 5, pi), ("angles.frequencies", 3, 1.0)]
    {
        let numbers = (1..=count).map(|k| scale * f64::from(k) + 0.01).collect();
        weights.insert(name.to_owned(), Tensor::new(vec![count as usize], Data::F64(numbers)).unwrap());
    }
    Model { architecture: Architecture::Chgnet(it), weights, metadata: BTreeMap::new() }
}
