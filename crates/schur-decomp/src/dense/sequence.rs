//! The products of a sweep over the modes, with as few readings of the tensor as memory allows.
//!
//! A product for mode `n` that finds nothing to start from sums out of the tensor the modes that were updated last, and
//! keeps what is left: a window of modes from `n` on. The following modes of the sweep start from there, until one of
//! them has been summed out. With windows of `N - 1` modes this is the multi-sweep dimension tree, `N / (N - 1)`
//! readings of the tensor a sweep; with windows of half the modes the binary tree, two readings; with none, `N`. The one
//! is taken that costs least, of those whose partial product is a small part of the tensor. Within a window halves of it
//! are kept likewise.
//!
//! Source: Ma and Solomonik, "Efficient parallel CP decomposition with pairwise perturbation and multi-sweep dimension
//! tree", 2020; Phan, Tichavsky, Cichocki, "Fast alternating LS algorithms for high order CANDECOMP/PARAFAC tensor
//! factorizations", 2013.

use schur_tensor::{Real, Tensor};

use super::contract::{self, Window};
use crate::cp::MttkrpSequence;
use crate::{DecompError, Scalar};

/// A partial product may take one part in so many of the tensor.
const PART: usize = 6;
/// An element is multiplied by so many components in the time that it takes to read it from memory, about.
const MULTIPLIED: f64 = 12.0;
/// A number of a partial product is written, fetched for that, and read again: about so many readings.
const WRITTEN: f64 = 5.0;
/// Partial products of fewer bytes are kept whatever the size of the tensor.
const FREE_BYTES: usize = 1 << 20;

pub(super) struct Sequence<'a, T> {
    tensor: &'a Tensor<T>,
    rank: usize,
    /// Partial products, each made of the one before.
    levels: Vec<(Window, Vec<T>)>,
    /// Memory of those that are void.
    spare: Vec<Vec<T>>,
    panel: Vec<T>,
    scratch: Vec<T>,
    most_bytes: u64,
}

/// Bytes that the products of a sweep will hold, about: twice the largest partial product, and panels.
pub(super) fn bytes<T: Scalar>(tensor: &Tensor<T>, rank: usize) -> u64 {
    let shape = tensor.shape();
    let windows = (0..shape.len()).map(|first| window(tensor, rank, first)).filter(|window| window.width > 1);
    let largest = windows.map(|window| window.count(shape, rank)).max().unwrap_or(0);
    let numbers = largest.saturating_add(contract::PANEL.max(rank)).saturating_mul(2);
    numbers.saturating_mul(size_of::<T>()) as u64
}

/// The window from a mode on that costs least a sweep, of those that are small enough to be kept.
fn window<T: Scalar>(tensor: &Tensor<T>, rank: usize, first: usize) -> Window {
    let shape = tensor.shape();
    let (order, elements) = (shape.len(), tensor.data().len());
    let most = (elements / PART).max(FREE_BYTES / size_of::<T>());
    let windows = (1..order).map(|width| Window { first, width, order });
    let small = windows.filter(|window| window.width == 1 || window.count(shape, rank) <= most);
    let cost = |window: &Window| {
        let kept = if window.width == 1 { 0 } else { window.count(shape, rank) };
        let reading = rank as f64 / MULTIPLIED + WRITTEN * kept as f64 / elements as f64;
        reading * order as f64 / window.width as f64
    };
    let best = small.min_by(|a, b| cost(a).total_cmp(&cost(b)));
    best.unwrap_or(Window { first, width: 1, order })
}

impl<'a, T: Scalar> Sequence<'a, T> {
    pub(super) fn new(tensor: &'a Tensor<T>, rank: usize) -> Result<Self, DecompError> {
        for &size in tensor.shape() {
            schur_tensor::element_count(&[size, rank])?;
        }
        let (levels, spare) = (Vec::new(), Vec::new());
        Ok(Self { tensor, rank, levels, spare, panel: Vec::new(), scratch: Vec::new(), most_bytes: 0 })
    }

    fn memory(&mut self, count: usize) -> Vec<T> {
        let mut memory = self.spare.pop().unwrap_or_default();
        memory.resize(count, <T as Real>::ZERO);
        memory
    }

    fn bytes(&self) -> u64 {
        let kept = self.levels.iter().map(|(_, numbers)| numbers).chain(&self.spare);
        let all = kept.chain([&self.panel, &self.scratch]);
        all.map(|numbers| (numbers.capacity() * size_of::<T>()) as u64).sum()
    }

