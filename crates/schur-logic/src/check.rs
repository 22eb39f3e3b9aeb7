//! What a program means: which names are what, what the columns and axes run over, and in which order to compute.

mod columns;
pub(crate) mod domain;
mod equations;
mod rules;
pub(crate) mod scope;
mod strata;
mod symbols;

use std::collections::HashMap;

use self::columns::Columns;
use self::domain::Domain;
use self::scope::Resolved;
use self::symbols::Symbols;
use crate::error::{Located, Span};
use crate::parse::tree::{Ident, Limited, Method, Reference, Rule, Source, Statement, TensorKind};
use crate::relation::weights::Weights;

/// Rows that a relation may have unless `limit rows` says otherwise: some gigabytes.
const DEFAULT_ROWS: usize = 50_000_000;

/// Rounds that a recursion over weights may take unless `limit rounds` says otherwise.
const DEFAULT_ROUNDS: usize = 10_000;

/// Elements of a dense tensor unless `limit elements` says otherwise: two gigabytes.
const DEFAULT_ELEMENTS: usize = 1 << 28;

/// What a relation or tensor is.
#[derive(Debug, Clone)]
pub(crate) enum SymbolKind<'p> {
    Relation { weights: Weights },
    Declared { kind: TensorKind, source: &'p Source },
    Equations(Vec<CheckedEquation>),
}

/// A relation or tensor.
#[derive(Debug, Clone)]
pub(crate) struct Symbol<'p> {
    pub(crate) name: &'p str,
    pub(crate) span: Span,
    pub(crate) kind: SymbolKind<'p>,
    /// The domain of each column or axis.
    pub(crate) domains: Vec<usize>,
}

impl Symbol<'_> {
    /// The semiring of a relation; none for a tensor.
    pub(crate) const fn weights(&self) -> Option<Weights> {
        if let SymbolKind::Relation { weights } = self.kind { Some(weights) } else { None }
    }
}

/// One equation: every sum written out, and the domain of every index.
#[derive(Debug, Clone)]
pub(crate) struct CheckedEquation {
    pub(crate) head: Vec<String>,
    pub(crate) body: Resolved,
    pub(crate) domains: HashMap<String, usize>,
    pub(crate) span: Span,
}

/// A rule with a body, and the domain of every variable.
#[derive(Debug, Clone)]
pub(crate) struct CheckedRule<'p> {
    pub(crate) head: usize,
    pub(crate) rule: &'p Rule,
    pub(crate) domains: HashMap<String, usize>,
    pub(crate) span: Span,
}

/// A constant that has to be an element once everything is read.
#[derive(Debug, Clone)]
pub(crate) struct Mention<'p> {
    pub(crate) constant: &'p Ident,
    pub(crate) domain: usize,
}

/// A request to learn.
#[derive(Debug, Clone)]
pub(crate) struct Training {
    pub(crate) loss: usize,
    pub(crate) method: Method,
    pub(crate) steps: usize,
    pub(crate) rate: f64,
    pub(crate) span: Span,
}

/// A question.
#[derive(Debug, Clone)]
pub(crate) struct Query<'p> {
    pub(crate) reference: &'p Reference,
    pub(crate) symbol: usize,
    pub(crate) is_count: bool,
}

/// Symbols that depend on each other, computed together.
#[derive(Debug, Clone)]
pub(crate) struct Stratum {
    pub(crate) symbols: Vec<usize>,
    /// Whether one depends on itself.
    pub(crate) is_recursive: bool,
}

/// Limits of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) rows: usize,
    pub(crate) rounds: usize,
    pub(crate) elements: usize,
}

