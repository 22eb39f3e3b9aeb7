//! TensorNet as matgl 2 to 4 write it: `model.json` with the settings, `state.pt` with the weights.
//!
//! What differs from our model files and is undone here:
//! - Matrices of linear layers are `[output][input]`.
//! - What scales the three parts of a matrix is one array, `[channel][part]`; ours is `[part][channel]`.
//! - `model.pt` repeats the settings, `model.json` repeats some weights as text with few digits: neither is read.

use std::collections::BTreeMap;

use schur_atoms::atomic_number;
use schur_io::torch::{Checkpoint, Item};
use schur_io::{Data, Tensor};
use serde_json::Value;

use crate::tensornet::{MatrixSymmetry, RadialExpansion, TensornetArchitecture};
use crate::{Architecture, Model, ModelError};

/// Versions of matgl's classes whose meaning is known.
const MAX_VERSIONS: (u64, u64) = (3, 2);
/// Modules under which matgl has had the model.
const MODULES: [&str; 2] = ["matgl.models._tensornet_pyg", "matgl.models._tensornet"];
/// Hidden layers of the readout's networks: matgl has no setting for them.
const READOUT_LAYERS: usize = 3;
/// Parts of a matrix.
const PARTS: usize = 3;

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
        let importer =
            Importer { state: StateDict::read(&checkpoint.root())?, it: &architecture, weights: BTreeMap::new() };
        let weights = importer.run()?;
        let mut metadata = BTreeMap::new();
        metadata.insert("source.module".to_owned(), text(&settings, "/kwargs/model/@module")?.to_owned());
        Ok(Self { architecture: Architecture::Tensornet(architecture), weights, metadata })
    }
}

fn refused(what: String) -> ModelError {
    ModelError::Checkpoint { what }
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
        layers: count(settings, &of("nblocks"))?,
        symmetry,
        readout_hidden: vec![channels; READOUT_LAYERS],
    })
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

/// The entries of a checkpoint; each is read when it is asked for.
struct StateDict<'c>(BTreeMap<String, Item<'c>>);

impl<'c> StateDict<'c> {
    fn read(item: &Item<'c>) -> Result<Self, ModelError> {
        let entries = item.entries().map_err(|error| refused(error.to_string()))?;
        Ok(Self(entries.into_iter().map(|(key, item)| (key.to_string(), item)).collect()))
    }

    /// An entry of the shape that the architecture asks for.
    fn get(&self, name: &str, shape: &[usize]) -> Result<Vec<f64>, ModelError> {
        let item = self.0.get(name).ok_or_else(|| refused(format!("state.pt has no entry `{name}`")))?;
        let tensor = item.tensor().map_err(|error| refused(error.to_string()))?;
        if tensor.shape() != shape {
            return Err(refused(format!("state.pt: `{name}` has the shape {:?}, not {shape:?}", tensor.shape())));
        }
        Ok(tensor.to_f64())
    }
}

/// A model's weights on their way out of a checkpoint.
struct Importer<'a> {
    state: StateDict<'a>,
    it: &'a TensornetArchitecture,
    weights: BTreeMap<String, Tensor>,
}

