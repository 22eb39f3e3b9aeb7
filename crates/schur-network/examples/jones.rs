//! Jones polynomials of many knots: lines `name;planar diagram;braid` in, lines `name;polynomial;...` out.
//!
//! Either of diagram and braid may be empty; where both are there, the polynomial of the braid should be that of the
//! diagram. With `--network` the braid is also contracted as a tensor network at the fifth root of unity.
//!
//! ```sh
//! echo "4_1;[[4,2,5,1],[8,6,1,5],[6,3,7,4],[2,7,3,8]];{1,-2,1,-2}" | cargo run --example jones -p schur-network
//! ```
//!
//! Columns: name, polynomial, crossings of the diagram, edges cut at once, matchings in the sum, microseconds of the
//! sweep, whether the braid's polynomial is `equal` or `different`, and with `--network` the difference of the two values
//! and microseconds.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{BufRead, Write, stdin, stdout};
use std::time::Instant;

use schur_network::knot::{Braid, Closure, Diagram, Jones, KnotError, fifth_root_of_unity, jones};

fn main() -> Result<(), Box<dyn Error>> {
    let with_network = std::env::args().any(|argument| argument == "--network");
    let mut out = stdout().lock();
    for line in stdin().lock().lines() {
        let line = line?;
        let row = row(&line, with_network).map_err(|error| format!("{line}: {error}"))?;
        writeln!(out, "{row}")?;
    }
    Ok(())
}

fn row(line: &str, with_network: bool) -> Result<String, Box<dyn Error>> {
    let [name, planar, braid] = line.split(';').collect::<Vec<_>>()[..] else {
        return Err("expected name;planar diagram;braid".into());
    };
    let braid = if braid.trim().is_empty() { None } else { Some(Braid::from_text(braid)?) };
    let from_braid = match &braid {
        Some(braid) => Some(timed(&braid.diagram(Closure::Markov)?)?),
        None => None,
    };
    let from_diagram = if planar.trim().is_empty() { None } else { Some(timed(&Diagram::from_text(planar)?)?) };
    let agrees = match (&from_diagram, &from_braid) {
        (Some((one, ..)), Some((two, ..))) if one.in_root() == two.in_root() => "equal",
        (Some(_), Some(_)) => "different",
        _ => "",
    };
    let (found, crossings, micros) = from_diagram.or(from_braid).ok_or("neither a diagram nor a braid is given")?;
    let mut row = format!("{name};{found};{crossings};{};{};{micros:.0};{agrees}", found.width(), found.matchings());
    if let (true, Some(braid)) = (with_network, braid) {
        let start = Instant::now();
        let value = braid.network(Closure::Markov)?.jones_at(fifth_root_of_unity())?;
        let micros = start.elapsed().as_secs_f64() * 1e6;
        let difference = (value - found.evaluate(fifth_root_of_unity())?).norm();
        write!(row, ";{difference:.1e};{micros:.0}")?;
    }
    Ok(row)
}

/// The polynomial, the number of crossings, and microseconds.
fn timed(diagram: &Diagram) -> Result<(Jones, usize, f64), KnotError> {
    let start = Instant::now();
    let found = jones(diagram)?;
    Ok((found, diagram.crossings().len(), start.elapsed().as_secs_f64() * 1e6))
}
