//! How fast are layers on tensor powers, beside their dense matrix and beside one diagram at a time?
//!
//! `cargo bench -p schur-bench --bench layers -- --group sym --orders 2x2,3x3 --n 10,30,100 --channels 1,16,64
//! --batch 1,64 --threads 2 --runs 7` runs layers with as many channels out as in, in f32:
//!
//! - `fast` is the layer, `backward` adds the cotangent of the input and the gradient of the weights;
//! - `naive` takes one diagram after the other as the published algorithm does: reduce, copy to the output's shape, mix
//!   channels there, add; its kernels are those of `schur-tensor`, its memory is kept between runs;
//! - `single` is one layer for each diagram, which mixes channels where there are fewest indices, outputs added;
//! - `dense` is the product with the matrix `[n^l channels, n^k channels]`.
//!
//! A row has the time to build the layer too, and what a run cannot do without: `seconds_copy` reads the input and writes
//! the output once at the speed of a copy, `seconds_product` are the layer's multiply-adds at the speed of a product of
//! matrices of 1024, both measured at the beginning. `benches/peers/layers` has the peers.
#![allow(clippy::print_stdout, reason = "measurements are programs that print")]
#![expect(clippy::expect_used, reason = "a measurement that cannot start has nobody to report to but the terminal")]

use std::time::Instant;

use schur_bench::{Arguments, Numbers, Spread, pool};
use schur_diagram::Group;
use schur_layer::{EquivariantLinear, LayerWorkspace, Sort, Space, Wiring};
use schur_tensor::product::{Mode, Product, Reduction, Strided};
use schur_tensor::semiring::{Scalar, Semiring};
use serde_json::{Value, json};

/// Features and dense matrices of more numbers are left out.
const MOST_FEATURES: usize = 1 << 28;
const MOST_DENSE: usize = 1 << 28;
/// Runs of one diagram at a time with more operations are left out.
const MOST_NAIVE: f64 = 5e11;

/// A run is repeated until so many seconds have passed: a call of a microsecond cannot be timed alone.
const LEAST_SECONDS: f64 = 2e-3;
/// What takes longer is run once more only.
const LONG_SECONDS: f64 = 1.0;

/// Times calls that may be short, each run as often as it takes to be seen.
fn time(runs: usize, mut work: impl FnMut()) -> Spread {
    let mut run = |count: usize| {
        let start = Instant::now();
        (0..count).for_each(|_| work());
        start.elapsed().as_secs_f64() / count as f64
    };
    let first = run(1);
    if runs <= 1 || first > LONG_SECONDS {
        return Spread::of(vec![if runs <= 1 { first } else { run(1) }]);
    }
    let count = (LEAST_SECONDS / run(1).max(1e-9)).clamp(1.0, 1e5) as usize;
    Spread::of((0..runs).map(|_| run(count)).collect())
}

/// What this machine does at best.
struct Floors {
    copy: f64,
    product: f64,
}

impl Floors {
    fn measure(real: bool) -> Self {
        let (runs, len, size) = if real { (5, 1 << 24, 1024) } else { (1, 16, 4) };
        let (source, mut target) = (vec![1.0_f32; len], vec![0.0_f32; len]);
        let halves = |target: &mut [f32]| {
            let (first, second) = target.split_at_mut(len / 2);
            rayon::join(|| first.copy_from_slice(&source[..len / 2]), || second.copy_from_slice(&source[len / 2..]));
        };
        let copy = 8.0 * len as f64 / time(runs, || halves(&mut target)).least;
        let (matrix, mut result, mut packing) = (vec![1.0_f32; size * size], vec![0.0; size * size], Vec::new());
        let axis = |strides: [usize; 2]| vec![strided(size, strides)];
        let product =
            Product { batch: Vec::new(), rows: axis([size, size]), columns: axis([1, 1]), inner: axis([1, size]) };
        let real = f32::arithmetic();
        let spread = time(runs, || {
            let operands = [&matrix[..], &matrix[..]];
            real.product(&product, operands, &mut result, Mode::Overwrite, &mut packing).expect("numbers multiply");
        });
        Self { copy, product: 2.0 * (size as f64).powi(3) / spread.least }
    }
}

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
    let floors = pool(threads).install(|| Floors::measure(real));
    println!("{}", json!({ "copy_bytes_a_second": floors.copy, "product_flops_a_second": floors.product }));
    for order in arguments.list("orders", "2x2") {
        let (k, l) = order.split_once('x').expect("orders as 2x2");
        let axes = [k, l].map(|text| text.parse().expect("a whole number"));
        for n in numbers("n", "10,30,100", "4") {
            for channels in numbers("channels", "1,16,64", "2") {
                for batch in numbers("batch", "1,64", "2") {
                    let case = Case { group, n, axes, channels, batch, runs };
                    if let Some(row) = pool(threads).install(|| case.measure(&floors)) {
                        println!("{row}");
                    }
                }
            }
        }
    }
}

