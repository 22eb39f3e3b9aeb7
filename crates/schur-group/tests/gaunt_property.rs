//! Gaunt coefficients against quadrature of the library's own harmonics, and their identities.
#![allow(clippy::unwrap_used, reason = "a failed call is a failed test")]

use schur_group::{GroupError, Normalization, SphericalHarmonics, Surd, clebsch_gordan, gaunt, wigner_3j};
use schur_testkit::{Random, assert_close};

const ALL: [Normalization; 3] = [Normalization::Component, Normalization::Norm, Normalization::Integral];

/// Triples of degrees up to `l_max` that couple.
fn coupled(l_max: usize) -> impl Iterator<Item = [usize; 3]> {
    (0..=l_max).flat_map(move |l1| {
        (0..=l_max).flat_map(move |l2| (l1.abs_diff(l2)..=(l1 + l2).min(l_max)).map(move |l3| [l1, l2, l3]))
    })
}

/// Nodes and weights, for the mean over [-1, 1], of the Gauss-Legendre rule with `n` nodes.
fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    let legendre = |x: f64| {
        let (mut before, mut last) = (1.0, x);
        for k in 2..=n {
            let k = k as f64;
            (before, last) = (last, ((2.0 * k - 1.0) * x * last - (k - 1.0) * before) / k);
        }
        (last, n as f64 * (x * last - before) / (x * x - 1.0))
    };
    let node = |i: usize| {
        let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
        for _ in 0..8 {
            let (value, slope) = legendre(x);
            x -= value / slope;
        }
        let slope = legendre(x).1;
        (x, 1.0 / ((1.0 - x * x) * slope * slope))
    };
    (0..n).map(node).collect()
}

/// Points and weights whose sum is the mean over the sphere, exact for polynomials up to `degree`.
fn sphere(degree: usize) -> Vec<([f64; 3], f64)> {
    let n_turn = degree + 1;
    let ring = |(y, weight): (f64, f64)| {
        (0..n_turn).map(move |k| {
            let (sine, cosine) = (2.0 * std::f64::consts::PI * k as f64 / n_turn as f64).sin_cos();
            let radius = (1.0 - y * y).sqrt();
            ([radius * sine, y, radius * cosine], weight / n_turn as f64)
        })
    };
    gauss_legendre(degree / 2 + 1).into_iter().flat_map(ring).collect()
}

#[test]
fn coefficients_are_integrals_of_our_harmonics() {
    const L_MAX: usize = 7;
    let points = sphere(3 * L_MAX);
    for normalization in ALL {
        let harmonics = SphericalHarmonics::new(L_MAX, normalization).unwrap();
        let area = if normalization == Normalization::Integral { 4.0 * std::f64::consts::PI } else { 1.0 };
        let values: Vec<(Vec<f64>, f64)> = points
            .iter()
            .map(|&(point, weight)| {
                let mut y = vec![0.0; harmonics.n_harmonics()];
                harmonics.evaluate_into(point, &mut y).unwrap();
                (y, weight * area)
            })
            .collect();
        for [l1, l2, l3] in coupled(L_MAX).filter(|l| l[0] <= l[1] && l[1] <= l[2]) {
            let mut integrals = Vec::new();
            for (i, j) in
                (l1 * l1..(l1 + 1) * (l1 + 1)).flat_map(|i| (l2 * l2..(l2 + 1) * (l2 + 1)).map(move |j| (i, j)))
            {
                for k in l3 * l3..(l3 + 1) * (l3 + 1) {
                    integrals.push(values.iter().map(|(y, weight)| weight * y[i] * y[j] * y[k]).sum());
                }
            }
            let name = format!("{normalization:?} ({l1}, {l2}, {l3})");
            let actual = gaunt(l1, l2, l3, normalization).unwrap().to_dense();
            assert_close(&name, &actual, &integrals, 0.0, 1e-13);
        }
    }
}

#[test]
fn permutations_move_the_axes_only() {
    for l in coupled(6) {
        let g = gaunt(l[0], l[1], l[2], Normalization::Component).unwrap();
        for order in [[1, 0, 2], [0, 2, 1], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
            let [a, b, c] = order.map(|axis| l[axis]);
            let moved = gaunt(a, b, c, Normalization::Component).unwrap();
            assert_eq!(moved.means().entries().len(), g.means().entries().len());
            for entry in g.means().entries() {
                assert_eq!(moved.means().get(order.map(|axis| entry.index[axis])), entry.value, "{l:?} {order:?}");
            }
        }
    }
}

