//! Wigner 3j symbols in the real basis, exact.
//!
//! In the complex basis the coupling tensor of unit norm is, with `J = l1 + l2 + l3`,
//!
//! $$ \frac{\langle l_1 m_1 l_2 m_2 | l_3 m_3\rangle}{\sqrt{2 l_3 + 1}} = S \sqrt{\frac{\prod_i (l_i+m_i)!\,(l_i-m_i)!}
//! {(J+1)!\,(J-2l_1)!\,(J-2l_2)!\,(J-2l_3)!}}, $$
//! $$ S = \sum_t (-1)^t \binom{J-2l_3}{t}\binom{J-2l_2}{l_1-m_1-t}\binom{J-2l_1}{l_2+m_2-t}. $$
//!
//! `S` is a whole number, so each element is a [`Surd`]. A real harmonic mixes only `m` and `-m`, whose coefficients are
//! equal up to a sign; so a real element is one complex element times a power of i and, if no `m` is zero, `sqrt(1/2)`.

use crate::exact::PrimePowers;
use crate::{ExactEntry, ExactTensor, GroupError, Surd};

/// Sign conventions of the real 3j symbols, both with unit norm and the same basis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Phase {
    /// e3nn 0.5 and later: the Clebsch-Gordan coefficients with `(-i)^l` in the change to the real basis.
    #[default]
    E3nn05,
    /// e3nn before 0.5, in which many published checkpoints were trained.
    ///
    /// Those tables, which end at degree 11, hold, for `l1 <= l2 <= l3`, the invariant tensor whose middle element, or if that is zero the first
    /// that is not, is positive; other orders follow by the usual symmetry. Of the triples up to degree 3 it negates
    /// (1, 2, 2) and (1, 3, 3) in all their orders.
    E3nn04,
}

/// Computes the Wigner 3j symbols of three degrees in the real basis.
///
/// The tensor is invariant under rotations, `C_ijk = C_abc D_ai D_bj D_ck`, and the sum of its squares is 1. Exchanging
/// two degrees transposes it and multiplies it by `(-1)^(l1 + l2 + l3)`.
///
/// # Conventions
/// Basis order and phases of e3nn 0.5 and later; see [`wigner_3j_with_phase`] for older tables.
///
/// # Errors
/// [`GroupError::Triangle`] if the degrees do not couple, [`GroupError::DegreeTooLarge`] beyond [`ExactTensor::MAX_DEGREE`].
///
/// # Cost
/// O(l1 l2 l3) whole-number operations: microseconds for degree 3, milliseconds for degree 12.
///
/// # Source
/// Varshalovich, Moskalev, Khersonskii, Quantum Theory of Angular Momentum, 1988, eq. 8.2.1 (3), written with binomials.
///
/// # Examples
/// The coupling of two vectors to a vector is the cross product.
/// ```
/// let three_j = schur_group::wigner_3j(1, 1, 1)?;
/// let (x, y, z) = (0, 1, 2);
/// let dense = three_j.to_dense();
/// assert_eq!(dense[9 * x + 3 * y + z], (1.0_f64 / 6.0).sqrt());
/// assert_eq!(dense[9 * y + 3 * x + z], -(1.0_f64 / 6.0).sqrt());
/// assert_eq!(three_j.entries().len(), 6);
/// # Ok::<(), schur_group::GroupError>(())
/// ```
pub fn wigner_3j(l1: usize, l2: usize, l3: usize) -> Result<ExactTensor, GroupError> {
    let l = l1.max(l2).max(l3);
    let too_large = GroupError::DegreeTooLarge { what: "Wigner 3j symbols", l, max: ExactTensor::MAX_DEGREE };
    if l > ExactTensor::MAX_DEGREE {
        return Err(too_large);
    }
    if l3 < l1.abs_diff(l2) || l3 > l1 + l2 {
        return Err(GroupError::Triangle { l1, l2, l3 });
    }
    let mut entries = Vec::new();
    let degrees = [l1, l2, l3];
    for m1 in -(l1 as i32)..=l1 as i32 {
        for m2 in -(l2 as i32)..=l2 as i32 {
            for m3 in partners(m1, m2, l3 as i32) {
                let value = real_element(degrees, [m1, m2, m3]).ok_or_else(|| too_large.clone())?;
                if value != Surd::ZERO {
                    let index = [m1 + l1 as i32, m2 + l2 as i32, m3 + l3 as i32].map(|i| i as usize);
                    entries.push(ExactEntry { index, value });
                }
            }
        }
    }
    Ok(ExactTensor { degrees, entries })
}

/// Computes the Wigner 3j symbols of three degrees with the signs of a given convention.
///
/// # Errors
/// Those of [`wigner_3j`].
///
/// # Examples
/// ```
/// use schur_group::{Phase, wigner_3j, wigner_3j_with_phase};
///
/// let new = wigner_3j(1, 2, 2)?.to_dense();
/// let old = wigner_3j_with_phase(1, 2, 2, Phase::E3nn04)?.to_dense();
/// assert!(new.iter().zip(&old).all(|(new, old)| *old == -new));
/// # Ok::<(), schur_group::GroupError>(())
/// ```
pub fn wigner_3j_with_phase(l1: usize, l2: usize, l3: usize, phase: Phase) -> Result<ExactTensor, GroupError> {
    let mut three_j = wigner_3j(l1, l2, l3)?;
    if phase == Phase::E3nn04 && differs_before_05(&three_j) {
        three_j.entries.iter_mut().for_each(|entry| entry.value = entry.value.negated());
    }
    Ok(three_j)
}

