//! Networks backwards against finite differences, in parameters and inputs.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_diagram::Group;
use schur_layer::{Activation, Adam, Feature, LayerError, Sort, Space, Stack, StackRun, WeightSpace};
use schur_testkit::{Random, assert_close, finite_difference};

/// Compares both derivatives of a random linear function of the outputs.
fn check(name: &str, stack: &Stack, sizes: &[usize]) {
    let mut random = Random::new(31);
    let parameters: Vec<f64> = stack.initial::<f64>(|| random.normal()).iter().map(|x| x + 0.01).collect();
    let inputs: Vec<Vec<f64>> = sizes.iter().map(|&size| random.normals(2 * size)).collect();
    let mut run = StackRun::default();
    stack.forward(&parameters, &slices(&inputs), &mut run).unwrap();
    let cotangents: Vec<Vec<f64>> = run.outputs().iter().map(|part| random.normals(part.len())).collect();
    let mut gradient = random.normals(parameters.len());
    stack.backward(&parameters, &slices(&cotangents), &mut gradient, &mut run).unwrap();
    let found = run.input_cotangents().concat();
    let mut value = |parameters: &[f64], inputs: &[Vec<f64>]| -> f64 {
        stack.forward(parameters, &slices(inputs), &mut run).unwrap();
        run.outputs().concat().iter().zip(cotangents.concat()).map(|(y, d)| y * d).sum()
    };
    let expected = finite_difference(|parameters| value(parameters, &inputs), &parameters, 1e-4);
    assert_close(&format!("{name}, parameters"), &gradient, &expected, 1e-6, 1e-7);
    let split = |flat: &[f64]| {
        let mut rest = flat;
        let mut part = |input: &Vec<f64>| {
            let (own, others) = rest.split_at(input.len());
            rest = others;
            own.to_vec()
        };
        inputs.iter().map(&mut part).collect::<Vec<_>>()
    };
    let expected = finite_difference(|flat| value(&parameters, &split(flat)), &inputs.concat(), 1e-4);
    assert_close(&format!("{name}, inputs"), &found, &expected, 1e-6, 1e-7);
}

fn slices(parts: &[Vec<f64>]) -> Vec<&[f64]> {
    parts.iter().map(Vec::as_slice).collect()
}

#[test]
fn networks_of_all_stages_go_back_as_finite_differences_say() -> Result<(), LayerError> {
    let of = |group, n| Space::new(&[Sort { group, n }]);
    let graphs = Stack::new(&of(Group::Symmetric, 3)?, &[Feature::new(&[0, 0], 2)])?
        .linear(&[Feature::new(&[0, 0], 4), Feature::new(&[0], 2)])?
        .activation(Activation::Silu)?
        .product(2)?
        .linear(&[Feature::new(&[0], 3), Feature::new(&[], 2)])?
        .activation(Activation::Square)?
        .linear(&[Feature::new(&[], 1)])?;
    check("graphs", &graphs, &[18]);
    let vectors = Stack::new(&of(Group::SpecialOrthogonal, 3)?, &[Feature::new(&[0], 3)])?
        .linear(&[Feature::new(&[0], 6)])?
        .norm_gate(Activation::Sigmoid)?
        .product(3)?
        .linear(&[Feature::new(&[0], 2), Feature::new(&[], 2)])?
        .norm_gate(Activation::Tanh)?
        .product(2)?
        .linear(&[Feature::new(&[], 1)])?;
    check("vectors", &vectors, &[9]);
    let weights = WeightSpace::tied(&[2, 3, 3, 1], &[0, 0])?;
    let stack = Stack::new(weights.space(), weights.features())?
        .linear(&weights.hidden(2))?
        .activation(Activation::Tanh)?
        .linear(&[Feature::new(&[], 2)])?;
    check("weights", &stack, &[6, 3, 9, 3, 3, 1]);
    Ok(())
}

