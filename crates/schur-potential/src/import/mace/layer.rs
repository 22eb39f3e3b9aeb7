//! Interactions of a MACE file: what is sent, the convolution with its radial network, and what follows it.

use schur_group::wigner_3j;
use schur_io::torch::{Checkpoint, Item, Kind};
use schur_io::{DType, Tensor};
use schur_product::{Convolution, ConvolutionPath};

use super::linear::{FACTOR_TOLERANCE, Irrep, Linear, check_irreps, irreps, written};
use super::module::Module;
use super::{Importer, damaged, refuse};
use crate::{MaceArchitecture, MaceSkip, ModelError};

/// How far a stored 3j symbol, rounded to f32, may be from ours or its negative.
const SYMBOL_TOLERANCE: f64 = 1e-4;
/// The member of a product's payloads that computes it.
const PAYLOAD: &str = "_compiled_main_left_right";

/// What the class of an interaction says.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockKind {
    /// Whether the features before are added; else messages are mixed by element.
    residual: bool,
    pub density: bool,
}

impl BlockKind {
    /// Tells the classes apart.
    pub fn of(block: &Module<'_>) -> Result<Self, ModelError> {
        let known = [
            ("RealAgnosticInteractionBlock", false, false),
            ("RealAgnosticResidualInteractionBlock", true, false),
            ("RealAgnosticDensityInteractionBlock", false, true),
            ("RealAgnosticDensityResidualInteractionBlock", true, true),
        ];
        let name = block.class().strip_prefix("mace.modules.blocks.");
        match known.iter().find(|(class, ..)| name == Some(class)) {
            Some(&(_, residual, density)) => Ok(Self { residual, density }),
            None => refuse(format!("{} is a {}, which is not supported", block.path(), block.class())),
        }
    }

    /// What depends on the element; a residual counts only if the product takes it up.
    pub fn skip(self, use_sc: bool) -> MaceSkip {
        match (self.residual, use_sc) {
            (true, true) => MaceSkip::Residual,
            (true, false) => MaceSkip::None,
            (false, _) => MaceSkip::Message,
        }
    }
}

/// What neighbours send, `[degree, channels]`.
pub(super) fn sent(block: &Module<'_>, architecture: &MaceArchitecture) -> Result<Vec<[usize; 2]>, ModelError> {
    let product = block.part("conv_tp")?;
    let blocks: Vec<[usize; 2]> =
        irreps(&product, "irreps_in1")?.iter().map(|irrep| [irrep.degree, irrep.channels]).collect();
    check_irreps(&product, "irreps_in1", &blocks, architecture.parity)?;
    Ok(blocks)
}

/// The factor of an activation, which must be SiLU.
pub(super) fn activation(module: &Module<'_>) -> Result<f64, ModelError> {
    module.expect(&["e3nn.nn._activation.Activation"])?;
    match &module.part("acts")?.list()?[..] {
        [act] => silu(act),
        acts => refuse(format!("{} has {} activations, not one", module.path(), acts.len())),
    }
}

/// The factor that e3nn has found for SiLU.
fn silu(act: &Module<'_>) -> Result<f64, ModelError> {
    act.expect(&["e3nn.math._normalize_activation.normalize2mom"])?;
    let function = act.require_attribute("f")?;
    match function.kind().map_err(damaged)? {
        Kind::Unknown { module: "torch.nn.functional" | "torch._C._nn", name: "silu" } => {}
        other => return refuse(format!("{}.f is {other:?}, not SiLU", act.path())),
    }
    if act.flag("_is_id", false)? { Ok(1.0) } else { act.number("cst") }
}

impl Importer {
    /// Reads the interaction of layer `t`, which the architecture has already.
    pub(super) fn interaction(
        &mut self,
        architecture: &mut MaceArchitecture,
        t: usize,
        block: &Module<'_>,
    ) -> Result<(), ModelError> {
        let parts = ["linear_up", "conv_tp", "conv_tp_weights", "linear", "skip_tp", "density_fn", "reshape"];
        block.only_parts(&parts)?;
        block.no_parameters()?;
        for name in ["cueq_config", "oeq_config", "conv_fusion"] {
            block.refuse_attribute(name)?;
        }
        let (before, sent) = (architecture.features(t), architecture.layers[t].sent.clone());
        let up = Linear::read(&block.part("linear_up")?)?;
        self.blocks(&format!("layers.{t}.send"), &up, (&before, &sent), architecture)?;
        let convolution = architecture.convolution(t, false)?;
        let product = Product::read(&block.part("conv_tp")?, architecture, &convolution)?;
        self.radial_network(architecture, t, &block.part("conv_tp_weights")?, (&product, &convolution))?;
        self.gather(architecture, t, &block.part("linear")?, (&product, &convolution))?;
        let layer = &architecture.layers[t];
        if layer.density {
            self.density(architecture, t, &block.part("density_fn")?)?;
        } else {
            let average = block.number("avg_num_neighbors")?;
            self.insert(&format!("layers.{t}.denominator"), &[1], vec![average], DType::F64)?;
        }
        match layer.skip {
            MaceSkip::None => Ok(()),
            MaceSkip::Message => {
                let all: Vec<[usize; 2]> =
                    (0..=architecture.max_harmonic).map(|l| [l, architecture.channels]).collect();
                self.skip(architecture, t, &block.part("skip_tp")?, (&all, &all))
            }
            MaceSkip::Residual => {
                self.skip(architecture, t, &block.part("skip_tp")?, (&before, &architecture.features(t + 1)))
            }
        }
    }

