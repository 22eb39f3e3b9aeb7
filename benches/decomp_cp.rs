//! How long does a sweep of a canonical polyadic fit take, and how far is it from reading the tensor?
//!
//! `cargo bench -p schur-bench --bench decomp_cp -- --shapes 200x200x200,100x100x100x100 --ranks 16,32 --sweeps 5`
//! fits random dense tensors with so many sweeps of plain and of nonnegative alternating least squares. Beside the
//! seconds a sweep stand the error, the memory that the fit says it held beside the tensor and the peak of the process, in
//! parts of the tensor and with it (Linux only), and two floors from the same run: the time to
//! read the tensor once (a sum of it), and the time of its multiply-adds at the rate of a square matrix product.
#![allow(clippy::print_stdout, reason = "measurements are programs that print")]
#![expect(clippy::expect_used, reason = "a measurement that cannot start has nobody to report to but the terminal")]

use rayon::prelude::*;
use schur_bench::{Arguments, Peak, pool, time};
use schur_decomp::cp::{Acceleration, AlsOptions, Cp, CpTensor, NonnegativeOptions, als_from, nonnegative_from};
use schur_decomp::dense::Dense;
use schur_decomp::fit::{Stopping, unobserved};
use schur_decomp::matrix::multiply;
use schur_decomp::random::{normal, stream, unit};
use schur_tensor::Tensor;

fn main() {
    let arguments = Arguments::read();
    let real = arguments.is_measurement();
    let shapes = arguments.list("shapes", if real { "200x200x200,100x100x100x100" } else { "6x5x4" });
    let ranks = arguments.list("ranks", if real { "16,32" } else { "3" });
    let methods = arguments.list("methods", "passes,als,nonnegative");
    let (sweeps, runs) = if real { (arguments.number("sweeps", 5), arguments.number("runs", 3)) } else { (2, 1) };
    pool(arguments.number("threads", 2)).install(|| {
        let rate = rate(if real { 1024 } else { 8 });
        for shape in &shapes {
            let shape: Vec<usize> = shape.split('x').map(|size| size.parse().expect("a whole number")).collect();
            for rank in &ranks {
                let rank: usize = rank.parse().expect("a whole number");
                let tensor = tensor(&shape, rank);
                let read = time(runs, || assert!(sum(&tensor) != 0.0)).least;
                let floors = Floors { read, multiply: 2.0 * (tensor.data().len() * rank) as f64 / rate };
                for method in &methods {
                    measure(method, &tensor, rank, (sweeps, runs), &floors);
                }
            }
        }
    });
}

/// Seconds of one pass over the tensor.
struct Floors {
    read: f64,
    multiply: f64,
}

/// Operations a second of a square product.
fn rate(size: usize) -> f64 {
    let matrix = Tensor::filled(&[size, size], 1.0).expect("a matrix");
    let spread = time(3, || assert!(multiply(&matrix.view(), &matrix.view()).is_ok()));
    2.0 * (size as f64).powi(3) / spread.least
}

fn sum(tensor: &Tensor<f64>) -> f64 {
    let part = |part: &[f64]| {
        let mut sums = [0.0; 32];
        for numbers in part.chunks_exact(32) {
            sums.iter_mut().zip(numbers).for_each(|(sum, x)| *sum += x);
        }
        sums.iter().sum::<f64>()
    };
    tensor.data().par_chunks(1 << 16).map(part).collect::<Vec<f64>>().iter().sum()
}

/// A nonnegative model of that rank and a tenth of noise, as `peers/decomp/cp.py` makes it.
fn tensor(shape: &[usize], rank: usize) -> Tensor<f64> {
    let mut tensor = start(shape, rank, 1).to_tensor().expect("memory");
    let mean = tensor.data().iter().sum::<f64>() / tensor.data().len() as f64;
    let mut rng = stream(2, 0);
    tensor.data_mut().iter_mut().for_each(|x| *x += 0.1 * mean * normal(&mut rng).abs());
    tensor
}

fn start(shape: &[usize], rank: usize, seed: u64) -> Cp<f64> {
    let factor = |(mode, &size): (usize, &usize)| {
        let mut rng = stream(seed, mode as u64);
        Tensor::from_fn(&[size, rank], |_| unit(&mut rng)).expect("memory")
    };
    Cp::new(vec![1.0; rank], shape.iter().enumerate().map(factor).collect()).expect("a model")
}

fn measure(method: &str, tensor: &Tensor<f64>, rank: usize, (sweeps, runs): (usize, usize), floors: &Floors) {
    let data = Dense::new(tensor).expect("data");
    let first = start(tensor.shape(), rank, 3);
    let stopping = Stopping { iterations: sweeps, tolerance: 0.0 };
    let acceleration = Acceleration::None;
    let mut report = None;
    let mut work = || {
        let fit = match method {
            "passes" => return passes(&data, first.factors(), rank, sweeps),
            "als" => {
                let options = AlsOptions { stopping, acceleration, ..Default::default() };
                als_from(&data, first.clone(), &options, &mut unobserved)
            }
            "extrapolated" => {
                als_from(&data, first.clone(), &AlsOptions { stopping, ..Default::default() }, &mut unobserved)
            }
            _ => {
                let options = NonnegativeOptions { stopping, acceleration, ..Default::default() };
                nonnegative_from(&data, first.clone(), &options, &mut unobserved)
            }
        };
        report = Some(fit.expect("a fit").1);
    };
    let bytes = size_of_val(tensor.data()) as f64;
    let peak = Peak::begin();
    work();
    let peak = peak.and_then(|peak| peak.bytes()).map(|most| 1.0 + most as f64 / bytes);
    let spread = time(runs, work);
    let (error, held) =
        report.map_or((f64::NAN, f64::NAN), |fit| (fit.relative_error, fit.workspace_bytes as f64 / bytes));
    let peak = peak.map_or("null".to_owned(), |peak| format!("{peak:.3}"));
    println!(
        "{{\"method\":\"{method}\",\"shape\":{:?},\"rank\":{rank},\"sweeps\":{sweeps},\"seconds\":{:.5},\
         \"median\":{:.5},\"error\":\"{error:.8}\",\"held\":\"{held:.3}\",\"peak\":{peak},\"read\":{:.5},\"multiply\":{:.5}}}",
        tensor.shape(),
        spread.least / sweeps as f64,
        spread.median / sweeps as f64,
        floors.read,
        floors.multiply,
    );
}

/// The products of the sweeps alone.
fn passes(data: &Dense<'_, f64>, factors: &[Tensor<f64>], rank: usize, sweeps: usize) {
    let mut products = data.products(rank).expect("products");
    for step in 0..sweeps * factors.len() {
        let mode = step % factors.len();
        let mut result = vec![0.0; factors[mode].data().len()];
        products.product(factors, mode, &mut result).expect("a product");
        products.changed(mode);
    }
}
