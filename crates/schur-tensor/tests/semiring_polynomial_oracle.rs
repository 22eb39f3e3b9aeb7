//! Polynomials against their values at points modulo primes, and against published polynomials of knots.
#![allow(clippy::unwrap_used, reason = "a failed call is a failed test")]

use proptest::prelude::*;
use schur_tensor::semiring::{
    BigInt, Counting, Integer, Laurent, Modular, Polynomials, Semiring, SemiringError, SparsePolynomials,
};

const PRIME: u64 = 1_000_003;

fn field() -> Modular {
    Modular::new(PRIME).unwrap()
}

/// A power in the field; by Fermat the exponent counts modulo one less than the prime.
fn power(base: u64, exponent: i64) -> u64 {
    let times = exponent.rem_euclid(PRIME.cast_signed() - 1);
    (0..64).rev().fold(1, |value, bit| {
        let square = field().multiply(&value, &value).unwrap();
        if times >> bit & 1 == 1 { field().multiply(&square, &base).unwrap() } else { square }
    })
}

fn value(polynomial: &Laurent<i64>, point: u64) -> u64 {
    polynomial.evaluate(&field(), |n| field().remainder(*n), &point, &power(point, -1)).unwrap()
}

proptest! {
    #[test]
    fn values_of_sums_and_products_are_sums_and_products_of_values(
        parts in prop::array::uniform2((-40..40_i64, prop::collection::vec(-1000..1000_i64, 0..12))),
        point in 1..PRIME,
    ) {
        let polynomials = Polynomials::new(Integer);
        let [a, b] = parts.clone().map(|(lowest, list)| polynomials.polynomial(lowest, list).unwrap());
        let (lowest, list) = &parts[0];
        let plain = (*lowest..).zip(list).fold(0, |sum, (exponent, n)| {
            (sum + field().remainder(*n) * power(point, exponent)) % PRIME
        });
        prop_assert_eq!(value(&a, point), plain);
        let (at_a, at_b) = (value(&a, point), value(&b, point));
        prop_assert_eq!(value(&polynomials.add(&a, &b).unwrap(), point), (at_a + at_b) % PRIME);
        prop_assert_eq!(value(&polynomials.multiply(&a, &b).unwrap(), point), at_a * at_b % PRIME);
    }

    #[test]
    fn the_same_in_several_variables(
        parts in prop::array::uniform2(prop::collection::vec((-9..9_i64, prop::array::uniform2(-3..4_i32)), 0..6)),
        points in prop::array::uniform2(1..PRIME),
    ) {
        let polynomials = SparsePolynomials::new(Integer, 2);
        let powers = |variable: usize, exponent: i32| Ok(power(points[variable], i64::from(exponent)));
        let [a, b] = parts.map(|terms| {
            let monomials = terms.into_iter().map(|(n, exponents)| polynomials.monomial(n, &exponents).unwrap());
            monomials.fold(polynomials.zero(), |sum, term| polynomials.add(&sum, &term).unwrap())
        });
        let value = |p: &_| -> Result<u64, SemiringError> {
            schur_tensor::semiring::SparsePolynomial::evaluate(p, &field(), |n| field().remainder(*n), powers)
        };
        let (at_a, at_b) = (value(&a).unwrap(), value(&b).unwrap());
        prop_assert_eq!(value(&polynomials.add(&a, &b).unwrap()).unwrap(), (at_a + at_b) % PRIME);
        prop_assert_eq!(value(&polynomials.multiply(&a, &b).unwrap()).unwrap(), at_a * at_b % PRIME);
    }
}

/// How many loops a planar diagram falls into where each edge joins others as listed.
fn loops(edges: usize, joints: &[[usize; 2]]) -> u32 {
    let mut part: Vec<usize> = (0..edges).collect();
    for [a, b] in joints {
        let (from, to) = (part[*a], part[*b]);
        part.iter_mut().filter(|p| **p == from).for_each(|p| *p = to);
    }
    part.sort_unstable();
    part.dedup();
    part.len() as u32
}

