//! Models of MACE, as `mace-torch` pickles them whole.
//!
//! Such a file describes a tree of modules, each with parameters, buffers, parts and plain attributes; it is read as
//! data. Whatever changes the numbers is looked at: a class, a part or a setting that is not known is refused by name.
//! What differs from our model files and is undone here:
//! - Linear layers are one flat array, blocks in the order of e3nn's instructions.
//! - Edges point from the sender to the receiver, ours the other way: harmonics of odd degree change sign.
//! - Convolutions are made for the 3j symbols of the e3nn that wrote the file. They lie in the TorchScript payload of the
//!   product, which is read as data too; nothing else of the payloads is looked at. Where such a symbol is the negative
//!   of ours, the columns of its path change sign.
//! - The basis of the contraction depends on how the file was made. It lies in the file as dense tensors, which are
//!   written in our basis; weights follow. A basis that is not equivariant is refused.
//!
//! Source: the classes of mace-torch 0.3.16 and e3nn 0.4.4.

mod contraction;
mod layer;
mod linear;
mod module;
mod radial;

use std::collections::BTreeMap;

use schur_io::torch::{Checkpoint, Item, TorchError};
use schur_io::{DType, Data, Tensor};

use crate::{Architecture, MaceArchitecture, MaceLayer, MaceReadout, Model, ModelError};
use layer::BlockKind;
use module::Module;

/// The modules that a model is made of.
const PARTS: [&str; 9] = [
    "node_embedding",
    "radial_embedding",
    "spherical_harmonics",
    "atomic_energies_fn",
    "interactions",
    "products",
    "readouts",
    "scale_shift",
    "pair_repulsion_fn",
];

impl Model {
    /// Reads a MACE model, the content of a `.model` file.
    ///
    /// Nothing in the file is executed. What it uses and we do not support is refused by name.
    ///
    /// # Errors
    /// [`ModelError::Checkpoint`] with the place in the file, or [`ModelError::Architecture`].
    pub fn from_mace(checkpoint: &Checkpoint<'_>) -> Result<Self, ModelError> {
        let root = Module::root(checkpoint.root())?;
        root.expect(&["mace.modules.models.MACE", "mace.modules.models.ScaleShiftMACE"])?;
        root.only_parts(&PARTS)?;
        root.refuse_attribute("embedding_specs")?;
        Importer::new().run(&root)
    }
}

/// Something that is not as it must be, with its place.
fn refuse<X>(what: impl Into<String>) -> Result<X, ModelError> {
    Err(ModelError::Checkpoint { what: what.into() })
}

fn damaged(error: TorchError) -> ModelError {
    ModelError::Checkpoint { what: error.to_string() }
}

/// A model on its way out of a checkpoint.
struct Importer {
    weights: BTreeMap<String, Tensor>,
}

impl Importer {
    fn new() -> Self {
        Self { weights: BTreeMap::new() }
    }

    fn run(mut self, root: &Module<'_>) -> Result<Model, ModelError> {
        let species = species(root)?;
        let cutoff = root.number("r_max")?;
        let heads = heads(root)?;
        let embedding = linear::Linear::read(&root.part("node_embedding")?.part("linear")?)?;
        let channels = self.embedding(&embedding, species.len())?;
        let harmonics = root.part("spherical_harmonics")?;
        let (max_harmonic, parity) = harmonics_of(&harmonics)?;
        let radial = self.radial(root, cutoff, &species)?;
        let interactions = root.part("interactions")?.list()?;
        let products = root.part("products")?.list()?;
        let readouts = root.part("readouts")?.list()?;
        if interactions.is_empty() || interactions.len() != products.len() || readouts.is_empty() {
            let (a, b, c) = (interactions.len(), products.len(), readouts.len());
            return refuse(format!("it has {a} interactions, {b} products and {c} readouts"));
        }
        let mut architecture = MaceArchitecture {
            species,
            cutoff,
            max_harmonic,
            parity,
            channels,
            heads: if heads.len() > 1 { heads } else { Vec::new() },
            ..radial
        };
        for (t, (interaction, product)) in interactions.iter().zip(&products).enumerate() {
            self.layer(&mut architecture, t, interaction, product)?;
        }
        self.readouts(&mut architecture, &readouts)?;
        self.energies(&architecture, root)?;
        architecture.validate()?;
        Ok(Model { architecture: Architecture::Mace(architecture), weights: self.weights, metadata: BTreeMap::new() })
    }

