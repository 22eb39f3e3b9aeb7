//! Checkpoints of SevenNet, as `sevenn` 0.9 wrote them.
//!
//! What differs from our model files and is undone here:
//! - Names: the earliest files say `0 self connection intro`, `denumerator`, `EdgeEmbedding`.
//! - Linear layers are one flat array, blocks in the order of e3nn's instructions: for each input block the output
//!   block of the same degree. A modality's one-hot is an input block of its own, the last.
//! - Weights of a convolution are made for the 3j symbols that the file was trained with and stores beside them. Where
//!   such a symbol is the negative of ours, the columns of its path change sign. Which ones do differs from file to
//!   file.
//! - `_normalize_sph` is absent from the earliest files, which means that harmonics are solid: $r^l Y_l$.

use std::collections::BTreeMap;

use schur_group::{Irrep, Irreps, Parity, wigner_3j};
use schur_io::torch::{Checkpoint, Item, Key};
use schur_io::{Data, Tensor};
use schur_product::{ConvolutionPath, Layout};

use crate::{Architecture, CutoffFunction, Model, ModelError, NequipArchitecture};

/// The second moment of SiLU under a normal distribution, to the power -1/2, as e3nn estimates it (10^6 samples, seed
/// 0): `e3nn.math.normalize2mom`. The exact value differs in the fourth digit and would be another model.
const SILU_SCALE: f64 = 1.679_176_792_398_941_8;
/// Width of the hidden layer of the readout: half the channels of the last features.
const READOUT_SHARE: usize = 2;
/// How far a stored 3j symbol, rounded to f32, may be from ours or its negative.
const SYMBOL_TOLERANCE: f64 = 1e-4;

impl Model {
    /// Reads a SevenNet checkpoint, the content of a `.pth` file.
    ///
    /// Nothing in the file is executed. What it uses and we do not support is refused by name.
    ///
    /// # Errors
    /// [`ModelError::Checkpoint`] with the place in the file, or [`ModelError::Architecture`].
    pub fn from_sevennet(checkpoint: &Checkpoint<'_>) -> Result<Self, ModelError> {
        let root = checkpoint.root();
        let config = root.get("config").map_err(damaged)?;
        refuse_unsupported(&config)?;
        let state = StateDict::read(&root.get("model_state_dict").map_err(damaged)?)?;
        let architecture = architecture(&config, &state)?;
        architecture.validate()?;
        let weights = Importer { state, architecture: &architecture, weights: BTreeMap::new() }.run()?;
        let mut metadata = BTreeMap::new();
        for (key, name) in [("version", "source.sevenn_version")] {
            if let Ok(value) = config.get(key).and_then(|item| item.as_str().map(str::to_owned)) {
                metadata.insert(name.to_owned(), value);
            }
        }
        Ok(Self { architecture: Architecture::Nequip(architecture), weights, metadata })
    }
}

fn damaged(error: impl std::fmt::Display) -> ModelError {
    ModelError::Checkpoint { what: error.to_string() }
}

/// Refuses settings under which the model would be another one than we compute.
fn refuse_unsupported(config: &Item<'_>) -> Result<(), ModelError> {
    let version = config.get("version").map_err(damaged)?;
    let version = version.as_str().map_err(damaged)?;
    if !version.starts_with("0.9.") && !version.starts_with("0.10.") {
        let what = format!("it was written by sevenn {version}; only the order of weights of 0.9 and 0.10 is known");
        return Err(ModelError::Checkpoint { what });
    }
    let required_text = [
        ("_model_type", "E3_equivariant_model"),
        ("self_connection_type", "linear"),
        ("interaction_type", "nequip"),
        ("act_radial", "silu"),
    ];
    for (key, expected) in required_text {
        if let Some(item) = config.find(key).map_err(damaged)? {
            let found = item.as_str().map_err(damaged)?;
            if found != expected {
                return Err(unsupported(key, found, expected));
            }
        }
    }
    for (key, expected) in [
        ("is_parity", false),
        ("use_bias_in_linear", false),
        ("readout_as_fcn", false),
        ("use_modal_node_embedding", false),
    ] {
        check_flag(config, key, expected)?;
    }
    if flag(config, "use_modality")? {
        for key in ["use_modal_self_inter_intro", "use_modal_self_inter_outro", "use_modal_output_block"] {
            check_flag(config, key, true)?;
        }
        check_flag(config, "use_modal_wise_scale", false)?;
    }
    for key in ["act_scalar", "act_gate"] {
        if let Some(item) = config.find(key).map_err(damaged)? {
            let even = item.get("e").map_err(damaged)?;
            let found = even.as_str().map_err(damaged)?;
            if found != "silu" {
                return Err(unsupported(key, found, "silu"));
            }
        }
    }
    for key in ["lmax_edge", "lmax_node"] {
        if let Some(item) = config.find(key).map_err(damaged)? {
            let found = item.as_i64().map_err(damaged)?;
            if found >= 0 {
                return Err(unsupported(key, &found.to_string(), "-1"));
            }
        }
    }
    Ok(())
}

