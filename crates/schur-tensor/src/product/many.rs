//! Many small products at once: the batch lies along the registers.
//!
//! The operands of [`WIDTH`] products are copied so that equal elements of them are neighbours, multiplied, and the
//! results copied back. So it does not matter how the batch is laid out, and nothing is lost where three by three
//! matrices do not fill a register.

use pulp::{Arch, Simd, WithSimd};

use super::{
    axes::{Axes, CheckedProduct, Odometer},
    number::Number,
    pack::regular,
    parts::{Room, in_workers, worth_threads},
    tensors::Tensors,
};
use crate::{Lanes, Real};

/// Products computed at once: a register of AVX-512 of `f32`.
const WIDTH: usize = 16;
/// Columns computed at once, so that one sum does not wait for the other.
const COLUMNS: usize = 4;
/// The most elements of the three tensors of one product: with real and imaginary parts of [`WIDTH`] of them 128 KB of
/// `f64`, within a second-level cache.
const MOST_ELEMENTS: usize = 512;
/// The most multiply-adds of one product, where the batch is contiguous and copies are cheap, and where it is not.
const MOST_WORK: [usize; 2] = [4096, 512];
/// Products that a thread takes at once.
const GROUP: usize = 16;

/// A batch of small products.
#[derive(Debug, Clone, Copy)]
pub(super) struct Many<T> {
    tensors: Tensors<T>,
    starts: [isize; 3],
    batch: Axes<3>,
    rows: usize,
    columns: usize,
    terms: usize,
    /// Where the elements of the three tensors of a product lie: left, right, result, one after the other.
    places: [isize; MOST_ELEMENTS],
    add: bool,
}

impl<T: Number> Many<T> {
    /// Lays out a product that is a large batch of small ones.
    pub(super) fn new(checked: &CheckedProduct, tensors: Tensors<T>, add: bool) -> Option<Self> {
        let CheckedProduct { batch, rows, columns, inner, starts } = checked;
        let (m, n, k) = (rows.size(), columns.size(), inner.size());
        let elements =
            [(m, k), (k, n), (m, n)].iter().fold(0_usize, |sum, &(a, b)| sum.saturating_add(a.saturating_mul(b)));
        let contiguous = batch.last().is_some_and(|axis| axis.strides == [1; 3] && axis.size >= WIDTH);
        let most = MOST_WORK[usize::from(!contiguous)];
        let fits = elements <= MOST_ELEMENTS && m.saturating_mul(n).saturating_mul(k) <= most;
        if !fits || batch.size() < WIDTH {
            return None;
        }
        let mut many = Self {
            tensors,
            starts: *starts,
            batch: *batch,
            rows: m,
            columns: n,
            terms: k,
            places: [0; MOST_ELEMENTS],
            add,
        };
        let (left, rest) = many.places.split_at_mut(m * k);
        let (right, result) = rest.split_at_mut(k * n);
        outer_sum(left, (rows, 0), (inner, 0));
        outer_sum(right, (inner, 1), (columns, 0));
        outer_sum(&mut result[..m * n], (rows, 1), (columns, 1));
        Some(many)
    }

    /// Elements of left, right and result of one product.
    const fn elements(&self) -> [usize; 3] {
        [self.rows * self.terms, self.terms * self.columns, self.rows * self.columns]
    }

    /// Runs the products.
    ///
    /// # Safety
    /// The tensors are those that the product was checked against, and nobody else uses them meanwhile.
    pub(super) unsafe fn run(&self, arch: Arch, scratch: &mut Vec<T>) {
        let products = self.batch.size();
        let work = self.rows * self.columns * self.terms + self.elements().iter().sum::<usize>();
        let threads = if worth_threads(work.saturating_mul(products)) { rayon::current_num_threads() } else { 1 };
        let share = self.elements().iter().sum::<usize>() * WIDTH;
        if scratch.len() < threads * share {
            scratch.resize(threads * share, T::ZERO);
        }
        let room = Room::new(scratch.as_mut_ptr().cast::<T::Real>());
        let groups = products.div_ceil(WIDTH * GROUP);
        in_workers(
            groups,
            threads,
            |thread| room.at(thread * share * T::PARTS),
            |room, group| {
                let first = group * WIDTH * GROUP;
                let count = (products - first).min(WIDTH * GROUP);
                arch.dispatch(Group { many: self, room: *room, first, count });
            },
        );
    }
}

