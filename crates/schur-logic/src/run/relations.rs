//! Completing the relations of a stratum.

use std::collections::HashMap;

use schur_tensor::Tensor;

use super::Session;
use crate::check::CheckedRule;
use crate::dense::compile::join_fault;
use crate::error::{Fault, Located};
use crate::parse::tree::{Argument, Comparison, Literal, Reference};
use crate::relation::Relation;
use crate::relation::fixpoint::{FixpointError, Reach, complete};
use crate::relation::join::{Atom, Compiled, Term};
use crate::relation::weights::Weights;

impl Session<'_> {
    /// Computes the relations of a stratum; all below it are computed.
    pub(super) fn complete(&mut self, stratum: usize) -> Result<(), Located> {
        let members = self.model.strata[stratum].symbols.clone();
        let is_recursive = self.model.strata[stratum].is_recursive;
        for &member in &members {
            self.add_facts(member)?;
        }
        let rules: Vec<CheckedRule<'_>> =
            self.model.rules.iter().filter(|rule| members.contains(&rule.head)).cloned().collect();
        let symbols = self.relations.len();
        let mut compiled = Vec::new();
        for rule in &rules {
            compiled.push(self.compile_rule(rule)?);
        }
        let reach = Reach { rows: self.model.limits.rows, rounds: self.model.limits.rounds };
        let done = complete(&compiled, &members, is_recursive, &mut self.relations, reach);
        // The relations made of tensors have served.
        self.relations.truncate(symbols);
        done.map_err(|error| self.fixpoint_fault(error, &rules))
    }

    fn fixpoint_fault(&self, error: FixpointError, rules: &[CheckedRule<'_>]) -> Located {
        let symbol = |relation: usize| &self.model.symbols[relation];
        let name = |relation: usize| symbol(relation).name.to_owned();
        let most = self.model.limits.rows;
        match error {
            FixpointError::Join(rule, error) => join_fault(error).at(rules[rule].span),
            FixpointError::Rounds { relation, rounds } => {
                Fault::NoFixedPoint { relation: name(relation), rounds }.at(self.rule_span(relation, rules))
            }
            FixpointError::NotFinite { relation } => {
                let what = format!("a weight of `{}`, which grows without end,", name(relation));
                Fault::NotFinite { what }.at(self.rule_span(relation, rules))
            }
            FixpointError::Rows { relation } => {
                let what = format!("the rows of `{}`", name(relation));
                let way_out = "; raise it with `limit rows N`";
                Fault::TooMany { what, most, way_out }.at(self.rule_span(relation, rules))
            }
        }
    }

    fn rule_span(&self, relation: usize, rules: &[CheckedRule<'_>]) -> crate::error::Span {
        let rule = rules.iter().rev().find(|rule| rule.head == relation);
        rule.map_or(self.model.symbols[relation].span, |rule| rule.span)
    }

    fn compile_rule(&mut self, rule: &CheckedRule<'_>) -> Result<Compiled, Located> {
        let mut numbers = HashMap::new();
        let mut compiled = Compiled {
            head: self.atom(rule.head, &rule.rule.head, &mut numbers)?,
            positive: Vec::new(),
            negative: Vec::new(),
            compared: Vec::new(),
            weight: self.relations[rule.head].weights().one(),
            variables: 0,
        };
        for literal in &rule.rule.body {
            match literal {
                Literal::Holds(reference) => {
                    let symbol = self.symbol(reference);
                    compiled.positive.push(self.atom(symbol, reference, &mut numbers)?);
                }
                Literal::Fails(reference) => {
                    let symbol = self.symbol(reference);
                    compiled.negative.push(self.atom(symbol, reference, &mut numbers)?);
                }
                Literal::Exceeds { tensor, comparison, number } => {
                    let symbol = self.symbol(tensor);
                    let mut atom = self.atom(symbol, tensor, &mut numbers)?;
                    atom.relation = self.relation_of_tensor(symbol, tensor, *comparison, *number)?;
                    compiled.positive.push(atom);
                }
                Literal::Compared(compared) => {
                    let variable = [&compared.left, &compared.right].into_iter().find_map(|side| side.variable());
                    let domain = variable.and_then(|name| rule.domains.get(name)).copied().unwrap_or(0);
                    let left = self.term(&compared.left, domain, &mut numbers)?;
                    let right = self.term(&compared.right, domain, &mut numbers)?;
                    compiled.compared.push((left, compared.comparison, right));
                }
                Literal::Weight(weight, span) => {
                    let weights = self.relations[rule.head].weights();
                    let product = weights.multiply(compiled.weight, *weight);
                    compiled.weight = product.map_err(|error| join_fault(error.into()).at(*span))?;
                }
            }
        }
        compiled.variables = numbers.len();
        Ok(compiled)
    }

    fn symbol(&self, reference: &Reference) -> usize {
        self.model.names.get(reference.name.text.as_str()).copied().unwrap_or(0)
    }

    fn atom(
        &self,
        relation: usize,
        reference: &Reference,
        numbers: &mut HashMap<String, usize>,
    ) -> Result<Atom, Located> {
        let domains = &self.model.symbols[relation].domains;
        let terms =
            reference.arguments.iter().zip(domains).map(|(argument, &domain)| self.term(argument, domain, numbers));
        Ok(Atom { relation, terms: terms.collect::<Result<_, _>>()? })
    }

    fn term(&self, argument: &Argument, domain: usize, numbers: &mut HashMap<String, usize>) -> Result<Term, Located> {
        match argument {
            Argument::Variable(ident) => {
                let next = numbers.len();
                Ok(Term::Variable(*numbers.entry(ident.text.clone()).or_insert(next)))
            }
            Argument::Anything(_) => Ok(Term::Anything),
            Argument::Constant(constant) => self.model.domains[domain].require(constant).map(Term::Constant),
        }
    }

    /// The positions at which a comparison with a number holds, as a relation of its own.
    fn relation_of_tensor(
        &mut self,
        symbol: usize,
        reference: &Reference,
        comparison: Comparison,
        number: f64,
    ) -> Result<usize, Located> {
        let tensor = self.tensors[symbol].clone().unwrap_or_else(|| std::sync::Arc::new(Tensor::scalar(0.0)));
        let mut relation = Relation::new(tensor.shape().len(), Weights::Boolean);
        let mut row = vec![0_u32; tensor.shape().len()];
        for value in tensor.data() {
            if comparison.holds(value, &number) {
                relation.insert(&row, 1.0);
            }
            for axis in (0..row.len()).rev() {
                row[axis] += 1;
                if (row[axis] as usize) < tensor.shape()[axis] {
                    break;
                }
                row[axis] = 0;
            }
        }
        if relation.len() > self.model.limits.rows {
            let what = format!("the rows of `{}`", reference.name.text);
            return Err(Fault::TooMany {
                what,
                most: self.model.limits.rows,
                way_out: "; raise it with `limit rows N`",
            }
            .at(reference.span));
        }
        self.relations.push(relation);
        Ok(self.relations.len() - 1)
    }
}
