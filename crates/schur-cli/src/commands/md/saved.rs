//! The checkpoint file of a run: the simulation, how long its files were, and which run it belongs to.
//!
//! ```text
//! schur-md-run 1 SHA-256-OF-THE-REST
//! {"binding": {...}, "trajectory_bytes": ..., "statistics_bytes": ..., "finished": ..., "written_by": ...}
//! the simulation's own checkpoint
//! ```

use std::io::Write;
use std::path::Path;
use std::{fs, io};

use anyhow::{Context, Result, bail, ensure};
use schur_dynamics::md::{Checkpoint, SimulationOptions};
use schur_io::{sha256, write_atomically};
use serde::{Deserialize, Serialize};
use serde_json::Value;

const MAGIC: &str = "schur-md-run 1 ";

/// Everything that decides about the bytes of a run's files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// Digest of the model's file.
    pub model_sha256: String,
    /// Arithmetic of the network.
    pub precision: String,
    /// Whether the radial network is evaluated without its table.
    pub exact_radial: bool,
    /// Level of theory.
    pub modality: Option<String>,
    /// What is added to the model, and how far it reaches; checkpoints from before there was any lack it.
    pub dispersion: Option<String>,
    /// Units and charge that the model does not say itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsaid: Option<String>,
    /// Digest of the initial structure as an extended-XYZ frame.
    pub structure_sha256: String,
    /// Steps between two frames.
    pub every: u64,
    /// Ensemble, time step, temperature, seed.
    pub simulation: SimulationOptions,
}

/// The first part of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Which run it is.
    pub binding: Binding,
    /// Length of the trajectory when the checkpoint was made.
    pub trajectory_bytes: u64,
    /// Length of the statistics when the checkpoint was made.
    pub statistics_bytes: u64,
    /// Whether all steps that were asked for had been taken.
    pub finished: bool,
    /// The program and its version.
    pub written_by: String,
}

/// A checkpoint file.
#[derive(Debug, Clone, PartialEq)]
pub struct Saved {
    /// Which run it is and how long its files were.
    pub header: Header,
    /// The simulation.
    pub checkpoint: Checkpoint,
}

impl Saved {
    /// Reads a checkpoint file; `None` if there is none.
    ///
    /// # Errors
    /// If it cannot be read, is damaged or something else.
    pub fn read(path: &Path) -> Result<Option<Self>> {
        match fs::read(path) {
            Ok(bytes) => {
                let saved = Self::from_bytes(&bytes).with_context(|| format!("checkpoint `{}`", path.display()))?;
                Ok(Some(saved))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read `{}`", path.display())),
        }
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (magic, content) = split_line(bytes).context("it is no checkpoint of `schur md`")?;
        let recorded =
            magic.strip_prefix(MAGIC.as_bytes()).context("it is no checkpoint of this version of `schur md`")?;
        ensure!(sha256(content).as_bytes() == recorded, "it is damaged: its content is not what was written");
        let (header, rest) = split_line(content).context("it is damaged: it has one part only")?;
        Ok(Self { header: serde_json::from_slice(header)?, checkpoint: Checkpoint::from_bytes(rest)? })
    }

    /// Writes the file whole, or leaves the one before as it was.
    ///
    /// # Errors
    /// If a number is not finite or the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let mut content = serde_json::to_vec(&self.header)?;
        content.push(b'\n');
        content.extend(self.checkpoint.to_bytes()?);
        let magic = format!("{MAGIC}{}\n", sha256(&content));
        Ok(write_atomically(path, |out| out.write_all(magic.as_bytes()).and_then(|()| out.write_all(&content)))?)
    }

    /// Refuses to go on under another model, structure or options.
    ///
    /// # Errors
    /// Naming the first difference.
    pub fn check_binding(&self, here: &Binding) -> Result<()> {
        let (there, here) = (serde_json::to_value(&self.header.binding)?, serde_json::to_value(here)?);
        if let Some((name, there, here)) = first_difference("", &there, &here) {
            bail!(
                "the checkpoint belongs to another run: {name} is {there} there and {here} here; \
                 give the same arguments, or begin anew with --overwrite"
            );
        }
        Ok(())
    }
}

fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|&byte| byte == b'\n')?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

/// The innermost value that differs, with its path.
fn first_difference<'a>(name: &str, there: &'a Value, here: &'a Value) -> Option<(String, &'a Value, &'a Value)> {
    match (there, here) {
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            a.iter().find_map(|(key, value)| first_difference(key, value, &b[key]))
        }
        _ if there == here => None,
        _ => Some((name.to_owned(), there, here)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding() -> Binding {
        Binding {
            model_sha256: "00".into(),
            precision: "f32".into(),
            exact_radial: false,
            modality: None,
            dispersion: None,
            unsaid: None,
            structure_sha256: "11".into(),
            every: 10,
            simulation: SimulationOptions::default(),
        }
    }

    #[test]
    fn the_innermost_difference_is_named() {
        let value = |binding: &Binding| serde_json::to_value(binding).unwrap();
        let mut other = binding();
        assert_eq!(first_difference("", &value(&binding()), &value(&other)), None);
        other.simulation.timestep = 2.0;
        let (there, here) = (value(&binding()), value(&other));
        let (name, there, here) = first_difference("", &there, &here).unwrap();
        assert_eq!((name.as_str(), there.as_f64(), here.as_f64()), ("timestep", Some(1.0), Some(2.0)));
    }

    #[test]
    fn other_files_and_damage_are_refused() {
        for bytes in [&b""[..], b"no checkpoint", b"schur-md-run 1 00\n{}\n", b"schur-md-run 2 00\n{}\n"] {
            assert!(Saved::from_bytes(bytes).is_err());
        }
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Saved::read(&folder.path().join("none")).unwrap(), None);
    }
}
