//! CHGNet as the package `chgnet` 0.2 to 0.4 writes it.
//!
//! What differs from our model files and is undone here: matrices of linear layers are `[output][input]`, and every
//! second module of a network is an activation or a dropout. The last update of angles has no effect and is left out.

use std::collections::BTreeMap;

use schur_io::torch::{Checkpoint, Item};
use schur_io::{Data, Tensor};

use crate::chgnet::ChgnetArchitecture;
use crate::{Architecture, Model, ModelError};

/// Elements of an embedding: hydrogen to plutonium, in order.
const ELEMENTS: usize = 94;

impl Model {
    /// Reads a CHGNet checkpoint, the content of a `.pth.tar` file.
    ///
    /// Nothing in the file is executed. What it uses and we do not support is refused by name.
    ///
    /// # Errors
    /// [`ModelError::Checkpoint`] with the place in the file, or [`ModelError::Architecture`].
    pub fn from_chgnet(checkpoint: &Checkpoint<'_>) -> Result<Self, ModelError> {
        let model = checkpoint.root().get("model").map_err(refused)?;
        let settings = model.get("model_args").map_err(refused)?;
        let entries = model.get("state_dict").and_then(|state| state.entries()).map_err(refused)?;
        let state = entries.into_iter().map(|(key, item)| (key.to_string(), item)).collect();
        let architecture = architecture(&settings)?;
        architecture.validate()?;
        let weights = Importer { state, it: &architecture, weights: BTreeMap::new() }.run()?;
        Ok(Self { architecture: Architecture::Chgnet(architecture), weights, metadata: BTreeMap::new() })
    }
}

fn refused(what: impl std::fmt::Display) -> ModelError {
    ModelError::Checkpoint { what: what.to_string() }
}

fn unsupported(key: &str, found: &str, expected: &str) -> ModelError {
    refused(format!("model.model_args.{key} is {found}; only {expected} is supported"))
}

/// Refuses settings under which the model would be another one than we compute.
fn refuse_unsupported(settings: &Item<'_>) -> Result<(), ModelError> {
    for (key, expected) in [
        ("update_bond", true),
        ("update_angle", true),
        ("mlp_first", true),
        ("is_intensive", true),
        ("skip_connection", false),
    ] {
        let found = settings.find(key).map_err(refused)?;
        let absent = key == "skip_connection";
        match found {
            None if absent => {}
            None => return Err(refused(format!("model.model_args has no entry `{key}`"))),
            Some(item) => {
                let found = item.as_bool().map_err(refused)?;
                if found != expected {
                    return Err(unsupported(key, &found.to_string(), &expected.to_string()));
                }
            }
        }
    }
    let activation = settings.get("non_linearity").map_err(refused)?;
    let activation = activation.as_str().map_err(refused)?;
    if activation != "silu" {
        return Err(unsupported("non_linearity", activation, "silu"));
    }
    if let Some(norm) = settings.find("conv_norm").map_err(refused)?
        && !norm.is_none()
    {
        return Err(unsupported("conv_norm", "set", "None"));
    }
    if let Some(readout) = settings.find("final_mlp").map_err(refused)? {
        let found = readout.as_str().map_err(refused)?;
        if !["normal", "MLP"].contains(&found) {
            return Err(unsupported("final_mlp", found, "MLP"));
        }
    }
    Ok(())
}

/// Whether a normalisation is set; only the layer's is known.
fn normalized(settings: &Item<'_>, key: &str) -> Result<bool, ModelError> {
    let item = settings.get(key).map_err(refused)?;
    if item.is_none() {
        return Ok(false);
    }
    match item.as_str().map_err(refused)? {
        "layer" => Ok(true),
        other => Err(unsupported(key, other, "layer or None")),
    }
}