impl Case {
    fn measure(&self, floors: &Floors) -> Option<Value> {
        let size = |axes: usize| (0..axes).try_fold(self.batch * self.channels, |size, _| size.checked_mul(self.n));
        let [input, output] = self.axes.map(size);
        let (input, output) =
            (input.filter(|&size| size <= MOST_FEATURES)?, output.filter(|&size| size <= MOST_FEATURES)?);
        let building = time(self.runs, || drop(self.layer(|_| true)));
        let layer = self.layer(|_| true);
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
        layer.forward(&weights, None, &x, &mut y, &mut workspace).expect("a run");
        let naive = Naive::new(self, layer.maps()).and_then(|mut naive| naive.measure(self, &weights, &x, &y));
        let single = self.single(&weights, &x, &y);
        let dense = self.dense(&x, &mut y);
        let cost = layer.cost();
        Some(json!({
            "group": self.group.name(), "n": self.n, "k": self.axes[0], "l": self.axes[1], "channels": self.channels,
            "batch": self.batch, "threads": rayon::current_num_threads(), "maps": layer.maps().len(),
            "seconds_build": building.median, "seconds_fast": fast.median, "seconds_fast_least": fast.least,
            "seconds_backward": both.median, "seconds_backward_least": both.least,
            "seconds_naive": naive.map(|spread| spread.median),
            "seconds_naive_least": naive.map(|spread| spread.least),
            "seconds_single": single.median, "seconds_dense": dense.map(|spread| spread.median),
            "flops_fast": cost.flops_fast * self.batch as f64, "flops_dense": cost.flops_dense * self.batch as f64,
            "seconds_copy": 4.0 * (input + output) as f64 / floors.copy,
            "seconds_product": cost.flops_fast * self.batch as f64 / floors.product,
        }))
    }

    fn layer(&self, is_wanted: impl FnMut(&Wiring) -> bool) -> EquivariantLinear {
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
        let product = Product {
            batch: Vec::new(),
            rows: vec![strided(self.batch, [rows, columns])],
            columns: vec![strided(columns, [1, 1])],
            inner: vec![strided(rows, [1, columns])],
        };
        let (real, mut packing) = (f32::arithmetic(), Vec::new());
        Some(time(self.runs.min(3), || {
            real.product(&product, [x, &matrix], y, Mode::Overwrite, &mut packing).expect("real numbers multiply");
        }))
    }
}

/// One diagram after the other: what it reduces to, what it looks like in the output, and the product with its weights.
struct Naive {
    steps: Vec<[Reduction; 2]>,
    mix: Product,
    small: Vec<f32>,
    full: Vec<f32>,
    sum: Vec<f32>,
}

