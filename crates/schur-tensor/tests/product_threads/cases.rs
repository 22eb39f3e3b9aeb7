//! Products that take each of the ways, and what they are made of.

use schur_tensor::product::{Product, Reduction, Strided};

/// Numbers in [-1/2, 1/2) from a linear congruential generator (Knuth's MMIX constants).
pub fn numbers(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1 << 24) - 0.5
    };
    (0..count).map(|_| next()).collect()
}

pub fn axis<const N: usize>(size: usize, strides: [usize; N]) -> Strided<N> {
    Strided { size, strides: strides.map(usize::cast_signed) }
}

/// Row-major matrices, one after the other.
pub fn matrices(batch: usize, m: usize, n: usize, k: usize) -> (Product, [usize; 3]) {
    let product = Product {
        batch: vec![axis(batch, [m * k, k * n, m * n])],
        rows: vec![axis(m, [k, n])],
        columns: vec![axis(n, [1, 1])],
        inner: vec![axis(k, [1, n])],
    };
    (product, [batch * m * k, batch * k * n, batch * m * n])
}

/// A transposition of the first two of three axes.
pub fn transposition(a: usize, b: usize, c: usize) -> Reduction {
    Reduction { kept: vec![axis(a, [b * c, c]), axis(b, [c, a * c]), axis(c, [1, 1])], summed: Vec::new() }
}

pub fn pool(threads: usize) -> Result<rayon::ThreadPool, rayon::ThreadPoolBuildError> {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build()
}

/// Products that take each of the ways: blocks, batches of blocks, batches in lanes, runs, tiles, dot products.
pub fn products() -> Vec<(Product, [usize; 3])> {
    let mut products = vec![
        matrices(1, 210, 330, 1100),
        matrices(1, 3, 4000, 70),
        matrices(20, 40, 40, 40),
        matrices(9000, 3, 3, 3),
        matrices(1, 900, 1, 700),
        matrices(1, 1, 900, 700),
        matrices(1, 900, 500, 1),
    ];
    let transposed = vec![axis(600, [1, 600, 1]), axis(600, [600, 1, 600])];
    products.push((Product { batch: transposed, ..Product::default() }, [360_000; 3]));
    products
}
