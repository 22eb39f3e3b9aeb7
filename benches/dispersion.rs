//! How long does the dispersion correction D3(BJ) take: energy, forces and stress with all atoms moved?
//!
//! `cargo bench -p schur-bench --bench dispersion -- --structures FOLDER --names si64,water192,cu500 --cutoffs 40,60
//! --threads 2 --runs 15`, with cut-offs in Bohr. The structures are those of `benches/structures`; every step moves all
//! atoms by up to 0.01 Å from the file's positions, as `benches/peers/d3/time_d3.py` does for the peers.
#![allow(clippy::print_stdout, reason = "measurements are programs that print")]
#![expect(clippy::expect_used, reason = "a measurement that cannot start has nobody to report to but the terminal")]

use schur_bench::{Arguments, Numbers, pool, time};
use schur_potential::dispersion::{D3Cutoffs, D3Dispersion, D3Parameters};
use schur_potential::{Evaluation, Potential, Request};

/// One Bohr in Å.
const BOHR: f64 = 0.529_177_210_903;

fn main() {
    let arguments = Arguments::read();
    let runs = if arguments.is_measurement() { arguments.number("runs", 15) } else { 1 };
    let cutoffs = if arguments.is_measurement() { "40,60" } else { "12" };
    let threads = arguments.number("threads", 2);
    let pool = pool(threads);
    let pbe = D3Parameters::of("pbe").expect("the parameters of PBE");
    for (name, structure) in arguments.structures() {
        for cutoff in arguments.list("cutoffs", cutoffs) {
            let bohr: f64 = cutoff.parse().expect("a cut-off in Bohr");
            let mut d3 = D3Dispersion::new(pbe, D3Cutoffs::within(bohr * BOHR), pool.clone()).expect("a correction");
            let mut moved = structure.clone();
            let mut out = Evaluation::default();
            d3.evaluate(&structure, Request::FORCES, &mut out).expect("an energy");
            let at_rest = out.energy;
            let mut numbers = Numbers(7);
            let spread = time(runs, || {
                for (position, start) in moved.positions.iter_mut().zip(&structure.positions) {
                    *position = start.map(|x| x + 0.02 * numbers.draw());
                }
                d3.evaluate(&moved, Request::FORCES, &mut out).expect("an energy");
            });
            let milli = |seconds: f64| seconds * 1e3 / structure.len() as f64;
            println!(
                "{}",
                serde_json::json!({
                    "engine": "schur", "structure": name, "n_atoms": structure.len(), "cutoff_bohr": bohr,
                    "threads": threads, "energy": at_rest, "ms_per_atom_least": milli(spread.least),
                    "ms_per_atom_median": milli(spread.median), "ms_per_atom_largest": milli(spread.largest),
                })
            );
        }
    }
}
