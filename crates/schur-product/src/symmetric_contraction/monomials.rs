//! Monomials, each made from one of lower order, and polynomials as lists of them.

use std::collections::{BTreeMap, BTreeSet};

use schur_multilinear::{Bilinear, BilinearTerm, Circuit, FactoredError, Rows};

/// Components of equivariant polynomials: coefficients by component and monomial.
pub(super) type Polynomials = BTreeMap<(usize, Vec<u16>), f64>;

/// The monomials that some polynomials need, by order, with those that they are made from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Monomials {
    /// `by_order[n]` are those of order `n + 1`, ascending.
    by_order: Vec<Vec<Vec<u16>>>,
}

impl Monomials {
    /// Collects the given monomials and, from the highest order down, what each is made from: itself less one factor.
    ///
    /// The factor that is taken off is the one that leaves a monomial which is there already; else the largest.
    pub fn covering<'a>(monomials: impl Iterator<Item = &'a [u16]>) -> Self {
        let mut sets: Vec<BTreeSet<Vec<u16>>> = Vec::new();
        for monomial in monomials {
            while sets.len() < monomial.len() {
                sets.push(BTreeSet::new());
            }
            sets[monomial.len() - 1].insert(monomial.to_vec());
        }
        for order in (1..sets.len()).rev() {
            let (lower, higher) = sets.split_at_mut(order);
            let lower = &mut lower[order - 1];
            for monomial in &higher[0] {
                if !splits(monomial).any(|(rest, _)| lower.contains(&rest)) {
                    lower.insert(monomial[..order].to_vec());
                }
            }
        }
        Self { by_order: sets.into_iter().map(|set| set.into_iter().collect()).collect() }
    }

    /// Writes all monomials, order after order.
    pub fn write(&self, circuit: &mut Circuit, feature: &Rows) -> Result<Rows, FactoredError> {
        let mut written: Vec<Rows> = Vec::new();
        for (index, monomials) in self.by_order.iter().enumerate() {
            let rows = match written.last() {
                None => feature.select(monomials.iter().map(|monomial| usize::from(monomial[0]))),
                Some(lower) => {
                    let terms = monomials.iter().enumerate().filter_map(|(result, monomial)| {
                        let (left, factor) = splits(monomial).find_map(|(rest, factor)| {
                            Some((self.by_order[index - 1].binary_search(&rest).ok()?, factor))
                        })?;
                        Some(BilinearTerm { result, left, right: usize::from(factor), coefficient: 1.0 })
                    });
                    let products = Bilinear::new([lower.len(), feature.len(), monomials.len()], terms)?;
                    circuit.bilinear(lower, feature, &products)?
                }
            };
            written.push(rows);
        }
        Ok(Rows::concatenate(&written))
    }

    /// Where a monomial is among those that [`write`](Self::write) makes.
    pub fn place(&self, monomial: &[u16]) -> usize {
        let order = monomial.len() - 1;
        let before: usize = self.by_order[..order].iter().map(Vec::len).sum();
        before + self.by_order[order].partition_point(|other| other[..] < *monomial)
    }
}

/// All ways to take one factor off, the largest first, and what is left.
fn splits(monomial: &[u16]) -> impl Iterator<Item = (Vec<u16>, u16)> + '_ {
    let last = |place: &usize| monomial.get(place + 1) != Some(&monomial[*place]);
    (0..monomial.len()).rev().filter(last).map(|place| {
        let rest = [&monomial[..place], &monomial[place + 1..]].concat();
        (rest, monomial[place])
    })
}

/// The number of ways to arrange the factors of a monomial.
pub(super) fn arrangements(monomial: &[u16]) -> f64 {
    let mut repeats = 0.0;
    let mut count = 1.0;
    for (place, factor) in monomial.iter().enumerate() {
        repeats = if place > 0 && monomial[place - 1] == *factor { repeats + 1.0 } else { 1.0 };
        count *= (place + 1) as f64 / repeats;
    }
    count
}

/// Multiplies a monomial by a component.
pub(super) fn times(monomial: &[u16], component: u16) -> Vec<u16> {
    let place = monomial.partition_point(|&other| other <= component);
    [&monomial[..place], &[component], &monomial[place..]].concat()
}

/// Reads a dense tensor `[component][dim]...[dim]` as polynomials.
pub(super) fn symmetric_part(tensor: &[f64], components: usize, dim: usize, order: usize) -> Polynomials {
    let mut polynomials = Polynomials::new();
    let stride = tensor.len().checked_div(components).unwrap_or(0);
    for (flat, &value) in tensor.iter().enumerate().filter(|(_, value)| **value != 0.0) {
        let mut rest = flat % stride;
        let mut monomial: Vec<u16> = (0..order)
            .map(|_| {
                let component = (rest % dim) as u16;
                rest /= dim;
                component
            })
            .collect();
        monomial.sort_unstable();
        *polynomials.entry((flat / stride, monomial)).or_default() += value;
    }
    polynomials
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrangements_are_multinomials() {
        assert_eq!(arrangements(&[3]), 1.0);
        assert_eq!(arrangements(&[0, 0, 1]), 3.0);
        assert_eq!(arrangements(&[0, 1, 1, 2]), 12.0);
        assert_eq!(arrangements(&[5, 5, 5, 5]), 1.0);
    }

    #[test]
    fn monomials_are_made_from_those_that_are_there() {
        let wanted: [&[u16]; 3] = [&[0, 1, 2], &[1, 2], &[3]];
        let monomials = Monomials::covering(wanted.into_iter());
        // 1 2 serves 0 1 2; of the first order, 1 serves 1 2.
        assert_eq!(monomials.by_order, [vec![vec![1], vec![3]], vec![vec![1, 2]], vec![vec![0, 1, 2]]]);
        assert_eq!((monomials.place(&[3]), monomials.place(&[0, 1, 2])), (1, 3));
        let mut circuit = Circuit::new();
        let feature = circuit.input(4);
        let rows = monomials.write(&mut circuit, &feature).unwrap();
        circuit.output(&rows);
        assert_eq!(circuit.evaluate(&[&[2.0, 3.0, 5.0, 7.0]]).unwrap(), [3.0, 7.0, 15.0, 30.0]);
    }
}
