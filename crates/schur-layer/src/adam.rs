//! Training: the optimiser Adam.

use schur_tensor::semiring::Scalar;

use crate::LayerError;
use crate::linear::check;

/// Steps along averaged gradients, each parameter's divided by the root of its averaged square.
///
/// # Source
/// Kingma, Ba: Adam: a method for stochastic optimization (1412.6980), algorithm 1, with its constants.
/// # Examples
/// ```
/// let (mut x, mut adam) = ([4.0], schur_layer::Adam::new(1, 0.1));
/// for _ in 0..200 {
///     let slope = [2.0 * (x[0] - 3.0)];
///     adam.step(&mut x, &slope)?;
/// }
/// assert!((x[0] - 3.0_f64).abs() < 1e-2);
/// # Ok::<(), schur_layer::LayerError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Adam {
    /// The length of a step where the gradient is steady.
    pub rate: f64,
    means: Vec<f64>,
    squares: Vec<f64>,
    steps: i32,
}

/// How much of the averages a step keeps, and what keeps a division from zero.
const KEPT_MEAN: f64 = 0.9;
const KEPT_SQUARE: f64 = 0.999;
const SMALL: f64 = 1e-8;

impl Adam {
    /// An optimiser of `len` parameters.
    pub fn new(len: usize, rate: f64) -> Self {
        Self { rate, means: vec![0.0; len], squares: vec![0.0; len], steps: 0 }
    }

    /// Moves the parameters against the gradient.
    ///
    /// # Errors
    /// [`LayerError::Length`].
    pub fn step<T: Scalar>(&mut self, parameters: &mut [T], gradient: &[T]) -> Result<(), LayerError> {
        check("the parameters", parameters.len(), self.means.len())?;
        check("the gradient", gradient.len(), self.means.len())?;
        self.steps = self.steps.saturating_add(1);
        let [mean_scale, square_scale] = [KEPT_MEAN, KEPT_SQUARE].map(|kept| 1.0 / (1.0 - kept.powi(self.steps)));
        for (place, parameter) in parameters.iter_mut().enumerate() {
            let slope = gradient[place].to_f64();
            let (mean, square) = (&mut self.means[place], &mut self.squares[place]);
            *mean = KEPT_MEAN * *mean + (1.0 - KEPT_MEAN) * slope;
            *square = KEPT_SQUARE * *square + (1.0 - KEPT_SQUARE) * slope * slope;
            let step = self.rate * *mean * mean_scale / ((*square * square_scale).sqrt() + SMALL);
            *parameter = T::from_f64(parameter.to_f64() - step);
        }
        Ok(())
    }
}
