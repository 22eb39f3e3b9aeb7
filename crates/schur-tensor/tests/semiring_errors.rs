//! What each semiring says of elements and results that it has no place for.
#![allow(clippy::unwrap_used, reason = "a failed call is a failed test")]

use schur_tensor::{
    product::{Mode, Product, ProductAxis, Reduction, Strided},
    semiring::{
        BigInt, Counting, Integer, LogSumExp, MaxPlus, MaxTimes, MinPlus, Modular, NAMES, Named, Polynomials, Semiring,
        SemiringError, SparsePolynomials, check_all,
    },
};

fn dot_product(inner: usize) -> Product {
    Product::new(&[ProductAxis { size: inner, left: Some(1), right: Some(1), result: None }]).unwrap()
}

fn run<S: Semiring>(semiring: &S, a: &[S::Element], b: &[S::Element]) -> Result<S::Element, SemiringError> {
    let mut result = [semiring.zero()];
    semiring.product(&dot_product(a.len()), [a, b], &mut result, Mode::Overwrite, &mut Vec::new())?;
    let [value] = result;
    Ok(value)
}

fn said<T: std::fmt::Debug>(result: Result<T, SemiringError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn integers_that_overflow_are_named_with_the_way_out() {
    let large = 4_000_000_000_i64;
    assert_eq!(
        said(run(&Integer, &[1, large], &[1, large])),
        "4000000000 * 4000000000 overflows integer; use `counting`, whose numbers have any size"
    );
    let most = i64::MAX;
    assert!(said(run(&Integer, &[most, 1], &[1, 1])).starts_with("9223372036854775807 + 1 overflows"));
    assert!(said(run(&Integer, &[i64::MIN], &[-1])).starts_with("-9223372036854775808 * -1 overflows"));
    assert_eq!(run(&Integer, &[most, i64::MIN], &[1, 1]), Ok(-1), "the largest and the least are in range");
    let large = BigInt::from(large);
    assert_eq!(
        run(&Counting, std::slice::from_ref(&large), std::slice::from_ref(&large)).unwrap().to_string(),
        "16000000000000000000"
    );
}

#[test]
fn integers_that_overflow_in_a_sum_or_where_they_are_added_to_are_found() {
    let sum = Reduction { kept: Vec::new(), summed: vec![Strided { size: 2, strides: [1] }] };
    let mut result = [0];
    assert!(Integer.reduce(&sum, &[i64::MAX, 1], &mut result, Mode::Overwrite).is_err());
    let mut result = [i64::MAX];
    assert!(Integer.product(&dot_product(2), [&[1, 1], &[1, 1]], &mut result, Mode::Add, &mut Vec::new()).is_err());
}

/// Matrices large enough for the fast loops, which do not check as they go.
#[test]
fn overflow_in_a_large_product_is_found() {
    let size = 20_usize;
    let n = size.cast_signed();
    let product = Product::new(&[
        ProductAxis { size, left: Some(n), right: None, result: Some(n) },
        ProductAxis { size, left: Some(1), right: Some(n), result: None },
        ProductAxis { size, left: None, right: Some(1), result: Some(1) },
    ])
    .unwrap();
    let mut matrix = vec![1.0; size * size];
    matrix[7] = 1e308;
    let mut result = vec![0.0; size * size];
    let other = matrix.iter().map(|_| 1e308).collect::<Vec<_>>();
    let mut run = |semiring: &dyn Semiring<Element = f64>, sign: f64| {
        let [a, b] = [&matrix, &other].map(|list| list.iter().map(|x| sign * x).collect::<Vec<_>>());
        said(semiring.product(&product, [&a, &b], &mut result, Mode::Overwrite, &mut Vec::new()))
    };
    assert!(run(&MaxPlus::<f64>::new(), 1.0).starts_with("1e308 + 1e308 overflows max-plus"));
    assert!(run(&MinPlus::<f64>::new(), -1.0).starts_with("-1e308 + -1e308 overflows min-plus"));
    assert!(run(&MaxTimes::<f64>::new(), 1.0).starts_with("1e308 * 1e308 overflows max-times"));
    assert!(run(&LogSumExp::<f64>::new(), 1.0).starts_with("1e308 + 1e308 overflows log-sum-exp"));
    let mut whole = vec![0; size * size];
    let large = vec![1_i64 << 40; size * size];
    assert!(Integer.product(&product, [&large, &large], &mut whole, Mode::Overwrite, &mut Vec::new()).is_err());
}

#[test]
fn foreign_elements_are_refused_with_their_position() {
    fn foreign<S: Semiring>(semiring: &S, good: S::Element, bad: S::Element) {
        let list = [good.clone(), good.clone(), bad, good.clone()];
        match check_all(semiring, &list) {
            Err(SemiringError::ForeignAt { position: 2, source }) => {
                assert!(matches!(*source, SemiringError::Foreign { .. }), "{source}");
                assert!(source.to_string().contains(" is not an element of "), "{source}");
            }
            other => panic!("{}: {other:?}", semiring.name()),
        }
        assert_eq!(check_all(semiring, &[good]), Ok(()));
    }
    foreign(&MaxPlus::new(), f64::NEG_INFINITY, f64::NAN);
    foreign(&MaxPlus::new(), -1.0, f64::INFINITY);
    foreign(&MinPlus::new(), f32::INFINITY, f32::NAN);
    foreign(&MinPlus::new(), 1.0, f32::NEG_INFINITY);
    foreign(&MaxTimes::new(), 0.0, f64::NAN);
    foreign(&MaxTimes::new(), 0.0, -1.0);
    foreign(&MaxTimes::new(), 1.0, f64::INFINITY);
    foreign(&LogSumExp::new(), f64::NEG_INFINITY, f64::NAN);
    foreign(&LogSumExp::new(), 1.0, f64::INFINITY);
    foreign(&Modular::new(7).unwrap(), 6, 7);
    let over = Polynomials::new(MaxPlus::<f64>::new());
    foreign(&over, over.zero(), over.monomial(f64::NAN, 2).unwrap());
    let two = SparsePolynomials::new(Integer, 2);
    foreign(&two, two.one(), SparsePolynomials::new(Integer, 3).one());
}

#[test]
fn polynomials_that_are_too_long_or_too_far_out_are_refused() {
    let polynomials = Polynomials::new(Integer);
    let far = polynomials.monomial(1, 1_000_000_000_000).unwrap();
    assert!(said(polynomials.add(&far, &polynomials.one())).contains("powers 0 to 1000000000000"));
    let edge = polynomials.monomial(1, (1 << 62) - 1).unwrap();
    assert!(polynomials.multiply(&edge, &edge).is_err());
    assert!(polynomials.monomial(1, i64::MAX).is_err());
    assert!(polynomials.polynomial(i64::MAX, vec![1, 1]).is_err());
    assert_eq!(polynomials.polynomial(i64::MAX, vec![0, 0]), Ok(polynomials.zero()));
    let large = polynomials.monomial(i64::MAX, 0).unwrap();
    assert!(said(polynomials.add(&large, &large)).contains("overflows integer"));
    let sparse = SparsePolynomials::new(Integer, 1);
    let edge = sparse.monomial(1, &[i32::MAX]).unwrap();
    assert!(said(sparse.multiply(&edge, &edge)).contains("2147483647 + 2147483647"));
    assert!(said(sparse.monomial(1, &[1, 2])).contains("2 exponents in 1 variables"));
    assert!(said(sparse.variable(1)).contains("variable 1 of 1"));
}

#[test]
fn moduli_below_two_are_refused() {
    assert_eq!(said(Modular::new(1)), "integers modulo 1 are no semiring; the modulus must be 2 or more");
    assert!(Modular::new(0).is_err());
}

#[test]
fn names_are_those_of_the_semirings_and_unknown_ones_get_the_nearest() {
    for (name, description) in NAMES {
        let name = name.replace('M', "7");
        assert_eq!(name.parse::<Named>().unwrap().to_string(), name);
        assert!(!description.is_empty());
    }
    let names = [
        Integer.name(),
        Counting.name(),
        MaxPlus::<f64>::new().name(),
        MinPlus::<f64>::new().name(),
        MaxTimes::<f64>::new().name(),
        LogSumExp::<f64>::new().name(),
    ];
    assert!(names.iter().all(|name| name.parse::<Named>().unwrap().to_string() == *name));
    for (typo, meant) in [("logsumexp", "log-sum-exp"), ("Bool", "boolean"), ("min_plus", "min-plus"), ("gf-2", "gf2")]
    {
        let error = typo.parse::<Named>().unwrap_err();
        assert_eq!(error.suggestion, Some(meant), "{typo}");
        assert!(error.to_string().contains("known are real, complex"));
    }
    for odd in ["", "quaternion", "modulo-", "modulo-1", "modulo-x", "\u{1f98a}"] {
        assert!(odd.parse::<Named>().is_err(), "{odd}");
    }
}
