//! Weights as the matrices that mix channels, and back.

use schur_tensor::Real;
use schur_tensor::semiring::Scalar;

use crate::route::{Mix, Route};

/// Writes the weights of the maps of a mix into its matrix, zero elsewhere.
pub(super) fn pack<T: Scalar>(route: &Route, order: usize, mix: &Mix, weights: &[T], matrix: &mut Vec<T>) {
    let [rows, columns] = route.mixing(order);
    let [inputs, outputs] = route.channels;
    matrix.clear();
    matrix.resize(rows * columns, <T as Real>::ZERO);
    for term in &mix.terms {
        let own = &weights[term.map * inputs * outputs..][..inputs * outputs];
        for (channel, from) in own.chunks_exact(outputs).enumerate() {
            let start = (term.input * inputs + channel) * columns + term.output * outputs;
            let to = &mut matrix[start..start + outputs];
            let signed = |&weight: &T| if term.is_negative { -weight } else { weight };
            to.iter_mut().zip(from).for_each(|(to, from)| *to = signed(from));
        }
    }
}

/// Takes the weights of the maps of a mix out of its matrix.
pub(super) fn unpack<T: Scalar>(route: &Route, order: usize, mix: &Mix, matrix: &[T], weights: &mut [T]) {
    let columns = route.mixing(order)[1];
    let [inputs, outputs] = route.channels;
    for term in &mix.terms {
        let own = &mut weights[term.map * inputs * outputs..][..inputs * outputs];
        for (channel, to) in own.chunks_exact_mut(outputs).enumerate() {
            let start = (term.input * inputs + channel) * columns + term.output * outputs;
            let signed = |&weight: &T| if term.is_negative { -weight } else { weight };
            to.iter_mut().zip(&matrix[start..start + outputs]).for_each(|(to, from)| *to = signed(from));
        }
    }
}