fn unsupported(key: &str, found: &str, expected: &str) -> ModelError {
    ModelError::Checkpoint { what: format!("config.{key} is {found}; only {expected} is supported") }
}

fn flag(config: &Item<'_>, key: &str) -> Result<bool, ModelError> {
    config.find(key).map_err(damaged)?.map_or(Ok(false), |item| item.as_bool().map_err(damaged))
}

fn check_flag(config: &Item<'_>, key: &str, expected: bool) -> Result<(), ModelError> {
    match config.find(key).map_err(damaged)? {
        Some(item) if item.as_bool().map_err(damaged)? != expected => {
            Err(unsupported(key, &(!expected).to_string(), &expected.to_string()))
        }
        _ => Ok(()),
    }
}

fn architecture(config: &Item<'_>, state: &StateDict<'_>) -> Result<NequipArchitecture, ModelError> {
    let usize_of = |key: &str| config.get(key).and_then(|item| item.as_usize()).map_err(damaged);
    let mut features = Vec::new();
    for item in config.get("irreps_manual").and_then(|item| item.items()).map_err(damaged)? {
        features.push(parse_features(item.as_str().map_err(damaged)?)?);
    }
    let mut radial_hidden = Vec::new();
    for item in config.get("weight_nn_hidden_neurons").and_then(|item| item.items()).map_err(damaged)? {
        radial_hidden.push(item.as_usize().map_err(damaged)?);
    }
    let basis = config.get("radial_basis").map_err(damaged)?;
    let name = basis.get("radial_basis_name").map_err(damaged)?;
    let name = name.as_str().map_err(damaged)?;
    if name != "bessel" {
        return Err(unsupported("radial_basis.radial_basis_name", name, "bessel"));
    }
    let last = features.last().and_then(|blocks: &Vec<[usize; 2]>| blocks.first()).map_or(0, |block| block[1]);
    if features.len() != usize_of("num_convolution_layer")? + 1 {
        let what = format!("config.irreps_manual has {} entries for one more layer than that", features.len());
        return Err(ModelError::Checkpoint { what });
    }
    Ok(NequipArchitecture {
        species: species(config)?,
        cutoff: config.get("cutoff").and_then(|item| item.as_f64()).map_err(damaged)?,
        cutoff_function: cutoff_function(&config.get("cutoff_function").map_err(damaged)?)?,
        radial_functions: state.get("edge_embedding.basis_function.coeffs")?.len(),
        radial_hidden,
        max_harmonic: usize_of("lmax")?,
        normalized_harmonics: flag(config, "_normalize_sph")?,
        features,
        readout_hidden: last / READOUT_SHARE,
        activation_scale: SILU_SCALE,
        modalities: modalities(config)?,
    })
}

/// Blocks of `128x0e+64x1e`: even parity only, which is how files without parity are written.
fn parse_features(text: &str) -> Result<Vec<[usize; 2]>, ModelError> {
    let irreps: Irreps = text.parse().map_err(damaged)?;
    let block = |(channels, irrep): (usize, Irrep)| match irrep.parity {
        Parity::Even => Ok([irrep.l, channels]),
        Parity::Odd => Err(unsupported("irreps_manual", text, "irreps of even parity")),
    };
    irreps.iter().map(block).collect()
}

fn cutoff_function(config: &Item<'_>) -> Result<CutoffFunction, ModelError> {
    let name = config.get("cutoff_function_name").map_err(damaged)?;
    match name.as_str().map_err(damaged)? {
        "XPLOR" => {
            let onset = config.get("cutoff_on").and_then(|item| item.as_f64()).map_err(damaged)?;
            Ok(CutoffFunction::Xplor { onset })
        }
        "poly_cut" => {
            let power = config.get("poly_cut_p_value").and_then(|item| item.as_usize()).map_err(damaged)?;
            Ok(CutoffFunction::Polynomial { power: u32::try_from(power).map_err(damaged)? })
        }
        name => Err(unsupported("cutoff_function.cutoff_function_name", name, "XPLOR or poly_cut")),
    }
}

