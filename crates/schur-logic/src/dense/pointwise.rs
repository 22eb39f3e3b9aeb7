//! Functions of one number and their derivatives.

use crate::parse::tree::Pointwise;

impl Pointwise {
    /// The function's value.
    pub(crate) fn value(self, x: f64) -> f64 {
        match self {
            Self::Abs => x.abs(),
            Self::Cos => x.cos(),
            Self::Exp => x.exp(),
            Self::Log => x.ln(),
            Self::Relu => x.max(0.0),
            Self::Sigmoid => sigmoid(x),
            Self::Silu => x * sigmoid(x),
            Self::Sin => x.sin(),
            // Large arguments would overflow the exponential.
            Self::Softplus => x.max(0.0) + (-x.abs()).exp().ln_1p(),
            Self::Sqrt => x.sqrt(),
            Self::Step => f64::from(x > 0.0),
            Self::Tanh => x.tanh(),
        }
    }

    /// The derivative at `x`, where the value is `y`; at a kink, that of the side of smaller arguments.
    pub(crate) fn slope(self, x: f64, y: f64) -> f64 {
        match self {
            Self::Abs => x.signum(),
            Self::Cos => -x.sin(),
            Self::Exp => y,
            Self::Log => 1.0 / x,
            Self::Relu => f64::from(x > 0.0),
            Self::Sigmoid => y * (1.0 - y),
            Self::Silu => {
                let s = sigmoid(x);
                s + y * (1.0 - s)
            }
            Self::Sin => x.cos(),
            Self::Softplus => sigmoid(x),
            Self::Sqrt => 0.5 / y,
            Self::Step => 0.0,
            Self::Tanh => 1.0 - y * y,
        }
    }
}

/// $1 / (1 + e^{-x})$, without overflow on either side.
fn sigmoid(x: f64) -> f64 {
    let small = (-x.abs()).exp();
    if x >= 0.0 { 1.0 / (1.0 + small) } else { small / (1.0 + small) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_those_of_the_values() {
        use Pointwise::{Abs, Cos, Exp, Log, Relu, Sigmoid, Silu, Sin, Softplus, Sqrt, Step, Tanh};
        for function in [Abs, Cos, Exp, Log, Relu, Sigmoid, Silu, Sin, Softplus, Sqrt, Step, Tanh] {
            for x in [0.3, 0.9, 2.5, -0.7, -3.0] {
                if x < 0.0 && matches!(function, Log | Sqrt) {
                    continue;
                }
                let h = 1e-6;
                let difference = (function.value(x + h) - function.value(x - h)) / (2.0 * h);
                let slope = function.slope(x, function.value(x));
                assert!((slope - difference).abs() < 1e-8, "{function:?} at {x}: {slope} {difference}");
            }
        }
    }

    #[test]
    fn large_arguments_do_not_overflow() {
        for x in [1e3, -1e3] {
            assert!(Pointwise::Sigmoid.value(x).is_finite() && Pointwise::Softplus.value(x).is_finite());
        }
    }
}
