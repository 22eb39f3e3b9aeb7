//! A tensor of tubes at each of its frequencies.
//!
//! The tensors are real, so frequency `n - k` is the conjugate of `k`: the faces of `0..=n / 2` say all.

use std::f64::consts::TAU;

use schur_tensor::Tensor;
use schur_tensor::product::{Mode, Product, Strided};
use schur_tensor::pulp::num_complex::Complex;
use schur_tensor::semiring::{Arithmetic, Semiring};

use crate::matrix::multiply;
use crate::{DecompError, Scalar};

/// Matrices of one shape, a frequency each, row-major one after the other.
#[derive(Debug, Clone)]
pub(super) struct Faces {
    pub rows: usize,
    pub columns: usize,
    /// The length of the tubes.
    pub tube: usize,
    pub data: Vec<Complex<f64>>,
}

/// The number of frequencies that say all.
pub(super) const fn frequencies(tube: usize) -> usize {
    tube / 2 + 1
}

/// How many frequencies a face stands for: itself, and its conjugate if that is another.
pub(super) fn share(frequency: usize, tube: usize) -> f64 {
    if frequency == 0 || 2 * frequency == tube { 1.0 } else { 2.0 }
}

/// Refuses all but tensors of order three that have elements.
pub(super) fn check_tubes<T>(what: &'static str, tensor: &Tensor<T>) -> Result<[usize; 3], DecompError> {
    let shape = tensor.shape();
    if let Some(mode) = shape.iter().position(|&size| size == 0) {
        return Err(DecompError::EmptyMode { mode, shape: shape.to_vec() });
    }
    match *shape {
        [rows, columns, tube] => Ok([rows, columns, tube]),
        _ if shape.len() < 3 => Err(DecompError::Order { method: what, least: 3, shape: shape.to_vec() }),
        _ => {
            let (expected, found) = (3, shape.len());
            Err(DecompError::Count { what: "modes of a tensor of tubes", expected, found })
        }
    }
}

impl Faces {
    /// Transforms a tensor along its third mode.
    pub fn new<T: Scalar>(tensor: &Tensor<T>) -> Result<Self, DecompError> {
        let [rows, columns, tube] = check_tubes("the t-product", tensor)?;
        let data = tensor.data().iter().map(|value| value.to_f64()).collect();
        let tubes = Tensor::new(&[rows * columns, tube], data)?;
        let tubes = tubes.view();
        let tubes = tubes.permuted(&[1, 0])?;
        let wave = |function: fn(f64) -> f64| {
            Tensor::from_fn(&[frequencies(tube), tube], |i| function(angle(i[0], i[1], tube)))
        };
        let real = multiply(&wave(f64::cos)?.view(), &tubes)?;
        let imaginary = multiply(&wave(f64::sin)?.view(), &tubes)?;
        let pairs = real.data().iter().zip(imaginary.data());
        let data = pairs.map(|(&re, &im)| Complex::new(re, -im)).collect();
        Ok(Self { rows, columns, tube, data })
    }

    /// Faces of zeros.
    pub fn zeros(rows: usize, columns: usize, tube: usize) -> Self {
        let count = rows * columns * frequencies(tube);
        Self { rows, columns, tube, data: vec![Complex::new(0.0, 0.0); count] }
    }

    /// One face.
    pub fn face(&self, frequency: usize) -> &[Complex<f64>] {
        let length = self.rows * self.columns;
        &self.data[frequency * length..][..length]
    }

    /// One face, to be changed.
    pub fn face_mut(&mut self, frequency: usize) -> &mut [Complex<f64>] {
        let length = self.rows * self.columns;
        &mut self.data[frequency * length..][..length]
    }

    /// Transforms back.
    pub fn to_tensor<T: Scalar>(&self) -> Result<Tensor<T>, DecompError> {
        let (tube, count) = (self.tube, frequencies(self.tube));
        let part = |part: fn(&Complex<f64>) -> f64| {
            Tensor::new(&[count, self.rows * self.columns], self.data.iter().map(part).collect())
        };
        let wave = |function: fn(f64) -> f64| {
            Tensor::from_fn(&[count, tube], |i| share(i[0], tube) / tube as f64 * function(angle(i[0], i[1], tube)))
        };
        let (real, imaginary) = (part(|z| z.re)?, part(|z| z.im)?);
        let transposed = |tensor: &Tensor<f64>, wave: Tensor<f64>| -> Result<Tensor<f64>, DecompError> {
            multiply(&tensor.view().permuted(&[1, 0])?, &wave.view())
        };
        let (even, odd) = (transposed(&real, wave(f64::cos)?)?, transposed(&imaginary, wave(f64::sin)?)?);
        let data = even.data().iter().zip(odd.data()).map(|(a, b)| T::from_f64(a - b)).collect();
        Ok(Tensor::new(&[self.rows, self.columns, tube], data)?)
    }

    /// Multiplies face by face.
    pub fn product(&self, other: &Self) -> Result<Self, DecompError> {
        let mut result = Self::zeros(self.rows, other.columns, self.tube);
        let axis = |size: usize, strides: [usize; 2]| Strided { size, strides: strides.map(usize::cast_signed) };
        let steps = [self.rows * self.columns, other.rows * other.columns, self.rows * other.columns];
        let product = Product {
            batch: vec![Strided { size: frequencies(self.tube), strides: steps.map(usize::cast_signed) }],
            rows: vec![axis(self.rows, [self.columns, other.columns])],
            columns: vec![axis(other.columns, [1, 1])],
            inner: vec![axis(self.columns, [1, other.columns])],
        };
        let operands = [&self.data[..], &other.data];
        let arithmetic = Arithmetic::<Complex<f64>>::new();
        arithmetic.product(&product, operands, &mut result.data, Mode::Overwrite, &mut Vec::new())?;
        Ok(result)
    }
}

/// The angle of a frequency after so many steps, with the turns taken off while they are whole numbers.
fn angle(frequency: usize, step: usize, tube: usize) -> f64 {
    TAU * (frequency * step % tube) as f64 / tube as f64
}
