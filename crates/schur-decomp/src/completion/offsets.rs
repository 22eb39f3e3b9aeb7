//! Additive main effects: a mean and one number for each index of each mode.

use super::rows::{self, Penalty};
use super::{CompletionOptions, Observed};

/// `mean + effects[0][i_0] + effects[1][i_1] + ...`
#[derive(Debug, Clone, PartialEq)]
pub struct MainEffects {
    /// The mean of all observations.
    pub mean: f64,
    /// One number for each index of each mode.
    pub effects: Vec<Vec<f64>>,
}

impl MainEffects {
    /// Begins with the mean, and with no effects.
    pub(super) fn new(observed: &Observed) -> Self {
        let mean = observed.values().iter().sum::<f64>() / observed.len().max(1) as f64;
        Self { mean, effects: observed.shape().iter().map(|&size| vec![0.0; size]).collect() }
    }

    /// The sum at a multi-index inside the shape.
    pub(super) fn at(&self, index: impl Fn(usize) -> usize) -> f64 {
        self.effects.iter().enumerate().fold(self.mean, |sum, (mode, effects)| sum + effects[index(mode)])
    }

    /// Fits each mode's effects once to what the others and a model leave.
    pub(super) fn sweep(&mut self, observed: &Observed, model: &[f64], options: &CompletionOptions) {
        for mode in 0..self.effects.len() {
            let smoothness = options.offset_smoothness.get(mode).copied().unwrap_or(0.0);
            let penalty = Penalty { ridge: options.offset_ridge, smoothness, nonnegative: false };
            let mut own = std::mem::take(&mut self.effects[mode]);
            let others = |element: usize| {
                let modes = self.effects.iter().enumerate().filter(|(other, _)| *other != mode);
                modes.fold(self.mean, |sum, (other, effects)| sum + effects[observed.index(other, element)])
            };
            let target = |element: usize| observed.values()[element] - model[element] - others(element);
            rows::fit((observed, mode), 1, penalty, |_, z| z[0] = 1.0, &target, &mut own);
            self.effects[mode] = own;
        }
    }
}
