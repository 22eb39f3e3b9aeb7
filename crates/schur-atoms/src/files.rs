//! Files that hold structures: reading and writing them without loss and without surprises.
//!
//! | format | read | written | remark |
//! |---|---|---|---|
//! | extended XYZ | yes, many frames, as a stream | yes, every bit | [`extxyz`] |
//! | XYZ | yes, many frames | as extended XYZ | [`extxyz::Frames::plain`] |
//! | POSCAR, CONTCAR | yes | yes | [`poscar`] |
//! | CIF | yes, symmetry expanded, ordered structures | yes, without symmetry | [`cif`] |
//!
//! Whatever is wrong with a file, the reader answers with a [`FileError`] that says where and what would help; it
//! never panics, never allocates much more than the file is long, and never drops a part of the structure silently.

pub mod cif;
mod element;
mod error;
pub mod extxyz;
mod number;
pub mod poscar;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use crate::Structure;

pub use error::{FileError, Place, Problem};

/// A kind of structure file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Extended XYZ, also of several frames.
    ExtendedXyz,
    /// XYZ that may be extended or plain, also of several frames.
    Xyz,
    /// VASP's POSCAR and CONTCAR.
    Poscar,
    /// The crystallographic information file.
    Cif,
}

impl Format {
    /// The format that a file's name tells.
    ///
    /// # Examples
    /// ```
    /// use schur_atoms::files::Format;
    /// assert_eq!(Format::from_path("run/CONTCAR.relaxed".as_ref()), Some(Format::Poscar));
    /// assert_eq!(Format::from_path("quartz.CIF".as_ref()), Some(Format::Cif));
    /// assert_eq!(Format::from_path("notes.txt".as_ref()), None);
    /// ```
    pub fn from_path(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
        match extension.as_deref() {
            Some("extxyz") => Some(Self::ExtendedXyz),
            Some("xyz") => Some(Self::Xyz),
            Some("cif") => Some(Self::Cif),
            Some("vasp" | "poscar" | "contcar") => Some(Self::Poscar),
            Some("gz" | "xz" | "zst" | "bz2" | "zip") => None,
            _ => (name.starts_with("POSCAR") || name.starts_with("CONTCAR")).then_some(Self::Poscar),
        }
    }
}

/// Reads all structures of a file's content.
///
/// # Errors
/// [`FileError`] with the place and what helps; also if there is no structure at all.
///
/// # Examples
/// ```
/// use schur_atoms::files::{Format, read};
/// let water = "3\n\nO 0 0 0.119\nH 0 0.763 -0.477\nH 0 -0.763 -0.477\n";
/// assert_eq!(read(water, Format::Xyz)?[0].numbers, [8, 1, 1]);
/// # Ok::<(), schur_atoms::files::FileError>(())
/// ```
pub fn read(content: impl AsRef<[u8]>, format: Format) -> Result<Vec<Structure>, FileError> {
    let content = content.as_ref();
    match format {
        Format::ExtendedXyz => frames(extxyz::Frames::new(content)),
        Format::Xyz => frames(extxyz::Frames::plain(content)),
        Format::Poscar => poscar::read(content).map(|structure| vec![structure]),
        Format::Cif => cif::read(content),
    }
}

/// Reads all structures of a file whose name tells its format.
///
/// # Errors
/// [`FileError`] that names the file: it cannot be opened, its name tells no format, or its content is wrong.
pub fn read_path(path: impl AsRef<Path>) -> Result<Vec<Structure>, FileError> {
    let path = path.as_ref();
    let format = Format::from_path(path).ok_or_else(|| Problem::UnknownFormat.at(Place::default()));
    format.and_then(|format| open_and_read(path, format)).map_err(|error| error.in_file(path))
}

fn open_and_read(path: &Path, format: Format) -> Result<Vec<Structure>, FileError> {
    let mut file = File::open(path)?;
    match format {
        Format::ExtendedXyz => frames(extxyz::Frames::new(BufReader::new(file))),
        Format::Xyz => frames(extxyz::Frames::plain(BufReader::new(file))),
        Format::Poscar | Format::Cif => {
            let mut content = Vec::new();
            file.read_to_end(&mut content)?;
            read(content, format)
        }
    }
}

fn frames<R: std::io::BufRead>(frames: extxyz::Frames<R>) -> Result<Vec<Structure>, FileError> {
    let structures = frames.collect::<Result<Vec<_>, _>>()?;
    if structures.is_empty() {
        return Err(Problem::Empty { expected: "a line with the number of atoms" }.at(Place::default()));
    }
    Ok(structures)
}
