//! Polynomials that are known by name: powers of a length and solid harmonics.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_multilinear::{Modes, Multilinear, Operand, Path, Polynomial, PolynomialError, Term};
use schur_testkit::assert_close;

const X: [f64; 3] = [0.3, -1.2, 0.7];

fn number() -> Operand {
    Operand::new([(1, 1)])
}

fn vector() -> Operand {
    Operand::new([(3, 1)])
}

/// A homogeneous polynomial of a vector: coefficients with one axis for each factor and one for the results.
fn homogeneous(degree: usize, results: usize, terms: &[(&[usize], usize, f64)]) -> Polynomial {
    let mut coefficients = vec![0.0; 3usize.pow(degree as u32) * results];
    for &(axes, result, value) in terms {
        assert_eq!(axes.len(), degree);
        coefficients[axes.iter().fold(0, |flat, axis| 3 * flat + axis) * results + result] = value;
    }
    let mut operands = vec![vector(); degree];
    operands.push(Operand::new([(results, 1)]));
    let output = operands[degree].clone();
    let map = Multilinear::new(operands, vec![Path { segments: vec![0; degree + 1], coefficients }]).unwrap();
    Polynomial::new(vec![vector()], vec![output], vec![Term { inputs: vec![0; degree], output: 0, map }]).unwrap()
}

fn squared_length() -> Polynomial {
    homogeneous(2, 1, &[(&[0, 0], 0, 1.0), (&[1, 1], 0, 1.0), (&[2, 2], 0, 1.0)])
}

/// xy, yz, y^2 - (x^2 + z^2) / 2, xz, (z^2 - x^2) / 2 without their factors.
fn quadratic_harmonics() -> Polynomial {
    let terms: [(&[usize], usize, f64); 8] = [
        (&[0, 1], 0, 1.0),
        (&[1, 2], 1, 1.0),
        (&[0, 0], 2, -0.5),
        (&[1, 1], 2, 1.0),
        (&[2, 2], 2, -0.5),
        (&[0, 2], 3, 1.0),
        (&[0, 0], 4, -0.5),
        (&[2, 2], 4, 0.5),
    ];
    homogeneous(2, 5, &terms)
}

/// The trace of the matrix of second derivatives.
fn laplacian(polynomial: &Polynomial, x: &[f64]) -> Vec<f64> {
    let second = polynomial.tangent(&[0]).unwrap().tangent(&[0]).unwrap();
    let mut sum = vec![0.0; polynomial.outputs()[0].len()];
    for axis in 0..3 {
        let mut unit = [0.0; 3];
        unit[axis] = 1.0;
        let [value] = &second.evaluate(&[x, &unit, &unit]).unwrap()[..] else { panic!("one output") };
        sum.iter_mut().zip(value).for_each(|(sum, value)| *sum += value);
    }
    sum
}

#[test]
fn powers_of_a_length_have_their_derivatives() {
    let square = squared_length();
    let r2: f64 = X.iter().map(|x| x * x).sum();
    let fourth = square_of(&square);
    assert_eq!((square.degree(), fourth.degree()), (2, 4));
    assert_close("r^4", &fourth.evaluate(&[&X]).unwrap()[0], &[r2 * r2], 1e-14, 0.0);
    let gradient = fourth.backward(&[0]).unwrap().evaluate(&[&X, &[1.0]]).unwrap();
    assert_close("gradient", &gradient[0], &X.map(|x| 4.0 * r2 * x), 1e-14, 0.0);
    // 4 r^2 I + 8 x x^T, applied to a direction.
    let v = [1.0, 2.0, -0.5];
    let hessian = fourth.backward(&[0]).unwrap().tangent(&[0]).unwrap();
    let xv: f64 = X.iter().zip(&v).map(|(x, v)| x * v).sum();
    let expected: Vec<f64> = X.iter().zip(&v).map(|(x, v)| 4.0 * r2 * v + 8.0 * x * xv).collect();
    assert_close("hessian", &hessian.evaluate(&[&X, &[1.0], &v]).unwrap()[0], &expected, 1e-13, 0.0);
    assert_close("laplacian", &laplacian(&fourth, &X), &[20.0 * r2], 1e-13, 0.0);
}

/// Multiplied out by composition.
fn square_of(inner: &Polynomial) -> Polynomial {
    let product = Multilinear::new(vec![number(); 3], vec![Path { segments: vec![0; 3], coefficients: vec![1.0] }]);
    let term = Term { inputs: vec![0, 0], output: 0, map: product.unwrap() };
    let square = Polynomial::new(vec![number()], vec![number()], vec![term]).unwrap();
    square.compose(0, inner, 0).unwrap()
}

#[test]
fn solid_harmonics_are_harmonic_and_others_are_not() {
    assert_close("laplacian", &laplacian(&quadratic_harmonics(), &X), &[0.0; 5], 0.0, 1e-15);
    assert_close("laplacian", &laplacian(&squared_length(), &X), &[6.0], 1e-15, 0.0);
}

