//! Weights on their way from the names and orders of a checkpoint to ours.
//!
//! Matrices of linear layers are `[output][input]` there and `[input][output]` here.

use std::collections::{BTreeMap, BTreeSet};

use schur_io::torch::Item;
use schur_io::{Data, Tensor};

use super::refused;
use crate::ModelError;

/// Parts of a matrix.
const PARTS: usize = 3;

/// How the outputs of a dense layer are numbered in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// As here.
    Same,
    /// Factors of parts of matrices, `[channel][part]` there and `[part][channel]` here.
    ByChannel(usize),
}

impl Order {
    /// Where the file has our output `o`.
    const fn place(self, o: usize) -> usize {
        match self {
            Self::Same => o,
            Self::ByChannel(channels) => o % channels * PARTS + o / channels,
        }
    }
}

/// The entries of a checkpoint, each read when it is asked for, and the weights made of them.
pub(super) struct Transfer<'c> {
    /// What messages call the place of the entries.
    file: &'static str,
    entries: BTreeMap<String, Item<'c>>,
    taken: BTreeSet<String>,
    pub weights: BTreeMap<String, Tensor>,
}

impl<'c> Transfer<'c> {
    /// Takes the entries of a dictionary, without `prefix` where their names begin so.
    pub fn new(item: &Item<'c>, file: &'static str, prefix: &str) -> Result<Self, ModelError> {
        let entries = item.entries().map_err(|error| refused(error.to_string()))?;
        let name = |key: String| key.strip_prefix(prefix).map(str::to_owned).unwrap_or(key);
        let entries = entries.into_iter().map(|(key, item)| (name(key.to_string()), item)).collect();
        Ok(Self { file, entries, taken: BTreeSet::new(), weights: BTreeMap::new() })
    }

    pub fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// The shape of an entry.
    pub fn shape(&self, name: &str) -> Result<Vec<usize>, ModelError> {
        Ok(self.tensor(name)?.shape().to_vec())
    }

    /// The first entry that nobody has asked for.
    pub fn left(&self) -> Option<&str> {
        self.entries.keys().find(|name| !self.taken.contains(*name)).map(String::as_str)
    }

    /// Notes that an entry says nothing that is needed.
    pub fn ignore(&mut self, name: &str) {
        self.taken.insert(name.to_owned());
    }

    fn tensor(&self, name: &str) -> Result<Tensor, ModelError> {
        let item = self.entries.get(name).ok_or_else(|| refused(format!("{} has no entry `{name}`", self.file)))?;
        item.tensor().map_err(|error| refused(error.to_string()))
    }

