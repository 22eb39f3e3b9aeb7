//! Slots in the clear, exact up to rounding: the machine to test programs on.

use std::convert::Infallible;

use super::SlotMachine;

/// A machine whose vectors are plain numbers.
#[derive(Debug, Clone)]
pub struct PlainMachine {
    slots: usize,
}

impl PlainMachine {
    /// A machine whose vectors have so many slots.
    pub const fn new(slots: usize) -> Self {
        Self { slots }
    }
}

/// Combines two vectors slot by slot.
pub(super) fn zip(a: &[f64], b: &[f64], combine: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    a.iter().zip(b).map(|(&a, &b)| combine(a, b)).collect()
}

/// Rotates to the left; an empty vector stays empty.
pub(super) fn rotated(a: &[f64], left: usize) -> Vec<f64> {
    let mut a = a.to_vec();
    let len = a.len().max(1);
    a.rotate_left(left % len);
    a
}

impl SlotMachine for PlainMachine {
    type Vector = Vec<f64>;
    type Error = Infallible;

    fn slots(&self) -> usize {
        self.slots
    }

    fn encrypt(&mut self, numbers: &[f64]) -> Result<Vec<f64>, Infallible> {
        Ok(numbers.to_vec())
    }

    fn decrypt(&mut self, vector: &Vec<f64>) -> Result<Vec<f64>, Infallible> {
        Ok(vector.clone())
    }

    fn add(&mut self, a: &Vec<f64>, b: &Vec<f64>) -> Result<Vec<f64>, Infallible> {
        Ok(zip(a, b, |a, b| a + b))
    }

    fn multiply(&mut self, a: &Vec<f64>, b: &Vec<f64>) -> Result<Vec<f64>, Infallible> {
        Ok(zip(a, b, |a, b| a * b))
    }

    fn multiply_plain(&mut self, a: &Vec<f64>, numbers: &[f64]) -> Result<Vec<f64>, Infallible> {
        Ok(zip(a, numbers, |a, b| a * b))
    }

    fn rotate(&mut self, a: &Vec<f64>, left: usize) -> Result<Vec<f64>, Infallible> {
        Ok(rotated(a, left))
    }
}
