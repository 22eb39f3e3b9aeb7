//! TensorNet as matgl 2 to 4 write it: `model.json` with the settings, `state.pt` with the weights.
//!
//! What differs from our model files and is undone here:
//! - What scales the three parts of a matrix is one array, `[channel][part]`; ours is `[part][channel]`.
//! - `model.pt` repeats the settings, `model.json` repeats some weights as text with few digits: neither is read.

use std::collections::BTreeMap;

use schur_atoms::atomic_number;
use schur_io::Tensor;
use schur_io::torch::Checkpoint;
use serde_json::Value;

use super::refused;
use super::transfer::{Order, Transfer, Trunk};
use crate::tensornet::{MatrixSymmetry, RadialExpansion, TensornetArchitecture, TensornetReadout};
use crate::{Activation, Architecture, Model, ModelError};

/// Versions of matgl's classes whose meaning is known.
const MAX_VERSIONS: (u64, u64) = (3, 2);
/// Modules under which matgl has had the model.
const MODULES: [&str; 2] = ["matgl.models._tensornet_pyg", "matgl.models._tensornet"];
/// Hidden layers of the readout's networks: matgl has no setting for them.
const READOUT_LAYERS: usize = 3;

impl Model {
    /// Reads a TensorNet potential that matgl has saved: the text of `model.json` and the checkpoint `state.pt`.
    ///
    /// Nothing in the files is executed. What they use and we do not support is refused by name.
    ///
    /// # Errors
    /// [`ModelError::Checkpoint`] with the place in the file, or [`ModelError::Architecture`].
    pub fn from_matgl(settings: &str, checkpoint: &Checkpoint<'_>) -> Result<Self, ModelError> {
        let settings: Value =
            serde_json::from_str(settings).map_err(|error| refused(format!("model.json: {error}")))?;
        let architecture = architecture(&settings)?;
        architecture.validate()?;
        let weights = weights(checkpoint, &architecture)?;
        let mut metadata = BTreeMap::new();
        metadata.insert("source.module".to_owned(), text(&settings, "/kwargs/model/@module")?.to_owned());
        Ok(Self { architecture: Architecture::Tensornet(architecture), weights, metadata })
    }
}

/// The entry of `model.json` at a JSON pointer.
fn entry<'a>(settings: &'a Value, pointer: &str) -> Result<&'a Value, ModelError> {
    settings.pointer(pointer).ok_or_else(|| refused(format!("model.json has no entry `{}`", dotted(pointer))))
}

/// A JSON pointer as people write it.
fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

fn wrong(pointer: &str, found: &Value, expected: &str) -> ModelError {
    refused(format!("model.json: {} is {found}, not {expected}", dotted(pointer)))
}

fn text<'a>(settings: &'a Value, pointer: &str) -> Result<&'a str, ModelError> {
    let found = entry(settings, pointer)?;
    found.as_str().ok_or_else(|| wrong(pointer, found, "text"))
}

fn number(settings: &Value, pointer: &str) -> Result<f64, ModelError> {
    let found = entry(settings, pointer)?;
    found.as_f64().ok_or_else(|| wrong(pointer, found, "a number"))
}

fn count(settings: &Value, pointer: &str) -> Result<usize, ModelError> {
    let found = entry(settings, pointer)?;
    let whole = found.as_u64().and_then(|n| usize::try_from(n).ok());
    whole.ok_or_else(|| wrong(pointer, found, "a whole number"))
}

/// Refuses settings under which the model would be another one than we compute.
fn refuse_unsupported(settings: &Value) -> Result<(), ModelError> {
    for (pointer, expected) in [
        ("/@class", "Potential"),
        ("/kwargs/model/@class", "TensorNet"),
        ("/kwargs/model/init_args/activation_type", "swish"),
        ("/kwargs/model/init_args/task_type", "regression"),
    ] {
        let found = text(settings, pointer)?;
        if found != expected {
            return Err(wrong(pointer, entry(settings, pointer)?, expected));
        }
    }
    let module = text(settings, "/kwargs/model/@module")?;
    if !MODULES.contains(&module) {
        return Err(refused(format!("the model is of the module {module}; known are {}", MODULES.join(" and "))));
    }
    for (pointer, most) in [("/@model_version", MAX_VERSIONS.0), ("/kwargs/model/@model_version", MAX_VERSIONS.1)] {
        let found = entry(settings, pointer)?;
        if found.as_u64().is_none_or(|version| version > most) {
            return Err(wrong(pointer, found, &format!("a version up to {most}")));
        }
    }
    // What is absent has the value that matgl supposes, which is the one expected.
    for (pointer, expected) in [
        ("/kwargs/model/init_args/is_intensive", false),
        ("/kwargs/model/init_args/include_state", false),
        ("/kwargs/calc_repuls", false),
        ("/kwargs/calc_charge", false),
        ("/kwargs/calc_magmom", false),
    ] {
        // An intensive model is matgl's default, so this one must be there.
        let found = settings.pointer(pointer);
        let is_required = pointer.ends_with("is_intensive");
        if (is_required && found.is_none()) || found.is_some_and(|found| found.as_bool() != Some(expected)) {
            return Err(wrong(pointer, found.unwrap_or(&Value::Null), "false: anything else is not supported"));
        }
    }
    let pointer = "/kwargs/model/init_args/ntargets";
    match settings.pointer(pointer) {
        Some(found) if found.as_u64() != Some(1) => Err(wrong(pointer, found, "1: other numbers are not supported")),
        _ => Ok(()),
    }
}