    /// The radial network: hidden layers must be alike in all layers of the model.
    fn radial_network(
        &mut self,
        architecture: &mut MaceArchitecture,
        t: usize,
        module: &Module<'_>,
        (product, convolution): (&Product, &Convolution),
    ) -> Result<(), ModelError> {
        let layers = dense_layers(module)?;
        let widths: Vec<usize> = layers.iter().map(|(tensor, _)| tensor.shape()[1]).collect();
        let (Some((last, _)), hidden) = (layers.last(), &widths[..widths.len().saturating_sub(1)]) else {
            return refuse(format!("{} has no layer", module.path()));
        };
        let scales: Vec<f64> = layers[..layers.len() - 1].iter().filter_map(|(_, scale)| *scale).collect();
        if t == 0 {
            architecture.radial_hidden = hidden.to_vec();
            architecture.activation_scale = scales.first().copied().unwrap_or(1.0);
        }
        let same = scales.iter().all(|&scale| scale == architecture.activation_scale);
        if architecture.radial_hidden != hidden
            || scales.len() != hidden.len()
            || !same
            || layers.last().is_some_and(|l| l.1.is_some())
        {
            return refuse(format!("{} is not a network like that of the first layer", module.path()));
        }
        let mut inputs = architecture.radial_functions;
        for (index, (tensor, _)) in layers.iter().enumerate() {
            if tensor.shape()[0] != inputs {
                return refuse(format!(
                    "{}.layer{index} has {} inputs, not {inputs}",
                    module.path(),
                    tensor.shape()[0]
                ));
            }
            inputs = tensor.shape()[1];
            let mut values = tensor.to_f64();
            if index + 1 == layers.len() {
                if inputs != convolution.weights() {
                    let expected = convolution.weights();
                    return refuse(format!("{} makes {inputs} weights, not {expected}", module.path()));
                }
                values = product.reordered(&values, convolution);
            }
            self.insert(&format!("layers.{t}.radial.{index}"), tensor.shape(), values, last.data().dtype())?;
        }
        Ok(())
    }

    /// The linear layer behind the convolution; rows go to the order of our paths.
    fn gather(
        &mut self,
        architecture: &MaceArchitecture,
        t: usize,
        module: &Module<'_>,
        (product, convolution): (&Product, &Convolution),
    ) -> Result<(), ModelError> {
        let linear = Linear::read(module)?;
        let channels = architecture.channels;
        for block in convolution.output.blocks() {
            let degree = block.degree;
            let part = linear.parts().iter().find(|part| part.degree == degree);
            let Some(part) = part.filter(|part| part.rows == block.channels && part.columns == channels) else {
                return refuse(format!(
                    "{} takes {} and does not make {channels} channels of degree {degree} of {}",
                    linear.path(),
                    written(linear.inputs()),
                    block.channels
                ));
            };
            let mut values = vec![0.0; part.values.len()];
            for (index, path) in convolution.paths.iter().enumerate().filter(|(_, path)| path.degrees[2] == degree) {
                let to = (convolution.results[index].offset - block.offset) * channels;
                let from = product.paths[index].row * channels;
                let count = path.channels * channels;
                values[to..to + count].copy_from_slice(&part.values[from..from + count]);
            }
            let name = format!("layers.{t}.gather.{degree}");
            self.insert(&name, &[block.channels, channels], values, linear.dtype())?;
        }
        Ok(())
    }

    fn density(&mut self, architecture: &MaceArchitecture, t: usize, module: &Module<'_>) -> Result<(), ModelError> {
        let layers = dense_layers(module)?;
        let n = architecture.radial_functions;
        match &layers[..] {
            [(tensor, None)] if tensor.shape() == [n, 1] => {
                self.insert(&format!("layers.{t}.density"), &[n], tensor.to_f64(), tensor.data().dtype())
            }
            _ => refuse(format!("{} is not one linear function of {n} radial functions", module.path())),
        }
    }

