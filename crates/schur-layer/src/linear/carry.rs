//! Copies between a larger and a smaller tensor without sums: diagonals that are read, and values that are repeated.

use rayon::prelude::*;
use schur_tensor::product::Mode;
use schur_tensor::semiring::Scalar;

/// Fewer elements are not worth a second thread.
const LEAST_SHARED: usize = 1 << 15;

/// An axis along which elements go from one tensor to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Track {
    /// How many steps.
    pub size: usize,
    /// The step in the source; zero repeats an element.
    pub from: usize,
    /// The step in the target.
    pub to: usize,
}

/// Writes or adds each element of the source to its places in the target.
///
/// No two elements have the same place, and along an axis the target moves further than all axes inside it reach: that is
/// so for indices of a row-major tensor, joined or not.
pub(super) fn carry<T: Scalar>(tracks: &mut Vec<Track>, source: &[T], target: &mut [T], mode: Mode) {
    tracks.retain(|track| track.size != 1);
    tracks.sort_by_key(|track| std::cmp::Reverse(track.to));
    merge(tracks);
    let elements: usize = tracks.iter().map(|track| track.size).product();
    match &tracks[..] {
        [outer, inner @ ..] if elements >= LEAST_SHARED && rayon::current_num_threads() > 1 && !inner.is_empty() => {
            let parts = target.par_chunks_mut(outer.to).take(outer.size).enumerate();
            parts.for_each(|(place, part)| along(inner, &source[place * outer.from..], part, mode));
        }
        _ => along(tracks, source, target, mode),
    }
}

/// Makes one axis of neighbours that both tensors run through without a gap.
fn merge(tracks: &mut Vec<Track>) {
    let mut kept: Vec<Track> = Vec::with_capacity(tracks.len());
    for &inner in tracks.iter() {
        match kept.last_mut() {
            Some(outer) if outer.to == inner.size * inner.to && outer.from == inner.size * inner.from => {
                *outer = Track { size: outer.size * inner.size, ..inner };
            }
            _ => kept.push(inner),
        }
    }
    *tracks = kept;
}

fn along<T: Scalar>(tracks: &[Track], source: &[T], target: &mut [T], mode: Mode) {
    match tracks {
        [] => put(&source[..1], &mut target[..1], mode),
        [Track { size, from: 1, to: 1 }] => put(&source[..*size], &mut target[..*size], mode),
        [Track { size, from: 0, to: 1 }] => repeat(source[0], &mut target[..*size], mode),
        [track] => (0..track.size).for_each(|step| {
            let (from, to) = (step * track.from, step * track.to);
            put(&source[from..=from], &mut target[to..=to], mode);
        }),
        [outer, inner @ ..] => (0..outer.size).for_each(|step| {
            along(inner, &source[step * outer.from..], &mut target[step * outer.to..], mode);
        }),
    }
}

fn put<T: Scalar>(source: &[T], target: &mut [T], mode: Mode) {
    match mode {
        Mode::Overwrite => target.copy_from_slice(source),
        Mode::Add => target.iter_mut().zip(source).for_each(|(sum, &x)| *sum += x),
    }
}

fn repeat<T: Scalar>(x: T, target: &mut [T], mode: Mode) {
    match mode {
        Mode::Overwrite => target.fill(x),
        Mode::Add => target.iter_mut().for_each(|sum| *sum += x),
    }
}
