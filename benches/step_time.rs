//! How long does a step take: energy, forces and stress with all atoms moved?
//!
//! `cargo bench -p schur-bench --bench step_time -- --model FILE.pth --structures FOLDER --names si64,water192
//! --threads 2 --precision f32 --runs 15`. The structures are those of `benches/structures`; every step moves all atoms
//! by up to 0.01 Å from the file's positions, as `benches/peers/sevennet.py` does for the peer.
#![allow(clippy::print_stdout, reason = "measurements are programs that print")]
#![expect(clippy::expect_used, reason = "a measurement that cannot start has nobody to report to but the terminal")]

use schur_bench::{Arguments, Numbers, pool, time};
use schur_potential::{Evaluation, PotentialOptions, Precision, Request};

fn main() {
    let arguments = Arguments::read();
    let Some(model) = arguments.model() else { return };
    let real = arguments.is_measurement();
    let threads = arguments.number("threads", 2);
    let precision = match arguments.value("precision") {
        Some("f64") => Precision::F64,
        _ => Precision::F32,
    };
    let modality = arguments.value("modality").map(str::to_owned);
    let options = PotentialOptions { precision, modality, ..PotentialOptions::default() };
    let pool = pool(threads);
    for (name, structure) in arguments.structures() {
        let mut potential = model.potential(&options, pool.clone()).expect("a potential");
        let mut moved = structure.clone();
        let mut out = Evaluation::default();
        let mut numbers = Numbers(7);
        let spread = time(if real { arguments.number("runs", 15) } else { 1 }, || {
            for (position, start) in moved.positions.iter_mut().zip(&structure.positions) {
                *position = start.map(|x| x + 0.02 * numbers.draw());
            }
            potential.evaluate(&moved, Request::FORCES, &mut out).expect("an energy");
        });
        let micro = |seconds: f64| seconds * 1e6 / structure.len() as f64;
        println!(
            "{}",
            serde_json::json!({
                "engine": "schur", "structure": name, "n_atoms": structure.len(), "threads": threads,
                "precision": format!("{precision:?}"), "us_per_atom_least": micro(spread.least),
                "us_per_atom_median": micro(spread.median), "us_per_atom_largest": micro(spread.largest),
            })
        );
    }
}