/// Atomic numbers in the order of the species' weights, from the map of atomic number to position.
fn species(config: &Item<'_>) -> Result<Vec<u8>, ModelError> {
    let map = config.get("_type_map").map_err(damaged)?;
    let entries = map.entries().map_err(damaged)?;
    let mut species = vec![0; entries.len()];
    for (key, item) in &entries {
        let position = item.as_usize().map_err(damaged)?;
        let number = match key {
            Key::Int(number) => u8::try_from(*number).ok(),
            _ => None,
        };
        match (number, species.get_mut(position)) {
            (Some(number), Some(place)) if *place == 0 => *place = number,
            _ => return Err(ModelError::Checkpoint { what: format!("{} maps {key} to {position}", map.path()) }),
        }
    }
    Ok(species)
}

/// Names of the modalities in the order of their weights.
fn modalities(config: &Item<'_>) -> Result<Vec<String>, ModelError> {
    if !flag(config, "use_modality")? {
        return Ok(Vec::new());
    }
    let map = config.get("_modal_map").map_err(damaged)?;
    let entries = map.entries().map_err(damaged)?;
    let mut names = vec![String::new(); entries.len()];
    for (key, item) in &entries {
        let position = item.as_usize().map_err(damaged)?;
        match names.get_mut(position) {
            Some(name) if name.is_empty() => *name = key.to_string(),
            _ => return Err(ModelError::Checkpoint { what: format!("{} maps {key} to {position}", map.path()) }),
        }
    }
    Ok(names)
}

/// The entries of a checkpoint under the names of its later versions.
///
/// Each is read when it is asked for: a small file can describe many large tensors.
struct StateDict<'c>(BTreeMap<String, Item<'c>>);

impl<'c> StateDict<'c> {
    fn read(item: &Item<'c>) -> Result<Self, ModelError> {
        let entries = item.entries().map_err(damaged)?;
        Ok(Self(entries.into_iter().map(|(key, item)| (later_name(&key.to_string()), item)).collect()))
    }

    fn find(&self, name: &str) -> Result<Option<Vec<f64>>, ModelError> {
        self.0.get(name).map(|item| item.to_f64s().map_err(damaged)).transpose()
    }

    fn get(&self, name: &str) -> Result<Vec<f64>, ModelError> {
        let what = || format!("model_state_dict has no entry `{name}`");
        self.find(name)?.ok_or_else(|| ModelError::Checkpoint { what: what() })
    }
}

/// The name that later versions give to an entry.
fn later_name(name: &str) -> String {
    let name = name.replace(' ', "_").replace("denumerator", "denominator");
    let name = name.replace("EdgeEmbedding.", "edge_embedding.");
    name.replace("reducing_nn_input_to_hidden", "reduce_input_to_hidden")
        .replace("reducing_nn_hidden_to_energy", "reduce_hidden_to_energy")
}

/// A model's weights on their way out of a checkpoint.
struct Importer<'a> {
    state: StateDict<'a>,
    architecture: &'a NequipArchitecture,
    weights: BTreeMap<String, Tensor>,
}

