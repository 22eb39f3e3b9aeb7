//! Layers commute with random elements of their groups, and with no more than that.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_diagram::Group;
use schur_layer::{EquivariantLinear, LayerWorkspace};
use schur_testkit::Random;

#[path = "shared/elements.rs"]
mod elements;

use elements::{act, element};

/// The largest difference between transforming before and after a random layer, relative to its output.
fn defect(group: Group, n: usize, [k, l]: [usize; 2], by: Group, random: &mut Random) -> f64 {
    let layer = EquivariantLinear::new(group, n, k, l, 2, 3).unwrap();
    let [own, other] = layer.item_lens();
    let mut draw = |len: usize| -> Vec<f64> { (0..len).map(|_| random.normal()).collect() };
    let (weights, bias, x) = (draw(layer.weight_len()), draw(layer.bias_len()), draw(own));
    let g = element(by, n, random);
    let mut workspace = LayerWorkspace::default();
    let (mut after, mut before) = (vec![0.0; other], vec![0.0; other]);
    layer.forward(&weights, Some(&bias), &x, &mut after, &mut workspace).unwrap();
    layer.forward(&weights, Some(&bias), &act(&g, k, &x, 2), &mut before, &mut workspace).unwrap();
    let expected = act(&g, l, &after, 3);
    let scale = expected.iter().fold(1.0_f64, |scale, x| scale.max(x.abs()));
    expected.iter().zip(&before).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / scale
}

#[test]
fn layers_commute_with_their_groups() {
    let mut random = Random::new(17);
    for group in Group::ALL {
        for n in 1..=5 {
            for (k, l) in [(1, 1), (2, 2), (2, 1), (1, 2), (3, 2), (3, 0), (0, 2), (3, 3)] {
                let is_large = group.permutes() && n > 4 && k + l > 5;
                if group.check(n).is_err() || is_large {
                    continue;
                }
                let found = defect(group, n, [k, l], group, &mut random);
                assert!(found < 1e-12, "{group}, n = {n}, {k} to {l}: {found:e}");
            }
        }
    }
}

#[test]
fn smaller_groups_have_layers_that_larger_ones_do_not_commute_with() {
    let mut random = Random::new(18);
    for (group, by, n, sides) in [
        (Group::Alternating, Group::Symmetric, 3, [1, 1]),
        (Group::SpecialOrthogonal, Group::Orthogonal, 3, [2, 1]),
        (Group::SpecialOrthogonal, Group::Orthogonal, 2, [1, 1]),
        (Group::Symmetric, Group::Orthogonal, 3, [1, 1]),
        (Group::Orthogonal, Group::Symplectic, 2, [2, 2]),
    ] {
        let found = (0..8).map(|_| defect(group, n, sides, by, &mut random)).fold(0.0, f64::max);
        assert!(found > 1e-3, "{group} against {by}: {found:e}");
    }
}
