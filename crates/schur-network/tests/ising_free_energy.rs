//! Free energies against brute force, Kaufman's finite tori and Onsager's infinite lattice.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_network::ising::{Ising, IsingError, Renormalised, Torus, Truncation, hotrg, hotrg_means, trg};
use schur_tensor::semiring::{BigInt, Counting, MaxPlus, Polynomials};

const CRITICAL: f64 = 2.269_185_314_213_022;

/// Temperature, logarithm of the partition function per site, magnetisation, energy per site: Onsager and Yang.
const ONSAGER: [[f64; 4]; 6] = [
    [1.0, 2.000_348_283_700_7, 0.999_275_751_957, -1.997_160_204_1],
    [1.5, 1.338_962_123_616_2, 0.986_499_602_621, -1.951_116_573_1],
    [2.0, 1.025_792_812_694_9, 0.911_319_377_877, -1.745_564_575_3],
    [2.5, 0.879_363_820_774_9, 0.0, -1.106_079_203_7],
    [3.0, 0.815_882_731_857_7, 0.0, -0.817_309_592_5],
    [4.0, 0.759_106_478_535_5, 0.0, -0.557_272_240_6],
];

/// The sum over all states.
fn brute_force(rows: usize, columns: usize, model: &Ising) -> f64 {
    let bonds = Torus::new(rows, columns).unwrap().bonds();
    let spin = |state: u32, site: usize| if state >> site & 1 == 0 { 1.0 } else { -1.0 };
    let states = (0..1_u32 << (rows * columns)).map(|state| {
        let bonds: f64 = (bonds.iter().enumerate())
            .map(|(which, &[a, b])| model.couplings()[which % 2] * spin(state, a) * spin(state, b))
            .sum();
        let field: f64 = (0..rows * columns).map(|site| model.field() * spin(state, site)).sum();
        (bonds + field).exp()
    });
    states.sum::<f64>().ln()
}

/// B. Kaufman, 1949: the partition function of a torus of `m` by `n` sites with equal couplings.
fn kaufman(m: usize, n: usize, k: f64) -> f64 {
    let gamma = |r: usize| -> f64 {
        if r == 0 {
            return 2.0 * k + k.tanh().ln();
        }
        let cosh = (2.0 * k).cosh().powi(2) / (2.0 * k).sinh() - (std::f64::consts::PI * r as f64 / n as f64).cos();
        cosh.acosh()
    };
    let half = m as f64 / 2.0;
    // Logarithm and sign of each of the four products.
    let product = |first: usize, hyperbolic: fn(f64) -> f64| {
        (0..n).fold((0.0, 1.0), |(log, sign): (f64, f64), r| {
            let factor = 2.0 * hyperbolic(half * gamma(2 * r + first));
            (log + factor.abs().ln(), sign * factor.signum())
        })
    };
    let four = [product(1, f64::cosh), product(1, f64::sinh), product(0, f64::cosh), product(0, f64::sinh)];
    let largest = four.iter().fold(f64::NEG_INFINITY, |largest, (log, _)| largest.max(*log));
    let sum: f64 = four.iter().map(|(log, sign)| sign * (log - largest).exp()).sum();
    (m * n) as f64 / 2.0 * (2.0 * (2.0 * k).sinh()).ln() - 2.0_f64.ln() + largest + sum.ln()
}

fn error(found: Renormalised, expected: f64) -> f64 {
    (found.log_z / expected - 1.0).abs()
}

#[test]
fn small_tori_equal_brute_force_and_published_values() {
    let four = Torus::new(4, 4).unwrap();
    let at = |beta: f64| four.log_z(&Ising::new([beta, beta], 0.0).unwrap()).unwrap();
    assert!((at(0.4) - 14.561_093_023_844).abs() < 1e-11);
    assert!((at(1.0 / CRITICAL) - 15.521_915_458_755).abs() < 1e-11);
    for (rows, columns, model) in [
        (2, 3, Ising::new([0.3, -0.7], 0.2).unwrap()),
        (1, 4, Ising::new([0.5, 0.9], -0.4).unwrap()),
        (3, 3, Ising::new([-0.2, 1.1], 0.0).unwrap()),
    ] {
        let (found, expected) =
            (Torus::new(rows, columns).unwrap().log_z(&model).unwrap(), brute_force(rows, columns, &model));
        assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
    }
}

#[test]
fn kaufmans_formula_holds_for_exact_contractions() {
    for (m, n, k) in [(4, 4, 0.4), (3, 5, 0.44), (6, 6, 0.3), (2, 7, 0.6)] {
        let found = Torus::new(m, n).unwrap().log_z(&Ising::new([k, k], 0.0).unwrap()).unwrap();
        assert!((found - kaufman(m, n, k)).abs() < 1e-11 * found, "{m} x {n}: {found} is not {}", kaufman(m, n, k));
    }
}

