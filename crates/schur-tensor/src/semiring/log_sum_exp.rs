//! Logarithms of numbers that are added and multiplied, without leaving the logarithms.

use std::marker::PhantomData;

use rayon::prelude::*;

use super::{
    MaxPlus, Semiring, SemiringError, Slopes,
    tiles::{Grid, Terms},
    walk::{MOST_AXES, Walk, count, offsets},
};
use crate::{
    Real,
    product::{Mode, Product, Reduction, Strided, at, product_reference, reduce_reference},
};

/// Logarithms: `+` multiplies the numbers behind them, `ln(exp a + exp b)` adds them.
///
/// Its zero is -inf. Infinity and NaN are not elements. No exponential overflows: the largest term of a sum is taken
/// out of it first.
///
/// # Examples
/// Probabilities far below what a float can hold:
///
/// ```
/// use schur_tensor::semiring::{LogSumExp, Semiring};
///
/// let semiring = LogSumExp::<f64>::new();
/// let twice = semiring.add(&-1000.0, &-1000.0)?;
/// assert!((twice - (-1000.0 + 2.0_f64.ln())).abs() < 1e-12);
/// assert_eq!(semiring.add(&f64::NEG_INFINITY, &-1000.0)?, -1000.0);
/// assert!(semiring.check(&f64::NAN).is_err());
/// # Ok::<(), schur_tensor::semiring::SemiringError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogSumExp<T>(PhantomData<T>);

impl<T> LogSumExp<T> {
    /// The semiring; it holds nothing.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// The numbers behind the logarithms, in products whose largest factors are one.
#[derive(Clone, Copy)]
struct Exponentials<T>(PhantomData<T>);

impl<T: Real> Terms for Exponentials<T> {
    type Element = T;

    #[inline(always)]
    fn zero(self) -> T {
        T::ZERO
    }
    #[inline(always)]
    fn one(self) -> T {
        T::ONE
    }
    #[inline(always)]
    fn step(self, sum: T, a: T, b: T) -> T {
        sum + a * b
    }
}

/// Below this sum of shifted products some of its terms may have been lost to underflow.
fn least_trusted<T: Real>() -> T {
    T::from_f64(if size_of::<T>() == 4 { 1e-25 } else { 1e-280 })
}
/// Products of fewer columns or inner indices take exponentials of each term.
const FEWEST_COLUMNS: usize = 4;
const FEWEST_INNER: usize = 2;
/// From this number of exponentials on they are taken by several threads.
const PARALLEL_EXPONENTIALS: usize = 1 << 14;

fn minus_infinity<T: Real>() -> T {
    T::from_f64(f64::NEG_INFINITY)
}

/// `exp(x)`, rounded once.
fn exp<T: Real>(x: T) -> T {
    T::from_f64(x.to_f64().exp())
}

fn larger<T: Real>(a: T, b: T) -> T {
    if b > a { b } else { a }
}

/// `ln(exp a + exp b)`.
fn log_add<T: Real>(a: T, b: T) -> T {
    let (large, small) = if a < b { (b, a) } else { (a, b) };
    if small == minus_infinity() { large } else { large + T::from_f64((small - large).to_f64().exp().ln_1p()) }
}

/// The logarithm of a sum of exponentials, in two passes: the largest first.
fn log_sum<T: Real>(terms: impl Iterator<Item = T> + Clone) -> T {
    let largest = terms.clone().fold(minus_infinity(), larger);
    if largest == minus_infinity() {
        return largest;
    }
    let sum: f64 = terms.map(|term| (term - largest).to_f64().exp()).sum();
    largest + T::from_f64(sum.ln())
}

impl<T: Real> Semiring for LogSumExp<T> {
    type Element = T;

    fn name(&self) -> &'static str {
        "log-sum-exp"
    }
    fn zero(&self) -> T {
        minus_infinity()
    }
    fn one(&self) -> T {
        T::ZERO
    }
    fn add(&self, a: &T, b: &T) -> Result<T, SemiringError> {
        Ok(log_add(*a, *b))
    }
    fn multiply(&self, a: &T, b: &T) -> Result<T, SemiringError> {
        let value = *a + *b;
        if value < T::from_f64(f64::INFINITY) {
            return Ok(value);
        }
        Err(SemiringError::Overflow {
            semiring: "log-sum-exp",
            operation: format!("{a:?} + {b:?}"),
            way_out: "use f64 if this is f32, and scale the operands",
        })
    }
    fn check(&self, element: &T) -> Result<(), SemiringError> {
        if *element < T::from_f64(f64::INFINITY) {
            return Ok(());
        }
        Err(SemiringError::Foreign {
            semiring: "log-sum-exp",
            element: format!("{element:?}"),
            expected: "finite numbers and -inf",
        })
    }