    /// Matrices of each element.
    fn skip(
        &mut self,
        architecture: &MaceArchitecture,
        t: usize,
        module: &Module<'_>,
        (inputs, outputs): (&[[usize; 2]], &[[usize; 2]]),
    ) -> Result<(), ModelError> {
        module.expect(&["e3nn.o3._tensor_product._sub.FullyConnectedTensorProduct"])?;
        let (channels, species) = (architecture.channels, architecture.species.len());
        check_irreps(module, "irreps_in1", inputs, architecture.parity)?;
        check_irreps(module, "irreps_in2", &[[0, species]], architecture.parity)?;
        check_irreps(module, "irreps_out", outputs, architecture.parity)?;
        let weight = module.tensor("weight")?;
        let flat = weight.to_f64();
        let mut rest = flat.as_slice();
        for item in module.require_attribute("instructions")?.items().map_err(damaged)? {
            let path = Instruction::read(module, &item, "uvw")?;
            let degrees = [inputs.get(path.places[0]), outputs.get(path.places[2])].map(|block| block.map(|b| b[0]));
            let [Some(degree), Some(to)] = degrees else {
                return refuse(format!("{} has an instruction for blocks that are not there", module.path()));
            };
            let expected = ((2 * degree + 1) as f64 / (channels * species) as f64).sqrt();
            let sound = degree == to && (path.factor - expected).abs() <= FACTOR_TOLERANCE * expected;
            let count = channels * species * channels;
            if !sound || rest.len() < count {
                return refuse(format!("{} has a path that is not normalised as expected", module.path()));
            }
            let (own, tail) = rest.split_at(count);
            let name = format!("layers.{t}.skip.{degree}");
            self.insert(&name, &[channels, species, channels], own.to_vec(), weight.data().dtype())?;
            rest = tail;
        }
        if rest.is_empty() { Ok(()) } else { refuse(format!("{}.weight is longer than its paths", module.path())) }
    }
}

/// The weights of a network's layers, and the factor of the activation behind each.
fn dense_layers(module: &Module<'_>) -> Result<Vec<(Tensor, Option<f64>)>, ModelError> {
    module.expect(&["e3nn.nn._fc.FullyConnectedNet"])?;
    let mut layers = Vec::new();
    while let Some(layer) = module.find_part(&format!("layer{}", layers.len()))? {
        layer.expect(&["e3nn.nn._fc._Layer"])?;
        layer.only_parts(&["act"])?;
        let weight = layer.tensor("weight")?;
        if weight.shape().len() != 2 {
            return refuse(format!("{}.weight has shape {:?}", layer.path(), weight.shape()));
        }
        for name in ["var_in", "var_out"] {
            if layer.number(name)? != 1.0 {
                return refuse(format!("{}.{name} is not 1", layer.path()));
            }
        }
        let scale = layer.find_part("act")?.map(|act| silu(&act)).transpose()?;
        if scale.is_none() && layer.attribute("act")?.is_some() {
            return refuse(format!("{}.act is no activation of e3nn", layer.path()));
        }
        layers.push((weight, scale));
    }
    let known: Vec<String> = (0..layers.len()).map(|index| format!("layer{index}")).collect();
    module.only_parts(&known.iter().map(String::as_str).collect::<Vec<_>>())?;
    Ok(layers)
}

/// An instruction of a tensor product.
struct Instruction {
    /// Blocks of both arguments and of the result.
    places: [usize; 3],
    factor: f64,
}

impl Instruction {
    fn read(module: &Module<'_>, item: &Item<'_>, mode: &str) -> Result<Self, ModelError> {
        let fields = item.arguments().map_err(damaged)?;
        let [i1, i2, i3, found, has_weight, factor, ..] = &fields[..] else {
            return refuse(format!("{} has an instruction of {} fields", module.path(), fields.len()));
        };
        if found.as_str().map_err(damaged)? != mode || !has_weight.as_bool().map_err(damaged)? {
            return refuse(format!("{} has a path that is not weighted in mode {mode}", module.path()));
        }
        let index = |item: &Item<'_>| item.as_usize().map_err(damaged);
        Ok(Self { places: [index(i1)?, index(i2)?, index(i3)?], factor: factor.as_f64().map_err(damaged)? })
    }
}

/// The convolution of the file, in the order of our paths.
struct Product {
    paths: Vec<ProductPath>,
}

/// Where one of our paths is in the file.
#[derive(Clone, Copy)]
struct ProductPath {
    /// First weight, and first row among the rows of its degree behind the product.
    weight: usize,
    row: usize,
    /// What turns weights for the file's symbols and edges into ours.
    sign: f64,
}

