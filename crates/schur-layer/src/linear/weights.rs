//! Weights as the matrices that mix channels, and back.

use schur_tensor::Real;
use schur_tensor::semiring::Scalar;

use crate::route::{Mix, Route};

/// The mixing matrices of all orders, one after the other.
#[derive(Debug, Clone)]
pub(super) struct Mixing<T> {
    entries: Vec<T>,
    /// Where each matrix begins, in the order of [`mixes`].
    starts: Vec<usize>,
}

impl<T> Default for Mixing<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), starts: Vec::new() }
    }
}

impl<T: Scalar> Mixing<T> {
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

    /// Writes the weights of all maps into their matrices.
    pub fn pack(&mut self, route: &Route, weights: &[T]) {
        self.clear(route);
        for (place, (order, mix)) in mixes(route).enumerate() {
            let start = self.starts[place];
            each(route, order, mix, |weight, entry, count, is_negative| {
                let to = &mut self.entries[start + entry..][..count];
                let from = &weights[weight..][..count];
                to.iter_mut().zip(from).for_each(|(to, &from)| *to = if is_negative { -from } else { from });
            });
        }
    }

    /// Takes the weights of all maps out of their matrices.
    pub fn unpack(&self, route: &Route, weights: &mut [T]) {
        for (place, (order, mix)) in mixes(route).enumerate() {
            let start = self.starts[place];
            each(route, order, mix, |weight, entry, count, is_negative| {
                let from = &self.entries[start + entry..][..count];
                let to = &mut weights[weight..][..count];
                to.iter_mut().zip(from).for_each(|(to, &from)| *to = if is_negative { -from } else { from });
            });
        }
    }

    /// The matrix of a mix, by its place among [`mixes`].
    pub fn matrix(&self, place: usize) -> &[T] {
        &self.entries[self.starts[place]..]
    }

    pub fn matrix_mut(&mut self, place: usize) -> &mut [T] {
        &mut self.entries[self.starts[place]..]
    }

    pub fn add(&mut self, other: &Self) {
        self.entries.iter_mut().zip(&other.entries).for_each(|(sum, &x)| *sum += x);
    }
}

/// All mixes with their orders.
pub(super) fn mixes(route: &Route) -> impl Iterator<Item = (usize, &Mix)> {
    let orders = route.orders.iter().enumerate();
    orders.flat_map(|(number, order)| order.mixes.iter().map(move |mix| (number, mix)))
}

/// Visits runs of weights: their place, that in the matrix, how many they are, and whether they count negative.
fn each(route: &Route, order: usize, mix: &Mix, mut action: impl FnMut(usize, usize, usize, bool)) {
    let columns = route.mixing(order)[1];
    let [inputs, outputs] = route.channels;
    for term in &mix.terms {
        for channel in 0..inputs {
            let weight = (term.map * inputs + channel) * outputs;
            let entry = (term.input * inputs + channel) * columns + term.output * outputs;
            action(weight, entry, outputs, term.is_negative);
        }
    }
}
