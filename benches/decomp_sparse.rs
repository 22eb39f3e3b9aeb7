//! How fast are canonical polyadic fits of sparse tensors, and how much memory do they take?
//!
//! `cargo bench -p schur-bench --bench decomp_sparse -- --files A.tns,B.tns --ranks 16,64 --numbers f64 --threads 2`
//! reads sparse tensors and fits them by alternating least squares. A row has the time of one sweep over all modes, that
//! of its products with factors alone, and what these products read: the layouts once and a row of a factor for each
//! element and for each index of a fibre; `--only fit` leaves these out. `benches/peers/decomp/sparse.py` times pyttb on
//! the same files.
//!
//! `... -- --generate FILE --stored 100000000 --shape 20000,15000,3000,500` writes a tensor of evenly drawn places; a row
//! of its fit has the peak memory of the process (Linux only).
#![allow(clippy::print_stdout, reason = "measurements are programs that print")]
#![expect(clippy::expect_used, reason = "a measurement that cannot start has nobody to report to but the terminal")]

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::time::Instant;

use schur_bench::{Arguments, Numbers, Spread, peak_bytes, pool, time};
use schur_decomp::Scalar;
use schur_decomp::cp::{Acceleration, AlsOptions, CpTensor, als};
use schur_decomp::fit::{Stopping, unobserved};
use schur_decomp::random::{stream, units};
use schur_decomp::sparse::{Duplicates, Sparse};
use schur_io::tns;
use schur_tensor::Tensor;

fn main() {
    let arguments = Arguments::read();
    if let Some(path) = arguments.value("generate") {
        return generate(path, &arguments);
    }
    let texts = if arguments.is_measurement() {
        let files = arguments.list("files", "../shared/data/sparse/fb15k237_train.tns,../shared/data/sparse/med.tns");
        files.into_iter().map(|path| (path.clone(), read(&path))).collect()
    } else {
        vec![("tiny".to_owned(), tns::read(&b"1 1 1 2\n2 3 1 1\n2 2 2 5\n"[..], None).expect("a tensor"))]
    };
    for (name, coordinates) in texts {
        match arguments.value("numbers").unwrap_or("f64") {
            "f32" => measure::<f32>(&name, coordinates, &arguments),
            _ => measure::<f64>(&name, coordinates, &arguments),
        }
    }
}

fn read(path: &str) -> tns::Coordinates {
    let start = Instant::now();
    let file = BufReader::with_capacity(1 << 20, File::open(path).expect("a file"));
    let coordinates = tns::read(file, None).expect("a sparse tensor");
    println!("{}", serde_json::json!({ "op": "read", "file": path, "seconds": start.elapsed().as_secs_f64() }));
    coordinates
}

fn measure<T: Scalar>(name: &str, coordinates: tns::Coordinates, arguments: &Arguments) {
    let tns::Coordinates { shape, indices, values } = coordinates;
    let values = values.into_iter().map(T::from_f64).collect();
    let start = Instant::now();
    let tensor = Sparse::new(&shape, indices, values, Duplicates::Sum).expect("a sparse tensor");
    println!("{}", serde_json::json!({ "op": "sort", "file": name, "seconds": start.elapsed().as_secs_f64() }));
    let runs = arguments.number("runs", 5);
    for rank in arguments.list("ranks", if arguments.is_measurement() { "16,64" } else { "1" }) {
        let rank: usize = rank.parse().expect("a whole number");
        pool(arguments.number("threads", 2)).install(|| row(name, &tensor, (rank, runs), arguments));
    }
}

