//! How good are contraction orders after a second, and after a minute?
//!
//! `cargo bench -p schur-bench --bench orders -- --networks FOLDER --seconds 1,60 --threads 2 --seeds 3` searches an order
//! of every network of the folder, with few operations as the objective; `benches/peers/orders` does the same with
//! `cotengra`. A network is a JSON file with `inputs`, `output` and `size_dict`, as `cotengra` and `opt_einsum` take
//! them. `--made 10000` adds networks of so many tensors: a square lattice, a random cubic graph, a random tree. With
//! `--effort 4` in place of `--seconds` a search takes as long as that effort does.
#![allow(clippy::print_stdout, reason = "measurements are programs that print")]
#![expect(clippy::expect_used, reason = "a measurement that cannot start has nobody to report to but the terminal")]

use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

use schur_bench::{Arguments, Numbers, pool};
use schur_einsum::Contraction;
use schur_einsum::order::{Objective, Options, optimise};
use serde_json::Value;

fn main() {
    let arguments = Arguments::read();
    let real = arguments.is_measurement();
    let spent: Vec<Spent> = match arguments.value("effort") {
        Some(effort) => vec![Spent::Effort(effort.parse().expect("a whole number"))],
        None if real => {
            let seconds = |text: &String| Spent::Seconds(text.parse().expect("seconds"));
            arguments.list("seconds", "1,60").iter().map(seconds).collect()
        }
        None => vec![Spent::Seconds(0.1)],
    };
    let mut networks = made(if real { arguments.number("made", 0) } else { 36 });
    if let Some(folder) = arguments.value("networks") {
        networks.extend(read_folder(Path::new(folder)));
    }
    let threads = arguments.number("threads", 2);
    for (name, network) in &networks {
        for &spent in &spent {
            for seed in 0..arguments.number("seeds", 1) {
                println!("{}", pool(threads).install(|| row(name, network, spent, seed as u64)));
            }
        }
    }
}

/// What a search may spend.
#[derive(Clone, Copy)]
enum Spent {
    Seconds(f64),
    Effort(u32),
}

/// Searches an order, and says what was found.
fn row(name: &str, network: &Contraction, spent: Spent, seed: u64) -> Value {
    let (effort, seconds) = match spent {
        Spent::Seconds(seconds) => (u32::MAX, seconds),
        Spent::Effort(effort) => (effort, f64::INFINITY),
    };
    let options = Options { objective: Objective::Operations, effort, seed, ..Options::default() };
    let start = Instant::now();
    let stop = || start.elapsed().as_secs_f64() >= seconds;
    let (_, report) = optimise(network, &options, &stop).expect("an order");
    serde_json::json!({
        "network": name, "tool": "schur", "tensors": network.operands().len(), "threads": rayon::current_num_threads(),
        "seconds": seconds.is_finite().then_some(seconds), "effort": effort, "seed": seed, "trees": report.trees,
        "seconds_used": start.elapsed().as_secs_f64(), "log10_operations": report.cost.operations.log10(),
        "log2_largest": report.cost.largest.log2(), "log10_written": report.cost.written.log10(),
        "log2_peak": report.cost.peak.log2(),
    })
}

/// The networks of the JSON files of a folder, by name.
fn read_folder(folder: &Path) -> Vec<(String, Contraction)> {
    let files = std::fs::read_dir(folder).expect("a folder of networks");
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let name = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    paths.iter().map(|path| (name(path), read(&std::fs::read_to_string(path).expect("a file")))).collect()
}

fn read(text: &str) -> Contraction {
    let network: Value = serde_json::from_str(text).expect("JSON");
    let dims = network["size_dict"].as_object().expect("sizes by name");
    let place: HashMap<&str, usize> = dims.keys().map(String::as_str).zip(0..).collect();
    let list = |indices: &Value| -> Vec<usize> {
        let indices = indices.as_array().expect("a list of names").iter();
        indices.map(|index| place[index.as_str().expect("a name")]).collect()
    };
    let operands = network["inputs"].as_array().expect("a list of lists").iter().map(list).collect();
    let sizes = dims.values().map(|size| size.as_u64().expect("a size") as usize).collect();
    let names = dims.keys().cloned().collect();
    Contraction::new(operands, list(&network["output"]), sizes, names).expect("a network")
}

/// Networks of about so many tensors with bonds of size two; none for nought.
fn made(tensors: usize) -> Vec<(String, Contraction)> {
    if tensors == 0 {
        return Vec::new();
    }
    let side = tensors.isqrt();
    let across = (0..side * side).filter(|site| site % side + 1 < side).map(|site| [site, site + 1]);
    let down = (side..side * side).map(|site| [site - side, site]);
    let mut numbers = Numbers(1);
    let mut below = |most: usize| (((numbers.draw() + 0.5) * most as f64) as usize).min(most - 1);
    let mut ends: Vec<usize> = (0..3 * (tensors & !1)).map(|end| end / 3).collect();
    for end in (1..ends.len()).rev() {
        ends.swap(end, below(end + 1));
    }
    let cubic = ends.chunks_exact(2).map(|pair| [pair[0], pair[1]]);
    let tree = (1..tensors).map(|tensor| [below(tensor), tensor]);
    let named =
        |kind: &str, tensors: usize, bonds: Vec<[usize; 2]>| (format!("{kind}_{tensors}"), joined(tensors, &bonds));
    vec![
        named("lattice", side * side, across.chain(down).collect()),
        named("cubic_graph", tensors & !1, cubic.collect()),
        named("tree", tensors, tree.collect()),
    ]
}

/// Tensors with a bond of size two for each pair.
fn joined(tensors: usize, bonds: &[[usize; 2]]) -> Contraction {
    let mut operands = vec![Vec::new(); tensors];
    for (bond, pair) in bonds.iter().enumerate() {
        pair.iter().for_each(|&tensor| operands[tensor].push(bond));
    }
    let names = (0..bonds.len()).map(|bond| format!("b{bond}")).collect();
    Contraction::new(operands, Vec::new(), vec![2; bonds.len()], names).expect("a network")
}
