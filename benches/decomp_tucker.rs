//! How fast are Tucker decompositions of dense tensors?
//!
//! `cargo bench -p schur-bench --bench decomp_tucker -- --cases 200x200x200:16,400x400x400:32,100x100x100x100:16
//! --threads 2 --runs 3 --sweeps 5` plants tensors of these shapes and multilinear ranks in noise of a hundredth of their
//! norm and decomposes them by each method. A row has the error reached, the operations a second of the method's leading
//! terms, the memory that the method says it took over that of the data, and the peak of the process, data
//! included, over that of the data (Linux only); the rows `floor` are what the machine can
//! do. `benches/peers/decomp/tucker.py` times the peers on tensors made in the same way.
#![allow(clippy::print_stdout, reason = "measurements are programs that print")]
#![expect(clippy::expect_used, reason = "a measurement that cannot start has nobody to report to but the terminal")]

use schur_bench::{Arguments, Numbers, Peak, Spread, pool, time};
use schur_decomp::fit::{Stopping, unobserved};
use schur_decomp::matrix::multiply;
use schur_decomp::modes::{Means, Sketch};
use schur_decomp::random::{normals, stream};
use schur_decomp::tucker::{HooiOptions, HosvdOptions, Tucker, hooi, st_hosvd};
use schur_decomp::{Fit, Scalar};
use schur_tensor::Tensor;

/// The norm of the noise over that of the planted tensor.
const NOISE: f64 = 0.01;

/// What the measurements share.
struct Setting {
    runs: usize,
    threads: usize,
    sweeps: usize,
    only: Option<String>,
}

fn main() {
    let arguments = Arguments::read();
    let real = arguments.is_measurement();
    let cases = if real { "200x200x200:16,400x400x400:32,100x100x100x100:16" } else { "8x7x6:2" };
    for threads in arguments.list("threads", if real { "2" } else { "1" }) {
        let setting = Setting {
            runs: if real { arguments.number("runs", 3) } else { 1 },
            threads: threads.parse().expect("a number of threads"),
            sweeps: arguments.number("sweeps", 5),
            only: arguments.value("only").map(str::to_owned),
        };
        pool(setting.threads).install(|| {
            floor(&setting, if real { 1024 } else { 16 });
            for case in arguments.list("cases", cases) {
                let (shape, rank) = case.split_once(':').expect("SHAPE:RANK");
                let shape: Vec<usize> = shape.split('x').map(|n| n.parse().expect("a size")).collect();
                let rank = rank.parse().expect("a rank");
                if arguments.value("type") == Some("f32") {
                    measure::<f32>(&setting, &case, &shape, rank);
                } else {
                    measure::<f64>(&setting, &case, &shape, rank);
                }
            }
        });
    }
}

/// What products of square matrices reach: the rate that nothing here exceeds.
fn floor(setting: &Setting, size: usize) {
    let matrix = normals::<f64>(&[size, size], &mut stream(0, 0)).expect("a matrix");
    let spread = time(setting.runs, || {
        multiply(&matrix.view(), &matrix.view()).expect("a product");
    });
    let rate = 2.0 * (size as f64).powi(3) / spread.median / 1e9;
    println!(r#"{{"case":"floor","method":"square product f64","threads":{},"gflops":{rate:.1}}}"#, setting.threads);
}

fn planted<T: Scalar>(shape: &[usize], rank: usize) -> Tensor<T> {
    let mut rng = stream(1, 0);
    let factors = shape.iter().map(|&n| normals(&[n, rank], &mut rng).expect("a factor")).collect();
    let core = normals(&vec![rank; shape.len()], &mut rng).expect("a core");
    let mut tensor = Tucker::new(core, factors).and_then(|form| form.to_tensor()).expect("a tensor");
    let squares: f64 = tensor.data().iter().map(|x: &T| x.to_f64().powi(2)).sum();
    // Numbers in [-1/2, 1/2) have a mean square of 1/12.
    let scale = NOISE * (12.0 * squares / tensor.data().len() as f64).sqrt();
    let mut numbers = Numbers(7);
    tensor.data_mut().iter_mut().for_each(|x| *x += T::from_f64(scale * numbers.draw()));
    tensor
}

fn measure<T: Scalar>(setting: &Setting, case: &str, shape: &[usize], rank: usize) {
    let tensor = planted::<T>(shape, rank);
    let (count, first) = (tensor.data().len() as f64, shape[0] as f64);
    let sketch = |power_steps| Means::Randomized(Sketch { oversampling: 8, power_steps });
    let direct = [
        ("st_hosvd gram", Means::Gram, first + 2.0 * rank as f64),
        ("st_hosvd qr", Means::Qr, 2.0 * first + 2.0 * rank as f64),
        ("st_hosvd randomized", sketch(0), 4.0 * (rank + 8) as f64),
        ("st_hosvd randomized, 1 power step", sketch(1), 8.0 * (rank + 8) as f64),
    ];
    for (name, means, work) in direct {
        let options = HosvdOptions { means, ..HosvdOptions::ranks(&vec![rank; shape.len()]) };
        row(setting, (case, name, work * count), &tensor, || st_hosvd(&tensor, &options).expect("a decomposition").1);
    }
    let stopping = Stopping { iterations: setting.sweeps, tolerance: 0.0 };
    for (name, start, work) in
        [("hooi from gram", Means::Gram, direct[0].2), ("hooi from randomized", sketch(0), direct[2].2)]
    {
        let options = HooiOptions { stopping, start, ..HooiOptions::ranks(&vec![rank; shape.len()]) };
        let work = work + (4 * rank * setting.sweeps) as f64;
        row(setting, (case, name, work * count), &tensor, || {
            hooi(&tensor, &options, &mut unobserved).expect("a decomposition").1
        });
    }
}

fn row<T: Scalar>(
    setting: &Setting,
    (case, method, operations): (&str, &str, f64),
    tensor: &Tensor<T>,
    mut work: impl FnMut() -> Fit,
) {
    if setting.only.as_ref().is_some_and(|only| !method.contains(only.as_str())) {
        return;
    }
    let bytes = size_of_val(tensor.data()) as f64;
    let peak = Peak::begin();
    let fit = work();
    let peak = peak.and_then(|peak| peak.bytes()).map(|most| 1.0 + most as f64 / bytes);
    let peak = peak.map_or("null".to_owned(), |peak| format!("{peak:.3}"));
    let Spread { least, median, largest } = time(setting.runs, || drop(work()));
    let held = fit.workspace_bytes as f64 / bytes;
    println!(
        r#"{{"case":"{case} {}","method":"{method}","threads":{},"least":{least:.4},"median":{median:.4},"largest":{largest:.4},"relative_error":{:.6e},"gflops":{:.1},"workspace_over_data":{held:.3},"peak_over_data":{peak}}}"#,
        <T as schur_tensor::Real>::NAME,
        setting.threads,
        fit.relative_error,
        operations / median / 1e9,
    );
}
