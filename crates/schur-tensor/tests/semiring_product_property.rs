//! Fast products and sums against the loops of any semiring, and one number of threads against another.
#![allow(clippy::unwrap_used, reason = "a failed call is a failed test")]

#[path = "cases/products.rs"]
mod products;

use products::{Case, Numbers, case, cases, reductions};
use proptest::prelude::*;
use schur_tensor::{
    product::{Mode, Reduction, product_reference, reduce_reference},
    semiring::{Boolean, Gf2, Integer, LogSumExp, MaxPlus, MaxTimes, MinPlus, Modular, Semiring},
};

/// Matrix products of one batch, of a shape that fills more than a block.
fn matrices(rows: usize, columns: usize, inner: usize, seed: u64) -> Case {
    case(&[(1, rows), (2, columns), (3, inner)], seed)
}

/// Runs a product into a result that holds something already, by the semiring's way and by the reference.
fn both<S: Semiring>(semiring: &S, case: &Case, mode: Mode, draw: impl Fn(u64) -> S::Element) -> [Vec<S::Element>; 2] {
    let mut numbers = Numbers(7);
    let [left, right, start] = case.lengths.map(|length| (0..length).map(|_| draw(numbers.next())).collect::<Vec<_>>());
    let (mut fast, mut slow) = (start.clone(), start);
    // A scratch that is too short and holds something, as after another step.
    let mut scratch = vec![draw(1); 3];
    semiring.product(&case.product, [&left, &right], &mut fast, mode, &mut scratch).unwrap();
    product_reference(semiring, &case.product, [&left, &right], &mut slow, mode).unwrap();
    [fast, slow]
}

fn equal<S: Semiring>(semiring: &S, case: &Case, draw: impl Fn(u64) -> S::Element) {
    for mode in [Mode::Overwrite, Mode::Add] {
        let [fast, slow] = both(semiring, case, mode, &draw);
        assert!(fast == slow, "{} {mode:?}: {case:?}", semiring.name());
    }
}

/// A number of eighths around zero, or now and then minus infinity.
fn eighth(number: u64) -> f64 {
    if number.is_multiple_of(7) { f64::NEG_INFINITY } else { (number % 801) as f64 / 8.0 - 50.0 }
}

fn check_exact(case: &Case) {
    equal(&Boolean, case, |n| n % 5 == 0);
    equal(&Gf2, case, |n| n % 2 == 0);
    equal(&Integer, case, |n| (n % 2001).cast_signed() - 1000);
    equal(&MaxPlus::<f64>::new(), case, eighth);
    equal(&MaxPlus::<f32>::new(), case, |n| eighth(n) as f32);
    equal(&MinPlus::<f64>::new(), case, |n| -eighth(n));
    equal(&MaxTimes::<f32>::new(), case, |n| (n % 1000) as f32 / 7.0);
    for modulus in [2, 97, (1 << 31) - 1, 1 << 31, (1 << 61) - 1] {
        equal(&Modular::new(modulus).unwrap(), case, |n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % modulus);
    }
}

