//! How fast are full products, every Clebsch-Gordan path a block of its own?
//!
//! `cargo bench -p schur-bench --bench products -- --lmax 1,2,3,4,5,6,7,8 --channels 1,32,128 --batch 1000,10000
//! --threads 1,2 --runs 9` multiplies `C x (0e + 1o + 2e + ... + L)` with itself, channel by channel, in `f32`; forward,
//! and forward with the cotangents of both arguments. `benches/peers/products` does the same with the peers. Results
//! above `--largest` numbers are left out. One channel is the layout `[item][component]`, as the peers have it.
//!
//! `--tasks mimo,simo,siso` takes the products of Xie et al. 2025 (arXiv 2506.13523) in place of `cg`: of signals on the
//! sphere up to degree L (`mimo`) or of degree L (`simo`) with all results, or with those of degree L (`siso`); by
//! Clebsch-Gordan paths, and as one signal (Gaunt) on a grid or by its coefficients.
#![allow(clippy::print_stdout, reason = "measurements are programs that print")]
#![expect(clippy::expect_used, reason = "a measurement that cannot start has nobody to report to but the terminal")]

use schur_bench::{Arguments, Numbers, Spread, pool, time};
use schur_group::{Irrep, Irreps};
use schur_multilinear::{Argument, ChannelwisePlan, ChannelwiseWorkspace};
use schur_product::products::{CgOptions, GauntOptions, Product, clebsch_gordan, gaunt_coefficients, gaunt_grid};
use schur_tensor::{Aligned, pulp::Arch};

fn main() {
    let arguments = Arguments::read();
    let real = arguments.is_measurement();
    let numbers = |name: &str, default: &str| -> Vec<usize> {
        arguments.list(name, default).iter().map(|text| text.parse().expect("a whole number")).collect()
    };
    let degrees = if real { numbers("lmax", "1,2,3,4,5,6,7,8") } else { vec![2] };
    let batches = if real { numbers("batch", "1000,10000") } else { vec![20] };
    let largest = arguments.number("largest", 500_000_000);
    let runs = if real { arguments.number("runs", 9) } else { 1 };
    let tasks = arguments.list("tasks", if real { "cg" } else { "cg,mimo,simo,siso" });
    for (l_max, task) in degrees.iter().flat_map(|&l_max| tasks.iter().map(move |task| (l_max, task))) {
        for (product, channels) in products(task, l_max).iter().flat_map(|product| {
            let channels = numbers("channels", "1,32,128");
            channels.into_iter().map(move |channels| (product, channels))
        }) {
            let both = [Argument::per_item(channels); 2];
            let plan = ChannelwisePlan::<f32>::new(Arch::new(), &product.circuit(), &both).expect("a plan");
            for &items in batches.iter().filter(|&&items| items * plan.result_len() <= largest) {
                for threads in numbers("threads", "1,2") {
                    let (forward, both) = pool(threads).install(|| measure(&plan, items, runs));
                    for (what, spread) in [("forward", forward), ("forward+backward", both)] {
                        let row = serde_json::json!({
                            "op": what, "task": task, "product": product.name(), "l_max": l_max, "channels": channels,
                            "batch": items, "threads": threads, "seconds_least": spread.least,
                            "seconds_median": spread.median, "seconds_largest": spread.largest,
                            "flops_per_item": plan.flops(), "result_numbers": items * plan.result_len(),
                            "gflops": (items * plan.flops()) as f64 / spread.median * 1e-9,
                            "result_gb_per_s": (4 * items * plan.result_len()) as f64 / spread.median * 1e-9,
                        });
                        println!("{row}");
                    }
                }
            }
        }
    }
}

fn measure(plan: &ChannelwisePlan<f32>, items: usize, runs: usize) -> (Spread, Spread) {
    let mut numbers = Numbers(1);
    // Aligned, as the peers' arrays are: no register straddles cache lines, and results beyond the caches go past them.
    let mut list = |len: usize| {
        let mut list = Aligned::zeros(len);
        list.as_mut_slice().iter_mut().for_each(|number| *number = numbers.draw() as f32);
        list
    };
    let (x, y) = (list(items * plan.argument_len(0)), list(items * plan.argument_len(1)));
    let g = list(items * plan.result_len());
    let (x, y, g) = (x.as_slice(), y.as_slice(), g.as_slice());
    let (mut z, mut gx, mut gy) = (Aligned::zeros(g.len()), Aligned::zeros(x.len()), Aligned::zeros(y.len()));
    let z = z.as_mut_slice();
    let mut workspace = ChannelwiseWorkspace::default();
    let forward = time(runs, || plan.forward(items, &[x, y], z, &mut workspace).expect("a product"));
    let both = time(runs, || {
        plan.forward(items, &[x, y], z, &mut workspace).expect("a product");
        let mut cotangents = [Some(gx.as_mut_slice()), Some(gy.as_mut_slice())];
        plan.backward(items, &[x, y], g, &mut cotangents, &mut workspace).expect("a reverse pass");
    });
    (forward, both)
}

/// The products of a task.
fn products(task: &str, l_max: usize) -> Vec<Product> {
    let harmonics = |degrees: &[usize]| Irreps::new(degrees.iter().map(|&l| (1, Irrep::harmonic(l))));
    let upto = |l_max: usize, step: usize| harmonics(&(0..=l_max).step_by(step).collect::<Vec<_>>());
    let single = harmonics(&[l_max]);
    match task {
        "cg" => vec![paths(&upto(l_max, 1), |irrep| irrep.l <= l_max)],
        "mimo" => signals(&upto(l_max, 1), upto(2 * l_max, 1)),
        "simo" => signals(&single, upto(2 * l_max, 2)),
        // No path takes two signals of odd degree to one.
        "siso" if l_max % 2 == 1 => Vec::new(),
        "siso" => signals(&single, single.clone()),
        other => panic!("the tasks are cg, mimo, simo and siso, not {other}"),
    }
}

/// The Clebsch-Gordan product of irreps with themselves; no paths are added up.
fn paths(irreps: &Irreps, is_kept: impl Fn(Irrep) -> bool) -> Product {
    let output = irreps.tensor_product(irreps).filter(is_kept);
    clebsch_gordan(irreps, irreps, &CgOptions { output: Some(output), ..CgOptions::default() }).expect("a product")
}

/// The same results as paths, and as one signal.
fn signals(irreps: &Irreps, output: Irreps) -> Vec<Product> {
    let paths = paths(irreps, |irrep| output.iter().any(|(_, kept)| kept == irrep));
    let options = GauntOptions { output: Some(output), ..GauntOptions::default() };
    let gaunt = [gaunt_grid, gaunt_coefficients].map(|form| form(irreps, irreps, &options).expect("a product"));
    [paths].into_iter().chain(gaunt).collect()
}
