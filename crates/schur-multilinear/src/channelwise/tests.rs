use schur_tensor::{Real, instruction_sets, pulp::Arch};

use super::{program::Step, *};
use crate::{Bilinear, BilinearTerm, ComponentMatrix, Rows};

struct Numbers(u64);

impl Numbers {
    fn bits(&mut self) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize
    }

    fn below(&mut self, n: usize) -> usize {
        self.bits() % n
    }

    fn list(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.bits() as f64 / f64::from(1u32 << 30) - 1.0).collect()
    }

    fn rows(&mut self, from: &Rows, n: usize) -> Rows {
        let places: Vec<usize> = (0..n).map(|_| self.below(from.len())).collect();
        from.select(places)
    }

    fn bilinear(&mut self, dims: [usize; 3], terms: usize) -> Bilinear {
        let coefficients = [1.0, 1.0, 1.0, -1.0, 0.3];
        let terms = (0..terms).map(|_| BilinearTerm {
            left: self.below(dims[0]),
            right: self.below(dims[1]),
            result: self.below(dims[2]),
            coefficient: coefficients[self.below(5)],
        });
        Bilinear::new(dims, terms.collect::<Vec<_>>()).unwrap()
    }

    fn matrix(&mut self, rows: usize, columns: usize, entries: usize) -> ComponentMatrix {
        let entries = (0..entries).map(|_| (self.below(rows), self.below(columns), self.list(1)[0]));
        ComponentMatrix::new(rows, columns, entries.collect::<Vec<_>>()).unwrap()
    }
}

/// Rows of every kind: local, kept, shared by matrices, copied, repeated, zero.
fn random_circuit(seed: u64) -> Circuit {
    let mut numbers = Numbers(seed);
    let mut circuit = Circuit::new();
    let inputs = [circuit.input(7), circuit.input(5), circuit.input(3)];
    let mut all = Rows::concatenate(&inputs);
    for _ in 0..3 {
        let (left, right) = (numbers.rows(&all, 6), numbers.rows(&all, 4));
        let product = circuit.bilinear(&left, &right, &numbers.bilinear([6, 4, 9], 14)).unwrap();
        let some = Rows::concatenate([&product, &numbers.rows(&all, numbers.0 as usize % 3)]);
        let matrix = numbers.matrix(11, some.len(), 25);
        let combined = circuit.matrix(&some, &matrix).unwrap();
        all = Rows::concatenate([&all, &combined, &product.select([0, 3])]);
        circuit.output(&combined);
    }
    circuit.output(&numbers.rows(&all, 4));
    circuit
}

/// The definition, channel by channel.
fn oracle(circuit: &Circuit, items: usize, arguments: &[Argument], values: &[Vec<f64>]) -> Vec<f64> {
    let channels = arguments.iter().map(|argument| argument.channels).max().unwrap();
    let (inputs, rows) = (circuit.inputs(), circuit.outputs());
    let mut result = vec![0.0; items * rows * channels];
    for item in 0..items {
        for channel in 0..channels {
            let pick = |a: usize| -> Vec<f64> {
                let (n, i) = (arguments[a].channels, if arguments[a].shared { 0 } else { item });
                (0..inputs[a]).map(|row| values[a][(i * inputs[a] + row) * n + channel % n]).collect()
            };
            let own: Vec<Vec<f64>> = (0..inputs.len()).map(pick).collect();
            let own: Vec<&[f64]> = own.iter().map(Vec::as_slice).collect();
            for (row, value) in circuit.evaluate(&own).unwrap().into_iter().enumerate() {
                result[(item * rows + row) * channels + channel] = value;
            }
        }
    }
    result
}

fn to<T: Real>(values: &[f64]) -> Vec<T> {
    values.iter().map(|&value| T::from_f64(value)).collect()
}

#[test]
fn rows_of_another_circuit_are_refused() {
    let (mut wide, mut narrow) = (Circuit::new(), Circuit::new());
    let (foreign, own) = (wide.input(10), narrow.input(1));
    let map = Bilinear::new([10, 1, 1], [BilinearTerm { result: 0, left: 9, right: 0, coefficient: 2.0 }]).unwrap();
    let error = narrow.bilinear(&foreign, &own, &map).unwrap_err();
    assert_eq!(error.to_string(), "row of the circuit 1 is outside of 0..1");
}

