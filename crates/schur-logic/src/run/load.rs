//! What a program begins with: tables, facts, numbers written, numbers drawn.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal, StandardUniform};
use schur_tensor::Tensor;

use super::Session;
use crate::check::SymbolKind;
use crate::dense::graph::check_elements;
use crate::error::{Fault, Located, Span};
use crate::parse::tree::{Argument, Ident, Source, TensorKind};
use crate::relation::weights::Weights;

/// What a name behind `from` stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// A row a line: the elements, and behind them a weight or nothing. Fields end at tabs where a line has any, else at
    /// commas, else at spaces. Lines that begin with `#` are left out. Numbers for a tensor stand as they come.
    Text(String),
    /// The numbers of a tensor, row-major.
    Array {
        /// Its shape.
        shape: Vec<usize>,
        /// Its numbers.
        values: Vec<f64>,
    },
}

/// Brings what a name behind `from` stands for, or says why it cannot.
pub type Reader<'r> = &'r mut dyn FnMut(&str) -> Result<Data, String>;

impl Session<'_> {
    pub(super) fn load(&mut self, reader: Reader<'_>) -> Result<(), Located> {
        for (relation, file) in self.model.tables.clone() {
            match read(reader, file)? {
                Data::Text(text) => {
                    self.table(relation, file, &text)?;
                    if self.model.rules.iter().any(|rule| rule.head == relation) {
                        self.tables.insert(relation, self.relations[relation].clone());
                    }
                }
                Data::Array { .. } => {
                    let reason = "it holds a tensor, not the rows of a relation".to_owned();
                    return Err(Fault::Reading { file: file.text.clone(), reason }.at(file.span));
                }
            }
        }
        for mention in &self.model.mentions {
            self.model.domains[mention.domain].require(mention.constant)?;
        }
        let mut rng = ChaCha8Rng::seed_from_u64(self.model.seed);
        for symbol in 0..self.model.symbols.len() {
            if let SymbolKind::Declared { kind, source } = self.model.symbols[symbol].kind {
                let tensor = self.declared(symbol, (kind, source), reader, &mut rng)?;
                self.tensors[symbol] = Some(Arc::new(tensor));
            }
        }
        Ok(())
    }

    /// Reads the rows of a relation.
    fn table(&mut self, relation: usize, file: &Ident, text: &str) -> Result<(), Located> {
        let (arity, weights) = (self.relations[relation].arity(), self.relations[relation].weights());
        let mut row = Vec::with_capacity(arity);
        for (line, content) in text.lines().enumerate() {
            let content = content.trim();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let at_fault =
                |problem: String| Fault::Table { file: file.text.clone(), line: line + 1, problem }.at(file.span);
            let fields = fields(content);
            if fields.len() != arity && fields.len() != arity + 1 {
                return Err(at_fault(format!(
                    "expected {arity} elements and a weight or none, found {} fields",
                    fields.len()
                )));
            }
            let weight = match fields.get(arity).map(|field| field.parse::<f64>()) {
                None => weights.one(),
                // Whatever is not zero is true.
                Some(Ok(weight)) if weights == Weights::Boolean && !weight.is_nan() => f64::from(weight != 0.0),
                Some(Ok(weight)) if weights.holds(weight) => weight,
                Some(_) => {
                    return Err(at_fault(format!("`{}` is not a weight in {}", fields[arity], weights.name())));
                }
            };
            row.clear();
            for (column, field) in fields[..arity].iter().enumerate() {
                let domain = self.model.symbols[relation].domains[column];
                let domain = &mut self.model.domains[domain];
                let element = domain.intern(field);
                row.push(element.ok_or_else(|| {
                    at_fault(format!(
                        "`{field}` is not an element of domain `{}`{}",
                        domain.name,
                        domain.suggestion(field)
                    ))
                })?);
            }
            if weight != weights.zero() {
                self.add_row(relation, &row, weight, file.span)?;
            }
        }
        Ok(())
    }

    pub(super) fn add_row(&mut self, relation: usize, row: &[u32], weight: f64, span: Span) -> Result<(), Located> {
        let target = &mut self.relations[relation];
        let (place, is_new) = target.insert(row, weight);
        if !is_new {
            let sum = target.weights().add(target.weight(place), weight);
            target.set_weight(place, sum.map_err(|error| Fault::Contraction { reason: error.to_string() }.at(span))?);
        }
        if target.len() > self.model.limits.rows {
            let what = format!("the rows of `{}`", self.model.symbols[relation].name);
            return Err(Fault::TooMany {
                what,
                most: self.model.limits.rows,
                way_out: "; raise it with `limit rows N`",
            }
            .at(span));
        }
        Ok(())
    }

    /// Puts the facts of the program into a relation.
    pub(super) fn add_facts(&mut self, relation: usize) -> Result<(), Located> {
        for (_, rule) in self.model.facts.clone().into_iter().filter(|(symbol, _)| *symbol == relation) {
            let domains = &self.model.symbols[relation].domains;
            let elements = rule.head.arguments.iter().zip(domains).filter_map(|(argument, &domain)| match argument {
                Argument::Constant(constant) => self.model.domains[domain].find(&constant.text),
                _ => None,
            });
            let row: Vec<u32> = elements.collect();
            let weight = rule.weight.map_or(self.relations[relation].weights().one(), |(weight, _)| weight);
            self.add_row(relation, &row, weight, rule.head.span)?;
        }
        Ok(())
    }

    fn declared(
        &self,
        symbol: usize,
        (kind, source): (TensorKind, &Source),
        reader: Reader<'_>,
        rng: &mut ChaCha8Rng,
    ) -> Result<Tensor<f64>, Located> {
        let declared = &self.model.symbols[symbol];
        let shape: Vec<usize> = declared.domains.iter().map(|&domain| self.model.domains[domain].len()).collect();
        check_elements(&shape, self.model.limits.elements, declared.span)?;
        let count: usize = shape.iter().product();
        let (found, values) = match source {
            Source::Numbers { values, shape, .. } => (shape.clone(), values.clone()),
            Source::File(file) => array(reader, file, &shape)?,
            Source::Constant(value) => (shape.clone(), vec![*value; count]),
            Source::Normal(_) | Source::Uniform(_) | Source::Unit => {
                let last = shape.last().copied().unwrap_or(1);
                (shape.clone(), drawn(source, count, last, rng))
            }
        };
        let span = match source {
            Source::Numbers { span, .. } => *span,
            Source::File(file) => file.span,
            _ => declared.span,
        };
        if found != shape {
            return Err(Fault::Shape { name: declared.name.to_owned(), expected: shape, found }.at(span));
        }
        if values.iter().any(|value| !value.is_finite()) {
            let what = format!(
                "an element of {} `{}`",
                if kind == TensorKind::Data { "data" } else { "tensor" },
                declared.name
            );
            return Err(Fault::NotFinite { what }.at(span));
        }
        Tensor::new(&shape, values).map_err(|error| Fault::Contraction { reason: error.to_string() }.at(span))
    }
}

