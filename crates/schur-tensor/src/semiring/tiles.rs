//! Products and sums for semirings whose elements are plain numbers.
//!
//! Matrix products go in blocks that fit the caches: blocks of both operands are copied to where they lie in the order
//! in which tiles of the result read them, then the compiler turns the loops over a tile's columns into lanes. All else
//! goes in one pass over the result. A result adds its terms in an order that the sizes fix, whatever the blocks, so it
//! has the same bits for any number of threads.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{
    Semiring, SemiringError,
    walk::{MOST_AXES, count, offsets},
};
use crate::product::{
    Mode, MultiplyAdd, Product, Reduction, Strided, at, product_reference, product_with, reduce_reference, reduce_with,
};

mod block;

use block::{Block, Blocking};

/// Operations on plain numbers that cannot fail; what leaves the range shows afterwards in the result.
pub(super) trait Terms: Copy + Send + Sync {
    /// What tensors hold.
    type Element: Copy + Send + Sync + 'static;
    /// Whether sums are held in another form than elements, or may have left the range.
    const NEEDS_FINISH: bool = false;

    /// The neutral element of addition.
    fn zero(self) -> Self::Element;
    /// The neutral element of multiplication.
    fn one(self) -> Self::Element;
    /// `sum + a * b`.
    fn step(self, sum: Self::Element, a: Self::Element, b: Self::Element) -> Self::Element;
    /// Turns a sum into an element.
    #[inline(always)]
    fn finish(self, sum: Self::Element) -> Self::Element {
        sum
    }
    /// Whether a finished sum is an element, not what is left of one that left the range.
    #[inline(always)]
    fn fits(self, _sum: Self::Element) -> bool {
        true
    }
}

/// Products with fewer rows, columns or inner indices than this are no matrix products.
const FEWEST: usize = 4;
/// Nor are those with fewer terms.
const FEWEST_TERMS: usize = 512;
/// A tile is as wide as an AVX-512 register of elements of one, four or eight bytes.
const WIDTH_1: usize = 64;
const WIDTH_4: usize = 16;
const WIDTH_8: usize = 8;
/// From this number of terms on a product is cut for several threads.
const PARALLEL_TERMS: usize = 1 << 18;

/// Writes the product and the sum of a semiring of plain numbers: `terms` gives its operations, where it has any.
macro_rules! tiled {
    ($Element:ty, |$semiring:ident| $terms:expr) => {
        fn product(
            &self,
            product: &crate::product::Product,
            operands: [&[$Element]; 2],
            result: &mut [$Element],
            mode: crate::product::Mode,
            scratch: &mut Vec<$Element>,
        ) -> Result<(), SemiringError> {
            let $semiring = self;
            super::tiles::product((self, $terms), product, operands, result, mode, scratch)
        }

        fn reduce(
            &self,
            reduction: &crate::product::Reduction,
            source: &[$Element],
            result: &mut [$Element],
            mode: crate::product::Mode,
        ) -> Result<(), SemiringError> {
            let $semiring = self;
            super::tiles::reduce((self, $terms), reduction, source, result, mode)
        }
    };
}

pub(super) use tiled;

/// Runs [`Semiring::product`] for a semiring of plain numbers.
///
/// Without operations that cannot fail, and without a fitting result, the slow way does it or finds the error.
pub(super) fn product<S, Q>(
    (semiring, terms): (&S, Option<Q>),
    product: &Product,
    operands: [&[Q::Element]; 2],
    result: &mut [Q::Element],
    mode: Mode,
    scratch: &mut Vec<Q::Element>,
) -> Result<(), SemiringError>
where
    S: Semiring<Element = Q::Element> + ?Sized,
    Q: Terms,
{
    let fits = terms.zip(Grid::of(product)).is_some_and(|(terms, grid)| {
        if grid.is_matrices() {
            let memory = grid.memory::<Q::Element>();
            if scratch.len() < memory {
                scratch.resize(memory, terms.zero());
            }
            return grid.run(terms, operands, result, mode, scratch);
        }
        product_with(Arch::new(), rules(terms), product, operands, result, mode);
        !Q::NEEDS_FINISH || grid.finish(terms, result)
    });
    if fits { Ok(()) } else { product_reference(semiring, product, operands, result, mode) }
}

