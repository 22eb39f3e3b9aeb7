//! What is allowed of functions of single numbers, against the defect under random elements.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_diagram::Group;
use schur_layer::{Activation, Allowed, Feature, LayerError, Sort, Space, Stack, StackRun, allowed};
use schur_testkit::Random;

#[path = "shared/elements.rs"]
mod elements;

use elements::{act, element};

/// The largest difference between acting before and after a function, over some elements.
fn defect(activation: Activation, group: Group, n: usize, axes: usize) -> f64 {
    let mut random = Random::new(23);
    let apply = |x: &[f64]| -> Vec<f64> { x.iter().map(|&x| activation.value(x)).collect() };
    let one = |random: &mut Random| {
        let g = element(group, n, random);
        let x: Vec<f64> = (0..n.pow(u32::try_from(axes).unwrap())).map(|_| random.normal()).collect();
        let (before, after) = (apply(&act(&g, axes, &x, 1)), act(&g, axes, &apply(&x), 1));
        before.iter().zip(&after).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    (0..16).map(|_| one(&mut random)).fold(0.0, f64::max)
}

#[test]
fn functions_are_allowed_where_they_commute_and_nowhere_else() {
    for group in Group::ALL {
        for n in 1..=4 {
            for axes in 0..=3 {
                if group.check(n).is_err() {
                    continue;
                }
                let space = Space::new(&[Sort { group, n }]).unwrap();
                let feature = Feature::new(&vec![0; axes], 1);
                for activation in Activation::ALL {
                    let found = defect(activation, group, n, axes);
                    match activation.check(&space, &feature) {
                        Ok(()) => assert!(found < 1e-12, "{activation} on {axes} axes of {group}, n = {n}: {found:e}"),
                        Err(_) => assert!(found > 1e-3, "{activation} on {axes} axes of {group}, n = {n}: {found:e}"),
                    }
                }
            }
        }
    }
}

#[test]
fn several_sorts_allow_what_each_allows() {
    let sort = |group, n| Sort { group, n };
    let space = Space::new(&[sort(Group::Symmetric, 4), sort(Group::Orthogonal, 1), sort(Group::SpecialOrthogonal, 3)])
        .unwrap();
    for (axes, expected) in [
        (&[][..], Allowed::Any),
        (&[0, 0], Allowed::Any),
        (&[0, 1], Allowed::Odd),
        (&[1, 0, 1], Allowed::Any),
        (&[0, 2], Allowed::Linear),
        (&[1, 2], Allowed::Linear),
    ] {
        assert_eq!(allowed(&space, &Feature::new(axes, 1)), Ok(expected), "{axes:?}");
    }
    let error = allowed(&space, &Feature::new(&[3], 1));
    assert!(matches!(error, Err(LayerError::Sort { sort: 3, sorts: 3, .. })), "{error:?}");
    let error = Activation::Relu.check(&space, &Feature::new(&[1], 1)).unwrap_err().to_string();
    assert_eq!(
        error,
        "relu is not equivariant on axes of the orthogonal group, n = 1: odd functions such as tanh are allowed"
    );
}

#[test]
fn slopes_are_derivatives() {
    for activation in Activation::ALL {
        for x in [-3.0, -0.7, 0.2, 1.5, 8.0] {
            let h = 1e-5;
            let expected = (activation.value(x + h) - activation.value(x - h)) / (2.0 * h);
            assert!((activation.slope(x) - expected).abs() < 1e-9, "{activation} at {x}");
        }
    }
}

/// Networks of each group: what is built commutes.
#[test]
fn stacks_commute_with_their_groups() {
    let mut random = Random::new(29);
    for (group, n) in [
        (Group::Symmetric, 4),
        (Group::Alternating, 3),
        (Group::Orthogonal, 3),
        (Group::SpecialOrthogonal, 3),
        (Group::Symplectic, 4),
    ] {
        let space = Space::new(&[Sort { group, n }]).unwrap();
        let mut stack = Stack::new(&space, &[Feature::new(&[0], 2), Feature::new(&[0, 0], 1)])
            .and_then(|stack| stack.linear(&[Feature::new(&[0], 4), Feature::new(&[0, 0], 2), Feature::new(&[], 2)]))
            .unwrap();
        if group == Group::Symplectic {
            assert_eq!(stack.clone().norm_gate(Activation::Sigmoid).map(|_| ()), Err(LayerError::NormGate { n: 4 }));
        } else {
            stack = stack.norm_gate(Activation::Sigmoid).unwrap();
        }
        assert_eq!(stack.clone().activation(Activation::Relu).is_ok(), group.permutes());
        if group.permutes() {
            stack = stack.activation(Activation::Silu).unwrap();
        }
        stack =
            stack.product(2).and_then(|stack| stack.linear(&[Feature::new(&[0], 1), Feature::new(&[], 3)])).unwrap();
        let parameters: Vec<f64> = random.normals(stack.parameter_len());
        let (x, y) = (random.normals(2 * n), random.normals(n * n));
        let g = element(group, n, &mut random);
        let mut run = StackRun::default();
        stack.forward(&parameters, &[&x, &y], &mut run).unwrap();
        let outputs = run.outputs().to_vec();
        stack.forward(&parameters, &[&act(&g, 1, &x, 2), &act(&g, 2, &y, 1)], &mut run).unwrap();
        let expected = [act(&g, 1, &outputs[0], 1), outputs[1].clone()];
        for (found, expected) in run.outputs().iter().zip(&expected) {
            schur_testkit::assert_close(&group.to_string(), found, expected, 1e-11, 1e-11);
        }
    }
}
