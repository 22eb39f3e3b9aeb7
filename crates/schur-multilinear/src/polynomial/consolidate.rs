//! One form for all spellings of a polynomial: terms merged, arguments in order.

use std::collections::BTreeMap;

use super::{Polynomial, Term};
use crate::{Modes, Multilinear, MultilinearError, Operand};

impl Polynomial {
    /// The same polynomial with the arguments of each term in the order of the inputs, terms of one form added up, zeros
    /// dropped, everything sorted.
    ///
    /// Arguments that are fed by the same input stay as they are; see [`Polynomial::fold`] and
    /// [`Polynomial::symmetrise`].
    #[must_use]
    pub fn merge(&self) -> Self {
        type Form = (usize, Vec<usize>, Modes, Vec<Operand>);
        let mut sums: BTreeMap<Form, Multilinear> = BTreeMap::new();
        for term in &self.terms {
            let Term { inputs, output, map } = sort_arguments(term);
            let modes = map.modes().canonical();
            let form = (output, inputs, modes, map.operands().to_vec());
            let sum = match sums.remove(&form) {
                Some(sum) => sum.with_paths(sum.paths().iter().chain(map.paths()).cloned().collect()),
                None => map,
            };
            sums.insert(form, sum);
        }
        let terms = sums.into_iter().map(|((output, inputs, ..), map)| Term { inputs, output, map: map.canonical() });
        self.with_terms(terms.filter(|term| !term.map.paths().is_empty()).collect())
    }

    /// As [`Polynomial::merge`], with one order standing for all where arguments of the same input can be exchanged.
    ///
    /// This is the form with the fewest products. Polynomials with equal forms are the same.
    #[must_use]
    pub fn fold(&self) -> Self {
        self.exchange_equal_arguments(Multilinear::fold)
    }

    /// As [`Polynomial::merge`], with every map symmetric in the arguments that the same input feeds.
    #[must_use]
    pub fn symmetrise(&self) -> Self {
        self.exchange_equal_arguments(Multilinear::symmetrise)
    }

    /// Whether two polynomials of the same buffers are the same: whether their folded forms are equal.
    pub fn is_same_polynomial(&self, other: &Self) -> bool {
        self.fold() == other.fold()
    }

    fn exchange_equal_arguments(
        &self,
        change: impl Fn(&Multilinear, &[usize]) -> Result<Multilinear, MultilinearError>,
    ) -> Self {
        let terms = self.terms.iter().map(|term| {
            let Term { inputs, output, mut map } = sort_arguments(term);
            for arguments in equal_arguments(&inputs, &map) {
                // Only arguments that can be exchanged are grouped, so this cannot fail.
                if let Ok(changed) = change(&map, &arguments) {
                    map = changed;
                }
            }
            Term { inputs, output, map }
        });
        self.with_terms(terms.collect()).merge()
    }

    fn with_terms(&self, terms: Vec<Term>) -> Self {
        Self { inputs: self.inputs.clone(), outputs: self.outputs.clone(), terms }
    }
}

/// The same term with its arguments in the order of the inputs, then of their segments.
fn sort_arguments(term: &Term) -> Term {
    let mut order: Vec<usize> = (0..term.inputs.len()).collect();
    order.sort_by_key(|&place| (term.inputs[place], &term.map.operands()[place]));
    let inputs = order.iter().map(|&place| term.inputs[place]).collect();
    order.push(term.inputs.len());
    Term { inputs, output: term.output, map: term.map.reorder(&order) }
}

/// Groups of two or more arguments that the same input feeds and that can be exchanged.
fn equal_arguments(inputs: &[usize], map: &Multilinear) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (place, input) in inputs.iter().enumerate() {
        let fits = |group: &&mut Vec<usize>| inputs[group[0]] == *input && map.are_exchangeable(group[0], place);
        match groups.iter_mut().find(fits) {
            Some(group) => group.push(place),
            None => groups.push(vec![place]),
        }
    }
    groups.retain(|group| group.len() > 1);
    groups
}
