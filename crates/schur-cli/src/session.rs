//! The common options as they are meant: a pool of threads, a model, a potential.

use std::sync::Arc;

use anyhow::{Context, Result};
use rayon::{ThreadPool, ThreadPoolBuilder};
use schur_potential::{Potential, PotentialOptions, Precision};

use crate::args::{GlobalArgs, PrecisionName};
use crate::models::locate::{self, Loaded};
use crate::report::Reporter;

/// The options that a potential is built with.
pub fn potential_options(options: &GlobalArgs) -> PotentialOptions {
    let precision = match options.precision {
        PrecisionName::F32 => Precision::F32,
        PrecisionName::F64 => Precision::F64,
    };
    PotentialOptions { precision, exact_radial: options.exact_radial, modality: options.modality.clone() }
}

/// The one pool of threads of this process.
///
/// # Errors
/// If the system gives no threads.
pub fn pool(options: &GlobalArgs) -> Result<Arc<ThreadPool>> {
    // Zero means all cores to the builder.
    let threads = options.threads.map_or(0, usize::from);
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().context("cannot start threads")?;
    Ok(Arc::new(pool))
}

/// A model that is ready to answer.
pub struct Session {
    /// The potential.
    pub potential: Box<dyn Potential + Send>,
    /// What the model is called in outputs.
    pub label: String,
    /// SHA-256 digest of the model's file.
    pub model_sha256: String,
    /// How the potential was built.
    pub options: PotentialOptions,
}

impl Session {
    /// Loads the model and builds its potential.
    ///
    /// # Errors
    /// If the model cannot be found, fetched, read or run as asked.
    pub fn open(options: &GlobalArgs, reporter: &Reporter) -> Result<Self> {
        let Loaded { model, label, sha256, .. } = locate::load(&options.model, reporter)?;
        let potential_options = potential_options(options);
        let potential =
            model.potential(&potential_options, pool(options)?).with_context(|| format!("model {label}"))?;
        Ok(Self { potential, label, model_sha256: sha256, options: potential_options })
    }
}
