//! How fast are spherical harmonics of many vectors, with and without gradients?
//!
//! `cargo bench -p schur-bench --bench harmonics -- --lmax 1,2,3,4,5,6,7,8 --points 100000 --threads 1,2 --runs 21`
//! evaluates all harmonics up to a degree for vectors in `[point][x y z]`, into `[point][harmonic]`; with gradients into
//! `[point][4][harmonic]`; and the cotangents of the vectors from those of the harmonics. `benches/peers/products`
//! does the same with the peers (`--op sh`).
#![allow(clippy::print_stdout, reason = "measurements are programs that print")]
#![expect(clippy::expect_used, reason = "a measurement that cannot start has nobody to report to but the terminal")]

use schur_bench::{Arguments, Numbers, Spread, pool, time};
use schur_group::Normalization;
use schur_multilinear::ChannelwiseWorkspace;
use schur_product::ManyHarmonics;
use schur_tensor::{Aligned, Real, pulp::Arch};

fn main() {
    let arguments = Arguments::read();
    let real = arguments.is_measurement();
    let numbers = |name: &str, default: &str| -> Vec<usize> {
        arguments.list(name, default).iter().map(|text| text.parse().expect("a whole number")).collect()
    };
    let points = if real { arguments.number("points", 100_000) } else { 100 };
    let runs = if real { arguments.number("runs", 21) } else { 1 };
    for l_max in if real { numbers("lmax", "1,2,3,4,5,6,7,8") } else { vec![2] } {
        for threads in numbers("threads", "1,2") {
            pool(threads).install(|| {
                report::<f32>(l_max, points, threads, runs);
                report::<f64>(l_max, points, threads, runs);
            });
        }
    }
}

fn report<T: Real>(l_max: usize, points: usize, threads: usize, runs: usize) {
    for (what, spread) in measure::<T>(l_max, points, runs) {
        let row = serde_json::json!({
            "op": what, "l_max": l_max, "points": points, "threads": threads, "dtype": T::NAME,
            "seconds_least": spread.least, "seconds_median": spread.median, "seconds_largest": spread.largest,
            "ns_per_point": spread.median / points as f64 * 1e9,
        });
        println!("{row}");
    }
}

fn measure<T: Real>(l_max: usize, points: usize, runs: usize) -> [(&'static str, Spread); 3] {
    let mut random = Numbers(1);
    let mut list = |len: usize| -> Vec<T> { (0..len).map(|_| T::from_f64(random.draw())).collect() };
    let harmonics = ManyHarmonics::<T>::new(Arch::new(), l_max, Normalization::Component).expect("a degree");
    let size = points * harmonics.n_harmonics();
    let (vectors, cotangents) = (list(3 * points), list(size));
    let (mut values, mut all, mut back) = (Aligned::zeros(size), Aligned::zeros(4 * size), Aligned::zeros(3 * points));
    let mut workspace = ChannelwiseWorkspace::default();
    let forward = time(runs, || harmonics.values(&vectors, values.as_mut_slice(), &mut workspace).expect("values"));
    let gradients = time(runs, || {
        harmonics.values_and_gradients(&vectors, all.as_mut_slice(), &mut workspace).expect("gradients");
    });
    let reverse = time(runs, || {
        harmonics.backward(&vectors, &cotangents, back.as_mut_slice(), &mut workspace).expect("cotangents");
    });
    [("values", forward), ("values+gradients", gradients), ("backward", reverse)]
}
