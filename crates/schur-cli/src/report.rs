//! The one place that prints: people's text on stderr, what was asked for on stdout.

mod card;
mod chart;
mod progress;
mod table;

use std::fmt::Arguments;
use std::io::{self, IsTerminal, Write};
use std::ops::RangeInclusive;

use anyhow::Result;
use schur_dynamics::units::GIGAPASCAL;
use serde::Serialize;

use crate::args::GlobalArgs;

pub use card::card;
pub use chart::{Chart, Line};
pub use progress::Progress;
pub use table::{Column, Table};

/// Prints as the common options ask for.
#[derive(Debug, Clone)]
pub struct Reporter {
    quiet: bool,
    json: bool,
    terminal: bool,
}

impl Reporter {
    /// Takes the options and looks at what stderr is.
    pub fn new(options: &GlobalArgs) -> Self {
        Self { quiet: options.quiet, json: options.json, terminal: io::stderr().is_terminal() }
    }

    /// Whether results go to stdout as JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Tells people one line of what happens.
    pub fn line(&self, text: Arguments<'_>) {
        if !self.quiet {
            to_stderr(text);
        }
    }

    /// Tells people of something that they should know even when they asked for quiet.
    pub fn warning(&self, text: Arguments<'_>) {
        to_stderr(format_args!("warning: {text}"));
    }

    /// Prints an error with its causes.
    pub fn error(&self, error: &anyhow::Error) {
        let mut said = error.to_string();
        to_stderr(format_args!("error: {said}"));
        for cause in error.chain().skip(1) {
            let text = cause.to_string();
            // Errors of libraries often repeat their source within their own text.
            if !said.contains(&text) {
                to_stderr(format_args!("  because: {text}"));
                said = text;
            }
        }
    }

    /// Writes one line of text that was asked for, such as a list, to stdout.
    ///
    /// # Errors
    /// If stdout takes no more.
    pub fn text(&self, text: Arguments<'_>) -> Result<()> {
        Ok(writeln!(io::stdout().lock(), "{text}")?)
    }

    /// Writes one result as a line of JSON to stdout, if JSON was asked for.
    ///
    /// # Errors
    /// If stdout takes no more.
    pub fn json(&self, value: &impl Serialize) -> Result<()> {
        if self.json {
            let mut line = serde_json::to_vec(value)?;
            line.push(b'\n');
            let mut stdout = io::stdout().lock();
            stdout.write_all(&line)?;
            stdout.flush()?;
        }
        Ok(())
    }

    /// Starts a progress display of `length` units, or none if nobody would see it.
    pub fn progress(&self, length: Option<u64>) -> Progress {
        if self.quiet || !self.terminal { Progress::hidden() } else { Progress::shown(length) }
    }
}

/// A stderr that takes no more is no reason to stop computing.
fn to_stderr(text: Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// The length of the largest force, eV/Å.
pub fn largest_force(forces: &[[f64; 3]]) -> f64 {
    forces.iter().map(|[x, y, z]| x * x + y * y + z * z).fold(0.0, f64::max).sqrt()
}

/// The pressure of a stress in eV/Å^3, in GPa, positive under compression.
pub fn pressure_gpa([xx, yy, zz, ..]: [f64; 6]) -> f64 {
    -(xx + yy + zz) / 3.0 * GIGAPASCAL
}

/// Writes an amount of memory as people read it.
pub fn human(bytes: f64) -> String {
    for (unit, size) in [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)] {
        if bytes >= size {
            return format!("{:.1} {unit}", bytes / size);
        }
    }
    format!("{bytes} bytes")
}

/// Escapes what a terminal would obey rather than show: control characters, and those that turn the writing around.
///
/// A model's metadata come from whoever made the file, and must not move the cursor or hide what is said.
pub fn printable(text: &str) -> String {
    const DIRECTIONS: [RangeInclusive<char>; 3] =
        ['\u{200e}'..='\u{200f}', '\u{202a}'..='\u{202e}', '\u{2066}'..='\u{2069}'];
    let is_obeyed = |c: char| c.is_control() || DIRECTIONS.iter().any(|range| range.contains(&c));
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_obeyed(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_escaped_and_the_rest_kept() {
        assert_eq!(printable("MIT, © 2024 Ölçüm `a\\b`"), "MIT, © 2024 Ölçüm `a\\b`");
        assert_eq!(printable("a\u{1b}[2Jb\r\nc\u{7}"), "a\\u{1b}[2Jb\\r\\nc\\u{7}");
        assert_eq!(printable("\u{9b}31m \u{202e}txt"), "\\u{9b}31m \\u{202e}txt");
    }
}
