//! Minimisation of a smooth function of many variables, with or without a bound at zero.

use std::collections::VecDeque;

use crate::DecompError;

/// Pairs of changes that the curvature is learned from.
const MEMORY: usize = 10;
/// The share of the expected decrease that a step must bring.
const DECREASE: f64 = 1e-4;
/// Halvings of a step before it is given up.
const HALVINGS: usize = 40;

/// A function and its gradient, which it writes.
pub(super) type Function<'a> = &'a mut dyn FnMut(&[f64], &mut [f64]) -> Result<f64, DecompError>;

/// Where the minimisation stands.
pub(super) struct QuasiNewton {
    pub(super) point: Vec<f64>,
    pub(super) value: f64,
    gradient: Vec<f64>,
    /// Changes of the point and of the gradient.
    pairs: VecDeque<(Vec<f64>, Vec<f64>)>,
    bounded: bool,
}

impl QuasiNewton {
    /// Begins at a point; with a bound no variable gets negative.
    pub(super) fn new(point: Vec<f64>, bounded: bool, function: Function<'_>) -> Result<Self, DecompError> {
        let mut gradient = vec![0.0; point.len()];
        let value = function(&point, &mut gradient)?;
        Ok(Self { point, value, gradient, pairs: VecDeque::new(), bounded })
    }

    /// Whether a variable is held at the bound.
    fn is_held(&self, place: usize) -> bool {
        self.bounded && self.point[place] <= 0.0 && self.gradient[place] >= 0.0
    }

    /// Goes one step down; says whether there was one.
    ///
    /// Source: Nocedal and Wright, "Numerical optimization", 2006, algorithm 7.4; variables at the bound stay there while
    /// the gradient holds them, and a step is projected (Bertsekas, "Projected Newton methods", 1982).
    pub(super) fn step(&mut self, function: Function<'_>) -> Result<bool, DecompError> {
        let direction = self.direction();
        if self.descend(&direction, function)? {
            return Ok(true);
        }
        if self.pairs.is_empty() {
            return Ok(false);
        }
        // What was learned of the curvature is wrong here.
        self.pairs.clear();
        let direction = self.direction();
        self.descend(&direction, function)
    }

    fn direction(&self) -> Vec<f64> {
        let free = |place: usize, x: f64| if self.is_held(place) { 0.0 } else { x };
        let mut direction: Vec<f64> = self.gradient.iter().enumerate().map(|(i, &g)| free(i, -g)).collect();
        let mut shares = Vec::new();
        for (change, slope) in self.pairs.iter().rev() {
            let share = dot(change, &direction) / dot(change, slope);
            add(&mut direction, slope, -share);
            shares.push(share);
        }
        let scale = match self.pairs.back() {
            Some((change, slope)) => dot(change, slope) / dot(slope, slope),
            None => 1.0 / dot(&self.gradient, &self.gradient).sqrt().max(f64::MIN_POSITIVE),
        };
        direction.iter_mut().for_each(|x| *x *= scale);
        for ((change, slope), share) in self.pairs.iter().zip(shares.into_iter().rev()) {
            let back = dot(slope, &direction) / dot(change, slope);
            add(&mut direction, change, share - back);
        }
        direction.iter().enumerate().map(|(i, &x)| free(i, x)).collect()
    }

    fn descend(&mut self, direction: &[f64], function: Function<'_>) -> Result<bool, DecompError> {
        let mut length = 1.0;
        let mut gradient = vec![0.0; self.point.len()];
        for _ in 0..HALVINGS {
            let moved = |(&x, &d): (&f64, &f64)| {
                let x = x + length * d;
                if self.bounded { x.max(0.0) } else { x }
            };
            let point: Vec<f64> = self.point.iter().zip(direction).map(moved).collect();
            let change: Vec<f64> = point.iter().zip(&self.point).map(|(new, old)| new - old).collect();
            let expected = dot(&self.gradient, &change);
            if expected >= 0.0 {
                return Ok(false);
            }
            let value = function(&point, &mut gradient)?;
            if value <= self.value + DECREASE * expected {
                let slope: Vec<f64> = gradient.iter().zip(&self.gradient).map(|(new, old)| new - old).collect();
                let curvature = dot(&change, &slope);
                if curvature > f64::EPSILON * dot(&slope, &slope).sqrt() * dot(&change, &change).sqrt() {
                    if self.pairs.len() == MEMORY {
                        self.pairs.pop_front();
                    }
                    self.pairs.push_back((change, slope));
                }
                (self.point, self.value, self.gradient) = (point, value, gradient);
                return Ok(true);
            }
            length *= 0.5;
        }
        Ok(false)
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> u64 {
        (8 * self.point.len() * (2 * MEMORY + 6)) as u64
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn add(to: &mut [f64], numbers: &[f64], times: f64) {
    to.iter_mut().zip(numbers).for_each(|(x, y)| *x += times * y);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minimum(bounded: bool) -> Vec<f64> {
        // Rosenbrock's valley, moved so that its minimum is at (-1, 1).
        let mut valley = |p: &[f64], gradient: &mut [f64]| {
            let (a, b) = (1.0 + p[0], p[1] - p[0] * p[0]);
            gradient.copy_from_slice(&[2.0 * a - 400.0 * p[0] * b, 200.0 * b]);
            Ok(a * a + 100.0 * b * b)
        };
        let mut search = QuasiNewton::new(vec![1.2, 1.0], bounded, &mut valley).unwrap();
        for _ in 0..200 {
            if !search.step(&mut valley).unwrap() {
                break;
            }
        }
        search.point
    }

    #[test]
    fn a_curved_valley_is_followed_to_its_end_or_to_the_bound() {
        let free = minimum(false);
        assert!((free[0] + 1.0).abs() < 1e-6 && (free[1] - 1.0).abs() < 1e-6, "{free:?}");
        let bounded = minimum(true);
        assert!(bounded[0].abs() < 1e-6 && bounded[1].abs() < 1e-6, "{bounded:?}");
    }
}