impl Importer<'_> {
    fn run(mut self) -> Result<BTreeMap<String, Tensor>, ModelError> {
        let architecture = self.architecture;
        let species = architecture.species.len();
        let modalities = architecture.modalities.len();
        self.copy("edge_embedding.basis_function.coeffs", "radial.frequencies", &[architecture.radial_functions])?;
        let first = architecture.layout(0).len();
        self.copy("onehot_to_feature_x.linear.weight", "species.embedding", &[species, first])?;
        for t in 0..architecture.layers() {
            self.layer(t)?;
        }
        let last = architecture.layout(architecture.layers());
        let hidden = Layout::new([(0, architecture.readout_hidden)]);
        self.linear("reduce_input_to_hidden", "readout.hidden", (&last, &hidden), modalities)?;
        // The readout has degree zero alone: its weights carry no degree in their name.
        if let Some(weight) = self.weights.remove("readout.hidden.0") {
            self.weights.insert("readout.hidden".to_owned(), weight);
        }
        self.copy("reduce_hidden_to_energy.linear.weight", "readout.energy", &[architecture.readout_hidden, 1])?;
        self.copy("rescale_atomic_energy.scale", "scale", &[species])?;
        self.copy("rescale_atomic_energy.shift", "shift", &[modalities.max(1), species])?;
        Ok(self.weights)
    }

    fn layer(&mut self, t: usize) -> Result<(), ModelError> {
        let architecture = self.architecture;
        let modalities = architecture.modalities.len();
        let (features, gate_input) = (architecture.layout(t), architecture.gate_layout(t));
        let convolution = architecture.convolution(t)?;
        let ours = |part: &str| format!("layers.{t}.{part}");
        let connection = format!("{t}_self_connection_intro");
        self.linear(&connection, &ours("self_connection"), (&features, &gate_input), 0)?;
        let (intro, outro) = (format!("{t}_self_interaction_1"), format!("{t}_self_interaction_2"));
        self.linear(&intro, &ours("linear_in"), (&features, &features), modalities)?;
        self.linear(&outro, &ours("linear_out"), (&convolution.output, &gate_input), modalities)?;
        self.copy(&format!("{t}_convolution.denominator"), &ours("denominator"), &[1])?;
        let mut widths = vec![architecture.radial_functions];
        widths.extend(&architecture.radial_hidden);
        widths.push(convolution.weights());
        let last = widths.len() - 2;
        for (index, pair) in widths.windows(2).enumerate() {
            let theirs = format!("{t}_convolution.weight_nn.layer{index}.weight");
            self.copy(&theirs, &ours(&format!("radial.{index}")), pair)?;
        }
        self.align_signs(t, &ours(&format!("radial.{last}")), &convolution.paths)
    }

    fn copy(&mut self, theirs: &str, ours: &str, shape: &[usize]) -> Result<(), ModelError> {
        let values = self.state.get(theirs)?;
        self.insert(theirs, ours, shape, &values)
    }

    fn insert(&mut self, theirs: &str, ours: &str, shape: &[usize], values: &[f64]) -> Result<(), ModelError> {
        // Checkpoints are f32, and signs and order are all that changes: nothing is rounded here.
        #[expect(clippy::cast_possible_truncation, reason = "the values were f32")]
        let data = Data::F32(values.iter().map(|&v| v as f32).collect());
        let tensor = Tensor::new(shape.to_vec(), data).map_err(|error| ModelError::Checkpoint {
            what: format!("model_state_dict.{theirs} does not fit the architecture: {error}"),
        })?;
        self.weights.insert(ours.to_owned(), tensor);
        Ok(())
    }

    /// Cuts a flat linear layer into one matrix a degree, and the modality's rows.
    fn linear(
        &mut self,
        theirs: &str,
        ours: &str,
        (inputs, outputs): (&Layout, &Layout),
        modalities: usize,
    ) -> Result<(), ModelError> {
        let theirs = format!("{theirs}.linear.weight");
        let flat = self.state.get(&theirs)?;
        let mut blocks: Vec<(String, usize, usize)> = Vec::new();
        for input in inputs.blocks() {
            if let Some(output) = outputs.block(input.degree) {
                blocks.push((format!("{ours}.{}", input.degree), input.channels, output.channels));
            }
        }
        if let Some(output) = outputs.block(0).filter(|_| modalities > 0) {
            blocks.push((format!("{ours}.modality"), modalities, output.channels));
        }
        let expected: usize = blocks.iter().map(|(_, rows, columns)| rows * columns).sum();
        if flat.len() != expected {
            let what = format!("model_state_dict.{theirs} has {} numbers, not {expected}", flat.len());
            return Err(ModelError::Checkpoint { what });
        }
        let mut rest = flat.as_slice();
        for (name, rows, columns) in blocks {
            let (block, tail) = rest.split_at(rows * columns);
            self.insert(&theirs, &name, &[rows, columns], block)?;
            rest = tail;
        }
        Ok(())
    }

    /// Negates the columns of the paths whose stored 3j symbol is the negative of ours.
    fn align_signs(&mut self, t: usize, name: &str, paths: &[ConvolutionPath]) -> Result<(), ModelError> {
        let Some(tensor) = self.weights.get(name) else { return Ok(()) };
        let shape = tensor.shape().to_vec();
        let mut values = tensor.to_f64();
        for path in paths {
            if self.sign(t, path.degrees)? < 0.0 {
                for row in values.chunks_exact_mut(shape[1]) {
                    row[path.weight..path.weight + path.channels].iter_mut().for_each(|w| *w = -*w);
                }
            }
        }
        self.insert(name, name, &shape, &values)
    }

    /// The sign of a stored 3j symbol against ours; symbols with a scalar leg are not stored and have ours.
    fn sign(&self, t: usize, [l1, l2, l3]: [usize; 3]) -> Result<f64, ModelError> {
        let name = format!("{t}_convolution.convolution._compiled_main_left_right._w3j_{l1}_{l2}_{l3}");
        let Some(stored) = self.state.find(&name)? else {
            // Only symbols without a scalar leg are stored.
            return if [l1, l2, l3].contains(&0) { Ok(1.0) } else { self.state.get(&name).map(|_| 1.0) };
        };
        let ours = wigner_3j(l1, l2, l3).map_err(damaged)?.to_dense();
        let overlap: f64 = stored.iter().zip(&ours).map(|(a, b)| a * b).sum();
        if stored.len() != ours.len() || (overlap.abs() - 1.0).abs() > SYMBOL_TOLERANCE {
            let what = format!("model_state_dict.{name} is neither the 3j symbol nor its negative");
            return Err(ModelError::Checkpoint { what });
        }
        Ok(overlap.signum())
    }
}
