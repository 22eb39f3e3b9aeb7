//! How fast are ranks and networks chosen, how good are they, and how fast is the decomposition into powers?
//!
//! `cargo bench -p schur-bench --bench decomp_structure -- --what powers,cores,networks --data DIR --images DIR`
//!
//! - `powers`: symmetric tensors of order four with planted powers, by the subspace power method.
//! - `cores`: Tucker ranks within a budget, from singular values and by the greedy choice that fits a Tucker form for
//!   every rank it tries; `--data` has `COVID19_data.npy` and `Kinetic.npy`, as in `tensorly/datasets/data`.
//! - `networks`: images as tensors of order eight (`--images`, `Image_A.npz` and so on), by growth and by search, beside
//!   trains and rings of equal ranks.
//!
//! `--threads 2 --runs 5`; what is not found is left out with a message.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "measurements are programs that print")]
#![expect(clippy::expect_used, reason = "a measurement that cannot start has nobody to report to but the terminal")]

use std::path::Path;
use std::time::Instant;

use schur_bench::{Arguments, Spread, pool, time};
use schur_decomp::einsum_model::{EinsumForm, EinsumOptions, continue_einsum};
use schur_decomp::fit::{Stopping, unobserved};
use schur_decomp::random::{normals, stream};
use schur_decomp::structure::{GreedyOptions, Network, SearchOptions, Topology, core_shape, greedy, sample, tnale};
use schur_decomp::symmetric::{PowerOptions, SymmetricCp, subspace_power};
use schur_einsum::einsum;
use schur_io::archive::Archive;
use schur_io::npy;
use schur_linalg::symmetric_eigen;
use schur_tensor::Tensor;
use schur_tensor::semiring::Arithmetic;
use serde_json::json;

fn main() {
    let arguments = Arguments::read();
    let real = arguments.is_measurement();
    let runs = if real { arguments.number("runs", 5) } else { 1 };
    pool(arguments.number("threads", 2)).install(|| {
        for what in arguments.list("what", "powers,cores,networks") {
            match &what[..] {
                "powers" => powers(real, runs),
                "cores" => cores(&arguments, real, runs),
                "networks" => networks(&arguments, real),
                other => eprintln!("there is no measurement `{other}`: powers, cores, networks"),
            }
        }
    });
}

fn powers(real: bool, runs: usize) {
    let cases: &[[usize; 2]] = if real { &[[8, 20], [10, 33], [20, 120], [30, 300]] } else { &[[5, 6]] };
    for &[size, rank] in cases {
        let vectors = normals::<f64>(&[size, rank], &mut stream(1, 0)).expect("memory");
        let truth = SymmetricCp::new(4, vec![1.0; rank], vectors).expect("shapes that fit");
        let tensor = truth.to_symmetric_tensor().expect("memory");
        let run = || subspace_power(&tensor, &PowerOptions::default(), &mut unobserved).expect("a decomposition");
        let (form, fit) = run();
        let spread = time(runs, || {
            run();
        });
        let found = json!({ "found": form.rank(), "relative_error": fit.relative_error });
        row("powers", &format!("size {size} order 4 rank {rank}"), spread, &found);
    }
}

fn cores(arguments: &Arguments, real: bool, runs: usize) {
    let cases: Vec<(String, Tensor<f64>, Vec<usize>)> = if real {
        let folder = arguments.value("data").unwrap_or("tensorly/datasets/data");
        let read = |(name, budgets): (&str, &[usize])| {
            array(&Path::new(folder).join(name)).map(|tensor| (name.to_owned(), tensor, budgets.to_vec()))
        };
        let wanted: [(&str, &[usize]); 2] =
            [("COVID19_data.npy", &[1000, 2000, 4000]), ("Kinetic.npy", &[300, 600, 1200])];
        wanted.into_iter().filter_map(read).collect()
    } else {
        let tensor = Tensor::from_fn(&[4, 5, 6], |i| 1.0 / (1.0 + i.iter().sum::<usize>() as f64)).expect("memory");
        vec![("small".to_owned(), tensor, vec![40])]
    };
    for (name, tensor, budgets) in cases {
        for budget in budgets {
            let found = core_shape(&tensor, budget).expect("a shape");
            let spread = time(runs, || {
                core_shape(&tensor, budget).expect("a shape");
            });
            let start: Vec<Tensor<f64>> = (0..tensor.shape().len()).map(|mode| leading(&tensor, mode)).collect();
            let error = loss(&tensor, &start, &found.ranks);
            let least = spread.least;
            let detail = json!({ "ranks": found.ranks, "parameters": found.parameters, "relative_error": error });
            row("core shape", &format!("{name} budget {budget}"), spread, &detail);
            let begin = Instant::now();
            let (ranks, fits) = by_loss(&tensor, budget);
            let seconds = begin.elapsed().as_secs_f64();
            let error = loss(&tensor, &start, &ranks);
            let parameters = parameters(&ranks, tensor.shape());
            let detail = json!({ "ranks": ranks, "parameters": parameters, "relative_error": error, "fits": fits,
                "times_slower": seconds / least });
            row("greedy core", &format!("{name} budget {budget}"), Spread::of(vec![seconds]), &detail);
        }
    }
}

