//! TensorNet as torchmd-net writes it: a Lightning checkpoint with `state_dict` and `hyper_parameters`.
//!
//! What differs from our model files and is undone here:
//! - Energies and lengths are in the units of the training data, which the file does not tell.
//! - What scales the three parts of a matrix is `[channel][part]` up to release 2 and `[part][channel]` since.
//! - Up to release 2 the vector of an edge points to the atom that receives, so that antisymmetric parts have the other
//!   sign; the compiled operations of release 3 have ours. Only models without mirror images can tell.
//! - There is a row of weights for every atomic number up to a bound, trained or not.

mod priors;
mod settings;

use std::collections::BTreeMap;

use schur_io::torch::{Checkpoint, Item, Kind, TorchError};

use super::refused;
use super::transfer::{Order, Transfer, Trunk};
use crate::tensornet::{RadialExpansion, TensornetArchitecture};
use crate::{Architecture, Model, ModelError, Units};
use priors::Prior;
use settings::Settings;

/// What a checkpoint of torchmd-net does not say.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TorchmdNetOptions {
    /// The units of its training data.
    pub units: Option<Units>,
    /// Total charge of the structures to be evaluated, in elementary charges.
    pub charge: f64,
}

/// Where the weights of the representation are.
const TRUNK: &str = "representation_model.";
/// What later releases store and nothing depends on: a box that structures bring themselves, products of weights.
const REPEATED: [&str; 2] = ["representation_model.distance.box", "representation_model.tensor_embedding.Zij_map"];
/// Atomic numbers that exist.
const MAX_NUMBER: usize = 118;

/// How large the file's units are in eV and Å.
#[derive(Debug, Clone, Copy)]
struct Scales {
    energy: f64,
    length: f64,
}

fn unread(error: TorchError) -> ModelError {
    refused(error.to_string())
}

impl Model {
    /// Reads a TensorNet that torchmd-net has saved.
    ///
    /// Nothing in the file is executed. What it uses and we do not support is refused by name.
    ///
    /// # Units
    /// The file is taken to be in `options.units`; the model is in eV and Å.
    ///
    /// # Errors
    /// [`ModelError::UnknownUnits`] if neither the options nor the file tell them, [`ModelError::Checkpoint`] with the
    /// place in the file, or [`ModelError::Architecture`].
    pub fn from_torchmd_net(checkpoint: &Checkpoint<'_>, options: &TorchmdNetOptions) -> Result<Self, ModelError> {
        let root = checkpoint.root();
        let hyper = root.get("hyper_parameters").map_err(unread)?;
        let settings = Settings::read(&hyper)?;
        let priors = priors::read(&hyper)?;
        let scales = priors::scales(&priors, options.units)?;
        let mut to = Transfer::new(&root.get("state_dict").map_err(unread)?, "state_dict", "model.")?;
        let is_new = !settings.has_error_check && to.has(REPEATED[0]);
        let references = priors::references(&priors, &mut to)?;
        let numbers = priors::numbers(&priors, &mut to)?;
        let kinds = kinds(&settings, &priors, &references, numbers.as_deref());
        let species: Vec<u8> = kinds.iter().map(|kind| kind.number).collect();
        let pairs = priors::pairs(&priors, scales, &species, &mut to)?;
        let architecture = TensornetArchitecture {
            species,
            charge: options.charge,
            priors: pairs,
            ..architecture(&settings, scales, &mut to)?
        };
        architecture.validate()?;
        transfer(&settings, &architecture, &kinds, is_new, &mut to)?;
        constants(&kinds, &references, scales, &mut to)?;
        REPEATED.iter().for_each(|name| to.ignore(name));
        if let Some(name) = to.left() {
            return Err(refused(format!("state_dict has `{name}`, which belongs to nothing that is supported")));
        }
        let metadata = metadata(&priors, options, is_new);
        Ok(Self { architecture: Architecture::Tensornet(architecture), weights: to.weights, metadata })
    }
}