#[test]
fn odd_sums_vanish_and_even_ones_do_not() {
    for [l1, l2, l3] in coupled(8) {
        let n_entries = gaunt(l1, l2, l3, Normalization::Norm).unwrap().means().entries().len();
        let n_coupled = wigner_3j(l1, l2, l3).unwrap().entries().len();
        assert_eq!(n_entries, if (l1 + l2 + l3) % 2 == 0 { n_coupled } else { 0 });
    }
}

#[test]
fn products_of_harmonics_expand() {
    const L: usize = 4;
    let mut random = Random::new(3);
    for normalization in ALL {
        let harmonics = SphericalHarmonics::new(2 * L, normalization).unwrap();
        let mut y = vec![0.0; harmonics.n_harmonics()];
        harmonics.evaluate_into(random.vector(), &mut y).unwrap();
        let mut expanded = vec![0.0; 81];
        for l3 in 0..=2 * L {
            let n = if normalization == Normalization::Norm { 1.0 / (2 * l3 + 1) as f64 } else { 1.0 };
            for ([i, j, k], g) in gaunt(L, L, l3, normalization).unwrap().iter() {
                expanded[9 * i + j] += g * y[l3 * l3 + k] / n;
            }
        }
        let of_degree = &y[L * L..(L + 1) * (L + 1)];
        let expected: Vec<f64> = of_degree.iter().flat_map(|a| of_degree.iter().map(move |b| a * b)).collect();
        assert_close(&format!("{normalization:?}"), &expanded, &expected, 0.0, 1e-13);
    }
}

#[test]
fn clebsch_gordan_matrices_are_orthogonal() {
    for (l1, l2) in [(0, 3), (1, 1), (2, 3), (4, 4), (6, 5)] {
        let n = (2 * l1 + 1) * (2 * l2 + 1);
        let mut gram = vec![0.0; n * n];
        for l3 in l1.abs_diff(l2)..=l1 + l2 {
            let dense = clebsch_gordan(l1, l2, l3).unwrap().to_dense();
            let rows: Vec<&[f64]> = dense.chunks_exact(2 * l3 + 1).collect();
            for (i, j) in (0..n).flat_map(|i| (0..n).map(move |j| (i, j))) {
                gram[i * n + j] += rows[i].iter().zip(rows[j]).map(|(a, b)| a * b).sum::<f64>();
            }
        }
        let identity: Vec<f64> = (0..n * n).map(|at| if at % (n + 1) == 0 { 1.0 } else { 0.0 }).collect();
        assert_close(&format!("({l1}, {l2})"), &gram, &identity, 0.0, 1e-14);
    }
}

#[test]
fn largest_degrees_still_fit() {
    for [l1, l2, l3] in [[16, 16, 16], [16, 15, 15], [16, 16, 2], [15, 16, 16], [16, 0, 16]] {
        let g = gaunt(l1, l2, l3, Normalization::Component).unwrap();
        let squares: f64 = g.iter().map(|(_, value)| value * value).sum();
        let middle = wigner_3j(l1, l2, l3).unwrap().get([l1, l2, l3]).to_f64();
        let widths = ((2 * l1 + 1) * (2 * l2 + 1) * (2 * l3 + 1)) as f64;
        let expected = if (l1 + l2 + l3) % 2 == 0 { widths * middle * middle } else { 0.0 };
        assert_close(&format!("({l1}, {l2}, {l3})"), &[squares], &[expected], 1e-14, 0.0);
        assert!(clebsch_gordan(l1, l2, l3).is_ok());
    }
}

#[test]
fn errors_are_those_of_the_symbols() {
    assert_eq!(gaunt(1, 1, 4, Normalization::Norm).unwrap_err(), GroupError::Triangle { l1: 1, l2: 1, l3: 4 });
    assert!(matches!(gaunt(17, 17, 0, Normalization::Norm), Err(GroupError::DegreeTooLarge { l: 17, .. })));
    assert!(clebsch_gordan(2, 2, 5).is_err());
    assert_eq!(clebsch_gordan(2, 2, 0).unwrap().get([0, 1, 0]), Surd::ZERO);
}
