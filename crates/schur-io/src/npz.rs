//! NumPy's `.npz` archives: arrays by name.
//!
//! # Source
//! `numpy.savez` and `numpy.savez_compressed`: a zip archive of `.npy` files.

use std::io::{self, Seek, Write};

use thiserror::Error;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::archive::{Archive, ArchiveError};
use crate::npy::{self, Array, NpyError, Numbers};

/// Why an archive of arrays cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NpzError {
    /// It is no archive, or a member cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A member is no array of numbers.
    #[error("the array `{name}`: {source}")]
    Array {
        /// Its name.
        name: String,
        /// What is wrong with it.
        source: NpyError,
    },
}

/// Reads all arrays of an archive, in the order of its directory.
///
/// Members that are no `.npy` files are passed over.
///
/// # Errors
/// [`NpzError`] naming the array at fault.
/// # Examples
/// ```
/// use schur_io::{npy::Numbers, npz};
///
/// let mut file = std::io::Cursor::new(Vec::new());
/// npz::write(&mut file, [("weights", &[2][..], &Numbers::F64(vec![1.0, 2.0]))])?;
/// let arrays = npz::read(file.get_ref())?;
/// assert_eq!(arrays[0].0, "weights");
/// assert_eq!(arrays[0].1.shape, [2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read(bytes: &[u8]) -> Result<Vec<(String, Array)>, NpzError> {
    let archive = Archive::open(bytes)?;
    let mut arrays = Vec::new();
    for member in archive.names() {
        let Some(name) = member.strip_suffix(".npy") else { continue };
        let array = npy::read(&archive.entry(member)?[..]);
        let array = array.map_err(|source| NpzError::Array { name: name.to_owned(), source })?;
        arrays.push((name.to_owned(), array));
    }
    Ok(arrays)
}

/// Writes arrays, given by name, shape and row-major elements, without compression; equal arrays give equal bytes.
///
/// # Errors
/// If the writer fails, two arrays have the same name, or one does not fit its shape.
pub fn write<'a>(
    writer: impl Write + Seek,
    arrays: impl IntoIterator<Item = (&'a str, &'a [usize], &'a Numbers)>,
) -> io::Result<()> {
    let mut zip = ZipWriter::new(writer);
    for (name, shape, numbers) in arrays {
        // No array shorter than this can make its member pass four gigabytes.
        let is_large = numbers.len() >= 1 << 27;
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::default())
            .large_file(is_large);
        zip.start_file(format!("{name}.npy"), options)?;
        npy::write(&mut zip, shape, numbers)?;
    }
    zip.finish()?.flush()
}
