//! How fast are layers on tensor powers, beside their dense matrix and beside one diagram at a time?
//!
//! `cargo bench -p schur-bench --bench layers -- --group sym --orders 2x2,3x3 --n 10,30,100 --channels 1,16,64
//! --batch 1,64 --threads 2 --runs 7` runs layers with as many channels out as in, in f32: `fast` is the layer, `single`
//! one layer for each diagram whose outputs are added, `dense` the matrix `[n^l channels, n^k channels]`; `backward` adds
//! the cotangent of the input and the gradient of the weights. A row has the time to build the layer too.
//! `benches/peers/layers` has the peers.
#![allow(clippy::print_stdout, reason = "measurements are programs that print")]
#![expect(clippy::expect_used, reason = "a measurement that cannot start has nobody to report to but the terminal")]

use std::time::Instant;

use schur_bench::{Arguments, Numbers, Spread, pool, time};
use schur_diagram::Group;
use schur_layer::{EquivariantLinear, LayerWorkspace, Sort, Space};
use schur_tensor::product::{Mode, Product, Strided};
use schur_tensor::semiring::{Scalar, Semiring};
use serde_json::{Value, json};

/// Features and dense matrices of more numbers are left out.
const MOST_FEATURES: usize = 1 << 28;
const MOST_DENSE: usize = 1 << 28;

struct Case {
    group: Group,
    n: usize,
    axes: [usize; 2],
    channels: usize,
    batch: usize,
    runs: usize,
}

fn main() {
    let arguments = Arguments::read();
    let real = arguments.is_measurement();
    let numbers = |name: &str, default: &str, tiny: &str| -> Vec<usize> {
        let list = if real { arguments.list(name, default) } else { arguments.list("-", tiny) };
        list.iter().map(|text| text.parse().expect("a whole number")).collect()
    };
    let group: Group = arguments.value("group").unwrap_or("sym").parse().expect("a group");
    let runs = if real { arguments.number("runs", 7) } else { 1 };
    let threads = arguments.number("threads", 2);
    for order in arguments.list("orders", "2x2") {
        let (k, l) = order.split_once('x').expect("orders as 2x2");
        let axes = [k, l].map(|text| text.parse().expect("a whole number"));
        for n in numbers("n", "10,30,100", "4") {
            for channels in numbers("channels", "1,16,64", "2") {
                for batch in numbers("batch", "1,64", "2") {
                    let case = Case { group, n, axes, channels, batch, runs };
                    if let Some(row) = pool(threads).install(|| case.measure()) {
                        println!("{row}");
                    }
                }
            }
        }
    }
}

impl Case {
    fn measure(&self) -> Option<Value> {
        let size = |axes: usize| (0..axes).try_fold(self.batch * self.channels, |size, _| size.checked_mul(self.n));
        let [input, output] = self.axes.map(size);
        let (input, output) =
            (input.filter(|&size| size <= MOST_FEATURES)?, output.filter(|&size| size <= MOST_FEATURES)?);
        let begin = Instant::now();
        let layer = self.layer(|_| true);
        let building = begin.elapsed().as_secs_f64();
        let mut numbers = Numbers(1);
        let mut draw = |len: usize| -> Vec<f32> { (0..len).map(|_| numbers.draw() as f32).collect() };
        let (weights, x, dy) = (draw(layer.weight_len()), draw(input), draw(output));
        let (mut y, mut dx, mut dw) = (vec![0.0; output], vec![0.0; input], vec![0.0; weights.len()]);
        let mut workspace = LayerWorkspace::default();
        let fast = time(self.runs, || layer.forward(&weights, None, &x, &mut y, &mut workspace).expect("a run"));
        let both = time(self.runs, || {
            layer.forward(&weights, None, &x, &mut y, &mut workspace).expect("a run");
            layer.transposed(&weights, &dy, &mut dx, &mut workspace).expect("a run");
            layer.gradient(&x, &dy, &mut dw, None, &mut workspace).expect("a run");
        });
        let single = self.single(&weights, &x, &y);
        let dense = self.dense(&x, &mut y);
        let cost = layer.cost();
        Some(json!({
            "group": self.group.name(), "n": self.n, "k": self.axes[0], "l": self.axes[1], "channels": self.channels,
            "batch": self.batch, "threads": rayon::current_num_threads(), "maps": layer.maps().len(),
            "seconds_build": building, "seconds_fast": fast.median, "seconds_fast_least": fast.least,
            "seconds_backward": both.median, "seconds_backward_least": both.least,
            "seconds_single": single.median, "seconds_dense": dense.map(|spread| spread.median),
            "flops_fast": cost.flops_fast * self.batch as f64, "flops_dense": cost.flops_dense * self.batch as f64,
            "bytes_features": 4 * (input + output),
        }))
    }

    fn layer(&self, is_wanted: impl FnMut(&schur_layer::Wiring) -> bool) -> EquivariantLinear {
        let space = Space::new(&[Sort { group: self.group, n: self.n }]).expect("a space");
        let axes = self.axes.map(|axes| vec![0; axes]);
        EquivariantLinear::of_maps(&space, [&axes[0], &axes[1]], [self.channels; 2], is_wanted).expect("a layer")
    }

    /// One diagram after the other, each from the input to the output.
    fn single(&self, weights: &[f32], x: &[f32], expected: &[f32]) -> Spread {
        let count = self.layer(|_| true).maps().len();
        let nth = |wanted: usize| {
            let mut place = 0;
            self.layer(|_| {
                place += 1;
                place == wanted + 1
            })
        };
        let layers: Vec<EquivariantLinear> = (0..count).map(nth).collect();
        let (mut part, mut sum) = (vec![0.0; expected.len()], vec![0.0; expected.len()]);
        let mut workspace = LayerWorkspace::default();
        let spread = time(self.runs.min(3), || {
            sum.fill(0.0);
            for (layer, own) in layers.iter().zip(weights.chunks_exact(self.channels * self.channels)) {
                layer.forward(own, None, x, &mut part, &mut workspace).expect("a run");
                sum.iter_mut().zip(&part).for_each(|(sum, &y)| *sum += y);
            }
        });
        let scale = expected.iter().fold(1.0_f32, |scale, y| scale.max(y.abs()));
        let is_near = sum.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-3 * scale);
        assert!(is_near, "one diagram at a time gives something else");
        spread
    }

    /// The dense matrix, filled with anything: it is the product that is timed.
    fn dense(&self, x: &[f32], y: &mut [f32]) -> Option<Spread> {
        let [rows, columns] = [x.len() / self.batch, y.len() / self.batch];
        rows.checked_mul(columns).filter(|&size| size <= MOST_DENSE)?;
        let mut numbers = Numbers(2);
        let matrix: Vec<f32> = (0..rows * columns).map(|_| numbers.draw() as f32).collect();
        let strided =
            |size: usize, strides: [usize; 2]| vec![Strided { size, strides: strides.map(usize::cast_signed) }];
        let product = Product {
            batch: Vec::new(),
            rows: strided(self.batch, [rows, columns]),
            columns: strided(columns, [1, 1]),
            inner: strided(rows, [1, columns]),
        };
        let (real, mut packing) = (f32::arithmetic(), Vec::new());
        Some(time(self.runs.min(3), || {
            real.product(&product, [x, &matrix], y, Mode::Overwrite, &mut packing).expect("real numbers multiply");
        }))
    }
}
