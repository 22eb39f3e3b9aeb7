//! Products that results share, computed once.
//!
//! In a real basis each component of a Clebsch-Gordan product is a sum over `x_a y_b ± x_-a y_-b`, and all degrees of
//! the result with the same `|m|` use the same ones: half as many multiplications as there are coefficients, and what
//! is left is a small dense matrix for each `|m|`. Nothing here knows of `m`; the structure is found in the numbers.

use super::{
    Bilinear, BilinearTerm, ComponentMatrix, Factored, Weighting,
    support::{RowGroup, group_rows},
};

/// Columns that agree to this, relative to their largest element, are one column up to a sign.
const SAME: f64 = 1e-13;

impl Bilinear {
    /// Rewrites the map as a matrix behind products that several rows share.
    ///
    /// The result is the same map; with coefficients of couplings it takes about half the multiplications.
    ///
    /// # Cost
    /// Proportional to the terms, times the width of the dense blocks that they form.
    ///
    /// # Examples
    /// ```
    /// use schur_multilinear::{Bilinear, BilinearTerm};
    /// let term = |result, left, right, coefficient| BilinearTerm { result, left, right, coefficient };
    /// let terms = [term(0, 0, 0, 2.0), term(0, 1, 1, -2.0), term(1, 0, 0, 3.0), term(1, 1, 1, -3.0)];
    /// let map = Bilinear::new([2, 2, 2], terms)?;
    /// let shared = map.share();
    /// assert_eq!(shared.bilinear().dims()[2], 1); // x0 y0 - x1 y1
    /// assert_eq!(shared.expand(), map);
    /// # Ok::<(), schur_multilinear::FactoredError>(())
    /// ```
    pub fn share(&self) -> Factored {
        let [left, right, results] = self.dims();
        let products = self.products();
        let rows = self.rows(&products);
        let supports: Vec<Vec<usize>> =
            rows.iter().map(|row| row.iter().map(|&(product, _)| product).collect()).collect();
        let (mut terms, mut entries, mut shared) = (Vec::new(), Vec::new(), 0);
        for group in group_rows(&supports) {
            for column in merge_columns(&group, &rows) {
                for &(product, sign) in &column.products {
                    let (left, right) = products[product];
                    terms.push(BilinearTerm { result: shared, left, right, coefficient: sign });
                }
                let used = group.rows.iter().zip(&column.values).filter(|(_, value)| **value != 0.0);
                entries.extend(used.map(|(&row, &value)| (row, shared, value)));
                shared += 1;
            }
        }
        let bilinear = Bilinear::collect([left, right, shared], terms);
        let matrix = ComponentMatrix::collect(results, shared, entries);
        Factored {
            left: Vec::new(),
            right: Vec::new(),
            bilinear,
            result: vec![matrix],
            weighting: Weighting::default(),
        }
    }

    /// The pairs of components that meet in a term, ascending.
    fn products(&self) -> Vec<(usize, usize)> {
        let mut products: Vec<(usize, usize)> = self.terms().iter().map(|term| (term.left, term.right)).collect();
        products.sort_unstable();
        products.dedup();
        products
    }

    /// The terms of each row of the result, as (place in the list of products, coefficient), ascending.
    fn rows(&self, products: &[(usize, usize)]) -> Vec<Vec<(usize, f64)>> {
        let mut rows = vec![Vec::new(); self.dims()[2]];
        for term in self.terms() {
            // Every term is in the list.
            let place = products.partition_point(|&product| product < (term.left, term.right));
            rows[term.result].push((place, term.coefficient));
        }
        rows
    }
}

/// Products that occur with the same coefficients, up to a sign, in all rows of a group.
struct SharedColumn {
    products: Vec<(usize, f64)>,
    values: Vec<f64>,
}

fn merge_columns(group: &RowGroup, rows: &[Vec<(usize, f64)>]) -> Vec<SharedColumn> {
    let mut merged: Vec<SharedColumn> = Vec::new();
    for &product in &group.columns {
        let value = |&row: &usize| {
            let terms: &[(usize, f64)] = &rows[row];
            terms.binary_search_by_key(&product, |term| term.0).map_or(0.0, |place| terms[place].1)
        };
        let values: Vec<f64> = group.rows.iter().map(value).collect();
        let same = merged.iter_mut().find_map(|column| Some((sign_between(&column.values, &values)?, column)));
        match same {
            Some((sign, column)) => column.products.push((product, sign)),
            None => merged.push(SharedColumn { products: vec![(product, 1.0)], values }),
        }
    }
    merged
}

/// The sign `s` with `b = s a`, if there is one.
fn sign_between(a: &[f64], b: &[f64]) -> Option<f64> {
    let largest = a.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let agrees = |sign: f64| a.iter().zip(b).all(|(a, b)| (sign * a - b).abs() <= SAME * largest);
    [1.0, -1.0].into_iter().find(|&sign| agrees(sign))
}