/// Runs [`Semiring::reduce`] for a semiring of plain numbers, the slow way without operations that cannot fail.
pub(super) fn reduce<S, Q>(
    (semiring, terms): (&S, Option<Q>),
    reduction: &Reduction,
    source: &[Q::Element],
    result: &mut [Q::Element],
    mode: Mode,
) -> Result<(), SemiringError>
where
    S: Semiring<Element = Q::Element> + ?Sized,
    Q: Terms,
{
    let kept = count(&reduction.kept).filter(|_| reduction.kept.len() <= MOST_AXES);
    let Some((terms, kept)) = terms.zip(kept) else {
        return reduce_reference(semiring, reduction, source, result, mode);
    };
    reduce_with(Arch::new(), rules(terms), reduction, source, result, mode);
    if Q::NEEDS_FINISH {
        for [_, place] in offsets(&reduction.kept, kept) {
            result[at(place)] = terms.finish(result[at(place)]);
        }
    }
    Ok(())
}

/// The operations as loops in one pass take them.
#[expect(clippy::type_complexity, reason = "a type that holds a closure has no shorter name")]
fn rules<Q: Terms>(
    terms: Q,
) -> MultiplyAdd<Q::Element, impl Fn(Q::Element, Q::Element, Q::Element) -> Q::Element + Copy + Sync> {
    MultiplyAdd {
        zero: terms.zero(),
        one: terms.one(),
        fused: {
            #[inline(always)]
            move |a, b, sum| terms.step(sum, a, b)
        },
    }
}

/// The axes of a product with the wider operand on the right.
#[derive(Clone, Copy)]
pub(super) struct Grid<'a> {
    batch: &'a [Strided<3>],
    rows: &'a [Strided<2>],
    columns: &'a [Strided<2>],
    inner: &'a [Strided<2>],
    /// Which stride of `batch` and `inner` is that of the operand with the rows, and which of that with the columns.
    sides: [usize; 2],
    /// The number of multi-indices of each group, in the order of the fields.
    counts: [usize; 4],
}

impl<'a> Grid<'a> {
    /// Counts what a product has to do; none where it is beyond counting.
    pub(super) fn of(product: &'a Product) -> Option<Self> {
        Self::new(&product.batch, &product.rows, &product.columns, &product.inner)
    }

    /// A grid of four groups of axes.
    pub(super) fn new(
        batch: &'a [Strided<3>],
        rows: &'a [Strided<2>],
        columns: &'a [Strided<2>],
        inner: &'a [Strided<2>],
    ) -> Option<Self> {
        let most = batch.len().max(rows.len()).max(columns.len()).max(inner.len());
        let counts = [count(batch)?, count(rows)?, count(columns)?, count(inner)?];
        counts.iter().try_fold(1_usize, |all, &count| all.checked_mul(count))?;
        let grid = Self { batch, rows, columns, inner, sides: [0, 1], counts };
        let [b, m, n, k] = counts;
        // Multiplication commutes, so either operand may be the one whose columns fill the lanes.
        let turned = Self { rows: columns, columns: rows, sides: [1, 0], counts: [b, n, m, k], ..grid };
        (most <= MOST_AXES).then_some(if m > n { turned } else { grid })
    }

    /// Whether there are matrices to multiply, large enough to be copied.
    fn is_matrices(&self) -> bool {
        let [batches, rows, columns, inner] = self.counts;
        batches > 0 && rows.min(columns).min(inner) >= FEWEST && rows * columns * inner >= FEWEST_TERMS
    }

