//! How well are held-out elements of real tensors with gaps predicted?
//!
//! `cargo bench -p schur-bench --bench decomp_completion -- --data ../shared/data/completion --threads 2` fits each of the
//! five folds of US temperatures and of Beijing's PM2.5, with main effects alone, CP, nonnegative CP, Tucker and tensor
//! trains beside them, and `best`, whichever of these the training fold prefers. Penalties and ranks are chosen by
//! three-fold validation inside each training fold; the held-out fifth is read once, for the errors of a row. `--models
//! cp,tucker` measures some of them only, and `best` among those.
#![allow(clippy::print_stdout, reason = "measurements are programs that print")]
#![expect(clippy::expect_used, reason = "a measurement that cannot start has nobody to report to but the terminal")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use schur_bench::{Arguments, pool};
use schur_decomp::completion::validation::{Score, choose};
use schur_decomp::completion::{CompletionOptions, Errors, Form, Observed, complete};
use schur_decomp::fit::{Stopping, unobserved};
use schur_io::npy::{Array, Numbers};
use schur_io::npz;

/// A data set, and how much its ordered modes are smoothed where they are.
const SETS: [(&str, [f64; 3]); 2] =
    [("us_temp_15x95x267", [1.0, 1.0, 10.0]), ("beijing_pm25_428x501x1461", [1000.0, 1000.0, 0.0])];
const MODELS: &str = "additive,cp,nonnegative,train,tucker";
const FOLDS: usize = 5;
const INNER_FOLDS: usize = 3;

fn main() {
    let arguments = Arguments::read();
    pool(arguments.number("threads", 2)).install(|| {
        if !arguments.is_measurement() {
            return tiny();
        }
        let folder = arguments.value("data").unwrap_or("../shared/data/completion");
        let wanted = arguments.list("sets", "us_temp,beijing_pm25");
        for (name, smoothness) in SETS.into_iter().filter(|(name, _)| wanted.iter().any(|set| name.starts_with(set))) {
            let Ok(bytes) = std::fs::read(Path::new(folder).join(format!("{name}.npz"))) else {
                println!("skipped: {name}: not in {folder}");
                continue;
            };
            let arrays: BTreeMap<String, Array> = npz::read(&bytes).expect("arrays").into_iter().collect();
            let folds: Vec<[Observed; 2]> = (0..FOLDS)
                .map(|fold| ["tr", "te"].map(|part| observed(&arrays, &format!("fold{fold}_{part}"))))
                .collect();
            set(name, &folds, &smoothness, &arguments.list("models", MODELS));
        }
    });
}

/// A table of sums: what `cargo test` runs.
fn tiny() {
    let places: Vec<[u32; 3]> = (0..180).map(|place| [place / 30, place / 6 % 5, place % 6]).collect();
    let list = |mode: usize| places.iter().map(|place| place[mode]).collect();
    let values = places.iter().map(|place| f64::from(place[0] + place[1] * place[2])).collect();
    let all = Observed::new(&[6, 5, 6], vec![list(0), list(1), list(2)], values).expect("observations");
    let models: Vec<String> = MODELS.split(',').map(str::to_owned).collect();
    set("tiny", &[[all.clone(), all]], &[0.1; 3], &models);
}

fn observed(arrays: &BTreeMap<String, Array>, part: &str) -> Observed {
    let integers = |name: &str| match &arrays[name].numbers {
        Numbers::I64(list) => list.clone(),
        _ => Vec::new(),
    };
    let shape: Vec<usize> = integers("shape").into_iter().map(|size| size as usize).collect();
    let indices = integers(&format!("{part}_ind"));
    let list = |mode: usize| indices.iter().skip(mode).step_by(shape.len()).map(|&index| index as u32).collect();
    let Numbers::F64(values) = arrays[&format!("{part}_y")].numbers.clone() else { panic!("values in f64") };
    Observed::new(&shape, (0..shape.len()).map(list).collect(), values).expect("observations")
}

