//! Adds the elements of one tensor to their places in another: sums, diagonals and repetitions are all of this kind.

use schur_tensor::semiring::Scalar;

use crate::side::Pace;

/// An axis along which elements go from one tensor to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Track {
    /// How many steps.
    pub size: usize,
    /// The step in the source; zero repeats an element.
    pub from: usize,
    /// The step in the target; zero sums.
    pub to: usize,
}

/// The way from a larger tensor to a smaller one and back, channels innermost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tracks {
    pub down: Vec<Track>,
    pub up: Vec<Track>,
}

impl Tracks {
    pub fn new(paces: &[Pace], channels: usize) -> Self {
        let mut sorted = paces.to_vec();
        sorted.sort_by_key(|pace| std::cmp::Reverse(pace.large));
        sorted.push(Pace { size: channels, large: 1, small: 1 });
        let down = sorted.iter().map(|pace| Track { size: pace.size, from: pace.large, to: pace.small });
        let up = sorted.iter().map(|pace| Track { size: pace.size, from: pace.small, to: pace.large });
        Self { down: merged(down), up: merged(up) }
    }
}

/// Makes one axis of neighbours that both tensors run through without a gap.
fn merged(tracks: impl Iterator<Item = Track>) -> Vec<Track> {
    let mut kept: Vec<Track> = Vec::new();
    for inner in tracks.filter(|track| track.size != 1) {
        match kept.last_mut() {
            Some(outer) if outer.to == inner.size * inner.to && outer.from == inner.size * inner.from => {
                *outer = Track { size: outer.size * inner.size, ..inner };
            }
            _ => kept.push(inner),
        }
    }
    kept
}

/// Adds elements of the source to their places in the target, in the order of the tracks.
pub(super) fn carry<T: Scalar>(tracks: &[Track], source: &[T], target: &mut [T]) {
    match tracks {
        [] => target[0] += source[0],
        [Track { size, from: 1, to: 1 }] => {
            target[..*size].iter_mut().zip(&source[..*size]).for_each(|(sum, &x)| *sum += x);
        }
        [Track { size, from: 0, to: 1 }] => target[..*size].iter_mut().for_each(|sum| *sum += source[0]),
        [Track { size, from, to: 0 }] => {
            for step in 0..*size {
                target[0] += source[step * from];
            }
        }
        [Track { size, from, to }] => {
            for step in 0..*size {
                target[step * to] += source[step * from];
            }
        }
        [outer, inner @ ..] => {
            for step in 0..outer.size {
                carry(inner, &source[step * outer.from..], &mut target[step * outer.to..]);
            }
        }
    }
}
