//! The derivatives of one node with respect to others, in one pass from the last operation to the first.

use schur_tensor::Tensor;

use super::forward::{Values, aligned, average_scale, kept_strides, power, zeros};
use super::graph::{Graph, NodeId, Op};
use crate::error::{Fault, Located};
use crate::parse::tree::Projection;

/// Computes the derivatives of a number with respect to the symbols that `is_wanted` names.
///
/// Returns them by symbol; what the number does not depend on is missing.
pub(crate) fn gradients(
    graph: &Graph,
    values: &mut Values<'_>,
    number: NodeId,
    is_wanted: &dyn Fn(usize) -> bool,
) -> Result<Vec<(usize, Tensor<f64>)>, Located> {
    let needed = needed(graph, number, is_wanted);
    let mut slopes: Vec<Option<Tensor<f64>>> = vec![None; graph.nodes().len()];
    slopes[number] = Some(Tensor::scalar(1.0));
    let mut found = Vec::new();
    for node in (0..=number).rev() {
        let Some(slope) = slopes[node].take().filter(|_| needed[node]) else { continue };
        let (op, span) = (&graph.nodes()[node].op, graph.nodes()[node].span);
        if let Op::Symbol(symbol) = op {
            found.push((*symbol, slope));
            continue;
        }
        let parts = reverse(graph, values, (node, op), &slope, &needed).map_err(|fault| fault.at(span))?;
        for (input, part) in parts {
            match &mut slopes[input] {
                Some(sum) => sum.data_mut().iter_mut().zip(part.data()).for_each(|(sum, part)| *sum += part),
                none => *none = Some(part),
            }
        }
    }
    found.reverse();
    Ok(found)
}

/// Which nodes lead from a wanted symbol to the number.
fn needed(graph: &Graph, number: NodeId, is_wanted: &dyn Fn(usize) -> bool) -> Vec<bool> {
    let mut needed = vec![false; graph.nodes().len()];
    for node in 0..=number {
        needed[node] = match &graph.nodes()[node].op {
            Op::Symbol(symbol) => is_wanted(*symbol),
            op => inputs(op).iter().any(|&input| needed[input]),
        };
    }
    needed
}

fn inputs(op: &Op) -> Vec<NodeId> {
    match op {
        Op::Constant(_) | Op::Symbol(_) => Vec::new(),
        Op::Contract { inputs, .. } => inputs.clone(),
        Op::Add { terms } => terms.iter().map(|(_, term, _)| *term).collect(),
        Op::Pointwise { input, .. }
        | Op::Power { input, .. }
        | Op::Along { input, .. }
        | Op::Project { input, .. }
        | Op::Gather { input, .. }
        | Op::Scatter { input, .. } => vec![*input],
    }
}

/// The derivatives of the inputs of a node, from that of its result.
fn reverse(
    graph: &Graph,
    values: &mut Values<'_>,
    (node, op): (NodeId, &Op),
    slope: &Tensor<f64>,
    needed: &[bool],
) -> Result<Vec<(NodeId, Tensor<f64>)>, Fault> {
    if let Op::Contract { einsum, inputs } = op {
        let mut tape = values.tapes[node].take().unwrap_or_default();
        let operands: Vec<_> = inputs.iter().map(|&input| (values.get(input), needed[input])).collect();
        let parts = einsum.reverse(&operands, values.get(node), slope, &mut tape)?;
        let parts = inputs.iter().zip(parts).filter_map(|(&input, part)| Some((input, part?))).collect();
        values.tapes[node] = Some(tape);
        return Ok(parts);
    }
    let (values, result) = (&*values, values.get(node));
    let value = |node: &NodeId| values.get(*node);
    let part = match op {
        Op::Constant(_) | Op::Symbol(_) | Op::Contract { .. } => return Ok(Vec::new()),
        Op::Add { terms } => {
            let mut parts = Vec::new();
            for (coefficient, term, strides) in terms.iter().filter(|(_, term, _)| needed[*term]) {
                let mut part = zeros(graph.shape(*term))?;
                aligned(result.shape(), strides, |from, to| part.data_mut()[to] += coefficient * slope.data()[from]);
                parts.push((*term, part));
            }
            return Ok(parts);
        }
        Op::Pointwise { function, input } => (*input, scaled(slope, value(input), result, |x, y| function.slope(x, y))),
        Op::Power { exponent, input } => {
            (*input, scaled(slope, value(input), result, |x, _| exponent * power(x, exponent - 1.0)))
        }
        Op::Along { function, axis, input } => (*input, function.reverse(*axis, value(input), result, slope)),
        Op::Project { projection, axes, input } => (*input, project(*projection, axes, value(input), (result, slope))?),
        Op::Gather { placement, input } => {
            let mut part = zeros(graph.shape(*input))?;
            placement.positions().zip(slope.data()).for_each(|(at, g)| part.data_mut()[at] += g);
            (*input, part)
        }
        Op::Scatter { placement, input } => {
            let mut part = zeros(graph.shape(*input))?;
            placement.positions().zip(part.data_mut()).for_each(|(at, g)| *g = slope.data()[at]);
            (*input, part)
        }
    };
    Ok(vec![part])
}

fn scaled(
    slope: &Tensor<f64>,
    input: &Tensor<f64>,
    result: &Tensor<f64>,
    factor: impl Fn(f64, f64) -> f64,
) -> Tensor<f64> {
    let mut part = slope.clone();
    for ((g, &x), &y) in part.data_mut().iter_mut().zip(input.data()).zip(result.data()) {
        // What does not count stays nothing, even where the factor is infinite.
        if *g != 0.0 {
            *g *= factor(x, y);
        }
    }
    part
}

/// The slope of an extreme goes to the first element that attains it.
fn project(
    projection: Projection,
    axes: &[usize],
    input: &Tensor<f64>,
    (result, slope): (&Tensor<f64>, &Tensor<f64>),
) -> Result<Tensor<f64>, Fault> {
    let mut part = zeros(input.shape())?;
    let mut is_given = vec![false; result.data().len()];
    let scale = average_scale(axes, input.shape());
    aligned(input.shape(), &kept_strides(input.shape(), axes), |from, to| {
        part.data_mut()[from] = match projection {
            Projection::Sum => slope.data()[to],
            Projection::Average => scale * slope.data()[to],
            Projection::Largest | Projection::Smallest => {
                let is_first = input.data()[from] == result.data()[to] && !is_given[to];
                is_given[to] |= is_first;
                if is_first { slope.data()[to] } else { 0.0 }
            }
        };
    });
    Ok(part)
}
