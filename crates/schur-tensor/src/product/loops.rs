//! Which loops run a product or a reduction whose operations cannot fail.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::{
    Mode, Product, Reduction,
    axes::{Checked, CheckedProduct, CheckedReduction},
    dot::Dot,
    elementwise::Elementwise,
    parts::{in_parts, in_parts_before},
    permute::{Permutation, Runs},
    plain,
    stream::{Stream, best_run},
    tensors::Tensors,
};

/// Sums shorter than this are not worth sums beside each other.
const SHORT_SUM: usize = 16;

/// The operations of a semiring that cannot fail, as fast loops want them.
#[derive(Debug, Clone, Copy)]
pub struct MultiplyAdd<E, F> {
    /// The neutral element of addition.
    pub zero: E,
    /// The neutral element of multiplication.
    pub one: E,
    /// `fused(a, b, c) = a * b + c`.
    pub fused: F,
}

/// Runs a product with a multiply-add that cannot fail.
///
/// The loops go along an axis on which elements are contiguous, where there is one, so that the compiler can turn them
/// into vector instructions of `arch`. Terms are added in the order of the inner axes, or in one that the sizes fix;
/// threads of the current pool share the results, never the terms of one.
///
/// # Panics
/// If a slice is shorter than the strides reach.
///
/// # Cost
/// Every multiply-add once; allocates nothing.
///
/// # Examples
/// ```
/// use schur_tensor::product::{Mode, MultiplyAdd, Product, ProductAxis, product_with};
///
/// // Shortest ways of two steps: minima of sums.
/// let way = MultiplyAdd { zero: f64::INFINITY, one: 0.0, fused: |a: f64, b: f64, c: f64| c.min(a + b) };
/// let axis = |left, right, result| ProductAxis { size: 2, left, right, result };
/// let axes = [axis(Some(2), None, Some(2)), axis(None, Some(1), Some(1)), axis(Some(1), Some(2), None)];
/// let (steps, mut ways) = ([5.0, 1.0, 2.0, 7.0], [0.0; 4]);
/// let arch = schur_tensor::pulp::Arch::new();
/// product_with(arch, way, &Product::new(&axes)?, [&steps, &steps], &mut ways, Mode::Overwrite);
/// assert_eq!(ways, [3.0, 6.0, 7.0, 3.0]);
/// # Ok::<(), schur_tensor::product::ProductError>(())
/// ```
pub fn product_with<E, F>(
    arch: Arch,
    rules: MultiplyAdd<E, F>,
    product: &Product,
    operands: [&[E]; 2],
    result: &mut [E],
    mode: Mode,
) where
    E: Copy + Send + Sync,
    F: Fn(E, E, E) -> E + Copy + Sync,
{
    let lengths = [operands[0].len(), operands[1].len(), result.len()];
    match CheckedProduct::new(product, [0; 3], lengths) {
        Checked::Nothing => {}
        // SAFETY: the product has been checked against these slices.
        Checked::Sound(checked) => unsafe {
            run_product(arch, rules, &checked, (Tensors::new(operands, result), mode == Mode::Add));
        },
        Checked::Strange => plain::product(rules, (product, [0; 3]), operands, result, mode),
    }
}

/// Sums a tensor over some of its axes with an addition that cannot fail, and copies the rest.
///
/// # Panics
/// If a slice is shorter than the strides reach.
///
/// # Cost
/// Every element once; allocates nothing.
pub fn reduce_with<E, F>(
    arch: Arch,
    rules: MultiplyAdd<E, F>,
    reduction: &Reduction,
    source: &[E],
    result: &mut [E],
    mode: Mode,
) where
    E: Copy + Send + Sync + 'static,
    F: Fn(E, E, E) -> E + Copy + Sync,
{
    match CheckedReduction::new(reduction, [0; 2], [source.len(), result.len()]) {
        Checked::Nothing => {}
        // SAFETY: the reduction has been checked against these slices.
        Checked::Sound(checked) => unsafe {
            let one = [rules.one];
            run_reduction(arch, rules, &checked, (Tensors::new([source, &one], result), mode == Mode::Add));
        },
        Checked::Strange => plain::reduce(rules, (reduction, [0; 2]), source, result, mode),
    }
}

