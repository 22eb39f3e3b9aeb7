//! The hyper-parameters of a checkpoint, and which of them are refused.

use schur_io::torch::Item;

use super::{told, unread};
use crate::import::refused;
use crate::{Activation, MatrixSymmetry, ModelError};

/// What the hyper-parameters say of the network, in the units of the file.
#[derive(Debug, Clone)]
pub(super) struct Settings<'c> {
    pub channels: usize,
    pub layers: usize,
    pub functions: usize,
    /// `expnorm` or `gauss`.
    pub radial: &'c str,
    pub activation: Activation,
    pub inner_cutoff: f64,
    pub cutoff: f64,
    /// Rows of the table of elements.
    pub max_number: usize,
    pub symmetry: MatrixSymmetry,
    pub mean_of_atoms: bool,
    /// An entry that releases up to 2 have.
    pub has_error_check: bool,
}

/// Names of activations in the file.
const ACTIVATIONS: [(&str, Activation); 6] = [
    ("silu", Activation::Silu),
    // With the factor of its argument at one, which no setting changes.
    ("swish", Activation::Silu),
    ("ssp", Activation::ShiftedSoftplus),
    ("tanh", Activation::Tanh),
    ("sigmoid", Activation::Sigmoid),
    ("mish", Activation::Mish),
];

impl<'c> Settings<'c> {
    pub fn read(hyper: &Item<'c>) -> Result<Self, ModelError> {
        choose(hyper, "model", &[("tensornet", ())])?;
        choose(hyper, "output_model", &[("Scalar", ())])?;
        if let Some(filter) = find(hyper, "atom_filter")?
            && filter.as_i64().map_err(unread)? > -1
        {
            return Err(unsupported(&filter, "-1: sums over some elements only are not supported"));
        }
        let radial = choose(hyper, "rbf_type", &[("expnorm", "expnorm"), ("gauss", "gauss")])?;
        let group = "equivariance_invariance_group";
        Ok(Self {
            channels: count(hyper, "embedding_dimension")?,
            layers: count(hyper, "num_layers")?,
            functions: count(hyper, "num_rbf")?,
            radial,
            activation: choose(hyper, "activation", &ACTIVATIONS)?,
            inner_cutoff: number(hyper, "cutoff_lower")?,
            cutoff: number(hyper, "cutoff_upper")?,
            max_number: count(hyper, "max_z")?,
            symmetry: choose(hyper, group, &[("O(3)", MatrixSymmetry::O3), ("SO(3)", MatrixSymmetry::So3)])?,
            mean_of_atoms: choose(hyper, "reduce_op", &[("add", false), ("sum", false), ("mean", true)])?,
            has_error_check: find(hyper, "check_errors")?.is_some(),
        })
    }
}

/// An entry that is there and not `None`.
fn find<'c>(hyper: &Item<'c>, name: &str) -> Result<Option<Item<'c>>, ModelError> {
    Ok(hyper.find(name).map_err(unread)?.filter(|item| !item.is_none()))
}

fn count(hyper: &Item<'_>, name: &str) -> Result<usize, ModelError> {
    hyper.get(name).and_then(|item| item.as_usize()).map_err(unread)
}

fn number(hyper: &Item<'_>, name: &str) -> Result<f64, ModelError> {
    hyper.get(name).and_then(|item| item.as_f64()).map_err(unread)
}

fn unsupported(item: &Item<'_>, expected: &str) -> ModelError {
    refused(format!("{} is {}, not {expected}", item.path(), told(item)))
}

/// What a text stands for.
fn choose<T: Clone>(hyper: &Item<'_>, name: &str, known: &[(&str, T)]) -> Result<T, ModelError> {
    let item = hyper.get(name).map_err(unread)?;
    let text = item.as_str().ok();
    let found = known.iter().find(|(key, _)| Some(*key) == text);
    found.map(|(_, value)| value.clone()).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|(key, _)| *key).collect();
        unsupported(&item, &format!("{}: nothing else is supported", names.join(" or ")))
    })
}
