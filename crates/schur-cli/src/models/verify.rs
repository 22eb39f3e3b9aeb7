//! Checking cached models: the digest of their bytes, and their answer for one structure.

use std::sync::Arc;

use anyhow::{Context, Result};
use schur_atoms::Structure;
use schur_atoms::files::{Format, read};
use schur_io::sha256;
use schur_potential::{Evaluation, Model, PotentialOptions, Precision, Request};
use serde::{Deserialize, Serialize};

use super::cache::{Cache, Digest};
use super::locate;
use super::registry::Entry;

/// A way to run a model, and how far it may be from the answer of the program it was trained with, in 64-bit arithmetic.
#[derive(Debug, Clone, Copy)]
struct Way {
    name: &'static str,
    precision: Precision,
    exact_radial: bool,
    /// eV per atom.
    energy: f64,
    /// eV/Å, each component.
    force: f64,
}

/// The strictest way, and the one that commands use unless told otherwise.
const WAYS: [Way; 2] = [
    Way { name: "f64, exact radials", precision: Precision::F64, exact_radial: true, energy: 1e-7, force: 1e-6 },
    Way { name: "f32, tabulated radials", precision: Precision::F32, exact_radial: false, energy: 5e-5, force: 5e-4 },
];

/// One structure and what sevenn 0.13.0 or chgnet 0.4.2 gives for it in 64-bit arithmetic, from `fixtures/`.
#[derive(Debug, Deserialize)]
struct Reference {
    structure: String,
    answers: Vec<Answer>,
}

/// What one model gives.
#[derive(Debug, Deserialize)]
struct Answer {
    model: String,
    modality: Option<String>,
    energy: f64,
    forces: Vec<[f64; 3]>,
}

/// What a check found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Which model.
    pub name: &'static str,
    /// Whether everything was right.
    pub ok: bool,
    /// SHA-256 digest of the model file, if it could be read.
    pub sha256: Option<String>,
    /// What was found, a line each.
    pub findings: Vec<String>,
}

/// Checks one cached model.
pub fn verify(entry: &'static Entry, cache: &Cache, pool: &Arc<rayon::ThreadPool>) -> Report {
    let mut report = Report { name: entry.name, ok: true, sha256: None, findings: Vec::new() };
    if let Err(error) = fill(&mut report, entry, cache, pool) {
        report.ok = false;
        report.findings.push(format!("{error:#}"));
    }
    report
}

fn fill(report: &mut Report, entry: &'static Entry, cache: &Cache, pool: &Arc<rayon::ThreadPool>) -> Result<()> {
    let path = cache.model_path(entry.name);
    let bytes = std::fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let digest = sha256(&bytes);
    report.sha256 = Some(digest.clone());
    report.findings.push(match cache.check(entry.name, &digest)? {
        Digest::Same => format!("bytes as fetched, sha256 {digest}"),
        Digest::Unrecorded => format!("sha256 {digest}; none was recorded to compare with"),
        // Loading it below refuses it with the same words as every other command.
        Digest::Different { .. } => "the bytes have changed".to_owned(),
    });
    let loaded = locate::load_cached(entry, cache)?;
    let reference: Reference = serde_json::from_str(include_str!("reference.json"))?;
    let structure = read(&reference.structure, Format::ExtendedXyz)?.remove(0);
    for answer in reference.answers.iter().filter(|answer| answer.model == entry.name) {
        for way in WAYS {
            let (ok, finding) = compare(&loaded.model, &structure, answer, way, pool)?;
            report.ok &= ok;
            report.findings.push(finding);
        }
    }
    Ok(())
}

fn compare(
    model: &Model,
    structure: &Structure,
    answer: &Answer,
    way: Way,
    pool: &Arc<rayon::ThreadPool>,
) -> Result<(bool, String)> {
    let Way { name, precision, exact_radial, .. } = way;
    let options = PotentialOptions { precision, exact_radial, modality: answer.modality.clone() };
    let mut found = Evaluation::default();
    model.potential(&options, Arc::clone(pool))?.evaluate(structure, Request::FORCES, &mut found)?;
    let energy = (found.energy - answer.energy).abs() / structure.len() as f64;
    let pairs = found.forces.as_flattened().iter().zip(answer.forces.as_flattened());
    let force = pairs.map(|(found, expected)| (found - expected).abs()).fold(0.0, f64::max);
    let modality = answer.modality.as_deref().map(|name| format!(" ({name})")).unwrap_or_default();
    let finding = format!(
        "SrTiO3{modality}, {name}: off by {energy:.1e} eV/atom (at most {:.0e}), {force:.1e} eV/Å (at most {:.0e})",
        way.energy, way.force
    );
    // A NaN fails the first comparison; the maximum would hide one of the forces.
    let finite = found.forces.as_flattened().iter().all(|x| x.is_finite());
    Ok((finite && energy <= way.energy && force <= way.force, finding))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::registry::MODELS;

    /// The stored values are those of the fixtures, and every model of the registry has some for each modality.
    #[test]
    fn stored_values_are_those_of_the_fixtures() {
        let reference: Reference = serde_json::from_str(include_str!("reference.json")).unwrap();
        let structure = read(&reference.structure, Format::ExtendedXyz).unwrap().remove(0);
        assert_eq!(structure.len(), 5);
        for entry in MODELS {
            let modalities: Vec<_> = reference.answers.iter().filter(|answer| answer.model == entry.name).collect();
            assert_eq!(modalities.len(), entry.modalities.len().max(1), "{}", entry.name);
        }
        for answer in &reference.answers {
            let modality = answer.modality.as_deref().map(|name| format!("-{}", name.to_lowercase()));
            let name = format!("{}{}.json", answer.model, modality.unwrap_or_default());
            let family = if name.starts_with("chgnet") { "chgnet" } else { "sevennet" };
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures");
            let text = std::fs::read_to_string(format!("{path}/{family}/{name}")).unwrap();
            let fixture: serde_json::Value = serde_json::from_str(&text).unwrap();
            let rows = fixture["structures"].as_array().unwrap();
            let row = rows.iter().find(|row| row["name"] == "displaced_srtio3").unwrap();
            assert_eq!(row["energy"].as_f64(), Some(answer.energy), "{name}");
            assert_eq!(serde_json::json!(answer.forces), row["forces"], "{name}");
        }
    }
}
