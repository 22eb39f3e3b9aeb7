//! The folder of fetched models: `NAME.safetensors`, and `NAME.sha256` as `sha256sum` writes it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use anyhow::{Context, Result, bail};
use etcetera::{BaseStrategy, choose_base_strategy};
use schur_io::{sha256, write_atomically};

/// Names the folder of models, instead of the user's cache directory.
pub const VARIABLE: &str = "SCHUR_HOME";

/// The folder of fetched models.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
}

/// What is known of the digest of a cached file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Digest {
    /// The bytes are those that were written.
    Same,
    /// They are not.
    Different {
        /// The digest written down.
        recorded: String,
    },
    /// Nothing was written down, as for a file that was put there by hand.
    Unrecorded,
}

impl Cache {
    /// Finds the folder: `SCHUR_HOME`, or `schur` in the user's cache directory.
    ///
    /// # Errors
    /// If neither is known.
    pub fn from_environment() -> Result<Self> {
        let named = env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folder = named.or_else(|| choose_base_strategy().ok().map(|strategy| strategy.cache_dir().join("schur")));
        match folder {
            Some(folder) => Ok(Self { folder }),
            None => bail!("this system names no cache directory; set {VARIABLE} to a folder for models"),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the model of this name is or would be.
    pub fn model_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.safetensors"))
    }

    fn digest_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.sha256"))
    }

    /// Whether the model of this name is there.
    pub fn contains(&self, name: &str) -> bool {
        self.model_path(name).is_file()
    }

    /// Writes a model and its digest.
    ///
    /// # Errors
    /// If the folder cannot be made or a file not be written.
    pub fn store(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        fs::create_dir_all(&self.folder).with_context(|| format!("cannot make `{}`", self.folder.display()))?;
        let path = self.model_path(name);
        // An old digest beside a new model would read as damage if the process died between the two.
        remove_if_there(&self.digest_path(name))?;
        write_atomically(&path, |out| out.write_all(bytes))?;
        let line = format!("{}  {name}.safetensors\n", sha256(bytes));
        write_atomically(&self.digest_path(name), |out| out.write_all(line.as_bytes()))?;
        Ok(path)
    }

    /// Compares the digest of the model's bytes with the one written down.
    ///
    /// # Errors
    /// If the file with the digest is there but cannot be read.
    pub fn check(&self, name: &str, found: &str) -> Result<Digest> {
        let path = self.digest_path(name);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Digest::Unrecorded),
            Err(error) => return Err(error).with_context(|| format!("cannot read `{}`", path.display())),
        };
        let recorded = text.split_whitespace().next().unwrap_or_default();
        if recorded == found { Ok(Digest::Same) } else { Ok(Digest::Different { recorded: recorded.to_owned() }) }
    }
}

fn remove_if_there(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove `{}`", path.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_byte_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache { folder: folder.path().join("deep/er") };
        assert!(!cache.contains("m"));
        let path = cache.store("m", b"weights").unwrap();
        assert!(cache.contains("m"));
        assert_eq!(cache.check("m", &sha256(&fs::read(&path).unwrap())).unwrap(), Digest::Same);
        assert!(matches!(cache.check("m", &sha256(b"weightz")).unwrap(), Digest::Different { .. }));
        assert_eq!(cache.check("other", "00").unwrap(), Digest::Unrecorded);
        cache.store("m", b"weightz").unwrap();
        assert_eq!(cache.check("m", &sha256(b"weightz")).unwrap(), Digest::Same);
    }
}
