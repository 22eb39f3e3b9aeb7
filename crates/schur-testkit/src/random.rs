//! A tiny deterministic generator, the same on every machine and in every version.

/// Deterministic random numbers for tests.
///
/// SplitMix64: a counter put through a mixing function. Good enough to draw test inputs, not for statistics or secrets.
///
/// # Source
/// Steele, Lea, Flood, Fast splittable pseudorandom number generators, OOPSLA 2014.
///
/// # Examples
/// ```
/// let mut random = schur_testkit::Random::new(7);
/// let x = random.uniform();
/// assert!((0.0..1.0).contains(&x));
/// assert_eq!(x, schur_testkit::Random::new(7).uniform());
/// ```
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// Starts the sequence that belongs to `seed`.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Draws 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Draws a number from `[0, 1)`, all multiples of 2^-53 equally likely.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (0.5 * f64::EPSILON)
    }

    /// Draws a number from `[low, high)`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Draws a whole number from `0..n`, and 0 if `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        // The high half of the 128-bit product; its bias of n / 2^64 does not matter to a test.
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// Draws from the normal distribution with mean 0 and variance 1 (Box-Muller).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Draws `n` normal numbers.
    pub fn normals(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.normal()).collect()
    }

    /// Draws a vector with three normal components: all directions are equally likely.
    pub fn vector(&mut self) -> [f64; 3] {
        [self.normal(), self.normal(), self.normal()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_those_of_splitmix64() {
        // The published reference outputs for seed 1234567.
        let mut random = Random::new(1_234_567);
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([random.bits(), random.bits(), random.bits()], expected);
    }

    #[test]
    fn moments_are_those_of_the_distributions() {
        let mut random = Random::new(1);
        let n = 20_000;
        let normals = random.normals(n);
        let moment = |power: i32| normals.iter().map(|x| x.powi(power)).sum::<f64>() / n as f64;
        // Five standard errors: sqrt(1/n), sqrt(2/n), sqrt(96/n).
        for (power, mean, spread) in [(1, 0.0, 1.0), (2, 1.0, 2.0_f64), (4, 3.0, 96.0)] {
            assert!((moment(power) - mean).abs() < 5.0 * (spread / n as f64).sqrt(), "moment {power}");
        }
        let mean = (0..n).map(|_| random.uniform()).sum::<f64>() / n as f64;
        assert!((mean - 0.5).abs() < 5.0 * (1.0 / (12.0 * n as f64)).sqrt());
    }

    #[test]
    fn below_stays_below() {
        let mut random = Random::new(2);
        let mut seen = [0; 5];
        (0..500).for_each(|_| seen[random.below(5)] += 1);
        assert!(seen.iter().all(|&count| count > 50), "{seen:?}");
        assert_eq!(random.below(0), 0);
    }
}
