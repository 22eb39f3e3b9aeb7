//! Extended XYZ, the format that potentials are trained on and that tools exchange.
//!
//! A frame is a line with the number of atoms, a comment line of `key=value` pairs and one line an atom:
//!
//! ```text
//! 2
//! Lattice="5.44 0 0 0 5.44 0 0 0 5.44" Properties=species:S:1:pos:R:3:forces:R:3 energy=-8.4 pbc="T T T"
//! Si 0.00 0.00 0.00  0.0 0.0 0.1
//! Si 1.36 1.36 1.36  0.0 0.0 -0.1
//! ```
//!
//! # Conventions
//! - `Lattice` holds the lattice vectors one after the other. Without it the frame is not periodic; with it and
//!   without `pbc` it is periodic along all three.
//! - Without `Properties` the columns are `species:S:1:pos:R:3` and further columns are skipped.
//! - `Z` or `numbers` may stand instead of, or beside, `species`; if both are there they must agree.
//! - Nine numbers for a key that ends in `stress`, `virial` or `virials` are the columns of a 3 × 3 matrix and become
//!   [`Value::Matrix`](crate::Value); all else keeps the shape that the file gives it.
//! - `momenta` (ASE's unit, √(amu·eV)) becomes [`Structure::velocities`](crate::Structure) in Å/fs through the column
//!   `masses` (amu, one number an atom) or the standard masses. `velocities` (Å/fs) is ours and exact; it counts as long as it agrees with
//!   `momenta`, which other programs keep up to date.
//! - `move_mask` (true: may move) becomes [`Structure::fixed`](crate::Structure) (true: may not).
//! - `_JSON` lists become lists or matrices; a `_JSON` dictionary stays text, mark included, and is written back so.
//!
//! # Source
//! The specification at github.com/libAtoms/extxyz and the behaviour of ASE 3.29, whose reader decides where the two
//! differ (nine-number lists other than tensors, single quotes, a key without a value).

mod columns;
mod comment;
mod frame;
mod interpret;
mod text;
mod write;

use std::io::BufRead;

use super::{FileError, Place, Problem, number};
use crate::Structure;
use columns::Columns;
use frame::Dialect;

pub use write::write_frame;

/// Reads the frames of an extended-XYZ file one after the other.
///
/// Only one frame is held at a time, so the file may be larger than the memory. After an error it ends.
///
/// # Examples
/// ```
/// let text = "1\nProperties=species:S:1:pos:R:3 energy=-1.5\nHe 0 0 0.25\n";
/// let frames: Result<Vec<_>, _> = schur_atoms::files::extxyz::Frames::new(text.as_bytes()).collect();
/// let frames = frames?;
/// assert_eq!(frames[0].numbers, [2]);
/// assert_eq!(frames[0].info["energy"], schur_atoms::Value::Real(-1.5));
/// # Ok::<(), schur_atoms::files::FileError>(())
/// ```
#[derive(Debug)]
pub struct Frames<R> {
    reader: R,
    dialect: Dialect,
    line: Vec<u8>,
    place: Place,
    next_frame: usize,
    ended: bool,
}

impl<R: BufRead> Frames<R> {
    /// Reads extended XYZ.
    pub fn new(reader: R) -> Self {
        Self::with_dialect(reader, Dialect::Extended)
    }

    /// Reads XYZ of either kind: a comment line that is not all `key=value` and has neither `Lattice` nor `Properties`
    /// is kept as text under the key `comment`.
    pub fn plain(reader: R) -> Self {
        Self::with_dialect(reader, Dialect::Plain)
    }

    fn with_dialect(reader: R, dialect: Dialect) -> Self {
        Self { reader, dialect, line: Vec::new(), place: Place::default(), next_frame: 0, ended: false }
    }

    /// Reads the next line without its end into `self.line`; false at the end of the file.
    fn read_line(&mut self) -> Result<bool, FileError> {
        self.line.clear();
        let place = Place { line: Some(self.place.line.unwrap_or(0) + 1), ..self.place };
        let length = self.reader.read_until(b'\n', &mut self.line).map_err(|error| Problem::Io(error).at(place))?;
        if length == 0 {
            return Ok(false);
        }
        self.place = place;
        const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
        if place.line == Some(1) && self.line.starts_with(BYTE_ORDER_MARK) {
            self.line.drain(..BYTE_ORDER_MARK.len());
        }
        while self.line.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
            self.line.pop();
        }
        Ok(true)
    }

    /// The number of atoms of the next frame; `None` if only blank lines are left.
    fn read_count(&mut self) -> Result<Option<usize>, FileError> {
        self.place.frame = Some(self.next_frame);
        while self.read_line()? {
            let text = self.line.trim_ascii();
            if text.is_empty() {
                continue;
            }
            let remedy =
                "a frame begins with a line that holds this number alone; check the number of the frame before";
            return match number::count(text) {
                Some(count) => Ok(Some(count)),
                None => Err(Problem::expected("the number of atoms of a frame", text, remedy).at(self.place)),
            };
        }
        Ok(None)
    }

    fn read_frame(&mut self) -> Result<Option<Structure>, FileError> {
        let Some(n_atoms) = self.read_count()? else { return Ok(None) };
        if !self.read_line()? {
            return Err(Problem::Truncated { expected: n_atoms, found: 0, unit: "atoms" }.at(self.place));
        }
        let comment_place = self.place;
        let (header, properties) = frame::header(&self.line, self.dialect).map_err(|(column, problem)| {
            problem.at(Place { column: column.map(|column| column + 1), ..comment_place })
        })?;
        let at_comment = |problem: Problem| problem.at(comment_place);
        let mut columns = Columns::new(properties.as_deref(), n_atoms).map_err(at_comment)?;
        for found in 0..n_atoms {
            if !self.read_line()? {
                return Err(Problem::Truncated { expected: n_atoms, found, unit: "atoms" }.at(self.place));
            }
            columns.read_line(&self.line, self.place)?;
        }
        self.next_frame += 1;
        frame::assemble(header, columns.columns).map(Some).map_err(at_comment)
    }
}

impl<R: BufRead> Iterator for Frames<R> {
    type Item = Result<Structure, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let frame = self.read_frame().transpose();
        self.ended = !matches!(frame, Some(Ok(_)));
        frame
    }
}