    /// The numbers of an entry of the shape that the architecture asks for.
    pub fn get(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f64>, ModelError> {
        let tensor = self.tensor(name)?;
        if tensor.shape() != shape {
            let found = tensor.shape();
            return Err(refused(format!("{}: `{name}` has the shape {found:?}, not {shape:?}", self.file)));
        }
        self.taken.insert(name.to_owned());
        Ok(tensor.to_f64())
    }

    pub fn copy(&mut self, theirs: &str, ours: &str, shape: &[usize]) -> Result<(), ModelError> {
        let values = self.get(theirs, shape)?;
        let shape = if shape.is_empty() { vec![1] } else { shape.to_vec() };
        self.insert(ours, shape, values);
        Ok(())
    }

    pub fn norm(&mut self, theirs: &str, ours: &str, width: usize) -> Result<(), ModelError> {
        self.copy(&format!("{theirs}.weight"), ours, &[width])?;
        self.copy(&format!("{theirs}.bias"), &format!("{ours}.bias"), &[width])
    }

    pub fn dense(
        &mut self,
        (theirs, ours): (&str, &str),
        [inputs, outputs]: [usize; 2],
        order: Order,
    ) -> Result<(), ModelError> {
        self.matrix((theirs, ours), [inputs, outputs], order)?;
        let bias = self.get(&format!("{theirs}.bias"), &[outputs])?;
        let bias = (0..outputs).map(|o| bias[order.place(o)]).collect();
        self.insert(&format!("{ours}.bias"), vec![outputs], bias);
        Ok(())
    }

    pub fn matrix(
        &mut self,
        (theirs, ours): (&str, &str),
        [inputs, outputs]: [usize; 2],
        order: Order,
    ) -> Result<(), ModelError> {
        let weights = self.get(&format!("{theirs}.weight"), &[outputs, inputs])?;
        let turned = (0..inputs * outputs).map(|n| weights[order.place(n % outputs) * inputs + n / outputs]).collect();
        self.insert(ours, vec![inputs, outputs], turned);
        Ok(())
    }

    /// Changes the sign of a weight that has been brought.
    pub fn negate(&mut self, ours: &str) {
        if let Some(tensor) = self.weights.get(ours) {
            let (shape, values) = (tensor.shape().to_vec(), tensor.to_f64());
            self.insert(ours, shape, values.into_iter().map(|x| -x).collect());
        }
    }

    /// Keeps numbers in 32 bits where that loses nothing.
    pub fn insert(&mut self, ours: &str, shape: Vec<usize>, values: Vec<f64>) {
        #[expect(clippy::cast_possible_truncation, reason = "used only where it is exact")]
        let single: Vec<f32> = values.iter().map(|&v| v as f32).collect();
        let exact = single.iter().zip(&values).all(|(&a, &b)| f64::from(a).to_bits() == b.to_bits());
        let data = if exact { Data::F32(single) } else { Data::F64(values) };
        #[expect(clippy::expect_used, reason = "the shape was checked, or is made here")]
        self.weights.insert(ours.to_owned(), Tensor::new(shape, data).expect("as many numbers as the shape says"));
    }
}

/// The parts of a TensorNet that matgl and torchmd-net name alike, behind a prefix.
pub(super) struct Trunk<'a> {
    /// What the names begin with, point included.
    pub prefix: &'a str,
    pub channels: usize,
    pub functions: usize,
    pub layers: usize,
    /// Order of the factors of parts.
    pub order: Order,
}

impl Trunk<'_> {
    /// Embedding, without the table of species, and layers, up to the norm and the linear layer of the readout.
    pub fn transfer(&self, to: &mut Transfer<'_>) -> Result<(), ModelError> {
        let (n, functions) = (self.channels, self.functions);
        let theirs = |name: &str| format!("{}tensor_embedding.{name}", self.prefix);
        to.dense((&theirs("emb2"), "embedding.pair"), [2 * n, n], Order::Same)?;
        for k in 0..PARTS {
            let names = (&*theirs(&format!("distance_proj{}", k + 1)), &*format!("embedding.radial.{k}"));
            to.dense(names, [functions, n], Order::Same)?;
            let names = (&*theirs(&format!("linears_tensor.{k}")), &*format!("embedding.mix.{k}"));
            to.matrix(names, [n, n], Order::Same)?;
        }
        to.norm(&theirs("init_norm"), "embedding.norm", n)?;
        to.dense((&theirs("linears_scalar.0"), "embedding.gate.0"), [n, 2 * n], Order::Same)?;
        to.dense((&theirs("linears_scalar.1"), "embedding.gate.1"), [2 * n, 3 * n], self.order)?;
        for t in 0..self.layers {
            self.layer(t, to)?;
        }
        to.norm(&format!("{}out_norm", self.prefix), "readout.norm", 3 * n)?;
        to.dense((&format!("{}linear", self.prefix), "readout.linear"), [3 * n, n], Order::Same)
    }

    fn layer(&self, t: usize, to: &mut Transfer<'_>) -> Result<(), ModelError> {
        let (n, prefix) = (self.channels, self.prefix);
        let widths = [self.functions, n, 2 * n, 3 * n];
        for (index, pair) in widths.windows(2).enumerate() {
            let names =
                (&*format!("{prefix}layers.{t}.linears_scalar.{index}"), &*format!("layers.{t}.radial.{index}"));
            to.dense(names, [pair[0], pair[1]], if index == 2 { self.order } else { Order::Same })?;
        }
        for k in 0..2 * PARTS {
            let side = if k < PARTS { "mix_in" } else { "mix_out" };
            let ours = format!("layers.{t}.{side}.{}", k % PARTS);
            to.matrix((&format!("{prefix}layers.{t}.linears_tensor.{k}"), &ours), [n, n], Order::Same)?;
        }
        Ok(())
    }
}
