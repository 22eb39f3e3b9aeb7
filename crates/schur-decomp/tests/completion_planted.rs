//! Tensors with gaps whose other elements are known: exact recovery, penalties, choice, and bad input.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_decomp::DecompError;
use schur_decomp::completion::validation::{choose, cross_validate, parts};
use schur_decomp::completion::{Completed, CompletionOptions, Form, Model, Observed, complete};
use schur_decomp::cp::Cp;
use schur_decomp::fit::{Stopping, unobserved};
use schur_decomp::random::{below, normal, normals, stream, units};
use schur_tensor::Tensor;

/// A tensor, and about `percent` of it observed.
fn split(tensor: &Tensor<f64>, percent: usize, seed: u64) -> Observed {
    let mut rng = stream(seed, 7);
    let mask = Tensor::from_fn(tensor.shape(), |_| below(&mut rng, 100) < percent).unwrap();
    Observed::masked(tensor, &mask).unwrap()
}

fn planted_cp(shape: &[usize], rank: usize) -> Tensor<f64> {
    let mut rng = stream(1, 2);
    let factors = shape.iter().map(|&size| normals(&[size, rank], &mut rng).unwrap()).collect();
    Cp::new(vec![1.0; rank], factors).unwrap().to_tensor().unwrap()
}

fn exact(form: Form) -> CompletionOptions {
    CompletionOptions {
        form,
        offsets: false,
        ridge: 0.0,
        stopping: Stopping { iterations: 3000, tolerance: 1e-14 },
        ..Default::default()
    }
}

/// The relative error over all elements, observed or not.
fn error(completed: &Completed, tensor: &Tensor<f64>) -> f64 {
    let all = completed.to_tensor().unwrap();
    let missed: f64 = all.data().iter().zip(tensor.data()).map(|(x, y)| (x - y) * (x - y)).sum();
    (missed / tensor.data().iter().map(|x| x * x).sum::<f64>()).sqrt()
}

/// The best of a few starts.
fn recover(tensor: &Tensor<f64>, observed: &Observed, options: &CompletionOptions) -> f64 {
    let fit = |seed| {
        let options = CompletionOptions { seed, ..options.clone() };
        error(&complete(observed, &options, &mut unobserved).unwrap().0, tensor)
    };
    (0..4).map(fit).fold(f64::INFINITY, f64::min)
}

#[test]
fn every_form_recovers_what_was_planted() {
    let tensor = planted_cp(&[12, 10, 11], 2);
    let observed = split(&tensor, 40, 3);
    for form in [Form::Cp { rank: 2 }, Form::Tucker { ranks: vec![2; 3] }, Form::Train { ranks: vec![2; 2] }] {
        let least = recover(&tensor, &observed, &exact(form.clone()));
        assert!(least < 1e-8, "{form:?}: {least:e}");
    }
}

#[test]
fn four_modes_are_recovered_too() {
    let tensor = planted_cp(&[7, 6, 5, 6], 2);
    let least = recover(&tensor, &split(&tensor, 40, 4), &exact(Form::Cp { rank: 2 }));
    assert!(least < 1e-8, "{least:e}");
}

#[test]
fn nonnegative_factors_recover_nonnegative_ones() {
    let mut rng = stream(5, 0);
    let factors: Vec<Tensor<f64>> = [15, 12, 10].map(|size| units(&[size, 2], &mut rng).unwrap()).into();
    let tensor = Cp::new(vec![1.0; 2], factors).unwrap().to_tensor().unwrap();
    let options = CompletionOptions { nonnegative: true, ..exact(Form::Cp { rank: 2 }) };
    let observed = split(&tensor, 50, 6);
    assert!(recover(&tensor, &observed, &options) < 1e-4);
    let (completed, _) = complete(&observed, &options, &mut unobserved).unwrap();
    let Model::Cp(cp) = completed.model() else { panic!("a CP model") };
    assert!(cp.factors().iter().all(|factor| factor.data().iter().all(|&x| x >= 0.0)));
}

