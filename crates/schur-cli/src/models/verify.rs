//! Checking models: the digest of their bytes, stored answers for one structure, and what must hold for any potential.

use std::fmt::Write;
use std::sync::Arc;

use anyhow::{Context, Result};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use schur_atoms::Structure;
use schur_atoms::files::{Format, read};
use schur_io::sha256;
use schur_potential::check::{self, Finding, Subject};
use schur_potential::{Evaluation, Model, PotentialOptions, Precision, Request, TorchmdNetOptions};
use serde::{Deserialize, Serialize};

use super::cache::{Cache, Digest};
use super::locate::{self, Loaded, Source};
use super::pull;
use super::registry::Entry;
use crate::report::Reporter;

/// The structures of the checks are the same in every run.
const SEED: u64 = 2026;

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
    /// Bohr magnetons.
    moment: f64,
}

/// The strictest way, and the one that commands use unless told otherwise.
const WAYS: [Way; 2] = [
    Way {
        name: "f64, exact radials",
        precision: Precision::F64,
        exact_radial: true,
        energy: 1e-7,
        force: 1e-6,
        moment: 1e-7,
    },
    Way {
        name: "f32, tabulated radials",
        precision: Precision::F32,
        exact_radial: false,
        energy: 5e-5,
        force: 5e-4,
        moment: 1e-4,
    },
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
    /// Empty where the model has none.
    #[serde(default)]
    magnetic_moments: Vec<f64>,
}

/// What the checks of a model found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Which model, as it was asked for.
    pub name: String,
    /// Whether everything was right.
    pub ok: bool,
    /// SHA-256 digest of the model's file, if it could be read.
    pub sha256: Option<String>,
    /// The level of theory whose properties were measured, if there are several.
    pub modality: Option<String>,
    /// What was found of bytes and stored answers, a line each.
    pub findings: Vec<String>,
    /// What must hold for any potential, measured; empty if that was not asked for or the model cannot be used.
    pub checks: Vec<Finding>,
}

/// How models are to be checked.
#[derive(Debug)]
pub struct Verifier<'a> {
    /// Options of the potential; the modality is the first of a model if none is named.
    pub options: &'a PotentialOptions,
    /// What checkpoints of torchmd-net do not say.
    pub unsaid: TorchmdNetOptions,
    /// Whether bytes and stored answers are all.
    pub stored_only: bool,
    /// Of one thread and of several.
    pub pools: [Arc<rayon::ThreadPool>; 2],
    /// Where a model is fetched that has a name and is not there.
    pub cache: &'a Cache,
    /// Who is told of that.
    pub reporter: &'a Reporter,
}

