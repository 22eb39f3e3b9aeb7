//! How fast are contractions of networks, beside opt_einsum with NumPy, PyTorch and jax?
//!
//! `cargo bench -p schur-bench --bench einsum -- --instances FOLDER --names bin_matmul_256,gm_queen5_5_3 --threads 1,2
//! --runs 7` contracts the networks of a folder of JSON files (`format_string`, `shapes`, `paths`) in f64, pair by pair in
//! the order that the file states, so that all programs do the same. `benches/peers/einsum` fetches the files and runs
//! the peers. A row has the time of a run with everything planned, that of planning, the multiply-adds, and the bytes
//! that all steps read and write.
#![allow(clippy::print_stdout, reason = "measurements are programs that print")]
#![expect(clippy::expect_used, reason = "a measurement that cannot start has nobody to report to but the terminal")]

use std::path::Path;
use std::time::Instant;

use schur_bench::{Arguments, Numbers, pool, time};
use schur_einsum::execute::{Plan, Workspace};
use schur_einsum::language::{Expression, Sizes};
use schur_einsum::{Contraction, Cost, Order};
use schur_tensor::semiring::Arithmetic;
use schur_tensor::{Tensor, View};
use serde_json::Value;

struct Instance {
    name: String,
    contraction: Contraction,
    order: Order,
}

fn main() {
    let arguments = Arguments::read();
    let real = arguments.is_measurement();
    let instances = match arguments.value("instances") {
        Some(folder) => arguments.list("names", "bin_matmul_256").iter().map(|name| read(folder, name)).collect(),
        None => vec![chain()],
    };
    let runs = if real { arguments.number("runs", 7) } else { 1 };
    for instance in instances {
        for threads in arguments.list("threads", "1,2") {
            let threads = threads.parse().expect("a whole number");
            println!("{}", pool(threads).install(|| measure(&instance, threads, runs)));
        }
    }
}

fn measure(instance: &Instance, threads: usize, runs: usize) -> Value {
    let Instance { name, contraction, order } = instance;
    let mut numbers = Numbers(1);
    let operands: Vec<Tensor<f64>> = (0..contraction.operands().len())
        .map(|k| {
            let shape = contraction.operand_shape(k).expect("an operand");
            // So that products of hundreds of tensors neither vanish nor explode.
            let scale = (shape.iter().product::<usize>() as f64).powf(-0.25);
            Tensor::from_fn(&shape, |_| numbers.draw() * scale).expect("a tensor")
        })
        .collect();
    let views: Vec<View<'_, f64>> = operands.iter().map(Tensor::view).collect();
    let begin = Instant::now();
    let plan = Plan::new(contraction, order).expect("a plan");
    let planning = begin.elapsed().as_secs_f64();
    let mut result = vec![0.0; plan.output_shape().iter().product()];
    let (real, mut workspace) = (Arithmetic::<f64>::new(), Workspace::default());
    let spread = time(runs, || plan.run(&real, &views, &mut result, &mut workspace).expect("a contraction"));
    let cost = Cost::of(contraction, order);
    let bytes = 8.0 * moved(contraction, order);
    serde_json::json!({
        "name": name, "threads": threads, "dtype": "float64", "tensors": operands.len(),
        "seconds_least": spread.least, "seconds_median": spread.median, "seconds_largest": spread.largest,
        "seconds_planning": planning, "multiply_adds": cost.operations, "gflops": 2e-9 * cost.operations / spread.median,
        "bytes": bytes, "gb_per_s": 1e-9 * bytes / spread.median, "peak_bytes": 8 * plan.peak(),
    })
}

/// Elements that the steps read and write, each tensor once for each step that touches it.
fn moved(contraction: &Contraction, order: &Order) -> f64 {
    let elements = |tensor: &Vec<usize>| tensor.iter().map(|&index| contraction.sizes()[index] as f64).product::<f64>();
    let sizes: Vec<f64> = order.tensors(contraction).iter().map(elements).collect();
    let results = &sizes[contraction.operands().len()..];
    order.pairs().iter().zip(results).map(|(&[left, right], result)| sizes[left] + sizes[right] + result).sum()
}

fn read(folder: &str, name: &str) -> Instance {
    let path = Path::new(folder).join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).expect("an instance");
    let json: Value = serde_json::from_str(&text).expect("an instance in JSON");
    let shapes: Vec<Vec<usize>> = serde_json::from_value(json["shapes"].clone()).expect("shapes");
    let expression = Expression::parse(json["format_string"].as_str().expect("a string")).expect("an expression");
    let shapes: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
    let bound = expression.bind(&shapes, &Sizes::new()).expect("shapes that fit");
    let contraction = bound.flat().expect("a flat expression").contraction().clone();
    let path: Vec<Vec<usize>> = serde_json::from_value(json["paths"]["opt_flops"]["path"].clone()).expect("a path");
    let order = Order::new(&contraction, pairs(&path, contraction.operands().len()), vec![]).expect("an order");
    Instance { name: name.to_owned(), contraction, order }
}

/// From positions in a shrinking list, as opt_einsum counts, to numbers of tensors.
fn pairs(path: &[Vec<usize>], operands: usize) -> Vec<[usize; 2]> {
    let mut list: Vec<usize> = (0..operands).collect();
    let mut pairs = Vec::new();
    for step in path {
        let mut places = step.clone();
        places.sort_unstable();
        let taken: Vec<usize> = places.iter().rev().map(|&place| list.remove(place)).collect();
        if let [right, left] = taken[..] {
            list.push(operands + pairs.len());
            pairs.push([left, right]);
        } else {
            // A step of one tensor changes nothing; it goes to the end of the list.
            list.extend(taken);
        }
    }
    pairs
}

/// Four small matrices.
fn chain() -> Instance {
    let names = (0..5).map(|index| format!("i{index}")).collect();
    let operands = (0..4).map(|k| vec![k, k + 1]).collect();
    let contraction = Contraction::new(operands, vec![0, 4], vec![8; 5], names).expect("a contraction");
    let order = Order::left_to_right(&contraction);
    Instance { name: "chain".to_owned(), contraction, order }
}
