//! Nesting, flattening, and summing early.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Expression, Index, Indices, Item, Label, Term};
use super::{Rewrite, RewriteError, operand_ranges, rename};

impl Rewrite {
    /// Computes some terms by themselves: they become one nested expression, at the place of the first of them.
    ///
    /// It keeps the indices that another term or the output has, and sums over the others.
    ///
    /// # Errors
    /// [`RewriteError::Group`] if no term is named, or one twice; [`RewriteError::Term`] if there is no such term.
    pub fn nested(&self, group: &[usize]) -> Result<Self, RewriteError> {
        let distinct: BTreeSet<usize> = group.iter().copied().collect();
        if group.is_empty() || distinct.len() != group.len() {
            return Err(RewriteError::Group { terms: group.to_vec() });
        }
        let inner: Vec<Term> = group.iter().map(|&term| self.term(term).cloned()).collect::<Result<_, _>>()?;
        let output = self.expression.explicit_output();
        let others = || self.expression.terms().iter().enumerate().filter(|(k, _)| !distinct.contains(k));
        let visible = |label: &Label| output.contains(label) || others().any(|(_, term)| term.contains(label));
        let mut kept: Vec<Label> = Vec::new();
        for label in inner.iter().flat_map(Term::labels).map(Item::label) {
            if visible(label) && !kept.contains(label) {
                kept.push(label.clone());
            }
        }
        self.grouped(group, inner, Indices::new(kept))
    }

    /// Sums over an index of one term before the term is multiplied with others.
    ///
    /// # Errors
    /// [`RewriteError::NoIndex`] if the term has no such index; [`RewriteError::Shared`] if another term or the output
    /// has it.
    pub fn summed_early(&self, term: usize, index: &Index) -> Result<Self, RewriteError> {
        let own = self.term(term)?;
        let label = Label::Index(index.clone());
        if !own.contains(&label) {
            return Err(RewriteError::NoIndex { term: own.to_string(), index: index.to_string() });
        }
        let output = self.expression.explicit_output();
        let others = self.expression.terms().iter().enumerate().filter(|&(position, _)| position != term);
        let other = others.map(|(_, other)| other).find(|other| other.contains(&label)).map(Term::to_string);
        let other = other.or_else(|| output.has(index).then(|| format!("->{output}")));
        if let Some(other) = other {
            return Err(RewriteError::Shared { index: index.to_string(), term: own.to_string(), other });
        }
        let mut kept: Vec<Label> = Vec::new();
        for item in own.labels() {
            if *item.label() != label && !kept.contains(item.label()) {
                kept.push(item.label().clone());
            }
        }
        self.grouped(&[term], vec![own.clone()], Indices::new(kept))
    }

    /// Replaces the terms of a group by a nested expression of them.
    fn grouped(&self, group: &[usize], inner: Vec<Term>, kept: Indices) -> Result<Self, RewriteError> {
        let nested = Term::Nested(Expression::new(inner, Some(kept))?);
        let all = self.expression.terms();
        let ranges = operand_ranges(all);
        let first = group.iter().min().copied().unwrap_or(0);
        let (mut terms, mut operands) = (Vec::new(), Vec::new());
        for (position, term) in all.iter().enumerate() {
            if position == first {
                terms.push(nested.clone());
                operands.extend(group.iter().flat_map(|&term| ranges[term].clone()));
            } else if !group.contains(&position) {
                terms.push(term.clone());
                operands.extend(ranges[position].clone());
            }
        }
        self.rebuilt(terms, self.expression.explicit_output(), &self.picked(&operands))
    }

    /// Makes one expression of all nested ones.
    ///
    /// # Errors
    /// As [`Expression::flattened`]; [`RewriteError::Size`] if a nested expression repeats its result along an index
    /// for which an operand around it has size 1.
    pub fn flattened(&self) -> Result<Self, RewriteError> {
        let flat = Flat::of(&self.expression)?;
        let operands: Vec<usize> = (0..self.sources.len()).collect();
        let terms = flat.terms.iter().cloned().map(Term::Operand).collect();
        let rewrite = self.rebuilt(terms, self.expression.explicit_output(), &self.picked(&operands))?;
        let after = rewrite.index_sizes();
        for (step, names) in self.bound.steps().iter().zip(&flat.scopes) {
            let contraction = step.contraction();
            for (name, &before) in contraction.names().iter().zip(contraction.sizes()) {
                let new = names.iter().find(|(old, _)| old.name() == name).map(|(_, new)| new.name());
                // A size of 1 may have become larger: that repeats, and changes no sum.
                if let Some(&after) = new.and_then(|new| after.get(new)).filter(|&&after| ![1, after].contains(&before))
                {
                    return Err(RewriteError::Size { index: name.clone(), before, after });
                }
            }
        }
        Ok(rewrite)
    }
}

