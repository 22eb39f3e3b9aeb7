//! Limited-memory BFGS without a line search.
//!
//! # Source
//! Nocedal and Wright, "Numerical Optimization", 2nd ed., algorithm 7.4; memory, initial curvature and longest step as
//! in ASE's `LBFGS`. Added here: a pair of negative or vanishing curvature is not remembered, and a rise of the energy
//! empties the memory, so that the next step goes down the gradient.

use std::collections::VecDeque;

use super::{dot, largest_row};

/// Steps remembered.
const MEMORY: usize = 100;
/// Curvature assumed before anything is known, in eV/Å^2.
const INITIAL_CURVATURE: f64 = 70.0;
/// Curvature along a step below which it teaches nothing, in eV/Å^2; a thousandth of a soft bond's.
const SMALLEST_CURVATURE: f64 = 1e-3;
/// Rise of the energy (eV per coordinate row) that is no rounding of a single-precision model.
const SMALLEST_RISE: f64 = 1e-6;

#[derive(Debug, Clone)]
pub(super) struct Lbfgs {
    longest: f64,
    memory: VecDeque<Pair>,
    previous: Option<Point>,
}

/// A step taken and the change of the gradient along it.
#[derive(Debug, Clone)]
struct Pair {
    step: Vec<[f64; 3]>,
    change: Vec<[f64; 3]>,
    inverse_curvature: f64,
}

#[derive(Debug, Clone)]
struct Point {
    coordinates: Vec<[f64; 3]>,
    forces: Vec<[f64; 3]>,
    objective: f64,
}

impl Lbfgs {
    pub(super) fn new(longest: f64) -> Self {
        Self { longest, memory: VecDeque::new(), previous: None }
    }

    /// The step from `coordinates`, where the forces are `forces`.
    pub(super) fn displacement(
        &mut self,
        coordinates: &[[f64; 3]],
        forces: &[[f64; 3]],
        objective: f64,
    ) -> Vec<[f64; 3]> {
        if let Some(previous) = self.previous.take() {
            if objective > previous.objective + SMALLEST_RISE * coordinates.len() as f64 {
                self.memory.clear();
            } else {
                self.remember(&previous, coordinates, forces);
            }
        }
        self.previous = Some(Point { coordinates: coordinates.to_vec(), forces: forces.to_vec(), objective });
        let mut step = self.newton_step(forces);
        if dot(&step, forces) <= 0.0 {
            self.memory.clear();
            step = self.newton_step(forces);
        }
        let longest = largest_row(&step);
        if longest > self.longest {
            let factor = self.longest / longest;
            step.as_flattened_mut().iter_mut().for_each(|x| *x *= factor);
        }
        step
    }

    fn remember(&mut self, previous: &Point, coordinates: &[[f64; 3]], forces: &[[f64; 3]]) {
        let step = difference(coordinates, &previous.coordinates);
        let change = difference(&previous.forces, forces);
        let curvature = dot(&step, &change);
        if curvature.is_nan() || curvature <= SMALLEST_CURVATURE * dot(&step, &step) {
            return;
        }
        if self.memory.len() == MEMORY {
            self.memory.pop_front();
        }
        self.memory.push_back(Pair { step, change, inverse_curvature: 1.0 / curvature });
    }

    /// The two-loop recursion.
    fn newton_step(&self, forces: &[[f64; 3]]) -> Vec<[f64; 3]> {
        let mut q = forces.to_vec();
        let mut shares = Vec::with_capacity(self.memory.len());
        for pair in self.memory.iter().rev() {
            let share = pair.inverse_curvature * dot(&pair.step, &q);
            add(&mut q, -share, &pair.change);
            shares.push(share);
        }
        q.as_flattened_mut().iter_mut().for_each(|x| *x /= INITIAL_CURVATURE);
        for (pair, share) in self.memory.iter().zip(shares.into_iter().rev()) {
            let back = pair.inverse_curvature * dot(&pair.change, &q);
            add(&mut q, share - back, &pair.step);
        }
        q
    }
}

fn difference(a: &[[f64; 3]], b: &[[f64; 3]]) -> Vec<[f64; 3]> {
    a.iter().zip(b).map(|(a, b)| [a[0] - b[0], a[1] - b[1], a[2] - b[2]]).collect()
}

fn add(to: &mut [[f64; 3]], factor: f64, rows: &[[f64; 3]]) {
    for (x, y) in to.as_flattened_mut().iter_mut().zip(rows.as_flattened()) {
        *x += factor * y;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A quadratic bowl in six coordinates: BFGS must reach the bottom in about as many steps.
    #[test]
    fn finds_the_bottom_of_a_bowl() {
        let curvatures = [[1.0, 5.0, 20.0], [40.0, 70.0, 100.0]];
        let force = |x: &[[f64; 3]]| -> Vec<[f64; 3]> {
            (0..2).map(|i| std::array::from_fn(|a| -curvatures[i][a] * x[i][a])).collect()
        };
        let mut x = vec![[0.3, -0.2, 0.1], [0.05, 0.2, -0.1]];
        let mut lbfgs = Lbfgs::new(0.2);
        for _ in 0..40 {
            let f = force(&x);
            let energy = -0.5 * dot(&x, &f);
            let step = lbfgs.displacement(&x, &f, energy);
            add(&mut x, 1.0, &step);
        }
        assert!(largest_row(&force(&x)) < 1e-8, "{x:?}");
    }

    /// What was learned on the way up is forgotten: the next step goes down the gradient.
    #[test]
    fn a_rise_of_the_energy_starts_afresh() {
        let mut lbfgs = Lbfgs::new(0.2);
        lbfgs.displacement(&[[0.0; 3]], &[[1.0, 0.5, 0.0]], 0.0);
        lbfgs.displacement(&[[0.1, 0.0, 0.0]], &[[0.2, 0.6, 0.0]], -0.1);
        let learned = lbfgs.displacement(&[[0.1, 0.1, 0.0]], &[[0.3, 0.1, 0.0]], -0.2);
        assert!((learned[0][0] - 0.3 / INITIAL_CURVATURE).abs() > 1e-3);
        let fresh = lbfgs.displacement(&[[0.2, 0.1, 0.0]], &[[-2.0, 0.1, 0.0]], 0.5);
        assert_eq!(fresh, [[-2.0 / INITIAL_CURVATURE, 0.1 / INITIAL_CURVATURE, 0.0]]);
    }

    /// A step along which the force grows teaches nothing.
    #[test]
    fn negative_curvature_is_not_remembered() {
        let mut lbfgs = Lbfgs::new(0.2);
        lbfgs.displacement(&[[0.0; 3]], &[[1.0, 0.0, 10.0]], 0.0);
        let next = lbfgs.displacement(&[[0.1, 0.0, 0.0]], &[[2.0, 0.0, 10.0]], -0.1);
        assert_eq!(next, [[2.0 / INITIAL_CURVATURE, 0.0, 10.0 / INITIAL_CURVATURE]]);
    }
}
