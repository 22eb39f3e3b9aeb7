//! Structures from files and stdin.

use std::collections::VecDeque;
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
/// # Cost
/// A trajectory is read only as far as `frame`, and as many structures are held at a time as `frame` counts from the end.
pub fn one(path: &Path, format: Option<FormatName>, frame: Option<i64>) -> Result<Structure> {
    let all = structures(path, format)?;
    let (found, count) = match frame {
        None => the_only(all)?,
        Some(frame) if frame < 0 => from_the_end(all, frame.unsigned_abs())?,
        Some(frame) => from_the_start(all, frame.unsigned_abs())?,
    };
    match (found, frame) {
        (Some(structure), _) => Ok(structure),
        (None, Some(frame)) => bail!("{} holds {count} structures; there is no --frame {frame}", path.display()),
        (None, None) => bail!(UsageError(format!(
            "{} holds {count} structures; choose one with --frame (0 to {}, or -1 for the last)",
            path.display(),
            count.saturating_sub(1)
        ))),
    }
}

/// The structure if there is no other, and how many there are.
fn the_only(mut all: Structures) -> Result<(Option<Structure>, u64)> {
    let first = all.next().transpose()?;
    let mut count = u64::from(first.is_some());
    for other in all {
        other?;
        count += 1;
    }
    Ok((first.filter(|_| count == 1), count))
}

/// Number `index`, or none and how many there are; what follows is not read.
fn from_the_start(all: Structures, index: u64) -> Result<(Option<Structure>, u64)> {
    let mut count = 0;
    for structure in all {
        let structure = structure?;
        if count == index {
            return Ok((Some(structure), count));
        }
        count += 1;
    }
    Ok((None, count))
}

/// Number `back` from the end, and how many there are; no more than `back` are held at a time.
fn from_the_end(all: Structures, back: u64) -> Result<(Option<Structure>, u64)> {
    let mut last = VecDeque::new();
    let mut count = 0;
    for structure in all {
        if last.len() as u64 == back {
            last.pop_front();
        }
        last.push_back(structure?);
        count += 1;
    }
    Ok((last.pop_front().filter(|_| count >= back), count))
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;

    /// Structures that are told apart by the number of their atoms, and how far they were read.
    fn trajectory(count: u8) -> (Structures, Rc<Cell<u8>>) {
        let read = Rc::new(Cell::new(0));
        let seen = Rc::clone(&read);
        let frames = (1..=count).map(move |n| {
            seen.set(n);
            Ok(Structure { numbers: vec![1; n.into()], ..Structure::default() })
        });
        (Box::new(frames), read)
    }

    fn atoms(found: Result<(Option<Structure>, u64)>) -> (Option<usize>, u64) {
        let (structure, count) = found.unwrap();
        (structure.map(|structure| structure.len()), count)
    }

    #[test]
    fn frames_are_counted_from_both_ends() {
        for index in 0..5 {
            let (all, read) = trajectory(5);
            assert_eq!(atoms(from_the_start(all, index)).0, Some(index as usize + 1));
            assert_eq!(u64::from(read.get()), index + 1, "what follows is not read");
        }
        for back in 1..=5 {
            assert_eq!(atoms(from_the_end(trajectory(5).0, back)), (Some(6 - back as usize), 5));
        }
        for beyond in [6, u64::MAX] {
            assert_eq!(atoms(from_the_end(trajectory(5).0, beyond)), (None, 5));
            assert_eq!(atoms(from_the_start(trajectory(5).0, beyond)), (None, 5));
        }
    }

    #[test]
    fn without_a_choice_there_must_be_one() {
        assert_eq!(atoms(the_only(trajectory(1).0)), (Some(1), 1));
        assert_eq!(atoms(the_only(trajectory(3).0)), (None, 3));
    }

    #[test]
    fn a_torn_end_matters_only_to_who_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.extxyz");
        std::fs::write(&path, "1\n\nH 0 0 0\n1\n\nHe 0 0 0\n2\n\nLi 0 0 0\n").unwrap();
        assert_eq!(one(&path, None, Some(1)).unwrap().numbers, [2]);
        for frame in [None, Some(2), Some(-1)] {
            let error = one(&path, None, frame).unwrap_err().to_string();
            assert!(error.contains("after 1 of 2 atoms"), "{error}");
        }
    }
}
