//! The innermost loop of dense products: a tile of the result in registers.
//!
//! One operand lies along the registers (`NV` of them), numbers of the other (`HEIGHT`) are spread over a register each.
//! Complex operands come with real and imaginary parts in registers of their own, so that a product is four
//! multiply-adds and no exchange of lanes.

use pulp::Simd;

use super::number::Number;
use crate::{Lanes, Real, prefetch};

/// Bytes of a cache line.
const LINE: usize = 64;
/// The most rows of a tile.
pub(super) const MOST_ROWS: usize = 12;
/// The most numbers, all parts counted, of a tile: `f32` in two registers of AVX-512 by 12 rows.
pub(super) const LARGEST: usize = 2 * 16 * MOST_ROWS;

/// Registers along a full tile, and its rows: with all sums, the operands and a factor they use every register that
/// there is.
///
/// Wide tiles have twice the registers and half the rows, so twice as many terms of a panel of rows fit the first-level
/// cache, and the result is read and written half as often. Tall ones pack faster.
pub(super) const fn full<T: Number, S: Simd>(is_wide: bool) -> (usize, usize) {
    match (T::PARTS, S::REGISTER_COUNT >= 32) {
        (1, true) if is_wide => (4, 6),
        (1, true) => (2, MOST_ROWS),
        (2, false) => (1, 6),
        _ => (2, 6),
    }
}

/// Whether there are kernels for wide tiles.
pub(super) const fn has_wide<T: Number, S: Simd>() -> bool {
    T::PARTS == 1 && size_of::<T::Real>() == 8 && S::REGISTER_COUNT >= 32
}

/// The rows of the kernel that computes `rows` of them.
pub(super) const fn kernel_height(rows: usize) -> usize {
    match rows {
        0..=4 => rows,
        5 | 6 => 6,
        7 | 8 => 8,
        _ => MOST_ROWS,
    }
}

/// What a tile is computed from.
#[derive(Clone, Copy)]
pub(super) struct Factors<R> {
    /// Terms of each sum.
    pub(super) depth: usize,
    /// The first numbers along the registers: all real parts, then all imaginary ones.
    pub(super) along: *const R,
    /// How far the next term's are.
    pub(super) step: isize,
    /// The numbers that rows are multiplied by, packed: of a term all real parts, then all imaginary ones.
    pub(super) rows: *const R,
}

/// Where a tile goes.
#[derive(Clone, Copy)]
pub(super) struct Target<'a, R> {
    /// The first number of the first row.
    pub(super) at: *mut R,
    /// Where each row begins.
    pub(super) rows: &'a [isize; MOST_ROWS],
    /// Where imaginary parts lie from there.
    pub(super) imaginary: usize,
    /// Whether to add to what is there.
    pub(super) add: bool,
}

/// Computes a tile of `height` rows, a result of [`kernel_height`], by `registers` registers.
///
/// # Safety
/// The factors hold `depth` terms of that size and the target has room for the tile; lanes are numbers of `T::Real`.
#[inline(always)]
pub(super) unsafe fn tile<T: Number, S: Simd>(
    simd: S,
    (height, registers): (usize, usize),
    factors: Factors<T::Real>,
    target: Target<'_, T::Real>,
) {
    // SAFETY: the caller's.
    unsafe {
        match (height, registers) {
            (1, 1) => sized::<T, S, 1, 1>(simd, factors, target),
            (2, 1) => sized::<T, S, 2, 1>(simd, factors, target),
            (3, 1) => sized::<T, S, 3, 1>(simd, factors, target),
            (4, 1) => sized::<T, S, 4, 1>(simd, factors, target),
            (6, 1) => sized::<T, S, 6, 1>(simd, factors, target),
            (1, 2) => sized::<T, S, 1, 2>(simd, factors, target),
            (2, 2) => sized::<T, S, 2, 2>(simd, factors, target),
            (3, 2) => sized::<T, S, 3, 2>(simd, factors, target),
            (4, 2) => sized::<T, S, 4, 2>(simd, factors, target),
            (6, 2) => sized::<T, S, 6, 2>(simd, factors, target),
            _ if T::PARTS == 2 || S::REGISTER_COUNT < 32 => {}
            (8, 1) => sized::<T, S, 8, 1>(simd, factors, target),
            (8, 2) => sized::<T, S, 8, 2>(simd, factors, target),
            (MOST_ROWS, 1) => sized::<T, S, MOST_ROWS, 1>(simd, factors, target),
            (MOST_ROWS, 2) => sized::<T, S, MOST_ROWS, 2>(simd, factors, target),
            _ if !has_wide::<T, S>() => {}
            (1, 3) => sized::<T, S, 1, 3>(simd, factors, target),
            (2, 3) => sized::<T, S, 2, 3>(simd, factors, target),
            (3, 3) => sized::<T, S, 3, 3>(simd, factors, target),
            (4, 3) => sized::<T, S, 4, 3>(simd, factors, target),
            (_, 3) => sized::<T, S, 6, 3>(simd, factors, target),
            (1, _) => sized::<T, S, 1, 4>(simd, factors, target),
            (2, _) => sized::<T, S, 2, 4>(simd, factors, target),
            (3, _) => sized::<T, S, 3, 4>(simd, factors, target),
            (4, _) => sized::<T, S, 4, 4>(simd, factors, target),
            _ => sized::<T, S, 6, 4>(simd, factors, target),
        }
    }
}

