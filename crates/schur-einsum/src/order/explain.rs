//! What an order does, for people to read.

use std::fmt;

use super::cost::Steps;
use super::{Cost, Order};
use crate::Contraction;

/// The steps of an order with their indices by name, operations and sizes; then the totals.
///
/// # Examples
/// ```
/// use schur_einsum::{Contraction, Order};
///
/// let names = ["i", "j", "k"].map(str::to_owned).to_vec();
/// let contraction = Contraction::new(vec![vec![0, 1], vec![1, 2]], vec![0, 2], vec![2, 3, 4], names)?;
/// let order = Order::left_to_right(&contraction);
/// assert!(order.explain(&contraction).to_string().contains("ij,jk->ik"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Explanation<'a> {
    contraction: &'a Contraction,
    order: &'a Order,
    steps: Steps,
    cost: Cost,
}

impl<'a> Explanation<'a> {
    pub(super) fn new(contraction: &'a Contraction, order: &'a Order) -> Self {
        Self { contraction, order, steps: Steps::of(contraction, order), cost: Cost::of(contraction, order) }
    }

    /// The names of indices, put together if each is one letter.
    fn list(&self, indices: &[usize]) -> String {
        let names = self.contraction.names();
        let apart = names.iter().any(|name| name.chars().count() > 1);
        indices.iter().map(|&index| names[index].as_str()).collect::<Vec<_>>().join(if apart { " " } else { "" })
    }

    fn step(&self, step: usize) -> [String; 5] {
        let [left, right] = self.order.pairs()[step];
        let result = self.contraction.operands().len() + step;
        let [a, b, c] = [left, right, result].map(|tensor| self.list(&self.steps.tensors[tensor]));
        [
            result.to_string(),
            format!("{left} {right}"),
            format!("{a},{b}->{c}"),
            number(self.steps.operations[step]),
            number(self.steps.elements[result]),
        ]
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = ["tensor", "from", "step", "operations", "elements"].map(str::to_owned);
        let rows: Vec<[String; 5]> =
            std::iter::once(heads).chain((0..self.order.pairs().len()).map(|step| self.step(step))).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; 5] = std::array::from_fn(width);
        let [w0, w1, w2, w3, w4] = widths;
        for [tensor, from, step, operations, elements] in rows.iter().filter(|_| rows.len() > 1) {
            writeln!(f, "{tensor:>w0$}  {from:<w1$}  {step:<w2$}  {operations:>w3$}  {elements:>w4$}")?;
        }
        let Cost { operations, largest, written, slices, peak } = self.cost;
        writeln!(f, "operations         {} (log10 {:.2})", number(operations), log10(operations))?;
        writeln!(f, "elements written   {} (log10 {:.2})", number(written), log10(written))?;
        writeln!(f, "largest tensor     {} elements (2^{:.1})", number(largest), largest.max(1.0).log2())?;
        writeln!(f, "results at once    {} elements (2^{:.1})", number(peak), peak.max(1.0).log2())?;
        match self.order.sliced() {
            [] => write!(f, "slices             1"),
            sliced => write!(f, "slices             {}, one for each value of {}", number(slices), self.list(sliced)),
        }
    }
}

/// The logarithm of a count, of which nought counts as one.
fn log10(count: f64) -> f64 {
    count.max(1.0).log10()
}

/// A count in full as far as people read it at a glance.
fn number(count: f64) -> String {
    const IN_FULL: f64 = 1e6;
    if count < IN_FULL { format!("{count}") } else { format!("{count:.3e}") }
}
