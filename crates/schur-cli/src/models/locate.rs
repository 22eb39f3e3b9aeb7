//! From a model argument to a loaded model.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use schur_io::safetensors::ModelFile;
use schur_io::sha256;
use schur_potential::{Model, TorchmdNetOptions};

use super::cache::{Cache, Digest};
use super::registry::{self, Entry};
use super::{convert, pull};
use crate::report::Reporter;

/// What a model argument means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A model of the registry.
    Named(&'static Entry),
    /// A model file, a checkpoint, or a folder that matgl has saved.
    File(PathBuf),
}

/// A model and how it is called.
#[derive(Debug)]
pub struct Loaded {
    /// The model.
    pub model: Model,
    /// Its name in the registry or its file's name.
    pub label: String,
    /// The file it was read from.
    pub path: PathBuf,
    /// SHA-256 digest of that file.
    pub sha256: String,
}

/// Says what a model argument means: a name first, else a file.
///
/// # Errors
/// If it is neither.
pub fn source(argument: &str) -> Result<Source> {
    if let Some(entry) = registry::find(argument) {
        return Ok(Source::Named(entry));
    }
    let path = Path::new(argument);
    if path.is_file() || is_matgl_folder(path) || is_model_path(path) {
        return Ok(Source::File(path.to_owned()));
    }
    bail!("there is no model `{argument}`: neither a file nor one of the names {}", registry::names())
}

/// Whether a path looks like one of a model, so that a missing file is answered as such.
fn is_model_path(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| ["safetensors", "pth", "pt", "tar", "model", "ckpt"].contains(&extension))
        || path.components().count() > 1
}

/// Loads the model that an argument means and fetches it first if it has a name and is not in the cache.
///
/// # Errors
/// If it cannot be found, fetched or read.
pub fn load(argument: &str, unsaid: &TorchmdNetOptions, reporter: &Reporter) -> Result<Loaded> {
    match source(argument)? {
        Source::File(path) => load_file(&path, unsaid),
        Source::Named(entry) => {
            says_enough(entry.name, unsaid)?;
            let cache = Cache::from_environment()?;
            if !cache.contains(entry.name) {
                reporter.line(format_args!("model {} is not in {} yet", entry.name, cache.folder().display()));
                pull::pull(&[entry], &cache, reporter)?;
            }
            load_cached(entry, &cache)
        }
    }
}

/// Refuses options for what a model says itself.
///
/// # Errors
/// If there are any: they would change nothing, and whoever gives them expects that they do.
pub fn says_enough(label: &str, unsaid: &TorchmdNetOptions) -> Result<()> {
    if *unsaid != TorchmdNetOptions::default() {
        bail!(
            "`{label}` needs neither --units nor --charge: they are for checkpoints of torchmd-net, which do not say"
        );
    }
    Ok(())
}

/// Loads a model from the cache.
///
/// # Errors
/// If its bytes are not those that were written, or are no model.
pub fn load_cached(entry: &Entry, cache: &Cache) -> Result<Loaded> {
    let path = cache.model_path(entry.name);
    let again = || format!("fetch it again with `schur models pull --force {}`", entry.name);
    let bytes = fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let digest = sha256(&bytes);
    if let Digest::Different { recorded } = cache.check(entry.name, &digest)? {
        bail!("`{}` is damaged: its sha256 is {digest}, not {recorded}; {}", path.display(), again());
    }
    let model = parse(&bytes, &TorchmdNetOptions::default());
    let model = model.with_context(|| format!("`{}` cannot be used; {}", path.display(), again()))?;
    Ok(Loaded { model, label: entry.name.to_owned(), path, sha256: digest })
}

/// The file with the settings of a potential that matgl has saved, and the one with its weights.
const MATGL_FILES: [&str; 2] = ["model.json", "state.pt"];
/// The third file of such a folder; it repeats the settings.
const MATGL_REPEATED: &str = "model.pt";

/// Whether a folder holds what matgl saves of a potential.
fn is_matgl_folder(path: &Path) -> bool {
    MATGL_FILES.iter().all(|name| path.join(name).is_file())
}