    /// Shifts each row of the left operand and each column of the right one so that its largest exponential is one,
    /// multiplies exponentials as real numbers, and computes over again, term by term, those results whose terms all
    /// were so small that some may have been lost.
    ///
    /// # Cost
    /// That of a real product, an exponential an element of the operands and a logarithm an element of the result;
    /// memory for a batch of all three.
    fn product(
        &self,
        product: &Product,
        operands: [&[T]; 2],
        result: &mut [T],
        mode: Mode,
        scratch: &mut Vec<T>,
    ) -> Result<(), SemiringError> {
        let Some(grid) = Grid::of(product) else { return product_reference(self, product, operands, result, mode) };
        let [batches, rows, columns, inner] = grid.counts();
        if rows == 0 || columns == 0 {
            return Ok(());
        }
        if inner == 1 && mode == Mode::Overwrite {
            return MaxPlus::new().product(product, operands, result, mode, scratch);
        }
        let by_term = columns < FEWEST_COLUMNS || inner < FEWEST_INNER;
        let mut fits = true;
        for start in offsets(&product.batch, batches) {
            let batch = Batch { product, start, operands };
            fits &= if by_term { batch.run_by_term(result, mode) } else { batch.run(result, mode, scratch) };
        }
        if fits { Ok(()) } else { product_reference(self, product, operands, result, mode) }
    }

    fn reduce(&self, reduction: &Reduction, source: &[T], result: &mut [T], mode: Mode) -> Result<(), SemiringError> {
        let few = reduction.kept.len() <= MOST_AXES && reduction.summed.len() <= MOST_AXES;
        let (Some(kept), Some(summed), true) = (count(&reduction.kept), count(&reduction.summed), few) else {
            return reduce_reference(self, reduction, source, result, mode);
        };
        for [from, to] in offsets(&reduction.kept, kept) {
            let elements = offsets(&reduction.summed, summed).map(|[more]| source[at(from + more)]);
            write(&mut result[at(to)], log_sum(elements), mode);
        }
        Ok(())
    }
}

impl<T: Real> Slopes for LogSumExp<T> {
    const CHOOSES: bool = false;

    fn term_slopes(&self, a: T, b: T, sum: T) -> [T; 2] {
        [exp(a + b - sum); 2]
    }
    fn element_slope(&self, element: T, sum: T) -> T {
        exp(element - sum)
    }
}

fn write<T: Real>(place: &mut T, value: T, mode: Mode) {
    *place = if mode == Mode::Add { log_add(*place, value) } else { value };
}

/// One multi-index of the batch axes of a product.
struct Batch<'a, T> {
    product: &'a Product,
    /// Its offsets in both operands and the result.
    start: [isize; 3],
    operands: [&'a [T]; 2],
}

