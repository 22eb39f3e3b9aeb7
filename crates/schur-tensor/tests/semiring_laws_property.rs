//! The laws of a commutative semiring, on random elements of each.
#![allow(clippy::unwrap_used, reason = "a failed call is a failed test")]

use proptest::prelude::*;
use schur_tensor::semiring::{
    BigInt, Boolean, Counting, Gf2, Integer, Laurent, LogSumExp, MaxPlus, MaxTimes, MinPlus, Modular, Polynomials,
    Semiring, SparsePolynomial, SparsePolynomials,
};

/// Checks every law on three elements.
fn laws<S: Semiring>(s: &S, [a, b, c]: [S::Element; 3], same: impl Fn(&S::Element, &S::Element) -> bool) {
    let add = |a: &S::Element, b: &S::Element| s.add(a, b).unwrap();
    let multiply = |a: &S::Element, b: &S::Element| s.multiply(a, b).unwrap();
    let check = |law: &str, left: S::Element, right: S::Element| {
        assert!(same(&left, &right), "{}: {law} for {a:?}, {b:?}, {c:?}: {left:?}, {right:?}", s.name());
    };
    for element in [&a, &b, &c, &s.zero(), &s.one()] {
        s.check(element).unwrap();
    }
    check("a + b = b + a", add(&a, &b), add(&b, &a));
    check("ab = ba", multiply(&a, &b), multiply(&b, &a));
    check("(a + b) + c = a + (b + c)", add(&add(&a, &b), &c), add(&a, &add(&b, &c)));
    check("(ab)c = a(bc)", multiply(&multiply(&a, &b), &c), multiply(&a, &multiply(&b, &c)));
    check("a(b + c) = ab + ac", multiply(&a, &add(&b, &c)), add(&multiply(&a, &b), &multiply(&a, &c)));
    check("0 + a = a", add(&s.zero(), &a), a.clone());
    check("1a = a", multiply(&s.one(), &a), a.clone());
    check("0a = 0", multiply(&s.zero(), &a), s.zero());
}

fn exact<S: Semiring>(semiring: &S, elements: [S::Element; 3]) {
    laws(semiring, elements, |left, right| left == right);
}

/// Eighths, whose sums and products are exact, and sometimes another number.
fn eighths(least: i32, other: f64) -> impl Strategy<Value = f64> + Clone {
    prop_oneof![6 => (least..400).prop_map(|n| f64::from(n) / 8.0), 1 => Just(other)]
}

fn triple<S: Strategy + Clone>(strategy: S) -> impl Strategy<Value = [S::Value; 3]> {
    [strategy.clone(), strategy.clone(), strategy]
}

fn laurent<S: Semiring + Copy>(over: S, lowest: i64, coefficients: Vec<S::Element>) -> Laurent<S::Element> {
    Polynomials::new(over).polynomial(lowest, coefficients).unwrap()
}

proptest! {
    #[test]
    fn integers([a, b, c] in triple(-1_000_000..1_000_000_i64)) {
        exact(&Integer, [a, b, c]);
        exact(&Counting, [a, b, c].map(|n| BigInt::from(n).pow(5)));
    }

    #[test]
    fn truth_values_and_bits(elements in triple(any::<bool>())) {
        exact(&Boolean, elements);
        exact(&Gf2, elements);
    }

    #[test]
    fn remainders(modulus in prop_oneof![2..100_u64, 2..=u64::MAX], elements in triple(any::<u64>())) {
        exact(&Modular::new(modulus).unwrap(), elements.map(|n| n % modulus));
    }

    #[test]
    fn choices(elements in triple(eighths(-400, f64::NEG_INFINITY)), positive in triple(eighths(0, 0.0))) {
        exact(&MaxPlus::new(), elements);
        exact(&MinPlus::new(), elements.map(|x| -x));
        exact(&MaxTimes::new(), positive);
        exact(&MaxPlus::new(), elements.map(|x| x as f32));
        exact(&MinPlus::new(), elements.map(|x| -x as f32));
        exact(&MaxTimes::new(), positive.map(|x| x as f32));
    }

    #[test]
    fn logarithms(elements in triple(prop_oneof![6 => -900.0..900.0_f64, 1 => Just(f64::NEG_INFINITY)])) {
        // A sum of two logarithms of size 2000 is rounded, then one more; each rounding is half a unit of its last place.
        let close = |a: &f64, b: &f64| a == b || (a - b).abs() <= 8.0 * f64::EPSILON * 2000.0;
        laws(&LogSumExp::new(), elements, close);
        let close = |a: &f32, b: &f32| a == b || (a - b).abs() <= 8.0 * f32::EPSILON * 2000.0;
        laws(&LogSumExp::new(), elements.map(|x| x as f32), close);
    }

    #[test]
    fn polynomials(parts in triple((-5..5_i64, prop::collection::vec(-3..4_i64, 0..5)))) {
        exact(&Polynomials::new(Integer), parts.clone().map(|(lowest, list)| laurent(Integer, lowest, list)));
        let five = Modular::new(5).unwrap();
        let remainders = |list: Vec<i64>| list.into_iter().map(|n| five.remainder(n)).collect();
        exact(&Polynomials::new(five), parts.map(|(lowest, list)| laurent(five, lowest, remainders(list))));
    }

    #[test]
    fn polynomials_in_several_variables(
        parts in triple(prop::collection::vec((-3..4_i64, prop::array::uniform3(-2..3_i32)), 0..4)),
    ) {
        let polynomials = SparsePolynomials::new(Integer, 3);
        let sum = |terms: Vec<(i64, [i32; 3])>| -> SparsePolynomial<i64> {
            let monomials = terms.iter().map(|(n, exponents)| polynomials.monomial(*n, exponents).unwrap());
            monomials.fold(polynomials.zero(), |sum, term| polynomials.add(&sum, &term).unwrap())
        };
        exact(&polynomials, parts.map(sum));
    }
}
