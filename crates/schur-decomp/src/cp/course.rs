//! Sweeps over all modes until the error settles, with or without extrapolation.

use schur_tensor::Tensor;

use super::sweep::{Solver, State, Sweep};
use crate::fit::{Course, End, Observer};
use crate::{DecompError, Scalar};

/// What is done beside plain alternation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Acceleration {
    /// Nothing.
    None,
    /// Factors go on in the direction of their last change, as long as the error falls.
    ///
    /// A sweep after which the error is larger is undone and repeated without; so the error never rises.
    ///
    /// Source: Ang, Cohen, Gillis and Le, "Accelerating block coordinate descent for nonnegative tensor factorization",
    /// 2021, algorithm 3, with this safeguard in place of its restarts.
    #[default]
    Extrapolation,
}

/// The step of an extrapolation, in parts of the last change.
struct Momentum {
    now: f64,
    most: f64,
}

impl Momentum {
    const FIRST: f64 = 0.5;
    const GROWTH: f64 = 1.05;
    const GROWTH_OF_MOST: f64 = 1.01;
    const DECAY: f64 = 1.5;

    fn grow(&mut self) {
        self.now = self.most.min(Self::GROWTH * self.now);
        self.most = (Self::GROWTH_OF_MOST * self.most).min(1.0);
    }

    fn shrink(&mut self) {
        self.most = self.now;
        self.now /= Self::DECAY;
    }
}

/// Runs sweeps until the course ends; the sweep is left at the best model found.
pub(crate) fn run<T: Scalar>(
    sweep: &mut Sweep<'_, T>,
    solver: &mut dyn Solver,
    course: &mut Course,
    (acceleration, nonnegative): (Acceleration, bool),
    observer: Observer<'_>,
) -> Result<End, DecompError> {
    let last = sweep.order() - 1;
    let mut momentum = Momentum { now: Momentum::FIRST, most: 1.0 };
    let mut best: Option<(State<T>, f64)> = None;
    loop {
        let before = best.as_ref().filter(|_| acceleration != Acceleration::None);
        for mode in 0..=last {
            sweep.step(mode, solver)?;
            if let Some((state, _)) = before.filter(|_| mode < last) {
                let further = further(&sweep.factors()[mode], &state.0[mode], momentum.now, nonnegative);
                sweep.set(mode, further)?;
            }
        }
        let mut error = sweep.relative_error()?;
        if let Some((state, least)) = before {
            if error > *least {
                momentum.shrink();
                sweep.restore(state)?;
                for mode in 0..=last {
                    sweep.step(mode, solver)?;
                }
                error = sweep.relative_error()?;
            } else {
                momentum.grow();
            }
        }
        if let Some(end) = course.step(error, observer) {
            return Ok(end);
        }
        if acceleration != Acceleration::None {
            let state = sweep.state();
            if let Some((old, _)) = &best {
                let further = further(&sweep.factors()[last], &old.0[last], momentum.now, nonnegative);
                sweep.set(last, further)?;
            }
            best = Some((state, error));
        }
    }
}

/// `new + step * (new - old)`.
fn further<T: Scalar>(new: &Tensor<T>, old: &Tensor<T>, step: f64, nonnegative: bool) -> Tensor<T> {
    let mut result = new.clone();
    for (x, &before) in result.data_mut().iter_mut().zip(old.data()) {
        let moved = x.to_f64() + step * (x.to_f64() - before.to_f64());
        *x = T::from_f64(if nonnegative { moved.max(0.0) } else { moved });
    }
    result
}
