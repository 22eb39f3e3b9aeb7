//! How does the time of a step grow with the number of atoms?
//!
//! `cargo bench -p schur-bench --bench cost_law -- --model FILE.pth --threads 2 --sizes 5,11,17,23 --runs 5` times copper
//! of `4 n^3` atoms and fits the slope of log(time) against log(atoms).
#![allow(clippy::print_stdout, reason = "measurements are programs that print")]
#![expect(clippy::expect_used, reason = "a measurement that cannot start has nobody to report to but the terminal")]

use schur_bench::{Arguments, copper, pool, time};
use schur_potential::{Evaluation, PotentialOptions, Request};

fn main() {
    let arguments = Arguments::read();
    let Some(model) = arguments.model() else { return };
    let real = arguments.is_measurement();
    let sizes = if real { arguments.list("sizes", "5,11,17,23") } else { vec!["1".to_owned(), "2".to_owned()] };
    let pool = pool(arguments.number("threads", 2));
    let mut points = Vec::new();
    for size in sizes {
        let structure = copper(size.parse().expect("cells along an edge"));
        let mut potential = model.potential(&PotentialOptions::default(), pool.clone()).expect("a potential");
        let mut out = Evaluation::default();
        let spread = time(if real { arguments.number("runs", 5) } else { 1 }, || {
            potential.evaluate(&structure, Request::FORCES, &mut out).expect("an energy");
        });
        points.push(((structure.len() as f64).ln(), spread.least.ln()));
        println!(
            "{}",
            serde_json::json!({
                "n_atoms": structure.len(), "seconds_least": spread.least, "seconds_median": spread.median,
                "us_per_atom_least": spread.least * 1e6 / structure.len() as f64,
            })
        );
    }
    println!("{}", serde_json::json!({ "slope": slope(&points) }));
}

/// Least-squares slope.
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let mean = |f: &dyn Fn(&(f64, f64)) -> f64| points.iter().map(f).sum::<f64>() / n;
    let (x, y) = (mean(&|p| p.0), mean(&|p| p.1));
    points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum::<f64>() / points.iter().map(|p| (p.0 - x).powi(2)).sum::<f64>()
}
