//! Over what each part of an equation is summed.
//!
//! An index that the left-hand side does not have is summed in the smallest product that has all its occurrences, as
//! the paper's equations are meant: `relu(W[i, j] X[j])` sums within the function, `A[i, j] relu(X[j])` outside.
//! Terms on the top have sums of their own: in `relu(W[i, j] X[j]) + V[i, j] X[j]` there are two. Within a function,
//! a power or a divisor, terms that share an index are aligned along it if one of them has it once, so
//! `(X[i] - Y[i])^2` is a sum of squares.
//!
//! What could be meant either way is refused: an index that occurs once and within a function, and one that is joined
//! within a factor and stands in another factor as well, as in `relu(W[i, j] X[j]) (V[i, j] X[j])`.

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
    let body = scope.sum(&equation.body, head, Place { term: &equation.body, is_inside: false, is_kept: !is_sum })?;
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
struct Place<'e> {
    /// The outermost term around it: other terms have sums of their own.
    term: &'e Expression,
    /// Within a function or a power, where a sum is not the same as outside.
    is_inside: bool,
    /// On the top level of an equation whose left-hand side does not sum.
    is_kept: bool,
}

struct Scope<'e> {
    equation: &'e Equation,
    span: Span,
}

impl<'e> Scope<'e> {
    /// Resolves terms; indices of `keep` and those that terms share are not summed.
    fn sum(&self, expression: &'e Expression, keep: &[String], place: Place<'e>) -> Result<Resolved, Located> {
        let in_place = |term| if place.is_inside { place } else { Place { term, ..place } };
        let Expression::Sum(terms) = expression else { return self.term(expression, keep, in_place(expression)) };
        let occurring: Vec<Vec<String>> = terms.iter().map(|(_, term)| indices(term)).collect();
        let mut kept = keep.to_vec();
        // Outside of functions a sum of terms is the sum of their sums.
        for (position, list) in occurring.iter().enumerate().filter(|_| place.is_inside) {
            let is_shared = |index: &&String| occurring[..position].iter().any(|other| other.contains(index));
            let is_once_somewhere = |index: &&String| terms.iter().any(|(_, term)| occurrences(term, index) == 1);
            union(&mut kept, list.iter().filter(is_shared).filter(is_once_somewhere));
        }
        let mut resolved = Vec::new();
        let mut all = Vec::new();
        for (is_negative, term) in terms {
            let term = self.term(term, &kept, in_place(term))?;
            union(&mut all, &term.indices);
            resolved.push((if *is_negative { -1.0 } else { 1.0 }, term));
        }
        Ok(Resolved { kind: ResolvedKind::Add(resolved), indices: all })
    }

    /// Resolves a product and sums over what neither `keep` nor, on a kept level, anybody wants.
    fn term(&self, expression: &'e Expression, keep: &[String], place: Place<'e>) -> Result<Resolved, Located> {
        let factors: Vec<(bool, &Expression)> = match expression {
            Expression::Product(factors) => factors.iter().map(|(is_divisor, factor)| (*is_divisor, factor)).collect(),
            _ => vec![(false, expression)],
        };
        let occurring: Vec<Vec<String>> = factors.iter().map(|(_, factor)| indices(factor)).collect();
        let mut resolved = Vec::new();
        let mut all = Vec::new();
        for (position, &(is_divisor, factor)) in factors.iter().enumerate() {
            let mut outside = keep.to_vec();
            let others = occurring.iter().enumerate().filter(|(other, _)| *other != position);
            others.for_each(|(_, list)| union(&mut outside, list));
            self.check_joined(factor, &outside[keep.len()..], place)?;
            let is_inside = place.is_inside || is_divisor;
            let factor = self.factor(factor, &outside, Place { is_inside, ..place })?;
            union(&mut all, &factor.indices);
            resolved.push((is_divisor, factor));
        }
        let mut kept = all.clone();
        if !place.is_kept {
            kept.retain(|index| keep.contains(index));
        }
        let summed =
            all.iter().find(|index| !kept.contains(index) && place.is_inside && occurrences(place.term, index) == 1);
        if let Some(index) = summed {
            return Err(Fault::Ambiguous { index: index.clone() }.at(self.place_of(place.term, index)));
        }
        match resolved.as_slice() {
            [(false, _)] if kept == all => Ok(resolved.swap_remove(0).1),
            _ => Ok(Resolved { kind: ResolvedKind::Multiply(resolved), indices: kept }),
        }
    }