impl<T: Real> Batch<'_, T> {
    /// The numbers of rows, columns and inner indices, which [`Grid::of`] has counted before.
    fn counts(&self) -> [usize; 3] {
        [&self.product.rows, &self.product.columns, &self.product.inner].map(|axes| count(axes).unwrap_or(0))
    }

    /// The logarithm of one sum, an exponential a term.
    fn by_term(&self, row: isize, column: isize) -> T {
        let [_, _, depth] = self.counts();
        let (left, right) = (self.start[0] + row, self.start[1] + column);
        log_sum(
            offsets(&self.product.inner, depth)
                .map(|[l, r]| self.operands[0][at(left + l)] + self.operands[1][at(right + r)]),
        )
    }

    /// Computes each result term by term; whether all are elements.
    fn run_by_term(&self, result: &mut [T], mode: Mode) -> bool {
        let [rows, columns, _] = self.counts();
        let mut fits = true;
        for [row, down] in offsets(&self.product.rows, rows) {
            for [column, across] in offsets(&self.product.columns, columns) {
                let value = self.by_term(row, column);
                fits &= value < T::from_f64(f64::INFINITY);
                write(&mut result[at(self.start[2] + down + across)], value, mode);
            }
        }
        fits
    }

    /// Computes all results by a product of exponentials; whether all are elements.
    fn run(&self, result: &mut [T], mode: Mode, scratch: &mut Vec<T>) -> bool {
        let [m, n, k] = self.counts();
        let axis = |size: usize, strides: [usize; 2]| [Strided { size, strides: strides.map(usize::cast_signed) }];
        let (rows, columns, inner) = (axis(m, [k, n]), axis(n, [k, 1]), axis(k, [1, 1]));
        let Some(grid) = Grid::new(&[], &rows, &columns, &inner) else { return false };
        let lengths = [m * k, n * k, m, n, m * n, grid.memory::<T>()];
        let needed = lengths.iter().sum();
        if scratch.len() < needed {
            scratch.resize(needed, T::ZERO);
        }
        let mut rest = scratch.as_mut_slice();
        let [left, right, row_shifts, column_shifts, sums, memory] = lengths.map(|length| {
            let (part, others) = std::mem::take(&mut rest).split_at_mut(length);
            rest = others;
            part
        });
        self.shift(0, &self.product.rows, left, row_shifts);
        self.shift(1, &self.product.columns, right, column_shifts);
        grid.run(Exponentials(PhantomData), [left, right], sums, Mode::Overwrite, memory);
        self.take_logarithms(row_shifts, column_shifts, sums);
        let mut fits = true;
        let mut values = sums.iter();
        for [_, down] in offsets(&self.product.rows, m) {
            for ([_, across], &value) in offsets(&self.product.columns, n).zip(&mut values) {
                fits &= value < T::from_f64(f64::INFINITY);
                write(&mut result[at(self.start[2] + down + across)], value, mode);
            }
        }
        fits
    }

    /// Copies an operand as exponentials, each line shifted so that its largest is one, and keeps the shifts.
    fn shift(&self, side: usize, axes: &[Strided<2>], lines: &mut [T], shifts: &mut [T]) {
        let [_, _, depth] = self.counts();
        let (source, start, inner) = (self.operands[side], self.start[side], &self.product.inner);
        let fill = |(index, (line, shift)): (usize, (&mut [T], &mut T))| {
            let start = start + Walk::new(axes, index).offsets()[0];
            for (value, offset) in line.iter_mut().zip(offsets(inner, depth)) {
                *value = source[at(start + offset[side])];
            }
            *shift = line.iter().copied().fold(minus_infinity(), larger);
            let largest = if *shift == minus_infinity() { T::ZERO } else { *shift };
            for value in line {
                *value = exp(*value - largest);
            }
        };
        if lines.len() < PARALLEL_EXPONENTIALS {
            lines.chunks_exact_mut(depth).zip(shifts).enumerate().for_each(fill);
        } else {
            lines.par_chunks_exact_mut(depth).zip(shifts).enumerate().for_each(fill);
        }
    }

    /// Turns sums of shifted exponentials into logarithms of the sums that were asked for.
    fn take_logarithms(&self, row_shifts: &[T], column_shifts: &[T], sums: &mut [T]) {
        let [_, columns, _] = self.counts();
        let finish = |(index, line): (usize, &mut [T])| {
            let (shift, row) = (row_shifts[index], Walk::new(&self.product.rows, index).offsets()[0]);
            for ((value, &other), [column, _]) in
                line.iter_mut().zip(column_shifts).zip(offsets(&self.product.columns, columns))
            {
                let logarithm = shift + other + T::from_f64(value.to_f64().ln());
                *value = if shift == minus_infinity() || other == minus_infinity() {
                    minus_infinity()
                } else if *value >= least_trusted() && logarithm < T::from_f64(f64::INFINITY) {
                    logarithm
                } else {
                    self.by_term(row, column)
                };
            }
        };
        if sums.len() < PARALLEL_EXPONENTIALS {
            sums.chunks_exact_mut(columns).enumerate().for_each(finish);
        } else {
            sums.par_chunks_exact_mut(columns).enumerate().for_each(finish);
        }
    }
}
