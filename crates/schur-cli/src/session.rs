//! The common options as they are meant: a pool of threads, a model, a potential.

use std::fmt;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use rayon::{ThreadPool, ThreadPoolBuilder};
use schur_potential::dispersion::{D3Cutoffs, D3Dispersion, D3Parameters};
use schur_potential::{Potential, PotentialOptions, Precision, Sum, TorchmdNetOptions};

use crate::args::{GlobalArgs, PrecisionName};
use crate::exit::UsageError;
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

/// What the options say that checkpoints of torchmd-net do not.
pub fn unsaid(options: &GlobalArgs) -> TorchmdNetOptions {
    TorchmdNetOptions { units: options.units, charge: options.charge.unwrap_or(0.0) }
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

/// What is added to a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Dispersion {
    /// The functional whose parameters are used.
    pub functional: String,
    /// How far the sums reach.
    pub cutoffs: D3Cutoffs,
}

impl Dispersion {
    /// What the options ask for, said once to people.
    ///
    /// # Errors
    /// If a cut-off is given without a functional.
    pub fn asked(options: &GlobalArgs, reporter: &Reporter) -> Result<Option<Self>> {
        let cutoffs = options.dispersion_cutoff.map_or_else(D3Cutoffs::default, D3Cutoffs::within);
        match &options.dispersion {
            Some(functional) => {
                let reach = cutoffs.dispersion;
                reporter
                    .line(format_args!("with the dispersion correction D3(BJ) of {functional}, within {reach:.3} Å"));
                Ok(Some(Self { functional: functional.clone(), cutoffs }))
            }
            None if options.dispersion_cutoff.is_some() => {
                bail!(UsageError("--dispersion-cutoff is of no use without --dispersion".to_owned()))
            }
            None => Ok(None),
        }
    }

    fn potential(&self, pool: Arc<ThreadPool>) -> Result<D3Dispersion> {
        Ok(D3Dispersion::new(D3Parameters::of(&self.functional)?, self.cutoffs, pool)?)
    }
}

impl fmt::Display for Dispersion {
    /// The name that outputs carry.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "D3(BJ) {}", self.functional)
    }
}

/// A model that is ready to answer.
pub struct Session {
    /// The potential, with what is added to it.
    pub potential: Box<dyn Potential + Send>,
    /// What the model is called in outputs.
    pub label: String,
    /// SHA-256 digest of the model's file.
    pub model_sha256: String,
    /// Units and charge that the options say because the model does not.
    pub unsaid: Option<String>,
    /// How the potential was built.
    pub options: PotentialOptions,
    /// What was added to the model.
    pub dispersion: Option<Dispersion>,
}

impl Session {
    /// Loads the model and builds its potential.
    ///
    /// # Errors
    /// If the model cannot be found, fetched, read or run as asked.
    pub fn open(options: &GlobalArgs, reporter: &Reporter) -> Result<Self> {
        let dispersion = Dispersion::asked(options, reporter)?;
        let loaded = locate::load(&options.model, &unsaid(options), reporter)?;
        let session = Self::with_options(loaded, potential_options(options), dispersion, pool(options)?)?;
        let units = options.units.map(|units| format!("units {units}"));
        let charge = options.charge.map(|charge| format!("charge {charge}"));
        let unsaid: Vec<String> = units.into_iter().chain(charge).collect();
        Ok(Self { unsaid: (!unsaid.is_empty()).then(|| unsaid.join(", ")), ..session })
    }

    /// Builds the potential of a model, with what is added to it, to run in a pool that others may share.
    ///
    /// # Errors
    /// If it cannot be run as asked.
    pub fn with_options(
        loaded: Loaded,
        options: PotentialOptions,
        dispersion: Option<Dispersion>,
        pool: Arc<ThreadPool>,
    ) -> Result<Self> {
        let Loaded { model, label, sha256, .. } = loaded;
        let mut potential = model.potential(&options, pool.clone()).with_context(|| format!("model {label}"))?;
        if let Some(dispersion) = &dispersion {
            potential = Box::new(Sum::new(potential).with(Box::new(dispersion.potential(pool)?)));
        }
        Ok(Self { potential, label, model_sha256: sha256, unsaid: None, options, dispersion })
    }
}