    fn factor(&self, expression: &'e Expression, keep: &[String], place: Place<'e>) -> Result<Resolved, Located> {
        let inside = Place { is_inside: true, is_kept: false, ..place };
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
                let mut kept = keep.to_vec();
                // A tensor under a power is no product: its elements are raised one by one.
                if matches!(**base, Expression::Reference(_)) {
                    union(&mut kept, &indices(base));
                }
                let base = self.sum(base, &kept, inside)?;
                let indices = base.indices.clone();
                Ok(Resolved { kind: ResolvedKind::Power { base: Box::new(base), exponent: *exponent }, indices })
            }
            Expression::Apply { function, axis, argument, span } => {
                self.applied((*function, *span), axis.as_ref(), argument, (keep, inside))
            }
            Expression::Project { projection, indices, argument } => {
                self.projected(*projection, indices, argument, (keep, place))
            }
        }
    }

    fn applied(
        &self,
        (function, span): (Function, Span),
        axis: Option<&Ident>,
        argument: &'e Expression,
        (keep, inside): (&[String], Place<'e>),
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
        let argument = self.sum(argument, &keep, inside)?;
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
        argument: &'e Expression,
        (keep, place): (&[String], Place<'e>),
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

    /// Refuses a factor that joins an index which other factors have too.
    fn check_joined(&self, factor: &Expression, others: &[String], place: Place<'_>) -> Result<(), Located> {
        match factor {
            Expression::Reference(_) => Ok(()),
            _ => match others.iter().find(|index| is_joined(factor, index)) {
                None => Ok(()),
                Some(index) => Err(Fault::Ambiguous { index: index.clone() }.at(self.place_of(place.term, index))),
            },
        }
    }

    fn place_of(&self, term: &Expression, index: &str) -> Span {
        let mut found = self.span;
        visit(term, &mut |argument| {
            if index_of(argument).as_deref() == Some(index) {
                found = argument.span();
            }
        });
        found
    }
}

/// How often an index stands in an expression, but for those that a projection within it binds.
fn occurrences(expression: &Expression, index: &str) -> usize {
    match expression {
        Expression::Sum(parts) | Expression::Product(parts) => {
            parts.iter().map(|(_, part)| occurrences(part, index)).sum()
        }
        Expression::Project { indices, .. } if indices.iter().any(|bound| bound.text == index) => 0,
        Expression::Power { base: inner, .. }
        | Expression::Apply { argument: inner, .. }
        | Expression::Project { argument: inner, .. } => occurrences(inner, index),
        Expression::Number(_) | Expression::Reference(_) | Expression::Compared(_) => {
            let mut count = 0;
            visit(expression, &mut |argument| count += usize::from(index_of(argument).as_deref() == Some(index)));
            count
        }
    }
}

/// Whether a product within an expression has an index in two factors, so that it would be summed there.
fn is_joined(expression: &Expression, index: &str) -> bool {
    match expression {
        Expression::Sum(parts) => parts.iter().any(|(_, part)| is_joined(part, index)),
        Expression::Product(parts) => {
            let holders = parts.iter().filter(|(_, part)| occurrences(part, index) > 0).count();
            holders > 1 || parts.iter().any(|(_, part)| is_joined(part, index))
        }
        Expression::Project { indices, .. } if indices.iter().any(|bound| bound.text == index) => false,
        Expression::Power { base: inner, .. }
        | Expression::Apply { argument: inner, .. }
        | Expression::Project { argument: inner, .. } => is_joined(inner, index),
        Expression::Number(_) | Expression::Reference(_) | Expression::Compared(_) => false,
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
