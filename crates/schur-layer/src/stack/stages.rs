//! The stages between linear layers, forwards and backwards, for one feature.

use schur_tensor::Real;
use schur_tensor::semiring::Scalar;

use crate::Activation;

pub(super) fn activate<T: Scalar>(function: Activation, x: &[T], y: &mut [T]) {
    y.iter_mut().zip(x).for_each(|(y, &x)| *y = T::from_f64(function.value(x.to_f64())));
}

pub(super) fn activate_back<T: Scalar>(function: Activation, x: &[T], dy: &[T], dx: &mut [T]) {
    for ((dx, &dy), &x) in dx.iter_mut().zip(dy).zip(x) {
        *dx = dy * T::from_f64(function.slope(x.to_f64()));
    }
}

/// The mean over places of a product of two tensors of one item, for one channel.
fn mean<T: Scalar>(a: &[T], b: &[T], channel: usize, channels: usize) -> f64 {
    let own = |x: &'_ [T]| x.iter().skip(channel).step_by(channels).map(|x| x.to_f64()).collect::<Vec<_>>();
    let sum: f64 = own(a).iter().zip(own(b)).map(|(a, b)| a * b).sum();
    sum * channels as f64 / a.len().max(1) as f64
}

pub(super) fn gate<T: Scalar>(function: Activation, channels: usize, batch: usize, x: &[T], y: &mut [T]) {
    let item = x.len() / batch.max(1);
    for (x, y) in x.chunks_exact(item.max(1)).zip(y.chunks_exact_mut(item.max(1))) {
        for channel in 0..channels {
            let factor = T::from_f64(function.value(mean(x, x, channel, channels)));
            let places = (channel..item).step_by(channels);
            places.for_each(|place| y[place] = x[place] * factor);
        }
    }
}

/// With `s` the mean of squares over `m` places: `dx = f(s) dy + 2/m f'(s) (dy . x) x`.
pub(super) fn gate_back<T: Scalar>(
    function: Activation,
    channels: usize,
    batch: usize,
    x: &[T],
    (dy, dx): (&[T], &mut [T]),
) {
    let item = (x.len() / batch.max(1)).max(1);
    for ((x, dy), dx) in x.chunks_exact(item).zip(dy.chunks_exact(item)).zip(dx.chunks_exact_mut(item)) {
        for channel in 0..channels {
            let square = mean(x, x, channel, channels);
            let factor = T::from_f64(function.value(square));
            let pull = T::from_f64(2.0 * function.slope(square) * mean(dy, x, channel, channels));
            for place in (channel..item).step_by(channels) {
                dx[place] = dy[place] * factor + x[place] * pull;
            }
        }
    }
}

/// `y[i_1 .. i_p, g]` is the product of `x[i_j, g p + j]` over `j`.
pub(super) fn multiply<T: Scalar>(factors: usize, channels: usize, batch: usize, x: &[T], y: &mut [T]) {
    let walk = Walk::new(factors, channels, batch, x.len(), y.len());
    for (place, y) in y.iter_mut().enumerate() {
        *y = (0..factors).map(|factor| x[walk.place(place, factor)]).fold(<T as Real>::ONE, |product, x| product * x);
    }
}

pub(super) fn multiply_back<T: Scalar>(
    factors: usize,
    channels: usize,
    batch: usize,
    x: &[T],
    (dy, dx): (&[T], &mut [T]),
) {
    let walk = Walk::new(factors, channels, batch, x.len(), dy.len());
    dx.fill(<T as Real>::ZERO);
    for (place, &dy) in dy.iter().enumerate() {
        for factor in 0..factors {
            let others = (0..factors).filter(|&other| other != factor).map(|other| x[walk.place(place, other)]);
            dx[walk.place(place, factor)] += others.fold(dy, |product, x| product * x);
        }
    }
}

/// Where the factors of a product's elements lie.
struct Walk {
    factors: usize,
    channels: usize,
    groups: usize,
    /// Places of a factor's tensor.
    places: usize,
    /// Numbers of an item of the product.
    item: usize,
}

impl Walk {
    fn new(factors: usize, channels: usize, batch: usize, input: usize, output: usize) -> Self {
        let per_item = |len: usize| (len / batch.max(1)).max(1);
        Self {
            factors,
            channels,
            groups: channels / factors,
            places: per_item(input) / channels,
            item: per_item(output),
        }
    }

    fn place(&self, product: usize, factor: usize) -> usize {
        let (item, rest) = (product / self.item, product % self.item);
        let (index, group) = (rest / self.groups, rest % self.groups);
        let own = (factor + 1..self.factors).fold(index, |index, _| index / self.places) % self.places;
        (item * self.places + own) * self.channels + group * self.factors + factor
    }
}
