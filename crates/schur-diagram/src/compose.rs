//! One diagram after another: the product of their matrices as a sum of diagrams.

use crate::diagram::permutation_sign;
use crate::{Diagram, DiagramError, Group};

/// A sum of diagrams with whole coefficients, each diagram once.
pub type Combination = Vec<(i64, Diagram)>;

/// Two heads meet in a sum over all permutations of their tentacles; more than these are not listed.
const MOST_TENTACLES: usize = 8;

/// Writes the product `matrix(upper) * matrix(lower)` as a sum of matrices of diagrams.
///
/// Blocks that touch in the middle row become one; what is left in the middle alone is a sum over its index and counts
/// `n`. Two tentacles of one head in one block make zero. Two heads are a sum over the ways to join their tentacles:
/// `sign(a) sign(b) = sum over permutations s of sign(s) prod over i of delta(a_i, b_s(i))`.
/// For `Sp(n)` the forms along a strand multiply to a sign and at most one form.
///
/// # Errors
/// [`DiagramError::Rows`] if the rows do not fit, [`DiagramError::Foreign`] for a diagram that the group has not,
/// [`DiagramError::TooLarge`] for two heads beyond `n = 8` or a coefficient beyond 64 bits.
/// # Examples
/// ```
/// use schur_diagram::{Diagram, Group, compose};
///
/// let (cap, cup): (Diagram, Diagram) = ("|aa".parse()?, "aa|".parse()?);
/// assert_eq!(compose(Group::Orthogonal, 3, &cap, &cup)?, [(3, "|".parse()?)]);
/// // The cross product twice: a x (b x c) = b (a c) - c (a b).
/// let cross: Diagram = "a|bc*abc".parse()?;
/// let inner = Diagram::identity(1)?.beside(&cross)?;
/// let twice = compose(Group::SpecialOrthogonal, 3, &cross, &inner)?;
/// assert_eq!(twice, [(-1, "a|bba".parse()?), (1, "a|bab".parse()?)]);
/// # Ok::<(), schur_diagram::DiagramError>(())
/// ```
pub fn compose(group: Group, n: usize, upper: &Diagram, lower: &Diagram) -> Result<Combination, DiagramError> {
    upper.check(group, n)?;
    lower.check(group, n)?;
    if upper.bottom() != lower.top() {
        return Err(DiagramError::Rows { bottom: upper.bottom(), top: lower.top() });
    }
    let mut sum = if group == Group::Symplectic {
        vec![strands(n, upper, lower)?]
    } else {
        Glued::new(upper, lower).expanded(n)?
    };
    merge(&mut sum);
    Ok(sum)
}

/// Adds up equal diagrams and drops those that cancel, keeping the order of their first terms.
fn merge(sum: &mut Combination) {
    let mut merged: Combination = Vec::with_capacity(sum.len());
    for (coefficient, diagram) in sum.drain(..) {
        match merged.iter_mut().find(|(_, other)| *other == diagram) {
            Some((total, _)) => *total += coefficient,
            None => merged.push((coefficient, diagram)),
        }
    }
    merged.retain(|(coefficient, _)| *coefficient != 0);
    *sum = merged;
}

/// Two diagrams laid one on the other: top, middle and bottom vertices, and which component each is in.
#[derive(Clone)]
struct Glued {
    top: usize,
    middle: usize,
    component: Vec<usize>,
    /// The components that tentacles hold; a head with fewer than `n` holds a free index.
    heads: Vec<Vec<usize>>,
}

impl Glued {
    fn new(upper: &Diagram, lower: &Diagram) -> Self {
        let (top, middle, bottom) = (upper.top(), upper.bottom(), lower.bottom());
        let mut glued =
            Self { top, middle, component: (0..top + middle + bottom).collect(), heads: Vec::with_capacity(2) };
        for (diagram, shift) in [(upper, 0), (lower, top)] {
            for block in diagram.members() {
                for pair in block.windows(2) {
                    glued.join(glued.component[pair[0] + shift], glued.component[pair[1] + shift]);
                }
            }
        }
        for (diagram, shift) in [(upper, 0), (lower, top)] {
            if !diagram.head().is_empty() {
                let members = diagram.members();
                let held = diagram.head().iter().map(|&block| glued.component[members[usize::from(block)][0] + shift]);
                glued.heads.push(held.collect());
            }
        }
        glued
    }