#[test]
fn main_effects_are_found_beside_a_model() {
    let mut rng = stream(8, 0);
    let effects: Vec<Vec<f64>> =
        [14_usize, 12, 10].iter().map(|&size| (0..size).map(|_| 5.0 * normal(&mut rng)).collect()).collect();
    let product = planted_cp(&[14, 12, 10], 1);
    let sums = Tensor::from_fn(&[14, 12, 10], |i| effects[0][i[0]] + effects[1][i[1]] + effects[2][i[2]]).unwrap();
    let data = product.data().iter().zip(sums.data()).map(|(x, y)| x + y + 30.0).collect();
    let tensor = Tensor::new(&[14, 12, 10], data).unwrap();
    let options = CompletionOptions {
        offsets: true,
        ridge: 1e-10,
        offset_ridge: 1e-10,
        stopping: Stopping { iterations: 2000, tolerance: 1e-13 },
        ..Default::default()
    };
    let observed = split(&tensor, 50, 9);
    assert!(recover(&tensor, &observed, &options) < 1e-5);
    let additive = CompletionOptions { form: Form::Additive, ..options };
    let least = recover(&tensor, &observed, &additive);
    assert!(least > 1e-2, "main effects alone cannot do it: {least}");
}

#[test]
fn smoothness_fills_slices_that_were_never_observed() {
    let wave = |i: usize| (i as f64 / 6.0).sin() + 1.5;
    let tensor = Tensor::from_fn(&[40, 8], |i| wave(i[0]) * (1.0 + i[1] as f64)).unwrap();
    let mask = Tensor::from_fn(&[40, 8], |i| i[0] % 5 != 3).unwrap();
    let observed = Observed::masked(&tensor, &mask).unwrap();
    let options = exact(Form::Cp { rank: 1 });
    assert_eq!(
        complete(&observed, &options, &mut unobserved).unwrap_err(),
        DecompError::EmptySlice { mode: 0, index: 3 }
    );
    let smooth = CompletionOptions { smoothness: vec![1e-4, 0.0], ..options.clone() };
    assert!(recover(&tensor, &observed, &smooth) < 0.01);
    let ridge = CompletionOptions { ridge: 1e-6, ..options };
    assert!(recover(&tensor, &observed, &ridge) > 0.2, "a ridge alone makes them zero");
}

#[test]
fn the_objective_never_rises() {
    let tensor = planted_cp(&[10, 9, 8], 4);
    let observed = split(&tensor, 60, 10);
    let options =
        CompletionOptions { stopping: Stopping { iterations: 60, tolerance: 0.0 }, ..exact(Form::Cp { rank: 2 }) };
    let (_, fit) = complete(&observed, &options, &mut unobserved).unwrap();
    assert_eq!(fit.history.len(), 60);
    assert!(fit.history.windows(2).all(|pair| pair[1] <= pair[0] + 1e-12), "{:?}", fit.history);
}

#[test]
fn repeated_observations_count_as_often_as_they_stand_there() {
    let indices = vec![vec![0, 0, 0, 1], vec![0, 0, 0, 0]];
    let observed = Observed::new(&[2, 1], indices, vec![1.0, 1.0, 4.0, 5.0]).unwrap();
    let options = CompletionOptions { ridge: 1e-12, ..exact(Form::Cp { rank: 1 }) };
    let (completed, _) = complete(&observed, &options, &mut unobserved).unwrap();
    assert!((completed.predict(&[0, 0]).unwrap() - 2.0).abs() < 1e-6);
    assert!((completed.predict(&[1, 0]).unwrap() - 5.0).abs() < 1e-6);
    assert_eq!(completed.predict(&[2, 0]), None);
}

#[test]
fn the_bits_are_the_same_for_any_number_of_threads() {
    let tensor = planted_cp(&[20, 15, 12], 3);
    let observed = split(&tensor, 80, 12);
    for form in [Form::Cp { rank: 3 }, Form::Tucker { ranks: vec![2, 3, 2] }, Form::Train { ranks: vec![2, 3] }] {
        let options = CompletionOptions {
            form,
            smoothness: vec![0.0, 0.1, 0.0],
            stopping: Stopping { iterations: 5, tolerance: 0.0 },
            ..Default::default()
        };
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| complete(&observed, &options, &mut unobserved).unwrap())
        };
        assert_eq!(run(1), run(3));
    }
}