/// Writes the sums of offsets of two groups of axes, row-major.
fn outer_sum(places: &mut [isize], slow: (&Axes<2>, usize), fast: (&Axes<2>, usize)) {
    let mut slow_place = Odometer::at(slow.0, 0, [0; 2]);
    for row in places.chunks_exact_mut(fast.0.size()) {
        let mut fast_place = Odometer::at(fast.0, 0, [0; 2]);
        for place in row {
            *place = slow_place.offsets[slow.1] + fast_place.offsets[fast.1];
            fast_place.advance(fast.0);
        }
        slow_place.advance(slow.0);
    }
}

/// Some products of a batch on their way to an instruction set.
struct Group<'a, T: Number> {
    many: &'a Many<T>,
    room: *mut T::Real,
    first: usize,
    count: usize,
}

/// Numbers of [`WIDTH`] products.
type Across<R> = [R; WIDTH];

impl<T: Number> WithSimd for Group<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let many = self.many;
        let mut place = Odometer::at(&many.batch, self.first, many.starts);
        let mut done = 0;
        while done < self.count {
            let count = WIDTH.min(self.count - done);
            let mut starts = [[0; WIDTH]; 3];
            for i in 0..count {
                for (starts, offset) in starts.iter_mut().zip(place.offsets) {
                    starts[i] = offset;
                }
                place.advance(&many.batch);
            }
            let [left, right, result] = many.elements();
            let (left_places, rest) = many.places.split_at(left);
            let (right_places, rest) = rest.split_at(right);
            let starts = [&starts[0][..count], &starts[1][..count], &starts[2][..count]];
            // SAFETY: places and starts are those of the checked product; the room holds all elements of all tensors.
            unsafe {
                let x = self.room.cast::<Across<T::Real>>();
                let y = x.add(left * T::PARTS);
                let z = y.add(right * T::PARTS);
                gather::<T>(many.tensors.left, left_places, starts[0], x);
                gather::<T>(many.tensors.right, right_places, starts[1], y);
                self.multiply(simd, x, y, z);
                scatter::<T>(z, &rest[..result], starts[2], (many.tensors.result, many.add));
            }
            done += count;
        }
    }
}

impl<T: Number> Group<'_, T> {
    /// Multiplies the gathered operands: of each element all real parts, then all imaginary ones.
    ///
    /// # Safety
    /// There is room for all elements of the three tensors.
    #[inline(always)]
    unsafe fn multiply<S: Simd>(
        &self,
        simd: S,
        x: *const Across<T::Real>,
        y: *const Across<T::Real>,
        z: *mut Across<T::Real>,
    ) {
        let (columns, terms) = (self.many.columns, self.many.terms);
        let lanes = T::Real::lanes::<S>();
        for m in 0..self.many.rows {
            for first in (0..WIDTH).step_by(lanes) {
                let mut n = 0;
                // SAFETY: the caller's.
                unsafe {
                    let x = x.add(m * terms * T::PARTS).cast::<T::Real>().add(first);
                    let at = |n: usize| {
                        (
                            y.add(n * T::PARTS).cast::<T::Real>().add(first),
                            z.add((m * columns + n) * T::PARTS).cast::<T::Real>().add(first),
                        )
                    };
                    while n + COLUMNS <= columns {
                        let (y, z) = at(n);
                        self.sums::<S, COLUMNS>(simd, x, y, z);
                        n += COLUMNS;
                    }
                    while n < columns {
                        let (y, z) = at(n);
                        self.sums::<S, 1>(simd, x, y, z);
                        n += 1;
                    }
                }
            }
        }
    }

    /// One row of `x` times `N` columns of `y`, in one register of products.
    ///
    /// # Safety
    /// As for [`Self::multiply`].
    #[inline(always)]
    unsafe fn sums<S: Simd, const N: usize>(&self, simd: S, x: *const T::Real, y: *const T::Real, z: *mut T::Real) {
        let part = WIDTH;
        let (step_x, step_y) = (part * T::PARTS, part * T::PARTS * self.many.columns);
        let mut re: [Lanes<T::Real, S>; N] = [T::Real::splat(simd, T::Real::ZERO); N];
        let mut im: [Lanes<T::Real, S>; N] = [T::Real::splat(simd, T::Real::ZERO); N];
        for k in 0..self.many.terms {
            // SAFETY: the caller's.
            unsafe {
                let (x, y) = (x.add(k * step_x), y.add(k * step_y));
                let a = T::Real::load::<S>(x);
                if T::PARTS == 1 {
                    for j in 0..N {
                        re[j] = T::Real::mul_add(simd, a, T::Real::load::<S>(y.add(j * part)), re[j]);
                    }
                    continue;
                }
                let b = T::Real::load::<S>(x.add(part));
                for j in 0..N {
                    let c = T::Real::load::<S>(y.add(2 * j * part));
                    let d = T::Real::load::<S>(y.add((2 * j + 1) * part));
                    re[j] = T::Real::negate_mul_add(simd, b, d, T::Real::mul_add(simd, a, c, re[j]));
                    im[j] = T::Real::mul_add(simd, b, c, T::Real::mul_add(simd, a, d, im[j]));
                }
            }
        }
        for j in 0..N {
            // SAFETY: the caller's.
            unsafe {
                T::Real::store::<S>(z.add(j * T::PARTS * part), re[j]);
                if T::PARTS == 2 {
                    T::Real::store::<S>(z.add((2 * j + 1) * part), im[j]);
                }
            }
        }
    }
}

