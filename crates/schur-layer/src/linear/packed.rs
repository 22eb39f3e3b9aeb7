//! Mixing matrices as tiles read them.

use schur_tensor::semiring::Scalar;

use super::weights::{Matrices, each, mixes};
use crate::route::Route;

/// Columns of a strip: matrices are laid out strip by strip, and row by row in each.
pub(super) const STRIP: usize = 64;

/// The matrices of all mixes of a route.
#[derive(Debug, Clone)]
pub(super) struct Packed<T>(Matrices<T>);

impl<T> Default for Packed<T> {
    fn default() -> Self {
        Self(Matrices::default())
    }
}

impl<T: Scalar> Packed<T> {
    /// Writes the weights of all maps into their matrices, or into the transposed ones.
    pub fn pack(&mut self, route: &Route, weights: &[T], is_transposed: bool) {
        self.0.clear(route);
        for (place, (order, mix)) in mixes(route).enumerate() {
            let [mut rows, mut columns] = route.mixing(order);
            if is_transposed {
                (rows, columns) = (columns, rows);
            }
            let matrix = self.0.matrix_mut(place);
            let place = |row: usize, column: usize| {
                let strip = column / STRIP * STRIP;
                strip * rows + row * STRIP.min(columns - strip) + column - strip
            };
            each(route, mix, |weight, [row, column], count, is_negative| {
                let sign = |w: T| if is_negative { -w } else { w };
                let from = &weights[weight..][..count];
                if is_transposed {
                    let to = |step| place(column + step, row);
                    return from.iter().enumerate().for_each(|(step, &w)| matrix[to(step)] = sign(w));
                }
                let mut done = 0;
                while done < count {
                    // Up to the end of a strip.
                    let run = (STRIP - (column + done) % STRIP).min(count - done);
                    let to = &mut matrix[place(row, column + done)..][..run];
                    to.iter_mut().zip(&from[done..]).for_each(|(to, &w)| *to = sign(w));
                    done += run;
                }
            });
        }
    }

    /// The matrix of a mix, by its place among [`mixes`], and what comes behind it.
    pub fn matrix(&self, place: usize) -> &[T] {
        self.0.matrix(place)
    }
}