#[test]
fn shared_arguments_have_their_sums_even_of_no_items() {
    let circuit = random_circuit(3);
    let arguments = [Argument::shared(1), Argument::shared(1), Argument::per_item(1)];
    check::<f64>(Arch::new(), 3, 37, arguments, 1e-12);
    let plan = ChannelwisePlan::<f64>::new(Arch::new(), &circuit, &arguments).unwrap();
    let (mut a, mut b) = ([1.0; 7], [1.0; 5]);
    let mut cotangents = [Some(&mut a[..]), Some(&mut b[..]), None];
    let mut workspace = ChannelwiseWorkspace::default();
    plan.backward(0, &[&[1.0; 7], &[1.0; 5], &[]], &[], &mut cotangents, &mut workspace).unwrap();
    assert_eq!((a, b), ([0.0; 7], [0.0; 5]));
}

/// In unused lanes the root of `x^2 - y^2` would be that of a negative number.
#[test]
fn unused_lanes_do_not_reach_sums() {
    let mut circuit = Circuit::new();
    let (x, y) = (circuit.input(1), circuit.input(1));
    let rows = Rows::concatenate([&x, &y]);
    let term = |left, coefficient| BilinearTerm { result: 0, left, right: left, coefficient };
    let square = circuit.bilinear(&rows, &rows, &Bilinear::new([2, 2, 1], [term(0, 1.0), term(1, -1.0)]).unwrap());
    let root = circuit.inverse_sqrt(&square.unwrap());
    circuit.output(&root);
    let plan =
        ChannelwisePlan::<f64>::new(Arch::new(), &circuit, &[Argument::per_item(3), Argument::per_item(1)]).unwrap();
    let mut gradient = [0.0];
    let mut workspace = ChannelwiseWorkspace::default();
    plan.backward(1, &[&[5.0; 3], &[3.0]], &[1.0; 3], &mut [None, Some(&mut gradient)], &mut workspace).unwrap();
    assert_near("gradient", &gradient, &[9.0 / 64.0], 1e-14);
}

/// Results past the caches, with a tail of items, against the same results in memory that is not aligned.
#[test]
fn streamed_results_are_those_of_ordinary_stores() {
    let circuit = random_circuit(4);
    for (channels, items) in [(1, 60_003), (32, 2_000)] {
        let plan = ChannelwisePlan::<f32>::new(Arch::new(), &circuit, &[Argument::per_item(channels); 3]).unwrap();
        let mut numbers = Numbers(7);
        let values: Vec<Vec<f32>> = (0..3).map(|a| to(&numbers.list(plan.len(items, a)))).collect();
        let slices: Vec<&[f32]> = values.iter().map(Vec::as_slice).collect();
        let len = items * plan.result_len();
        let (mut aligned, mut shifted) = (Aligned::<f32>::zeros(len), Aligned::<f32>::zeros(len + 1));
        let mut workspace = ChannelwiseWorkspace::default();
        plan.forward(items, &slices, aligned.as_mut_slice(), &mut workspace).unwrap();
        plan.forward(items, &slices, &mut shifted.as_mut_slice()[1..], &mut workspace).unwrap();
        assert!(aligned.as_slice() == &shifted.as_slice()[1..], "{channels} channels");
    }
}

/// Unit vectors: roots whose squares are kept, and roots that are components of the result.
#[test]
fn inverse_roots_match_the_definition_and_are_adjoint() {
    let mut circuit = Circuit::new();
    let vector = circuit.input(3);
    let terms = (0..3).map(|m| BilinearTerm { result: 0, left: m, right: m, coefficient: 1.0 });
    let square = circuit.bilinear(&vector, &vector, &Bilinear::new([3, 3, 1], terms).unwrap()).unwrap();
    let root = circuit.inverse_sqrt(&square);
    let unit = circuit.bilinear(&vector, &root.select([0, 0, 0]), &Bilinear::pointwise(3)).unwrap();
    circuit.output(&unit);
    circuit.output(&root);
    let values = [1.0, 2.0, -2.0];
    let result = circuit.evaluate(&[&values]).unwrap();
    assert_near("unit vector", &result, &[1.0 / 3.0, 2.0 / 3.0, -2.0 / 3.0, 1.0 / 3.0], 1e-15);
    let (g, t) = ([0.3, -1.0, 0.7, 2.0], [0.5, 0.2, -0.4]);
    let change = circuit.tangent().evaluate(&[&values, &t]).unwrap();
    let back = circuit.reverse().evaluate(&[&values, &g]).unwrap();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    assert_near("adjoint", &[dot(&change, &g)], &[dot(&back, &t)], 1e-15);
    for arch in instruction_sets() {
        let plan = ChannelwisePlan::<f64>::new(arch, &circuit, &[Argument::per_item(1)]).unwrap();
        let (mut out, mut gradient) = ([1.0; 8], [1.0; 6]);
        let both = [1.0, 2.0, -2.0, 0.0, 0.0, 0.0];
        let mut workspace = ChannelwiseWorkspace::default();
        plan.forward(2, &[&both], &mut out, &mut workspace).unwrap();
        assert_near("plan", &out, &[&result[..], &[0.0; 4]].concat(), 1e-15);
        let cotangents = [g, g].concat();
        plan.backward(2, &[&both], &cotangents, &mut [Some(&mut gradient)], &mut workspace).unwrap();
        assert_near("gradient", &gradient, &[&back[..], &[0.0; 3]].concat(), 1e-15);
    }
}