impl Expression {
    /// Makes one expression of all nested ones; operands stay in their order.
    ///
    /// An index of a nested expression's own that is called like another gets a new name. The value stays, unless a
    /// nested expression repeats its result along an index for which an operand around it has size 1;
    /// [`Rewrite::flattened`] sees that.
    ///
    /// # Errors
    /// [`RewriteError::Lost`] if the output of a nested expression has an index of no operand, over which the
    /// expression around it sums; [`RewriteError::Ellipsis`] if a nested expression sums over an ellipsis beside
    /// another.
    ///
    /// # Examples
    /// ```
    /// use schur_einsum::language::Expression;
    ///
    /// let nested = Expression::parse("(ij,jk->ik),(ij->j),kl->ijl")?;
    /// assert_eq!(nested.flattened()?.to_string(), "ia,ak,bj,kl->ijl");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn flattened(&self) -> Result<Self, RewriteError> {
        let nested = self.terms().iter().any(|term| matches!(term, Term::Nested(_)));
        let output = if nested { Some(self.explicit_output()) } else { self.output().cloned() };
        let terms = Flat::of(self)?.terms;
        Ok(Self::new(terms.into_iter().map(Term::Operand).collect(), output)?)
    }
}

/// The operands of an expression with the indices that they have in the flat one.
struct Flat {
    terms: Vec<Indices>,
    /// Of each expression in the order of evaluation, what its indices are called now.
    scopes: Vec<Vec<(Index, Index)>>,
}

impl Flat {
    fn of(expression: &Expression) -> Result<Self, RewriteError> {
        let mut names = BTreeSet::new();
        rename::collect(expression, &mut names);
        Self::scope(expression, &mut names)
    }

    /// `names` are all names of the whole expression, and those given out.
    fn scope(expression: &Expression, names: &mut BTreeSet<Index>) -> Result<Self, RewriteError> {
        let output = expression.explicit_output();
        let visible = expression.terms().iter().flat_map(Term::labels).chain(output.items());
        let own: BTreeSet<Index> = visible.filter_map(Item::index).cloned().collect();
        let mut used = own.clone();
        let mut flat = Self { terms: Vec::new(), scopes: Vec::new() };
        let mut own_ellipses: Vec<&Expression> = Vec::new();
        for term in expression.terms() {
            let nested = match term {
                Term::Operand(indices) => {
                    flat.terms.push(indices.clone());
                    continue;
                }
                Term::Nested(nested) => nested,
            };
            let public = nested.explicit_output();
            let inner = Self::scope(nested, names)?;
            let ellipsis = inner.terms.iter().any(|indices| indices.contains(&Label::Ellipsis));
            own_ellipses.extend((ellipsis && !public.contains(&Label::Ellipsis)).then_some(nested));
            flat.append(inner, &public, names, &mut used);
        }
        flat.scopes.push(own.into_iter().map(|index| (index.clone(), index)).collect());
        flat.check_sums(expression, &output)?;
        let ellipses = expression.terms().iter().filter(|term| term.contains(&Label::Ellipsis)).count();
        match own_ellipses.first() {
            Some(nested) if own_ellipses.len() + ellipses > 1 || output.contains(&Label::Ellipsis) => {
                Err(RewriteError::Ellipsis { nested: nested.to_string() })
            }
            _ => Ok(flat),
        }
    }

    /// Takes the operands of a nested expression in, whose own indices get new names where the flat one has them.
    fn append(&mut self, inner: Self, public: &Indices, names: &mut BTreeSet<Index>, used: &mut BTreeSet<Index>) {
        let mut new_names: BTreeMap<Index, Index> = BTreeMap::new();
        for index in inner.terms.iter().flat_map(Indices::items).filter_map(Item::index) {
            if public.has(index) || new_names.contains_key(index) {
                continue;
            }
            let taken = used.contains(index);
            let name = if taken { Index::unused(|name| names.contains(name)) } else { index.clone() };
            names.insert(name.clone());
            used.insert(name.clone());
            new_names.insert(index.clone(), name);
        }
        let renamed = |index: &Index| new_names.get(index).unwrap_or(index).clone();
        let relabelled = |label: &Label| match label {
            Label::Index(index) => Label::Index(renamed(index)),
            Label::Ellipsis => Label::Ellipsis,
        };
        self.terms.extend(inner.terms.iter().map(|indices| Indices::new(indices.labels().map(relabelled))));
        let scopes = inner.scopes.into_iter();
        self.scopes.extend(scopes.map(|scope| scope.into_iter().map(|(old, now)| (old, renamed(&now))).collect()));
    }

    /// Checks that every index that the expression sums over is one of an operand.
    fn check_sums(&self, expression: &Expression, output: &Indices) -> Result<(), RewriteError> {
        let mut summed = expression.terms().iter().flat_map(Term::labels).filter_map(Item::index);
        let lost = |index: &&Index| !output.has(index) && !self.terms.iter().any(|indices| indices.has(index));
        summed.find(lost).map_or(Ok(()), |index| Err(RewriteError::Lost { index: index.to_string() }))
    }
}
