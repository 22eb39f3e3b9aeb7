//! The names of a program: domains, relations and tensors.

use std::collections::HashMap;

use super::domain::Domain;
use super::{Symbol, SymbolKind};
use crate::error::{Fault, Located, Place, Span, Suggestion};
use crate::parse::tree::{Brackets, Elements, Ident, Reference, Statement};
use crate::relation::weights::Weights;

/// The domain of columns that nobody declares.
const UNDECLARED: &str = "entity";

/// More elements than this cannot be numbered.
const MOST_ELEMENTS: usize = u32::MAX as usize - 1;

/// The names of a program.
pub(super) struct Symbols<'p> {
    pub(super) domains: Vec<Domain>,
    pub(super) list: Vec<Symbol<'p>>,
    pub(super) names: HashMap<&'p str, usize>,
    pub(super) tables: Vec<(usize, &'p Ident)>,
    /// The declared domain of each column or axis, and how many there are.
    pub(super) declared: Vec<Vec<Option<usize>>>,
    domain_names: HashMap<&'p str, (usize, Span)>,
}

impl<'p> Symbols<'p> {
    /// Takes up what statements declare, then what facts, rules and equations define without a declaration.
    pub(super) fn collect(source: &str, statements: &'p [(Statement, Span)]) -> Result<Self, Located> {
        let mut symbols = Self {
            domains: vec![Domain::open(UNDECLARED)],
            list: Vec::new(),
            names: HashMap::new(),
            tables: Vec::new(),
            declared: Vec::new(),
            domain_names: HashMap::new(),
        };
        for (statement, _) in statements {
            symbols.domain(source, statement)?;
        }
        for (statement, _) in statements {
            symbols.declare(source, statement)?;
        }
        for (statement, _) in statements {
            symbols.define(statement)?;
        }
        Ok(symbols)
    }

    fn domain(&mut self, source: &str, statement: &'p Statement) -> Result<(), Located> {
        let Statement::Domain { name, elements } = statement else { return Ok(()) };
        if let Some((_, first)) = self.domain_names.get(name.text.as_str()) {
            let line = Place::new(source, *first).line;
            return Err(Fault::Twice { name: name.text.clone(), line }.at(name.span));
        }
        let domain = match elements {
            Elements::Open => Domain::open(&name.text),
            Elements::Count(count, span) if *count > MOST_ELEMENTS => {
                let what = format!("the elements of `{}`", name.text);
                return Err(Fault::TooMany { what, most: MOST_ELEMENTS, way_out: "" }.at(*span));
            }
            Elements::Count(count, _) => Domain::numbers(&name.text, *count),
            Elements::Names(list) => {
                let named = Domain::names(&name.text, list.iter().map(|element| element.text.as_str()));
                named.map_err(|second| {
                    let element = &list[second];
                    let problem = "is an element already";
                    Fault::Refused { name: element.text.clone(), problem }.at(element.span)
                })?
            }
        };
        self.domain_names.insert(&name.text, (self.domains.len(), name.span));
        self.domains.push(domain);
        Ok(())
    }

    fn declare(&mut self, source: &str, statement: &'p Statement) -> Result<(), Located> {
        let (name, columns, kind) = match statement {
            Statement::Relation { name, columns, semiring, .. } => {
                (name, columns, SymbolKind::Relation { weights: weights(semiring.as_ref())? })
            }
            Statement::Tensor { name, kind, axes, source } => {
                (name, axes, SymbolKind::Declared { kind: *kind, source })
            }
            _ => return Ok(()),
        };
        if let Some(&first) = self.names.get(name.text.as_str()) {
            let line = Place::new(source, self.list[first].span).line;
            return Err(Fault::Twice { name: name.text.clone(), line }.at(name.span));
        }
        let domains: Result<Vec<_>, _> = columns.iter().map(|column| self.find_domain(column).map(Some)).collect();
        let symbol = self.add(name, kind, domains?);
        if let Statement::Relation { file: Some(file), .. } = statement {
            self.tables.push((symbol, file));
        }
        Ok(())
    }