#[test]
fn the_rank_that_was_planted_is_chosen() {
    let mut rng = stream(14, 0);
    let mut tensor = planted_cp(&[16, 14, 12], 2);
    tensor.data_mut().iter_mut().for_each(|x| *x += 0.3 * normal(&mut rng));
    let candidates: Vec<CompletionOptions> = (1..=4)
        .map(|rank| CompletionOptions { form: Form::Cp { rank }, offsets: false, ridge: 1e-3, ..Default::default() })
        .collect();
    let (best, scores) = choose(&split(&tensor, 60, 15), &candidates, 3, 0).unwrap();
    assert_eq!(best, 1, "{:?}", scores.iter().map(|score| score.rmse).collect::<Vec<_>>());
    assert_eq!(scores[1].folds.len(), 3);
    assert!(scores[1].mae < scores[1].rmse);
}

#[test]
fn parts_hold_everything_once() {
    let mut all: Vec<usize> = parts(103, 5, 1).unwrap().concat();
    all.sort_unstable();
    assert_eq!(all, (0..103).collect::<Vec<_>>());
    assert_ne!(parts(103, 5, 1).unwrap(), parts(103, 5, 2).unwrap());
    assert!(parts(3, 4, 0).is_err() && parts(3, 1, 0).is_err());
}

#[test]
fn what_cannot_be_completed_is_refused() {
    let tensor = planted_cp(&[4, 3, 2], 1);
    let observed = split(&tensor, 100, 0);
    let refused = |options: CompletionOptions| complete(&observed, &options, &mut unobserved).unwrap_err();
    let with = |form: Form| CompletionOptions { form, ..Default::default() };
    assert!(matches!(refused(with(Form::Cp { rank: 0 })), DecompError::Rank { rank: 0, .. }));
    assert!(matches!(refused(with(Form::Cp { rank: 7 })), DecompError::Rank { most: 6, .. }));
    assert!(matches!(refused(with(Form::Tucker { ranks: vec![1, 1] })), DecompError::Count { .. }));
    assert!(matches!(refused(with(Form::Tucker { ranks: vec![1, 4, 1] })), DecompError::Rank { most: 3, .. }));
    assert!(matches!(refused(with(Form::Train { ranks: vec![1] })), DecompError::Count { .. }));
    assert!(matches!(refused(with(Form::Train { ranks: vec![5, 1] })), DecompError::Rank { most: 4, .. }));
    let base = CompletionOptions::default;
    assert!(matches!(
        refused(CompletionOptions { ridge: -1.0, ..base() }),
        DecompError::Option { option: "ridge", .. }
    ));
    let nan = CompletionOptions { smoothness: vec![0.0, f64::NAN, 0.0], ..base() };
    assert!(matches!(refused(nan), DecompError::Option { option: "smoothness", .. }));
    assert!(matches!(refused(CompletionOptions { offset_smoothness: vec![1.0], ..base() }), DecompError::Count { .. }));
    let nothing = CompletionOptions { form: Form::Additive, offsets: false, ..base() };
    assert!(matches!(refused(nothing), DecompError::Option { option: "offsets", .. }));
    let train = CompletionOptions { nonnegative: true, ..with(Form::Train { ranks: vec![1, 1] }) };
    assert!(matches!(refused(train), DecompError::Option { option: "nonnegative", .. }));
    let zero = Observed::new(&[1, 1], vec![vec![0], vec![0]], vec![0.0]).unwrap();
    assert_eq!(complete(&zero, &base(), &mut unobserved).unwrap_err(), DecompError::AllZero);
    assert!(Observed::masked(&tensor, &Tensor::filled(&[4, 3], true).unwrap()).is_err());
    assert!(Observed::new(&[2], vec![vec![2]], vec![1.0]).is_err());
    assert!(Observed::new(&[2], vec![vec![1]], vec![f64::INFINITY]).is_err());
    assert!(observed.subset(&[24]).is_err());
    assert!(cross_validate(&observed, &base(), 100, 0).is_err());
    assert!(choose(&observed, &[], 2, 0).is_err());
}
