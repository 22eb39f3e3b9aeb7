//! How fast are tensor trains of large dense tensors, beside copying them?
//!
//! `cargo bench -p schur-bench --bench decomp_train -- --shapes 4x8x8x8x8x8x8x8x8 --ranks 8,32 --threads 2 --runs 3`
//! plants a train of each rank in noise of a hundredth of its norm and decomposes it with that rank for a bound. A row has
//! the error reached and the time over that of two copies of the tensor in memory, by the same threads, in the same run.
//! `benches/peers/decomp/train.py` times the peers on tensors made in the same way.
#![allow(clippy::print_stdout, reason = "measurements are programs that print")]
#![expect(clippy::expect_used, reason = "a measurement that cannot start has nobody to report to but the terminal")]

use rayon::prelude::*;
use schur_bench::{Arguments, Numbers, Peak, Spread, pool, time};
use schur_decomp::modes::{Means, Sketch};
use schur_decomp::random::{normals, stream};
use schur_decomp::train::{TensorTrain, TrainOptions, tt_svd};
use schur_tensor::Tensor;

/// The norm of the noise over that of the planted train.
const NOISE: f64 = 0.01;

/// Numbers copied by one thread at a time.
const PIECE: usize = 1 << 18;

fn main() {
    let arguments = Arguments::read();
    let real = arguments.is_measurement();
    let numbers = |name: &str, default: &str| -> Vec<usize> {
        arguments.list(name, default).iter().map(|text| text.parse().expect("a whole number")).collect()
    };
    let runs = if real { arguments.number("runs", 3) } else { 1 };
    for threads in numbers("threads", if real { "2" } else { "1" }) {
        for text in arguments.list("shapes", if real { "4x8x8x8x8x8x8x8x8" } else { "3x4x5x4" }) {
            let shape: Vec<usize> = text.split('x').map(|n| n.parse().expect("a size")).collect();
            for rank in numbers("ranks", if real { "8,32" } else { "2" }) {
                pool(threads).install(|| measure((&text, threads), &shape, rank, (runs, arguments.value("only"))));
            }
        }
    }
}

fn planted(shape: &[usize], rank: usize) -> Tensor<f64> {
    let mut rng = stream(1, 0);
    let last = shape.len();
    let bond = |k: usize| if k == 0 || k == last { 1 } else { rank };
    let cores = (0..last).map(|k| normals(&[bond(k), shape[k], bond(k + 1)], &mut rng).expect("a core"));
    let mut tensor = TensorTrain::new(cores.collect()).and_then(|train| train.to_tensor()).expect("a tensor");
    let squares: f64 = tensor.data().iter().map(|x| x * x).sum();
    // Numbers in [-1/2, 1/2) have a mean square of 1/12.
    let scale = NOISE * (12.0 * squares / tensor.data().len() as f64).sqrt();
    let mut noise = Numbers(7);
    tensor.data_mut().iter_mut().for_each(|x| *x += scale * noise.draw());
    tensor
}

fn measure((text, threads): (&str, usize), shape: &[usize], rank: usize, (runs, only): (usize, Option<&str>)) {
    let tensor = planted(shape, rank);
    let bytes = size_of_val(tensor.data()) as f64;
    let twice = {
        let mut copy = vec![0.0; tensor.data().len()];
        let spread = time(runs, || {
            for _ in 0..2 {
                copy.par_chunks_mut(PIECE).zip(tensor.data().par_chunks(PIECE)).for_each(|(to, from)| {
                    to.copy_from_slice(from);
                });
            }
        });
        std::hint::black_box(&copy);
        spread.median
    };
    let rate = 4.0 * bytes / twice / 1e9;
    println!(
        r#"{{"case":"{text}","method":"two copies","threads":{threads},"median":{twice:.4},"gb_per_s":{rate:.1}}}"#
    );
    let sketch = |power_steps| Means::Randomized(Sketch { oversampling: 8, power_steps });
    for (name, means) in [
        ("tt_svd gram", Means::Gram),
        ("tt_svd qr", Means::Qr),
        ("tt_svd randomized", sketch(0)),
        ("tt_svd randomized, 1 power step", sketch(1)),
    ] {
        if only.is_some_and(|only| only != name) {
            continue;
        }
        let options = TrainOptions { means, ..TrainOptions::max_rank(rank) };
        let work = || tt_svd(&tensor, &options).expect("a train").1;
        let peak = Peak::begin();
        let fit = work();
        let peak = peak.and_then(|peak| peak.bytes()).map(|most| 1.0 + most as f64 / bytes);
        let peak = peak.map_or("null".to_owned(), |peak| format!("{peak:.3}"));
        let Spread { least, median, largest } = time(runs, || drop(work()));
        println!(
            r#"{{"case":"{text}","rank":{rank},"method":"{name}","threads":{threads},"least":{least:.4},"median":{median:.4},"largest":{largest:.4},"over_two_copies":{:.2},"relative_error":{:.6e},"workspace_over_data":{:.3},"peak_over_data":{peak}}}"#,
            median / twice,
            fit.relative_error,
            fit.workspace_bytes as f64 / bytes,
        );
    }
}