    fn embedding(&mut self, linear: &linear::Linear, species: usize) -> Result<usize, ModelError> {
        match linear.parts() {
            [part] if part.rows == species && part.degree == 0 => {
                self.insert("species.embedding", &[species, part.columns], part.values.clone(), linear.dtype())?;
                Ok(part.columns)
            }
            _ => refuse(format!("{} does not map {species} species to scalars", linear.path())),
        }
    }

    /// Reads one interaction with its product.
    fn layer(
        &mut self,
        architecture: &mut MaceArchitecture,
        t: usize,
        interaction: &Module<'_>,
        product: &Module<'_>,
    ) -> Result<(), ModelError> {
        let kind = BlockKind::of(interaction)?;
        let contractions = contraction::Contractions::read(product, architecture)?;
        let layer = MaceLayer {
            sent: layer::sent(interaction, architecture)?,
            degrees: contractions.degrees.clone(),
            correlation: contractions.correlation,
            density: kind.density,
            skip: kind.skip(contractions.use_sc),
            readout: MaceReadout::None,
        };
        if t == 0 {
            architecture.shared_contraction = contractions.shared;
        } else if architecture.shared_contraction != contractions.shared {
            return refuse("some products tell elements apart and others do not");
        }
        architecture.layers.push(layer);
        architecture.validate()?;
        self.interaction(architecture, t, interaction)?;
        self.contractions(architecture, t, &contractions)?;
        let update = linear::Linear::read(&product.part("linear")?)?;
        self.square(&format!("layers.{t}.update"), &update, &contractions.degrees, architecture)
    }

    /// Takes over a linear layer between features of all channels.
    fn square(
        &mut self,
        name: &str,
        linear: &linear::Linear,
        degrees: &[usize],
        architecture: &MaceArchitecture,
    ) -> Result<(), ModelError> {
        let channels = architecture.channels;
        let blocks: Vec<[usize; 2]> = degrees.iter().map(|&l| [l, channels]).collect();
        self.blocks(name, linear, (&blocks, &blocks), architecture)
    }

    /// Takes over a linear layer that has one block for each degree on either side.
    fn blocks(
        &mut self,
        name: &str,
        linear: &linear::Linear,
        (inputs, outputs): (&[[usize; 2]], &[[usize; 2]]),
        architecture: &MaceArchitecture,
    ) -> Result<(), ModelError> {
        linear.check_irreps(inputs, outputs, architecture.parity)?;
        for part in linear.parts() {
            let shape = [part.rows, part.columns];
            self.insert(&format!("{name}.{}", part.degree), &shape, part.values.clone(), linear.dtype())?;
        }
        Ok(())
    }