    fn join(&mut self, kept: usize, gone: usize) {
        let all = self.component.iter_mut().chain(self.heads.iter_mut().flatten());
        all.filter(|component| **component == gone).for_each(|component| *component = kept);
    }

    fn is_outer(&self, component: usize) -> bool {
        let middle = self.top..self.top + self.middle;
        self.component.iter().enumerate().any(|(vertex, &other)| other == component && !middle.contains(&vertex))
    }

    /// Components of the middle row alone that no tentacle holds: each is a free sum.
    fn loops(&self) -> u32 {
        let mut seen: Vec<usize> = Vec::new();
        for &component in &self.component[self.top..self.top + self.middle] {
            let is_held = self.heads.iter().flatten().any(|&held| held == component);
            if !seen.contains(&component) && !is_held && !self.is_outer(component) {
                seen.push(component);
            }
        }
        u32::try_from(seen.len()).unwrap_or(u32::MAX)
    }

    fn expanded(mut self, n: usize) -> Result<Combination, DiagramError> {
        // A head of n - 1 tentacles sums over the index that is left.
        let mut free = self.component.len();
        for head in &mut self.heads {
            while head.len() < n {
                head.push(free);
                free += 1;
            }
        }
        if let [first, second] = &self.heads[..] {
            if n > MOST_TENTACLES {
                let (found, most) = (n as u128, MOST_TENTACLES as u128);
                return Err(DiagramError::TooLarge { what: "tentacles of two heads", found, most });
            }
            let (first, second) = (first.clone(), second.clone());
            return self.joined_heads(n, &first, &second);
        }
        let Some(head) = self.heads.first() else {
            return Ok(vec![(power(n, self.loops())?, self.outer(&[])?)]);
        };
        let is_repeated = (0..head.len()).any(|i| head[i + 1..].contains(&head[i]));
        let free: Vec<usize> = head.iter().copied().filter(|&component| !self.is_outer(component)).collect();
        if is_repeated || free.len() > 1 {
            return Ok(Vec::new());
        }
        let firsts: Vec<usize> = head.iter().map(|&component| self.first_outer(component)).collect();
        let held: Vec<usize> = firsts.iter().copied().filter(|&vertex| vertex != usize::MAX).collect();
        Ok(vec![(permutation_sign(&firsts) * power(n, self.loops())?, self.outer(&held)?)])
    }

    /// Two heads: every way to join their tentacles, with its sign.
    fn joined_heads(self, n: usize, first: &[usize], second: &[usize]) -> Result<Combination, DiagramError> {
        let mut sum = Vec::new();
        let mut order: Vec<usize> = (0..n).collect();
        loop {
            let mut term = self.clone();
            term.heads = vec![first.to_vec(), second.to_vec()];
            for (i, &j) in order.iter().enumerate() {
                let (kept, gone) = (term.heads[0][i], term.heads[1][j]);
                term.join(kept, gone);
            }
            // Indices of tentacles alone are in no vertex: each class of them is a free sum.
            let mut alone: Vec<usize> = term.heads.concat();
            alone.retain(|component| !term.component.contains(component));
            alone.sort_unstable();
            alone.dedup();
            term.heads.clear();
            let loops = term.loops() + u32::try_from(alone.len()).unwrap_or(u32::MAX);
            sum.push((permutation_sign(&order) * power(n, loops)?, term.outer(&[])?));
            if !next_permutation(&mut order) {
                return Ok(sum);
            }
        }
    }

    /// The first vertex of the result that a component has; beyond all for none.
    fn first_outer(&self, component: usize) -> usize {
        self.outer_labels().iter().position(|&other| other == component).unwrap_or(usize::MAX)
    }