fn assert_near(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (n, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "{what}: number {n} is {a}, not {b}");
    }
}

fn check<T: Real>(arch: Arch, seed: u64, items: usize, arguments: [Argument; 3], tolerance: f64) {
    let circuit = random_circuit(seed);
    let plan = ChannelwisePlan::<T>::new(arch, &circuit, &arguments).unwrap();
    let mut numbers = Numbers(seed + 1);
    let lens: Vec<usize> = (0..3).map(|a| plan.len(items, a)).collect();
    let values: Vec<Vec<f64>> = lens.iter().map(|&len| numbers.list(len)).collect();
    let tangents: Vec<Vec<f64>> = lens.iter().map(|&len| numbers.list(len)).collect();
    let typed: Vec<Vec<T>> = values.iter().map(|list| to(list)).collect();
    let slices: Vec<&[T]> = typed.iter().map(Vec::as_slice).collect();
    let mut workspace = ChannelwiseWorkspace::default();
    let what = format!("{arch:?}, seed {seed}, {items} items, {arguments:?}");

    let mut result = vec![T::ONE; items * plan.result_len()];
    plan.forward(items, &slices, &mut result, &mut workspace).unwrap();
    let result: Vec<f64> = result.iter().map(|value| value.to_f64()).collect();
    assert_near(&what, &result, &oracle(&circuit, items, &arguments, &values), tolerance);

    // The reverse pass is the transpose of the tangent.
    let cotangent = numbers.list(result.len());
    let mut gradients: Vec<Vec<T>> = lens.iter().map(|&len| vec![T::ONE; len]).collect();
    let mut wanted: Vec<Option<&mut [T]>> = gradients.iter_mut().map(|list| Some(list.as_mut_slice())).collect();
    plan.backward(items, &slices, &to::<T>(&cotangent), &mut wanted, &mut workspace).unwrap();
    let both: Vec<Vec<f64>> = values.iter().chain(&tangents).cloned().collect();
    let change = oracle(&circuit.tangent(), items, &[arguments, arguments].concat(), &both);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let expected = dot(&change, &cotangent);
    let found: f64 =
        gradients.iter().zip(&tangents).map(|(g, t)| dot(&g.iter().map(|v| v.to_f64()).collect::<Vec<_>>(), t)).sum();
    let scale: f64 = change.iter().zip(&cotangent).map(|(a, b)| (a * b).abs()).sum();
    assert!((found - expected).abs() <= tolerance * (1.0 + scale), "{what}: dot products {found} and {expected}");
}

#[test]
fn kernels_match_the_definition_and_are_adjoint() {
    let (own, one, shared) = (Argument::per_item, Argument::per_item(1), Argument::shared);
    for arch in instruction_sets() {
        for (seed, channels) in [(1, 1), (2, 3), (9, 4), (3, 16), (4, 20), (5, 64), (6, 1), (7, 32)] {
            for arguments in [
                [own(channels); 3],
                [own(channels), one, shared(channels)],
                [own(channels), shared(1), one],
                [shared(channels), own(channels), one],
            ] {
                check::<f64>(arch, seed, 5, arguments, 1e-12);
                check::<f32>(arch, seed, 37, arguments, 2e-4);
            }
        }
    }
}

/// The reverse pass has no memory for the result: in a debug build the compiler itself asserts this, too.
#[test]
fn values_of_the_reverse_pass_are_not_rows_of_the_result() {
    let mut with_values = 0;
    for seed in 0..50 {
        let program = Program::<f32>::compile(&random_circuit(seed)).unwrap();
        assert!(!program.value_steps.iter().any(Step::writes_result), "seed {seed}");
        assert!(program.steps.iter().any(Step::writes_result), "seed {seed}");
        with_values += usize::from(!program.value_steps.is_empty());
    }
    assert!(with_values > 25, "{with_values} of 50 circuits need values");
}

