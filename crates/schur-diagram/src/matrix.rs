//! The functor: the matrix of a diagram, entry by entry in whole numbers. An oracle, not a way to compute.

use crate::diagram::permutation_sign;
use crate::{Diagram, DiagramError, Group};

/// Larger matrices are refused.
pub const MAX_ENTRIES: u128 = 1 << 26;

/// A matrix of whole numbers, row-major; multi-indices run with the last axis fastest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// `n^top`.
    pub rows: usize,
    /// `n^bottom`.
    pub columns: usize,
    /// The entries.
    pub entries: Vec<i64>,
}

/// Writes out the matrix of a diagram.
///
/// # Shapes
/// `[n^top, n^bottom]`.
/// # Errors
/// [`DiagramError::Foreign`], [`DiagramError::TooLarge`].
/// # Examples
/// ```
/// use schur_diagram::{Group, matrix};
///
/// // The third map of A_3 from vectors to vectors.
/// let head = matrix(Group::Alternating, 3, &"a|b*ab".parse()?)?;
/// assert_eq!(head.entries, [0, 1, -1, -1, 0, 1, 1, -1, 0]);
/// # Ok::<(), schur_diagram::DiagramError>(())
/// ```
pub fn matrix(group: Group, n: usize, diagram: &Diagram) -> Result<Matrix, DiagramError> {
    diagram.check(group, n)?;
    let power = |axes: usize| (n as u128).checked_pow(u32::try_from(axes).unwrap_or(u32::MAX));
    let found = power(diagram.top() + diagram.bottom()).unwrap_or(u128::MAX);
    if found > MAX_ENTRIES {
        return Err(DiagramError::TooLarge { what: "entries of a matrix", found, most: MAX_ENTRIES });
    }
    let size = |axes: usize| (0..axes).fold(1_usize, |size, _| size * n);
    let (rows, columns) = (size(diagram.top()), size(diagram.bottom()));
    let mut entries = vec![0; rows * columns];
    let mut values = vec![0; diagram.block_count()];
    loop {
        let place =
            (0..diagram.blocks().len()).fold(0, |place, vertex| place * n + value(group, diagram, &values, vertex));
        entries[place] += head_sign(n, diagram, &values) * form_sign(group, diagram, &values);
        let Some(block) = (0..values.len()).rev().find(|&block| values[block] + 1 < n) else {
            return Ok(Matrix { rows, columns, entries });
        };
        values[block] += 1;
        values[block + 1..].fill(0);
    }
}

/// The two vertices of a pair within a row of `Sp(n)`: the second has the index conjugate to the first.
fn is_form(group: Group, diagram: &Diagram, vertex: usize) -> Option<usize> {
    let partner = diagram.partner(vertex).filter(|_| group == Group::Symplectic)?;
    ((partner < diagram.top()) == (vertex < diagram.top())).then_some(partner)
}

fn value(group: Group, diagram: &Diagram, values: &[usize], vertex: usize) -> usize {
    let value = values[usize::from(diagram.blocks()[vertex])];
    // Conjugate coordinates are neighbours: 0 and 1, 2 and 3.
    if is_form(group, diagram, vertex).is_some_and(|partner| partner < vertex) { value ^ 1 } else { value }
}

fn form_sign(group: Group, diagram: &Diagram, values: &[usize]) -> i64 {
    let firsts = (0..diagram.blocks().len())
        .filter(|&vertex| is_form(group, diagram, vertex).is_some_and(|partner| partner > vertex));
    firsts.map(|vertex| if values[usize::from(diagram.blocks()[vertex])].is_multiple_of(2) { 1 } else { -1 }).product()
}

/// The sign of the order of the indices that the head joins, an absent one last; zero if two are equal.
fn head_sign(n: usize, diagram: &Diagram, values: &[usize]) -> i64 {
    let head = diagram.head();
    if head.is_empty() {
        return 1;
    }
    let mut order: Vec<usize> = head.iter().map(|&block| values[usize::from(block)]).collect();
    if (0..order.len()).any(|i| order[i + 1..].contains(&order[i])) {
        return 0;
    }
    if order.len() < n {
        order.extend((0..n).filter(|index| !head.iter().any(|&block| values[usize::from(block)] == *index)));
    }
    permutation_sign(&order)
}
