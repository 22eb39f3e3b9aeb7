//! Contractions of named indices, by the engine of `schur-einsum`.

use schur_einsum::Contraction;
use schur_einsum::execute::{Derivative, Tape};
use schur_einsum::order::{Options, optimise};
use schur_tensor::Tensor;
use schur_tensor::semiring::Arithmetic;

use crate::error::Fault;

/// Effort of the search for an order: equations have a handful of factors.
const EFFORT: u32 = 1;

/// A planned contraction of real tensors.
#[derive(Debug, Clone)]
pub(crate) struct Einsum {
    derivative: Derivative,
    shape: Vec<usize>,
}

impl Einsum {
    /// Plans the contraction of operands with named indices; `size` tells how many values an index takes.
    pub(crate) fn new(
        operands: &[Vec<String>],
        output: &[String],
        size: &dyn Fn(&str) -> usize,
    ) -> Result<Self, Fault> {
        let mut names: Vec<String> = Vec::new();
        let mut number = |index: &String| {
            names.iter().position(|name| name == index).unwrap_or_else(|| {
                names.push(index.clone());
                names.len() - 1
            })
        };
        let operands = operands.iter().map(|list| list.iter().map(&mut number).collect()).collect();
        let numbered = output.iter().map(&mut number).collect();
        let sizes = names.iter().map(|name| size(name)).collect();
        let shape = output.iter().map(|name| size(name)).collect();
        let contraction = Contraction::new(operands, numbered, sizes, names).map_err(refusal)?;
        let options = Options { effort: EFFORT, ..Options::default() };
        let (order, _) = optimise(&contraction, &options, &|| false).map_err(refusal)?;
        let derivative = Derivative::new(&contraction, &order).map_err(refusal)?;
        Ok(Self { derivative, shape })
    }

    /// Contracts tensors; the tape remembers what [`Self::reverse`] needs.
    pub(crate) fn value(&self, operands: &[&Tensor<f64>], tape: &mut Tape<f64>) -> Result<Tensor<f64>, Fault> {
        let views: Vec<_> = operands.iter().map(|operand| operand.view()).collect();
        let mut result = Tensor::filled(&self.shape, 0.0).map_err(refusal)?;
        self.derivative.forward(&Arithmetic::<f64>::new(), &views, result.data_mut(), tape).map_err(refusal)?;
        Ok(result)
    }

    /// The derivative of each wanted operand, from that of the result.
    pub(crate) fn reverse(
        &self,
        operands: &[(&Tensor<f64>, bool)],
        result: &Tensor<f64>,
        slope: &Tensor<f64>,
        tape: &mut Tape<f64>,
    ) -> Result<Vec<Option<Tensor<f64>>>, Fault> {
        let views: Vec<_> = operands.iter().map(|(operand, _)| operand.view()).collect();
        let zeros = |&(operand, is_wanted): &(&Tensor<f64>, bool)| {
            is_wanted.then(|| Tensor::filled(operand.shape(), 0.0)).transpose().map_err(refusal)
        };
        let mut gradients = operands.iter().map(zeros).collect::<Result<Vec<_>, _>>()?;
        let mut slices: Vec<_> = gradients.iter_mut().map(|gradient| gradient.as_mut().map(Tensor::data_mut)).collect();
        self.derivative
            .backward(&Arithmetic::<f64>::new(), &views, result.data(), slope.data(), &mut slices, tape)
            .map_err(refusal)?;
        Ok(gradients)
    }
}

fn refusal(error: impl std::fmt::Display) -> Fault {
    Fault::Contraction { reason: error.to_string() }
}
