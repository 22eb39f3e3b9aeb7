//! Derivatives of products and sums: finite differences, brute force over all choices, and each other's transposes.
#![allow(clippy::unwrap_used, reason = "a failed call is a failed test")]

#[path = "cases/products.rs"]
mod products;

use products::{Numbers, cases, reductions};
use proptest::prelude::*;
use schur_tensor::{
    product::{Mode, Product, ProductAxis, Reduction, Strided},
    semiring::{Differentiable, LogSumExp, MaxPlus, MaxTimes, MinPlus, Semiring},
};

fn draw(numbers: &mut Numbers, length: usize, least: i64, largest: i64) -> Vec<f64> {
    (0..length).map(|_| (numbers.next() as i64 % (largest - least + 1) + least) as f64).collect()
}

fn run<S: Semiring<Element = f64>>(semiring: &S, product: &Product, operands: [&[f64]; 2], length: usize) -> Vec<f64> {
    let mut result = vec![semiring.zero(); length];
    semiring.product(product, operands, &mut result, Mode::Overwrite, &mut Vec::new()).unwrap();
    result
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Checks that the tangent and the gradients of a product are transposes of each other, on whole numbers.
fn transposes<S: Differentiable<Element = f64>>(semiring: &S, product: &Product, lengths: [usize; 3], least: i64) {
    let mut numbers = Numbers(11);
    let [a, b] = [lengths[0], lengths[1]].map(|length| draw(&mut numbers, length, least, 3));
    let [da, db, dc] = lengths.map(|length| draw(&mut numbers, length, -4, 4));
    let result = run(semiring, product, [&a, &b], lengths[2]);
    let [mut ga, mut gb] = [vec![0.0; lengths[0]], vec![0.0; lengths[1]]];
    semiring.product_backward(product, [&a, &b], &result, &dc, [Some(&mut ga), Some(&mut gb)]).unwrap();
    let mut moved = vec![0.0; lengths[2]];
    let to = (&mut moved[..], Mode::Overwrite);
    semiring.product_tangent(product, [&a, &b], &result, [Some(&da), Some(&db)], to).unwrap();
    let (forward, backward) = (dot(&moved, &dc), dot(&ga, &da) + dot(&gb, &db));
    // Numbers of size ten, added in two orders; exact where slopes are whole numbers.
    let bound = 1e-12 * (1.0 + forward.abs() + 100.0 * lengths[2] as f64);
    assert!((forward - backward).abs() <= bound, "{}: {forward} {backward}", semiring.name());

    let (mut only_left, mut only_right) = (vec![0.0; lengths[0]], vec![0.0; lengths[1]]);
    semiring.product_backward(product, [&a, &b], &result, &dc, [Some(&mut only_left), None]).unwrap();
    semiring.product_backward(product, [&a, &b], &result, &dc, [None, Some(&mut only_right)]).unwrap();
    assert_eq!([only_left, only_right], [ga, gb]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn tangents_and_gradients_of_products_are_transposes(case in cases()) {
        transposes(&MaxPlus::new(), &case.product, case.lengths, -3);
        transposes(&MinPlus::new(), &case.product, case.lengths, -3);
        transposes(&MaxTimes::new(), &case.product, case.lengths, 0);
        transposes(&LogSumExp::new(), &case.product, case.lengths, -3);
    }

    #[test]
    fn tangents_and_gradients_of_sums_are_transposes((reduction, lengths) in reductions()) {
        sums(&MaxPlus::new(), &reduction, lengths);
        sums(&MinPlus::new(), &reduction, lengths);
        sums(&LogSumExp::new(), &reduction, lengths);
    }

    /// A matrix product of small whole numbers, with many ties: the first inner index that attains counts.
    #[test]
    fn the_first_of_equal_terms_has_the_derivative(
        a in prop::array::uniform12(0..4_i32), b in prop::array::uniform8(0..4_i32),
    ) {
        let (a, b) = (a.map(f64::from), b.map(f64::from));
        let product = matrix_product(3, 2, 4);
        first_choice(&MaxPlus::new(), &product, (&a, &b), |x, y| x + y, |new, old| new > old, |_, _| [1.0, 1.0]);
        first_choice(&MinPlus::new(), &product, (&a, &b), |x, y| x + y, |new, old| new < old, |_, _| [1.0, 1.0]);
        first_choice(&MaxTimes::new(), &product, (&a, &b), |x, y| x * y, |new, old| new > old, |x, y| [y, x]);
    }
}

fn matrix_product(rows: usize, columns: usize, inner: usize) -> Product {
    let [n, k] = [columns, inner].map(usize::cast_signed);
    Product::new(&[
        ProductAxis { size: rows, left: Some(k), right: None, result: Some(n) },
        ProductAxis { size: columns, left: None, right: Some(1), result: Some(1) },
        ProductAxis { size: inner, left: Some(1), right: Some(n), result: None },
    ])
    .unwrap()
}

/// Compares gradients with a search over all inner indices; `a` is 3 x 4 and `b` is 4 x 2.
fn first_choice<S: Differentiable<Element = f64>>(
    semiring: &S,
    product: &Product,
    (a, b): (&[f64], &[f64]),
    term: impl Fn(f64, f64) -> f64,
    beats: impl Fn(f64, f64) -> bool,
    slopes: impl Fn(f64, f64) -> [f64; 2],
) {
    let result = run(semiring, product, [a, b], 6);
    let cotangent: Vec<f64> = (1..=6).map(f64::from).collect();
    let [mut ga, mut gb] = [vec![0.0; 12], vec![0.0; 8]];
    let (mut expected_a, mut expected_b) = (ga.clone(), gb.clone());
    for i in 0..3 {
        for j in 0..2 {
            let value = |k: usize| term(a[4 * i + k], b[2 * k + j]);
            let best = (1..4).fold(0, |best, k| if beats(value(k), value(best)) { k } else { best });
            assert_eq!(result[2 * i + j], value(best));
            if value(best) != semiring.zero() {
                let [sa, sb] = slopes(a[4 * i + best], b[2 * best + j]);
                expected_a[4 * i + best] += sa * cotangent[2 * i + j];
                expected_b[2 * best + j] += sb * cotangent[2 * i + j];
            }
        }
    }
    semiring.product_backward(product, [a, b], &result, &cotangent, [Some(&mut ga), Some(&mut gb)]).unwrap();
    assert_eq!([ga, gb], [expected_a, expected_b], "{}", semiring.name());
}

fn sums<S: Differentiable<Element = f64>>(semiring: &S, reduction: &Reduction, lengths: [usize; 2]) {
    let mut numbers = Numbers(5);
    let source = draw(&mut numbers, lengths[0], -3, 3);
    let [moves, cotangent] = lengths.map(|length| draw(&mut numbers, length, -4, 4));
    let mut result = vec![0.0; lengths[1]];
    semiring.reduce(reduction, &source, &mut result, Mode::Overwrite).unwrap();
    let (mut gradient, mut moved) = (vec![0.0; lengths[0]], vec![0.0; lengths[1]]);
    semiring.reduce_backward(reduction, &source, &result, &cotangent, &mut gradient).unwrap();
    semiring.reduce_tangent(reduction, &source, &result, &moves, (&mut moved, Mode::Overwrite)).unwrap();
    let (forward, backward) = (dot(&moved, &cotangent), dot(&gradient, &moves));
    assert!((forward - backward).abs() <= 1e-12 * (1.0 + forward.abs() + 100.0 * lengths[1] as f64));
    let mut twice = moved.clone();
    semiring.reduce_tangent(reduction, &source, &result, &moves, (&mut twice, Mode::Add)).unwrap();
    assert!(twice.iter().zip(&moved).all(|(twice, once)| (twice - 2.0 * once).abs() <= 1e-9));
}

/// Central differences of a weighted sum of all results.
fn differences(mut at: Vec<f64>, value: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let step = 1e-5;
    (0..at.len())
        .map(|i| {
            let here = at[i];
            at[i] = here + step;
            let above = value(&at);
            at[i] = here - step;
            let below = value(&at);
            at[i] = here;
            (above - below) / (2.0 * step)
        })
        .collect()
}

#[test]
fn gradients_of_log_sum_exp_equal_finite_differences() {
    let (semiring, product) = (LogSumExp::<f64>::new(), matrix_product(3, 5, 4));
    let mut numbers = Numbers(2);
    let [a, b, cotangent] = [12, 20, 15]
        .map(|length| draw(&mut numbers, length, -1000, 1000).into_iter().map(|x| x / 400.0).collect::<Vec<_>>());
    let result = run(&semiring, &product, [&a, &b], 15);
    let [mut ga, mut gb] = [vec![0.0; 12], vec![0.0; 20]];
    semiring.product_backward(&product, [&a, &b], &result, &cotangent, [Some(&mut ga), Some(&mut gb)]).unwrap();
    let by_a = differences(a.clone(), |a| dot(&run(&semiring, &product, [a, &b], 15), &cotangent));
    let by_b = differences(b.clone(), |b| dot(&run(&semiring, &product, [&a, b], 15), &cotangent));
    for (gradient, difference) in ga.iter().zip(&by_a).chain(gb.iter().zip(&by_b)) {
        // The error of a central difference is step^2 times a third derivative, and rounding over step: 1e-10.
        assert!((gradient - difference).abs() < 1e-8, "{gradient} {difference}");
    }
}

#[test]
fn gradients_of_sums_of_exponentials_equal_finite_differences() {
    let semiring = LogSumExp::<f64>::new();
    let reduction =
        Reduction { kept: vec![Strided { size: 2, strides: [1, 1] }], summed: vec![Strided { size: 3, strides: [2] }] };
    let sum = |source: &[f64]| {
        let mut result = [0.0; 2];
        semiring.reduce(&reduction, source, &mut result, Mode::Overwrite).unwrap();
        result
    };
    let source = vec![0.5, -1.0, 2.0, 0.25, -3.0, 1.5];
    let cotangent = [1.5, -0.5];
    let mut gradient = vec![0.0; 6];
    semiring.reduce_backward(&reduction, &source, &sum(&source), &cotangent, &mut gradient).unwrap();
    let expected = differences(source, |source| dot(&sum(source), &cotangent));
    for (gradient, difference) in gradient.iter().zip(&expected) {
        assert!((gradient - difference).abs() < 1e-8, "{gradient} {difference}");
    }
}

/// Nothing leads to a result that is zero, so nothing has a derivative there; least of all a NaN.
#[test]
fn a_result_without_any_way_has_no_derivative() {
    let nothing = [f64::NEG_INFINITY; 2];
    let product = Product::new(&[ProductAxis { size: 2, left: Some(1), right: Some(1), result: None }]).unwrap();
    let mut gradients = [[0.0; 2]; 2];
    for semiring in [&MaxPlus::<f64>::new() as &dyn Backward, &LogSumExp::<f64>::new()] {
        let [left, right] = &mut gradients;
        semiring.backward(&product, &nothing, [left, right]);
    }
    assert_eq!(gradients, [[0.0; 2]; 2]);
}

trait Backward {
    fn backward(&self, product: &Product, operand: &[f64], gradients: [&mut [f64]; 2]);
}

impl<S: Differentiable<Element = f64>> Backward for S {
    fn backward(&self, product: &Product, operand: &[f64], gradients: [&mut [f64]; 2]) {
        let result = run(self, product, [operand, operand], 1);
        self.product_backward(product, [operand, operand], &result, &[1.0], gradients.map(Some)).unwrap();
    }
}
