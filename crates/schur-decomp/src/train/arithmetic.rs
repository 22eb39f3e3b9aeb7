//! Arithmetic of trains: sums and products of tensors that are never multiplied out.

use schur_tensor::{Real, Tensor};

use super::TensorTrain;
use crate::matrix::multiply;
use crate::modes::reshaped;
use crate::{DecompError, Scalar};

impl<T: Scalar> TensorTrain<T> {
    /// The tensor times a number.
    #[must_use]
    pub fn scaled(mut self, by: T) -> Self {
        self.cores[0].data_mut().iter_mut().for_each(|x| *x *= by);
        self
    }

    /// The sum of two tensors; ranks add up.
    ///
    /// # Errors
    /// [`DecompError::Mismatch`] for another shape.
    pub fn sum(&self, other: &Self) -> Result<Self, DecompError> {
        self.same_shape(other)?;
        let last = self.cores().len() - 1;
        let pairs = self.cores().iter().zip(other.cores()).enumerate();
        let cores = pairs.map(|(mode, (a, b))| {
            let ([ra, n, sa], [rb, _, sb]) = (sizes(a), sizes(b));
            // The second summand begins behind the first on every bond between cores; the ends have one value for both.
            let (row, column) = (if mode == 0 { 0 } else { ra }, if mode == last { 0 } else { sa });
            let mut core = Tensor::filled(&[row + rb, n, column + sb], <T as Real>::ZERO)?;
            let width = column + sb;
            for (part, s, row, column) in [(a, sa, 0, 0), (b, sb, row, column)] {
                for (place, &x) in part.data().iter().enumerate() {
                    core.data_mut()[(place / s + row * n) * width + place % s + column] += x;
                }
            }
            Ok(core)
        });
        Self::new(cores.collect::<Result<_, DecompError>>()?)
    }

    /// The product of two tensors element by element; ranks multiply.
    ///
    /// # Errors
    /// [`DecompError::Mismatch`] for another shape.
    pub fn hadamard(&self, other: &Self) -> Result<Self, DecompError> {
        self.same_shape(other)?;
        let cores = self.cores().iter().zip(other.cores()).map(|(a, b)| {
            let ([ra, n, sa], [rb, _, sb]) = (sizes(a), sizes(b));
            Ok(Tensor::from_fn(&[ra * rb, n, sa * sb], |index| {
                let [left, i, right] = [index[0], index[1], index[2]];
                let x = a.data()[(left / rb * n + i) * sa + right / sb];
                x * b.data()[(left % rb * n + i) * sb + right % sb]
            })?)
        });
        Self::new(cores.collect::<Result<_, DecompError>>()?)
    }

    /// The sum of the products of all elements.
    ///
    /// # Errors
    /// [`DecompError::Mismatch`] for another shape.
    /// # Cost
    /// About `4 n r^3` operations a mode.
    pub fn dot(&self, other: &Self) -> Result<f64, DecompError> {
        self.same_shape(other)?;
        let mut shared = Tensor::filled(&[1, 1], <T as Real>::ONE)?;
        for (a, b) in self.cores().iter().zip(other.cores()) {
            let ([ra, n, sa], [rb, _, sb]) = (sizes(a), sizes(b));
            let flat = reshaped(b.clone(), &[rb, n * sb])?;
            let image = reshaped(multiply(&shared.view(), &flat.view())?, &[ra * n, sb])?;
            let tall = reshaped(a.clone(), &[ra * n, sa])?;
            shared = multiply(&tall.view().permuted(&[1, 0])?, &image.view())?;
        }
        Ok(shared.data().first().map_or(0.0, |x| x.to_f64()))
    }

    /// The Frobenius norm.
    ///
    /// # Errors
    /// [`DecompError::Shape`] if a product on the way cannot be held.
    pub fn norm(&self) -> Result<f64, DecompError> {
        Ok(self.dot(self)?.max(0.0).sqrt())
    }

    fn same_shape(&self, other: &Self) -> Result<(), DecompError> {
        if self.shape() == other.shape() {
            return Ok(());
        }
        let (expected, found) = (self.shape(), other.shape());
        Err(DecompError::Mismatch { what: "the other train".to_owned(), expected, found })
    }
}

fn sizes<T>(core: &Tensor<T>) -> [usize; 3] {
    [core.shape()[0], core.shape()[1], core.shape()[2]]
}
