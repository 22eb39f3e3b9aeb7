//! The matrices that mix channels, and which weights are in them.

use schur_tensor::Real;
use schur_tensor::semiring::Scalar;

use crate::route::{Mix, Route};

/// One matrix for each mix of a route, one after the other.
#[derive(Debug, Clone)]
pub(super) struct Matrices<T> {
    entries: Vec<T>,
    /// Where each matrix begins, in the order of [`mixes`].
    starts: Vec<usize>,
}

impl<T> Default for Matrices<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), starts: Vec::new() }
    }
}

impl<T: Scalar> Matrices<T> {
    /// Makes room for the matrices of a route, all zero.
    pub fn clear(&mut self, route: &Route) {
        self.starts.clear();
        let mut end = 0;
        for (order, _) in mixes(route) {
            self.starts.push(end);
            end += route.mixing(order).iter().product::<usize>();
        }
        self.entries.clear();
        self.entries.resize(end, <T as Real>::ZERO);
    }

    /// The matrix of a mix, by its place among [`mixes`], and what comes behind it.
    pub fn matrix(&self, place: usize) -> &[T] {
        &self.entries[self.starts[place]..]
    }

    /// The matrix of a mix, by its place among [`mixes`], and what comes behind it.
    pub fn matrix_mut(&mut self, place: usize) -> &mut [T] {
        &mut self.entries[self.starts[place]..]
    }

    /// Adds the matrices of the same route.
    pub fn add(&mut self, other: &Self) {
        self.entries.iter_mut().zip(&other.entries).for_each(|(sum, &x)| *sum += x);
    }

    /// Takes the weights of all maps out of row-major matrices.
    pub fn unpack(&self, route: &Route, weights: &mut [T]) {
        for (place, (order, mix)) in mixes(route).enumerate() {
            let matrix = self.matrix(place);
            let columns = route.mixing(order)[1];
            each(route, mix, |weight, [row, column], count, is_negative| {
                let from = &matrix[row * columns + column..][..count];
                let to = &mut weights[weight..][..count];
                to.iter_mut().zip(from).for_each(|(to, &from)| *to = if is_negative { -from } else { from });
            });
        }
    }
}

/// All mixes with their orders.
pub(super) fn mixes(route: &Route) -> impl Iterator<Item = (usize, &Mix)> {
    let orders = route.orders.iter().enumerate();
    orders.flat_map(|(number, order)| order.mixes.iter().map(move |mix| (number, mix)))
}

/// Visits runs of weights: their place, the row and column in the matrix, how many they are, and whether they count
/// negative.
pub(super) fn each(route: &Route, mix: &Mix, mut action: impl FnMut(usize, [usize; 2], usize, bool)) {
    let [inputs, outputs] = route.channels;
    for term in &mix.terms {
        for channel in 0..inputs {
            let weight = (term.map * inputs + channel) * outputs;
            action(weight, [term.input * inputs + channel, term.output * outputs], outputs, term.is_negative);
        }
    }
}
