//! Over what each part of an equation is summed.
//!
//! An index that the left-hand side does not have is summed in the smallest product that has all its occurrences, as
//! the paper's equations are meant: `relu(W[i, j] X[j])` sums within the function, `A[i, j] relu(X[j])` outside.
//! Terms of a sum that share an index are aligned along it, so `(X[i] - Y[i])^2` is a sum of squares. An index that
//! occurs once, within a function, could be meant either way and is refused.

use super::columns::anonymous;
use crate::error::{Fault, Located, Span};
use crate::parse::tree::{Argument, Compared, Equation, Expression, Function, Ident, Projection, Reference};

/// An expression in which every sum is written out.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    pub(crate) kind: ResolvedKind,
    /// The indices that its value has, in the order of its axes.
    pub(crate) indices: Vec<String>,
}

/// What a resolved expression is.
#[derive(Debug, Clone)]
pub(crate) enum ResolvedKind {
    Number(f64),
    Reference(Reference),
    Compared(Compared),
    /// Terms with their signs, aligned and repeated along indices that they lack.
    Add(Vec<(f64, Resolved)>),
    /// Factors, each with whether it divides; summed over the indices that the value lacks.
    Multiply(Vec<(bool, Resolved)>),
    Power {
        base: Box<Resolved>,
        exponent: f64,
    },
    Apply {
        function: Function,
        axis: Option<String>,
        argument: Box<Resolved>,
    },
    /// The largest, smallest or average over the indices that the value lacks.
    Project {
        projection: Projection,
        argument: Box<Resolved>,
    },
}

impl Resolved {
    /// Collects the comparisons.
    pub(crate) fn compared<'a>(&'a self, found: &mut Vec<&'a Compared>) {
        match &self.kind {
            ResolvedKind::Number(_) | ResolvedKind::Reference(_) => {}
            ResolvedKind::Compared(compared) => found.push(compared),
            ResolvedKind::Add(terms) => terms.iter().for_each(|(_, term)| term.compared(found)),
            ResolvedKind::Multiply(factors) => factors.iter().for_each(|(_, factor)| factor.compared(found)),
            ResolvedKind::Power { base: inner, .. }
            | ResolvedKind::Apply { argument: inner, .. }
            | ResolvedKind::Project { argument: inner, .. } => inner.compared(found),
        }
    }

    /// Collects the references.
    pub(crate) fn references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        match &self.kind {
            ResolvedKind::Number(_) | ResolvedKind::Compared(_) => {}
            ResolvedKind::Reference(reference) => found.push(reference),
            ResolvedKind::Add(terms) => terms.iter().for_each(|(_, term)| term.references(found)),
            ResolvedKind::Multiply(factors) => factors.iter().for_each(|(_, factor)| factor.references(found)),
            ResolvedKind::Power { base: inner, .. }
            | ResolvedKind::Apply { argument: inner, .. }
            | ResolvedKind::Project { argument: inner, .. } => inner.references(found),
        }
    }
}

/// The index that an argument of a tensor stands for; none for a constant.
pub(crate) fn index_of(argument: &Argument) -> Option<String> {
    match argument {
        Argument::Variable(ident) => Some(ident.text.clone()),
        Argument::Constant(_) => None,
        Argument::Anything(span) => Some(anonymous(*span)),
    }
}

/// Writes out the sums of an equation.
pub(super) fn resolve(equation: &Equation, head: &[String], span: Span) -> Result<Resolved, Located> {
    let scope = Scope { equation, span };
    let is_sum = equation.projection == Projection::Sum;
    let body = scope.sum(&equation.body, head, Place { is_inside: false, is_kept: !is_sum })?;
    for argument in &equation.head.arguments {
        if let Argument::Variable(ident) = argument
            && !body.indices.contains(&ident.text)
        {
            let way_out = "a tensor, relation or comparison on the right";
            return Err(
                Fault::Unbound { variable: ident.text.clone(), place: "of the left-hand side", way_out }.at(ident.span)
            );
        }
    }
    let kind = match equation.projection {
        _ if body.indices == head => return Ok(body),
        Projection::Sum => ResolvedKind::Multiply(vec![(false, body)]),
        projection => ResolvedKind::Project { projection, argument: Box::new(body) },
    };
    Ok(Resolved { kind, indices: head.to_vec() })
}