fn row<T: Scalar>(name: &str, tensor: &Sparse<T>, (rank, runs): (usize, usize), arguments: &Arguments) {
    let shape = tensor.shape().to_vec();
    let products = (arguments.value("only") != Some("fit")).then(|| products(tensor, rank, runs));
    let (plan, layout_bytes) = products.map_or((None, None), |(plan, bytes, _)| (Some(plan), Some(bytes)));
    let spread = products.map(|(_, _, spread)| spread);
    let iterations = arguments.number("iterations", 10);
    let (sweep, error) = sweeps(tensor, rank, (iterations, runs));
    let rows = shape.len() * tensor.stored() * rank * size_of::<T>();
    println!(
        "{}",
        serde_json::json!({
            "op": "cp_als", "file": name, "shape": shape, "stored": tensor.stored(), "rank": rank,
            "bytes": size_of::<T>(), "threads": rayon::current_num_threads(), "plan_seconds": plan,
            "layout_bytes_per_stored": layout_bytes.map(|bytes| bytes as f64 / tensor.stored() as f64),
            "products_seconds_least": spread.map(|spread| spread.least),
            "products_seconds_median": spread.map(|spread| spread.median),
            "products_gb_per_s": spread.zip(layout_bytes).map(|(spread, bytes)| (rows as u64 + bytes) as f64 / spread.least * 1e-9),
            "sweep_seconds_least": sweep.least, "sweep_seconds_median": sweep.median, "iterations": iterations,
            "relative_error": error, "peak_bytes": peak_bytes(),
        })
    );
}

/// The time to lay a tensor out, the bytes that this takes, and the times of the products of one sweep.
fn products<T: Scalar>(tensor: &Sparse<T>, rank: usize, runs: usize) -> (f64, u64, Spread) {
    let mut rng = stream(1, 0);
    let shape = tensor.shape();
    let factors: Vec<Tensor<T>> = shape.iter().map(|&size| units(&[size, rank], &mut rng).expect("room")).collect();
    let start = Instant::now();
    let mut products = tensor.products(rank).expect("a plan");
    let plan = start.elapsed().as_secs_f64();
    let layout_bytes = products.workspace_bytes();
    let largest = shape.iter().max().copied().unwrap_or(0);
    let mut result = vec![T::from_f64(0.0); largest * rank];
    let spread = time(runs, || {
        for (mode, &size) in shape.iter().enumerate() {
            products.product(&factors, mode, &mut result[..size * rank]).expect("a product");
        }
    });
    (plan, layout_bytes, spread)
}

/// The time of one sweep, as the difference of fits with few and many, and the error after the many.
fn sweeps<T: Scalar>(tensor: &Sparse<T>, rank: usize, (iterations, runs): (usize, usize)) -> (Spread, f64) {
    let fit = |iterations: usize| {
        let stopping = Stopping { iterations, tolerance: 0.0 };
        let options = AlsOptions { rank, stopping, acceleration: Acceleration::None, ..Default::default() };
        let start = Instant::now();
        let mut first = None;
        let (_, fit) = als(tensor, &options, &mut |progress| {
            first.get_or_insert_with(Instant::now);
            unobserved(progress)
        })
        .expect("a fit");
        let since = first.unwrap_or(start);
        (since.elapsed().as_secs_f64() / iterations.saturating_sub(1).max(1) as f64, fit.relative_error)
    };
    let results: Vec<(f64, f64)> = (0..runs.max(1)).map(|_| fit(iterations)).collect();
    let error = results[0].1;
    (Spread::of(results.into_iter().map(|result| result.0).collect()), error)
}

fn generate(path: &str, arguments: &Arguments) {
    let shape: Vec<f64> =
        arguments.list("shape", "20000,15000,3000,500").iter().map(|text| text.parse().expect("a size")).collect();
    let mut numbers = Numbers(arguments.number("seed", 1) as u64);
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path).expect("a file"));
    for _ in 0..arguments.number("stored", 1_000_000) {
        for size in &shape {
            write!(file, "{} ", ((numbers.draw() + 0.5) * size) as u32 + 1).expect("room on the disk");
        }
        writeln!(file, "{}", (numbers.draw() * 10.0).round() + 6.0).expect("room on the disk");
    }
    file.flush().expect("room on the disk");
}
