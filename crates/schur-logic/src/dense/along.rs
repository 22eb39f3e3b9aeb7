//! Functions along one axis of a tensor, and their reverse passes.

use schur_tensor::Tensor;

use crate::parse::tree::Along;

/// Added to the variance of a layer norm, so that equal numbers have one: the value of the common frameworks.
const LAYER_NORM_EPSILON: f64 = 1e-5;

impl Along {
    /// The function's values.
    pub(crate) fn value(self, axis: usize, input: &Tensor<f64>) -> Tensor<f64> {
        let mut result = input.clone();
        each_line(axis, input.shape(), |line| {
            let x: Vec<f64> = line.iter().map(|&at| input.data()[at]).collect();
            for (&at, y) in line.iter().zip(self.line(&x)) {
                result.data_mut()[at] = y;
            }
        });
        result
    }

    /// The derivative of the input, from that of the result.
    pub(crate) fn reverse(
        self,
        axis: usize,
        input: &Tensor<f64>,
        result: &Tensor<f64>,
        slope: &Tensor<f64>,
    ) -> Tensor<f64> {
        let mut reversed = input.clone();
        each_line(axis, input.shape(), |line| {
            let of = |tensor: &Tensor<f64>| -> Vec<f64> { line.iter().map(|&at| tensor.data()[at]).collect() };
            for (&at, g) in line.iter().zip(self.reverse_line(&of(input), &of(result), &of(slope))) {
                reversed.data_mut()[at] = g;
            }
        });
        reversed
    }

    fn line(self, x: &[f64]) -> Vec<f64> {
        match self {
            Self::Softmax => {
                let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let powers: Vec<f64> = x.iter().map(|x| (x - largest).exp()).collect();
                let sum: f64 = powers.iter().sum();
                powers.into_iter().map(|power| power / sum).collect()
            }
            Self::LogSoftmax => {
                let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let log_sum = x.iter().map(|x| (x - largest).exp()).sum::<f64>().ln() + largest;
                x.iter().map(|x| x - log_sum).collect()
            }
            Self::LayerNorm => {
                let mean = mean(x);
                let scale = deviation(x, mean).recip();
                x.iter().map(|x| (x - mean) * scale).collect()
            }
        }
    }

    fn reverse_line(self, x: &[f64], y: &[f64], g: &[f64]) -> Vec<f64> {
        match self {
            Self::Softmax => {
                let projected: f64 = y.iter().zip(g).map(|(y, g)| y * g).sum();
                y.iter().zip(g).map(|(y, g)| y * (g - projected)).collect()
            }
            Self::LogSoftmax => {
                let sum: f64 = g.iter().sum();
                y.iter().zip(g).map(|(y, g)| g - y.exp() * sum).collect()
            }
            Self::LayerNorm => {
                let scale = deviation(x, mean(x)).recip();
                let (shift, stretch) = (mean(g), y.iter().zip(g).map(|(y, g)| y * g).sum::<f64>() / y.len() as f64);
                y.iter().zip(g).map(|(y, g)| (g - shift - y * stretch) * scale).collect()
            }
        }
    }
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn deviation(x: &[f64], mean: f64) -> f64 {
    let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / x.len() as f64;
    (variance + LAYER_NORM_EPSILON).sqrt()
}

/// Calls `action` with the positions of the elements of every line along an axis.
fn each_line(axis: usize, shape: &[usize], mut action: impl FnMut(&[usize])) {
    let (size, stride): (usize, usize) = (shape[axis], shape[axis + 1..].iter().product());
    let before: usize = shape[..axis].iter().product();
    let mut line = vec![0; size];
    for outer in 0..before {
        for inner in 0..stride {
            for (step, at) in line.iter_mut().enumerate() {
                *at = (outer * size + step) * stride + inner;
            }
            action(&line);
        }
    }
}
