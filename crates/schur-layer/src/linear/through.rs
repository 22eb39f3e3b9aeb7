//! Links through an intermediate tensor: the pieces of a form with their signs, and the permutations of heads.

use schur_tensor::semiring::Scalar;
use schur_tensor::{Real, next_index};

use super::carry::carry;
use crate::head::HeadEntry;
use crate::side::{Link, Through};

/// Reduces one item.
pub(super) fn gather<T: Scalar>(
    link: &Link,
    own: &Through,
    channels: usize,
    large: &[T],
    (scratch, small): (&mut [T], &mut [T]),
) {
    let inner = &mut scratch[..own.size];
    inner.fill(<T as Real>::ZERO);
    for is_negative in [true, false] {
        for &(start, _) in link.pieces.iter().filter(|piece| piece.1 == is_negative) {
            carry(&link.tracks.down, &large[start..], inner);
        }
        if is_negative {
            negate(inner);
        }
    }
    each(own, |[from, to], entry| {
        add(&inner[from + entry.from..][..channels], &mut small[to + entry.to..][..channels], entry.is_odd);
    });
}

/// Spreads one item.
pub(super) fn scatter<T: Scalar>(
    link: &Link,
    own: &Through,
    channels: usize,
    (small, scratch): (&[T], &mut [T]),
    large: &mut [T],
) {
    let inner = &mut scratch[..own.size];
    inner.fill(<T as Real>::ZERO);
    each(own, |[to, from], entry| {
        add(&small[from + entry.to..][..channels], &mut inner[to + entry.from..][..channels], entry.is_odd);
    });
    for is_negative in [false, true] {
        for &(start, _) in link.pieces.iter().filter(|piece| piece.1 == is_negative) {
            carry(&link.tracks.up, inner, &mut large[start..]);
        }
        negate(inner);
    }
}

fn negate<T: Scalar>(tensor: &mut [T]) {
    tensor.iter_mut().for_each(|x| *x = -*x);
}

fn add<T: Scalar>(from: &[T], to: &mut [T], is_negative: bool) {
    to.iter_mut().zip(from).for_each(|(to, &x)| *to += if is_negative { -x } else { x });
}

/// Visits all permutations of the heads, for all indices that they leave alone: where these lie in the intermediate and
/// in the smaller tensor.
fn each(own: &Through, mut action: impl FnMut([usize; 2], &HeadEntry)) {
    let sizes: Vec<usize> = own.shared.iter().map(|pace| pace.size).collect();
    let mut index = vec![0; sizes.len()];
    loop {
        let paces = index.iter().zip(&own.shared);
        let start = paces.fold([0; 2], |[a, b], (i, pace)| [a + i * pace.large, b + i * pace.small]);
        own.entries.iter().for_each(|entry| action(start, entry));
        if !next_index(&mut index, &sizes) {
            return;
        }
    }
}