fn parameters(ranks: &[usize], shape: &[usize]) -> usize {
    ranks.iter().product::<usize>() + ranks.iter().zip(shape).map(|(r, size)| r * size).sum::<usize>()
}

/// The error of the best Tucker form near the truncated one, by ten sweeps at most of orthogonal iteration.
fn loss(tensor: &Tensor<f64>, start: &[Tensor<f64>], ranks: &[usize]) -> f64 {
    let cut = |basis: &Tensor<f64>, rank: usize| {
        let columns = basis.shape()[1];
        Tensor::from_fn(&[basis.shape()[0], rank], |i| basis.data()[i[0] * columns + columns - 1 - i[1]])
            .expect("memory")
    };
    let squares = |tensor: &Tensor<f64>| tensor.data().iter().map(|x| x * x).sum::<f64>();
    let mut bases: Vec<Tensor<f64>> = start.iter().zip(ranks).map(|(basis, &rank)| cut(basis, rank)).collect();
    let (whole, mut before) = (squares(tensor), f64::INFINITY);
    for _ in 0..10 {
        let mut kept = 0.0;
        for mode in 0..bases.len() {
            let mut seen = tensor.clone();
            for (other, basis) in bases.iter().enumerate().filter(|&(other, _)| other != mode) {
                seen = along(&seen, other, basis);
            }
            bases[mode] = cut(&leading(&seen, mode), ranks[mode]);
            kept = squares(&along(&seen, mode, &bases[mode]));
        }
        let error = ((whole - kept).max(0.0) / whole).sqrt();
        if before - error < 1e-5 {
            return error;
        }
        before = error;
    }
    before
}

/// The eigenvectors of a mode's Gram matrix, the one of the largest eigenvalue last.
fn leading(tensor: &Tensor<f64>, mode: usize) -> Tensor<f64> {
    let letters = &LETTERS[..tensor.shape().len()];
    let text = format!("{letters},{}->{}z", letters.replace(&letters[mode..=mode], "z"), &letters[mode..=mode]);
    let views = [tensor.view(), tensor.view()];
    symmetric_eigen(&einsum(&Arithmetic::<f64>::new(), &text, &views).expect("a Gram matrix")).expect("eigenvectors").u
}

/// Sums a mode with the columns of a matrix.
fn along(tensor: &Tensor<f64>, mode: usize, matrix: &Tensor<f64>) -> Tensor<f64> {
    let letters = &LETTERS[..tensor.shape().len()];
    let text = format!("{letters},{}z->{}", &letters[mode..=mode], letters.replace(&letters[mode..=mode], "z"));
    einsum(&Arithmetic::<f64>::new(), &text, &[tensor.view(), matrix.view()]).expect("a product")
}

const LETTERS: &str = "abcdefgh";

/// Raises ranks one by one, each time the one that lowers the error most, and says how many forms were fitted.
fn by_loss(tensor: &Tensor<f64>, budget: usize) -> (Vec<usize>, usize) {
    let shape = tensor.shape();
    let start: Vec<Tensor<f64>> = (0..shape.len()).map(|mode| leading(tensor, mode)).collect();
    let (mut ranks, mut fits) = (vec![1; shape.len()], 0);
    loop {
        let larger = |mode: usize| {
            let mut larger = ranks.clone();
            larger[mode] += 1;
            (larger[mode] <= shape[mode] && parameters(&larger, shape) <= budget).then_some(larger)
        };
        let candidates: Vec<Vec<usize>> = (0..shape.len()).filter_map(larger).collect();
        fits += candidates.len();
        let size = |ranks: &Vec<usize>| parameters(ranks, shape);
        let losses = candidates.into_iter().map(|ranks| (loss(tensor, &start, &ranks), ranks));
        let best = losses.reduce(|a, b| if (b.0, size(&b.1)) < (a.0, size(&a.1)) { b } else { a });
        let Some((_, best)) = best else { return (ranks, fits) };
        ranks = best;
    }
}

/// The relative error that images are taken to.
const IMAGE_ERROR: f64 = 0.1;