impl Product {
    fn read(
        module: &Module<'_>,
        architecture: &MaceArchitecture,
        convolution: &Convolution,
    ) -> Result<Self, ModelError> {
        module.expect(&["e3nn.o3._tensor_product._tensor_product.TensorProduct"])?;
        let harmonics: Vec<[usize; 2]> = (0..=architecture.max_harmonic).map(|l| [l, 1]).collect();
        check_irreps(module, "irreps_in2", &harmonics, architecture.parity)?;
        let (inputs, outputs) = (irreps(module, "irreps_in1")?, irreps(module, "irreps_out")?);
        let mut paths = vec![None; convolution.paths.len()];
        let mut weight = 0;
        let payload = payload(module)?;
        for item in module.require_attribute("instructions")?.items().map_err(damaged)? {
            let path = Instruction::read(module, &item, "uvu")?;
            let [i1, l2, i3] = path.places;
            let (Some(input), Some(output)) = (inputs.get(i1), outputs.get(i3)) else {
                return refuse(format!("{} has an instruction for blocks that are not there", module.path()));
            };
            let degrees = [input.degree, l2, output.degree];
            let is_it = |ours: &ConvolutionPath| ours.degrees == degrees && ours.channels == output.channels;
            let place = convolution.paths.iter().position(is_it).filter(|&place| paths[place].is_none());
            let expected = ((2 * output.degree + 1) as f64).sqrt();
            let (Some(place), true) = (place, (path.factor - expected).abs() <= FACTOR_TOLERANCE * expected) else {
                return refuse(format!("{} has a path {degrees:?} that is not expected", module.path()));
            };
            let earlier = |irrep: &&Irrep| irrep.degree == output.degree;
            let row = outputs[..i3].iter().filter(earlier).map(|irrep| irrep.channels).sum();
            // Our edges point the other way.
            let turned = if l2.is_multiple_of(2) { 1.0 } else { -1.0 };
            paths[place] = Some(ProductPath { weight, row, sign: turned * symbol_sign(module, &payload, degrees)? });
            weight += input.channels;
        }
        match paths.into_iter().collect::<Option<Vec<_>>>() {
            Some(paths) => Ok(Self { paths }),
            None => refuse(format!("{} lacks paths that its irreps allow", module.path())),
        }
    }

    /// Columns in the order of our paths, with their signs.
    fn reordered(&self, values: &[f64], convolution: &Convolution) -> Vec<f64> {
        let width = convolution.weights();
        let mut out = vec![0.0; values.len()];
        for (target, row) in out.chunks_exact_mut(width).zip(values.chunks_exact(width)) {
            for (path, theirs) in convolution.paths.iter().zip(&self.paths) {
                let from = &row[theirs.weight..theirs.weight + path.channels];
                let target = &mut target[path.weight..path.weight + path.channels];
                target.iter_mut().zip(from).for_each(|(target, w)| *target = theirs.sign * w);
            }
        }
        out
    }
}

/// The TorchScript payload of a product, as bytes.
fn payload(module: &Module<'_>) -> Result<Option<Vec<u8>>, ModelError> {
    let Some(code) = module.attribute("__codegen__")? else { return Ok(None) };
    let Some(item) = code.find(PAYLOAD).map_err(damaged)? else { return Ok(None) };
    Ok(item.to_bytes().ok())
}

/// The sign of a stored 3j symbol against ours; symbols with a scalar leg are not stored and have ours.
fn symbol_sign(module: &Module<'_>, payload: &Option<Vec<u8>>, degrees: [usize; 3]) -> Result<f64, ModelError> {
    let [l1, l2, l3] = degrees;
    let name = format!("_w3j_{l1}_{l2}_{l3}");
    let stored = match payload {
        Some(bytes) => {
            let payload = Checkpoint::read(bytes).map_err(damaged)?;
            let state = payload.root().state().map_err(damaged)?;
            state.find(&name).map_err(damaged)?.map(|item| item.tensor().map_err(damaged)).transpose()?
        }
        None => None,
    };
    let Some(stored) = stored else {
        if degrees.contains(&0) {
            return Ok(1.0);
        }
        return refuse(format!("{} does not store {name}, so its sign is unknown", module.path()));
    };
    let ours = wigner_3j(l1, l2, l3).map_err(schur_product::ProductError::from)?.to_dense();
    let stored = stored.to_f64();
    let overlap: f64 = stored.iter().zip(&ours).map(|(a, b)| a * b).sum();
    if stored.len() != ours.len() || (overlap.abs() - 1.0).abs() > SYMBOL_TOLERANCE {
        return refuse(format!("{}: {name} is neither the 3j symbol nor its negative", module.path()));
    }
    Ok(overlap.signum())
}