/// Where in an equation an expression stands.
#[derive(Clone, Copy)]
struct Place {
    /// Within a function or a power, where a sum is not the same as outside.
    is_inside: bool,
    /// On the top level of an equation whose left-hand side does not sum.
    is_kept: bool,
}

struct Scope<'e> {
    equation: &'e Equation,
    span: Span,
}

impl Scope<'_> {
    /// Resolves terms; indices of `keep` and those that terms share are not summed.
    fn sum(&self, expression: &Expression, keep: &[String], place: Place) -> Result<Resolved, Located> {
        let Expression::Sum(terms) = expression else { return self.term(expression, keep, place) };
        let occurring: Vec<Vec<String>> = terms.iter().map(|(_, term)| indices(term)).collect();
        let mut kept = keep.to_vec();
        for (position, list) in occurring.iter().enumerate() {
            let is_shared = |index: &&String| occurring[..position].iter().any(|other| other.contains(index));
            union(&mut kept, list.iter().filter(is_shared));
        }
        let mut resolved = Vec::new();
        let mut all = Vec::new();
        for (is_negative, term) in terms {
            let term = self.term(term, &kept, place)?;
            union(&mut all, &term.indices);
            resolved.push((if *is_negative { -1.0 } else { 1.0 }, term));
        }
        Ok(Resolved { kind: ResolvedKind::Add(resolved), indices: all })
    }

    /// Resolves a product and sums over what neither `keep` nor, on a kept level, anybody wants.
    fn term(&self, expression: &Expression, keep: &[String], place: Place) -> Result<Resolved, Located> {
        let alone = [(false, expression.clone())];
        let factors = if let Expression::Product(factors) = expression { factors.as_slice() } else { &alone };
        let occurring: Vec<Vec<String>> = factors.iter().map(|(_, factor)| indices(factor)).collect();
        let mut resolved = Vec::new();
        let mut all = Vec::new();
        for (position, (is_divisor, factor)) in factors.iter().enumerate() {
            let mut outside = keep.to_vec();
            let others = occurring.iter().enumerate().filter(|(other, _)| *other != position);
            others.for_each(|(_, list)| union(&mut outside, list));
            let factor = self.factor(factor, &outside, place)?;
            union(&mut all, &factor.indices);
            resolved.push((*is_divisor, factor));
        }
        let mut kept = all.clone();
        if !place.is_kept {
            kept.retain(|index| keep.contains(index));
        }
        let summed = all.iter().find(|index| !kept.contains(index) && place.is_inside && self.occurrences(index) == 1);
        if let Some(index) = summed {
            return Err(Fault::Ambiguous { index: index.clone() }.at(self.place_of(index)));
        }
        match resolved.as_slice() {
            [(false, _)] if kept == all => Ok(resolved.swap_remove(0).1),
            _ => Ok(Resolved { kind: ResolvedKind::Multiply(resolved), indices: kept }),
        }
    }

    fn factor(&self, expression: &Expression, keep: &[String], place: Place) -> Result<Resolved, Located> {
        let inside = Place { is_inside: true, is_kept: false };
        match expression {
            Expression::Number(value) => Ok(Resolved { kind: ResolvedKind::Number(*value), indices: Vec::new() }),
            Expression::Reference(reference) => {
                let kind = ResolvedKind::Reference(reference.clone());
                Ok(Resolved { kind, indices: indices(expression) })
            }
            Expression::Compared(compared) => {
                let kind = ResolvedKind::Compared(compared.clone());
                Ok(Resolved { kind, indices: indices(expression) })
            }
            Expression::Sum(_) | Expression::Product(_) => {
                self.sum(expression, keep, Place { is_kept: false, ..place })
            }
            Expression::Power { base, exponent, .. } => {
                let base = self.sum(base, keep, inside)?;
                let indices = base.indices.clone();
                Ok(Resolved { kind: ResolvedKind::Power { base: Box::new(base), exponent: *exponent }, indices })
            }
            Expression::Apply { function, axis, argument, span } => {
                self.applied(*function, axis.as_ref(), argument, (*span, keep))
            }
            Expression::Project { projection, indices, argument } => {
                self.projected(*projection, indices, argument, (keep, place))
            }
        }
    }

    fn applied(
        &self,
        function: Function,
        axis: Option<&Ident>,
        argument: &Expression,
        (span, keep): (Span, &[String]),
    ) -> Result<Resolved, Located> {
        let mut keep = keep.to_vec();
        let mut along = None;
        if let Function::Along(_) = function {
            let Some(axis) = axis.or(self.equation.normalised.as_ref()) else {
                return Err(Fault::Expected {
                    expected: "an index to go along, as in `softmax[j](...)` or, on the left, `Y[i, j.]`".to_owned(),
                    found: "none".to_owned(),
                }
                .at(span));
            };
            union(&mut keep, [&axis.text]);
            along = Some(axis);
        }
        let argument = self.sum(argument, &keep, Place { is_inside: true, is_kept: false })?;
        if let Some(axis) = along {
            self.check_has(&argument, axis)?;
        }
        let indices = argument.indices.clone();
        let axis = along.map(|axis| axis.text.clone());
        Ok(Resolved { kind: ResolvedKind::Apply { function, axis, argument: Box::new(argument) }, indices })
    }

    fn projected(
        &self,
        projection: Projection,
        over: &[Ident],
        argument: &Expression,
        (keep, place): (&[String], Place),
    ) -> Result<Resolved, Located> {
        let mut kept = keep.to_vec();
        union(&mut kept, over.iter().map(|index| &index.text));
        let argument = self.sum(argument, &kept, Place { is_kept: false, ..place })?;
        over.iter().try_for_each(|index| self.check_has(&argument, index))?;
        let mut indices = argument.indices.clone();
        indices.retain(|index| over.iter().all(|other| other.text != *index));
        let kind = match projection {
            Projection::Sum => ResolvedKind::Multiply(vec![(false, argument)]),
            _ => ResolvedKind::Project { projection, argument: Box::new(argument) },
        };
        Ok(Resolved { kind, indices })
    }

    fn check_has(&self, value: &Resolved, index: &Ident) -> Result<(), Located> {
        if value.indices.contains(&index.text) {
            return Ok(());
        }
        let way_out = "the parentheses behind it";
        Err(Fault::Unbound { variable: index.text.clone(), place: "of this function", way_out }.at(index.span))
    }

    /// How often an index stands on the right-hand side.
    fn occurrences(&self, index: &str) -> usize {
        let mut count = 0;
        visit(&self.equation.body, &mut |argument| count += usize::from(index_of(argument).as_deref() == Some(index)));
        count
    }

    fn place_of(&self, index: &str) -> Span {
        let mut found = self.span;
        visit(&self.equation.body, &mut |argument| {
            if index_of(argument).as_deref() == Some(index) {
                found = argument.span();
            }
        });
        found
    }
}

