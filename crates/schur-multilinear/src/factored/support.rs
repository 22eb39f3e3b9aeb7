//! Rows of a sparse matrix that use the same columns.

use std::collections::HashMap;

/// Rows that may be computed together, and the columns that they use between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowGroup {
    /// Ascending.
    pub rows: Vec<usize>,
    /// Ascending.
    pub columns: Vec<usize>,
}

/// Puts each row into the first group whose columns contain its own, longest rows first.
///
/// Coefficients of couplings fall into small dense blocks this way, one for each `|m|`; accidental zeros do not break
/// a block apart. Rows without columns make a group of their own. Groups come in the order of their first rows.
///
/// # Cost
/// Proportional to the entries, times the groups that a column belongs to.
pub fn group_rows(rows: &[Vec<usize>]) -> Vec<RowGroup> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&row| std::cmp::Reverse(rows[row].len()));
    let mut groups: Vec<RowGroup> = Vec::new();
    let mut groups_of_column: HashMap<usize, Vec<usize>> = HashMap::new();
    for row in order {
        let columns = &rows[row];
        let candidates = columns.first().and_then(|column| groups_of_column.get(column));
        let found = match columns.is_empty() {
            true => groups.iter().position(|group| group.columns.is_empty()),
            false => candidates.and_then(|list| list.iter().copied().find(|&g| contains(&groups[g].columns, columns))),
        };
        if let Some(group) = found {
            groups[group].rows.push(row);
            continue;
        }
        for &column in columns {
            groups_of_column.entry(column).or_default().push(groups.len());
        }
        groups.push(RowGroup { rows: vec![row], columns: columns.clone() });
    }
    for group in &mut groups {
        group.rows.sort_unstable();
    }
    groups.sort_by_key(|group| group.rows[0]);
    groups
}

/// Whether the first of two ascending lists holds all of the second.
fn contains(all: &[usize], some: &[usize]) -> bool {
    some.iter().all(|column| all.binary_search(column).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_join_the_first_group_that_covers_them() {
        let rows = [vec![0, 1], vec![], vec![0, 1, 2], vec![3], vec![2], vec![0, 3]];
        let group = |rows: &[usize], columns: &[usize]| RowGroup { rows: rows.to_vec(), columns: columns.to_vec() };
        let expected = [group(&[0, 2, 4], &[0, 1, 2]), group(&[1], &[]), group(&[3, 5], &[0, 3])];
        assert_eq!(group_rows(&rows), expected);
    }
}
