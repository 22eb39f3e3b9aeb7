//! Answers to queries.

use super::Session;
use crate::check::Query;
use crate::check::scope::index_of;
use crate::error::{Fault, Located};
use crate::parse::tree::{Argument, Reference};
use crate::relation::weights::Weights;

/// The answer to one query.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The query as written.
    pub query: String,
    /// What it is answered with.
    pub value: Value,
}

/// What a query is answered with.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Whether a row without variables is there.
    Truth(bool),
    /// How many rows fit, for `count`.
    Count(usize),
    /// The weight of a row without variables, or an element of a tensor. A row that is not there has the zero of its
    /// semiring, which is infinite in min-plus and max-plus.
    Number(f64),
    /// The rows that fit, in the order of their elements.
    Rows {
        /// The variables of the query, each once.
        variables: Vec<String>,
        /// Their values, row by row.
        rows: Vec<Vec<String>>,
        /// The weight of each row, if the relation has weights; rows that agree in all variables are added.
        weights: Option<Vec<f64>>,
    },
    /// A part of a tensor, row-major.
    Tensor {
        /// The variable of each axis.
        variables: Vec<String>,
        /// What the positions along each axis are called.
        elements: Vec<Vec<String>>,
        /// The numbers.
        values: Vec<f64>,
    },
}

impl Session<'_> {
    pub(super) fn answers(&mut self) -> Result<Vec<Answer>, Located> {
        let queries = self.model.queries.clone();
        let symbols: Vec<usize> = queries.iter().map(|query| query.symbol).collect();
        self.ensure(&symbols)?;
        let mut answers = Vec::new();
        for query in &queries {
            let value = if self.model.symbols[query.symbol].weights().is_some() {
                self.rows(query)?
            } else {
                self.elements(query)?
            };
            let span = query.reference.span;
            answers.push(Answer { query: self.source[span.start..span.end].to_owned(), value });
        }
        Ok(answers)
    }

    /// The constants of a query, by column.
    fn constants(&self, query: &Query<'_>) -> Result<Vec<Option<u32>>, Located> {
        let domains = &self.model.symbols[query.symbol].domains;
        let find = |(argument, &domain): (&Argument, &usize)| match argument {
            Argument::Constant(constant) => self.model.domains[domain].require(constant).map(Some),
            _ => Ok(None),
        };
        query.reference.arguments.iter().zip(domains).map(find).collect()
    }

    fn rows(&mut self, query: &Query<'_>) -> Result<Value, Located> {
        let constants = self.constants(query)?;
        let shown = shown_columns(query.reference);
        let relation = &self.relations[query.symbol];
        let weights = relation.weights();
        let fits = |row: &[u32]| {
            let is_constant = |(column, id): (usize, &Option<u32>)| id.is_none_or(|id| row[column] == id);
            constants.iter().enumerate().all(is_constant) && repeats_agree(query.reference, row)
        };
        let mut projected = crate::relation::Relation::new(shown.len(), weights);
        for row in (0..relation.len()).filter(|&row| fits(relation.row(row))) {
            let values: Vec<u32> = shown.iter().map(|&(_, column)| relation.row(row)[column]).collect();
            let (place, is_new) = projected.insert(&values, relation.weight(row));
            if !is_new {
                let sum = weights.add(projected.weight(place), relation.weight(row));
                let sum =
                    sum.map_err(|error| Fault::Contraction { reason: error.to_string() }.at(query.reference.span))?;
                projected.set_weight(place, sum);
            }
        }
        if query.is_count {
            return Ok(Value::Count(projected.len()));
        }
        if shown.is_empty() {
            let is_there = projected.len() > 0;
            return Ok(match weights {
                Weights::Boolean => Value::Truth(is_there),
                _ => Value::Number(if is_there { projected.weight(0) } else { weights.zero() }),
            });
        }
        let domains = &self.model.symbols[query.symbol].domains;
        let name = |(&id, &(_, column)): (&u32, &(String, usize))| self.model.domains[domains[column]].element(id);
        let order = projected.sorted();
        Ok(Value::Rows {
            variables: shown.iter().map(|(name, _)| name.clone()).collect(),
            rows: order.iter().map(|&row| projected.row(row).iter().zip(&shown).map(name).collect()).collect(),
            weights: (weights != Weights::Boolean).then(|| order.iter().map(|&row| projected.weight(row)).collect()),
        })
    }

    fn elements(&mut self, query: &Query<'_>) -> Result<Value, Located> {
        let constants = self.constants(query)?;
        let shown = shown_columns(query.reference);
        let domains = &self.model.symbols[query.symbol].domains;
        let Some(tensor) = &self.tensors[query.symbol] else { return Ok(Value::Number(f64::NAN)) };
        let mut index = vec![0_u32; domains.len()];
        let mut values = Vec::new();
        for value in tensor.data() {
            let is_constant = |(column, id): (usize, &Option<u32>)| id.is_none_or(|id| index[column] == id);
            if constants.iter().enumerate().all(is_constant) && repeats_agree(query.reference, &index) {
                values.push(*value);
            }
            for axis in (0..index.len()).rev() {
                index[axis] += 1;
                if (index[axis] as usize) < tensor.shape()[axis] {
                    break;
                }
                index[axis] = 0;
            }
        }
        if let ([], [number]) = (shown.as_slice(), values.as_slice()) {
            return Ok(Value::Number(*number));
        }
        let elements = shown.iter().map(|&(_, axis)| {
            let domain = &self.model.domains[domains[axis]];
            (0..domain.len()).map(|id| domain.element(id as u32)).collect()
        });
        let elements = elements.collect();
        Ok(Value::Tensor { variables: shown.into_iter().map(|(name, _)| name).collect(), elements, values })
    }
}

/// The variables of a query, each once, and the first column of each. Every `_` of a tensor is shown, that of a relation
/// is not.
fn shown_columns(reference: &Reference) -> Vec<(String, usize)> {
    let is_tensor = reference.brackets != crate::parse::tree::Brackets::Round;
    let mut shown: Vec<(String, usize)> = Vec::new();
    for (column, argument) in reference.arguments.iter().enumerate() {
        let name = match argument {
            Argument::Anything(_) if is_tensor => Some("_".to_owned()),
            Argument::Variable(ident) if shown.iter().all(|(name, _)| *name != ident.text) => Some(ident.text.clone()),
            _ => None,
        };
        shown.extend(name.map(|name| (name, column)));
    }
    shown
}

/// Whether columns with one variable have one value.
fn repeats_agree(reference: &Reference, row: &[u32]) -> bool {
    let names: Vec<Option<String>> = reference.arguments.iter().map(index_of).collect();
    (0..row.len()).all(|column| {
        let first = names.iter().position(|name| name.is_some() && *name == names[column]);
        first.is_none_or(|first| row[first] == row[column])
    })
}
