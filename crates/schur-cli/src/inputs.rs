//! Structures from files and stdin.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Context, Result, bail};
use schur_atoms::Structure;
use schur_atoms::files::{self, Format, extxyz::Frames};

use crate::args::FormatName;
use crate::exit::UsageError;

/// The name that stands for stdin.
const STDIN: &str = "-";

/// Structures of one file, one after the other.
pub type Structures = Box<dyn Iterator<Item = Result<Structure>>>;

/// Opens a file and yields its structures; extended XYZ is streamed.
///
/// # Errors
/// If the file cannot be opened or nothing tells its format; each structure may fail with its place in the file.
pub fn structures(path: &Path, format: Option<FormatName>) -> Result<Structures> {
    let format = resolve_format(path, format)?;
    let mut reader = open(path)?;
    let file = path.to_owned();
    let in_file = move |frame: Result<Structure, files::FileError>| frame.map_err(|error| error.in_file(&file).into());
    Ok(match format {
        Format::ExtendedXyz => not_empty(path, Frames::new(reader).map(in_file)),
        Format::Xyz => not_empty(path, Frames::plain(reader).map(in_file)),
        other => {
            let mut content = Vec::new();
            reader.read_to_end(&mut content).with_context(|| format!("cannot read `{}`", path.display()))?;
            let all = files::read(content, other).map_err(|error| error.in_file(path))?;
            Box::new(all.into_iter().map(Ok))
        }
    })
}

/// Reads the one structure that is meant: the only one of the file, or number `frame` (negative from the end).
///
/// # Errors
/// If the file cannot be read, or it holds several and none was chosen, or fewer than the one chosen.
pub fn one(path: &Path, format: Option<FormatName>, frame: Option<i64>) -> Result<Structure> {
    let mut all = structures(path, format)?.collect::<Result<Vec<_>>>()?;
    let count = all.len();
    let index = match frame {
        None if count == 1 => Some(0),
        None => bail!(UsageError(format!(
            "{} holds {count} structures; choose one with --frame (0 to {}, or -1 for the last)",
            path.display(),
            count.saturating_sub(1)
        ))),
        Some(frame) if frame < 0 => usize::try_from(frame.unsigned_abs()).ok().and_then(|back| count.checked_sub(back)),
        Some(frame) => usize::try_from(frame).ok(),
    };
    match index.filter(|&index| index < count) {
        Some(index) => Ok(all.swap_remove(index)),
        None => bail!("{} holds {count} structures; there is no --frame {}", path.display(), frame.unwrap_or(0)),
    }
}

fn resolve_format(path: &Path, format: Option<FormatName>) -> Result<Format> {
    Ok(match format {
        Some(FormatName::Extxyz) => Format::ExtendedXyz,
        Some(FormatName::Xyz) => Format::Xyz,
        Some(FormatName::Poscar) => Format::Poscar,
        Some(FormatName::Cif) => Format::Cif,
        None => match Format::from_path(path) {
            Some(format) => format,
            None => bail!(UsageError(format!(
                "`{}` does not tell its format; say it with --format extxyz, xyz, poscar or cif",
                path.display()
            ))),
        },
    })
}

fn open(path: &Path) -> Result<Box<dyn BufRead>> {
    if path == Path::new(STDIN) {
        return Ok(Box::new(BufReader::new(std::io::stdin())));
    }
    let file = File::open(path).with_context(|| format!("cannot open `{}`", path.display()))?;
    Ok(Box::new(BufReader::new(file)))
}

/// Turns an empty stream into an error, so that an empty file is not taken for success.
fn not_empty(path: &Path, mut frames: impl Iterator<Item = Result<Structure>> + 'static) -> Structures {
    let first = frames.next();
    let missing = first.is_none().then(|| Err(anyhow::anyhow!("{}: there is no structure in it", path.display())));
    Box::new(missing.into_iter().chain(first).chain(frames))
}
