//! Renaming of indices, so that none that are different fall together.

use std::collections::BTreeSet;

use super::super::{Expression, Index, Indices, Item, Label, ParseError, Term};

/// Adds all names of an expression, of nested ones too.
pub(super) fn collect(expression: &Expression, names: &mut BTreeSet<Index>) {
    names.extend(expression.explicit_output().items().iter().filter_map(Item::index).cloned());
    for term in expression.terms() {
        names.extend(term.labels().iter().filter_map(Item::index).cloned());
        if let Term::Nested(nested) = term {
            collect(nested, names);
        }
    }
}

/// A name that an expression does not have.
pub(super) fn unused(expression: &Expression) -> Index {
    let mut names = BTreeSet::new();
    collect(expression, &mut names);
    Index::unused(|index| names.contains(index))
}

/// Replaces an index of a list.
pub(super) fn in_indices(indices: &Indices, from: &Index, to: &Index) -> Indices {
    let renamed = |label: &Label| match label {
        Label::Index(index) if index == from => Label::Index(to.clone()),
        other => other.clone(),
    };
    Indices::new(indices.labels().map(renamed))
}

/// Replaces an index of a term; inside a nested expression too, if its output has it.
///
/// An index of the nested expression's own that is called like the new one gets another name.
pub(super) fn in_term(term: &Term, from: &Index, to: &Index) -> Result<Term, ParseError> {
    let nested = match term {
        Term::Operand(indices) => return Ok(Term::Operand(in_indices(indices, from, to))),
        Term::Nested(nested) => nested,
    };
    let output = nested.explicit_output();
    if !output.has(from) {
        return Ok(term.clone());
    }
    let mut terms = nested.terms().to_vec();
    if !output.has(to) && terms.iter().any(|term| term.contains(&Label::Index(to.clone()))) {
        let own = unused(nested);
        terms = terms.iter().map(|term| in_term(term, to, &own)).collect::<Result<_, _>>()?;
    }
    terms = terms.iter().map(|term| in_term(term, from, to)).collect::<Result<_, _>>()?;
    Ok(Term::Nested(Expression::new(terms, Some(in_indices(&output, from, to)))?))
}
