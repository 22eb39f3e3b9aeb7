//! The values of a graph.

use schur_einsum::execute::Tape;
use schur_tensor::{Tensor, row_major};

use super::graph::{Graph, NodeId, Op};
use crate::error::{Fault, Located};
use crate::parse::tree::Projection;

/// Where the tensors of symbols come from.
pub(crate) type Symbols<'a> = &'a dyn Fn(usize) -> &'a Tensor<f64>;

/// The value of every node, and what the reverse pass of contractions needs.
pub(crate) struct Values<'a> {
    held: Vec<Held<'a>>,
    pub(super) tapes: Vec<Option<Tape<f64>>>,
}

enum Held<'a> {
    Owned(Tensor<f64>),
    Lent(&'a Tensor<f64>),
}

impl<'a> Values<'a> {
    /// Computes all nodes.
    pub(crate) fn compute(graph: &'a Graph, symbols: Symbols<'a>) -> Result<Self, Located> {
        let mut values = Self { held: Vec::new(), tapes: Vec::new() };
        for node in graph.nodes() {
            let mut tape = None;
            let held = match &node.op {
                Op::Constant(tensor) => Held::Lent(tensor),
                Op::Symbol(symbol) => Held::Lent(symbols(*symbol)),
                op => Held::Owned(values.node(op, &node.shape, &mut tape).map_err(|fault| fault.at(node.span))?),
            };
            values.held.push(held);
            values.tapes.push(tape);
        }
        Ok(values)
    }

    /// The value of a node.
    pub(crate) fn get(&self, node: NodeId) -> &Tensor<f64> {
        match &self.held[node] {
            Held::Owned(tensor) => tensor,
            Held::Lent(tensor) => tensor,
        }
    }

    fn node(&self, op: &Op, shape: &[usize], tape: &mut Option<Tape<f64>>) -> Result<Tensor<f64>, Fault> {
        let value = |node: &NodeId| self.get(*node);
        let map =
            |node: &NodeId, f: &dyn Fn(f64) -> f64| tensor(shape, value(node).data().iter().map(|&x| f(x)).collect());
        match op {
            Op::Constant(tensor) => Ok(Tensor::clone(tensor)),
            // Symbols are lent, never computed.
            Op::Symbol(_) => zeros(shape),
            Op::Contract { einsum, inputs } => {
                let operands: Vec<_> = inputs.iter().map(value).collect();
                einsum.value(&operands, tape.insert(Tape::default()))
            }
            Op::Pointwise { function, input } => map(input, &|x| function.value(x)),
            Op::Power { exponent, input } => map(input, &|x| power(x, *exponent)),
            Op::Add { terms } => {
                let mut sum = zeros(shape)?;
                for (coefficient, term, strides) in terms {
                    let source = value(term).data();
                    aligned(shape, strides, |to, from| sum.data_mut()[to] += coefficient * source[from]);
                }
                Ok(sum)
            }
            Op::Along { function, axis, input } => Ok(function.value(*axis, value(input))),
            Op::Project { projection, axes, input } => projected(*projection, axes, value(input), shape),
            Op::Gather { placement, input } => {
                let source = value(input).data();
                tensor(shape, placement.positions().map(|at| source[at]).collect())
            }
            Op::Scatter { placement, input } => {
                let mut result = zeros(shape)?;
                for (at, x) in placement.positions().zip(value(input).data()) {
                    result.data_mut()[at] += x;
                }
                Ok(result)
            }
        }
    }
}

/// A power; whole exponents by multiplication, so that those of negative numbers exist.
pub(super) fn power(x: f64, exponent: f64) -> f64 {
    if exponent.fract() == 0.0 && exponent.abs() <= f64::from(i32::MAX) {
        x.powi(exponent as i32)
    } else {
        x.powf(exponent)
    }
}

pub(super) fn tensor(shape: &[usize], data: Vec<f64>) -> Result<Tensor<f64>, Fault> {
    Tensor::new(shape, data).map_err(|error| Fault::Contraction { reason: error.to_string() })
}

pub(super) fn zeros(shape: &[usize]) -> Result<Tensor<f64>, Fault> {
    Tensor::filled(shape, 0.0).map_err(|error| Fault::Contraction { reason: error.to_string() })
}

/// Calls `action` with each row-major position of a shape and the one that other strides give.
pub(super) fn aligned(shape: &[usize], strides: &[usize], mut action: impl FnMut(usize, usize)) {
    let count: usize = shape.iter().product();
    let mut index = vec![0; shape.len()];
    let mut from = 0;
    for to in 0..count {
        action(to, from);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            from += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            from -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
    }
}

/// The strides in the result of a projection along the axes of its input: zero along those that vanish.
pub(super) fn kept_strides(input: &[usize], axes: &[usize]) -> Vec<usize> {
    let kept: Vec<usize> = (0..input.len()).filter(|axis| !axes.contains(axis)).collect();
    let shape: Vec<usize> = kept.iter().map(|&axis| input[axis]).collect();
    let mut strides = vec![0; input.len()];
    for (axis, stride) in kept.into_iter().zip(row_major(&shape)) {
        strides[axis] = stride.unsigned_abs();
    }
    strides
}

fn projected(
    projection: Projection,
    axes: &[usize],
    input: &Tensor<f64>,
    shape: &[usize],
) -> Result<Tensor<f64>, Fault> {
    let start = match projection {
        Projection::Sum | Projection::Average => 0.0,
        Projection::Largest => f64::NEG_INFINITY,
        Projection::Smallest => f64::INFINITY,
    };
    let mut result = Tensor::filled(shape, start).map_err(|error| Fault::Contraction { reason: error.to_string() })?;
    let scale = average_scale(axes, input.shape());
    let strides = kept_strides(input.shape(), axes);
    aligned(input.shape(), &strides, |from, to| {
        let (x, y) = (input.data()[from], &mut result.data_mut()[to]);
        *y = match projection {
            Projection::Sum => *y + x,
            Projection::Average => *y + x * scale,
            Projection::Largest => y.max(x),
            Projection::Smallest => y.min(x),
        };
    });
    Ok(result)
}

/// One over the number of elements that an average over axes is made of.
pub(super) fn average_scale(axes: &[usize], shape: &[usize]) -> f64 {
    (axes.iter().map(|&axis| shape[axis]).product::<usize>() as f64).recip()
}