    fn readouts(&mut self, architecture: &mut MaceArchitecture, readouts: &[Module<'_>]) -> Result<(), ModelError> {
        let layers = architecture.layers.len();
        // A single readout reads the last layer; else each reads its own.
        let first = if readouts.len() == 1 { layers - 1 } else { 0 };
        if first + readouts.len() != layers {
            return refuse(format!("it has {} readouts for {layers} layers", readouts.len()));
        }
        for (t, readout) in (first..layers).zip(readouts) {
            architecture.layers[t].readout = self.readout(architecture, t, readout)?;
        }
        Ok(())
    }

    fn readout(
        &mut self,
        architecture: &MaceArchitecture,
        t: usize,
        readout: &Module<'_>,
    ) -> Result<MaceReadout, ModelError> {
        let (heads, features) = (architecture.n_heads(), architecture.features(t + 1));
        let name = format!("layers.{t}.readout");
        if readout.is("mace.modules.blocks.LinearReadoutBlock") {
            readout.only_parts(&["linear"])?;
            let linear = linear::Linear::read(&readout.part("linear")?)?;
            linear.check_irreps(&features, &[[0, heads]], architecture.parity)?;
            self.single(&format!("{name}.energy"), &linear)?;
            return Ok(MaceReadout::Linear);
        }
        readout.expect(&["mace.modules.blocks.NonLinearReadoutBlock"])?;
        readout.only_parts(&["linear_1", "non_linearity", "linear_2"])?;
        let activation_scale = layer::activation(&readout.part("non_linearity")?)?;
        let first = linear::Linear::read(&readout.part("linear_1")?)?;
        let second = linear::Linear::read(&readout.part("linear_2")?)?;
        let neurons = first.parts().first().map_or(0, |part| part.columns);
        if neurons == 0 || !neurons.is_multiple_of(heads) {
            return refuse(format!("{} has {neurons} neurons for {heads} heads", first.path()));
        }
        first.check_irreps(&features, &[[0, neurons]], architecture.parity)?;
        second.check_irreps(&[[0, neurons]], &[[0, heads]], architecture.parity)?;
        self.single(&format!("{name}.hidden"), &first)?;
        self.single(&format!("{name}.energy"), &second)?;
        Ok(MaceReadout::Network { hidden: neurons / heads, activation_scale })
    }

    /// Takes over a linear layer of scalars.
    fn single(&mut self, name: &str, linear: &linear::Linear) -> Result<(), ModelError> {
        match linear.parts() {
            [part] => self.insert(name, &[part.rows, part.columns], part.values.clone(), linear.dtype()),
            parts => refuse(format!("{} has {} blocks, not one", linear.path(), parts.len())),
        }
    }

    /// Energies of free atoms, scale and shift of each head.
    fn energies(&mut self, architecture: &MaceArchitecture, root: &Module<'_>) -> Result<(), ModelError> {
        let (heads, species) = (architecture.n_heads(), architecture.species.len());
        let block = root.part("atomic_energies_fn")?;
        block.expect(&["mace.modules.blocks.AtomicEnergiesBlock"])?;
        let energies = block.tensor("atomic_energies")?;
        if energies.len() != heads * species || energies.shape().last() != Some(&species) {
            return refuse(format!("{}.atomic_energies has shape {:?}", block.path(), energies.shape()));
        }
        self.insert("energies", &[heads, species], energies.to_f64(), DType::F64)?;
        let Some(block) = root.find_part("scale_shift")? else {
            self.insert("scale", &[heads], vec![1.0; heads], DType::F64)?;
            return self.insert("shift", &[heads], vec![0.0; heads], DType::F64);
        };
        block.expect(&["mace.modules.blocks.ScaleShiftBlock"])?;
        for name in ["scale", "shift"] {
            let values = block.tensor(name)?.to_f64();
            if values.len() != heads {
                return refuse(format!("{}.{name} has {} numbers for {heads} heads", block.path(), values.len()));
            }
            self.insert(name, &[heads], values, DType::F64)?;
        }
        Ok(())
    }

    /// Adds a weight, which keeps single precision if it had that.
    fn insert(&mut self, name: &str, shape: &[usize], values: Vec<f64>, dtype: DType) -> Result<(), ModelError> {
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            return refuse(format!("what becomes weight `{name}` holds {value}: the file is damaged"));
        }
        let data = match dtype {
            #[expect(clippy::cast_possible_truncation, reason = "the values were f32")]
            DType::F32 => Data::F32(values.iter().map(|&value| value as f32).collect()),
            _ => Data::F64(values),
        };
        let tensor = Tensor::new(shape.to_vec(), data)
            .map_err(|error| ModelError::Checkpoint { what: format!("what becomes weight `{name}`: {error}") })?;
        self.weights.insert(name.to_owned(), tensor);
        Ok(())
    }
}

/// Atomic numbers in the order of the species' weights.
fn species(root: &Module<'_>) -> Result<Vec<u8>, ModelError> {
    let numbers = root.tensor("atomic_numbers")?.to_f64();
    let number = |&z: &f64| match z {
        z if (1.0..=118.0).contains(&z) && z.fract() == 0.0 => Ok(z as u8),
        z => refuse(format!("atomic_numbers holds {z}")),
    };
    numbers.iter().map(number).collect()
}

/// Names of the heads; files from before there were several have one.
fn heads(root: &Module<'_>) -> Result<Vec<String>, ModelError> {
    let Some(heads) = root.attribute("heads")? else { return Ok(vec!["Default".to_owned()]) };
    let name = |item: &Item<'_>| item.as_str().map(str::to_owned).map_err(damaged);
    heads.items().map_err(damaged)?.iter().map(name).collect()
}

/// The largest degree of the harmonics, and whether they change sign under inversion.
fn harmonics_of(harmonics: &Module<'_>) -> Result<(usize, bool), ModelError> {
    harmonics.expect(&["e3nn.o3._spherical_harmonics.SphericalHarmonics"])?;
    let normalize = harmonics.require_attribute("normalize")?.as_bool().map_err(damaged)?;
    let normalization = harmonics.require_attribute("normalization")?;
    let irreps = linear::irreps(harmonics, "irreps_out")?;
    let all = |sign: fn(usize) -> i64| {
        irreps.iter().enumerate().all(|(l, irrep)| (irrep.channels, irrep.degree, irrep.parity) == (1, l, sign(l)))
    };
    let odd = all(|l| if l.is_multiple_of(2) { 1 } else { -1 });
    if !normalize || normalization.as_str().map_err(damaged)? != "component" || !(odd || all(|_| 1)) {
        return refuse("its harmonics are not those of directions in component normalisation from degree 0 on");
    }
    Ok((irreps.len().saturating_sub(1), odd))
}