fn set(name: &str, folds: &[[Observed; 2]], smoothness: &[f64; 3], models: &[String]) {
    let families: [(&str, bool, &[usize]); 5] = [
        ("additive", false, &[0]),
        ("cp", false, &[1, 2, 4, 8]),
        ("nonnegative", true, &[1, 2, 4, 8]),
        ("train", false, &[1, 2, 4]),
        ("tucker", false, &[2, 3, 4]),
    ];
    let mut best: Vec<Option<(f64, Errors)>> = vec![None; folds.len()];
    for (family, nonnegative, ranks) in families.into_iter().filter(|family| models.iter().any(|name| name == family.0))
    {
        let start = Instant::now();
        let mut rows = Vec::new();
        for (fold, [train, test]) in folds.iter().enumerate() {
            let (options, score) = chosen(train, (family, nonnegative, ranks), smoothness);
            let (completed, _) = complete(train, &options, &mut unobserved).expect("a fit");
            let errors = completed.errors(test).expect("errors");
            if best[fold].is_none_or(|(least, _)| score.rmse < least) {
                best[fold] = Some((score.rmse, errors));
            }
            rows.push((errors, options));
        }
        report(name, family, &rows.iter().map(|row| row.0).collect::<Vec<_>>(), start);
        for (_, options) in rows {
            println!(
                "    {:?} ridge {} smooth {:?} {:?}",
                options.form, options.ridge, options.smoothness, options.offset_smoothness
            );
        }
    }
    let best: Vec<Errors> = best.into_iter().flatten().map(|(_, errors)| errors).collect();
    report(name, "best", &best, Instant::now());
}

/// The options that the training fold prefers: first penalties at a small rank, then the rank.
fn chosen(train: &Observed, family: (&str, bool, &[usize]), smoothness: &[f64; 3]) -> (CompletionOptions, Score) {
    let (_, _, ranks) = family;
    let few = ranks[ranks.len() / 2].min(2);
    let mut candidates = Vec::new();
    for ridge in [1.0, 3.0] {
        for (rows, offsets) in [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)] {
            candidates.push(options(family, few, (ridge, rows, offsets), smoothness));
        }
    }
    let (at, scores) = choose(train, &candidates, INNER_FOLDS, 0).expect("scores");
    let best = candidates.swap_remove(at);
    let ranks: Vec<CompletionOptions> =
        ranks.iter().map(|&rank| CompletionOptions { form: form(family.0, rank), ..best.clone() }).collect();
    if ranks.len() == 1 {
        return (best, scores[at].clone());
    }
    let (at, scores) = choose(train, &ranks, INNER_FOLDS, 0).expect("scores");
    (ranks[at].clone(), scores[at].clone())
}

fn form(family: &str, rank: usize) -> Form {
    match family {
        "additive" => Form::Additive,
        "tucker" => Form::Tucker { ranks: vec![rank; 3] },
        "train" => Form::Train { ranks: vec![rank; 2] },
        _ => Form::Cp { rank },
    }
}

fn options(
    (family, nonnegative, _): (&str, bool, &[usize]),
    rank: usize,
    (ridge, rows, offsets): (f64, f64, f64),
    smoothness: &[f64; 3],
) -> CompletionOptions {
    CompletionOptions {
        form: form(family, rank),
        nonnegative,
        ridge,
        smoothness: smoothness.map(|weight| rows * weight).to_vec(),
        offset_ridge: 0.3,
        offset_smoothness: smoothness.map(|weight| offsets * weight).to_vec(),
        stopping: Stopping { iterations: 30, tolerance: 1e-5 },
        ..Default::default()
    }
}

fn report(set: &str, family: &str, errors: &[Errors], start: Instant) {
    let mean = |of: &dyn Fn(&Errors) -> f64| errors.iter().map(of).sum::<f64>() / errors.len() as f64;
    let folds: Vec<f64> = errors.iter().map(|errors| errors.rmse).collect();
    println!(
        "{}",
        serde_json::json!({
            "set": set, "model": family, "rmse": mean(&|e| e.rmse), "mae": mean(&|e| e.mae), "folds": folds,
            "seconds": start.elapsed().as_secs_f64(),
        })
    );
}