fn architecture(settings: &Item<'_>) -> Result<ChgnetArchitecture, ModelError> {
    refuse_unsupported(settings)?;
    let whole = |key: &str| settings.get(key).and_then(|item| item.as_usize()).map_err(refused);
    let channels = whole("atom_fea_dim")?;
    let same = ["bond_fea_dim", "angle_fea_dim", "atom_conv_hidden_dim", "bond_conv_hidden_dim"];
    for (key, expected) in same.map(|key| (key, channels)).into_iter().chain([("angle_layer_hidden_dim", 0)]) {
        let found = whole(key)?;
        if found != expected {
            return Err(unsupported(key, &found.to_string(), &expected.to_string()));
        }
    }
    let is_normalized = normalized(settings, "gMLP_norm")?;
    if normalized(settings, "readout_norm")? != is_normalized {
        return Err(unsupported("readout_norm", "different", "the same as gMLP_norm"));
    }
    let angular = whole("num_angular")?;
    if angular.is_multiple_of(2) {
        return Err(unsupported("num_angular", &angular.to_string(), "an odd number"));
    }
    let mut readout_hidden = Vec::new();
    for item in settings.get("mlp_hidden_dims").and_then(|item| item.items()).map_err(refused)? {
        readout_hidden.push(item.as_usize().map_err(refused)?);
    }
    let cutoff = |key: &str| settings.get(key).and_then(|item| item.as_f64()).map_err(refused);
    let power = whole("cutoff_coeff")?;
    Ok(ChgnetArchitecture {
        species: (1..=ELEMENTS as u8).collect(),
        cutoff: cutoff("atom_graph_cutoff")?,
        angle_cutoff: cutoff("bond_graph_cutoff")?,
        cutoff_power: u32::try_from(power).unwrap_or(u32::MAX),
        radial_functions: whole("num_radial")?,
        angular_functions: angular / 2,
        channels,
        layers: whole("n_conv")?,
        normalized: is_normalized,
        readout_hidden,
        magnetic_moments: true,
    })
}

/// A model's weights on their way out of a checkpoint.
struct Importer<'a> {
    state: BTreeMap<String, Item<'a>>,
    it: &'a ChgnetArchitecture,
    weights: BTreeMap<String, Tensor>,
}

