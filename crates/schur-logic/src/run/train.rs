//! Learning: the derivatives of a loss, and steps against them.

use std::collections::HashMap;
use std::sync::Arc;

use schur_tensor::Tensor;

use super::Session;
use super::tensors::Builder;
use crate::check::Training;
use crate::dense::forward::Values;
use crate::dense::graph::{Graph, NodeId};
use crate::dense::reverse::gradients;
use crate::error::{Fault, Located};
use crate::learn::Optimizer;

/// What happened at a `minimize`.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingReport {
    /// The name of the loss.
    pub loss: String,
    /// Its value before each step.
    pub values: Vec<f64>,
    /// Its value after the last.
    pub last: f64,
}

/// Derivatives by symbol.
type Slopes = Vec<(usize, Tensor<f64>)>;

/// The graph of a loss and the parameters that it depends on.
struct LossGraph {
    graph: Graph,
    loss: NodeId,
    parameters: Vec<usize>,
}

impl Session<'_> {
    pub(super) fn train_all(&mut self) -> Result<(), Located> {
        for position in self.trainings.len()..self.model.trainings.len() {
            let training = self.model.trainings[position].clone();
            let report = self.train(&training)?;
            self.trainings.push(report);
        }
        Ok(())
    }

    fn train(&mut self, training: &Training) -> Result<TrainingReport, Located> {
        let name = self.model.symbols[training.loss].name.to_owned();
        let LossGraph { graph, loss, parameters } = self.loss_graph(training.loss)?;
        if parameters.is_empty() {
            let problem = "depends on no `param`, so there is nothing to learn";
            return Err(Fault::Refused { name, problem }.at(training.span));
        }
        let mut optimizer = Optimizer::new(training.method, training.rate);
        let mut values = Vec::with_capacity(training.steps);
        for step in 0..=training.steps {
            let (value, slopes) = self.loss_and_gradients(&graph, loss, &parameters)?;
            if !value.is_finite() {
                let what = format!(
                    "`{name}` after {step} steps; take a smaller rate, or look at its logarithms and powers: it"
                );
                return Err(Fault::NotFinite { what }.at(training.span));
            }
            values.push(value);
            if step < training.steps {
                self.move_parameters(&parameters, &slopes, &mut optimizer);
            }
        }
        self.forget_dependents(&parameters);
        let last = values.pop().unwrap_or(f64::NAN);
        Ok(TrainingReport { loss: name, values, last })
    }

    fn move_parameters(&mut self, parameters: &[usize], slopes: &[(usize, Tensor<f64>)], optimizer: &mut Optimizer) {
        let slope = |symbol: usize| slopes.iter().find(|(other, _)| *other == symbol).map(|(_, slope)| slope);
        let gradients: Vec<&Tensor<f64>> = parameters.iter().filter_map(|&symbol| slope(symbol)).collect();
        let mut moved = Vec::new();
        for (symbol, tensor) in self.tensors.iter_mut().enumerate() {
            if let Some(tensor) = tensor.as_mut().filter(|_| slope(symbol).is_some()) {
                moved.push(Arc::make_mut(tensor));
            }
        }
        optimizer.step(&mut moved, &gradients);
    }

    fn loss_and_gradients(&self, graph: &Graph, loss: NodeId, parameters: &[usize]) -> Result<(f64, Slopes), Located> {
        let empty = Tensor::scalar(0.0);
        let read = |symbol: usize| self.tensors[symbol].as_deref().unwrap_or(&empty);
        let mut values = Values::compute(graph, &read)?;
        let value = values.get(loss).data().first().copied().unwrap_or(f64::NAN);
        let slopes = gradients(graph, &mut values, loss, &|symbol| parameters.contains(&symbol))?;
        Ok((value, slopes))
    }

    pub(super) fn gradients_of(&mut self, number: usize) -> Result<Slopes, Located> {
        let LossGraph { graph, loss, parameters } = self.loss_graph(number)?;
        Ok(self.loss_and_gradients(&graph, loss, &parameters)?.1)
    }

    /// The equations between the parameters and a number, as one graph; all other values are computed before.
    fn loss_graph(&mut self, number: usize) -> Result<LossGraph, Located> {
        let is_ancestor = self.ancestors(&[number]);
        let count = self.model.symbols.len();
        let parameters: Vec<usize> = (0..count).filter(|&s| is_ancestor[s] && self.is_parameter(s)).collect();
        let mut is_part = self.dependents(&parameters);
        (0..count).for_each(|symbol| is_part[symbol] &= is_ancestor[symbol] && !parameters.contains(&symbol));
        if let Some(relation) = (0..count).find(|&s| is_part[s] && self.model.symbols[s].weights().is_some()) {
            let name = self.model.symbols[relation].name.to_owned();
            let problem = "stands between a parameter and what is minimized, and relations have no derivatives";
            return Err(Fault::Refused { name, problem }.at(self.model.symbols[number].span));
        }
        let given: Vec<usize> = (0..count).filter(|&s| is_ancestor[s] && !is_part[s] && s != number).collect();
        self.ensure(&given)?;
        is_part[number] = true;
        let mut graph = Graph::new(self.model.limits.elements);
        let mut builder = Builder {
            model: &self.model,
            relations: &mut self.relations,
            is_part: &is_part,
            tensors: &self.tensors,
            nodes: HashMap::new(),
        };
        // Strata come in the order of computation, so that no equation waits for another, however long the chain.
        let mut loss = 0;
        for stratum in &self.model.strata {
            for &symbol in stratum.symbols.iter().filter(|&&symbol| is_part[symbol]) {
                let node = builder.add(&mut graph, symbol)?;
                if symbol == number {
                    loss = node;
                }
            }
        }
        Ok(LossGraph { graph, loss, parameters })
    }
}