/// Tells whether the tables before e3nn 0.5 have the opposite sign.
fn differs_before_05(three_j: &ExactTensor) -> bool {
    // For an even sum of degrees the middle element is not zero, and positive in both conventions.
    if three_j.degrees.iter().sum::<usize>().is_multiple_of(2) {
        return false;
    }
    // The first element of the tensor with sorted degrees is found here through its axes; sorting them costs a sign
    // for each exchange, as the sum is odd.
    let mut axes = [0, 1, 2];
    axes.sort_by_key(|&axis| three_j.degrees[axis]);
    let n_exchanges = usize::from(axes[0] > axes[1]) + usize::from(axes[0] > axes[2]) + usize::from(axes[1] > axes[2]);
    let first = three_j.entries.iter().min_by_key(|entry| axes.map(|axis| entry.index[axis]));
    let negative = first.is_some_and(|entry| entry.value.numerator() < 0);
    negative != (n_exchanges % 2 == 1)
}

/// Lists, in increasing order, the third real indices that can couple with two: `|m3|` is a sum or difference.
fn partners(m1: i32, m2: i32, l3: i32) -> Vec<i32> {
    let (sum, difference) = (m1.abs() + m2.abs(), (m1.abs() - m2.abs()).abs());
    let mut candidates = vec![-sum, -difference, difference, sum];
    candidates.dedup();
    candidates.retain(|m3| m3.abs() <= l3);
    candidates
}

/// Computes one element of the real tensor; `None` if it does not fit the arithmetic.
fn real_element(degrees: [usize; 3], real: [i32; 3]) -> Option<Surd> {
    let n_nonzero = real.iter().filter(|&&m| m != 0).count();
    // One of the two complex elements; m1 is taken positive, and m2 such that m1 + m2 = +-|m3|.
    let m1 = real[0].abs();
    let m2 = if m1 + real[1].abs() == real[2].abs() { real[1].abs() } else { -real[1].abs() };
    let complex = [m1, m2, m1 + m2];
    let turn = quarter_turns(degrees, complex, real);
    if n_nonzero > 0 {
        // The element at (-m1, -m2, -m3) has (-1)^J times the value; the two add up or cancel.
        let parity = degrees.iter().sum::<usize>() as i32;
        let mirror = quarter_turns(degrees, complex.map(|m| -m), real) + 2 * parity;
        if (turn - mirror).rem_euclid(4) != 0 {
            return Some(Surd::ZERO);
        }
    }
    let (sum, mut square) = complex_element(degrees, complex)?;
    if n_nonzero == 3 {
        square.halve();
    }
    let value = Surd::with_root(sum, &square)?;
    Some(if turn.rem_euclid(4) == 2 { value.negated() } else { value })
}

/// Adds up the powers of i that the change of basis brings to a complex element; the third axis is conjugated.
fn quarter_turns(degrees: [usize; 3], complex: [i32; 3], real: [i32; 3]) -> i32 {
    let turn = |axis: usize| basis_turn(degrees[axis] as i32, complex[axis], real[axis]);
    turn(0) + turn(1) - turn(2)
}

/// Returns `k` such that `i^k` is the phase between the complex harmonic `m` and the real one `real = +-m`.
fn basis_turn(l: i32, m: i32, real: i32) -> i32 {
    let sine = if real >= 0 {
        0
    } else if m > 0 {
        1
    } else {
        -1
    };
    let condon_shortley = if m > 0 { 2 * m } else { 0 };
    sine + condon_shortley - l
}

/// Computes the whole number and the square under the root of a complex element.
fn complex_element([l1, l2, l3]: [usize; 3], m: [i32; 3]) -> Option<(i128, PrimePowers)> {
    let total = l1 + l2 + l3;
    let mut square = PrimePowers::one(total + 1);
    square.multiply_factorial(total + 1, -1);
    for (l, m) in [(l1, m[0]), (l2, m[1]), (l3, m[2])] {
        square.multiply_factorial(total - 2 * l, -1);
        square.multiply_factorial((l as i32 + m) as usize, 1);
        square.multiply_factorial((l as i32 - m) as usize, 1);
    }
    let (a, b) = ((l1 as i32 - m[0]) as usize, (l2 as i32 + m[1]) as usize);
    let mut sum = 0_i128;
    for t in 0..=(total - 2 * l3).min(a).min(b) {
        let term = binomial(total - 2 * l3, t)?
            .checked_mul(binomial(total - 2 * l2, a - t)?)?
            .checked_mul(binomial(total - 2 * l1, b - t)?)?;
        sum = sum.checked_add(if t % 2 == 0 { term } else { -term })?;
    }
    Some((sum, square))
}

/// Counts the `k`-element subsets of `n` things.
fn binomial(n: usize, k: usize) -> Option<i128> {
    if k > n {
        return Some(0);
    }
    (0..k as i128).try_fold(1_i128, |product, step| Some(product.checked_mul(n as i128 - step)? / (step + 1)))
}
