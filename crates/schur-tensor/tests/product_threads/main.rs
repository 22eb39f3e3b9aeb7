//! The same bits for any number of threads, and no place outside of a slice.

mod cases;

use cases::{axis, matrices, numbers, pool, products, scattered, transposition};
use schur_tensor::{
    product::{Mode, Reduction, Strided, product_reference},
    semiring::{Arithmetic, Semiring},
};

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    for (product, lengths) in products() {
        let [left, right] = [0, 1].map(|which| numbers(lengths[which], which as u64));
        let run = |threads: usize| {
            let mut result = numbers(lengths[2], 2);
            pool(threads).unwrap().install(|| {
                let arithmetic = Arithmetic::<f64>::new();
                arithmetic.product(&product, [&left, &right], &mut result, Mode::Add, &mut Vec::new()).unwrap();
            });
            result.into_iter().map(f64::to_bits).collect::<Vec<_>>()
        };
        let one = run(1);
        assert!(run(2) == one && run(3) == one, "{product:?}");
    }
    let sum = Reduction { kept: vec![axis(300, [1, 1])], summed: vec![axis(2000, [300])] };
    let row_sum = Reduction { kept: vec![axis(300, [2000, 1])], summed: vec![axis(2000, [1])] };
    for reduction in [transposition(300, 400, 5), transposition(100, 30, 200), sum, row_sum] {
        let source = numbers(600_000, 1);
        let run = |threads: usize| {
            let mut result = numbers(600_000, 2);
            let arithmetic = Arithmetic::<f64>::new();
            pool(threads).unwrap().install(|| arithmetic.reduce(&reduction, &source, &mut result, Mode::Add)).unwrap();
            result.into_iter().map(f64::to_bits).collect::<Vec<_>>()
        };
        let one = run(1);
        assert!(run(2) == one && run(3) == one, "{reduction:?}");
    }
}

#[test]
fn scattered_operands_give_the_sums_of_the_oracle() {
    for (product, lengths) in scattered() {
        let [left, right] = [0, 1].map(|which| numbers(lengths[which], which as u64));
        let [mut result, mut expected] = [vec![0.0; lengths[2]], vec![0.0; lengths[2]]];
        let real = Arithmetic::<f64>::new();
        real.product(&product, [&left, &right], &mut result, Mode::Overwrite, &mut Vec::new()).unwrap();
        product_reference(&real, &product, [&left, &right], &mut expected, Mode::Overwrite).unwrap();
        // Each of up to 760 terms below 1/4 is rounded once.
        let tolerance = 760.0 * 0.25 * 760.0 * f64::EPSILON;
        for (found, expected) in result.iter().zip(&expected) {
            assert!((found - expected).abs() <= tolerance, "{found} for {expected}: {product:?}");
        }
    }
}

/// Wide tiles, with every number of rows and of registers in the last ones, and sums of two blocks.
#[test]
fn large_products_are_sums_of_products_to_their_last_rows_and_columns() {
    let k = 530;
    for (m, n) in [(258, 293), (259, 296), (260, 300), (261, 309), (262, 312), (263, 317)] {
        let (product, lengths) = matrices(1, m, n, k);
        let [left, right, before] = [0, 1, 2].map(|which| numbers(lengths[which], which as u64));
        let mut result = before.clone();
        let real = Arithmetic::<f64>::new();
        real.product(&product, [&left, &right], &mut result, Mode::Add, &mut Vec::new()).unwrap();
        for row in (0..m).filter(|&row| row % 29 == 0 || row + 7 > m) {
            for column in 0..n {
                let sum: f64 = (0..k).map(|term| left[row * k + term] * right[term * n + column]).sum();
                let expected = before[row * n + column] + sum;
                let found = result[row * n + column];
                // Each of 530 terms below 1/4 is rounded once.
                let tolerance = 530.0 * 0.25 * 530.0 * f64::EPSILON;
                assert!(
                    (found - expected).abs() <= tolerance,
                    "{found} for {expected} at ({row}, {column}) of {m} x {n}"
                );
            }
        }
    }
}

/// A place in each tensor in turn is one too far.
#[test]
fn places_outside_of_a_slice_panic() {
    for (m, n, k) in [(2, 3, 4), (40, 50, 60), (400, 1, 30), (30, 30, 1)] {
        for short in 0..3 {
            let (product, mut lengths) = matrices(1, m, n, k);
            lengths[short] -= 1;
            let [left, right, mut result] = lengths.map(|length| vec![0.0_f32; length]);
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let arithmetic = Arithmetic::<f32>::new();
                arithmetic.product(&product, [&left, &right], &mut result, Mode::Overwrite, &mut Vec::new())
            }));
            assert!(outcome.is_err(), "{m} x {n} x {k}: tensor {short}");
        }
    }
}

/// Wrapped round, these places would lie inside of a slice.
#[test]
fn places_beyond_all_memory_panic() {
    let half = isize::MIN;
    for strides in [[half, 1], [1, half], [-1, 1], [1, -1]] {
        let reduction = Reduction { kept: vec![Strided { size: 1000, strides }], summed: Vec::new() };
        let outcome = std::panic::catch_unwind(|| {
            let (source, mut result) = ([0.0_f32; 1000], [0.0; 1000]);
            Arithmetic::<f32>::new().reduce(&reduction, &source, &mut result, Mode::Overwrite)
        });
        assert!(outcome.is_err(), "{strides:?}");
    }
}
