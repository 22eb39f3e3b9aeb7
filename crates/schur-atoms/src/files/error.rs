//! What can be wrong with a structure file, and where.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::{CellError, StructureError};

/// Where in a file something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// Which structure of the file, from 0, if it holds several.
    pub frame: Option<usize>,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The column in bytes, from 1.
    pub column: Option<usize>,
}

impl Place {
    /// A whole line of a file that holds one structure.
    pub(crate) fn line(line: usize) -> Self {
        Self { line: Some(line), ..Self::default() }
    }
}

/// A structure file that cannot be read or written: where, what was expected, what was found, what helps.
///
/// It prints as `path:line:column: frame n: problem`, each part only where it is known.
#[derive(Debug)]
pub struct FileError {
    path: Option<PathBuf>,
    place: Place,
    problem: Box<Problem>,
}

/// What is wrong with a structure file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The operating system could not read or write.
    #[error("{0}")]
    Io(#[source] io::Error),
    /// The name of a file tells no format.
    #[error(
        "the name tells no format: expected .extxyz, .xyz, .cif, .vasp, .poscar, POSCAR* or CONTCAR*; rename the file, name its format, or decompress it first"
    )]
    UnknownFormat,
    /// The file holds no structure at all.
    #[error("there is no structure in it: expected {expected}")]
    Empty {
        /// What a structure would have begun with.
        expected: &'static str,
    },
    /// Some text is not what the format asks for at this place.
    #[error("expected {expected}, found `{found}`; {remedy}")]
    Expected {
        /// What the format asks for.
        expected: String,
        /// What stands there (its beginning, if it is long).
        found: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The file ends too early.
    #[error(
        "the file ends after {found} of {expected} {unit}; it was cut off, or the number that announces them is wrong"
    )]
    Truncated {
        /// How many were announced.
        expected: usize,
        /// How many there are.
        found: usize,
        /// What is counted: atoms, lines, ...
        unit: &'static str,
    },
    /// A text that names no chemical element.
    #[error("`{found}` names no chemical element; {remedy}")]
    Element {
        /// The text.
        found: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The same thing is said twice, differently.
    #[error("`{name}` is given twice with different values; keep one of them")]
    Duplicate {
        /// The key, column or tag.
        name: String,
    },
    /// Something that the format needs is absent.
    #[error("`{name}` is missing; {remedy}")]
    Missing {
        /// The key, column or tag.
        name: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A legal content that is not supported here.
    #[error("{what} is not supported; {remedy}")]
    Unsupported {
        /// The content.
        what: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A crystal site that is not fully occupied.
    #[error(
        "site `{site}` has occupancy {occupancy}: a partly occupied site is no single structure; choose an ordered configuration (for example a supercell) first"
    )]
    PartialOccupancy {
        /// The label of the site.
        site: String,
        /// Its occupancy.
        occupancy: f64,
    },
    /// Two sites put atoms at one place, perhaps through the symmetry.
    #[error(
        "sites `{first}` and `{second}` put atoms {distance:.4} Å apart; two atoms cannot share a place, so the sites or the symmetry are wrong"
    )]
    Coincident {
        /// The label of one site.
        first: String,
        /// The label of the other.
        second: String,
        /// Their distance in Å.
        distance: f64,
    },
    /// The space group is not known or does not say which setting is meant.
    #[error(
        "the space group {described} {reason}; give the operations as `_space_group_symop_operation_xyz` or a Hall symbol"
    )]
    SpaceGroup {
        /// The symbols given.
        described: String,
        /// Why they do not suffice.
        reason: &'static str,
    },
    /// The symmetry does not map the lattice onto itself.
    #[error(
        "the operation `{operation}` does not map the cell with a, b, c = {lengths:?} Å and alpha, beta, gamma = {angles:?}° onto itself; the cell and the symmetry are of different settings (hexagonal or rhombohedral axes?) or one of them is wrong"
    )]
    CellSymmetry {
        /// The operation.
        operation: String,
        /// The lattice constants in Å.
        lengths: [f64; 3],
        /// The angles in degrees.
        angles: [f64; 3],
    },
    /// A site so close to a special position that its images fall together only in part.
    #[error(
        "the images of site `{site}` under the symmetry fall together unevenly: it lies near a special position but not on it, or operations are missing; give the coordinates with more digits or correct the list"
    )]
    NearSpecialPosition {
        /// The label of the site.
        site: String,
    },
    /// The cell cannot be used.
    #[error(transparent)]
    Cell(Box<CellError>),
    /// The structure itself is no proper one.
    #[error(transparent)]
    Invalid(Box<StructureError>),
    /// A structure that the format cannot hold.
    #[error("{what} cannot be written: {reason}")]
    Unwritable {
        /// Which part of the structure.
        what: String,
        /// Why not, and what helps.
        reason: &'static str,
    },
}

impl Problem {
    /// Says what was expected and shortens what was found to something printable.
    pub(crate) fn expected(expected: impl Into<String>, found: &[u8], remedy: &'static str) -> Self {
        Self::Expected { expected: expected.into(), found: excerpt(found), remedy }
    }

    /// Puts the problem at a place of a file.
    pub(crate) fn at(self, place: Place) -> FileError {
        FileError { path: None, place, problem: Box::new(self) }
    }
}

/// The beginning of a text, safe to print on one line.
pub(crate) fn excerpt(text: &[u8]) -> String {
    const LONGEST: usize = 60;
    let text = String::from_utf8_lossy(&text[..text.len().min(4 * LONGEST)]).trim().to_owned();
    let shown: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() { format!("{shown}...") } else { shown }
}

impl FileError {
    /// What is wrong.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Where it is wrong.
    pub fn place(&self) -> Place {
        self.place
    }

    /// In which file, if the reader was told.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Names the file.
    #[must_use]
    pub fn in_file(mut self, path: &Path) -> Self {
        self.path = Some(path.to_owned());
        self
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { frame, line, column } = self.place;
        match (&self.path, line) {
            (Some(path), None) => write!(f, "{}: ", path.display())?,
            (Some(path), Some(line)) => write!(f, "{}:{line}", path.display())?,
            (None, Some(line)) => write!(f, "line {line}")?,
            (None, None) => {}
        }
        if line.is_some() {
            match (column, self.path.is_some()) {
                (Some(column), true) => write!(f, ":{column}: ")?,
                (Some(column), false) => write!(f, ", column {column}: ")?,
                (None, _) => f.write_str(": ")?,
            }
        }
        if let Some(frame) = frame {
            write!(f, "frame {frame}: ")?;
        }
        self.problem.fmt(f)
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&*self.problem)
    }
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        Problem::Io(error).at(Place::default())
    }
}
