//! A model as data: its architecture, its weights by name, and where they come from.

use std::collections::BTreeMap;
use std::sync::Arc;

use schur_io::Tensor;
use schur_multilinear::PlanError;
use schur_product::ProductError;
use schur_tensor::Real;

use crate::chgnet::{self, ChgnetNetwork};
use crate::graph::GraphPotential;
use crate::mace::{self, MaceNetwork};
use crate::nequip::{self, NequipNetwork};
use crate::pair::PairPriors;
use crate::tensornet::{self, TensornetNetwork};
use crate::{Architecture, Potential, RadialTableError, Sum};

/// The arithmetic of the network; positions, cells, energies and sums over atoms are always `f64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// Single precision: the default, as in the published models.
    #[default]
    F32,
    /// Double precision.
    F64,
}

/// How a model is to be run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PotentialOptions {
    /// Arithmetic of the network.
    pub precision: Precision,
    /// Evaluates the radial network for every edge instead of a spline table.
    pub exact_radial: bool,
    /// Which level of theory, for models with several.
    pub modality: Option<String>,
}

/// A model that cannot be read, built or run as asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The architecture does not hold together or is not supported.
    #[error("the model's architecture is not supported: {what}; found {found}")]
    Architecture {
        /// What must hold.
        what: &'static str,
        /// What was found.
        found: String,
    },
    /// A weight is missing.
    #[error("the model has no weight `{name}`")]
    MissingWeight {
        /// Its name.
        name: String,
    },
    /// A weight has another shape.
    #[error("weight `{name}` has shape {found:?}, not {expected:?}")]
    WeightShape {
        /// Its name.
        name: String,
        /// Shape expected.
        expected: Vec<usize>,
        /// Shape found.
        found: Vec<usize>,
    },
    /// A weight is infinite or not a number.
    #[error("weight `{name}` holds {value} at position {index}: the file is damaged")]
    WeightNotFinite {
        /// Its name.
        name: String,
        /// Which number.
        index: usize,
        /// The number.
        value: f64,
    },
    /// The modality is missing or unknown.
    #[error("{found}; choose one of {known} with --modality")]
    Modality {
        /// What was asked for.
        found: String,
        /// What there is.
        known: String,
    },
    /// The model has one level of theory only.
    #[error("the model has a single level of theory: leave out the modality `{found}`")]
    NoModalities {
        /// What was asked for.
        found: String,
    },
    /// The file is not one of ours.
    #[error("not a schur model file: {what}")]
    File {
        /// What is wrong.
        what: String,
    },
    /// The checkpoint uses something we do not support, or is damaged.
    #[error("the checkpoint cannot be used: {what}")]
    Checkpoint {
        /// What is wrong, with the path in the file.
        what: String,
    },
    /// Nobody says in which units the model was trained.
    #[error(
        "the checkpoint is one of torchmd-net, which does not say in which units it was trained; name energy and length \
         with --units, such as eV,A or kcal/mol,A or Hartree,Bohr"
    )]
    UnknownUnits,
    /// A convolution cannot be put together.
    #[error(transparent)]
    Product(#[from] ProductError),
    /// There is no kernel for a convolution.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

/// A potential at rest: it evaluates nothing, but makes potentials that do.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// What it is made of.
    pub architecture: Architecture,
    /// The weights by name, as trained: normalisations are the architecture's business.
    pub weights: BTreeMap<String, Tensor>,
    /// Where it comes from: source, licence, hashes. Free text by key, kept in the model file.
    pub metadata: BTreeMap<String, String>,
}

/// What a person wants to know of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// The family, such as `nequip`.
    pub family: &'static str,
    /// Cut-off radius in Å.
    pub cutoff: f64,
    /// Atomic numbers of the elements it knows, ascending.
    pub elements: Vec<u8>,
    /// Trained numbers.
    pub parameters: usize,
    /// Features before the first, between and behind the last layer, as irreps.
    pub layers: Vec<String>,
    /// Largest degree of the harmonics.
    pub max_harmonic: usize,
    /// Levels of theory, if there are several.
    pub modalities: Vec<String>,
    /// Whether answers hold magnetic moments.
    pub magnetic_moments: bool,
}

impl Model {
    /// Summarises the model.
    pub fn card(&self) -> Card {
        let mut elements = self.architecture.species().to_vec();
        elements.sort_unstable();
        let names = self.weights.keys().filter(|name| self.architecture.is_parameter(name));
        Card {
            family: self.architecture.family(),
            cutoff: self.architecture.cutoff(),
            elements,
            parameters: names.map(|name| self.weights[name].data().len()).sum(),
            layers: self.architecture.features(),
            max_harmonic: self.architecture.max_harmonic(),
            modalities: self.architecture.modalities().to_vec(),
            magnetic_moments: self.architecture.has_magnetic_moments(),
        }
    }

