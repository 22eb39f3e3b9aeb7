//! How many of some integer vectors are independent, exactly for all that matters: modulo a large prime.

/// A Mersenne prime: what is independent modulo it is independent over the rationals.
const PRIME: u64 = (1 << 61) - 1;

/// The rank of a list of integer vectors modulo `2^61 - 1`, which is at most, and for small entries almost surely, their
/// rank over the rationals.
///
/// # Cost
/// `vectors * rank * length` multiplications.
/// # Examples
/// ```
/// assert_eq!(schur_diagram::rank(&[vec![1, 2], vec![2, 4], vec![0, 5]]), 2);
/// ```
pub fn rank(vectors: &[Vec<i64>]) -> usize {
    let mut echelon = Echelon::default();
    vectors.iter().filter(|vector| echelon.add(vector)).count()
}

/// Independent vectors, each with a leading one that those after it lack.
#[derive(Debug, Default)]
pub struct Echelon {
    rows: Vec<(usize, Vec<u64>)>,
}

impl Echelon {
    /// Takes a vector if it is independent of those taken before, and says so.
    pub fn add(&mut self, vector: &[i64]) -> bool {
        let mut row: Vec<u64> = vector.iter().map(|&entry| residue(entry)).collect();
        for (pivot, other) in &self.rows {
            let factor = row[*pivot];
            if factor != 0 {
                row.iter_mut().zip(other).for_each(|(x, &y)| *x = add(*x, PRIME - multiply(factor, y)));
            }
        }
        let Some(pivot) = row.iter().position(|&entry| entry != 0) else { return false };
        let inverse = power(row[pivot], PRIME - 2);
        row.iter_mut().for_each(|x| *x = multiply(*x, inverse));
        self.rows.push((pivot, row));
        true
    }
}

const fn residue(entry: i64) -> u64 {
    let modulus = PRIME.cast_signed();
    entry.rem_euclid(modulus).cast_unsigned()
}

const fn add(a: u64, b: u64) -> u64 {
    (a + b) % PRIME
}

#[expect(clippy::cast_possible_truncation, reason = "the remainder is below 2^61")]
const fn multiply(a: u64, b: u64) -> u64 {
    ((a as u128 * b as u128) % PRIME as u128) as u64
}

fn power(mut base: u64, mut exponent: u64) -> u64 {
    let mut result = 1;
    while exponent > 0 {
        if exponent % 2 == 1 {
            result = multiply(result, base);
        }
        base = multiply(base, base);
        exponent /= 2;
    }
    result
}
