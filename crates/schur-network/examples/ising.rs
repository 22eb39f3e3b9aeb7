//! The free energy of the infinite Ising lattice by truncated contraction: error and time for each bond dimension.
//!
//! ```sh
//! cargo run --release --example ising -p schur-network -- 2.0 4 8 16
//! ```
//!
//! The first argument is the temperature, the others are bond dimensions. The error is relative, against Onsager's
//! integral.

use std::error::Error;
use std::f64::consts::PI;
use std::io::{Write, stdout};
use std::time::Instant;

use schur_network::ising::{Ising, IsingError, Renormalised, Truncation, hotrg, trg};

/// Enough for a lattice that no correlation spans: a side of a million sites.
const STEPS: usize = 40;
/// The largest bond dimension for which the costlier method is run.
const LARGEST_HOTRG_BOND: usize = 16;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let temperature: f64 = arguments.next().map_or(Ok(2.0), |text| text.parse())?;
    let mut bonds = arguments.map(|text| text.parse()).collect::<Result<Vec<usize>, _>>()?;
    if bonds.is_empty() {
        bonds = vec![2, 4, 8, 12];
    }
    let model = Ising::at_temperature(temperature)?;
    let exact = onsager(temperature);
    let mut out = stdout().lock();
    writeln!(out, "temperature {temperature}, exact logarithm of Z per site {exact:.13}")?;
    writeln!(out, "method bond error discarded seconds")?;
    type Method = fn(&Ising, Truncation) -> Result<Renormalised, IsingError>;
    for (name, method) in [("trg", trg as Method), ("hotrg", hotrg as Method)] {
        for &bond in bonds.iter().filter(|bond| name == "trg" || **bond <= LARGEST_HOTRG_BOND) {
            let start = Instant::now();
            let found = method(&model, Truncation { bond, steps: STEPS })?;
            let seconds = start.elapsed().as_secs_f64();
            let error = (found.log_z / exact - 1.0).abs();
            writeln!(out, "{name} {bond} {error:.2e} {:.1e} {seconds:.3}", found.discarded)?;
        }
    }
    Ok(())
}

/// L. Onsager, 1944: the logarithm of the partition function per site with J = 1, by the trapezoidal rule.
///
/// The integrand is periodic and analytic away from the critical temperature, so the rule converges geometrically.
fn onsager(temperature: f64) -> f64 {
    const POINTS: usize = 1 << 20;
    let k = 1.0 / temperature;
    let (cosh, sinh) = ((2.0 * k).cosh(), (2.0 * k).sinh());
    let modulus = 2.0 * sinh / (cosh * cosh);
    let term = |i: usize| {
        let sine = (PI * (i as f64 + 0.5) / POINTS as f64).sin();
        (f64::midpoint(1.0, (1.0 - (modulus * sine).powi(2)).max(0.0).sqrt())).ln()
    };
    (2.0 * cosh).ln() + (0..POINTS).map(term).sum::<f64>() / (2.0 * POINTS as f64)
}