/// Copies the elements of some products side by side.
///
/// # Safety
/// All sums of places and starts may be read, and `to` written for all places.
#[inline(always)]
unsafe fn gather<T: Number>(from: *const T, places: &[isize], starts: &[isize], to: *mut Across<T::Real>) {
    // SAFETY: the caller's.
    unsafe {
        if starts.len() == WIDTH && regular(starts) == Some(1) {
            for (element, &place) in places.iter().enumerate() {
                let from = from.offset(place + starts[0]);
                if T::PARTS == 1 {
                    // As one block: the compiler would move the numbers one by one.
                    *to.add(element) = from.cast::<Across<T::Real>>().read_unaligned();
                    continue;
                }
                for i in 0..WIDTH {
                    put::<T>(to, element, i, *from.add(i));
                }
            }
            return;
        }
        for (i, &start) in starts.iter().enumerate() {
            for (element, &place) in places.iter().enumerate() {
                put::<T>(to, element, i, *from.offset(start + place));
            }
        }
    }
}

/// # Safety
/// `to` may be written at this element.
#[inline(always)]
unsafe fn put<T: Number>(to: *mut Across<T::Real>, element: usize, i: usize, value: T) {
    let [re, im] = value.parts();
    // SAFETY: the caller's.
    unsafe {
        (*to.add(element * T::PARTS))[i] = re;
        if T::PARTS == 2 {
            (*to.add(element * 2 + 1))[i] = im;
        }
    }
}

/// Copies results back to where they belong.
///
/// # Safety
/// As for [`gather`], the other way round.
#[inline(always)]
unsafe fn scatter<T: Number>(
    from: *const Across<T::Real>,
    places: &[isize],
    starts: &[isize],
    (to, add): (*mut T, bool),
) {
    let get = |element: usize, i: usize| {
        // SAFETY: the caller's.
        unsafe {
            let re = (*from.add(element * T::PARTS))[i];
            T::from_parts(re, (*from.add((element + 1) * T::PARTS - 1))[i])
        }
    };
    let write = |place: isize, value: T| {
        // SAFETY: the caller's.
        unsafe {
            let target = to.offset(place);
            *target = if add { *target + value } else { value };
        }
    };
    if starts.len() == WIDTH && regular(starts) == Some(1) {
        for (element, &place) in places.iter().enumerate() {
            if T::PARTS == 1 && !add {
                // SAFETY: the caller's.
                unsafe {
                    let target = to.offset(place + starts[0]).cast::<Across<T::Real>>();
                    target.write_unaligned(*from.add(element));
                }
                continue;
            }
            for i in 0..WIDTH {
                write(place + starts[0] + i.cast_signed(), get(element, i));
            }
        }
        return;
    }
    for (i, &start) in starts.iter().enumerate() {
        for (element, &place) in places.iter().enumerate() {
            write(start + place, get(element, i));
        }
    }
}
