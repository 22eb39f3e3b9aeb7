//! Delta tensors, ones and zeros put in and taken out.

use std::collections::BTreeSet;

use super::super::{Index, Indices, Item, Label, Sizes, Term};
use super::{Rewrite, RewriteError, Source, rename};

impl Rewrite {
    /// Gives one axis of a term an index of its own, and ties it to the old one with a delta tensor.
    ///
    /// `axis` counts the labels of the term in the text. The delta tensor becomes the last term.
    ///
    /// # Errors
    /// [`RewriteError::NoIndex`] if no index is at that place; [`RewriteError::Nested`] if the term is no operand.
    ///
    /// # Examples
    /// ```
    /// use schur_einsum::language::rewrite::{Rewrite, Source};
    /// use schur_einsum::language::{Expression, Sizes};
    ///
    /// let product = Rewrite::new(Expression::parse("ij,jk->ik")?, &[&[2, 3], &[3, 4]], &Sizes::new())?;
    /// let tied = product.with_delta(1, 0)?;
    /// assert_eq!(tied.expression().to_string(), "ij,ak,ja->ik");
    /// assert_eq!(tied.sources()[2], Source::Delta { size: 3 });
    /// assert_eq!(tied.without_delta(2)?.expression(), product.expression());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_delta(&self, term: usize, axis: usize) -> Result<Self, RewriteError> {
        let (indices, _) = self.plain(term)?;
        let no_index = || RewriteError::NoIndex { term: indices.to_string(), index: format!("#{axis}") };
        let old = indices.items().get(axis).and_then(Item::index).ok_or_else(no_index)?;
        let size = *self.index_sizes().get(old.name()).ok_or_else(no_index)?;
        let new = rename::unused(&self.expression);
        let mut labels: Vec<Label> = indices.labels().cloned().collect();
        labels[axis] = Label::Index(new.clone());
        let mut terms = self.expression.terms().to_vec();
        terms[term] = Term::Operand(Indices::new(labels));
        terms.push(Term::Operand(Indices::new([old.clone(), new].map(Label::Index))));
        self.appended(terms, Source::Delta { size }, vec![size, size])
    }

    /// Takes a delta tensor out, and makes one index of its two.
    ///
    /// The caller knows that the operand has ones on its diagonal and zeros beside it.
    ///
    /// # Errors
    /// [`RewriteError::NotDelta`] if the term has not two indices of its own size; [`RewriteError::Lost`] if only the
    /// delta tensor has them; [`RewriteError::Size`] if an axis of size 1 was repeated along it, [`RewriteError::Bind`]
    /// if an operand with both indices has size 1 along one.
    pub fn without_delta(&self, term: usize) -> Result<Self, RewriteError> {
        let (indices, operand) = self.plain(term)?;
        let shape = &self.shapes[operand];
        let sizes = self.index_sizes();
        let full =
            |index: &Index, axis: usize| sizes.get(index.name()) == shape.get(axis) && shape.first() == shape.last();
        let labels: Vec<&Label> = indices.labels().collect();
        let (stays, goes) = match labels.as_slice() {
            [Label::Index(stays), Label::Index(goes)] if full(stays, 0) && full(goes, 1) => (stays, goes),
            _ => return Err(RewriteError::NotDelta { term: indices.to_string(), shape: shape.clone() }),
        };
        let rest: Result<Vec<Term>, _> = self.others(term).map(|other| rename::in_term(other, goes, stays)).collect();
        let output = rename::in_indices(&self.expression.explicit_output(), goes, stays);
        self.removed(term, &[Label::Index(stays.clone())], rest?, output)
    }

    /// Multiplies with a tensor of ones that has these indices of the expression.
    ///
    /// # Errors
    /// [`RewriteError::NoIndex`] if the expression has not one of them.
    pub fn with_ones(&self, indices: &[Index]) -> Result<Self, RewriteError> {
        let sizes = self.index_sizes();
        let size = |index: &Index| {
            let missing = || RewriteError::NoIndex { term: self.expression.to_string(), index: index.to_string() };
            sizes.get(index.name()).copied().ok_or_else(missing)
        };
        let shape: Vec<usize> = indices.iter().map(size).collect::<Result<_, _>>()?;
        let mut terms = self.expression.terms().to_vec();
        terms.push(Term::Operand(Indices::new(indices.iter().cloned().map(Label::Index))));
        self.appended(terms, Source::Ones { shape: shape.clone() }, shape)
    }

    /// Takes a tensor of ones out. The caller knows that all its elements are one.
    ///
    /// # Errors
    /// [`RewriteError::Lost`] if neither another term nor the output has one of its indices; [`RewriteError::Size`] if
    /// an axis of size 1 was repeated along it.
    pub fn without_ones(&self, term: usize) -> Result<Self, RewriteError> {
        let labels: Vec<Label> = self.plain(term)?.0.labels().cloned().collect();
        let rest = self.others(term).cloned().collect();
        self.removed(term, &labels, rest, self.expression.explicit_output())
    }

    /// Makes the whole expression zero, one scalar repeated. The caller knows that all elements of a term are zero.
    ///
    /// # Errors
    /// [`RewriteError::Term`] if there is no such term.
    pub fn annihilated(&self, term: usize) -> Result<Self, RewriteError> {
        self.term(term)?;
        let sizes = self.index_sizes();
        let mut names = BTreeSet::new();
        rename::collect(&self.expression, &mut names);
        let mut spare = self.clone();
        let mut labels = Vec::new();
        for label in self.expression.explicit_output().labels() {
            if let Label::Index(_) = label {
                labels.push(label.clone());
                continue;
            }
            // An ellipsis that no operand has would stand for no axis: its axes get names.
            for axis in 0..ellipsis_rank(&sizes) {
                let name = Index::unused(|index| names.contains(index));
                spare.sizes.extend(sizes.get(&format!("...{axis}")).map(|&size| (name.to_string(), size)));
                names.insert(name.clone());
                labels.push(Label::Index(name));
            }
        }
        spare.rebuilt(vec![Term::Operand(Indices::default())], Indices::new(labels), &[(Source::Zero, Vec::new())])
    }

    /// The terms beside one.
    fn others(&self, term: usize) -> impl Iterator<Item = &Term> {
        self.expression
            .terms()
            .iter()
            .enumerate()
            .filter(move |&(position, _)| position != term)
            .map(|(_, other)| other)
    }

    /// The expression with one more operand at the end.
    fn appended(&self, terms: Vec<Term>, source: Source, shape: Vec<usize>) -> Result<Self, RewriteError> {
        let all: Vec<usize> = (0..self.sources.len()).collect();
        let mut operands = self.picked(&all);
        operands.push((source, shape));
        self.rebuilt(terms, self.expression.explicit_output(), &operands)
    }

    /// The expression without a term, but for `needed` labels; a scalar one takes the place of an only term.
    fn removed(
        &self,
        term: usize,
        needed: &[Label],
        mut rest: Vec<Term>,
        output: Indices,
    ) -> Result<Self, RewriteError> {
        let (_, operand) = self.plain(term)?;
        let has = |label: &Label| output.contains(label) || rest.iter().any(|other| other.contains(label));
        for label in needed {
            if let Label::Index(index) = label
                && !has(label)
            {
                return Err(RewriteError::Lost { index: index.to_string() });
            }
        }
        let stay: Vec<usize> = (0..self.sources.len()).filter(|&position| position != operand).collect();
        let mut operands = self.picked(&stay);
        if rest.is_empty() {
            rest.push(Term::Operand(Indices::default()));
            operands.push((Source::Ones { shape: Vec::new() }, Vec::new()));
        }
        let rewrite = self.rebuilt(rest, output, &operands)?;
        if ellipsis_rank(&rewrite.index_sizes()) < ellipsis_rank(&self.index_sizes()) {
            return Err(RewriteError::Lost { index: "...".to_owned() });
        }
        Ok(rewrite)
    }
}

/// How many axes the ellipsis stands for.
fn ellipsis_rank(sizes: &Sizes) -> usize {
    sizes.keys().filter(|name| name.starts_with("...")).count()
}
