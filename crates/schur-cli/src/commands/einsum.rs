//! `schur einsum`: an expression and arrays in, an array out.

mod element;
mod operands;
mod orders;
mod shapes;

use anyhow::{Context, Result, bail};
use schur_einsum::language::{Bound, Expression, Sizes};
use schur_einsum::order::{Limit, Options};
use schur_einsum::{Cost, Einsum, EinsumError, EinsumWorkspace};
use schur_io::npy;
use schur_tensor::semiring::{
    Arithmetic, Boolean, Counting, Gf2, Integer, LogSumExp, MaxPlus, MaxTimes, MinPlus, Modular, Named, Semiring,
};
use schur_tensor::{Tensor, View};
use serde_json::{Value, json};

use self::element::{Element, Precision};
use self::operands::Operands;
use crate::args::{EinsumArgs, GlobalArgs};
use crate::exit::{Interrupted, Status, UsageError};
use crate::interrupt::Interrupt;
use crate::outputs::write_whole;
use crate::report::{Reporter, human};
use crate::session;

/// Larger results go to a file only.
const MOST_PRINTED: usize = 1000;

/// Contracts, or says how it would.
///
/// # Errors
/// If the expression does not fit the operands, no order keeps to the memory allowed, the semiring refuses an element
/// or a step, or a file cannot be read or written.
pub fn run(args: &EinsumArgs, options: &GlobalArgs, reporter: &Reporter) -> Result<Status> {
    let expression = Expression::parse(&args.expression).map_err(|error| UsageError(error.to_string()))?;
    let sizes: Sizes = args.sizes.iter().cloned().collect();
    let run = Run { args, reporter, interrupt: Interrupt::install()? };
    let pool = session::pool(options)?;
    if let Some(shapes) = &args.shapes {
        let shapes = shapes::parse(shapes)?;
        let bound = bind(&expression, &shapes, &sizes)?;
        return pool.install(|| run.explain(&bound));
    }
    let operands = Operands::read(&args.operands)?;
    let bound = bind(&expression, &operands.shapes(), &sizes)?;
    pool.install(|| run.contract(&bound, &operands))
}

fn bind(expression: &Expression, shapes: &[Vec<usize>], sizes: &Sizes) -> Result<Bound> {
    let shapes: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
    expression.bind(&shapes, sizes).map_err(|error| UsageError(error.to_string()).into())
}

struct Run<'a> {
    args: &'a EinsumArgs,
    reporter: &'a Reporter,
    interrupt: Interrupt,
}

