//! Features of weights: how many maps there are, and that exchanging hidden neurons exchanges features.

use schur_diagram::Group;
use schur_layer::{Activation, EquivariantLinear, Feature, LayerError, Sort, Space, Stack, StackRun, WeightSpace};
use schur_testkit::{Random, assert_close};

#[test]
fn maps_between_weights_are_as_many_as_published() -> Result<(), LayerError> {
    let space = Space::new(&[Sort { group: Group::Symmetric, n: 5 }, Sort { group: Group::Symmetric, n: 4 }])?;
    for (inputs, outputs, expected) in [
        (&[0, 1][..], &[0, 1][..], 4),
        (&[0, 1], &[1], 2),
        (&[0, 0], &[0, 0], 15),
        (&[1, 0], &[], 1),
        (&[0], &[0], 2),
        (&[0], &[1], 1),
        (&[0, 1], &[1, 0], 4),
        (&[0, 0], &[0, 1], 5),
    ] {
        let layer = EquivariantLinear::with_sorts(&space, inputs, outputs, 1, 1)?;
        assert_eq!(layer.maps().len(), expected, "{inputs:?} to {outputs:?}");
    }
    // A square layer's bias has an identity beside the constant.
    assert_eq!(EquivariantLinear::with_sorts(&space, &[0], &[0, 0], 1, 1)?.biases().len(), 2);
    Ok(())
}

/// Moves entry `i` of an axis of a sort to `orders[sort][i]`.
fn moved(space: &Space, feature: &Feature, orders: &[Vec<usize>], x: &[f64]) -> Vec<f64> {
    let mut y = vec![0.0; x.len()];
    for (place, &value) in x.iter().enumerate() {
        let (mut rest, mut image, mut unit) = (place / feature.channels, place % feature.channels, feature.channels);
        for &sort in feature.axes.iter().rev() {
            let n = space.sorts()[sort].n;
            image += orders[sort][rest % n] * unit;
            (rest, unit) = (rest / n, unit * n);
        }
        y[image] = value;
    }
    y
}

#[test]
fn exchanging_hidden_neurons_exchanges_features() -> Result<(), LayerError> {
    let mut random = Random::new(41);
    for weights in [
        WeightSpace::mlp(&[2, 5, 4, 3])?,
        WeightSpace::mlp(&[3, 6, 1])?,
        WeightSpace::mlp(&[3, 2])?,
        WeightSpace::tied(&[2, 4, 4, 4, 1], &[0, 0, 0])?,
        WeightSpace::tied(&[1, 3, 5, 3, 1], &[0, 1, 0])?,
    ] {
        let hidden = weights.hidden(3);
        let stack = Stack::new(weights.space(), weights.features())?
            .linear(&hidden)?
            .activation(Activation::Relu)?
            .linear(&hidden)?;
        let parameters: Vec<f64> = random.normals(stack.parameter_len());
        let numbers = |feature: &Feature| {
            feature.axes.iter().map(|&sort| weights.space().sorts()[sort].n).product::<usize>() * feature.channels
        };
        let inputs: Vec<Vec<f64>> = weights.features().iter().map(|own| random.normals(numbers(own))).collect();
        let order = |sort: &Sort| {
            let mut keyed: Vec<(u64, usize)> = (0..sort.n).map(|i| (random.bits(), i)).collect();
            keyed.sort_unstable();
            keyed.into_iter().map(|(_, i)| i).collect::<Vec<usize>>()
        };
        let orders: Vec<Vec<usize>> = weights.space().sorts().iter().map(order).collect();
        let all = |features: &[Feature], parts: &[Vec<f64>]| -> Vec<Vec<f64>> {
            features.iter().zip(parts).map(|(own, part)| moved(weights.space(), own, &orders, part)).collect()
        };
        let mut run = StackRun::default();
        stack.forward(&parameters, &inputs.iter().map(Vec::as_slice).collect::<Vec<_>>(), &mut run)?;
        let expected = all(&hidden, run.outputs()).concat();
        let exchanged = all(weights.features(), &inputs);
        stack.forward(&parameters, &exchanged.iter().map(Vec::as_slice).collect::<Vec<_>>(), &mut run)?;
        assert_close("features", &run.outputs().concat(), &expected, 1e-12, 1e-12);
    }
    Ok(())
}

/// What a network of these weights computes does not change either, so the spec is that of the network.
#[test]
fn exchanging_hidden_neurons_keeps_what_a_network_computes() {
    let weights = WeightSpace::mlp(&[2, 5, 4, 1]).unwrap();
    let mut random = Random::new(43);
    let sizes = [10, 5, 20, 4, 4, 1];
    let parts: Vec<Vec<f64>> = sizes.iter().map(|&size| random.normals(size)).collect();
    let network = |parts: &[Vec<f64>], x: [f64; 2]| -> f64 {
        let row = |place: usize, input: &[f64], bias: &[f64]| -> Vec<f64> {
            let rows = parts[place].chunks_exact(input.len()).zip(bias);
            rows.map(|(row, b)| (row.iter().zip(input).map(|(w, x)| w * x).sum::<f64>() + b).tanh()).collect()
        };
        let second = row(2, &row(0, &x, &parts[1]), &parts[3]);
        parts[4].iter().zip(&second).map(|(w, x)| w * x).sum::<f64>() + parts[5][0]
    };
    let orders = vec![vec![3, 1, 4, 0, 2], vec![2, 0, 3, 1]];
    let exchanged: Vec<Vec<f64>> =
        (weights.features().iter().zip(&parts)).map(|(own, part)| moved(weights.space(), own, &orders, part)).collect();
    assert_ne!(exchanged, parts);
    assert!((network(&exchanged, [0.3, -0.8]) - network(&parts, [0.3, -0.8])).abs() < 1e-12);
}