    fn define(&mut self, statement: &'p Statement) -> Result<(), Located> {
        let (head, kind, what) = match statement {
            Statement::Rule(rule) => (&rule.head, SymbolKind::Relation { weights: Weights::Boolean }, "rule"),
            Statement::Equation(equation) => (&equation.head, SymbolKind::Equations(Vec::new()), "equation"),
            _ => return Ok(()),
        };
        let Some(&symbol) = self.names.get(head.name.text.as_str()) else {
            self.add(&head.name, kind, vec![None; head.arguments.len()]);
            return Ok(());
        };
        self.check_use(symbol, head)?;
        match self.list[symbol].kind {
            SymbolKind::Declared { kind, .. } => {
                let declared = match kind {
                    crate::parse::tree::TensorKind::Data => "data",
                    crate::parse::tree::TensorKind::Random => "random",
                    crate::parse::tree::TensorKind::Parameter => "a parameter",
                };
                Err(Fault::Defined { name: head.name.text.clone(), declared, refused: what }.at(head.name.span))
            }
            _ => Ok(()),
        }
    }

    fn add(&mut self, name: &'p Ident, kind: SymbolKind<'p>, declared: Vec<Option<usize>>) -> usize {
        let symbol = self.list.len();
        self.names.insert(&name.text, symbol);
        self.list.push(Symbol { name: &name.text, span: name.span, kind, domains: Vec::new() });
        self.declared.push(declared);
        symbol
    }

    fn find_domain(&self, name: &Ident) -> Result<usize, Located> {
        let found = self.domain_names.get(name.text.as_str()).map(|(domain, _)| *domain);
        found.ok_or_else(|| {
            let suggestion = Suggestion::among(&name.text, self.domain_names.keys().copied());
            Fault::Unknown { what: "domain", name: name.text.clone(), suggestion }.at(name.span)
        })
    }

    /// How many columns or axes a symbol has.
    pub(super) fn arity(&self, symbol: usize) -> usize {
        self.declared[symbol].len()
    }

    /// The symbol of a name.
    pub(super) fn find_name(&self, name: &Ident) -> Result<usize, Located> {
        self.names.get(name.text.as_str()).copied().ok_or_else(|| {
            let suggestion = Suggestion::among(&name.text, self.names.keys().copied());
            Fault::Unknown { what: "relation or tensor", name: name.text.clone(), suggestion }.at(name.span)
        })
    }

    /// The symbol of a reference, whose brackets and number of arguments are right.
    pub(super) fn find(&self, reference: &Reference) -> Result<usize, Located> {
        let symbol = self.find_name(&reference.name)?;
        self.check_use(symbol, reference)?;
        Ok(symbol)
    }

    fn check_use(&self, symbol: usize, reference: &Reference) -> Result<(), Located> {
        let is_relation = self.list[symbol].weights().is_some();
        let (expected, found) = (self.arity(symbol), reference.arguments.len());
        let name = reference.name.text.clone();
        let fits = match reference.brackets {
            Brackets::Round => is_relation,
            Brackets::Square => !is_relation,
            Brackets::None => !is_relation,
        };
        if !fits {
            let (is, write) = if is_relation { ("relation", "(...)") } else { ("tensor", "[...]") };
            return Err(Fault::Brackets { name, is, write }.at(reference.span));
        }
        if expected != found {
            let what = if is_relation { "columns" } else { "axes" };
            return Err(Fault::Arity { name, what, expected, found }.at(reference.span));
        }
        Ok(())
    }
}

fn weights(name: Option<&Ident>) -> Result<Weights, Located> {
    let Some(name) = name else { return Ok(Weights::Boolean) };
    Weights::ALL.into_iter().find(|weights| weights.name() == name.text).ok_or_else(|| {
        let suggestion = Suggestion::among(&name.text, Weights::ALL.iter().map(|weights| weights.name()));
        let what = "semiring of weights (boolean, real, max-plus, max-times, min-plus)";
        Fault::Unknown { what, name: name.text.clone(), suggestion }.at(name.span)
    })
}