/// Calls `action` with every argument of every reference and comparison.
fn visit(expression: &Expression, action: &mut dyn FnMut(&Argument)) {
    match expression {
        Expression::Number(_) => {}
        Expression::Reference(reference) => reference.arguments.iter().for_each(action),
        Expression::Compared(compared) => [&compared.left, &compared.right].into_iter().for_each(action),
        Expression::Sum(parts) | Expression::Product(parts) => parts.iter().for_each(|(_, part)| visit(part, action)),
        Expression::Power { base: inner, .. }
        | Expression::Apply { argument: inner, .. }
        | Expression::Project { argument: inner, .. } => visit(inner, action),
    }
}

/// The indices of an expression that something outside could want, in the order in which they occur.
fn indices(expression: &Expression) -> Vec<String> {
    let mut found = Vec::new();
    match expression {
        Expression::Project { indices: over, argument, .. } => {
            found = indices(argument);
            found.retain(|index| over.iter().all(|other| other.text != *index));
        }
        Expression::Sum(parts) | Expression::Product(parts) => {
            parts.iter().for_each(|(_, part)| union(&mut found, &indices(part)));
        }
        Expression::Power { base: inner, .. } | Expression::Apply { argument: inner, .. } => found = indices(inner),
        Expression::Number(_) | Expression::Reference(_) | Expression::Compared(_) => {
            visit(expression, &mut |argument| union(&mut found, &index_of(argument)));
        }
    }
    found
}

fn union<'a>(list: &mut Vec<String>, more: impl IntoIterator<Item = &'a String>) {
    for index in more {
        if !list.contains(index) {
            list.push(index.clone());
        }
    }
}