fn metadata(priors: &[Prior<'_>], options: &TorchmdNetOptions, is_new: bool) -> BTreeMap<String, String> {
    let mut metadata = BTreeMap::new();
    let mut note = |key: &str, value: String| metadata.insert(format!("source.{key}"), value);
    note("module", "torchmdnet.models.tensornet".to_owned());
    note("layout", if is_new { "release 3" } else { "up to release 2" }.to_owned());
    options.units.map(|units| note("units", units.to_string()));
    if options.charge != 0.0 {
        note("charge", options.charge.to_string());
    }
    if !priors.is_empty() {
        note("priors", priors.iter().map(|prior| prior.name).collect::<Vec<_>>().join(", "));
    }
    metadata
}

/// An atom type of the file and the element that it stands for.
#[derive(Debug, Clone, Copy)]
struct Species {
    row: usize,
    number: u8,
}

/// The elements that the model may have been trained on.
///
/// There are weights for every atom type, which is an atomic number unless a prior says otherwise. Where the file has
/// energies of free atoms, types without one were not in the training data: their weights are those that the training
/// began with.
fn kinds(
    settings: &Settings<'_>,
    priors: &[Prior<'_>],
    references: &[priors::References],
    numbers: Option<&[u8]>,
) -> Vec<Species> {
    let has_all = |row: usize| {
        references.iter().all(|reference| {
            let energy = reference.energies.get(row).copied();
            energy.is_some_and(|energy| energy != 0.0 || reference.energies.iter().all(|&energy| energy == 0.0))
        })
    };
    let most = if priors.iter().any(|prior| prior.name == "D2") { priors::D2_ROWS - 1 } else { MAX_NUMBER };
    let number = |row: usize| match numbers {
        Some(numbers) => numbers.get(row).copied(),
        None => u8::try_from(row).ok(),
    };
    let kind = |row: usize| number(row).map(|number| Species { row, number });
    let is_element = |kind: &Species| (1..=most).contains(&usize::from(kind.number));
    let rows = 0..settings.max_number.min(numbers.map_or(MAX_NUMBER + 1, <[u8]>::len));
    rows.filter(|&row| has_all(row)).filter_map(kind).filter(is_element).collect()
}

/// The network, without its species.
fn architecture(
    settings: &Settings<'_>,
    scales: Scales,
    to: &mut Transfer<'_>,
) -> Result<TensornetArchitecture, ModelError> {
    let count = settings.functions;
    let radial = match settings.radial {
        "expnorm" => RadialExpansion::ExponentialNormal { count },
        _ => {
            let coefficient = to.get(&format!("{TRUNK}distance_expansion.coeff"), &[])?[0];
            RadialExpansion::Gaussian { count, width: -coefficient / scales.length.powi(2) }
        }
    };
    Ok(TensornetArchitecture {
        species: Vec::new(),
        cutoff: settings.cutoff * scales.length,
        radial,
        channels: settings.channels,
        layers: settings.layers,
        symmetry: settings.symmetry,
        readout_hidden: readout_hidden(to)?,
        inner_cutoff: settings.inner_cutoff * scales.length,
        activation: settings.activation,
        self_edges: true,
        readout: crate::TensornetReadout::Plain,
        mean_of_atoms: settings.mean_of_atoms,
        charge: 0.0,
        priors: Vec::new(),
    })
}

/// What the readout's layer `index` is called: early releases had no `layers`, and every second module is an activation.
fn readout_layer(index: usize, to: &Transfer<'_>) -> Option<String> {
    let names = [".layers", ""].map(|between| format!("output_model.output_network{between}.{}", 2 * index));
    names.into_iter().find(|name| to.has(&format!("{name}.weight")))
}

/// Widths of the readout's hidden layers, as many as the file has.
fn readout_hidden(to: &Transfer<'_>) -> Result<Vec<usize>, ModelError> {
    let mut widths = Vec::new();
    while let Some(name) = readout_layer(widths.len(), to) {
        let shape = to.shape(&format!("{name}.weight"))?;
        widths.push(*shape.first().ok_or_else(|| refused(format!("state_dict: `{name}.weight` is no matrix")))?);
    }
    match widths.pop() {
        Some(1) => Ok(widths),
        found => {
            let found = found.map_or_else(|| "none".to_owned(), |width| width.to_string());
            Err(refused(format!("state_dict: the last layer of output_model has {found} outputs, not 1")))
        }
    }
}

/// Brings the weights of the network.
fn transfer(
    settings: &Settings<'_>,
    it: &TensornetArchitecture,
    kinds: &[Species],
    is_new: bool,
    to: &mut Transfer<'_>,
) -> Result<(), ModelError> {
    let (n, functions) = (it.channels, it.radial.count());
    if let RadialExpansion::ExponentialNormal { .. } = it.radial {
        to.copy(&format!("{TRUNK}distance_expansion.means"), "radial.centers", &[functions])?;
        to.copy(&format!("{TRUNK}distance_expansion.betas"), "radial.widths", &[functions])?;
    } else {
        let offsets = to.get(&format!("{TRUNK}distance_expansion.offset"), &[functions])?;
        let length = it.cutoff / settings.cutoff;
        to.insert("radial.centers", vec![functions], offsets.iter().map(|offset| length * offset).collect());
    }
    let rows = to.get(&format!("{TRUNK}tensor_embedding.emb.weight"), &[settings.max_number, n])?;
    let of_species = kinds.iter().flat_map(|kind| &rows[kind.row * n..(kind.row + 1) * n]).copied();
    to.insert("embedding.species", vec![kinds.len(), n], of_species.collect());
    let order = if is_new { Order::Same } else { Order::ByChannel(n) };
    Trunk { prefix: TRUNK, channels: n, functions, layers: it.layers, order }.transfer(to)?;
    if !is_new {
        ["embedding.radial.1", "embedding.radial.1.bias"].iter().for_each(|name| to.negate(name));
    }
    let mut widths = vec![n];
    widths.extend(&it.readout_hidden);
    widths.push(1);
    for (index, pair) in widths.windows(2).enumerate() {
        let name = readout_layer(index, to).unwrap_or_default();
        to.dense((&name, &format!("readout.value.{index}")), [pair[0], pair[1]], Order::Same)?;
    }
    Ok(())
}

/// Scale, mean and the energies of free atoms, in our units.
fn constants(
    kinds: &[Species],
    references: &[priors::References],
    scales: Scales,
    to: &mut Transfer<'_>,
) -> Result<(), ModelError> {
    for (theirs, ours) in [("std", "scale"), ("mean", "mean")] {
        // A mean over rows of one number is a row of one number.
        let shape = to.shape(theirs)?;
        let shape = if shape.iter().all(|&n| n == 1) { shape } else { Vec::new() };
        let value = scales.energy * to.get(theirs, &shape)?[0];
        to.insert(ours, vec![1], vec![value]);
    }
    let energy = |kind: &Species| {
        let parts = references.iter().filter(|reference| reference.enabled);
        scales.energy * parts.map(|reference| reference.energies[kind.row]).sum::<f64>()
    };
    to.insert("shift", vec![kinds.len()], kinds.iter().map(energy).collect());
    Ok(())
}

/// What stands at a place, in a message.
fn told(item: &Item<'_>) -> String {
    match item.kind() {
        Ok(Kind::None) => "None".to_owned(),
        Ok(Kind::Bool(value)) => value.to_string(),
        Ok(Kind::Int(value)) => value.to_string(),
        Ok(Kind::Float(value)) => value.to_string(),
        Ok(Kind::Text(text)) => format!("`{text}`"),
        Ok(Kind::Unknown { module, name }) => format!("an object `{module}.{name}`"),
        Ok(_) => "something else".to_owned(),
        Err(error) => error.to_string(),
    }
}
