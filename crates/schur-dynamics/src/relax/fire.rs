//! FIRE: dynamics that are stopped whenever they run uphill.
//!
//! # Source
//! Bitzek, Koskinen, Gähler, Moseler and Gumbsch, "Structural relaxation made simple", Phys. Rev. Lett. 97, 170201
//! (2006), with unit masses and ASE's parameters.

use super::dot;

const INITIAL_STEP: f64 = 0.1;
const LARGEST_STEP: f64 = 1.0;
const STEPS_BEFORE_GROWTH: u32 = 5;
const GROWTH: f64 = 1.1;
const SHRINKAGE: f64 = 0.5;
const INITIAL_MIXING: f64 = 0.1;
const MIXING_DECAY: f64 = 0.99;

#[derive(Debug, Clone)]
pub(super) struct Fire {
    longest: f64,
    velocities: Vec<[f64; 3]>,
    time_step: f64,
    mixing: f64,
    downhill: u32,
}

impl Fire {
    pub(super) fn new(longest: f64) -> Self {
        Self { longest, velocities: Vec::new(), time_step: INITIAL_STEP, mixing: INITIAL_MIXING, downhill: 0 }
    }

    /// The step from a point where the forces are `forces`.
    pub(super) fn displacement(&mut self, forces: &[[f64; 3]]) -> Vec<[f64; 3]> {
        if self.velocities.is_empty() {
            self.velocities = vec![[0.0; 3]; forces.len()];
        } else {
            self.steer(forces);
        }
        for (v, f) in self.velocities.as_flattened_mut().iter_mut().zip(forces.as_flattened()) {
            *v += self.time_step * f;
        }
        let mut step: Vec<[f64; 3]> = self.velocities.iter().map(|v| v.map(|x| self.time_step * x)).collect();
        let length = dot(&step, &step).sqrt();
        if length > self.longest {
            let factor = self.longest / length;
            step.as_flattened_mut().iter_mut().for_each(|x| *x *= factor);
        }
        step
    }

    fn steer(&mut self, forces: &[[f64; 3]]) {
        let power = dot(forces, &self.velocities);
        if power <= 0.0 {
            self.velocities.fill([0.0; 3]);
            self.mixing = INITIAL_MIXING;
            self.time_step *= SHRINKAGE;
            self.downhill = 0;
            return;
        }
        let speed = dot(&self.velocities, &self.velocities).sqrt();
        let along = self.mixing * speed / dot(forces, forces).sqrt();
        for (v, f) in self.velocities.as_flattened_mut().iter_mut().zip(forces.as_flattened()) {
            *v = (1.0 - self.mixing) * *v + along * f;
        }
        if self.downhill > STEPS_BEFORE_GROWTH {
            self.time_step = (self.time_step * GROWTH).min(LARGEST_STEP);
            self.mixing *= MIXING_DECAY;
        }
        self.downhill += 1;
    }
}