fn architecture(settings: &Value) -> Result<TensornetArchitecture, ModelError> {
    refuse_unsupported(settings)?;
    let of = |name: &str| format!("/kwargs/model/init_args/{name}");
    let species = species(settings, &of("element_types"))?;
    let channels = count(settings, &of("units"))?;
    let pointer = of("equivariance_invariance_group");
    let symmetry = match text(settings, &pointer)? {
        "O(3)" => MatrixSymmetry::O3,
        "SO(3)" => MatrixSymmetry::So3,
        _ => return Err(wrong(&pointer, entry(settings, &pointer)?, "O(3) or SO(3)")),
    };
    Ok(TensornetArchitecture {
        species,
        cutoff: number(settings, &of("cutoff"))?,
        radial: radial(settings)?,
        channels,
        layers: layers(settings, &of("nblocks"))?,
        symmetry,
        readout_hidden: vec![channels; READOUT_LAYERS],
        inner_cutoff: 0.0,
        activation: Activation::Silu,
        self_edges: false,
        readout: TensornetReadout::Gated,
        mean_of_atoms: false,
        charge: 0.0,
        priors: Vec::new(),
    })
}

fn layers(settings: &Value, pointer: &str) -> Result<usize, ModelError> {
    match count(settings, pointer)? {
        0 => Err(wrong(pointer, entry(settings, pointer)?, "1 layer or more")),
        layers => Ok(layers),
    }
}

fn radial(settings: &Value) -> Result<RadialExpansion, ModelError> {
    let of = |name: &str| format!("/kwargs/model/init_args/{name}");
    let pointer = of("rbf_type");
    match text(settings, &pointer)? {
        "SphericalBessel" => {
            let smooth = of("use_smooth");
            if entry(settings, &smooth)?.as_bool() != Some(true) {
                let what = "true: the other Bessel functions are not supported";
                return Err(wrong(&smooth, entry(settings, &smooth)?, what));
            }
            Ok(RadialExpansion::SmoothBessel { count: count(settings, &of("max_n"))? })
        }
        "Gaussian" => {
            let width = number(settings, &of("width"))?;
            // matgl keeps it as a tensor of 32 bits, whatever the precision of the rest.
            #[expect(clippy::cast_possible_truncation, reason = "the rounding is the file's meaning")]
            let width = f64::from(width as f32);
            Ok(RadialExpansion::Gaussian { count: count(settings, &of("num_rbf"))?, width })
        }
        _ => Err(wrong(&pointer, entry(settings, &pointer)?, "SphericalBessel or Gaussian")),
    }
}

fn species(settings: &Value, pointer: &str) -> Result<Vec<u8>, ModelError> {
    let list = entry(settings, pointer)?;
    let number = |symbol: &Value| symbol.as_str().and_then(|symbol| atomic_number(symbol).ok());
    let numbers = list.as_array().map(|list| list.iter().map(number).collect::<Option<Vec<u8>>>());
    numbers.flatten().ok_or_else(|| wrong(pointer, list, "a list of chemical symbols"))
}

/// The weights of the checkpoint under our names.
fn weights(checkpoint: &Checkpoint<'_>, it: &TensornetArchitecture) -> Result<BTreeMap<String, Tensor>, ModelError> {
    let mut to = Transfer::new(&checkpoint.root(), "state.pt", "")?;
    let (n, species, functions) = (it.channels, it.species.len(), it.radial.count());
    if let RadialExpansion::Gaussian { .. } = it.radial {
        to.copy("model.bond_expansion.rbf.centers", "radial.centers", &[functions])?;
    }
    to.copy("model.tensor_embedding.emb.weight", "embedding.species", &[species, n])?;
    let order = Order::ByChannel(n);
    Trunk { prefix: "model.", channels: n, functions, layers: it.layers, order }.transfer(&mut to)?;
    let mut widths = vec![n];
    widths.extend(&it.readout_hidden);
    widths.push(1);
    for (theirs, ours) in [("layers", "value"), ("gates", "gate")] {
        for (index, pair) in widths.windows(2).enumerate() {
            // Every second module of theirs is an activation.
            let theirs = format!("model.final_layer.gated.{theirs}.{}", 2 * index);
            to.dense((&theirs, &format!("readout.{ours}.{index}")), [pair[0], pair[1]], Order::Same)?;
        }
    }
    to.copy("data_std", "scale", &[])?;
    to.copy("data_mean", "mean", &[])?;
    // What an atom of each species has of its own; without references it is nothing.
    if to.has("element_refs.property_offset") {
        to.copy("element_refs.property_offset", "shift", &[species])?;
    } else {
        to.insert("shift", vec![species], vec![0.0; species]);
    }
    Ok(to.weights)
}
