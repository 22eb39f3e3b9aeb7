//! What a fit says of itself, and how its caller watches it.

use std::fmt;
use std::ops::ControlFlow;

/// What every fit returns beside its factors.
///
/// `relative_error` is computed from the factors returned, not carried along from the last step:
/// `|data - model| / |data|`, Frobenius norms over the elements that are known (all of a dense tensor, zeros of a sparse
/// one included, the observed ones of a masked one).
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// `|data - model| / |data|` over what is known.
    pub relative_error: f64,
    /// The relative error after each iteration.
    pub history: Vec<f64>,
    /// Iterations done.
    pub iterations: usize,
    /// Why it ended.
    pub end: End,
    /// What the caller should know before trusting the factors.
    pub warnings: Vec<Warning>,
    /// The most memory held beside data and result, in bytes.
    pub workspace_bytes: u64,
}

/// Why an iteration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// The error changed less than asked.
    Converged,
    /// The iterations allowed are done.
    Iterations,
    /// The caller said stop.
    Stopped,
    /// The method does not iterate.
    Direct,
}

/// What makes factors less trustworthy than their error.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Warning {
    /// Components grow against each other: `|cos|` of the angle between two rank-one terms is near one, of opposite sign.
    Degenerate {
        /// The two components.
        components: [usize; 2],
        /// The cosine of the angle between them.
        congruence: f64,
        /// The sum of the components' norms over the norm of the model.
        swelling: f64,
    },
    /// A Gram matrix was singular to working precision; a pseudo-inverse stood in for its inverse.
    Singular {
        /// The mode whose factor was solved for.
        mode: usize,
        /// Its reciprocal condition number.
        reciprocal_condition: f64,
    },
    /// The iterations ran out before the error settled.
    NotConverged {
        /// The last change of the relative error.
        change: f64,
        /// The change asked for.
        tolerance: f64,
    },
    /// A component vanished.
    Dead {
        /// The component.
        component: usize,
    },
    /// Half of the digits are lost: the tolerance is below what the method can see.
    Precision {
        /// The tolerance asked for.
        tolerance: f64,
        /// What the method can see.
        floor: f64,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Degenerate { components: [a, b], congruence, swelling } => write!(
                f,
                "components {a} and {b} cancel each other (cosine {congruence:.4}, norms {swelling:.1} times the model's): \
                 the tensor may have no best approximation of this rank; take a lower rank, nonnegative factors or a \
                 sensitivity bound"
            ),
            Self::Singular { mode, reciprocal_condition } => write!(
                f,
                "the equations of mode {mode} are singular (reciprocal condition {reciprocal_condition:.1e}): some \
                 components are dependent; take a lower rank"
            ),
            Self::NotConverged { change, tolerance } => write!(
                f,
                "the error still changed by {change:.1e} in the last iteration, more than {tolerance:.1e}: allow more \
                 iterations"
            ),
            Self::Dead { component } => write!(f, "component {component} vanished: take a lower rank or another seed"),
            Self::Precision { tolerance, floor } => write!(
                f,
                "a tolerance of {tolerance:.1e} is below the {floor:.1e} that Gram matrices can see: use the QR variant"
            ),
        }
    }
}

/// How far an iteration has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Iterations done.
    pub iteration: usize,
    /// Iterations allowed.
    pub iterations: usize,
    /// The relative error now.
    pub relative_error: f64,
}

/// Called after each iteration; [`ControlFlow::Break`] ends the fit with what it has.
pub type Observer<'a> = &'a mut dyn FnMut(&Progress) -> ControlFlow<()>;

/// An observer that lets a fit run to its end.
pub fn unobserved(_: &Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// When an iteration ends by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stopping {
    /// Iterations allowed, one or more.
    pub iterations: usize,
    /// It has converged when the relative error changes by less than this in one iteration; zero never.
    pub tolerance: f64,
}

impl Default for Stopping {
    fn default() -> Self {
        Self { iterations: 200, tolerance: 1e-8 }
    }
}

/// Keeps the history of an iteration and decides when it ends.
#[derive(Debug, Clone)]
pub struct Course {
    stopping: Stopping,
    history: Vec<f64>,
}

impl Course {
    /// Begins an iteration.
    pub const fn new(stopping: Stopping) -> Self {
        Self { stopping, history: Vec::new() }
    }

    /// Notes the error after one more iteration and says whether, and why, to end.
    pub fn step(&mut self, relative_error: f64, observer: Observer<'_>) -> Option<End> {
        let before = self.history.last().copied();
        self.history.push(relative_error);
        let Stopping { iterations, tolerance } = self.stopping;
        let progress = Progress { iteration: self.history.len(), iterations, relative_error };
        if observer(&progress).is_break() {
            return Some(End::Stopped);
        }
        if before.is_some_and(|before| (before - relative_error).abs() < tolerance) {
            return Some(End::Converged);
        }
        (self.history.len() >= iterations).then_some(End::Iterations)
    }

    /// Iterations done.
    pub const fn iterations(&self) -> usize {
        self.history.len()
    }

    /// Makes the report; `relative_error` is that of the factors returned.
    pub fn finish(self, end: End, relative_error: f64, mut warnings: Vec<Warning>, workspace_bytes: u64) -> Fit {
        let change = match self.history[..] {
            [.., before, last] => (before - last).abs(),
            _ => f64::INFINITY,
        };
        let tolerance = self.stopping.tolerance;
        if end == End::Iterations && tolerance > 0.0 && change >= tolerance {
            warnings.push(Warning::NotConverged { change, tolerance });
        }
        let iterations = self.history.len();
        Fit { relative_error, history: self.history, iterations, end, warnings, workspace_bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_iteration_ends_for_the_first_reason_there_is() {
        let mut course = Course::new(Stopping { iterations: 3, tolerance: 0.1 });
        assert_eq!(course.step(1.0, &mut unobserved), None);
        assert_eq!(course.step(0.5, &mut unobserved), None);
        assert_eq!(course.clone().step(0.45, &mut unobserved), Some(End::Converged));
        assert_eq!(course.clone().step(0.45, &mut |_| ControlFlow::Break(())), Some(End::Stopped));
        assert_eq!(course.step(0.3, &mut unobserved), Some(End::Iterations));
        let fit = course.finish(End::Iterations, 0.3, Vec::new(), 0);
        assert!(matches!(fit.warnings[..], [Warning::NotConverged { .. }]), "{fit:?}");
        assert_eq!((fit.iterations, fit.history), (3, vec![1.0, 0.5, 0.3]));
    }
}