#[test]
fn semirings_give_the_ground_state_and_all_degeneracies() {
    let four = Torus::new(4, 4).unwrap();
    let largest = four.partition_function(&MaxPlus::<f64>::new(), [1.0, -1.0], [0.0; 2]).unwrap();
    assert_eq!(largest, 32.0, "the energy of the ground state is -32");

    let ring = Polynomials::new(Counting);
    let power = |exponent| ring.monomial(BigInt::from(1), exponent).unwrap();
    let states = four.partition_function(&ring, [power(-1), power(1)], [power(0), power(0)]).unwrap();
    let expected = [(-32, 2), (-24, 32), (-20, 64), (-16, 424), (-12, 1728), (-8, 6688), (-4, 13568), (0, 20524)];
    for (energy, count) in expected {
        for energy in [energy, -energy] {
            assert_eq!(states.coefficient(energy), Some(&BigInt::from(count)), "states of energy {energy}");
        }
    }
    assert_eq!(states.terms().map(|(_, count)| count.clone()).sum::<BigInt>(), BigInt::from(1 << 16));
}

/// Without truncation the renormalised torus is exact, tilted by an odd step or not.
#[test]
fn renormalisation_without_truncation_is_exact() {
    let model = Ising::new([0.4, 0.25], 0.1).unwrap();
    for steps in [0, 2] {
        let side = 1 << (steps / 2);
        let expected = Torus::new(side, side).unwrap().log_z(&model).unwrap() / (side * side) as f64;
        for method in [trg, hotrg] {
            let found = method(&model, Truncation { bond: 64, steps }).unwrap();
            assert!((found.log_z - expected).abs() < 1e-12, "{steps} steps: {} is not {expected}", found.log_z);
            assert!(found.discarded < 1e-14);
        }
    }
    let antiferromagnet = Ising::new([-0.4, -0.4], 0.0).unwrap();
    let found = trg(&antiferromagnet, Truncation { bond: 16, steps: 4 }).unwrap();
    assert!((16.0 * found.log_z - kaufman(4, 4, 0.4)).abs() < 1e-9, "an even torus has two sublattices");
}

#[test]
fn finite_tori_equal_kaufmans_formula() {
    for (temperature, tolerance) in [(2.0, 1e-5), (2.5, 1e-4), (CRITICAL, 1e-3)] {
        let model = Ising::at_temperature(temperature).unwrap();
        let expected = kaufman(16, 16, 1.0 / temperature) / 256.0;
        let found =
            [trg, hotrg].map(|method| error(method(&model, Truncation { bond: 10, steps: 8 }).unwrap(), expected));
        assert!(found.iter().all(|error| *error < tolerance), "at {temperature}: {found:?}");
    }
}

#[test]
fn the_infinite_lattice_has_onsagers_free_energy() {
    for [temperature, expected, _, _] in ONSAGER {
        let model = Ising::at_temperature(temperature).unwrap();
        let found = error(trg(&model, Truncation { bond: 12, steps: 30 }).unwrap(), expected);
        assert!(found < 1e-5, "trg at {temperature}: {found:e}");
        let found = error(hotrg(&model, Truncation { bond: 8, steps: 30 }).unwrap(), expected);
        assert!(found < 1e-5, "hotrg at {temperature}: {found:e}");
    }
}

#[test]
fn errors_fall_with_the_bond_dimension() {
    let (model, expected) = (Ising::at_temperature(CRITICAL).unwrap(), 0.929_695_398_341_6);
    for method in [trg, hotrg] {
        let errors = [2, 4, 8, 10].map(|bond| error(method(&model, Truncation { bond, steps: 30 }).unwrap(), expected));
        assert!(errors.windows(2).all(|pair| pair[1] < pair[0]), "{errors:?}");
        assert!(errors[3] < 5e-5, "{errors:?}");
    }
}

#[test]
fn means_of_spins_and_bonds_are_onsagers_and_yangs() {
    for [temperature, _, magnetisation, energy] in ONSAGER {
        // A field too small to move the mean, and large enough to choose a side of 2^30 sites.
        let model = Ising::new([1.0 / temperature; 2], 1e-7).unwrap();
        let means = hotrg_means(&model, Truncation { bond: 8, steps: 30 }).unwrap();
        assert!((means.spin - magnetisation).abs() < 5e-4, "{} is not {magnetisation} at {temperature}", means.spin);
        assert!(
            (-2.0 * means.bond / energy - 1.0).abs() < 2e-3,
            "{} is not {energy} at {temperature}",
            -2.0 * means.bond
        );
    }
}

#[test]
fn impossible_models_are_refused() {
    assert!(matches!(Ising::at_temperature(f64::NAN), Err(IsingError::NotFinite { .. })));
    assert_eq!(
        Ising::at_temperature(f64::INFINITY).unwrap_err().to_string(),
        "the temperature is inf, but must be a finite number"
    );
    assert_eq!(Ising::at_temperature(0.0), Err(IsingError::ZeroTemperature));
    assert!(matches!(Ising::new([0.1, f64::INFINITY], 0.0), Err(IsingError::NotFinite { .. })));
    assert!(matches!(Ising::new([0.1, 0.1], f64::NAN), Err(IsingError::NotFinite { .. })));
    assert_eq!(Torus::new(0, 3), Err(IsingError::Size { rows: 0, columns: 3 }));
    let model = Ising::at_temperature(1.0).unwrap();
    for method in [trg, hotrg] {
        assert_eq!(method(&model, Truncation { bond: 0, steps: 2 }), Err(IsingError::Bond));
    }
    // Far below any temperature of matter nothing overflows: two ground states of energy -2 a site.
    let cold = Ising::at_temperature(1e-300).unwrap();
    let found = trg(&cold, Truncation { bond: 4, steps: 4 }).unwrap();
    assert!((found.log_z / 2e300 - 1.0).abs() < 1e-12);
}