impl Importer<'_> {
    fn run(mut self) -> Result<BTreeMap<String, Tensor>, ModelError> {
        let (n, species, functions) = (self.it.channels, self.it.species.len(), self.it.radial.count());
        if let RadialExpansion::Gaussian { .. } = self.it.radial {
            self.copy("model.bond_expansion.rbf.centers", "radial.centers", &[functions])?;
        }
        let theirs = |name: &str| format!("model.tensor_embedding.{name}");
        self.copy(&theirs("emb.weight"), "embedding.species", &[species, n])?;
        self.dense(&theirs("emb2"), "embedding.pair", 2 * n, n, false)?;
        for k in 0..PARTS {
            let name = theirs(&format!("distance_proj{}", k + 1));
            self.dense(&name, &format!("embedding.radial.{k}"), functions, n, false)?;
            self.matrix(&theirs(&format!("linears_tensor.{k}")), &format!("embedding.mix.{k}"), n, n, false)?;
        }
        self.norm(&theirs("init_norm"), "embedding.norm", n)?;
        self.dense(&theirs("linears_scalar.0"), "embedding.gate.0", n, 2 * n, false)?;
        self.dense(&theirs("linears_scalar.1"), "embedding.gate.1", 2 * n, 3 * n, true)?;
        for t in 0..self.it.layers {
            self.layer(t)?;
        }
        self.readout()?;
        self.copy("data_std", "scale", &[])?;
        self.copy("data_mean", "mean", &[])?;
        self.shift()?;
        Ok(self.weights)
    }

    fn layer(&mut self, t: usize) -> Result<(), ModelError> {
        let n = self.it.channels;
        let widths = [self.it.radial.count(), n, 2 * n, 3 * n];
        for (index, pair) in widths.windows(2).enumerate() {
            let theirs = format!("model.layers.{t}.linears_scalar.{index}");
            self.dense(&theirs, &format!("layers.{t}.radial.{index}"), pair[0], pair[1], index == 2)?;
        }
        for k in 0..2 * PARTS {
            let side = if k < PARTS { "mix_in" } else { "mix_out" };
            let ours = format!("layers.{t}.{side}.{}", k % PARTS);
            self.matrix(&format!("model.layers.{t}.linears_tensor.{k}"), &ours, n, n, false)?;
        }
        Ok(())
    }

    fn readout(&mut self) -> Result<(), ModelError> {
        let n = self.it.channels;
        self.norm("model.out_norm", "readout.norm", 3 * n)?;
        self.dense("model.linear", "readout.linear", 3 * n, n, false)?;
        let mut widths = vec![n];
        widths.extend(&self.it.readout_hidden);
        widths.push(1);
        for (theirs, ours) in [("layers", "value"), ("gates", "gate")] {
            for (index, pair) in widths.windows(2).enumerate() {
                // Every second module of theirs is an activation.
                let theirs = format!("model.final_layer.gated.{theirs}.{}", 2 * index);
                self.dense(&theirs, &format!("readout.{ours}.{index}"), pair[0], pair[1], false)?;
            }
        }
        Ok(())
    }

    /// What an atom of each species has of its own; without references it is nothing.
    fn shift(&mut self) -> Result<(), ModelError> {
        let species = self.it.species.len();
        if self.state.0.contains_key("element_refs.property_offset") {
            return self.copy("element_refs.property_offset", "shift", &[species]);
        }
        self.insert("shift", vec![species], vec![0.0; species]);
        Ok(())
    }

    fn norm(&mut self, theirs: &str, ours: &str, width: usize) -> Result<(), ModelError> {
        self.copy(&format!("{theirs}.weight"), ours, &[width])?;
        self.copy(&format!("{theirs}.bias"), &format!("{ours}.bias"), &[width])
    }

    fn dense(
        &mut self,
        theirs: &str,
        ours: &str,
        inputs: usize,
        outputs: usize,
        of_parts: bool,
    ) -> Result<(), ModelError> {
        self.matrix(theirs, ours, inputs, outputs, of_parts)?;
        let bias = self.state.get(&format!("{theirs}.bias"), &[outputs])?;
        let place = |o: usize| if of_parts { self.place(o) } else { o };
        let bias = (0..outputs).map(|o| bias[place(o)]).collect();
        self.insert(&format!("{ours}.bias"), vec![outputs], bias);
        Ok(())
    }

    /// Turns a matrix round; outputs that are factors of parts are put in our order.
    fn matrix(
        &mut self,
        theirs: &str,
        ours: &str,
        inputs: usize,
        outputs: usize,
        of_parts: bool,
    ) -> Result<(), ModelError> {
        let weights = self.state.get(&format!("{theirs}.weight"), &[outputs, inputs])?;
        let place = |o: usize| if of_parts { self.place(o) } else { o };
        let turned = (0..inputs * outputs).map(|n| weights[place(n % outputs) * inputs + n / outputs]).collect();
        self.insert(ours, vec![inputs, outputs], turned);
        Ok(())
    }

    /// Where the file has the factor that is our number `o`.
    const fn place(&self, o: usize) -> usize {
        o % self.it.channels * PARTS + o / self.it.channels
    }

    fn copy(&mut self, theirs: &str, ours: &str, shape: &[usize]) -> Result<(), ModelError> {
        let values = self.state.get(theirs, shape)?;
        let shape = if shape.is_empty() { vec![1] } else { shape.to_vec() };
        self.insert(ours, shape, values);
        Ok(())
    }

    /// Keeps numbers in 32 bits where that loses nothing.
    fn insert(&mut self, ours: &str, shape: Vec<usize>, values: Vec<f64>) {
        #[expect(clippy::cast_possible_truncation, reason = "used only where it is exact")]
        let single: Vec<f32> = values.iter().map(|&v| v as f32).collect();
        let exact = single.iter().zip(&values).all(|(&a, &b)| f64::from(a).to_bits() == b.to_bits());
        let data = if exact { Data::F32(single) } else { Data::F64(values) };
        #[expect(clippy::expect_used, reason = "the shape was checked, or is made here")]
        self.weights.insert(ours.to_owned(), Tensor::new(shape, data).expect("as many numbers as the shape says"));
    }
}
