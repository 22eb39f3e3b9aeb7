//! Facts and rules: every variable of the head and of a negation is bound, and the semirings fit.

use std::collections::HashSet;

use super::CheckedRule;
use super::columns::{Columns, Variables};
use super::symbols::Symbols;
use crate::error::{Fault, Located, Span};
use crate::parse::tree::{Argument, Compared, Literal, Reference, Rule, Statement};
use crate::relation::weights::Weights;

/// Where variables get their values from.
const POSITIVE: &str = "a condition of the body that is neither negated nor a comparison";

/// A rule whose variables have no domains yet.
pub(super) struct Draft<'p> {
    pub(super) head: usize,
    pub(super) rule: &'p Rule,
    pub(super) variables: Variables,
    pub(super) span: Span,
}

/// Checks all facts and rules and returns the rules.
pub(super) fn check<'p>(
    statements: &'p [(Statement, Span)],
    symbols: &Symbols<'p>,
    columns: &mut Columns<'p>,
) -> Result<Vec<Draft<'p>>, Located> {
    let mut rules = Vec::new();
    for (statement, span) in statements {
        let Statement::Rule(rule) = statement else { continue };
        let head = symbols.find(&rule.head)?;
        let weights = symbols.list[head].weights().unwrap_or(Weights::Boolean);
        let mut variables = Variables::new();
        columns.unify_head(head, &rule.head, &mut variables)?;
        if rule.body.is_empty() {
            check_fact(rule, weights)?;
            continue;
        }
        check_safety(rule)?;
        for literal in &rule.body {
            check_literal(literal, (rule, weights), symbols, columns, &mut variables)?;
        }
        rules.push(Draft { head, rule, variables, span: *span });
    }
    Ok(rules)
}

fn check_fact(rule: &Rule, weights: Weights) -> Result<(), Located> {
    for argument in &rule.head.arguments {
        match argument {
            Argument::Constant(_) => {}
            Argument::Variable(ident) => {
                return Err(Fault::VariableInFact { name: ident.text.clone() }.at(ident.span));
            }
            Argument::Anything(span) => return Err(Fault::VariableInFact { name: "_".to_owned() }.at(*span)),
        }
    }
    rule.weight.map_or(Ok(()), |(weight, span)| check_weight(weight, &rule.head, weights, span))
}

fn check_weight(weight: f64, relation: &Reference, weights: Weights, span: Span) -> Result<(), Located> {
    if weights != Weights::Boolean && weights.holds(weight) {
        return Ok(());
    }
    let way_out = match weights {
        Weights::Boolean => "; declare the relation `in real` or another semiring",
        _ => "",
    };
    let relation = relation.name.text.clone();
    Err(Fault::Weight { weight, relation, semiring: weights.name(), way_out }.at(span))
}

fn check_literal<'p>(
    literal: &'p Literal,
    (rule, weights): (&Rule, Weights),
    symbols: &Symbols<'p>,
    columns: &mut Columns<'p>,
    variables: &mut Variables,
) -> Result<(), Located> {
    match literal {
        Literal::Holds(reference) | Literal::Fails(reference) => {
            let symbol = symbols.find(reference)?;
            let body = symbols.list[symbol].weights().unwrap_or(Weights::Boolean);
            if matches!(literal, Literal::Holds(_)) && !weights.takes(body) {
                return Err(Fault::Semirings {
                    head: rule.head.name.text.clone(),
                    head_semiring: weights.name(),
                    body: reference.name.text.clone(),
                    body_semiring: body.name(),
                }
                .at(reference.span));
            }
            columns.unify_reference(symbol, reference, variables)
        }
        Literal::Exceeds { tensor, .. } => {
            let symbol = symbols.find(tensor)?;
            columns.unify_reference(symbol, tensor, variables)
        }
        Literal::Compared(compared) => columns.unify_compared(compared, variables),
        Literal::Weight(weight, span) => check_weight(*weight, &rule.head, weights, *span),
    }
}

fn check_safety(rule: &Rule) -> Result<(), Located> {
    let positive = rule.body.iter().filter_map(|literal| match literal {
        Literal::Holds(reference) | Literal::Exceeds { tensor: reference, .. } => Some(reference),
        _ => None,
    });
    let bound: HashSet<&str> = positive.flat_map(Reference::variables).map(|ident| ident.text.as_str()).collect();
    let check = |argument: &Argument, place: &'static str| match argument {
        Argument::Variable(ident) if !bound.contains(ident.text.as_str()) => {
            Err(Fault::Unbound { variable: ident.text.clone(), place, way_out: POSITIVE }.at(ident.span))
        }
        _ => Ok(()),
    };
    for argument in &rule.head.arguments {
        if let Argument::Anything(span) = argument {
            return Err(Fault::Unbound { variable: "_".to_owned(), place: "of the head", way_out: POSITIVE }.at(*span));
        }
        check(argument, "of the head")?;
    }
    for literal in &rule.body {
        match literal {
            Literal::Fails(reference) => {
                reference.arguments.iter().try_for_each(|argument| check(argument, "of a negation"))?;
            }
            Literal::Compared(Compared { left, right, .. }) => {
                [left, right].into_iter().try_for_each(|argument| check(argument, "of a comparison"))?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Refuses to order elements of domains that have no declared order.
pub(super) fn check_orderings(rules: &[CheckedRule<'_>], symbols: &Symbols<'_>) -> Result<(), Located> {
    for rule in rules {
        for literal in &rule.rule.body {
            if let Literal::Compared(compared) = literal {
                check_ordering(compared, |name| rule.domains.get(name).copied(), symbols)?;
            }
        }
    }
    Ok(())
}

/// Refuses `x < y` over a domain whose order is that of reading.
pub(super) fn check_ordering(
    compared: &Compared,
    domain: impl Fn(&str) -> Option<usize>,
    symbols: &Symbols<'_>,
) -> Result<(), Located> {
    let variable = [&compared.left, &compared.right].into_iter().find_map(|argument| argument.variable());
    let domain = variable.and_then(domain).map(|id| &symbols.domains[id]);
    match domain {
        Some(domain) if compared.comparison.is_ordering() && domain.is_open() => {
            Err(Fault::Refused { name: domain.name.clone(), problem: "has no order; declare its size or its elements" }
                .at(compared.span))
        }
        _ => Ok(()),
    }
}
