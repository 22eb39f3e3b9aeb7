//! Computing tensors by their equations.

use std::collections::HashMap;
use std::sync::Arc;

use schur_tensor::{Tensor, row_major};

use super::Session;
use crate::check::domain::Domain;
use crate::check::{Model, SymbolKind};
use crate::dense::compile::{Operand, Surroundings, compile};
use crate::dense::forward::Values;
use crate::dense::graph::{Graph, NodeId, Op};
use crate::error::{Fault, Located, Span};
use crate::relation::Relation;

/// Builds graphs of the equations of a program.
pub(super) struct Builder<'a, 'p> {
    pub(super) model: &'a Model<'p>,
    pub(super) relations: &'a mut [Relation],
    /// The symbols whose equations become part of the graph; others are read as they are.
    pub(super) is_part: &'a [bool],
    /// The shapes of the others.
    pub(super) tensors: &'a [Option<Arc<Tensor<f64>>>],
    pub(super) nodes: HashMap<usize, NodeId>,
}

impl Builder<'_, '_> {
    /// Adds all equations of a symbol; what they are computed from must have been added.
    pub(super) fn add(&mut self, graph: &mut Graph, symbol: usize) -> Result<NodeId, Located> {
        let model = self.model;
        let SymbolKind::Equations(equations) = &model.symbols[symbol].kind else {
            return self.read(graph, symbol, model.symbols[symbol].span);
        };
        let mut terms = Vec::new();
        for equation in equations {
            terms.push((compile(graph, equation, self)?, equation.span));
        }
        let node = match terms.as_slice() {
            [(node, _)] => *node,
            _ => {
                let shape: Vec<usize> =
                    model.symbols[symbol].domains.iter().map(|&domain| model.domains[domain].len()).collect();
                let strides: Vec<usize> = row_major(&shape).into_iter().map(isize::unsigned_abs).collect();
                let terms = terms.iter().map(|&(node, _)| (1.0, node, strides.clone())).collect();
                graph.push(Op::Add { terms }, shape, model.symbols[symbol].span)?
            }
        };
        self.nodes.insert(symbol, node);
        Ok(node)
    }

    fn read(&mut self, graph: &mut Graph, symbol: usize, span: Span) -> Result<NodeId, Located> {
        if let Some(&node) = self.nodes.get(&symbol) {
            return Ok(node);
        }
        let shape = self.tensors[symbol].as_ref().map(|tensor| tensor.shape().to_vec()).unwrap_or_default();
        let node = graph.push(Op::Symbol(symbol), shape, span)?;
        self.nodes.insert(symbol, node);
        Ok(node)
    }
}

impl Surroundings for Builder<'_, '_> {
    fn operand(&mut self, graph: &mut Graph, name: &str, span: Span) -> Result<Operand, Located> {
        let symbol = self.model.names.get(name).copied().unwrap_or(0);
        if self.model.symbols[symbol].weights().is_some() {
            return Ok(Operand::Relation(symbol));
        }
        match self.nodes.get(&symbol) {
            Some(&node) => Ok(Operand::Tensor(node)),
            None if self.is_part[symbol] => Ok(Operand::Tensor(self.add(graph, symbol)?)),
            None => Ok(Operand::Tensor(self.read(graph, symbol, span)?)),
        }
    }

    fn domains_of(&self, name: &str) -> Vec<usize> {
        self.model.names.get(name).map(|&symbol| self.model.symbols[symbol].domains.clone()).unwrap_or_default()
    }

    fn domain(&self, domain: usize) -> &Domain {
        &self.model.domains[domain]
    }

    fn relations(&mut self) -> &mut [Relation] {
        self.relations
    }

    fn most_rows(&self) -> usize {
        self.model.limits.rows
    }

    fn most_elements(&self) -> usize {
        self.model.limits.elements
    }
}

impl Session<'_> {
    /// Computes one tensor; all that it is computed from is there.
    pub(super) fn compute(&mut self, symbol: usize) -> Result<(), Located> {
        let mut graph = Graph::new(self.model.limits.elements);
        let is_part = vec![false; self.model.symbols.len()];
        let mut builder = Builder {
            model: &self.model,
            relations: &mut self.relations,
            is_part: &is_part,
            tensors: &self.tensors,
            nodes: HashMap::new(),
        };
        let node = builder.add(&mut graph, symbol)?;
        let empty = Tensor::scalar(0.0);
        let read = |symbol: usize| self.tensors[symbol].as_deref().unwrap_or(&empty);
        let value = Values::compute(&graph, &read)?.get(node).clone();
        check_finite(&value, self.model.symbols[symbol].name, self.model.symbols[symbol].span)?;
        self.tensors[symbol] = Some(Arc::new(value));
        Ok(())
    }
}

pub(super) fn check_finite(value: &Tensor<f64>, name: &str, span: Span) -> Result<(), Located> {
    if value.data().iter().all(|x| x.is_finite()) {
        return Ok(());
    }
    Err(Fault::NotFinite { what: format!("an element of `{name}`") }.at(span))
}
