//! Groups that were planted: fitted, counted, the same for any threads; and what is refused.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_decomp::DecompError;
use schur_decomp::fit::{Stopping, unobserved};
use schur_decomp::random::{stream, unit};
use schur_decomp::relational::selection::{SelectionOptions, select};
use schur_decomp::relational::{Rescal, RescalOptions, Unknown, rescal};
use schur_tensor::Tensor;

/// Entities that belong mostly to one group each, and random relations of groups.
fn planted(n: usize, m: usize, k: usize) -> Rescal {
    let mut rng = stream(3, 0);
    let belongs = |index: &[usize]| if index[0] % k == index[1] { 1.0 } else { 0.0 };
    let entities = Tensor::from_fn(&[n, k], |index| belongs(index) * (0.5 + unit(&mut rng))).unwrap();
    let relations = Tensor::from_fn(&[m, k, k], |_| unit(&mut rng).powi(3)).unwrap();
    Rescal { entities, relations }
}

#[test]
fn planted_groups_are_fitted_and_the_error_is_that_of_the_model() {
    let tensor = planted(18, 7, 3).to_tensor().unwrap();
    let options =
        RescalOptions { rank: 3, stopping: Stopping { iterations: 3000, tolerance: 1e-12 }, ..Default::default() };
    let (model, fit) = rescal(&tensor, &options, &mut unobserved).unwrap();
    let squares = |x: &mut dyn Iterator<Item = f64>| x.map(|x| x * x).sum::<f64>();
    let all = model.to_tensor().unwrap();
    let missed = squares(&mut all.data().iter().zip(tensor.data()).map(|(x, y)| x - y));
    let expected = (missed / squares(&mut tensor.data().iter().copied())).sqrt();
    assert!((fit.relative_error - expected).abs() < 1e-12 && fit.relative_error < 1e-3, "{}", fit.relative_error);
    assert!(fit.history.windows(2).all(|pair| pair[1] <= pair[0] + 1e-9), "the error never rises");
    for group in 0..3 {
        let norm = squares(&mut model.entities.data().iter().skip(group).step_by(3).copied());
        assert!((norm - 1.0).abs() < 1e-12);
    }
    assert!(model.entities.data().iter().chain(model.relations.data()).all(|&x| x >= 0.0));
}

#[test]
fn the_number_of_groups_is_chosen_for_any_seed_and_threads() {
    let tensor = planted(20, 6, 4).to_tensor().unwrap();
    let run = |seed: u64, threads: usize| {
        let options = SelectionOptions {
            ranks: (2..=6).collect(),
            copies: 6,
            stopping: Stopping { iterations: 400, tolerance: 1e-8 },
            seed,
            ..Default::default()
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| select(&tensor, &options).unwrap())
    };
    let first = run(0, 1);
    assert_eq!(first, run(0, 3));
    for selection in [first, run(1, 2), run(2, 2)] {
        let table: Vec<_> =
            selection.candidates.iter().map(|c| (c.rank, c.least_silhouette, c.relative_error)).collect();
        assert_eq!(selection.chosen.map(|at| selection.candidates[at].rank), Some(4), "{table:?}");
        assert!(selection.candidates[2].relative_error < 0.05, "{table:?}");
    }
}

#[test]
fn what_is_missing_is_left_out_of_fit_and_error() {
    let full = planted(16, 6, 3).to_tensor().unwrap();
    let mut holed = full.clone();
    let holes: Vec<usize> = (0..full.data().len()).filter(|place| place % 7 == 3).collect();
    holes.iter().for_each(|&place| holed.data_mut()[place] = f64::NAN);
    let options = RescalOptions {
        rank: 3,
        unknown: Unknown::Missing,
        stopping: Stopping { iterations: 3000, tolerance: 1e-12 },
        ..Default::default()
    };
    let (model, fit) = rescal(&holed, &options, &mut unobserved).unwrap();
    let all = model.to_tensor().unwrap();
    let missed = |places: &mut dyn Iterator<Item = usize>| {
        let parts = places.map(|place| ((all.data()[place] - full.data()[place]).powi(2), full.data()[place].powi(2)));
        let (missed, norm) = parts.fold((0.0, 0.0), |sums, part| (sums.0 + part.0, sums.1 + part.1));
        (missed / norm).sqrt()
    };
    let known = missed(&mut (0..full.data().len()).filter(|place| place % 7 != 3));
    assert!((fit.relative_error - known).abs() < 1e-12 && known < 1e-3, "{} {known}", fit.relative_error);
    assert!(missed(&mut holes.iter().copied()) < 5e-3, "what was missing comes out as it was");
    assert!(fit.history.windows(2).all(|pair| pair[1] <= pair[0] + 1e-9), "the error never rises");
    let zero = rescal(&holed, &RescalOptions { unknown: Unknown::Zero, ..options.clone() }, &mut unobserved).unwrap();
    assert!(zero.1.relative_error > 0.1, "{}", zero.1.relative_error);
    let refused = rescal(&holed, &RescalOptions { unknown: Unknown::Refused, ..options }, &mut unobserved);
    assert!(matches!(refused, Err(DecompError::NotFinite { .. })));
    let selection =
        SelectionOptions { ranks: vec![2, 3, 4], unknown: Unknown::Missing, copies: 6, ..Default::default() };
    let found = select(&holed, &selection).unwrap();
    assert_eq!(found.chosen.map(|at| found.candidates[at].rank), Some(3), "{:?}", found.chosen);
}

#[test]
fn what_is_no_tensor_of_relations_is_refused() {
    let refused = |shape: &[usize], data: Vec<f64>, rank: usize| {
        let options = RescalOptions { rank, ..Default::default() };
        rescal(&Tensor::new(shape, data).unwrap(), &options, &mut unobserved).unwrap_err()
    };
    assert!(matches!(refused(&[2, 2], vec![1.0; 4], 1), DecompError::Order { least: 3, .. }));
    assert!(matches!(refused(&[2, 3, 1], vec![1.0; 6], 1), DecompError::Mismatch { .. }));
    assert!(matches!(refused(&[2, 2, 0], vec![], 1), DecompError::EmptyMode { mode: 2, .. }));
    assert!(
        matches!(refused(&[1, 1, 2], vec![1.0, f64::NAN], 1), DecompError::NotFinite { index, .. } if index == [0, 0, 1])
    );
    assert!(
        matches!(refused(&[2, 2, 1], vec![1.0, 1.0, -1.0, 1.0], 1), DecompError::Negative { index, .. } if index == [1, 0, 0])
    );
    assert_eq!(refused(&[1, 1, 1], vec![0.0], 1), DecompError::AllZero);
    assert!(matches!(refused(&[2, 2, 1], vec![1.0; 4], 3), DecompError::Rank { most: 2, .. }));
    assert!(matches!(refused(&[2, 2, 1], vec![1.0; 4], 0), DecompError::Rank { .. }));
    let tensor = Tensor::filled(&[2, 2, 1], 1.0).unwrap();
    assert!(select(&tensor, &SelectionOptions { starts: 0, ..Default::default() }).is_err());
    assert!(select(&tensor, &SelectionOptions { copies: 1, ..Default::default() }).is_err());
    assert!(select(&tensor, &SelectionOptions { noise: 1.0, ..Default::default() }).is_err());
}
