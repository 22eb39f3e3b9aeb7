//! Optimisers: gradient descent, and Adam.

use schur_tensor::Tensor;

use crate::parse::tree::Method;

/// Adam's decay of the running mean, of the running mean square, and what keeps the quotient finite.
const ADAM: (f64, f64, f64) = (0.9, 0.999, 1e-8);

/// What an optimiser remembers of one parameter.
#[derive(Debug, Clone, Default)]
struct Moments {
    first: Vec<f64>,
    second: Vec<f64>,
}

/// An optimiser of a list of parameters.
///
/// # Source
/// D. Kingma, J. Ba, *Adam: A Method for Stochastic Optimization*, 2015, algorithm 1.
#[derive(Debug, Clone)]
pub(crate) struct Optimizer {
    method: Method,
    rate: f64,
    steps: i32,
    moments: Vec<Moments>,
}

impl Optimizer {
    pub(crate) fn new(method: Method, rate: f64) -> Self {
        Self { method, rate, steps: 0, moments: Vec::new() }
    }

    /// Moves parameters against their gradients; both are in the same order at every step.
    pub(crate) fn step(&mut self, parameters: &mut [&mut Tensor<f64>], gradients: &[&Tensor<f64>]) {
        self.steps = self.steps.saturating_add(1);
        self.moments.resize(parameters.len(), Moments::default());
        for ((parameter, gradient), moments) in parameters.iter_mut().zip(gradients).zip(&mut self.moments) {
            let elements = parameter.data_mut().iter_mut().zip(gradient.data());
            match self.method {
                Method::GradientDescent => elements.for_each(|(x, g)| *x -= self.rate * g),
                Method::Adam => {
                    let (mean, square, epsilon) = ADAM;
                    // Both means begin at zero; these divisions undo that.
                    let (seen, seen_square) = (1.0 - mean.powi(self.steps), 1.0 - square.powi(self.steps));
                    moments.first.resize(gradient.data().len(), 0.0);
                    moments.second.resize(gradient.data().len(), 0.0);
                    for (((x, g), m), v) in elements.zip(&mut moments.first).zip(&mut moments.second) {
                        *m = mean * *m + (1.0 - mean) * g;
                        *v = square * *v + (1.0 - square) * g * g;
                        *x -= self.rate * (*m / seen) / ((*v / seen_square).sqrt() + epsilon);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first step of Adam is the rate against the sign of the gradient, whatever its size.
    #[test]
    fn first_steps_are_the_published_ones() {
        let gradient = Tensor::new(&[2], vec![1e-3, -40.0]).unwrap();
        for (method, expected) in [(Method::GradientDescent, [-1e-4, 4.0]), (Method::Adam, [-0.1, 0.1])] {
            let mut parameter = Tensor::filled(&[2], 0.0).unwrap();
            Optimizer::new(method, 0.1).step(&mut [&mut parameter], &[&gradient]);
            for (x, expected) in parameter.data().iter().zip(expected) {
                assert!((x - expected).abs() < 1e-5, "{method:?}: {x} {expected}");
            }
        }
    }
}
