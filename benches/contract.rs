//! How fast are products and permutations of strided tensors?
//!
//! `cargo bench -p schur-bench --bench contract -- --sizes 64,128,256,512,1024,2048 --threads 1,2 --runs 7` multiplies
//! square matrices of all kinds of numbers, whose operands lie in any order, batches of small ones, long and thin ones,
//! vectors, and copies tensors in other orders of their axes. A row has the operations a second, counted as real
//! multiplications and additions, and the bytes a second that operands and result have together. The row `copy` is what
//! memory can do.
#![allow(clippy::print_stdout, reason = "measurements are programs that print")]
#![expect(clippy::expect_used, reason = "a measurement that cannot start has nobody to report to but the terminal")]

use schur_bench::{Arguments, Numbers, Spread, pool, time};
use schur_tensor::{
    product::{Mode, Number, Product, Reduction, Strided},
    pulp::num_complex::Complex,
    semiring::{Arithmetic, Semiring},
};

/// What the measurements share.
struct Setting {
    sizes: Vec<usize>,
    threads: usize,
    runs: usize,
    only: Option<String>,
    real: bool,
}

fn main() {
    let arguments = Arguments::read();
    let real = arguments.is_measurement();
    let numbers = |name: &str, default: &str| -> Vec<usize> {
        arguments.list(name, default).iter().map(|text| text.parse().expect("a whole number")).collect()
    };
    for threads in numbers("threads", "1,2") {
        let setting = Setting {
            sizes: if real { numbers("sizes", "64,128,256,512,1024,2048") } else { vec![20] },
            threads,
            runs: if real { arguments.number("runs", 7) } else { 1 },
            only: arguments.value("only").map(str::to_owned),
            real,
        };
        pool(threads).install(|| {
            products(&setting);
            permutations(&setting);
        });
    }
}

fn axis<const N: usize>(size: usize, strides: [usize; N]) -> Strided<N> {
    Strided { size, strides: strides.map(usize::cast_signed) }
}

/// Matrices one after the other; the letters say which of left, right and result are transposed.
fn matrices(batch: usize, [m, n, k]: [usize; 3], transposed: &str) -> (Product, [usize; 3]) {
    let strides = |letter: char, rows: usize, columns: usize| {
        if transposed.contains(letter) { [1, rows] } else { [columns, 1] }
    };
    let (l, r, z) = (strides('l', m, k), strides('r', k, n), strides('z', m, n));
    let product = Product {
        batch: vec![axis(batch, [m * k, k * n, m * n])],
        rows: vec![axis(m, [l[0], z[0]])],
        columns: vec![axis(n, [r[1], z[1]])],
        inner: vec![axis(k, [l[1], r[0]])],
    };
    (product, [batch * m * k, batch * k * n, batch * m * n])
}

fn products(setting: &Setting) {
    for &size in &setting.sizes {
        let plan = matrices(1, [size; 3], "");
        product::<f32>(setting, &format!("square {size}"), &plan);
        product::<f64>(setting, &format!("square {size}"), &plan);
        product::<Complex<f32>>(setting, &format!("square {size}"), &plan);
        product::<Complex<f64>>(setting, &format!("square {size}"), &plan);
    }
    let scale = |size: usize| if setting.real { size } else { size.div_ceil(50) };
    for transposed in ["l", "r", "lr", "z"] {
        let size = scale(512);
        product::<f32>(setting, &format!("square {size} transposed {transposed}"), &matrices(1, [size; 3], transposed));
    }
    for (name, batch, sizes) in [
        ("batch 32 x 64^3", 32, [64, 64, 64]),
        ("batch 1000 x 16^3", 1000, [16, 16, 16]),
        ("batch 100000 x 3^3", scale(100_000), [3, 3, 3]),
        ("k 1", 1, [scale(2048), scale(2048), 1]),
        ("k 2", 1, [scale(2048), scale(2048), 2]),
        ("k 8", 1, [scale(2048), scale(2048), 8]),
        ("k 32", 1, [scale(2048), scale(2048), 32]),
        ("rows 4", 1, [4, scale(2048), scale(2048)]),
        ("matrix vector", 1, [scale(4096), 1, scale(4096)]),
        ("vector matrix", 1, [1, scale(4096), scale(4096)]),
        ("tiny 4^3", 1, [4, 4, 4]),
        ("tiny 8^3", 1, [8, 8, 8]),
    ] {
        let plan = matrices(batch, sizes, "");
        product::<f32>(setting, name, &plan);
        product::<f64>(setting, name, &plan);
        product::<Complex<f32>>(setting, name, &plan);
    }
    let side = scale(2048);
    for (name, strides) in [("element-wise", [side, side, side]), ("element-wise transposed", [1, side, side])] {
        let other = |stride: usize| if stride == 1 { side } else { 1 };
        let batch = vec![axis(side, strides), axis(side, strides.map(other))];
        product::<f32>(setting, name, &(Product { batch, ..Product::default() }, [side * side; 3]));
    }
    // The batch is the fastest axis of all three.
    let batch = scale(10_000);
    let fastest = Product {
        batch: vec![axis(batch, [1; 3])],
        rows: vec![axis(4, [4 * batch, 4 * batch])],
        columns: vec![axis(4, [batch, batch])],
        inner: vec![axis(4, [batch, 4 * batch])],
    };
    product::<f32>(setting, "batch last 10000 x 4^3", &(fastest, [16 * batch; 3]));
}

