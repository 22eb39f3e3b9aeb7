//! Constrained canonical polyadic models: against nonnegative least squares, constraints kept, bad input refused.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_decomp::DecompError;
use schur_decomp::cp::{
    AlsOptions, ConstrainedOptions, Constraint, Cp, NonnegativeOptions, Proximal, als_from, constrained, nonnegative,
};
use schur_decomp::dense::Dense;
use schur_decomp::fit::{Stopping, unobserved};
use schur_decomp::random::{normals, stream, units};
use schur_tensor::Tensor;

fn noisy(noise: f64) -> Tensor<f64> {
    let mut rng = stream(3, 0);
    let sparse = |numbers: Tensor<f64>| {
        let data = numbers.data().iter().map(|&x| (x - 0.4).max(0.0)).collect();
        Tensor::new(numbers.shape(), data).unwrap()
    };
    let factors = [8, 9, 7].iter().map(|&size| sparse(units(&[size, 3], &mut rng).unwrap())).collect();
    let mut tensor = Cp::new(vec![1.0; 3], factors).unwrap().to_tensor().unwrap();
    let others: Tensor<f64> = normals(&[8, 9, 7], &mut rng).unwrap();
    tensor.data_mut().iter_mut().zip(others.data()).for_each(|(x, y)| *x += noise * y);
    tensor
}

fn options<'a>(constraints: [Constraint<'a>; 3], iterations: usize) -> ConstrainedOptions<'a> {
    let stopping = Stopping { iterations, tolerance: 0.0 };
    ConstrainedOptions { rank: 3, constraints: constraints.to_vec(), stopping, seed: 1, ..Default::default() }
}

#[test]
fn splitting_and_hierarchical_least_squares_find_the_same_nonnegative_model() {
    let tensor = noisy(0.03);
    let data = Dense::new(&tensor).unwrap();
    let (split, fit) = constrained(&data, &options([Constraint::Nonnegative; 3], 3000), &mut unobserved).unwrap();
    let stopping = Stopping { iterations: 3000, tolerance: 0.0 };
    let others = NonnegativeOptions { rank: 3, stopping, seed: 1, ..Default::default() };
    let (plain, expected) = nonnegative(&data, &others, &mut unobserved).unwrap();
    assert!(
        (fit.relative_error - expected.relative_error).abs() < 1e-6,
        "{} {}",
        fit.relative_error,
        expected.relative_error
    );
    assert!(split.match_score(&plain).unwrap() > 0.999);
    assert!(split.factors().iter().all(|factor| factor.data().iter().all(|&x| x >= 0.0)));
}

#[test]
fn without_constraints_least_squares_has_nothing_to_add() {
    let tensor = noisy(0.1);
    let data = Dense::new(&tensor).unwrap();
    let (model, fit) = constrained(&data, &options([Constraint::Free; 3], 3000), &mut unobserved).unwrap();
    let stopping = Stopping { iterations: 5, tolerance: 0.0 };
    let after = als_from(&data, model, &AlsOptions { stopping, ..Default::default() }, &mut unobserved).unwrap().1;
    assert!(
        (fit.relative_error - after.relative_error).abs() < 1e-4,
        "{} {}",
        fit.relative_error,
        after.relative_error
    );
}

#[test]
fn every_constraint_holds_exactly_in_the_result() {
    let tensor = noisy(0.03);
    let data = Dense::new(&tensor).unwrap();
    let constraints = [Constraint::Simplex, Constraint::Monotone, Constraint::Nonnegative];
    let (model, fit) = constrained(&data, &options(constraints, 300), &mut unobserved).unwrap();
    assert!(fit.relative_error < 1.0);
    assert_eq!(model.weights(), [1.0; 3]);
    let column = |mode: usize, r: usize| -> Vec<f64> {
        model.factors()[mode].data().iter().skip(r).step_by(3).copied().collect()
    };
    for r in 0..3 {
        assert!((column(0, r).iter().sum::<f64>() - 1.0).abs() < 1e-12 && column(0, r).iter().all(|&x| x >= 0.0));
        assert!(column(1, r).windows(2).all(|pair| pair[0] <= pair[1]));
        assert!(column(2, r).iter().all(|&x| x >= 0.0));
    }
}

#[test]
fn penalties_do_what_they_are_for() {
    let tensor = noisy(0.05);
    let data = Dense::new(&tensor).unwrap();
    let ridge = Constraint::Ridge(0.05);
    let fit =
        |last: Constraint<'_>| constrained(&data, &options([ridge, ridge, last], 400), &mut unobserved).unwrap().0;
    let (plain, sparse, smooth) = (fit(ridge), fit(Constraint::Sparse(0.2)), fit(Constraint::Smooth(20.0)));
    let zeros = |model: &Cp<f64>| model.factors()[2].data().iter().filter(|&&x| x == 0.0).count();
    assert!(zeros(&sparse) > zeros(&plain), "{} {}", zeros(&sparse), zeros(&plain));
    let roughness = |model: &Cp<f64>| {
        let factor = model.factors()[2].data();
        let steps: f64 = factor.iter().zip(&factor[3..]).map(|(a, b)| (a - b).powi(2)).sum();
        steps / factor.iter().map(|x| x * x).sum::<f64>()
    };
    assert!(roughness(&smooth) < 0.5 * roughness(&plain), "{} {}", roughness(&smooth), roughness(&plain));
}

/// No element above a half.
struct Half;

impl Proximal for Half {
    fn apply(&self, factor: &mut [f64], _: usize, _: f64) {
        factor.iter_mut().for_each(|x| *x = x.clamp(0.0, 0.5));
    }
}

#[test]
fn a_constraint_of_ones_own_is_kept() {
    let tensor = noisy(0.03);
    let constraints = [Constraint::Own(&Half), Constraint::Nonnegative, Constraint::Own(&Half)];
    let (model, fit) = constrained(&Dense::new(&tensor).unwrap(), &options(constraints, 500), &mut unobserved).unwrap();
    assert!(model.factors()[0].data().iter().all(|x| (0.0..=0.5).contains(x)));
    // The noise alone is more than half of this tensor.
    assert!(fit.relative_error < 0.75, "{}", fit.relative_error);
}

#[test]
fn bad_options_are_refused() {
    let tensor = noisy(0.1);
    let data = Dense::new(&tensor).unwrap();
    let run = |options: &ConstrainedOptions<'_>| constrained(&data, options, &mut unobserved).unwrap_err();
    let few = ConstrainedOptions { constraints: vec![Constraint::Free], ..options([Constraint::Free; 3], 5) };
    assert!(matches!(run(&few), DecompError::Count { expected: 3, found: 1, .. }));
    let negative = options([Constraint::Ridge(-1.0), Constraint::Free, Constraint::Free], 5);
    assert!(matches!(run(&negative), DecompError::Option { .. }));
    let none = ConstrainedOptions { passes: 0, ..options([Constraint::Free; 3], 5) };
    assert!(matches!(run(&none), DecompError::Option { .. }));
}