fn networks(arguments: &Arguments, real: bool) {
    let images: Vec<(String, Tensor<f64>)> = if real {
        let folder = arguments.value("images").unwrap_or("images");
        let names = arguments.list("only", "Image_A,Image_B,Image_C,Image_D");
        let read = |name: String| image(&Path::new(folder).join(format!("{name}.npz"))).map(|image| (name, image));
        names.into_iter().filter_map(read).collect()
    } else {
        let image = Tensor::from_fn(&[3; 4], |i| ((i[0] + 2 * i[1] + i[2] * i[3]) as f64).sin()).expect("memory");
        vec![("small".to_owned(), image)]
    };
    for (name, image) in images {
        let modes = image.shape().len();
        for (what, topology) in [("equal train", Topology::train(modes)), ("equal ring", Topology::ring(modes))] {
            let (network, error, seconds) = equal(&image, &topology);
            structure(what, &name, &network, error, (seconds, None));
        }
        let begin = Instant::now();
        let stopping = Stopping { iterations: 10, tolerance: 1e-4 };
        let options = GreedyOptions { error: IMAGE_ERROR, trial: 2, stopping, ..Default::default() };
        let grown = greedy(&image, &options, &mut unobserved).expect("a network");
        let taken = (begin.elapsed().as_secs_f64(), Some(grown.evaluations));
        structure("greedy", &name, &grown.network, grown.fit.relative_error, taken);
        let stopping = Stopping { iterations: 20, tolerance: 1e-4 };
        let options = SearchOptions { most: 8, begin: 3, starts: 1, sweeps: 3, stopping, ..Default::default() };
        type Search = fn(&Tensor<f64>, &Topology, &SearchOptions) -> schur_decomp::structure::Found;
        let searches: [(&str, Search); 2] = [
            ("tnale", |image, topology, options| tnale(image, topology, options, &mut unobserved).expect("a network")),
            ("sampling", |image, topology, options| {
                sample(image, topology, options, &mut unobserved).expect("a network")
            }),
        ];
        for (what, search) in searches {
            let begin = Instant::now();
            let found = search(&image, &Topology::ring(modes), &options);
            let taken = (begin.elapsed().as_secs_f64(), Some(found.evaluations));
            structure(what, &name, &found.network, found.relative_error, taken);
        }
    }
}

/// The smallest network of equal ranks that meets the error.
fn equal(image: &Tensor<f64>, topology: &Topology) -> (Network, f64, f64) {
    let begin = Instant::now();
    let mut rank = 1;
    loop {
        let mut network = Network::new(image.shape(), 0);
        topology.bonds.iter().for_each(|&[a, b]| network.set_rank(a, b, rank));
        let form = EinsumForm::random(network.model().expect("a model"), 0).expect("memory");
        let options =
            EinsumOptions { stopping: Stopping { iterations: 20, tolerance: 1e-4 }, ..EinsumOptions::default() };
        let error = continue_einsum(image, form, &options, &mut unobserved).expect("a fit").1.relative_error;
        if error <= IMAGE_ERROR || network.parameters() > image.data().len() {
            return (network, error, begin.elapsed().as_secs_f64());
        }
        rank += 1;
    }
}

fn structure(what: &str, name: &str, network: &Network, error: f64, (seconds, fits): (f64, Option<usize>)) {
    let parameters = network.parameters();
    let compression = network.shape().iter().product::<usize>() as f64 / parameters as f64;
    let detail = json!({ "parameters": parameters, "compression": compression, "relative_error": error, "fits": fits,
        "bonds": network.bonds().len() });
    row(what, name, Spread::of(vec![seconds]), &detail);
}

fn array(path: &Path) -> Option<Tensor<f64>> {
    match std::fs::read(path) {
        Ok(bytes) => Some(tensor(&bytes)),
        Err(error) => {
            eprintln!("left out: {}: {error}", path.display());
            None
        }
    }
}

fn image(path: &Path) -> Option<Tensor<f64>> {
    match std::fs::read(path) {
        Ok(bytes) => {
            let archive = Archive::open(&bytes).expect("an archive");
            Some(tensor(&archive.entry("goal.npy").expect("an array `goal`")))
        }
        Err(error) => {
            eprintln!("left out: {}: {error}", path.display());
            None
        }
    }
}

fn tensor(bytes: &[u8]) -> Tensor<f64> {
    let array = npy::read(bytes).expect("an array");
    Tensor::new(&array.shape, array.numbers.to_f64().expect("real numbers")).expect("its shape")
}

fn row(op: &str, case: &str, spread: Spread, detail: &serde_json::Value) {
    let mut row = json!({ "op": op, "case": case, "seconds_least": spread.least, "seconds_median": spread.median,
        "seconds_largest": spread.largest });
    if let (Some(row), Some(detail)) = (row.as_object_mut(), detail.as_object()) {
        row.extend(detail.clone());
    }
    println!("{row}");
}
