//! What a model is charged for an element.

/// A loss of one element `x` given the model's value `m`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Loss {
    /// `(x - m)^2 / 2`.
    #[default]
    Gaussian,
    /// Counts of mean `m`: `m - x log m`. Factors stay nonnegative.
    Poisson,
    /// Zeros and ones, or numbers between, of log-odds `m`: `log(1 + e^m) - x m`.
    Bernoulli,
    /// `(x - m)^2 / 2` up to this distance, and on along the tangent: outliers count less.
    Huber(f64),
}

/// Means below this count as this, for the logarithm.
const LEAST_MEAN: f64 = 1e-10;

impl Loss {
    /// Whether the model must not be negative.
    pub(super) const fn is_bounded(self) -> bool {
        matches!(self, Self::Poisson)
    }

    /// Whether an element is one that the loss is made for.
    pub(super) fn takes(self, x: f64) -> bool {
        match self {
            Self::Gaussian | Self::Huber(_) => true,
            Self::Poisson => x >= 0.0,
            Self::Bernoulli => (0.0..=1.0).contains(&x),
        }
    }

    /// The loss less the least that any model could have at this element.
    pub(super) fn excess(self, x: f64, m: f64) -> f64 {
        match self {
            Self::Gaussian => 0.5 * (x - m) * (x - m),
            Self::Poisson => {
                let m = m + LEAST_MEAN;
                m - x + if x > 0.0 { x * (x / m).ln() } else { 0.0 }
            }
            Self::Bernoulli => {
                let entropy = |p: f64| if p > 0.0 { p * p.ln() } else { 0.0 };
                m.max(0.0) + (-m.abs()).exp().ln_1p() - x * m + entropy(x) + entropy(1.0 - x)
            }
            Self::Huber(width) => {
                let off = (x - m).abs();
                if off <= width { 0.5 * off * off } else { width * (off - 0.5 * width) }
            }
        }
    }

    /// The derivative by `m`.
    pub(super) fn slope(self, x: f64, m: f64) -> f64 {
        match self {
            Self::Gaussian => m - x,
            Self::Poisson => 1.0 - x / (m + LEAST_MEAN),
            Self::Bernoulli => 1.0 / (1.0 + (-m).exp()) - x,
            Self::Huber(width) => (m - x).clamp(-width, width),
        }
    }

    /// The best constant model of numbers with this mean, or a good one.
    pub(super) fn constant(self, mean: f64) -> f64 {
        match self {
            Self::Bernoulli => (mean.max(LEAST_MEAN) / (1.0 - mean).max(LEAST_MEAN)).ln(),
            _ => mean,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_differences_and_the_excess_is_never_negative() {
        for (loss, x) in [
            (Loss::Gaussian, 0.3),
            (Loss::Poisson, 3.0),
            (Loss::Poisson, 0.0),
            (Loss::Bernoulli, 1.0),
            (Loss::Bernoulli, 0.25),
            (Loss::Huber(0.5), 0.3),
        ] {
            for m in [0.2, 0.9, 2.5, 40.0] {
                let step = 1e-6;
                let difference = (loss.excess(x, m + step) - loss.excess(x, m - step)) / (2.0 * step);
                assert!((difference - loss.slope(x, m)).abs() < 1e-6, "{loss:?} {x} {m}");
                assert!(loss.excess(x, m) >= -1e-12);
            }
            let best = if loss == Loss::Bernoulli { loss.constant(x) } else { x };
            assert!(loss.excess(x, best) < 1e-8, "{loss:?} {x}");
        }
        assert!(Loss::Bernoulli.excess(0.0, -800.0).is_finite() && Loss::Bernoulli.slope(0.0, -800.0).is_finite());
    }
}
