//! Structures with results, into files that appear completely or not at all.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use schur_atoms::files::{Format, cif, extxyz, poscar};
use schur_atoms::{Array, Structure, Value};
use schur_io::write_atomically;
use schur_potential::Evaluation;

use crate::exit::UsageError;
use crate::session::{Dispersion, Session};

/// Values of the whole structure that come from some calculation.
const CALCULATED: [&str; 7] = ["energy", "free_energy", "stress", "virial", "modality", "dispersion", "converged"];

/// Values of each atom that come from some calculation.
const CALCULATED_OF_ATOMS: [&str; 6] = ["energies", "forces", "stresses", "virials", "virial", "magmoms"];

/// Puts results into a structure and takes out those of any other calculation, which would contradict them.
pub fn attach(structure: &mut Structure, found: &Evaluation, session: &Session) {
    let dispersion = session.dispersion.as_ref();
    attach_as(structure, found, &session.label, (session.options.modality.as_deref(), dispersion));
}

/// The same for results of whatever goes by this name, at this level of theory and with this added to it.
pub fn attach_as(
    structure: &mut Structure,
    found: &Evaluation,
    label: &str,
    (modality, dispersion): (Option<&str>, Option<&Dispersion>),
) {
    for key in CALCULATED {
        structure.info.shift_remove(key);
    }
    for key in CALCULATED_OF_ATOMS {
        structure.arrays.shift_remove(key);
    }
    let stress = found.stress(structure);
    let info = &mut structure.info;
    info.insert("energy".to_owned(), Value::Real(found.energy));
    if let Some(stress) = stress {
        info.insert("stress".to_owned(), Value::Reals(stress.to_vec()));
    }
    info.insert("model".to_owned(), Value::Text(label.to_owned()));
    if let Some(modality) = modality {
        info.insert("modality".to_owned(), Value::Text(modality.to_owned()));
    }
    if let Some(dispersion) = dispersion {
        info.insert("dispersion".to_owned(), Value::Text(dispersion.to_string()));
    }
    let arrays = &mut structure.arrays;
    arrays.insert("energies".to_owned(), Array::scalars(&found.energies));
    arrays.insert("forces".to_owned(), Array::vectors(&found.forces));
    if !found.magnetic_moments.is_empty() {
        // The name that ASE gives them.
        arrays.insert("magmoms".to_owned(), Array::scalars(&found.magnetic_moments));
    }
    if !found.virials.is_empty() {
        let values = found.virials.as_flattened().as_flattened().to_vec();
        arrays.insert("virials".to_owned(), Array::Reals { columns: 9, values });
    }
}

/// Writes a file through `fill`, whole or not at all.
///
/// # Errors
/// Those of `fill`, or that the file cannot be written.
pub fn write_whole(path: &Path, fill: impl FnOnce(&mut BufWriter<&mut File>) -> Result<()>) -> Result<()> {
    let mut failure = None;
    let written = write_atomically(path, |out| {
        fill(out).map_err(|error| {
            failure = Some(error);
            io::Error::other("stopped")
        })
    });
    match failure {
        Some(error) => Err(error),
        None => Ok(written?),
    }
}

/// The format that the name of an output tells.
///
/// # Errors
/// If it tells none that is written.
pub fn format_of(path: &Path) -> Result<Format> {
    match Format::from_path(path) {
        Some(format) => Ok(format),
        None => bail!(UsageError(format!(
            "`{}` tells no format to write; call it .extxyz, .vasp, POSCAR* or .cif",
            path.display()
        ))),
    }
}

/// Writes one structure in the format that the name tells.
///
/// # Errors
/// If the format cannot hold the structure or the file not be written.
pub fn write_structure(path: &Path, structure: &Structure) -> Result<()> {
    let format = format_of(path)?;
    write_whole(path, |out| match format {
        Format::Poscar => Ok(poscar::write(out, structure)?),
        Format::Cif => Ok(cif::write(out, structure)?),
        _ => Ok(extxyz::write_frame(out, structure)?),
    })
    .with_context(|| format!("cannot write `{}`", path.display()))
}

/// `STEM` + `ending` in the current folder, for an input called `folder/STEM.cif`.
pub fn beside(input: &Path, ending: &str) -> PathBuf {
    let mut name = input.file_stem().filter(|stem| *stem != "-").unwrap_or(OsStr::new("stdin")).to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Whether two paths lead to one file, also one that is still to be made.
pub fn is_same_file(a: &Path, b: &Path) -> bool {
    let found = |path: &Path| {
        let there = path.canonicalize().ok();
        // What is not there yet is known by its folder.
        there.or_else(|| {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            Some(folder.canonicalize().ok()?.join(path.file_name()?))
        })
    };
    a == b || found(a).is_some_and(|a| found(b) == Some(a))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_names_keep_the_stem() {
        assert_eq!(beside("a/quartz.cif".as_ref(), "-relaxed.extxyz"), Path::new("quartz-relaxed.extxyz"));
        assert_eq!(beside("a/POSCAR".as_ref(), "-md.extxyz"), Path::new("POSCAR-md.extxyz"));
        assert_eq!(beside("-".as_ref(), "-md.extxyz"), Path::new("stdin-md.extxyz"));
    }

    #[test]
    fn one_file_is_known_by_any_of_its_paths() {
        let folder = tempfile::tempdir().unwrap();
        let (there, new) = (folder.path().join("there"), folder.path().join("new"));
        std::fs::write(&there, "").unwrap();
        std::fs::create_dir(folder.path().join("deeper")).unwrap();
        for path in [&there, &new] {
            let name = path.file_name().unwrap();
            for other in [folder.path().join(".").join(name), folder.path().join("deeper/..").join(name)] {
                assert!(is_same_file(path, &other), "{}", other.display());
            }
            assert!(!is_same_file(path, &folder.path().join("deeper").join(name)));
        }
        assert!(!is_same_file(&there, &new));
        assert!(is_same_file("a".as_ref(), "./a".as_ref()));
        assert!(!is_same_file("missing/a".as_ref(), "missing/b".as_ref()));
    }

    #[test]
    fn what_stopped_the_writing_is_what_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.extxyz");
        let error = write_whole(&path, |_| bail!("frame 3 is bad")).unwrap_err();
        assert_eq!(error.to_string(), "frame 3 is bad");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
