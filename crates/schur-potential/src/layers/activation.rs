//! Functions of one number that stand between dense layers.

use serde::{Deserialize, Serialize};

use schur_tensor::sigmoid;

/// A function of one number between dense layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Activation {
    /// $x \sigma(x)$.
    #[default]
    Silu,
    /// $\ln(1 + e^x) - \ln 2$.
    ShiftedSoftplus,
    /// $\tanh x$.
    Tanh,
    /// $\sigma(x) = 1 / (1 + e^{-x})$.
    Sigmoid,
    /// $x \tanh \ln(1 + e^x)$.
    Mish,
}

impl Activation {
    /// The value and its derivative.
    pub(crate) fn evaluate(self, x: f64) -> (f64, f64) {
        let share = sigmoid(x);
        match self {
            Self::Silu => (x * share, share * (1.0 + x * (1.0 - share))),
            Self::ShiftedSoftplus => (softplus(x) - std::f64::consts::LN_2, share),
            Self::Tanh => {
                let value = x.tanh();
                (value, 1.0 - value * value)
            }
            Self::Sigmoid => (share, share * (1.0 - share)),
            Self::Mish => {
                let factor = softplus(x).tanh();
                (x * factor, factor + x * (1.0 - factor * factor) * share)
            }
        }
    }
}

/// $\ln(1 + e^x)$ without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_match_their_definitions_and_slopes_differences() {
        use Activation::{Mish, ShiftedSoftplus, Sigmoid, Silu, Tanh};
        for x in [-30.0, -2.1, -0.3, 0.0, 0.7, 3.4, 30.0_f64] {
            let soft = (1.0 + x.exp()).ln();
            let sigma = 1.0 / (1.0 + (-x).exp());
            let all = [
                (Silu, x * sigma),
                (ShiftedSoftplus, soft - 2f64.ln()),
                (Tanh, x.tanh()),
                (Sigmoid, sigma),
                (Mish, x * soft.tanh()),
            ];
            for (activation, expected) in all {
                let (value, slope) = activation.evaluate(x);
                assert!((value - expected).abs() < 1e-12, "{activation:?} at {x}: {value} {expected}");
                let h = 1e-5;
                let difference = (activation.evaluate(x + h).0 - activation.evaluate(x - h).0) / (2.0 * h);
                assert!((slope - difference).abs() < 1e-8, "{activation:?} at {x}: {slope} {difference}");
            }
        }
    }
}
