//! Numbers drawn from a generator.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The generator of one of many independent pieces of work.
pub(super) fn stream(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}

/// A number in [0, 1).
pub(super) fn unit(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 * (-53_f64).exp2()
}

/// A whole number below a limit, which is not nought and far below 2^32.
pub(super) fn below(rng: &mut ChaCha8Rng, limit: usize) -> usize {
    ((u64::from(rng.next_u32()) * limit as u64) >> 32) as usize
}

/// A number from the exponential distribution of mean one.
pub(super) fn exponential(rng: &mut ChaCha8Rng) -> f64 {
    -(1.0 - unit(rng)).ln()
}

/// A number from Gumbel's distribution.
pub(super) fn gumbel(rng: &mut ChaCha8Rng) -> f64 {
    -exponential(rng).max(f64::MIN_POSITIVE).ln()
}

/// Shuffles a list.
pub(super) fn shuffle<T>(list: &mut [T], rng: &mut ChaCha8Rng) {
    for place in (1..list.len()).rev() {
        list.swap(place, below(rng, place + 1));
    }
}
