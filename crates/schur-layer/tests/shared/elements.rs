//! Random elements of groups, and how they act on features.

use schur_diagram::Group;
use schur_testkit::Random;

pub type Square = Vec<Vec<f64>>;

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
pub fn element(group: Group, n: usize, random: &mut Random) -> Square {
    let mut draw = || -> Square { (0..n).map(|_| (0..n).map(|_| 0.4 * random.normal()).collect()).collect() };
    let swap = |mut g: Square| {
        // A line has no two coordinates to exchange, but a sign.
        if n > 1 {
            g.swap(0, 1)
        } else {
            g[0][0] = -g[0][0]
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
            if group == Group::Alternating && inversions % 2 == 1 && n > 1 { swap(g) } else { g }
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
            let entry =
                |i: usize, j: usize| if i.is_multiple_of(2) { symmetric(i + 1, j) } else { -symmetric(i - 1, j) };
            exponential(&(0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect())
        }
    }
}

/// Applies an element along every axis of `[batch = 1][n]..[n][channels]`.
pub fn act(g: &Square, axes: usize, x: &[f64], channels: usize) -> Vec<f64> {
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