/// Runs a checked product.
///
/// # Safety
/// The tensors are those that the product was checked against, and nobody else uses them meanwhile.
pub(super) unsafe fn run_product<E, F>(
    arch: Arch,
    rules: MultiplyAdd<E, F>,
    checked: &CheckedProduct,
    (tensors, add): (Tensors<E>, bool),
) where
    E: Copy + Send + Sync,
    F: Fn(E, E, E) -> E + Copy + Sync,
{
    let Some(outputs) = checked.outputs() else { return };
    let terms = checked.inner.size();
    if terms == 1
        && let Some(tiles) = Elementwise::new(&outputs, (tensors, checked.starts, add), rules)
    {
        // SAFETY: the caller's.
        return unsafe { Loops::Elementwise(tiles).run(arch) };
    }
    let run = best_run(&outputs);
    let loops = match run {
        None if terms >= SHORT_SUM => Dot::new(checked, outputs, (tensors, add), rules).map(Loops::Dot),
        _ => None,
    };
    let loops = loops.unwrap_or_else(|| {
        let run = run.or_else(|| outputs.len().checked_sub(1));
        Loops::Stream(Stream::new(checked, outputs, run, (tensors, add), rules))
    });
    // SAFETY: the caller's.
    unsafe { loops.run(arch) }
}

/// Runs a checked reduction; the right operand of the tensors is a one.
///
/// # Safety
/// As for [`run_product`].
pub(super) unsafe fn run_reduction<E, F>(
    arch: Arch,
    rules: MultiplyAdd<E, F>,
    checked: &CheckedReduction,
    (tensors, add): (Tensors<E>, bool),
) where
    E: Copy + Send + Sync + 'static,
    F: Fn(E, E, E) -> E + Copy + Sync,
{
    if !checked.summed.is_empty() {
        let Some(product) = checked.times_one() else { return };
        // SAFETY: the caller's; the product reads the same elements, and a one.
        return unsafe { run_product(arch, rules, &product, (tensors, add)) };
    }
    // SAFETY: the caller's.
    unsafe { run_copy(arch, rules, checked, (tensors, add), 0) }
}

/// Runs a checked reduction that sums nothing; `following` is the work that waits for its result.
///
/// # Safety
/// As for [`run_product`].
pub(super) unsafe fn run_copy<E, F>(
    arch: Arch,
    rules: MultiplyAdd<E, F>,
    checked: &CheckedReduction,
    (tensors, add): (Tensors<E>, bool),
    following: usize,
) where
    E: Copy + Send + Sync + 'static,
    F: Fn(E, E, E) -> E + Copy + Sync,
{
    if let Some(runs) = Runs::new(checked, (tensors, add), rules) {
        let run = |units| arch.dispatch(RunRuns(&runs, units));
        return in_parts_before(following, runs.units(), runs.work_of_unit(), run);
    }
    if let Some(permutation) = Permutation::new(checked, (tensors, add), rules) {
        let run = |units| arch.dispatch(RunPermutation(&permutation, units));
        in_parts_before(following, permutation.units(), permutation.work_of_unit(), run);
    }
}

/// Loops laid out for a product.
#[expect(clippy::large_enum_variant, reason = "a box would allocate in every run")]
enum Loops<E, F> {
    Stream(Stream<E, F>),
    Elementwise(Elementwise<E, F>),
    Dot(Dot<E, F>),
}

impl<E, F> Loops<E, F>
where
    E: Copy + Send + Sync,
    F: Fn(E, E, E) -> E + Copy + Sync,
{
    /// # Safety
    /// As for [`run_product`].
    unsafe fn run(&self, arch: Arch) {
        let (units, work) = match self {
            Self::Stream(stream) => (stream.units(), stream.work_of_unit()),
            Self::Elementwise(tiles) => (tiles.units(), tiles.work_of_unit()),
            Self::Dot(dot) => (dot.units(), dot.work_of_unit()),
        };
        in_parts(units, work, |units| arch.dispatch(RunLoops(self, units)));
    }
}

/// Some units of a product on their way to an instruction set.
struct RunLoops<'a, E, F>(&'a Loops<E, F>, Range<usize>);

impl<E, F> WithSimd for RunLoops<'_, E, F>
where
    E: Copy + Send + Sync,
    F: Fn(E, E, E) -> E + Copy + Sync,
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self(loops, units) = self;
        // SAFETY: whoever laid out the loops vouches for the tensors; units are given out once.
        unsafe {
            match loops {
                Loops::Stream(stream) => stream.run(units),
                Loops::Elementwise(tiles) => tiles.run(units),
                Loops::Dot(dot) => dot.run(units),
            }
        }
    }
}

/// Some runs on their way to an instruction set.
struct RunRuns<'a, E, F>(&'a Runs<E, F>, Range<usize>);

impl<E, F> WithSimd for RunRuns<'_, E, F>
where
    E: Copy,
    F: Fn(E, E, E) -> E + Copy,
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        // SAFETY: as for `RunLoops`.
        unsafe { self.0.run(self.1) }
    }
}

/// Some tiles on their way to an instruction set.
struct RunPermutation<'a, E, F>(&'a Permutation<E, F>, Range<usize>);

impl<E, F> WithSimd for RunPermutation<'_, E, F>
where
    E: Copy + 'static,
    F: Fn(E, E, E) -> E + Copy,
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // SAFETY: as for `RunLoops`.
        unsafe { self.0.run(simd, self.1) }
    }
}