fn product<T: Number>(setting: &Setting, name: &str, (product, lengths): &(Product, [usize; 3]))
where
    Arithmetic<T>: Semiring<Element = T>,
{
    if setting.only.as_ref().is_some_and(|only| !name.contains(only)) {
        return;
    }
    let [left, right, mut result] = lengths.map(list::<T>);
    let (arithmetic, mut scratch) = (Arithmetic::<T>::new(), Vec::new());
    let groups = product.rows.iter().chain(&product.columns).chain(&product.inner).map(|axis| axis.size);
    let terms: usize = product.batch.iter().map(|axis| axis.size).chain(groups).product();
    let operations = terms * if T::PARTS == 2 { 8 } else { 2 };
    // Short ones many times, so that the clock does not matter.
    let times = if setting.real { (20_000_000 / operations.max(lengths.iter().sum())).max(1) } else { 1 };
    let spread = time(setting.runs, || {
        for _ in 0..times {
            arithmetic
                .product(product, [&left, &right], &mut result, Mode::Overwrite, &mut scratch)
                .expect("a product");
        }
    });
    row::<T>(setting, name, spread, (times, operations, lengths.iter().sum()));
}

fn permutations(setting: &Setting) {
    let bits = if setting.real { 24 } else { 8 };
    let side = if setting.real { 4096 } else { 20 };
    let cube = if setting.real { 256 } else { 6 };
    let orders: [(&str, Vec<usize>, Vec<usize>); 7] = [
        ("copy", vec![1 << bits], vec![0]),
        ("24 axes of 2 reversed", vec![2; bits], (0..bits).rev().collect()),
        ("24 axes of 2 rotated by 5", vec![2; bits], (0..bits).map(|axis| (axis + 5) % bits).collect()),
        ("24 axes of 2 shuffled", vec![2; bits], (0..bits).map(|axis| axis * 7 % bits).collect()),
        ("15 axes of 3 reversed", vec![3; bits * 5 / 8], (0..bits * 5 / 8).rev().collect()),
        ("matrix transposed", vec![side, side], vec![1, 0]),
        ("cube 2 0 1", vec![cube; 3], vec![2, 0, 1]),
    ];
    for (name, shape, order) in orders {
        let from = schur_tensor::row_major(&shape);
        let to = schur_tensor::row_major(&order.iter().map(|&axis| shape[axis]).collect::<Vec<_>>());
        let kept = order.iter().zip(&to).map(|(&axis, &to)| Strided { size: shape[axis], strides: [from[axis], to] });
        let reduction = Reduction { kept: kept.collect(), summed: Vec::new() };
        let count = shape.iter().product();
        reduce::<f32>(setting, name, &reduction, [count; 2]);
        reduce::<f64>(setting, name, &reduction, [count; 2]);
        reduce::<Complex<f64>>(setting, name, &reduction, [count; 2]);
    }
    let rows = Reduction { kept: vec![axis(side, [side, 1])], summed: vec![axis(side, [1])] };
    let columns = Reduction { kept: vec![axis(side, [1, 1])], summed: vec![axis(side, [side])] };
    for (name, reduction) in [("sum of rows", rows), ("sum of columns", columns)] {
        reduce::<f32>(setting, name, &reduction, [side * side, side]);
        reduce::<f64>(setting, name, &reduction, [side * side, side]);
    }
}

fn reduce<T: Number>(setting: &Setting, name: &str, reduction: &Reduction, lengths: [usize; 2])
where
    Arithmetic<T>: Semiring<Element = T>,
{
    if setting.only.as_ref().is_some_and(|only| !name.contains(only)) {
        return;
    }
    // On whole cache lines, so that large results can be written past the caches.
    let [source, mut result] = lengths.map(|length| list::<T>(length + 64));
    let [from, to] = [source.as_ptr().align_offset(64), result.as_ptr().align_offset(64)];
    let arithmetic = Arithmetic::<T>::new();
    let spread = time(setting.runs, || {
        arithmetic.reduce(reduction, &source[from..], &mut result[to..], Mode::Overwrite).expect("a reduction");
    });
    row::<T>(setting, name, spread, (1, 0, lengths.iter().sum()));
}

fn list<T: Number>(count: usize) -> Vec<T> {
    let mut numbers = Numbers(1);
    let mut draw = || schur_tensor::Real::from_f64(numbers.draw());
    (0..count).map(|_| T::from_parts(draw(), draw())).collect()
}

fn row<T: Number>(setting: &Setting, name: &str, spread: Spread, (times, operations, elements): (usize, usize, usize)) {
    let seconds = |of: f64| of / times as f64;
    println!(
        "{}",
        serde_json::json!({
            "op": name, "numbers": std::any::type_name::<T>().rsplit("::").next(), "bytes": size_of::<T>(),
            "threads": setting.threads, "seconds_least": seconds(spread.least),
            "seconds_median": seconds(spread.median), "seconds_largest": seconds(spread.largest),
            "gflops": operations as f64 / seconds(spread.least) * 1e-9,
            "gb_per_s": (elements * size_of::<T>()) as f64 / seconds(spread.least) * 1e-9,
        })
    );
}
