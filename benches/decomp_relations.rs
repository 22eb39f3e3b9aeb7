//! How many groups do sets of relations have, and is the answer the same for other seeds?
//!
//! `cargo bench -p schur-bench --bench decomp_relations -- --data ../shared/data/relations --sets trade,nations --most 10
//! --seeds 0,1,2` reads trade flows, kinship, nations and UMLS, and chooses the number of groups of nonnegative RESCAL.
//! `--unknown zero` counts what is not known as no relation, `--unknown missing` leaves it out.
#![allow(clippy::print_stdout, reason = "measurements are programs that print")]
#![expect(clippy::expect_used, reason = "a measurement that cannot start has nobody to report to but the terminal")]

use std::path::Path;
use std::time::Instant;

use schur_bench::{Arguments, pool};
use schur_decomp::fit::Stopping;
use schur_decomp::relational::Unknown;
use schur_decomp::relational::selection::{SelectionOptions, select};
use schur_io::mat::{self, MatArray};
use schur_io::npy::Numbers;
use schur_tensor::Tensor;

const SETS: [(&str, &str, &str); 4] = [
    ("trade", "trade_data_tensor.mat", "X"),
    ("kinship", "alyawarradata.mat", "Rs"),
    ("nations", "dnations.mat", "R"),
    ("umls", "uml.mat", "Rs"),
];

fn main() {
    let arguments = Arguments::read();
    pool(arguments.number("threads", 2)).install(|| {
        if !arguments.is_measurement() {
            let tensor = Tensor::from_fn(&[4, 4, 2], |i| if i[0] / 2 == i[1] / 2 { 1.0 } else { 0.0 });
            return row("tiny", &tensor.expect("room"), 2, 0, &arguments);
        }
        let folder = arguments.value("data").unwrap_or("../shared/data/relations");
        let wanted = arguments.list("sets", "trade,kinship,nations");
        for (name, file, array) in SETS.into_iter().filter(|(name, ..)| wanted.iter().any(|wanted| wanted == name)) {
            let Ok(bytes) = std::fs::read(Path::new(folder).join(file)) else {
                println!("skipped: {name}: not in {folder}");
                continue;
            };
            let tensor = read(&bytes, array);
            for seed in arguments.list("seeds", "0,1,2") {
                row(name, &tensor, arguments.number("most", 8), seed.parse().expect("a whole number"), &arguments);
            }
        }
    });
}

fn read(bytes: &[u8], name: &str) -> Tensor<f64> {
    let file = mat::read(bytes).expect("a .mat file");
    let (_, array) = file.arrays.into_iter().find(|(found, _)| found == name).expect("the array");
    let MatArray::Full(array) = array else { panic!("a full array") };
    let data = match array.numbers {
        Numbers::F64(list) => list,
        Numbers::I64(list) => list.into_iter().map(|x| x as f64).collect(),
        Numbers::Bool(list) => list.into_iter().map(|x| f64::from(u8::from(x))).collect(),
        _ => panic!("real numbers"),
    };
    Tensor::new(&array.shape, data).expect("a tensor")
}

fn row(name: &str, tensor: &Tensor<f64>, most: usize, seed: u64, arguments: &Arguments) {
    let options = SelectionOptions {
        ranks: (1..=most).collect(),
        copies: arguments.number("copies", 10),
        starts: arguments.number("starts", 3),
        stopping: Stopping { iterations: arguments.number("iterations", 500), tolerance: 1e-6 },
        unknown: if arguments.value("unknown") == Some("missing") { Unknown::Missing } else { Unknown::Zero },
        seed,
        ..Default::default()
    };
    let start = Instant::now();
    let selection = select(tensor, &options).expect("a selection");
    let table: Vec<_> = selection
        .candidates
        .iter()
        .map(|c| serde_json::json!([c.rank, c.least_silhouette, c.mean_silhouette, c.relative_error]))
        .collect();
    println!(
        "{}",
        serde_json::json!({
            "set": name, "shape": tensor.shape(), "seed": seed,
            "not_known": tensor.data().iter().filter(|x| x.is_nan()).count(),
            "chosen": selection.chosen.map(|at| selection.candidates[at].rank),
            "rank_least_mean_error": table, "seconds": start.elapsed().as_secs_f64(),
        })
    );
}