/// Symmetric, the harmonics of degree 2 have the 11 monomials that cuEquivariance lists; folded there are 8.
#[test]
fn monomials_are_counted_as_published() {
    let count = |polynomial: &Polynomial| polynomial.terms().iter().map(|term| term.map.terms()).sum::<usize>();
    let harmonics = quadratic_harmonics();
    assert_eq!(count(&harmonics.symmetrise()), 11);
    assert_eq!(count(&harmonics.symmetrise().fold()), 8);
    let flat = harmonics.symmetrise().terms()[0].map.flatten_components().unwrap();
    assert_eq!(flat.paths().len(), 11);
}

/// One half of the coefficient of xy on each side, or all of it on one.
#[test]
fn spellings_of_a_polynomial_are_the_same_and_have_the_same_derivatives() {
    let spelt = [
        homogeneous(2, 1, &[(&[0, 1], 0, 3.0)]),
        homogeneous(2, 1, &[(&[1, 0], 0, 3.0)]),
        homogeneous(2, 1, &[(&[0, 1], 0, 1.0), (&[1, 0], 0, 2.0)]),
    ];
    for other in &spelt {
        assert!(other.is_same_polynomial(&spelt[0]) && other.fold() == spelt[0].fold());
        assert_eq!(other.symmetrise(), spelt[2].symmetrise());
        let backward = other.backward(&[0]).unwrap();
        assert_eq!(backward, spelt[0].backward(&[0]).unwrap());
        assert_eq!(backward.evaluate(&[&[2.0, 5.0, 7.0], &[1.0]]).unwrap(), [[15.0, 6.0, 0.0]]);
    }
    assert!(!spelt[0].is_same_polynomial(&homogeneous(2, 1, &[(&[0, 1], 0, 2.0)])));
}

/// The square of an outer product: exchanged, its factors give a transposed matrix, so they must not be averaged.
#[test]
fn an_outer_product_is_not_symmetrised() {
    let x = Operand::with_extents([(1, vec![2])]);
    let matrix = Operand::with_extents([(1, vec![2, 2])]);
    let path = Path { segments: vec![0; 3], coefficients: vec![1.0] };
    let modes: Modes = "u,v,uv".parse().unwrap();
    let map = Multilinear::with_modes(modes, vec![x.clone(), x.clone(), matrix.clone()], vec![path]).unwrap();
    assert!(map.symmetrise(&[0, 1]).is_err());
    let term = Term { inputs: vec![0, 0], output: 0, map };
    let outer = Polynomial::new(vec![x], vec![matrix], vec![term]).unwrap();
    for form in [&outer, &outer.fold(), &outer.symmetrise()] {
        assert_eq!(form.evaluate(&[&[2.0, 3.0]]).unwrap(), [[4.0, 6.0, 6.0, 9.0]]);
        let tangent = form.tangent(&[0]).unwrap();
        assert_eq!(tangent.terms().len(), 2);
        assert_eq!(tangent.evaluate(&[&[2.0, 3.0], &[1.0, 0.0]]).unwrap(), [[4.0, 3.0, 3.0, 0.0]]);
    }
}

#[test]
fn polynomials_that_do_not_fit_are_named() {
    let square = squared_length();
    let term = &square.terms()[0];
    let with = |inputs: Vec<usize>, output: usize| {
        let term = Term { inputs, output, map: term.map.clone() };
        Polynomial::new(vec![vector(), number()], vec![number()], vec![term]).unwrap_err()
    };
    assert_eq!(with(vec![0], 0), PolynomialError::Inputs { term: 0, expected: 2, found: 1 });
    assert_eq!(with(vec![0, 2], 0), PolynomialError::NoSuchInput { input: 2, available: 2 });
    assert_eq!(with(vec![0, 0], 1), PolynomialError::NoSuchOutput { output: 1, available: 1 });
    assert_eq!(with(vec![0, 1], 0), PolynomialError::Length { term: 0, operand: 1, expected: 3, found: 1 });
    assert_eq!(square.tangent(&[0, 0]).unwrap_err(), PolynomialError::Repeated { input: 0 });
    assert_eq!(square.transpose(&[0]).unwrap_err(), PolynomialError::NotLinear { term: 0, degree: 2 });
    assert_eq!(square.evaluate(&[]).unwrap_err(), PolynomialError::ArgumentCount { expected: 1, found: 0 });
    let error = square.evaluate(&[&[0.0]]).unwrap_err();
    assert_eq!(error, PolynomialError::Argument { input: 0, expected: 3, found: 1 });
    let error = square.compose(0, &square, 0).unwrap_err();
    assert_eq!(error, PolynomialError::Argument { input: 0, expected: 3, found: 1 });
}
