//! Which kernels run a product of real or complex numbers.

use pulp::Arch;

use super::{
    Mode, MultiplyAdd, Product, Reduction,
    axes::{Checked, CheckedProduct, CheckedReduction},
    gemm::Gemm,
    loops::{run_product, run_reduction},
    many::Many,
    number::Number,
    ordered::in_order,
    plain,
    stream::best_run,
    tensors::Tensors,
};

/// Up to so many multiply-adds it costs more to prepare fast loops, about a microsecond, than to run plain ones.
const TINY_WORK: usize = 192;

/// Runs of fewer elements or terms cost more to go to than to go along.
const SHORT_RUN: usize = 16;

/// Multiplies and sums with the kernels of these numbers; `starts` says where index zero lies in each tensor.
///
/// # Panics
/// If the product reaches outside of a tensor.
pub(crate) fn multiply<T: Number>(
    arch: Arch,
    (product, starts): (&Product, [usize; 3]),
    operands: [&[T]; 2],
    result: &mut [T],
    mode: Mode,
    scratch: &mut Vec<T>,
) {
    if work(product) <= TINY_WORK {
        return plain::product(rules(), (product, starts), operands, result, mode);
    }
    let lengths = [operands[0].len(), operands[1].len(), result.len()];
    match CheckedProduct::new(product, starts, lengths) {
        Checked::Nothing => {}
        Checked::Strange => plain::product(rules(), (product, starts), operands, result, mode),
        // SAFETY: the product has been checked against these slices.
        Checked::Sound(checked) => unsafe {
            run(arch, &checked, (Tensors::new(operands, result), mode == Mode::Add), scratch);
        },
    }
}

/// Sums and copies with the kernels of these numbers.
///
/// # Panics
/// If the reduction reaches outside of a tensor.
pub(crate) fn sum<T: Number>(
    arch: Arch,
    (reduction, starts): (&Reduction, [usize; 2]),
    source: &[T],
    result: &mut [T],
    mode: Mode,
) {
    let sizes = reduction.kept.iter().map(|axis| axis.size).chain(reduction.summed.iter().map(|axis| axis.size));
    if sizes.fold(1, usize::saturating_mul) <= TINY_WORK {
        return plain::reduce(rules(), (reduction, starts), source, result, mode);
    }
    match CheckedReduction::new(reduction, starts, [source.len(), result.len()]) {
        Checked::Nothing => {}
        Checked::Strange => plain::reduce(rules(), (reduction, starts), source, result, mode),
        // SAFETY: the reduction has been checked against these slices.
        Checked::Sound(checked) => unsafe {
            let one = [T::ONE];
            let tensors = Tensors::new([source, &one], result);
            run_reduction(arch, rules(), &checked, (tensors, mode == Mode::Add));
        },
    }
}

/// Multiplication and addition as loops that the compiler turns into vector instructions want them: without a fused
/// instruction, which the plainest instruction set lacks and memory leaves no time for.
pub(super) fn rules<T: Number>() -> MultiplyAdd<T, impl Fn(T, T, T) -> T + Copy> {
    MultiplyAdd {
        zero: T::ZERO,
        one: T::ONE,
        fused: {
            #[inline(always)]
            |a: T, b: T, c: T| a * b + c
        },
    }
}

/// Multiply-adds, elements that are only written included.
fn work(product: &Product) -> usize {
    let Product { batch, rows, columns, inner } = product;
    let pairs = rows.iter().chain(columns).map(|axis| axis.size).chain(inner.iter().map(|axis| axis.size.max(1)));
    batch.iter().map(|axis| axis.size).chain(pairs).fold(1, usize::saturating_mul)
}

/// # Safety
/// The tensors are those that the product was checked against, and nobody else uses them meanwhile.
unsafe fn run<T: Number>(
    arch: Arch,
    checked: &CheckedProduct,
    (tensors, add): (Tensors<T>, bool),
    scratch: &mut Vec<T>,
) {
    let (rows, columns, terms) = (checked.rows.size(), checked.columns.size(), checked.inner.size());
    // SAFETY: the caller's.
    unsafe {
        if terms > 1 {
            let is_vector = rows == 1 || columns == 1;
            let is_number = rows == 1 && columns == 1;
            if !(is_number && is_streamed(checked))
                && let Some(many) = Many::new(checked, tensors, add)
            {
                return many.run(arch, scratch);
            }
            if !is_vector || !is_streamed(checked) {
                return Gemm::new(checked, tensors, add).run(arch, scratch);
            }
        } else if terms == 1 {
            let (checked, tensors) = in_order(arch, (*checked, tensors), scratch);
            return run_product(arch, rules(), &checked, (tensors, add));
        }
        run_product(arch, rules(), checked, (tensors, add));
    }
}

/// Whether long runs of a product with a vector lie in memory as loops without packing want them.
fn is_streamed(checked: &CheckedProduct) -> bool {
    let terms = checked.inner.last().filter(|axis| super::dot::is_contiguous(axis)).map_or(0, |axis| axis.size);
    let outputs = checked.outputs();
    let run = outputs.and_then(|outputs| best_run(&outputs).map(|place| outputs[place].size)).unwrap_or(0);
    terms.max(run) >= SHORT_RUN
}
