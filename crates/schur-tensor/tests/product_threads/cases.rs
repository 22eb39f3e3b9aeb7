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
        matrices(1, 270, 330, 1100),
        matrices(1, 3, 4000, 70),
        matrices(20, 40, 40, 40),
        matrices(9000, 3, 3, 3),
        matrices(1, 900, 1, 700),
        matrices(1, 1, 900, 700),
        matrices(1, 900, 500, 1),
    ];
    let transposed = vec![axis(600, [1, 600, 1]), axis(600, [600, 1, 600])];
    products.push((Product { batch: transposed, ..Product::default() }, [360_000; 3]));
    products.extend(scattered());
    products
}

/// Products that read an operand in another order than that of the result.
pub fn scattered() -> [(Product, [usize; 3]); 4] {
    [neighbours_apart(20, 9, 400, 27), runs_of_terms(19, 40), columns_apart(4, 3000, 50), outer(7, 12, 13, 30)]
}

/// Outer products, `tjk,to->tokj`: the left operand is read many times, across the result.
fn outer(t: usize, j: usize, k: usize, o: usize) -> (Product, [usize; 3]) {
    let product = Product {
        batch: vec![axis(t, [j * k, o, o * k * j])],
        rows: vec![axis(j, [k, 1]), axis(k, [1, j])],
        columns: vec![axis(o, [1, k * j])],
        inner: vec![],
    };
    (product, [t * j * k, t * o, t * o * k * j])
}

/// Matrices of which equal elements are neighbours in the right operand.
fn neighbours_apart(batch: usize, m: usize, n: usize, k: usize) -> (Product, [usize; 3]) {
    let product = Product {
        batch: vec![axis(batch, [m * k, 1, m * n])],
        rows: vec![axis(m, [k, n])],
        columns: vec![axis(n, [batch, 1])],
        inner: vec![axis(k, [1, n * batch])],
    };
    (product, [batch * m * k, batch * k * n, batch * m * n])
}

/// A small square result whose terms come in runs.
fn runs_of_terms(size: usize, runs: usize) -> (Product, [usize; 3]) {
    let product = Product {
        batch: vec![],
        rows: vec![axis(size, [size, size])],
        columns: vec![axis(size, [size, 1])],
        inner: vec![axis(runs, [size * size; 2]), axis(size, [1, 1])],
    };
    (product, [runs * size * size, runs * size * size, size * size])
}

/// Few rows, which lie along the result, and two axes of columns in opposite orders.
fn columns_apart(m: usize, n: usize, k: usize) -> (Product, [usize; 3]) {
    let product = Product {
        batch: vec![],
        rows: vec![axis(m, [k, 1])],
        columns: vec![axis(n / 10, [1, 10 * m]), axis(10, [n / 10, m])],
        inner: vec![axis(k, [1, n])],
    };
    (product, [m * k, k * n, m * n])
}
