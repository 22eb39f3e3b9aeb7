//! Kauffman's bracket by a sweep: crossings are taken up one by one, and a sum over planar matchings is kept.
//!
//! What has been taken up is a tangle whose ends are the cut edges. In the Temperley-Lieb category it is a sum of
//! matchings of these ends with polynomials as coefficients, and there are at most as many matchings as Catalan's number
//! of half the ends. Another crossing replaces each matching by two, of which most meet again.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};

use schur_tensor::semiring::{Laurent, Polynomials, Semiring, SemiringError};

use super::Diagram;

/// How many crossings are tried as the first one, spread over the diagram.
const STARTS: usize = 12;

/// A bracket with the size of the sweep that gave it.
pub(super) struct Bracket<C> {
    pub(super) value: Laurent<C>,
    /// The largest number of edges that are cut at once.
    pub(super) width: usize,
    /// The largest number of matchings in the sum.
    pub(super) matchings: usize,
}

/// The ends of a tangle and what each is joined to, sorted by the end.
type Matching = Vec<(usize, usize)>;

/// Computes the bracket with coefficients in a ring, whose element -1 is given.
///
/// One end at the last crossing is not joined: the whole is then a strand times the bracket, and no loop is counted
/// that would have to be divided out.
pub(super) fn bracket<S: Semiring>(
    ring: S,
    minus_one: &S::Element,
    diagram: &Diagram,
) -> Result<Bracket<S::Element>, SemiringError> {
    let (order, width) = best_order(diagram.crossings());
    let (zero, one) = (ring.zero(), ring.one());
    let ring = Polynomials::new(ring);
    let loop_value = [minus_one, &zero, &zero, &zero, minus_one].map(Clone::clone).to_vec();
    let loop_value = ring.polynomial(-2, loop_value)?;
    let weights = [ring.monomial(one.clone(), 1)?, ring.monomial(one, -1)?];
    let smoothings = Smoothings::new(&ring, weights, &loop_value)?;
    let mut sum: BTreeMap<Matching, Laurent<S::Element>> = [(Vec::new(), ring.one())].into();
    let mut matchings = 1;
    let open_end = 2 * order.len();
    for (place, &crossing) in order.iter().enumerate() {
        let mut labels = diagram.crossings()[crossing];
        if place + 1 == order.len() {
            labels[0] = open_end;
        }
        sum = smoothings.added(&sum, labels)?;
        matchings = matchings.max(sum.len());
    }
    let mut value = sum.into_values().next().unwrap_or_else(|| ring.zero());
    for _ in usize::from(order.is_empty())..diagram.circles() {
        value = ring.multiply(&value, &loop_value)?;
    }
    Ok(Bracket { value, width, matchings })
}

/// What a crossing multiplies by.
struct Smoothings<'a, S: Semiring> {
    ring: &'a Polynomials<S>,
    /// By smoothing, then by the number of loops that it closes.
    factors: [[Laurent<S::Element>; 3]; 2],
}

impl<'a, S: Semiring> Smoothings<'a, S> {
    fn new(
        ring: &'a Polynomials<S>,
        weights: [Laurent<S::Element>; 2],
        loop_value: &Laurent<S::Element>,
    ) -> Result<Self, SemiringError> {
        let with_loops = |weight: Laurent<S::Element>| -> Result<_, SemiringError> {
            let one = ring.multiply(&weight, loop_value)?;
            let two = ring.multiply(&one, loop_value)?;
            Ok([weight, one, two])
        };
        let [first, second] = weights;
        Ok(Self { ring, factors: [with_loops(first)?, with_loops(second)?] })
    }

    /// Takes up a crossing: `A` times the smoothing that joins `a b` and `c d`, and `1/A` times `b c` and `d a`.
    fn added(
        &self,
        sum: &BTreeMap<Matching, Laurent<S::Element>>,
        [a, b, c, d]: [usize; 4],
    ) -> Result<BTreeMap<Matching, Laurent<S::Element>>, SemiringError> {
        let mut result = BTreeMap::new();
        for (matching, coefficient) in sum {
            for (factors, arcs) in self.factors.iter().zip([[[a, b], [c, d]], [[b, c], [d, a]]]) {
                let mut joined = matching.clone();
                let loops = arcs.into_iter().filter(|&[x, y]| join(&mut joined, x, y)).count();
                let term = self.ring.multiply(coefficient, &factors[loops])?;
                match result.entry(joined) {
                    Entry::Vacant(place) => {
                        place.insert(term);
                    }
                    Entry::Occupied(mut place) => {
                        let both = self.ring.add(place.get(), &term)?;
                        place.insert(both);
                    }
                }
            }
        }
        Ok(result)
    }
}

