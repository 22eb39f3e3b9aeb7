//! Models in files of our own: safetensors with the architecture as JSON in its metadata.

use schur_io::safetensors::ModelFile;

use crate::{Model, ModelError};

/// The metadata entry that says what the file is.
const FORMAT: (&str, &str) = ("format", "schur-model");
/// The metadata entry with the version of the layout below.
const VERSION: (&str, &str) = ("format_version", "1");
/// The metadata entry with the architecture.
const ARCHITECTURE: &str = "architecture";

impl Model {
    /// Lays the model out as a file.
    ///
    /// # Errors
    /// [`ModelError::File`] if the architecture cannot be written as JSON, which no valid one causes.
    pub fn to_file(&self) -> Result<ModelFile, ModelError> {
        let architecture = serde_json::to_string(&self.architecture)
            .map_err(|error| ModelError::File { what: format!("the architecture: {error}") })?;
        let mut metadata = self.metadata.clone();
        metadata.insert(FORMAT.0.to_owned(), FORMAT.1.to_owned());
        metadata.insert(VERSION.0.to_owned(), VERSION.1.to_owned());
        metadata.insert(ARCHITECTURE.to_owned(), architecture);
        Ok(ModelFile { metadata, tensors: self.weights.clone() })
    }

    /// Reads a model from a file's content.
    ///
    /// # Errors
    /// [`ModelError::File`] if it is not ours or of another version, [`ModelError::Architecture`] if it asks for what
    /// does not exist.
    pub fn from_file(file: &ModelFile) -> Result<Self, ModelError> {
        let entry = |key: &str| file.metadata.get(key).map(String::as_str);
        for (key, expected) in [FORMAT, VERSION] {
            if entry(key) != Some(expected) {
                let found = entry(key).map_or("missing".to_owned(), |value| format!("`{value}`"));
                return Err(ModelError::File { what: format!("its `{key}` is {found}, not `{expected}`") });
            }
        }
        let text = entry(ARCHITECTURE).unwrap_or_default();
        let architecture: crate::Architecture = serde_json::from_str(text)
            .map_err(|error| ModelError::File { what: format!("its architecture: {error}") })?;
        architecture.validate()?;
        let reserved = [FORMAT.0, VERSION.0, ARCHITECTURE];
        let metadata = file.metadata.iter().filter(|(key, _)| !reserved.contains(&key.as_str()));
        let metadata = metadata.map(|(key, value)| (key.clone(), value.clone())).collect();
        Ok(Self { architecture, weights: file.tensors.clone(), metadata })
    }
}
