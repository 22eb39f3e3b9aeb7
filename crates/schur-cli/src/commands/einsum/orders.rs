//! Orders of contraction in files, and the time to search for them.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use schur_einsum::language::Bound;
use schur_einsum::order::UncheckedOrder;
use schur_einsum::{Einsum, Order};

use crate::outputs::write_whole;

/// When a search has to end.
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// Counts from now.
    pub fn new(seconds: Option<f64>) -> Self {
        Self(seconds.map(|seconds| Instant::now() + Duration::from_secs_f64(seconds)))
    }

    pub fn is_over(&self) -> bool {
        self.0.is_some_and(|end| Instant::now() >= end)
    }
}

/// Reads one order for each contraction of an expression.
///
/// # Errors
/// If the file cannot be read, or its orders are not those of this expression.
pub fn read(path: &Path, bound: &Bound) -> Result<Vec<Order>> {
    let name = || format!("cannot read the order `{}`", path.display());
    let text = std::fs::read_to_string(path).with_context(name)?;
    let unchecked: Vec<UncheckedOrder> = serde_json::from_str(&text).with_context(name)?;
    let (expected, found) = (bound.steps().len(), unchecked.len());
    if expected != found {
        bail!("`{}` has {found} orders, but the expression takes {expected}", path.display());
    }
    let checked = unchecked.into_iter().zip(bound.steps()).map(|(order, step)| order.check(step.contraction()));
    checked.collect::<Result<_, _>>().with_context(name)
}

/// Writes the orders of an expression.
///
/// # Errors
/// If the file cannot be written.
pub fn write(path: &Path, einsum: &Einsum) -> Result<()> {
    let orders: Vec<&Order> = einsum.steps().iter().map(|step| step.order()).collect();
    write_whole(path, |out| Ok(serde_json::to_writer(out, &orders)?))
}