/// The folder that is meant by its path or by that of a file in it, if it is one that matgl has saved.
fn matgl_folder(path: &Path) -> Option<&Path> {
    let name = path.file_name().and_then(|name| name.to_str());
    let is_member = name.is_some_and(|name| MATGL_FILES.contains(&name) || name == MATGL_REPEATED);
    let folder = if is_member { path.parent()? } else { path };
    is_matgl_folder(folder).then_some(folder)
}

/// Loads the files in a folder that matgl has saved, converting them in memory.
fn load_matgl(folder: &Path) -> Result<Loaded> {
    let of = |name: &str| {
        let path = folder.join(name);
        fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))
    };
    let [settings, state] = MATGL_FILES.map(of);
    let (settings, state) = (settings?, state?);
    let settings = String::from_utf8(settings).context("model.json is not text");
    let model = settings.and_then(|settings| convert::from_matgl(&settings, &state));
    let model = model.with_context(|| format!("`{}`", folder.display()))?;
    let named = model.metadata.get("name").cloned();
    let label = named.or_else(|| Some(folder.file_name()?.to_string_lossy().into_owned()));
    let label = label.unwrap_or_else(|| folder.display().to_string());
    Ok(Loaded { model, label, path: folder.join(MATGL_FILES[1]), sha256: sha256(&state) })
}

/// Loads a model file or, converting it in memory, a checkpoint or a folder that matgl has saved.
///
/// # Errors
/// If it cannot be read or is none of these.
pub fn load_file(path: &Path, unsaid: &TorchmdNetOptions) -> Result<Loaded> {
    if let Some(folder) = matgl_folder(path) {
        says_enough(&folder.display().to_string(), unsaid)?;
        return load_matgl(folder);
    }
    if path.is_dir() {
        bail!(
            "the folder `{}` holds no potential of matgl: {} belong to one",
            path.display(),
            MATGL_FILES.join(" and ")
        );
    }
    let bytes = fs::read(path).with_context(|| format!("cannot read model `{}`", path.display()))?;
    let model = parse(&bytes, unsaid).with_context(|| format!("`{}`", path.display()))?;
    let label = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Ok(Loaded { model, label, path: path.to_owned(), sha256: sha256(&bytes) })
}

/// Reads a model by what its bytes are, whatever the file is called.
fn parse(bytes: &[u8], unsaid: &TorchmdNetOptions) -> Result<Model> {
    // A safetensors file begins with the length of its JSON header, whose first byte is the ninth.
    if bytes.get(8) == Some(&b'{') && !bytes.starts_with(b"PK") {
        says_enough("a model file", unsaid)?;
        return Ok(Model::from_file(&ModelFile::from_bytes(bytes)?)?);
    }
    let is_zip = bytes.starts_with(b"PK");
    convert::from_checkpoint(bytes, unsaid).map_err(|error| match is_zip {
        true => error,
        false => error.context(
            "it is neither a model file (.safetensors) nor a PyTorch checkpoint (.pth, .pth.tar, .model, .ckpt)",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_first_and_paths_are_known_by_their_form() {
        assert!(matches!(source("sevennet-0"), Ok(Source::Named(_))));
        for file in ["mine.pth", "mine.model", "mine.ckpt"] {
            assert_eq!(source(file).unwrap(), Source::File(file.into()));
        }
        assert_eq!(source("folder/mine").unwrap(), Source::File("folder/mine".into()));
        let error = source("sevenet-0").unwrap_err().to_string();
        assert!(error.contains("sevennet-0-may"), "{error}");
    }

    #[test]
    fn bytes_that_are_no_model_are_refused() {
        for bytes in [&b""[..], b"PK\x03\x04 and so on", b"\x10\0\0\0\0\0\0\0{\"a\":1}", b"garbage that is long enough"]
        {
            assert!(parse(bytes, &TorchmdNetOptions::default()).is_err(), "{bytes:?}");
        }
    }
}