impl Naive {
    /// Diagrams with forms or heads are left to `single`.
    fn new(case: &Case, maps: &[Wiring]) -> Option<Self> {
        let Case { group, n, axes: [k, l], channels, batch, .. } = *case;
        if !matches!(group, Group::Symmetric | Group::Orthogonal) {
            return None;
        }
        let [input, output] = [k, l].map(|axes| n.pow(u32::try_from(axes).expect("few axes")) * channels);
        let operations = 2.0 * (maps.len() * batch) as f64 * (output * channels) as f64;
        if operations > MOST_NAIVE {
            return None;
        }
        let steps: Vec<[Reduction; 2]> =
            maps.iter().map(|map| case.steps(map.diagrams()[0].blocks(), [input, output])).collect();
        let mix = Product {
            batch: Vec::new(),
            rows: vec![strided(batch * output / channels, [channels, channels])],
            columns: vec![strided(channels, [1, 1])],
            inner: vec![strided(channels, [1, channels])],
        };
        let zeros = |size: usize| vec![0.0; batch * size];
        Some(Self { steps, mix, small: zeros(input.max(output)), full: zeros(output), sum: zeros(output) })
    }

    fn run(&mut self, weights: &[f32], x: &[f32], packing: &mut Vec<f32>) {
        let real = f32::arithmetic();
        let squares = weights.chunks_exact(weights.len() / self.steps.len());
        for (place, ([reduce, copy], weights)) in self.steps.iter().zip(squares).enumerate() {
            real.reduce(reduce, x, &mut self.small, Mode::Overwrite).expect("numbers add");
            self.full.fill(0.0);
            real.reduce(copy, &self.small, &mut self.full, Mode::Overwrite).expect("numbers add");
            let mode = if place == 0 { Mode::Overwrite } else { Mode::Add };
            real.product(&self.mix, [&self.full, weights], &mut self.sum, mode, packing).expect("numbers multiply");
        }
    }

    fn measure(&mut self, case: &Case, weights: &[f32], x: &[f32], expected: &[f32]) -> Option<Spread> {
        let mut packing = Vec::new();
        let spread = time(case.runs.min(3), || self.run(weights, x, &mut packing));
        let scale = expected.iter().fold(1.0_f32, |scale, y| scale.max(y.abs()));
        let is_near = self.sum.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-3 * scale);
        assert!(is_near, "one diagram at a time gives something else");
        Some(spread)
    }
}

impl Case {
    /// From the input to the indices that go through a diagram, and from there to the output.
    fn steps(&self, blocks: &[u8], [input, output]: [usize; 2]) -> [Reduction; 2] {
        let Self { n, axes: [k, l], channels, batch, .. } = *self;
        let (top, bottom) = blocks.split_at(l);
        // The step along a block is that along all its axes at once.
        let step = |row: &[u8], axes: usize, block: u8| -> usize {
            let steps = (0..axes).filter(|&axis| row[axis] == block);
            steps.map(|axis| n.pow(u32::try_from(axes - 1 - axis).expect("few axes")) * channels).sum()
        };
        let mut all = blocks.to_vec();
        all.sort_unstable();
        all.dedup();
        let cross: Vec<u8> =
            all.iter().copied().filter(|block| top.contains(block) && bottom.contains(block)).collect();
        let mut width = channels;
        let mut small = vec![0; cross.len()];
        for place in (0..cross.len()).rev() {
            (small[place], width) = (width, width * n);
        }
        let mut reduce = Reduction { kept: vec![strided(batch, [input, width])], summed: Vec::new() };
        let mut copy = Reduction { kept: vec![strided(batch, [width, output])], summed: Vec::new() };
        for (&block, &small) in cross.iter().zip(&small) {
            reduce.kept.push(strided(n, [step(bottom, k, block), small]));
            copy.kept.push(strided(n, [small, step(top, l, block)]));
        }
        for &block in all.iter().filter(|block| !cross.contains(block)) {
            match top.contains(&block) {
                true => copy.kept.push(strided(n, [0, step(top, l, block)])),
                false => reduce.summed.push(strided(n, [step(bottom, k, block)])),
            }
        }
        reduce.kept.push(strided(channels, [1, 1]));
        copy.kept.push(strided(channels, [1, 1]));
        [reduce, copy]
    }
}

fn strided<const N: usize>(size: usize, strides: [usize; N]) -> Strided<N> {
    Strided { size, strides: strides.map(usize::cast_signed) }
}