/// Joins two ends by an arc, and says whether that closes a loop. An end that was not there is cut from now on.
fn join(matching: &mut Matching, x: usize, y: usize) -> bool {
    let from = take(matching, x);
    if from == Some(y) {
        take(matching, y);
        return true;
    }
    let to = take(matching, y);
    if x == y {
        return true;
    }
    let (from, to) = (from.unwrap_or(x), to.unwrap_or(y));
    for (end, partner) in [(from, to), (to, from)] {
        match matching.binary_search_by_key(&end, |&(end, _)| end) {
            Ok(place) => matching[place].1 = partner,
            Err(place) => matching.insert(place, (end, partner)),
        }
    }
    false
}

/// Removes an end and gives the one that it was joined to.
fn take(matching: &mut Matching, end: usize) -> Option<usize> {
    let place = matching.binary_search_by_key(&end, |&(end, _)| end).ok()?;
    Some(matching.remove(place).1)
}

/// Of some greedy orders the one with the fewest cut edges at its worst moment, and how many these are.
fn best_order(crossings: &[[usize; 4]]) -> (Vec<usize>, usize) {
    let count = crossings.len();
    // The crossings at the two ends of each edge.
    let mut ends = vec![Vec::with_capacity(2); 2 * count];
    for (crossing, labels) in crossings.iter().enumerate() {
        labels.iter().for_each(|&label| ends[label].push(crossing));
    }
    let starts = STARTS.min(count);
    let orders = (0..starts).map(|start| greedy_order(crossings, &ends, start * count / starts));
    let (order, (width, _)) = orders.min_by_key(|(_, cost)| *cost).unwrap_or_default();
    (order, width)
}

/// Takes the crossing that closes most edges next, of these the one with the edge that has been cut longest.
///
/// The cost is the largest number of cut edges, and how often it is reached.
fn greedy_order(crossings: &[[usize; 4]], ends: &[Vec<usize>], start: usize) -> (Vec<usize>, (usize, usize)) {
    let mut left: BTreeSet<usize> = (0..crossings.len()).collect();
    // Each cut edge with the moment at which it was cut.
    let mut cut: BTreeMap<usize, usize> = BTreeMap::new();
    let (mut order, mut widths) = (Vec::with_capacity(crossings.len()), Vec::with_capacity(crossings.len()));
    let mut next = Some(start);
    while let Some(crossing) = next {
        left.remove(&crossing);
        order.push(crossing);
        for label in crossings[crossing] {
            if cut.remove(&label).is_none() {
                cut.insert(label, order.len());
            }
        }
        widths.push(cut.len());
        let rank = |crossing: &usize| {
            let ages = crossings[*crossing].iter().filter_map(|label| cut.get(label));
            (ages.clone().count(), Reverse(ages.min().copied()), Reverse(*crossing))
        };
        // A crossing at no cut edge is taken only when a piece of the diagram is finished.
        let near = cut.keys().flat_map(|&label| ends[label].iter().copied()).filter(|crossing| left.contains(crossing));
        next = near.max_by_key(rank).or_else(|| left.first().copied());
    }
    let width = widths.iter().copied().max().unwrap_or_default();
    let times = widths.iter().filter(|&&w| w == width).count();
    (order, (width, times))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arcs_join_ends_and_close_loops() {
        let mut matching = Vec::new();
        assert!(!join(&mut matching, 5, 2));
        assert_eq!(matching, [(2, 5), (5, 2)]);
        assert!(!join(&mut matching, 2, 7), "an open end is continued");
        assert_eq!(matching, [(5, 7), (7, 5)]);
        assert!(join(&mut matching, 7, 5));
        assert!(matching.is_empty());
        assert!(join(&mut matching, 3, 3), "both ends of an edge at one crossing");
        assert!(matching.is_empty());
    }

    #[test]
    fn a_braid_is_swept_along_its_strands() {
        // Crossings of a closed braid of two strands: a cut has four edges, however long the braid.
        let ring: Vec<[usize; 4]> =
            (0..40).map(|k| [2 * k + 1, 2 * (k + 1) % 80 + 1, 2 * (k + 1) % 80, 2 * k]).collect();
        assert_eq!(best_order(&ring).1, 4);
    }
}