/// Compares logarithms of sums that differ in the order of at most `terms` of them.
fn check_logarithms(case: &Case, terms: usize) {
    for mode in [Mode::Overwrite, Mode::Add] {
        let [fast, slow] = both(&LogSumExp::<f64>::new(), case, mode, |n| 17.0 * eighth(n));
        for (x, y) in fast.iter().zip(&slow) {
            // Each term is a sum of two logarithms of size 850, and each step of a sum is rounded.
            let bound = f64::EPSILON * 1700.0 * (2.0 + terms as f64);
            assert!(x == y || (x - y).abs() <= bound, "{mode:?} {x} {y}: {case:?}");
        }
        let [fast, slow] = both(&LogSumExp::<f32>::new(), case, mode, |n| eighth(n) as f32);
        for (x, y) in fast.iter().zip(&slow) {
            let bound = f32::EPSILON * 100.0 * (2.0 + terms as f32);
            assert!(x == y || (x - y).abs() <= bound, "{mode:?} {x} {y}: {case:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn products_equal_the_reference(case in cases()) {
        check_exact(&case);
        let terms = case.product.inner.iter().map(|axis| axis.size).product();
        check_logarithms(&case, terms);
    }

    #[test]
    fn sums_equal_the_reference((reduction, lengths) in reductions()) {
        sums(&Boolean, &reduction, lengths, |n| n % 5 == 0, |a, b| a == b);
        sums(&Gf2, &reduction, lengths, |n| n % 2 == 0, |a, b| a == b);
        sums(&Modular::new(11).unwrap(), &reduction, lengths, |n| n % 11, |a, b| a == b);
        sums(&MaxPlus::new(), &reduction, lengths, eighth, |a, b| a == b);
        sums(&MinPlus::new(), &reduction, lengths, |n| -eighth(n) as f32, |a, b| a == b);
        sums(&MaxTimes::new(), &reduction, lengths, |n| (n % 1000) as f32, |a, b| a == b);
        let bound = f64::EPSILON * 60.0 * (2.0 + lengths[0] as f64);
        sums(&LogSumExp::new(), &reduction, lengths, eighth, |a, b| a == b || (a - b).abs() <= bound);
    }
}

fn sums<S: Semiring>(
    semiring: &S,
    reduction: &Reduction,
    lengths: [usize; 2],
    draw: impl Fn(u64) -> S::Element,
    same: impl Fn(&S::Element, &S::Element) -> bool,
) {
    for mode in [Mode::Overwrite, Mode::Add] {
        let mut numbers = Numbers(3);
        let [source, start] = lengths.map(|length| (0..length).map(|_| draw(numbers.next())).collect::<Vec<_>>());
        let (mut fast, mut slow) = (start.clone(), start);
        semiring.reduce(reduction, &source, &mut fast, mode).unwrap();
        reduce_reference(semiring, reduction, &source, &mut slow, mode).unwrap();
        let agree = fast.iter().zip(&slow).all(|(a, b)| same(a, b));
        assert!(agree, "{} {mode:?}: {fast:?} {slow:?} {reduction:?}", semiring.name());
    }
}

#[test]
fn products_of_several_blocks_equal_the_reference() {
    for (seed, [rows, columns, inner]) in [[250, 40, 30], [7, 530, 20], [5, 19, 600], [90, 3, 300]].iter().enumerate() {
        let case = matrices(*rows, *columns, *inner, seed as u64);
        check_exact(&case);
        check_logarithms(&case, *inner);
    }
}

/// Large enough to be cut for threads: every bit of the result is the same for any number of them.
#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let case = matrices(130, 270, 70, 5);
    let results = [1, 2, 3, 5].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let [logarithms, _] = both(&LogSumExp::<f32>::new(), &case, Mode::Add, |n| (n % 1000) as f32 / 77.0);
            let [longest, slow] = both(&MaxPlus::<f64>::new(), &case, Mode::Add, eighth);
            assert!(longest == slow);
            (logarithms.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), longest)
        })
    });
    assert!(results.windows(2).all(|pair| pair[0] == pair[1]));
}

/// Where the large terms of a row meet the small ones of a column, products of shifted exponentials are all zero.
#[test]
fn logarithms_of_sums_survive_operands_that_do_not_meet() {
    let case = matrices(4, 5, 2, 0);
    let draw_side = |length: usize, stride: isize, large: usize| -> Vec<f64> {
        (0..length).map(|i| if (i / stride.unsigned_abs()) % 2 == large { 0.0 } else { -2000.0 }).collect()
    };
    let inner = case.product.inner[0].strides;
    let left = draw_side(case.lengths[0], inner[0], 0);
    let right = draw_side(case.lengths[1], inner[1], 1);
    let mut result = vec![0.0; case.lengths[2]];
    let semiring = LogSumExp::<f64>::new();
    semiring.product(&case.product, [&left, &right], &mut result, Mode::Overwrite, &mut Vec::new()).unwrap();
    let expected = 2.0_f64.ln() - 2000.0;
    assert!(result.iter().all(|value| (value - expected).abs() < 1e-12), "{result:?}");
}