#[test]
fn parts_and_threads_do_not_change_a_bit() {
    let circuit = random_circuit(8);
    let arguments = [Argument::per_item(20), Argument::per_item(1), Argument::shared(20)];
    let plan = ChannelwisePlan::<f32>::new(Arch::new(), &circuit, &arguments).unwrap();
    let items = 4000;
    let mut numbers = Numbers(9);
    let values: Vec<Vec<f32>> = (0..3).map(|a| to(&numbers.list(plan.len(items, a)))).collect();
    let slices: Vec<&[f32]> = values.iter().map(Vec::as_slice).collect();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut workspace = ChannelwiseWorkspace::default();
        let mut result = vec![0.0; items * plan.result_len()];
        let mut gradients: Vec<Vec<f32>> = values.iter().map(|list| vec![0.0; list.len()]).collect();
        pool.install(|| {
            plan.forward(items, &slices, &mut result, &mut workspace).unwrap();
            let mut wanted: Vec<Option<&mut [f32]>> = gradients.iter_mut().map(|g| Some(g.as_mut_slice())).collect();
            plan.backward(items, &slices, &result, &mut wanted, &mut workspace).unwrap();
        });
        (result, gradients)
    };
    assert!(run(1) == run(3), "results depend on the number of threads");
}

#[test]
fn reverse_circuits_are_transposes_of_tangents() {
    for seed in 20..30 {
        let circuit = random_circuit(seed);
        let mut numbers = Numbers(seed);
        let values: Vec<Vec<f64>> = circuit.inputs().iter().map(|&rows| numbers.list(rows)).collect();
        let tangents: Vec<Vec<f64>> = circuit.inputs().iter().map(|&rows| numbers.list(rows)).collect();
        let cotangent = numbers.list(circuit.outputs());
        let slices = |lists: &[&Vec<f64>]| lists.iter().map(|list| list.as_slice().to_vec()).collect::<Vec<_>>();
        let call = |circuit: &Circuit, lists: Vec<Vec<f64>>| {
            circuit.evaluate(&lists.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap()
        };
        let forward = call(&circuit.tangent(), slices(&values.iter().chain(&tangents).collect::<Vec<_>>()));
        let reverse = call(&circuit.reverse(), slices(&values.iter().chain([&cotangent]).collect::<Vec<_>>()));
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let (a, b) = (dot(&forward, &cotangent), dot(&reverse, &tangents.concat()));
        assert!((a - b).abs() < 1e-12 * (1.0 + a.abs()), "seed {seed}: {a} and {b}");
    }
}

#[test]
fn slices_that_do_not_fit_are_named() {
    let circuit = random_circuit(1);
    let arguments = [Argument::per_item(2), Argument::per_item(3), Argument::per_item(1)];
    let error = ChannelwisePlan::<f32>::new(Arch::new(), &circuit, &arguments).unwrap_err();
    assert_eq!(error, ChannelwiseError::Channels { argument: 0, expected: 3, found: 2 });
    let plan = ChannelwisePlan::<f32>::new(Arch::new(), &circuit, &[Argument::per_item(1); 3]).unwrap();
    let mut result = vec![0.0; 2 * plan.result_len()];
    let error = plan.forward(2, &[&[0.0; 14], &[0.0; 9], &[0.0; 6]], &mut result, &mut ChannelwiseWorkspace::default());
    assert_eq!(error.unwrap_err().to_string(), "argument 1 has 9 numbers, not 10");
    // Wrapped round, these items would have no numbers.
    let half = 1 << (usize::BITS - 1);
    let error = plan.forward(half, &[&[], &[], &[]], &mut [], &mut ChannelwiseWorkspace::default()).unwrap_err();
    assert_eq!(error, ChannelwiseError::Length { slice: Slice::Argument(0), expected: usize::MAX, found: 0 });
    let refused =
        |channels| ChannelwisePlan::<f32>::new(Arch::new(), &circuit, &[Argument::per_item(channels); 3]).unwrap_err();
    assert_eq!(refused(0), ChannelwiseError::NoChannels);
    let ChannelwiseError::TooManyNumbers { rows, channels, limit } = refused(half) else { panic!("no such error") };
    assert!(rows >= circuit.outputs() && channels == half && limit == isize::MAX as usize / 4);
    plan.forward(0, &[&[], &[], &[]], &mut [], &mut ChannelwiseWorkspace::default()).unwrap();
}
