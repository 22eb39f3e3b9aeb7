//! Reading of `ijkl=jikl=klij`: the symmetry of a tensor under permutations of its indices.

use std::collections::BTreeMap;

use crate::{FormulaSyntax, GroupError};

/// A group of permutations of the indices of a tensor, each with the sign that it brings.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct IndexSymmetry {
    /// The letters of the indices, in their order.
    pub(crate) letters: Vec<char>,
    /// Permutations `p` and signs `s` such that `T(x_0, x_1, ..) = s T(x_p[0], x_p[1], ..)`; the identity is among them.
    group: BTreeMap<Vec<usize>, i8>,
}

/// One term of a formula: a sign and where it stands, then its letters with their places.
struct Term {
    negative: bool,
    start: usize,
    end: usize,
    letters: Vec<(usize, char)>,
}

impl IndexSymmetry {
    /// Largest number of indices: the group of all permutations has 40,320 elements then.
    pub(crate) const MAX_RANK: usize = 8;

    /// Reads a formula and completes its permutations to a group.
    pub(crate) fn parse(formula: &str) -> Result<Self, GroupError> {
        let fail = |(position, reason)| GroupError::ParseFormula { formula: formula.to_owned(), position, reason };
        let terms = read_terms(formula).map_err(fail)?;
        let Some((first, others)) = terms.split_first() else {
            return Err(fail((0, FormulaSyntax::Empty)));
        };
        if first.negative {
            return Err(fail((first.start, FormulaSyntax::FirstSign)));
        }
        let letters: Vec<char> = first.letters.iter().map(|place| place.1).collect();
        if letters.len() > Self::MAX_RANK {
            return Err(fail((first.letters[Self::MAX_RANK].0, FormulaSyntax::TooManyIndices { max: Self::MAX_RANK })));
        }
        let mut symmetry = Self { group: BTreeMap::from([((0..letters.len()).collect(), 1)]), letters };
        let mut generators = Vec::new();
        for term in others {
            let permutation = symmetry.permutation(term).map_err(fail)?;
            generators.push((permutation, if term.negative { -1 } else { 1 }));
            if !symmetry.complete(&generators) {
                return Err(fail((term.start, FormulaSyntax::Contradiction)));
            }
        }
        Ok(symmetry)
    }

    /// Returns the number of indices.
    pub(crate) fn rank(&self) -> usize {
        self.letters.len()
    }

    /// Tells which indices a permutation exchanges with the given one.
    pub(crate) fn orbit(&self, index: usize) -> Vec<usize> {
        let mut orbit: Vec<usize> = self.group.keys().map(|permutation| permutation[index]).collect();
        orbit.sort_unstable();
        orbit.dedup();
        orbit
    }

    /// Picks one permutation of the first `n` indices, the others fixed, for each place that index `n - 1` can go to.
    ///
    /// A tensor with the symmetry of the first `n - 1` indices gets that of the first `n` as the mean over these.
    pub(crate) fn transversal(&self, n: usize) -> Vec<(Vec<usize>, f64)> {
        let mut found: BTreeMap<usize, (Vec<usize>, f64)> = BTreeMap::new();
        let fixed = |permutation: &&Vec<usize>| permutation[n..].iter().enumerate().all(|(at, place)| *place == n + at);
        for permutation in self.group.keys().filter(fixed) {
            let sign = f64::from(self.group[permutation]);
            found.entry(permutation[n - 1]).or_insert_with(|| (permutation[..n].to_vec(), sign));
        }
        found.into_values().collect()
    }

    /// Reads off where a term takes each index.
    fn permutation(&self, term: &Term) -> Result<Vec<usize>, (usize, FormulaSyntax)> {
        let place = |&(position, letter): &(usize, char)| {
            let found = self.letters.iter().position(|known| *known == letter);
            found.ok_or((position, FormulaSyntax::UnknownIndex { index: letter }))
        };
        let permutation = term.letters.iter().map(place).collect::<Result<Vec<usize>, _>>()?;
        match self.letters.iter().enumerate().find(|(at, _)| !permutation.contains(at)) {
            Some((_, &index)) => Err((term.end, FormulaSyntax::MissingIndex { index })),
            None => Ok(permutation),
        }
    }

    /// Adds all products with the generators; false if one permutation gets both signs.
    fn complete(&mut self, generators: &[(Vec<usize>, i8)]) -> bool {
        let mut queue: Vec<(Vec<usize>, i8)> = self.group.iter().map(|(p, s)| (p.clone(), *s)).collect();
        while let Some((permutation, sign)) = queue.pop() {
            for (generator, other) in generators {
                let product: Vec<usize> = generator.iter().map(|at| permutation[*at]).collect();
                match self.group.get(&product) {
                    Some(known) if *known != sign * other => return false,
                    Some(_) => {}
                    None => {
                        self.group.insert(product.clone(), sign * other);
                        queue.push((product, sign * other));
                    }
                }
            }
        }
        true
    }
}

fn read_terms(formula: &str) -> Result<Vec<Term>, (usize, FormulaSyntax)> {
    let new = |start| Term { negative: false, start, end: start, letters: Vec::new() };
    let (mut terms, mut term) = (Vec::new(), new(0));
    for (position, letter) in formula.char_indices().filter(|(_, letter)| !letter.is_whitespace()) {
        match letter {
            '=' if term.letters.is_empty() => return Err((position, FormulaSyntax::Empty)),
            '=' => terms.push(std::mem::replace(&mut term, new(position + 1))),
            '-' if term.letters.is_empty() && !term.negative => term.negative = true,
            _ if !letter.is_alphabetic() => return Err((position, FormulaSyntax::NotAnIndex { found: letter })),
            _ if term.letters.iter().any(|place| place.1 == letter) => {
                return Err((position, FormulaSyntax::RepeatedIndex { index: letter }));
            }
            _ => term.letters.push((position, letter)),
        }
        term.end = position + letter.len_utf8();
    }
    if term.letters.is_empty() {
        return Err((formula.len(), FormulaSyntax::Empty));
    }
    terms.push(term);
    Ok(terms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_have_the_right_order() {
        let order = |formula: &str| IndexSymmetry::parse(formula).unwrap().group.len();
        let all = "abcdefgh=bacdefgh=bcdefgha";
        let orders = ["ij", "ij=ji", "ijkl=jikl=klij", "ijk=jki", "ijk=-jik=-ikj", all].map(order);
        assert_eq!(orders, [1, 2, 8, 3, 6, 40_320]);
    }

    #[test]
    fn signs_multiply() {
        let symmetry = IndexSymmetry::parse("ijk = -jik = -ikj").unwrap();
        assert_eq!(symmetry.group[&vec![1, 2, 0]], 1);
        assert_eq!(symmetry.group[&vec![2, 1, 0]], -1);
        assert_eq!((symmetry.orbit(2), symmetry.rank()), (vec![0, 1, 2], 3));
    }

    #[test]
    fn transversals_meet_every_coset_once() {
        let symmetry = IndexSymmetry::parse("ijkl=jikl=klij").unwrap();
        let lengths: Vec<usize> = (1..=4).map(|n| symmetry.transversal(n).len()).collect();
        assert_eq!(lengths, [1, 2, 1, 4]);
        assert_eq!(lengths.iter().product::<usize>(), symmetry.group.len());
    }
}