impl Importer<'_> {
    fn run(mut self) -> Result<BTreeMap<String, Tensor>, ModelError> {
        let (n, radial) = (self.it.channels, self.it.radial_functions);
        let angular = 2 * self.it.angular_functions + 1;
        self.copy("atom_embedding.embedding.weight", "species.embedding", &[ELEMENTS, n], &[ELEMENTS, n])?;
        for (theirs, ours) in [("ag", "bonds"), ("bg", "near")] {
            let theirs = format!("bond_basis_expansion.rbf_expansion_{theirs}.frequencies");
            self.copy(&theirs, &format!("{ours}.frequencies"), &[radial], &[radial])?;
        }
        let sines = [self.it.angular_functions];
        self.copy("angle_basis_expansion.fourier_expansion.frequencies", "angles.frequencies", &sines, &sines)?;
        self.matrix("bond_embedding", "bonds.embedding", radial, n)?;
        self.matrix("bond_weights_ag", "bonds.weight", radial, n)?;
        self.matrix("bond_weights_bg", "near.weight", radial, n)?;
        self.matrix("angle_embedding", "angles.embedding", angular, n)?;
        for t in 0..self.it.layers {
            self.gated(&format!("atom_conv_layers.{t}.twoBody_atom"), &format!("atoms.{t}"), 3, true)?;
            self.output(&format!("atom_conv_layers.{t}"), &format!("atoms.{t}.out"))?;
        }
        for t in 0..self.it.layers - 1 {
            self.gated(&format!("bond_conv_layers.{t}.twoBody_bond"), &format!("bonds.{t}"), 4, true)?;
            self.output(&format!("bond_conv_layers.{t}"), &format!("bonds.{t}.out"))?;
        }
        for t in 0..self.it.layers - 2 {
            self.gated(&format!("angle_layers.{t}.twoBody_bond"), &format!("angles.{t}"), 4, false)?;
        }
        self.readout()?;
        self.copy("composition_model.fc.weight", "shift", &[1, ELEMENTS], &[ELEMENTS])?;
        self.copy("site_wise.weight", "moments", &[1, n], &[n])?;
        self.copy("site_wise.bias", "moments.bias", &[1], &[1])?;
        // The last update of angles changes nothing.
        let unread = format!("angle_layers.{}.", self.it.layers - 2);
        let left = self.state.keys().find(|name| !name.starts_with(&unread));
        match left {
            Some(name) => Err(refused(format!("model.state_dict has an entry `{name}` that is not known"))),
            None => Ok(self.weights),
        }
    }

    /// The layer behind the sums of an update: version 0.2.0 has a bias there, though its settings do not say so.
    fn output(&mut self, theirs: &str, ours: &str) -> Result<(), ModelError> {
        let (n, theirs) = (self.it.channels, format!("{theirs}.mlp_out.layers.1"));
        self.matrix(&theirs, ours, n, n)?;
        if self.state.contains_key(&format!("{theirs}.bias")) {
            return self.copy(&format!("{theirs}.bias"), &format!("{ours}.bias"), &[n], &[n]);
        }
        self.insert(&format!("{ours}.bias"), vec![n], vec![0.0; n]);
        Ok(())
    }

    fn readout(&mut self) -> Result<(), ModelError> {
        let n = self.it.channels;
        if self.it.normalized {
            self.norm("readout_norm", "readout.norm")?;
        }
        let widths: Vec<usize> = [n].into_iter().chain(self.it.readout_hidden.iter().copied()).chain([1]).collect();
        let last = widths.len() - 2;
        for (index, pair) in widths.windows(2).enumerate() {
            // A dropout stands before the last layer.
            let module = 2 * index + usize::from(index == last);
            self.dense(&format!("mlp.layers.{module}"), &format!("readout.{index}"), pair[0], pair[1])?;
        }
        Ok(())
    }

    fn gated(&mut self, theirs: &str, ours: &str, parts: usize, hidden: bool) -> Result<(), ModelError> {
        let n = self.it.channels;
        for (branch, name, norm) in [("mlp_core", "core", "bn1"), ("mlp_gate", "gate", "bn2")] {
            // Without a hidden layer a dropout comes first.
            let first = usize::from(!hidden);
            self.dense(&format!("{theirs}.{branch}.layers.{first}"), &format!("{ours}.{name}.0"), parts * n, n)?;
            if hidden {
                self.dense(&format!("{theirs}.{branch}.layers.3"), &format!("{ours}.{name}.1"), n, n)?;
            }
            if self.it.normalized {
                self.norm(&format!("{theirs}.{norm}"), &format!("{ours}.{name}.norm"))?;
            }
        }
        Ok(())
    }

    fn norm(&mut self, theirs: &str, ours: &str) -> Result<(), ModelError> {
        let shape = [self.it.channels];
        self.copy(&format!("{theirs}.weight"), ours, &shape, &shape)?;
        self.copy(&format!("{theirs}.bias"), &format!("{ours}.bias"), &shape, &shape)
    }

    fn dense(&mut self, theirs: &str, ours: &str, inputs: usize, outputs: usize) -> Result<(), ModelError> {
        self.matrix(theirs, ours, inputs, outputs)?;
        self.copy(&format!("{theirs}.bias"), &format!("{ours}.bias"), &[outputs], &[outputs])
    }

    /// Turns a matrix round.
    fn matrix(&mut self, theirs: &str, ours: &str, inputs: usize, outputs: usize) -> Result<(), ModelError> {
        let weights = self.get(&format!("{theirs}.weight"), &[outputs, inputs])?;
        let turned = (0..inputs * outputs).map(|m| weights[m % outputs * inputs + m / outputs]).collect();
        self.insert(ours, vec![inputs, outputs], turned);
        Ok(())
    }

    fn copy(&mut self, theirs: &str, ours: &str, from: &[usize], to: &[usize]) -> Result<(), ModelError> {
        let values = self.get(theirs, from)?;
        self.insert(ours, to.to_vec(), values);
        Ok(())
    }

    /// Takes out an entry of the shape that the architecture asks for.
    fn get(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f64>, ModelError> {
        let missing = || refused(format!("model.state_dict has no entry `{name}`"));
        let tensor = self.state.remove(name).ok_or_else(missing)?.tensor().map_err(refused)?;
        if tensor.shape() != shape {
            let found = tensor.shape();
            return Err(refused(format!("model.state_dict: `{name}` has the shape {found:?}, not {shape:?}")));
        }
        Ok(tensor.to_f64())
    }

    fn insert(&mut self, ours: &str, shape: Vec<usize>, values: Vec<f64>) {
        // Checkpoints are f32, and order is all that changes: nothing is rounded here.
        #[expect(clippy::cast_possible_truncation, reason = "the values were f32")]
        let data = Data::F32(values.into_iter().map(|v| v as f32).collect());
        #[expect(clippy::expect_used, reason = "the shape was checked")]
        self.weights.insert(ours.to_owned(), Tensor::new(shape, data).expect("as many numbers as the shape says"));
    }
}
