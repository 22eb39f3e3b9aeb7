//! What a run writes as it goes: frames, rows of statistics, and rows for people.

use std::io::Write;

use anyhow::Result;
use schur_atoms::{Structure, Value, files::extxyz};
use schur_dynamics::md::{Simulation, Statistics};
use schur_dynamics::units::GIGAPASCAL;

use super::growing::Growing;
use crate::outputs;
use crate::report::{Column, Table};
use crate::session::Session;

/// The table on the terminal.
pub const SHOWN: Table = Table {
    columns: &[
        Column::new("step", "", 0, 8),
        Column::new("time", "fs", 1, 10),
        Column::new("T", "K", 2, 9),
        Column::new("Epot/N", "eV", 6, 12),
        Column::new("Etot/N", "eV", 6, 12),
        Column::new("Econs/N", "eV", 6, 12),
        Column::new("volume", "Å^3", 3, 12),
        Column::new("P", "GPa", 4, 9),
    ],
};

/// The columns of the statistics file; digits enough to measure a drift of 1e-9 eV an atom.
const FILED: Table = Table {
    columns: &[
        Column::new("step", "", 0, 10),
        Column::new("time", "fs", 3, 14),
        Column::new("Epot/N", "eV", 9, 15),
        Column::new("Ekin/N", "eV", 9, 13),
        Column::new("T", "K", 4, 11),
        Column::new("Etot/N", "eV", 9, 15),
        Column::new("Econs/N", "eV", 9, 15),
        Column::new("density", "g/cm^3", 6, 10),
        Column::new("volume", "Å^3", 6, 15),
        Column::new("P", "GPa", 6, 12),
        Column::new("Pxx", "GPa", 6, 12),
        Column::new("Pyy", "GPa", 6, 12),
        Column::new("Pzz", "GPa", 6, 12),
        Column::new("Pyz", "GPa", 6, 12),
        Column::new("Pxz", "GPa", 6, 12),
        Column::new("Pxy", "GPa", 6, 12),
    ],
};

/// Writes the header of a statistics file.
///
/// # Errors
/// If the file takes no more.
pub fn write_header(file: &mut Growing) -> Result<()> {
    // `#` first, so that plotting programs skip the line.
    Ok(writeln!(file, "#{}", FILED.header())?)
}

/// Writes a row of statistics.
///
/// # Errors
/// If the file takes no more.
pub fn write_row(file: &mut Growing, now: &Statistics, n_atoms: usize) -> Result<()> {
    let per_atom = |energy: f64| Some(energy / n_atoms as f64);
    let stress = |k: usize| now.stress.map(|stress| -stress[k] * GIGAPASCAL);
    let mut values = vec![
        Some(now.step as f64),
        Some(now.time),
        per_atom(now.potential),
        per_atom(now.kinetic),
        Some(now.temperature),
        per_atom(now.total),
        per_atom(now.conserved),
        now.density,
        now.volume,
        now.pressure_gpa(),
    ];
    values.extend((0..6).map(stress));
    Ok(writeln!(file, " {}", FILED.row(&values))?)
}

/// A row of the table on the terminal.
pub fn shown_row(now: &Statistics, n_atoms: usize) -> String {
    let per_atom = |energy: f64| Some(energy / n_atoms as f64);
    SHOWN.row(&[
        Some(now.step as f64),
        Some(now.time),
        Some(now.temperature),
        per_atom(now.potential),
        per_atom(now.total),
        per_atom(now.conserved),
        now.volume,
        now.pressure_gpa(),
    ])
}

/// Writes a frame: what the input said of the structure, moved to where the simulation stands.
///
/// The simulation's own structure is not written, because it forgets labels when it is restored.
///
/// # Errors
/// If the file takes no more.
pub fn write_frame(file: &mut Growing, input: &Structure, simulation: &Simulation, session: &Session) -> Result<()> {
    let now = simulation.structure();
    let mut frame = input.clone();
    frame.positions.clone_from(&now.positions);
    frame.velocities.clone_from(&now.velocities);
    frame.cell = now.cell;
    outputs::attach(&mut frame, simulation.evaluation(), session);
    let statistics = simulation.statistics();
    let step = i64::try_from(statistics.step)?;
    frame.info.insert("step".to_owned(), Value::Integer(step));
    frame.info.insert("time".to_owned(), Value::Real(statistics.time));
    Ok(extxyz::write_frame(file, &frame)?)
}
