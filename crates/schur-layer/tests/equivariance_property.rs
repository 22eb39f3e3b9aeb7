//! Layers commute with random elements of their groups, and with no more than that.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_diagram::Group;
use schur_layer::{EquivariantLinear, LayerWorkspace};
use schur_testkit::Random;

type Square = Vec<Vec<f64>>;

fn product(a: &Square, b: &Square) -> Square {
    let entry = |i: usize, j: usize| -> f64 { (0..b.len()).map(|k| a[i][k] * b[k][j]).sum() };
    (0..a.len()).map(|i| (0..a.len()).map(|j| entry(i, j)).collect()).collect()
}

fn identity(n: usize) -> Square {
    (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect()
}

/// The exponential of a matrix of entries below one, by its series.
fn exponential(a: &Square) -> Square {
    let (mut sum, mut term) = (identity(a.len()), identity(a.len()));
    for order in 1..40 {
        term = product(&term, a);
        term.iter_mut().flatten().for_each(|x| *x /= f64::from(order));
        sum.iter_mut().flatten().zip(term.iter().flatten()).for_each(|(x, y)| *x += y);
    }
    sum
}

/// A random element; for `SpecialOrthogonal` and `Alternating` one of determinant one.
fn element(group: Group, n: usize, random: &mut Random) -> Square {
    let mut draw = || -> Square { (0..n).map(|_| (0..n).map(|_| 0.4 * random.normal()).collect()).collect() };
    let swap = |mut g: Square| {
        if n > 1 {
            g.swap(0, 1);
        }
        g
    };
    match group {
        Group::Symmetric | Group::Alternating => {
            let keys = draw();
            let mut order: Vec<usize> = (0..n).collect();
            order.sort_by(|&i, &j| keys[0][i].total_cmp(&keys[0][j]));
            let inversions: usize = (0..n).map(|i| order[i + 1..].iter().filter(|&&j| j < order[i]).count()).sum();
            let g = order.iter().map(|&j| identity(n)[j].clone()).collect();
            if group == Group::Alternating && inversions % 2 == 1 { swap(g) } else { g }
        }
        Group::Orthogonal | Group::SpecialOrthogonal => {
            let a = draw();
            let skew = (0..n).map(|i| (0..n).map(|j| a[i][j] - a[j][i]).collect()).collect();
            let rotation = exponential(&skew);
            if group == Group::Orthogonal { swap(rotation) } else { rotation }
        }
        Group::Symplectic => {
            let a = draw();
            // The form times a symmetric matrix; row 2p of the form is minus unit vector 2p + 1 and so on.
            let symmetric = |i: usize, j: usize| a[i][j] + a[j][i];
            let entry = |i: usize, j: usize| if i.is_multiple_of(2) { symmetric(i + 1, j) } else { -symmetric(i - 1, j) };
            exponential(&(0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect())
        }
    }
}

/// Applies an element along every axis of `[batch = 1][n]..[n][channels]`.
fn act(g: &Square, axes: usize, x: &[f64], channels: usize) -> Vec<f64> {
    let n = g.len();
    let mut x = x.to_vec();
    for axis in 0..axes {
        let inner = n.pow(u32::try_from(axes - 1 - axis).unwrap()) * channels;
        let mut y = vec![0.0; x.len()];
        for (place, y) in y.iter_mut().enumerate() {
            let (outer, i, rest) = (place / (n * inner), place / inner % n, place % inner);
            *y = (0..n).map(|j| g[i][j] * x[(outer * n + j) * inner + rest]).sum();
        }
        x = y;
    }
    x
}

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