    fn outer_labels(&self) -> Vec<usize> {
        [&self.component[..self.top], &self.component[self.top + self.middle..]].concat()
    }

    fn outer(&self, head: &[usize]) -> Result<Diagram, DiagramError> {
        Diagram::new(self.top, &self.outer_labels(), head)
    }
}

fn power(n: usize, loops: u32) -> Result<i64, DiagramError> {
    let value = i64::try_from(n).ok().and_then(|n| n.checked_pow(loops));
    let too_large = || DiagramError::TooLarge { what: "a coefficient", found: u128::MAX, most: i64::MAX as u128 };
    value.ok_or_else(too_large)
}

/// Moves to the next permutation in lexicographic order.
fn next_permutation(order: &mut [usize]) -> bool {
    let Some(fall) = (1..order.len()).rev().find(|&place| order[place - 1] < order[place]) else { return false };
    let swap = (fall..order.len()).rev().find(|&place| order[place] > order[fall - 1]).unwrap_or(fall);
    order.swap(fall - 1, swap);
    order[fall..].reverse();
    true
}

/// Composes two diagrams of `Sp(n)` strand by strand.
///
/// A pair within a row is the form `e[x_i, x_j]`, `i < j`; along a strand `e e = -1`, and a form met from behind changes
/// sign.
fn strands(n: usize, upper: &Diagram, lower: &Diagram) -> Result<(i64, Diagram), DiagramError> {
    let (top, middle, bottom) = (upper.top(), upper.bottom(), lower.bottom());
    let walk = Walk { upper, lower, top, middle };
    let outer: Vec<usize> = (0..top).chain(top + middle..top + middle + bottom).collect();
    let mut labels = vec![usize::MAX; outer.len()];
    let mut is_seen = vec![false; top + middle + bottom];
    let mut sign = 1;
    for (place, &start) in outer.iter().enumerate() {
        if is_seen[start] {
            continue;
        }
        // The strand leaves an upper vertex through the upper diagram, a lower one through the lower.
        let (end, strand) = walk.along(start, start < top, &mut is_seen);
        sign *= strand.sign();
        labels[place] = place;
        if let Some(other) = outer.iter().position(|&vertex| vertex == end) {
            labels[other] = place;
        }
    }
    let mut loops = 0;
    for start in top..top + middle {
        if !is_seen[start] {
            sign *= walk.along(start, true, &mut is_seen).1.sign();
            loops += 1;
        }
    }
    Ok((sign * power(n, loops)?, Diagram::new(top, &labels, &[])?))
}

/// Forms met along a strand.
#[derive(Default)]
struct Strand {
    forms: u32,
    reversed: u32,
}

impl Strand {
    /// What they multiply to, beside the one form that an odd number leaves.
    const fn sign(&self) -> i64 {
        if (self.forms / 2 + self.reversed).is_multiple_of(2) { 1 } else { -1 }
    }
}

struct Walk<'a> {
    upper: &'a Diagram,
    lower: &'a Diagram,
    top: usize,
    middle: usize,
}

impl Walk<'_> {
    /// Follows a strand to its other end, or around a loop; vertices are numbered top, middle, bottom.
    fn along(&self, start: usize, mut through_upper: bool, is_seen: &mut [bool]) -> (usize, Strand) {
        let mut strand = Strand::default();
        let mut vertex = start;
        loop {
            is_seen[vertex] = true;
            let (diagram, shift) = if through_upper { (self.upper, 0) } else { (self.lower, self.top) };
            let Some(partner) = diagram.partner(vertex - shift) else { return (vertex, strand) };
            let next = partner + shift;
            let is_row = (vertex - shift < diagram.top()) == (partner < diagram.top());
            if is_row {
                strand.forms += 1;
                strand.reversed += u32::from(next < vertex);
            }
            is_seen[next] = true;
            let is_middle = (self.top..self.top + self.middle).contains(&next);
            if !is_middle || next == start {
                return (next, strand);
            }
            vertex = next;
            through_upper = !through_upper;
        }
    }
}
