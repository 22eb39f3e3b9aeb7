//! Panels of an operand, copied from wherever its elements lie into the order that tiles read them.

use pulp::Simd;

use super::number::Number;
use crate::{Real, prefetch};

/// Terms that lie on pages of their own are asked for so many before they are copied.
const AHEAD: usize = 8;

/// Terms in shorter runs, on average, are copied one by one.
const SHORT_RUN: usize = 8;

/// The part of an operand that goes into a panel: where its elements lie.
#[derive(Clone, Copy)]
pub(super) struct Source<'a, T> {
    /// The element that offsets count from.
    pub(super) at: *const T,
    /// Offsets along the panel.
    pub(super) across: &'a [isize],
    /// Offsets of its terms.
    pub(super) terms: &'a [isize],
    /// How far terms are apart, if all are equally so.
    pub(super) step: Option<isize>,
}

/// How far neighbours are apart, if all are equally so; one for a single element.
pub(super) fn regular(offsets: &[isize]) -> Option<isize> {
    let &[first, second, ..] = offsets else { return Some(1) };
    let step = second - first;
    offsets.windows(2).all(|pair| pair[1] - pair[0] == step).then_some(step)
}

/// Packs a panel: for each term `width` real parts, then as many imaginary ones; zeros where the source ends.
///
/// # Safety
/// The source may be read at all sums of its offsets, `panel` written for all terms, and `across` is at most `width`
/// long.
#[inline(always)]
pub(super) unsafe fn pack<T: Number, S: Simd>(simd: S, source: Source<'_, T>, panel: *mut T::Real, width: usize) {
    let Source { at, across, terms, step: step_of_terms } = source;
    let valid = across.len();
    let term_step = width * T::PARTS;
    if valid < width {
        for term in 0..terms.len() * T::PARTS {
            for i in valid..width {
                // SAFETY: inside of the panel.
                unsafe { *panel.add(term * width + i) = T::Real::ZERO };
            }
        }
    }
    let Some(&first) = across.first() else { return };
    let step = regular(across);
    // SAFETY: every place read is a sum of offsets, every place written inside of the panel.
    unsafe {
        if step == Some(1) {
            for (k, &term) in terms.iter().enumerate() {
                if let Some(&ahead) = terms.get(k + AHEAD) {
                    prefetch(at.wrapping_offset(first + ahead));
                    prefetch(at.wrapping_offset(first + ahead).wrapping_add(valid - 1));
                }
                copy::<T, S>(at.offset(first + term), panel.add(k * term_step), valid, width);
            }
            return;
        }
        if let (Some(step @ 1..), 1, true) = (step, T::PARTS, come_in_runs(terms, step_of_terms)) {
            let mut to = panel;
            for run in terms.chunk_by(is_next) {
                let from = (at.offset(first + run[0]).cast::<T::Real>(), step.cast_unsigned());
                crate::transpose(simd, (valid, run.len()), from, (to, term_step));
                to = to.add(run.len() * term_step);
            }
            return;
        }
        // Along whichever direction the operand is closer.
        let distance = |offsets: &[isize]| offsets.get(1).map_or(usize::MAX, |next| next.abs_diff(offsets[0]));
        let put = |i: usize, k: usize| {
            let [re, im] = (*at.offset(across[i] + terms[k])).parts();
            let target = panel.add(k * term_step + i);
            *target = re;
            if T::PARTS == 2 {
                *target.add(width) = im;
            }
        };
        if distance(terms) < distance(across) {
            (0..valid).for_each(|i| (0..terms.len()).for_each(|k| put(i, k)));
        } else {
            (0..terms.len()).for_each(|k| (0..valid).for_each(|i| put(i, k)));
        }
    }
}

/// Whether terms come in contiguous runs that are worth a call each.
fn come_in_runs(terms: &[isize], step: Option<isize>) -> bool {
    match step {
        Some(step) => step == 1,
        None => terms.windows(2).filter(|pair| !is_next(&pair[0], &pair[1])).count() < terms.len() / SHORT_RUN,
    }
}

fn is_next(term: &isize, next: &isize) -> bool {
    next - term == 1
}

/// Copies one term that is contiguous.
///
/// # Safety
/// `valid` elements may be read from `from`, and written at `to`, the imaginary parts `width` further on.
#[inline(always)]
unsafe fn copy<T: Number, S: Simd>(from: *const T, to: *mut T::Real, valid: usize, width: usize) {
    let mut i = 0;
    // SAFETY: the caller's; a real number is its only part.
    unsafe {
        if T::PARTS == 2 {
            for i in 0..valid {
                let [re, im] = (*from.add(i)).parts();
                *to.add(i) = re;
                *to.add(width + i) = im;
            }
            return;
        }
        let from = from.cast::<T::Real>();
        let lanes = T::Real::lanes::<S>();
        while i + lanes <= valid {
            T::Real::store::<S>(to.add(i), T::Real::load::<S>(from.add(i)));
            i += lanes;
        }
        while i + 4 <= valid {
            to.add(i).cast::<[T::Real; 4]>().write_unaligned(from.add(i).cast::<[T::Real; 4]>().read_unaligned());
            i += 4;
        }
        while i < valid {
            *to.add(i) = *from.add(i);
            i += 1;
        }
    }
}