    /// Builds the potential: everything that depends on the weights only is computed here.
    ///
    /// `pool` is where evaluations run; results do not depend on its number of threads.
    ///
    /// # Errors
    /// [`ModelError`] if a weight is missing or has the wrong shape, or the modality is missing or unknown.
    ///
    /// # Cost
    /// Some 20 ms, most of it the spline tables.
    pub fn potential(
        &self,
        options: &PotentialOptions,
        pool: Arc<rayon::ThreadPool>,
    ) -> Result<Box<dyn Potential + Send>, ModelError> {
        match options.precision {
            Precision::F32 => self.potential_in::<f32>(options, pool),
            Precision::F64 => self.potential_in::<f64>(options, pool),
        }
    }

    /// Measures the error of the spline tables that replace the radial networks.
    ///
    /// # Errors
    /// As for [`Self::potential`].
    pub fn radial_table_error(&self, options: &PotentialOptions) -> Result<RadialTableError, ModelError> {
        match options.precision {
            Precision::F32 => self.radial_table_error_in::<f32>(options),
            Precision::F64 => self.radial_table_error_in::<f64>(options),
        }
    }

    fn potential_in<T: Real>(
        &self,
        options: &PotentialOptions,
        pool: Arc<rayon::ThreadPool>,
    ) -> Result<Box<dyn Potential + Send>, ModelError> {
        Ok(match &self.architecture {
            Architecture::Nequip(it) => {
                Box::new(GraphPotential::new(NequipNetwork::new(nequip::Plan::<T>::new(self, it, options)?), pool))
            }
            Architecture::Chgnet(it) => {
                Box::new(GraphPotential::new(ChgnetNetwork::new(chgnet::Plan::<T>::new(self, it, options)?), pool))
            }
            Architecture::Tensornet(it) => {
                let network = TensornetNetwork::new(tensornet::Plan::<T>::new(self, it, options)?);
                let network = Box::new(GraphPotential::new(network, pool));
                if it.priors.is_empty() {
                    network
                } else {
                    Box::new(Sum::new(network).with(Box::new(PairPriors::new(&it.priors, &it.species)?)))
                }
            }
            Architecture::Mace(it) => {
                Box::new(GraphPotential::new(MaceNetwork::new(mace::Plan::<T>::new(self, it, options)?), pool))
            }
        })
    }

    fn radial_table_error_in<T: Real>(&self, options: &PotentialOptions) -> Result<RadialTableError, ModelError> {
        Ok(match &self.architecture {
            Architecture::Nequip(it) => nequip::Plan::<T>::new(self, it, options)?.table_error(),
            // Its functions of lengths are always evaluated: there is no table to measure.
            Architecture::Chgnet(_) => RadialTableError::default(),
            Architecture::Tensornet(it) => tensornet::Plan::<T>::new(self, it, options)?.table_error(),
            Architecture::Mace(it) => mace::Plan::<T>::new(self, it, options)?.table_error(),
        })
    }

    /// The numbers of a weight after checking its shape.
    pub(crate) fn weight(&self, name: &str, shape: &[usize]) -> Result<Vec<f64>, ModelError> {
        let tensor = self.weights.get(name).ok_or_else(|| ModelError::MissingWeight { name: name.to_owned() })?;
        if tensor.shape() != shape {
            let (expected, found) = (shape.to_vec(), tensor.shape().to_vec());
            return Err(ModelError::WeightShape { name: name.to_owned(), expected, found });
        }
        let values = tensor.to_f64();
        match values.iter().position(|v| !v.is_finite()) {
            Some(index) => Err(ModelError::WeightNotFinite { name: name.to_owned(), index, value: values[index] }),
            None => Ok(values),
        }
    }

    /// The position of a modality in the model's tables; zero for models with a single one.
    pub(crate) fn modality(&self, asked: Option<&str>) -> Result<usize, ModelError> {
        let known = self.architecture.modalities();
        match asked {
            None if known.is_empty() => Ok(0),
            Some(found) if known.is_empty() => Err(ModelError::NoModalities { found: found.to_owned() }),
            Some(name) => known.iter().position(|m| m.eq_ignore_ascii_case(name)).ok_or_else(|| ModelError::Modality {
                found: format!("there is no modality `{name}`"),
                known: known.join(", "),
            }),
            None => Err(ModelError::Modality {
                found: "the model was trained on several levels of theory".to_owned(),
                known: known.join(", "),
            }),
        }
    }
}