/// # Safety
/// As for [`tile`].
#[inline(always)]
unsafe fn sized<T: Number, S: Simd, const HEIGHT: usize, const NV: usize>(
    simd: S,
    factors: Factors<T::Real>,
    target: Target<'_, T::Real>,
) {
    // SAFETY: the caller's.
    unsafe {
        if T::PARTS == 1 {
            real::<T::Real, S, HEIGHT, NV>(simd, factors, target);
        } else {
            complex::<T::Real, S, HEIGHT, NV>(simd, factors, target);
        }
    }
}

/// # Safety
/// As for [`tile`].
#[inline(always)]
unsafe fn real<R: Real, S: Simd, const HEIGHT: usize, const NV: usize>(
    simd: S,
    Factors { depth, mut along, step, mut rows }: Factors<R>,
    target: Target<'_, R>,
) {
    let lanes = R::lanes::<S>();
    let mut sums: [[Lanes<R, S>; NV]; HEIGHT] = [[R::splat(simd, R::ZERO); NV]; HEIGHT];
    let mut x: [Lanes<R, S>; NV] = [R::splat(simd, R::ZERO); NV];
    fetch::<R>(target, HEIGHT, NV * lanes);
    for _ in 0..depth {
        // SAFETY: the caller's.
        unsafe {
            for v in 0..NV {
                x[v] = R::load::<S>(along.add(v * lanes));
            }
            for j in 0..HEIGHT {
                let factor = R::splat(simd, *rows.add(j));
                for v in 0..NV {
                    sums[j][v] = R::mul_add(simd, factor, x[v], sums[j][v]);
                }
            }
        }
        along = along.wrapping_offset(step);
        rows = rows.wrapping_add(HEIGHT);
    }
    // SAFETY: the caller's.
    unsafe { write::<R, S, HEIGHT, NV>(simd, &sums, target, 0) };
}

/// # Safety
/// As for [`tile`].
#[inline(always)]
unsafe fn complex<R: Real, S: Simd, const HEIGHT: usize, const NV: usize>(
    simd: S,
    Factors { depth, mut along, step, mut rows }: Factors<R>,
    target: Target<'_, R>,
) {
    let lanes = R::lanes::<S>();
    let zero = R::splat(simd, R::ZERO);
    let mut re: [[Lanes<R, S>; NV]; HEIGHT] = [[zero; NV]; HEIGHT];
    let mut im: [[Lanes<R, S>; NV]; HEIGHT] = [[zero; NV]; HEIGHT];
    let mut x: [Lanes<R, S>; NV] = [zero; NV];
    let mut y: [Lanes<R, S>; NV] = [zero; NV];
    for _ in 0..depth {
        // SAFETY: the caller's.
        unsafe {
            for v in 0..NV {
                x[v] = R::load::<S>(along.add(v * lanes));
                y[v] = R::load::<S>(along.add((NV + v) * lanes));
            }
            for j in 0..HEIGHT {
                let factor = R::splat(simd, *rows.add(j));
                for v in 0..NV {
                    re[j][v] = R::mul_add(simd, factor, x[v], re[j][v]);
                    im[j][v] = R::mul_add(simd, factor, y[v], im[j][v]);
                }
                let factor = R::splat(simd, *rows.add(HEIGHT + j));
                for v in 0..NV {
                    re[j][v] = R::negate_mul_add(simd, factor, y[v], re[j][v]);
                    im[j][v] = R::mul_add(simd, factor, x[v], im[j][v]);
                }
            }
        }
        along = along.wrapping_offset(step);
        rows = rows.wrapping_add(2 * HEIGHT);
    }
    // SAFETY: the caller's.
    unsafe {
        write::<R, S, HEIGHT, NV>(simd, &re, target, 0);
        write::<R, S, HEIGHT, NV>(simd, &im, target, target.imaginary);
    }
}

/// Asks for the part of the result that a tile is to be added to, before its sums are made.
#[inline(always)]
fn fetch<R>(target: Target<'_, R>, height: usize, width: usize) {
    for &row in &target.rows[..height] {
        for first in (0..width).step_by(LINE / size_of::<R>()) {
            prefetch(target.at.wrapping_offset(row).wrapping_add(first));
        }
    }
}

/// # Safety
/// The target has room for the sums.
#[inline(always)]
unsafe fn write<R: Real, S: Simd, const HEIGHT: usize, const NV: usize>(
    simd: S,
    sums: &[[Lanes<R, S>; NV]; HEIGHT],
    target: Target<'_, R>,
    shift: usize,
) {
    let lanes = R::lanes::<S>();
    for j in 0..HEIGHT {
        for v in 0..NV {
            // SAFETY: the caller's.
            unsafe {
                let at = target.at.offset(target.rows[j]).add(shift + v * lanes);
                let old = if target.add { R::load::<S>(at) } else { R::splat(simd, R::ZERO) };
                let sum = if target.add { R::plus(simd, old, sums[j][v]) } else { sums[j][v] };
                R::store::<S>(at, sum);
            }
        }
    }
}
