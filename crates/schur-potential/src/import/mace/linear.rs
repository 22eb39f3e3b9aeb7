//! Linear layers of e3nn: flat weights cut by instructions, whose normalisations must be those that we apply.

use schur_io::DType;
use schur_io::torch::Item;

use super::module::Module;
use super::{damaged, refuse};
use crate::ModelError;

/// How far a factor of a path, which the file may hold in single precision, may be from its formula.
pub(super) const FACTOR_TOLERANCE: f64 = 1e-5;

/// Copies of an irrep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Irrep {
    pub channels: usize,
    pub degree: usize,
    /// 1 or -1.
    pub parity: i64,
}

/// Reads the irreps of a module's attribute.
pub(super) fn irreps(module: &Module<'_>, name: &str) -> Result<Vec<Irrep>, ModelError> {
    let item = module.require_attribute(name)?;
    let mut found = Vec::new();
    for entry in
        item.arguments().map_err(damaged)?.first().map_or(Ok(Vec::new()), |list| list.items().map_err(damaged))?
    {
        let [channels, irrep] = pair(module, &entry)?;
        let [degree, parity] = pair(module, &irrep)?;
        found.push(Irrep {
            channels: channels.as_usize().map_err(damaged)?,
            degree: degree.as_usize().map_err(damaged)?,
            parity: parity.as_i64().map_err(damaged)?,
        });
    }
    Ok(found)
}

/// The two fields of a named tuple.
fn pair<'c>(module: &Module<'_>, item: &Item<'c>) -> Result<[Item<'c>; 2], ModelError> {
    let arguments = item.arguments().map_err(damaged)?;
    let inner = match &arguments[..] {
        [inner] => inner.items().map_err(damaged)?,
        _ => arguments,
    };
    <[Item<'c>; 2]>::try_from(inner)
        .or_else(|_| refuse(format!("{} has an entry in its irreps that is no pair", module.path())))
}

/// Checks that irreps are `[degree, channels]` blocks, each of the parity that its degree has.
pub(super) fn check_irreps(
    module: &Module<'_>,
    name: &str,
    expected: &[[usize; 2]],
    parity: bool,
) -> Result<(), ModelError> {
    let found = irreps(module, name)?;
    let sign = |degree: usize| if parity && !degree.is_multiple_of(2) { -1 } else { 1 };
    let fits = |(irrep, block): (&Irrep, &[usize; 2])| {
        *irrep == Irrep { channels: block[1], degree: block[0], parity: sign(block[0]) }
    };
    if found.len() == expected.len() && found.iter().zip(expected).all(fits) {
        return Ok(());
    }
    refuse(format!("{}.{name} is {}, which is not supported here", module.path(), written(&found)))
}

/// Irreps as people write them.
pub(super) fn written(irreps: &[Irrep]) -> String {
    let one = |irrep: &Irrep| {
        let parity = if irrep.parity == 1 { 'e' } else { 'o' };
        format!("{}x{}{parity}", irrep.channels, irrep.degree)
    };
    irreps.iter().map(one).collect::<Vec<_>>().join("+")
}

/// A layer, block by block.
pub(super) struct Linear {
    path: String,
    inputs: Vec<Irrep>,
    outputs: Vec<Irrep>,
    parts: Vec<Part>,
    dtype: DType,
}

/// The matrix of one degree, all its input blocks one below the other.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub degree: usize,
    pub rows: usize,
    pub columns: usize,
    pub values: Vec<f64>,
}

impl Linear {
    /// Reads a layer of e3nn.
    pub fn read(module: &Module<'_>) -> Result<Self, ModelError> {
        module.expect(&["e3nn.o3._linear.Linear"])?;
        let (inputs, outputs) = (irreps(module, "irreps_in")?, irreps(module, "irreps_out")?);
        if module.find_tensor("bias")?.is_some_and(|bias| !bias.is_empty()) {
            return refuse(format!("{} has a bias, which is not supported", module.path()));
        }
        let weight = module.tensor("weight")?;
        let flat = weight.to_f64();
        let mut rest = flat.as_slice();
        let mut layer =
            Self { path: module.path().to_owned(), inputs, outputs, parts: Vec::new(), dtype: weight.data().dtype() };
        for item in module.require_attribute("instructions")?.items().map_err(damaged)? {
            rest = layer.add(&item, rest)?;
        }
        if !rest.is_empty() || layer.parts.is_empty() {
            return refuse(format!("{}.weight has {} numbers, which its paths do not explain", layer.path, flat.len()));
        }
        layer.parts.sort_by_key(|part| part.degree);
        Ok(layer)
    }

    /// Takes the weights of one instruction; inputs of one degree must come in order.
    fn add<'w>(&mut self, instruction: &Item<'_>, weights: &'w [f64]) -> Result<&'w [f64], ModelError> {
        let fields = instruction.arguments().map_err(damaged)?;
        let [from, to, _, factor] = &fields[..] else {
            return refuse(format!("{} has an instruction of {} fields", self.path, fields.len()));
        };
        let index = |item: &Item<'_>| item.as_usize().map_err(damaged);
        let (from, to) = (index(from)?, index(to)?);
        let (Some(&input), Some(&output)) = (self.inputs.get(from), self.outputs.get(to)) else {
            return refuse(format!("{} has an instruction for blocks that are not there", self.path));
        };
        let same = |irrep: &&Irrep| (irrep.degree, irrep.parity) == (input.degree, input.parity);
        let fan_in: usize = self.inputs.iter().filter(same).map(|irrep| irrep.channels).sum();
        let expected = 1.0 / (fan_in as f64).sqrt();
        let factor = factor.as_f64().map_err(damaged)?;
        if input.degree != output.degree || (factor - expected).abs() > FACTOR_TOLERANCE * expected {
            return refuse(format!("{} has a path with the factor {factor}, not {expected}", self.path));
        }
        let count = input.channels * output.channels;
        if weights.len() < count {
            return refuse(format!("{}.weight is too short for its paths", self.path));
        }
        let (own, rest) = weights.split_at(count);
        match self.parts.iter_mut().find(|part| part.degree == input.degree) {
            Some(part) if part.columns == output.channels => {
                part.rows += input.channels;
                part.values.extend_from_slice(own);
            }
            Some(_) => return refuse(format!("{} has two results of degree {}", self.path, input.degree)),
            None => self.parts.push(Part {
                degree: input.degree,
                rows: input.channels,
                columns: output.channels,
                values: own.to_vec(),
            }),
        }
        Ok(rest)
    }

    /// The matrices, ascending in degree.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Its place in the file.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The precision of its weights.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The inputs as the layer lists them.
    pub fn inputs(&self) -> &[Irrep] {
        &self.inputs
    }

    /// Checks inputs and outputs, `[degree, channels]`.
    pub fn check_irreps(&self, inputs: &[[usize; 2]], outputs: &[[usize; 2]], parity: bool) -> Result<(), ModelError> {
        let sign = |degree: usize| if parity && !degree.is_multiple_of(2) { -1 } else { 1 };
        let fits = |found: &[Irrep], expected: &[[usize; 2]]| {
            let same = |(irrep, &[degree, channels]): (&Irrep, &[usize; 2])| {
                *irrep == Irrep { channels, degree, parity: sign(degree) }
            };
            found.len() == expected.len() && found.iter().zip(expected).all(same)
        };
        if fits(&self.inputs, inputs) && fits(&self.outputs, outputs) {
            return Ok(());
        }
        let (from, to) = (written(&self.inputs), written(&self.outputs));
        refuse(format!("{} goes from {from} to {to}, which is not supported here", self.path))
    }
}