fn read(reader: Reader<'_>, file: &Ident) -> Result<Data, Located> {
    reader(&file.text).map_err(|reason| Fault::Reading { file: file.text.clone(), reason }.at(file.span))
}

/// The numbers of a tensor; text has no shape of its own.
fn array(reader: Reader<'_>, file: &Ident, expected: &[usize]) -> Result<(Vec<usize>, Vec<f64>), Located> {
    let text = match read(reader, file)? {
        Data::Array { shape, values } => return Ok((shape, values)),
        Data::Text(text) => text,
    };
    let mut values = Vec::new();
    for (line, content) in text.lines().enumerate() {
        if content.trim_start().starts_with('#') {
            continue;
        }
        for field in content.split([',', ' ', '\t']).map(str::trim).filter(|field| !field.is_empty()) {
            values.push(field.parse::<f64>().map_err(|_| {
                let problem = format!("`{field}` is not a number");
                Fault::Table { file: file.text.clone(), line: line + 1, problem }.at(file.span)
            })?);
        }
    }
    let shape = if values.len() == expected.iter().product() { expected.to_vec() } else { vec![values.len()] };
    Ok((shape, values))
}

fn fields(line: &str) -> Vec<&str> {
    if line.contains('\t') {
        line.split('\t').map(str::trim).collect()
    } else if line.contains(',') {
        line.split(',').map(str::trim).collect()
    } else {
        line.split_whitespace().collect()
    }
}

/// Draws random numbers, in vectors of a length.
fn drawn(source: &Source, count: usize, length: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let mut normal = || -> f64 { StandardNormal.sample(rng) };
    match source {
        Source::Normal(deviation) => (0..count).map(|_| deviation * normal()).collect(),
        Source::Unit => {
            let mut values: Vec<f64> = (0..count).map(|_| normal()).collect();
            for vector in values.chunks_mut(length.max(1)) {
                let norm = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
                vector.iter_mut().for_each(|x| *x /= norm);
            }
            values
        }
        Source::Uniform(width) => {
            let mut uniform = || -> f64 { StandardUniform.sample(rng) };
            (0..count).map(|_| width * (2.0 * uniform() - 1.0)).collect()
        }
        _ => vec![0.0; count],
    }
}
