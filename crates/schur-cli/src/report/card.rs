//! The card of a model.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use schur_atoms::symbol;
use schur_potential::{CutoffFunction, PotentialOptions};
use serde::Serialize;

use super::printable;
use crate::models::locate::Loaded;

/// What a person wants to know of a model, in the order of telling.
#[derive(Debug, Serialize)]
pub struct Card {
    model: String,
    file: PathBuf,
    sha256: String,
    family: &'static str,
    /// Å.
    cutoff: f64,
    /// How edges are switched off at the cut-off.
    cutoff_function: CutoffFunction,
    elements: Vec<&'static str>,
    parameters: usize,
    layers: Vec<String>,
    max_harmonic: usize,
    modalities: Vec<String>,
    /// Whether answers hold magnetic moments.
    magnetic_moments: bool,
    /// Of the stored weights.
    weights: String,
    /// Measured error of the spline tables that stand for the radial networks, as the precision asks.
    radial_table: RadialTable,
    /// Where the model comes from, as its file says.
    origin: BTreeMap<String, String>,
}

/// How far the spline tables are from the networks that they stand for.
#[derive(Debug, Serialize)]
struct RadialTable {
    /// Largest error of a weight, relative to the root mean square of its layer's.
    value: f64,
    /// Largest error of a derivative, relative to the root mean square of its layer's.
    derivative: f64,
    bytes: usize,
}

/// Makes the card of a loaded model.
///
/// # Errors
/// If the model cannot be built as the options ask.
pub fn card(loaded: &Loaded, options: &PotentialOptions) -> Result<Card> {
    let card = loaded.model.card();
    let mut weights: Vec<_> =
        loaded.model.weights.values().map(|tensor| format!("{:?}", tensor.data().dtype())).collect();
    weights.sort();
    weights.dedup();
    // The tables are the same for every modality, so one that is not named is no obstacle to a card.
    let modality = options.modality.clone().or_else(|| card.modalities.first().cloned());
    let error = loaded.model.radial_table_error(&PotentialOptions { modality, ..options.clone() })?;
    let radial_table = RadialTable { value: error.value, derivative: error.derivative, bytes: error.bytes };
    Ok(Card {
        model: loaded.label.clone(),
        file: loaded.path.clone(),
        sha256: loaded.sha256.clone(),
        family: card.family,
        cutoff: card.cutoff,
        cutoff_function: loaded.model.architecture.cutoff_function(),
        elements: card.elements.iter().filter_map(|&number| symbol(number)).collect(),
        parameters: card.parameters,
        layers: card.layers,
        max_harmonic: card.max_harmonic,
        modalities: card.modalities,
        magnetic_moments: card.magnetic_moments,
        weights: weights.join(", "),
        radial_table,
        origin: loaded.model.metadata.clone(),
    })
}

impl Card {
    /// The card as titles and values, each printable on one line.
    pub fn lines(&self) -> Vec<(String, String)> {
        let line = |title: &str, value: String| (title.to_owned(), value);
        let mut lines = vec![
            line("model", self.model.clone()),
            line("file", self.file.display().to_string()),
            line("sha256", self.sha256.clone()),
            line("family", self.family.to_owned()),
            line("cut-off", format!("{} Å", self.cutoff)),
            line("cut-off function", described(self.cutoff_function)),
            line("elements", format!("{}: {}", self.elements.len(), self.elements.join(" "))),
            line("parameters", self.parameters.to_string()),
            line("weights", self.weights.clone()),
            line("largest harmonic", self.max_harmonic.to_string()),
            line("features", self.layers.join(" -> ")),
        ];
        let RadialTable { value, derivative, bytes } = self.radial_table;
        let size = bytes as f64 / 1e6;
        let text = format!("relative error {value:.1e}, of the derivative {derivative:.1e}; {size:.1} MB");
        lines.push(line("radial tables", text));
        if !self.modalities.is_empty() {
            lines.push(line("modalities", self.modalities.join(", ")));
        }
        if self.magnetic_moments {
            lines.push(line("magnetic moments", "one an atom, in Bohr magnetons".to_owned()));
        }
        lines.extend(self.origin.iter().map(|(key, value)| line(key, value.clone())));
        lines.into_iter().map(|(title, value)| (printable(&title), printable(&value))).collect()
    }
}

fn described(function: CutoffFunction) -> String {
    match function {
        CutoffFunction::Xplor { onset } => format!("XPLOR from {onset} Å"),
        CutoffFunction::Polynomial { power } => format!("polynomial of power {power}"),
        CutoffFunction::Cosine => "cosine".to_owned(),
        other => format!("{other:?}"),
    }
}