/// A program whose every name is known.
#[derive(Debug, Clone)]
pub(crate) struct Model<'p> {
    pub(crate) domains: Vec<Domain>,
    pub(crate) symbols: Vec<Symbol<'p>>,
    pub(crate) names: HashMap<&'p str, usize>,
    /// Facts: the relation, and the statement.
    pub(crate) facts: Vec<(usize, &'p Rule)>,
    pub(crate) rules: Vec<CheckedRule<'p>>,
    /// Relations with a table to read, and its name.
    pub(crate) tables: Vec<(usize, &'p Ident)>,
    pub(crate) mentions: Vec<Mention<'p>>,
    pub(crate) strata: Vec<Stratum>,
    /// The symbols that each symbol is computed from.
    pub(crate) sources: Vec<Vec<usize>>,
    pub(crate) trainings: Vec<Training>,
    pub(crate) queries: Vec<Query<'p>>,
    pub(crate) seed: u64,
    pub(crate) limits: Limits,
}

/// Finds out what a program means.
pub(crate) fn check<'p>(source: &str, statements: &'p [(Statement, Span)]) -> Result<Model<'p>, Located> {
    let mut symbols = Symbols::collect(source, statements)?;
    let mut columns = Columns::new(&symbols);
    let rules = rules::check(statements, &symbols, &mut columns)?;
    let equations = equations::check(statements, &symbols, &mut columns)?;
    let queries = queries(statements, &symbols, &mut columns)?;
    let trainings = trainings(statements, &symbols)?;
    columns.settle(&mut symbols)?;
    for equation in equations {
        let domains = columns.domains_of(equation.indices);
        let checked = CheckedEquation { head: equation.head, body: equation.body, domains, span: equation.span };
        if let SymbolKind::Equations(list) = &mut symbols.list[equation.symbol].kind {
            list.push(checked);
        }
    }
    let rules = rules.into_iter().map(|draft| CheckedRule {
        head: draft.head,
        rule: draft.rule,
        domains: columns.domains_of(draft.variables),
        span: draft.span,
    });
    let rules: Vec<_> = rules.collect();
    let (strata, sources) = strata::order(&symbols, &rules)?;
    rules::check_orderings(&rules, &symbols)?;
    equations::check_orderings(&symbols)?;
    Ok(Model {
        facts: facts(statements, &symbols),
        mentions: columns.into_mentions(),
        domains: symbols.domains,
        symbols: symbols.list,
        names: symbols.names,
        tables: symbols.tables,
        rules,
        strata,
        sources,
        trainings,
        queries,
        seed: statements
            .iter()
            .rev()
            .find_map(|(s, _)| if let Statement::Seed(n) = s { Some(*n) } else { None })
            .unwrap_or(0),
        limits: limits(statements),
    })
}

fn facts<'p>(statements: &'p [(Statement, Span)], symbols: &Symbols<'p>) -> Vec<(usize, &'p Rule)> {
    let facts = statements.iter().filter_map(|(statement, _)| match statement {
        Statement::Rule(rule) if rule.body.is_empty() => Some(rule),
        _ => None,
    });
    facts.filter_map(|rule| Some((*symbols.names.get(rule.head.name.text.as_str())?, rule))).collect()
}

fn queries<'p>(
    statements: &'p [(Statement, Span)],
    symbols: &Symbols<'p>,
    columns: &mut Columns<'p>,
) -> Result<Vec<Query<'p>>, Located> {
    let mut queries = Vec::new();
    for (statement, _) in statements {
        let Statement::Query { reference, is_count } = statement else { continue };
        let symbol = symbols.find(reference)?;
        if *is_count && symbols.list[symbol].weights().is_none() {
            let problem = "is a tensor, and only the rows of relations are counted";
            return Err(
                crate::error::Fault::Refused { name: reference.name.text.clone(), problem }.at(reference.name.span)
            );
        }
        columns.unify_reference(symbol, reference, &mut HashMap::new())?;
        queries.push(Query { reference, symbol, is_count: *is_count });
    }
    Ok(queries)
}

fn trainings(statements: &[(Statement, Span)], symbols: &Symbols<'_>) -> Result<Vec<Training>, Located> {
    let mut trainings = Vec::new();
    for (statement, _) in statements {
        let Statement::Minimize { loss, method, steps, rate, span } = statement else { continue };
        let symbol = symbols.find_name(loss)?;
        let is_scalar = matches!(symbols.list[symbol].kind, SymbolKind::Equations(_)) && symbols.arity(symbol) == 0;
        if !is_scalar {
            let problem = "cannot be minimized; that takes an equation for one number, as in `Loss = ...`";
            return Err(crate::error::Fault::Refused { name: loss.text.clone(), problem }.at(loss.span));
        }
        trainings.push(Training { loss: symbol, method: *method, steps: *steps, rate: *rate, span: *span });
    }
    Ok(trainings)
}

fn limits(statements: &[(Statement, Span)]) -> Limits {
    let mut limits = Limits { rows: DEFAULT_ROWS, rounds: DEFAULT_ROUNDS, elements: DEFAULT_ELEMENTS };
    for (statement, _) in statements {
        if let Statement::Limit { limited, most } = statement {
            match limited {
                Limited::Rows => limits.rows = *most,
                Limited::Rounds => limits.rounds = *most,
                Limited::Elements => limits.elements = *most,
            }
        }
    }
    limits
}