    /// Sums modes out of the last level, one after the other, the largest first.
    fn descend(&mut self, factors: &[Tensor<T>], to: Window, result: &mut [T]) {
        let Some((from, source)) = self.levels.pop() else { return };
        let shape = self.tensor.shape();
        let mut left: Vec<usize> = from.modes().collect();
        let mut out: Vec<usize> = left.iter().copied().filter(|&mode| !to.contains(mode)).collect();
        out.sort_by_key(|&mode| shape[mode]);
        let mut made: Option<Vec<T>> = None;
        while let Some(mode) = out.pop() {
            let place = left.iter().position(|&other| other == mode).unwrap_or(0);
            let right = left[place + 1..].iter().map(|&mode| shape[mode]).product();
            left.remove(place);
            let current = made.as_deref().unwrap_or(&source);
            if out.is_empty() {
                contract::mode(current, &factors[mode], right, result);
            } else {
                let count = left.iter().map(|&mode| shape[mode]).product::<usize>() * self.rank;
                let mut next = self.spare.pop().unwrap_or_default();
                next.resize(count, <T as Real>::ZERO);
                contract::mode(current, &factors[mode], right, &mut next);
                self.spare.extend(made.replace(next));
            }
        }
        self.spare.extend(made);
        self.levels.push((from, source));
    }

    fn check(&self, factors: &[Tensor<T>], mode: usize, found: usize) -> Result<(), DecompError> {
        let shape = self.tensor.shape();
        if factors.len() != shape.len() {
            return Err(DecompError::Count { what: "factors", expected: shape.len(), found: factors.len() });
        }
        for (place, factor) in factors.iter().enumerate().filter(|&(place, _)| place != mode) {
            let expected = vec![shape[place], self.rank];
            if factor.shape() != expected {
                let (what, found) = (format!("the factor of mode {place}"), factor.shape().to_vec());
                return Err(DecompError::Mismatch { what, expected, found });
            }
        }
        let Some(&size) = shape.get(mode) else {
            return Err(DecompError::Outside { entry: 0, mode, index: mode, size: shape.len() });
        };
        if found != size * self.rank {
            let (what, expected, found) = ("a product".to_owned(), vec![size, self.rank], vec![found]);
            return Err(DecompError::Mismatch { what, expected, found });
        }
        Ok(())
    }

    fn sum_out(&mut self, factors: &[Tensor<T>], window: Window, result: &mut [T]) -> Result<(), DecompError> {
        contract::tensor(self.tensor, factors, window, (result, &mut self.panel, &mut self.scratch))
    }
}

impl<T: Scalar> MttkrpSequence<T> for Sequence<'_, T> {
    fn product(&mut self, factors: &[Tensor<T>], mode: usize, result: &mut [T]) -> Result<(), DecompError> {
        self.check(factors, mode, result.len())?;
        let (shape, rank) = (self.tensor.shape(), self.rank);
        if rank == 0 {
            return Ok(());
        }
        while let Some((_, numbers)) = self.levels.pop_if(|(window, _)| !window.contains(mode)) {
            self.spare.push(numbers);
        }
        let target = Window { first: mode, width: 1, order: shape.len() };
        if self.levels.is_empty() {
            let window = window(self.tensor, rank, mode);
            if window.width == 1 {
                self.sum_out(factors, target, result)?;
                self.most_bytes = self.most_bytes.max(self.bytes());
                return Ok(());
            }
            let mut numbers = self.memory(window.count(shape, rank));
            self.sum_out(factors, window, &mut numbers)?;
            self.levels.push((window, numbers));
        }
        while let Some(&(window, _)) = self.levels.last() {
            let width = window.width.div_ceil(2).min(window.width - window.place(mode));
            if window.width <= 2 || width == 1 {
                break;
            }
            let half = Window { first: mode, width, order: window.order };
            let mut numbers = self.memory(half.count(shape, rank));
            self.descend(factors, half, &mut numbers);
            self.levels.push((half, numbers));
        }
        self.descend(factors, target, result);
        self.most_bytes = self.most_bytes.max(self.bytes());
        Ok(())
    }

    fn changed(&mut self, mode: usize) {
        let kept = self.levels.iter().position(|(window, _)| !window.contains(mode)).unwrap_or(self.levels.len());
        self.spare.extend(self.levels.drain(kept..).map(|(_, numbers)| numbers));
    }

    fn workspace_bytes(&self) -> u64 {
        self.most_bytes
    }
}
