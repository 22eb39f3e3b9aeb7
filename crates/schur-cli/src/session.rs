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
    potential_options_with(options, options.modality.as_deref())
}

/// The options of a model that has its own level of theory.
pub fn potential_options_with(options: &GlobalArgs, modality: Option<&str>) -> PotentialOptions {
    let precision = match options.precision {
        PrecisionName::F32 => Precision::F32,
        PrecisionName::F64 => Precision::F64,
    };
    PotentialOptions { precision, exact_radial: options.exact_radial, modality: modality.map(str::to_owned) }
}

/// The one pool of threads of this process.
///
/// # Errors
/// If the system gives no threads.
pub fn pool(options: &GlobalArgs) -> Result<Arc<ThreadPool>> {
    // Zero means all cores to the builder.
    pool_of(options.threads.map_or(0, usize::from))
}

/// A pool of so many threads, for what compares numbers of threads.
///
/// # Errors
/// If the system gives no threads.
pub fn pool_of(threads: usize) -> Result<Arc<ThreadPool>> {
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
        Self::with_options(&options.model, potential_options(options), pool(options)?, reporter)
    }

    /// Loads a model and builds its potential to run in a pool that others may share.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn with_options(
        model: &str,
        options: PotentialOptions,
        pool: Arc<ThreadPool>,
        reporter: &Reporter,
    ) -> Result<Self> {
        let Loaded { model, label, sha256, .. } = locate::load(model, reporter)?;
        let potential = model.potential(&options, pool).with_context(|| format!("model {label}"))?;
        Ok(Self { potential, label, model_sha256: sha256, options })
    }
}