impl Verifier<'_> {
    /// Checks one model.
    pub fn verify(&self, name: &str, source: &Source) -> Report {
        let (findings, checks) = (Vec::new(), Vec::new());
        let mut report = Report { name: name.to_owned(), ok: true, sha256: None, modality: None, findings, checks };
        if let Err(error) = self.fill(&mut report, source) {
            report.ok = false;
            report.findings.push(format!("{error:#}"));
        }
        report
    }

    fn fill(&self, report: &mut Report, source: &Source) -> Result<()> {
        let loaded = match source {
            Source::Named(entry) => {
                locate::says_enough(entry.name, &self.unsaid)?;
                self.cached(report, entry)?
            }
            Source::File(path) => {
                let loaded = locate::load_file(path, &self.unsaid)?;
                report.findings.push(format!("sha256 {}", loaded.sha256));
                loaded
            }
        };
        report.sha256 = Some(loaded.sha256.clone());
        self.compare_with_stored(report, source, &loaded)?;
        if !self.stored_only {
            self.measure(report, &loaded.model)?;
        }
        Ok(())
    }

    /// A model of the cache, fetched first if need be, with a word on its bytes.
    fn cached(&self, report: &mut Report, entry: &'static Entry) -> Result<Loaded> {
        if !self.cache.contains(entry.name) {
            pull::pull(&[entry], self.cache, self.reporter)?;
        }
        let path = self.cache.model_path(entry.name);
        let bytes = std::fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let digest = sha256(&bytes);
        report.sha256 = Some(digest.clone());
        report.findings.push(match self.cache.check(entry.name, &digest)? {
            Digest::Same => format!("bytes as fetched, sha256 {digest}"),
            Digest::Unrecorded => format!("sha256 {digest}; none was recorded to compare with"),
            // Loading it below refuses it with the same words as every other command.
            Digest::Different { .. } => "the bytes have changed".to_owned(),
        });
        locate::load_cached(entry, self.cache)
    }

    /// Compares with the stored answers of the model that this one is, or says it is.
    fn compare_with_stored(&self, report: &mut Report, source: &Source, loaded: &Loaded) -> Result<()> {
        let reference: Reference = serde_json::from_str(include_str!("reference.json"))?;
        let structure = read(&reference.structure, Format::ExtendedXyz)?.remove(0);
        let name = match source {
            Source::Named(entry) => Some(entry.name),
            Source::File(_) => loaded.model.metadata.get("name").map(String::as_str),
        };
        let before = report.findings.len();
        for answer in reference.answers.iter().filter(|answer| Some(answer.model.as_str()) == name) {
            for way in WAYS {
                let (ok, finding) = compare(&loaded.model, &structure, answer, way, &self.pools[0])?;
                report.ok &= ok;
                report.findings.push(finding);
            }
        }
        if report.findings.len() == before {
            report.findings.push("no answers are stored for this model".to_owned());
        }
        Ok(())
    }

    /// Measures what must hold for any potential.
    fn measure(&self, report: &mut Report, model: &Model) -> Result<()> {
        let modality = self.options.modality.clone().or_else(|| model.architecture.modalities().first().cloned());
        report.modality = modality.clone();
        let mut make = |way: check::Way| {
            let options = PotentialOptions {
                precision: way.precision,
                exact_radial: way.exact_radial || self.options.exact_radial,
                modality: modality.clone(),
            };
            model.potential(&options, Arc::clone(&self.pools[usize::from(way.several_threads)]))
        };
        let mut generator = ChaCha8Rng::seed_from_u64(SEED);
        let mut uniform = || (generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        report.checks = check::run(&Subject::of(model), &mut make, &mut uniform)?;
        report.ok &= report.checks.iter().all(|finding| finding.ok);
        Ok(())
    }
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
    let (found_moments, moments) = (&found.magnetic_moments, &answer.magnetic_moments);
    if found_moments.len() != moments.len() {
        return Ok((false, format!("{name}: {} magnetic moments, not {}", found_moments.len(), moments.len())));
    }
    let pairs = found.forces.as_flattened().iter().zip(answer.forces.as_flattened());
    let force = pairs.map(|(found, expected)| (found - expected).abs()).fold(0.0, f64::max);
    let modality = answer.modality.as_deref().map(|name| format!(" ({name})")).unwrap_or_default();
    let mut finding = format!(
        "SrTiO3{modality}, {name}: off by {energy:.1e} eV/atom (at most {:.0e}), {force:.1e} eV/Å (at most {:.0e})",
        way.energy, way.force
    );
    let moment = found_moments.iter().zip(moments).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    if !moments.is_empty() {
        let _ = write!(finding, ", {moment:.1e} µB (at most {:.0e})", way.moment);
    }
    // A NaN fails the first comparison; the maximum would hide one of the forces.
    let finite = found.forces.as_flattened().iter().all(|x| x.is_finite());
    let close = energy <= way.energy && force <= way.force && moment <= way.moment;
    Ok((finite && close, finding))
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
            if family == "chgnet" {
                assert_eq!(serde_json::json!(answer.magnetic_moments), row["magmoms"], "{name}");
            }
        }
    }
}
