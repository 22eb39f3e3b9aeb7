//! Circuits without arguments or results, with more arguments than a plan takes, and workspaces that plans share.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_multilinear::{
    Argument, Bilinear, BilinearTerm, ChannelwiseError, ChannelwisePlan, ChannelwiseWorkspace, Circuit,
    ComponentMatrix, Rows,
};
use schur_tensor::pulp::Arch;

fn plan(circuit: &Circuit, arguments: &[Argument]) -> ChannelwisePlan<f64> {
    ChannelwisePlan::new(Arch::new(), circuit, arguments).unwrap()
}

#[test]
fn a_circuit_without_arguments_gives_empty_sums() {
    let mut circuit = Circuit::new();
    let zeros = circuit.matrix(&Rows::default(), &ComponentMatrix::new(2, 0, []).unwrap()).unwrap();
    circuit.output(&zeros);
    assert_eq!(circuit.evaluate(&[]).unwrap(), [0.0; 2]);
    let plan = plan(&circuit, &[]);
    assert_eq!((plan.channels(), plan.result_len()), (1, 2));
    let (mut z, mut workspace) = ([f64::NAN; 6], ChannelwiseWorkspace::default());
    plan.forward(3, &[], &mut z, &mut workspace).unwrap();
    assert_eq!(z, [0.0; 6]);
    plan.backward(3, &[], &z, &mut [], &mut workspace).unwrap();
}

#[test]
fn a_circuit_without_results_has_zero_cotangents() {
    for channels in [1, 5, 32] {
        let mut circuit = Circuit::new();
        let x = circuit.input(2);
        circuit.bilinear(&x, &x, &Bilinear::pointwise(2)).unwrap();
        assert!(circuit.evaluate(&[&[1.0, 2.0]]).unwrap().is_empty());
        let plan = plan(&circuit, &[Argument::per_item(channels)]);
        let (x, mut workspace) = (vec![1.0; 6 * channels], ChannelwiseWorkspace::default());
        plan.forward(3, &[&x], &mut [], &mut workspace).unwrap();
        let mut gradient = vec![f64::NAN; x.len()];
        plan.backward(3, &[&x], &[], &mut [Some(&mut gradient)], &mut workspace).unwrap();
        assert!(gradient.iter().all(|&g| g == 0.0), "{channels} channels");
    }
}

/// The sum of the squares of all arguments.
fn squares(arguments: usize) -> Circuit {
    let mut circuit = Circuit::new();
    let inputs: Vec<Rows> = (0..arguments).map(|_| circuit.input(1)).collect();
    let all = Rows::concatenate(&inputs);
    let terms = (0..arguments).map(|n| BilinearTerm { result: 0, left: n, right: n, coefficient: 1.0 });
    let sum = circuit.bilinear(&all, &all, &Bilinear::new([arguments, arguments, 1], terms).unwrap()).unwrap();
    circuit.output(&sum);
    circuit
}

#[test]
fn eight_arguments_are_taken_and_nine_refused() {
    let numbers: Vec<[f64; 1]> = (1..=8).map(|n| [f64::from(n)]).collect();
    let slices: Vec<&[f64]> = numbers.iter().map(|number| &number[..]).collect();
    let (mut z, mut gradients) = ([0.0], [[0.0]; 8]);
    let (eight, mut workspace) = (plan(&squares(8), &[Argument::per_item(1); 8]), ChannelwiseWorkspace::default());
    eight.forward(1, &slices, &mut z, &mut workspace).unwrap();
    assert_eq!(z, [204.0]);
    let mut wanted: Vec<Option<&mut [f64]>> = gradients.iter_mut().map(|g| Some(&mut g[..])).collect();
    eight.backward(1, &slices, &[1.0], &mut wanted, &mut workspace).unwrap();
    assert!(gradients.iter().zip(&numbers).all(|(g, x)| g[0] == 2.0 * x[0]), "{gradients:?}");
    let error = ChannelwisePlan::<f64>::new(Arch::new(), &squares(9), &[Argument::per_item(1); 9]).unwrap_err();
    assert_eq!(error, ChannelwiseError::TooManyArguments { limit: 8, found: 9 });
}

/// What the wider plan has left in memory, NaN in all its rows, must not reach the narrower one, nor the other way.
#[test]
fn plans_may_share_a_workspace() {
    let dense = |dim: usize, results: usize| {
        let terms = (0..dim * dim * results).map(|n| {
            let (result, left, right) = (n % results, n / results % dim, n / results / dim);
            BilinearTerm { result, left, right, coefficient: 0.5 + (n as f64 * 0.7).sin() }
        });
        Bilinear::new([dim, dim, results], terms).unwrap().share().to_circuit()
    };
    let (wide, narrow) = (dense(5, 9), dense(3, 2));
    for (channels, shared) in [(1, false), (6, false), (32, true)] {
        let arguments = [Argument::per_item(channels), Argument { channels, shared }];
        let plans = [plan(&wide, &arguments), plan(&narrow, &arguments)];
        let items = 7;
        let run = |plan: &ChannelwisePlan<f64>, scale: f64, workspace: &mut ChannelwiseWorkspace<f64>| {
            let list = |len: usize| (0..len).map(|n| scale * (n as f64 * 0.3).cos()).collect::<Vec<f64>>();
            let second = if shared { plan.argument_len(1) } else { items * plan.argument_len(1) };
            let (x, y) = (list(items * plan.argument_len(0)), list(second));
            let mut z = vec![0.0; items * plan.result_len()];
            plan.forward(items, &[&x, &y], &mut z, workspace).unwrap();
            let (mut gx, mut gy) = (vec![0.0; x.len()], vec![0.0; y.len()]);
            plan.backward(items, &[&x, &y], &z, &mut [Some(&mut gx), Some(&mut gy)], workspace).unwrap();
            [z, gx, gy].concat()
        };
        let mut common = ChannelwiseWorkspace::default();
        for plan in [0, 1, 0, 1].map(|n| &plans[n]) {
            let alone = run(plan, 1.0, &mut ChannelwiseWorkspace::default());
            assert!(alone.iter().all(|value| value.is_finite()));
            assert!(run(plan, 1.0, &mut common) == alone, "{channels} channels");
            assert!(run(plan, f64::NAN, &mut common).iter().all(|value| value.is_nan()));
        }
    }
}
