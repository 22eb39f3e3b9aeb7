//! Slots in the clear with the errors and the levels of CKKS, and a bound on what the errors have become.

use rand::Rng;
use thiserror::Error;

use super::SlotMachine;
use super::plain::{rotated, zip};

/// How far each operation may be off in a slot, in absolute terms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// Encryption.
    pub encryption: f64,
    /// Encoding of numbers that everybody may know.
    pub encoding: f64,
    /// The key switch of a rotation or of the product of two ciphertexts.
    pub key_switch: f64,
    /// The rescaling after any product.
    pub rescaling: f64,
}

impl Noise {
    /// The bounds of CKKS for a ring of degree `2^log_degree` and a scale of `2^log_scale`.
    ///
    /// With standard deviation $\sigma = 3.2$, secrets of Hamming weight $h = 64$ and a key-switching modulus as large
    /// as the ciphertext's: encryption $8\sqrt2\,\sigma N + 6\sigma\sqrt N + 16\sigma\sqrt{hN}$, rescaling
    /// $\sqrt{N/3}\,(3 + 8\sqrt h)$, key switch $8\sigma N/\sqrt3$ and a rescaling, rounding of plaintexts
    /// $3\sqrt{N/3}$, all divided by the scale.
    ///
    /// # Source
    /// Cheon, Kim, Kim, Song, *Homomorphic encryption for arithmetic of approximate numbers*, 2017, lemmas 1 to 3.
    /// # Examples
    /// ```
    /// let noise = schur_slots::Noise::ckks(15, 40);
    /// assert!(noise.encryption > noise.rescaling && noise.encryption < 1e-5);
    /// ```
    pub fn ckks(log_degree: i32, log_scale: i32) -> Self {
        const DEVIATION: f64 = 3.2;
        const WEIGHT: f64 = 64.0;
        let (degree, scale) = (2.0_f64.powi(log_degree), 2.0_f64.powi(log_scale));
        let rescaling = (degree / 3.0).sqrt() * (3.0 + 8.0 * WEIGHT.sqrt());
        let encryption = 8.0 * 2.0_f64.sqrt() * DEVIATION * degree
            + 6.0 * DEVIATION * degree.sqrt()
            + 16.0 * DEVIATION * (WEIGHT * degree).sqrt();
        let key_switch = 8.0 * DEVIATION * degree / 3.0_f64.sqrt() + rescaling;
        let encoding = 3.0 * (degree / 3.0).sqrt();
        Self {
            encryption: encryption / scale,
            encoding: encoding / scale,
            key_switch: key_switch / scale,
            rescaling: rescaling / scale,
        }
    }
}

/// Why the machine refuses.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NoisyError {
    /// No level is left for a product.
    #[error("a product needs one more level than the {levels} of the machine; bootstrap, or lower the depth")]
    Levels {
        /// Levels of a fresh vector.
        levels: usize,
    },
}

/// Numbers, and how far each may be from what exact arithmetic would give.
#[derive(Debug, Clone, PartialEq)]
pub struct NoisyVector {
    numbers: Vec<f64>,
    bounds: Vec<f64>,
    level: usize,
}

impl NoisyVector {
    /// For each slot, how far its number is at most from the exact one.
    pub fn bounds(&self) -> &[f64] {
        &self.bounds
    }

    /// How many more products the vector bears.
    pub const fn level(&self) -> usize {
        self.level
    }
}

/// A machine that errs as CKKS does: noise drawn from the given generator, and a limited depth.
///
/// It encrypts nothing. It shows what error a program ends with, and that the bound on it holds.
#[derive(Debug, Clone)]
pub struct NoisyMachine<R> {
    slots: usize,
    levels: usize,
    noise: Noise,
    generator: R,
}

impl<R: Rng> NoisyMachine<R> {
    /// A machine whose fresh vectors bear `levels` products one after the other.
    pub const fn new(slots: usize, levels: usize, noise: Noise, generator: R) -> Self {
        Self { slots, levels, noise, generator }
    }

    /// Adds noise, uniform within `size` for each slot.
    fn disturb(&mut self, numbers: &mut [f64], bounds: &mut [f64], size: f64) {
        for (number, bound) in numbers.iter_mut().zip(bounds) {
            // The upper 53 bits, as a number from -1 to 1.
            let unit = (self.generator.next_u64() >> 11) as f64 * f64::EPSILON - 1.0;
            *number += size * unit;
            *bound += size;
        }
    }

    fn product(&mut self, a: &NoisyVector, b: &NoisyVector, size: f64) -> Result<NoisyVector, NoisyError> {
        let level = a.level.min(b.level).checked_sub(1).ok_or(NoisyError::Levels { levels: self.levels })?;
        let mut numbers = zip(&a.numbers, &b.numbers, |a, b| a * b);
        // |ab - a'b'| with a' = a + x, b' = b + y is at most |a'| |y| + |b'| |x| + |x| |y|.
        let first = zip(&a.numbers, &b.bounds, |a, y| a.abs() * y);
        let second = zip(&b.numbers, &a.bounds, |b, x| b.abs() * x);
        let both = zip(&a.bounds, &b.bounds, |x, y| x * y);
        let mut bounds = zip(&zip(&first, &second, |u, v| u + v), &both, |u, v| u + v);
        self.disturb(&mut numbers, &mut bounds, size);
        Ok(NoisyVector { numbers, bounds, level })
    }
}

impl<R: Rng> SlotMachine for NoisyMachine<R> {
    type Vector = NoisyVector;
    type Error = NoisyError;

    fn slots(&self) -> usize {
        self.slots
    }

    fn encrypt(&mut self, numbers: &[f64]) -> Result<NoisyVector, NoisyError> {
        let (mut numbers, mut bounds) = (numbers.to_vec(), vec![0.0; numbers.len()]);
        let size = self.noise.encryption + self.noise.encoding;
        self.disturb(&mut numbers, &mut bounds, size);
        Ok(NoisyVector { numbers, bounds, level: self.levels })
    }

    fn decrypt(&mut self, vector: &NoisyVector) -> Result<Vec<f64>, NoisyError> {
        Ok(vector.numbers.clone())
    }

    fn add(&mut self, a: &NoisyVector, b: &NoisyVector) -> Result<NoisyVector, NoisyError> {
        let numbers = zip(&a.numbers, &b.numbers, |a, b| a + b);
        let bounds = zip(&a.bounds, &b.bounds, |a, b| a + b);
        Ok(NoisyVector { numbers, bounds, level: a.level.min(b.level) })
    }

    fn multiply(&mut self, a: &NoisyVector, b: &NoisyVector) -> Result<NoisyVector, NoisyError> {
        self.product(a, b, self.noise.key_switch + self.noise.rescaling)
    }

    fn multiply_plain(&mut self, a: &NoisyVector, numbers: &[f64]) -> Result<NoisyVector, NoisyError> {
        let (mut numbers, mut bounds) = (numbers.to_vec(), vec![0.0; numbers.len()]);
        let size = self.noise.encoding;
        self.disturb(&mut numbers, &mut bounds, size);
        let plain = NoisyVector { numbers, bounds, level: a.level };
        self.product(a, &plain, self.noise.rescaling)
    }

    fn rotate(&mut self, a: &NoisyVector, left: usize) -> Result<NoisyVector, NoisyError> {
        let (mut numbers, mut bounds) = (rotated(&a.numbers, left), rotated(&a.bounds, left));
        let size = if left.is_multiple_of(self.slots) { 0.0 } else { self.noise.key_switch };
        self.disturb(&mut numbers, &mut bounds, size);
        Ok(NoisyVector { numbers, bounds, level: a.level })
    }
}