impl Run<'_> {
    /// Says what a contraction of f64 would cost, or prints it as a program of slots.
    fn explain(&self, bound: &Bound) -> Result<Status> {
        if let Some(slots) = self.args.slots {
            let Some(step) = bound.flat() else { bail!("a slot program takes an expression without nested ones") };
            let program = schur_slots::lower(step.contraction(), slots, &schur_slots::Options::default())?;
            if self.reporter.is_json() {
                self.reporter.json(&program)?;
            } else {
                self.reporter.text(format_args!("{program}"))?;
            }
            return Ok(Status::Success);
        }
        let einsum = self.plan(bound, size_of::<f64>())?;
        self.tell(&einsum, size_of::<f64>())?;
        self.reporter.json(&summary(&einsum, size_of::<f64>()))?;
        Ok(Status::Success)
    }

    fn contract(&self, bound: &Bound, operands: &Operands) -> Result<Status> {
        let precision = operands.precision();
        let semiring = self.args.semiring.unwrap_or_else(|| operands.usual_semiring());
        macro_rules! floats {
            ($name:ident) => {
                match precision {
                    Precision::Single => self.contract_in(&$name::<f32>::new(), bound, operands),
                    Precision::Double => self.contract_in(&$name::<f64>::new(), bound, operands),
                }
            };
        }
        match semiring {
            Named::Real => floats!(Arithmetic),
            Named::Complex => match precision {
                Precision::Single => self.contract_in(&Arithmetic::<element::C32>::new(), bound, operands),
                Precision::Double => self.contract_in(&Arithmetic::<element::C64>::new(), bound, operands),
            },
            Named::Integer => self.contract_in(&Integer, bound, operands),
            Named::Counting => self.contract_in(&Counting, bound, operands),
            Named::Boolean => self.contract_in(&Boolean, bound, operands),
            Named::Gf2 => self.contract_in(&Gf2, bound, operands),
            Named::Modular(modulus) => {
                let modular = Modular::new(modulus)?;
                self.contract_in(&modular, bound, &operands.integers(|x| modular.remainder(x).cast_signed()))
            }
            Named::MaxPlus => floats!(MaxPlus),
            Named::MinPlus => floats!(MinPlus),
            Named::MaxTimes => floats!(MaxTimes),
            Named::LogSumExp => floats!(LogSumExp),
            other => bail!("`{other}` takes elements that no .npy file holds"),
        }
    }

    fn contract_in<S>(&self, semiring: &S, bound: &Bound, operands: &Operands) -> Result<Status>
    where
        S: Semiring<Element: Element>,
    {
        let tensors: Vec<Tensor<S::Element>> = operands.tensors(semiring.name())?;
        let einsum = self.plan(bound, size_of::<S::Element>())?;
        if self.args.explain {
            self.tell(&einsum, size_of::<S::Element>())?;
        }
        let views: Vec<View<'_, S::Element>> = tensors.iter().map(Tensor::view).collect();
        let mut result = Tensor::filled(einsum.output_shape(), semiring.zero())?;
        einsum.run(semiring, &views, result.data_mut(), &mut EinsumWorkspace::default())?;
        self.deliver(&einsum, &result)
    }

    /// Searches orders, or reads them, and keeps them where asked to.
    fn plan(&self, bound: &Bound, element: usize) -> Result<Einsum> {
        let einsum = match &self.args.order {
            Some(path) => Einsum::with_orders(bound, &orders::read(path, bound)?)?,
            None => {
                let limit = self.args.memory.map(|bytes| Limit::Peak(bytes as f64 / element as f64));
                let mut options = Options { seed: self.args.seed, limit, ..Options::default() };
                // A search with a time of its own goes on until it is over.
                options.effort = if self.args.search.is_some() { u32::MAX } else { options.effort };
                let deadline = orders::Deadline::new(self.args.search);
                let stop = || deadline.is_over() || self.interrupt.is_raised();
                let found = Einsum::new(bound, &options, &stop);
                // The cause counts in elements, as it knows no bytes.
                let no_order = matches!(found, Err(EinsumError::Order(_) | EinsumError::Memory { .. }));
                match self.args.memory.filter(|_| no_order) {
                    None => found?,
                    Some(bytes) => found.with_context(|| {
                        let elements = bytes as f64 / element as f64;
                        format!("no order keeps to --memory: {bytes} bytes hold {elements} elements of {element} bytes")
                    })?,
                }
            }
        };
        if self.interrupt.is_raised() {
            bail!(Interrupted);
        }
        self.check_memory(&einsum, element)?;
        if let Some(path) = &self.args.save_order {
            orders::write(path, &einsum)?;
        }
        Ok(einsum)
    }

    /// Refuses what needs more than is allowed: an order that was read, or results of nested expressions, which a search
    /// of one contraction after the other does not see together.
    fn check_memory(&self, einsum: &Einsum, element: usize) -> Result<()> {
        let (needed, allowed) = (einsum.peak() as u64 * element as u64, self.args.memory.unwrap_or(u64::MAX));
        if needed <= allowed {
            return Ok(());
        }
        match &self.args.order {
            Some(path) => bail!(
                "the order in `{}` takes {needed} bytes for intermediate results, but --memory allows {allowed}",
                path.display()
            ),
            None => bail!(
                "intermediate results and those of nested expressions take {needed} bytes together, but \
                 --memory allows {allowed}; write the expression without nested ones"
            ),
        }
    }

    fn tell(&self, einsum: &Einsum, element: usize) -> Result<()> {
        if self.reporter.is_json() {
            return Ok(());
        }
        for step in einsum.steps() {
            self.reporter.text(format_args!("{}", step.order().explain(step.contraction())))?;
        }
        let bytes = einsum.peak() as f64 * element as f64;
        self.reporter.text(format_args!("memory for intermediate results: {}", human(bytes)))
    }

    fn deliver<E: Element>(&self, einsum: &Einsum, result: &Tensor<E>) -> Result<Status> {
        let mut object = summary(einsum, size_of::<E>());
        match &self.args.output {
            Some(path) => {
                let numbers = E::numbers(result.data())?;
                write_whole(path, |out| Ok(npy::write(out, result.shape(), &numbers)?))?;
                self.reporter.line(format_args!("wrote {} of shape {:?}", path.display(), result.shape()));
            }
            None if result.data().len() > MOST_PRINTED => bail!(UsageError(format!(
                "the result of shape {:?} has {} elements; name a file for it with -o",
                result.shape(),
                result.data().len()
            ))),
            None => {
                let nested = nested(result.shape(), &mut result.data().iter());
                if self.reporter.is_json() {
                    object["elements"] = nested;
                } else {
                    self.reporter.text(format_args!("{nested}"))?;
                }
            }
        }
        self.reporter.json(&object)?;
        Ok(Status::Success)
    }
}

/// What `--json` says of a contraction.
fn summary(einsum: &Einsum, element: usize) -> Value {
    let costs: Vec<_> = einsum.steps().iter().map(|step| Cost::of(step.contraction(), step.order())).collect();
    let sum = |of: fn(&Cost) -> f64| costs.iter().map(of).sum::<f64>();
    json!({
        "shape": einsum.output_shape(),
        "operations": sum(|cost| cost.operations),
        "largest": costs.iter().map(|cost| cost.largest).fold(0.0, f64::max),
        "slices": costs.iter().map(|cost| cost.slices).fold(1.0, f64::max),
        "peak_bytes": einsum.peak() * element,
        "orders": einsum.steps().iter().map(|step| json!(step.order())).collect::<Vec<_>>(),
    })
}

/// Lists in lists, as the shape says.
fn nested<E: Element>(shape: &[usize], elements: &mut std::slice::Iter<'_, E>) -> Value {
    match shape.split_first() {
        None => elements.next().map_or(Value::Null, Element::json),
        Some((&size, rest)) => (0..size).map(|_| nested(rest, elements)).collect(),
    }
}
