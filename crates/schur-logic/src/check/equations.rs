//! Tensor equations: heads, the domains of indices, and the sums written out.

use std::collections::HashSet;

use super::columns::{Columns, Variables};
use super::rules::check_ordering;
use super::scope::{self, Resolved};
use super::symbols::Symbols;
use super::{Symbol, SymbolKind};
use crate::error::{Fault, Located, Span};
use crate::parse::tree::{Argument, Equation, Expression, Projection, Reference, Statement};
use crate::relation::weights::Weights;

/// An equation whose indices have no domains yet.
pub(super) struct Draft {
    pub(super) symbol: usize,
    pub(super) head: Vec<String>,
    pub(super) body: Resolved,
    pub(super) indices: Variables,
    pub(super) span: Span,
}

/// Checks all equations.
pub(super) fn check<'p>(
    statements: &'p [(Statement, Span)],
    symbols: &Symbols<'p>,
    columns: &mut Columns<'p>,
) -> Result<Vec<Draft>, Located> {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut alone = HashSet::new();
    for (statement, span) in statements {
        let Statement::Equation(equation) = statement else { continue };
        let symbol = symbols.find(&equation.head)?;
        let is_sum = equation.projection == Projection::Sum;
        let has_other = drafts.iter().any(|draft| draft.symbol == symbol);
        if alone.contains(&symbol) || (!is_sum && has_other) {
            let problem = "has an equation with `max=`, `min=` or `avg=`, which must be its only one";
            return Err(Fault::Refused { name: equation.head.name.text.clone(), problem }.at(equation.head.span));
        }
        if !is_sum {
            alone.insert(symbol);
        }
        drafts.push(draft(equation, *span, symbol, symbols, columns)?);
    }
    Ok(drafts)
}

fn draft<'p>(
    equation: &'p Equation,
    span: Span,
    symbol: usize,
    symbols: &Symbols<'p>,
    columns: &mut Columns<'p>,
) -> Result<Draft, Located> {
    let head = head(equation)?;
    let mut indices = Variables::new();
    columns.unify_head(symbol, &equation.head, &mut indices)?;
    check_body(&equation.body, symbols, columns, &mut indices)?;
    let body = scope::resolve(equation, &head, span)?;
    Ok(Draft { symbol, head, body, indices, span })
}

/// The indices of a head: variables, each once.
fn head(equation: &Equation) -> Result<Vec<String>, Located> {
    let mut head: Vec<String> = Vec::new();
    for argument in &equation.head.arguments {
        match argument {
            Argument::Variable(ident) if !head.contains(&ident.text) => head.push(ident.text.clone()),
            Argument::Variable(ident) => {
                let problem = "stands twice on the left; write `[i == j]` on the right for a diagonal";
                return Err(Fault::Refused { name: ident.text.clone(), problem }.at(ident.span));
            }
            other => {
                let expected = "a variable, since an equation defines the whole tensor".to_owned();
                return Err(Fault::Expected { expected, found: "a constant".to_owned() }.at(other.span()));
            }
        }
    }
    Ok(head)
}

fn check_body<'p>(
    expression: &'p Expression,
    symbols: &Symbols<'p>,
    columns: &mut Columns<'p>,
    indices: &mut Variables,
) -> Result<(), Located> {
    match expression {
        Expression::Number(_) => Ok(()),
        Expression::Reference(reference) => check_reference(reference, symbols, columns, indices),
        Expression::Compared(compared) => columns.unify_compared(compared, indices),
        Expression::Sum(parts) | Expression::Product(parts) => {
            let is_product = matches!(expression, Expression::Product(_));
            for (is_inverse, part) in parts {
                if let (true, Expression::Reference(reference)) = (*is_inverse && is_product, part)
                    && symbols.list[symbols.find(reference)?].weights().is_some()
                {
                    let problem = "is a relation, by which nothing can be divided: most of its entries are zero";
                    return Err(Fault::Refused { name: reference.name.text.clone(), problem }.at(reference.span));
                }
                if let (true, Expression::Compared(compared)) = (*is_inverse && is_product, part) {
                    let problem = "is zero where it does not hold, so nothing can be divided by it";
                    return Err(Fault::Refused { name: "the comparison".to_owned(), problem }.at(compared.span));
                }
                check_body(part, symbols, columns, indices)?;
            }
            Ok(())
        }
        Expression::Power { base: inner, .. }
        | Expression::Apply { argument: inner, .. }
        | Expression::Project { argument: inner, .. } => check_body(inner, symbols, columns, indices),
    }
}

fn check_reference<'p>(
    reference: &'p Reference,
    symbols: &Symbols<'p>,
    columns: &mut Columns<'p>,
    indices: &mut Variables,
) -> Result<(), Located> {
    let symbol = symbols.find(reference)?;
    match symbols.list[symbol].weights() {
        None | Some(Weights::Boolean | Weights::Real) => columns.unify_reference(symbol, reference, indices),
        Some(_) => Err(Fault::Refused {
            name: reference.name.text.clone(),
            problem: "has weights whose zero is not the number zero; equations take boolean and real relations",
        }
        .at(reference.span)),
    }
}

/// Refuses to order elements of domains that have no declared order.
pub(super) fn check_orderings(symbols: &Symbols<'_>) -> Result<(), Located> {
    let lists = symbols.list.iter().filter_map(|symbol: &Symbol<'_>| match &symbol.kind {
        SymbolKind::Equations(list) => Some(list),
        _ => None,
    });
    for equation in lists.flatten() {
        let mut compared = Vec::new();
        equation.body.compared(&mut compared);
        for compared in compared {
            check_ordering(compared, |name| equation.domains.get(name).copied(), symbols)?;
        }
    }
    Ok(())
}