    /// Turns all sums of a result into elements; whether each fits.
    fn finish<Q: Terms>(&self, terms: Q, result: &mut [Q::Element]) -> bool {
        let [batches, rows, columns, _] = self.counts;
        let mut fits = true;
        for [_, _, batch] in offsets(self.batch, batches) {
            for [_, row] in offsets(self.rows, rows) {
                for [_, column] in offsets(self.columns, columns) {
                    let value = &mut result[at(batch + row + column)];
                    *value = terms.finish(*value);
                    fits &= terms.fits(*value);
                }
            }
        }
        fits
    }

    /// The numbers of batches, rows, columns and inner indices, the columns being the more.
    pub(super) const fn counts(&self) -> [usize; 4] {
        self.counts
    }

    /// How many threads share the work.
    fn threads(&self) -> usize {
        if self.counts.iter().product::<usize>() < PARALLEL_TERMS { 1 } else { rayon::current_num_threads() }
    }

    /// How many elements [`run`](Self::run) needs for itself.
    pub(super) fn memory<E>(&self) -> usize {
        let blocking = match size_of::<E>() {
            0..=1 => Blocking::new::<WIDTH_1>(self, self.threads()),
            2..=4 => Blocking::new::<WIDTH_4>(self, self.threads()),
            _ => Blocking::new::<WIDTH_8>(self, self.threads()),
        };
        blocking.jobs() * blocking.memory_of_job()
    }

    /// Multiplies and adds in blocks; whether every sum is an element. No group but the inner one may be empty.
    ///
    /// The scratch must hold [`memory`](Self::memory) elements of any value.
    pub(super) fn run<Q: Terms>(
        &self,
        terms: Q,
        operands: [&[Q::Element]; 2],
        result: &mut [Q::Element],
        mode: Mode,
        scratch: &mut [Q::Element],
    ) -> bool {
        match size_of::<Q::Element>() {
            0..=1 => self.run_blocks::<Q, WIDTH_1>(terms, operands, result, mode, scratch),
            2..=4 => self.run_blocks::<Q, WIDTH_4>(terms, operands, result, mode, scratch),
            _ => self.run_blocks::<Q, WIDTH_8>(terms, operands, result, mode, scratch),
        }
    }

    /// Multiplies in blocks, each thread some blocks of a round, whose sums are then copied to the result.
    ///
    /// The copy is serial since nothing but the caller's word says that no two places of the result are the same.
    fn run_blocks<Q: Terms, const WIDTH: usize>(
        &self,
        terms: Q,
        operands: [&[Q::Element]; 2],
        result: &mut [Q::Element],
        mode: Mode,
        scratch: &mut [Q::Element],
    ) -> bool {
        let blocking = Blocking::new::<WIDTH>(self, self.threads());
        let (jobs, share, per_job) = (blocking.jobs(), blocking.blocks_a_job(), blocking.memory_of_job());
        let scratch = &mut scratch[..jobs * per_job];
        for first in (0..blocking.blocks()).step_by(jobs * share) {
            let start = |job: usize| (first + job * share).min(blocking.blocks());
            let known: Option<&[Q::Element]> = if mode == Mode::Add { Some(result) } else { None };
            let compute = |(job, memory): (usize, &mut [Q::Element])| {
                let blocks = start(job)..start(job + 1);
                let block = Block { terms, grid: self, blocking: &blocking, operands, known, blocks, memory };
                Arch::new().dispatch(Width::<_, WIDTH>(block));
            };
            if jobs == 1 {
                compute((0, scratch));
            } else {
                scratch.par_chunks_mut(per_job).enumerate().for_each(compute);
            }
            for (job, memory) in scratch.chunks_mut(per_job).enumerate() {
                let sums = memory[blocking.copies()..].chunks(blocking.sums());
                let fit = (start(job)..start(job + 1))
                    .zip(sums)
                    .all(|(block, sums)| blocking.write::<Q, WIDTH>(self, terms, block, sums, result));
                if !fit {
                    return false;
                }
            }
        }
        true
    }
}

/// A job with the width of its tiles, on its way to an instruction set.
struct Width<B, const WIDTH: usize>(B);

impl<Q: Terms, const WIDTH: usize> WithSimd for Width<Block<'_, Q>, WIDTH> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        self.0.run::<WIDTH>();
    }
}