fn raised<S: Semiring>(semiring: &S, base: &S::Element, exponent: u32) -> S::Element {
    (0..exponent).fold(semiring.one(), |value, _| semiring.multiply(&value, base).unwrap())
}

/// The Jones polynomial of a planar diagram, in A = t^(-1/4), by Kauffman's sum over all states.
fn jones(diagram: &[[usize; 4]]) -> Laurent<BigInt> {
    let polynomials = Polynomials::new(Counting);
    let (edges, crossings) = (2 * diagram.len(), diagram.len());
    let whole = |list: &[i32]| list.iter().map(|&n| BigInt::from(n)).collect::<Vec<_>>();
    let circle = polynomials.polynomial(-2, whole(&[-1, 0, 0, 0, -1])).unwrap();
    let mut bracket = polynomials.zero();
    for state in 0..1_u32 << crossings {
        let mut joints = Vec::new();
        for (crossing, [a, b, c, d]) in diagram.iter().map(|x| x.map(|edge| edge - 1)).enumerate() {
            joints.extend(if state >> crossing & 1 == 1 { [[a, b], [c, d]] } else { [[b, c], [d, a]] });
        }
        let exponent = 2 * i64::from(state.count_ones()) - crossings as i64;
        let weight = polynomials.monomial(BigInt::from(1), exponent).unwrap();
        let term = polynomials.multiply(&weight, &raised(&polynomials, &circle, loops(edges, &joints) - 1)).unwrap();
        bracket = polynomials.add(&bracket, &term).unwrap();
    }
    let positive = diagram.iter().filter(|[_, b, _, d]| (b + edges - d) % edges == 1).count();
    let writhe = 2 * positive as i64 - crossings as i64;
    let curl = polynomials.monomial(BigInt::from(-1), -3 * writhe.signum()).unwrap();
    polynomials.multiply(&bracket, &raised(&polynomials, &curl, writhe.unsigned_abs() as u32)).unwrap()
}

/// The polynomial in t that one in A = t^(-1/4) is.
fn in_t(polynomial: &Laurent<BigInt>) -> String {
    let polynomials = Polynomials::new(Counting);
    let used = polynomial.terms().filter(|(_, n)| **n != BigInt::ZERO);
    let terms = used.map(|(exponent, n)| {
        assert_eq!(exponent % 4, 0);
        polynomials.monomial(n.clone(), -exponent / 4).unwrap()
    });
    terms.fold(polynomials.zero(), |sum, term| polynomials.add(&sum, &term).unwrap()).display("t").to_string()
}

/// Diagrams and polynomials as KnotInfo lists them.
#[test]
fn jones_polynomials_of_small_knots_are_the_published_ones() {
    let trefoil = [[1, 5, 2, 4], [3, 1, 4, 6], [5, 3, 6, 2]];
    assert_eq!(in_t(&jones(&trefoil)), "t + t^3 - t^4");
    let figure_eight = [[4, 2, 5, 1], [8, 6, 1, 5], [6, 3, 7, 4], [2, 7, 3, 8]];
    assert_eq!(in_t(&jones(&figure_eight)), "t^-2 - t^-1 + 1 - t + t^2");
}

#[test]
fn polynomials_read_as_people_write_them() {
    let polynomials = Polynomials::new(Integer);
    let text = |lowest, list: &[i64]| polynomials.polynomial(lowest, list.to_vec()).unwrap().to_string();
    assert_eq!(text(0, &[]), "0");
    assert_eq!(text(0, &[-1]), "-1");
    assert_eq!(text(-1, &[-1, 1, 0, -3]), "-x^-1 + 1 - 3*x^2");
    assert_eq!(text(0, &[0, 0, 5, 0]), "5*x^2");
    let padded = polynomials.polynomial(-1, vec![0, 2, 0]).unwrap();
    assert_eq!((padded.lowest(), padded.highest(), padded.coefficients()), (Some(0), Some(0), &[2][..]));
    assert_eq!(polynomials.zero().lowest(), None);
}