#[test]
fn single_precision_agrees_and_training_lowers_the_loss() -> Result<(), LayerError> {
    let space = Space::new(&[Sort { group: Group::Symplectic, n: 4 }])?;
    let stack = Stack::new(&space, &[Feature::new(&[0], 2)])?
        .linear(&[Feature::new(&[0], 4)])?
        .product(2)?
        .linear(&[Feature::new(&[], 1)])?;
    let mut random = Random::new(3);
    let x: Vec<f32> = random.normals(8 * 32).iter().map(|&x| x as f32).collect();
    // The form of the two vectors, which are channels: coordinates 0 and 1 are conjugate, and 2 and 3.
    let form = |x: &[f32]| (0..2).map(|p| x[4 * p] * x[4 * p + 3] - x[4 * p + 2] * x[4 * p + 1]).sum::<f32>();
    let targets: Vec<f32> = x.chunks_exact(8).map(form).collect();
    let mut parameters: Vec<f32> = stack.initial(|| random.normal());
    let (mut run, mut adam) = (StackRun::default(), Adam::new(parameters.len(), 0.03));
    let mut gradient = vec![0.0; parameters.len()];
    let mut losses = Vec::new();
    for _ in 0..300 {
        stack.forward(&parameters, &[&x], &mut run)?;
        let errors: Vec<f32> = run.outputs()[0].iter().zip(&targets).map(|(y, t)| y - t).collect();
        losses.push(errors.iter().map(|e| e * e).sum::<f32>());
        stack.backward(&parameters, &[&errors], &mut gradient, &mut run)?;
        adam.step(&mut parameters, &gradient)?;
    }
    assert!(losses[299] < 1e-4 * losses[0], "{} to {}", losses[0], losses[299]);
    let (double, y): (Vec<f64>, Vec<f64>) =
        (parameters.iter().map(|&x| f64::from(x)).collect(), x.iter().map(|&x| f64::from(x)).collect());
    let mut long = StackRun::default();
    stack.forward(&parameters, &[&x], &mut run)?;
    stack.forward(&double, &[&y], &mut long)?;
    let short: Vec<f64> = run.outputs()[0].iter().map(|&x| f64::from(x)).collect();
    assert_close("single precision", &short, &long.outputs()[0], 1e-5, 1e-5);
    Ok(())
}

#[test]
fn networks_that_do_not_fit_are_refused() -> Result<(), LayerError> {
    let space = Space::new(&[Sort { group: Group::Orthogonal, n: 3 }])?;
    let stack = Stack::new(&space, &[Feature::new(&[0], 3)])?;
    assert_eq!(stack.clone().product(2).map(|_| ()), Err(LayerError::Factors { channels: 3, factors: 2 }));
    assert!(matches!(stack.clone().product(0), Err(LayerError::Factors { factors: 0, .. })));
    let refusal = stack.clone().activation(Activation::Relu).map(|_| ());
    assert!(matches!(refusal, Err(LayerError::Activation { n: 3, .. })), "{refusal:?}");
    assert!(matches!(Stack::new(&space, &[Feature::new(&[0], 0)]), Err(LayerError::Channels { .. })));
    assert!(matches!(Stack::new(&space, &[Feature::new(&[1], 1)]), Err(LayerError::Sort { .. })));
    let mut run = StackRun::<f64>::default();
    let error = stack.backward(&[], &[&[0.0; 9]], &mut [], &mut run);
    assert!(matches!(error, Err(LayerError::Length { what: "the run", .. })), "{error:?}");
    let error = stack.forward(&[], &[&[0.0; 9], &[0.0; 9]], &mut run);
    assert!(matches!(error, Err(LayerError::Length { what: "the list of features", found: 2, .. })), "{error:?}");
    let error = stack.forward(&[], &[&[0.0; 10]], &mut run);
    assert!(matches!(error, Err(LayerError::Length { what: "a feature", found: 10, expected: 9 })), "{error:?}");
    let error = Adam::new(3, 0.1).step(&mut [0.0; 2], &[0.0; 2]);
    assert!(matches!(error, Err(LayerError::Length { what: "the parameters", .. })), "{error:?}");
    for (sizes, sorts) in
        [(&[3][..], &[][..]), (&[2, 0, 1], &[0]), (&[2, 3, 1], &[1]), (&[2, 3, 4, 1], &[0, 0]), (&[2, 3, 1], &[])]
    {
        let error = WeightSpace::tied(sizes, sorts).map(|_| ());
        assert!(matches!(error, Err(LayerError::Widths { .. })), "{sizes:?} {sorts:?}: {error:?}");
    }
    Ok(())
}
