//! Layers against the dense matrices of their maps: forward, transposed, gradients, biases.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_diagram::{Group, dimension};
use schur_layer::{EquivariantLinear, LayerWorkspace, Sort, Space};
use schur_testkit::Random;

struct Case {
    layer: EquivariantLinear,
    /// One dense matrix a map, `[outputs, inputs]` without channels.
    maps: Vec<Vec<f64>>,
    biases: Vec<Vec<f64>>,
    channels: [usize; 2],
    sizes: [usize; 2],
}

impl Case {
    fn new(space: &Space, inputs: &[usize], outputs: &[usize], channels: [usize; 2]) -> Self {
        let layer = EquivariantLinear::with_sorts(space, inputs, outputs, channels[0], channels[1]).unwrap();
        let dense = |list: &[schur_layer::Wiring]| list.iter().map(|map| map.matrix(space).unwrap()).collect();
        let (maps, biases) = (dense(layer.maps()), dense(layer.biases()));
        let [own, other] = layer.item_lens();
        Self { maps, biases, channels, sizes: [own / channels[0], other / channels[1]], layer }
    }

    /// The layer by its definition.
    fn forward(&self, weights: &[f64], bias: &[f64], x: &[f64], batch: usize) -> Vec<f64> {
        let ([inputs, outputs], [ci, co]) = (self.sizes, self.channels);
        let mut y = vec![0.0; batch * outputs * co];
        for b in 0..batch {
            for row in 0..outputs {
                let place = |d: usize| (b * outputs + row) * co + d;
                for (map, dense) in self.maps.iter().enumerate() {
                    for column in (0..inputs).filter(|column| dense[row * inputs + column] != 0.0) {
                        for c in 0..ci {
                            let value = dense[row * inputs + column] * x[(b * inputs + column) * ci + c];
                            for d in 0..co {
                                y[place(d)] += value * weights[(map * ci + c) * co + d];
                            }
                        }
                    }
                }
                for (map, dense) in self.biases.iter().enumerate() {
                    for d in 0..co {
                        y[place(d)] += dense[row] * bias[map * co + d];
                    }
                }
            }
        }
        y
    }

    fn check(&self, name: &str, batch: usize) {
        let mut random = Random::new(11);
        let mut draw = |len: usize| -> Vec<f64> { (0..len).map(|_| random.normal()).collect() };
        let [own, other] = self.layer.item_lens();
        let (weights, bias) = (draw(self.layer.weight_len()), draw(self.layer.bias_len()));
        let (x, dy) = (draw(batch * own), draw(batch * other));
        let mut workspace = LayerWorkspace::default();
        let mut y = draw(batch * other);
        self.layer.forward(&weights, Some(&bias), &x, &mut y, &mut workspace).unwrap();
        let expected = self.forward(&weights, &bias, &x, batch);
        near(&format!("{name}, forward"), &y, &expected);

        // <dy, layer x> = <layer^T dy, x> = <gradient, weights>.
        let mut plain = vec![0.0; batch * other];
        self.layer.forward(&weights, None, &x, &mut plain, &mut workspace).unwrap();
        let mut dx = draw(batch * own);
        self.layer.transposed(&weights, &dy, &mut dx, &mut workspace).unwrap();
        let expected = self.transposed(&weights, &dy, batch);
        near(&format!("{name}, transposed"), &dx, &expected);
        let (mut dw, mut db) = (draw(weights.len()), draw(bias.len()));
        self.layer.gradient(&x, &dy, &mut dw, Some(&mut db), &mut workspace).unwrap();
        let size = dot(&dy, &y).abs() + y.len() as f64;
        assert!((dot(&dw, &weights) - dot(&dy, &plain)).abs() < 1e-11 * size, "{name}, weights");
        let with_bias = dot(&dw, &weights) + dot(&db, &bias);
        assert!((with_bias - dot(&dy, &y)).abs() < 1e-11 * size, "{name}, bias");
        // The layer is linear in its weights, so another set of them tests the other directions.
        let others = draw(weights.len());
        self.layer.forward(&others, None, &x, &mut plain, &mut workspace).unwrap();
        assert!((dot(&dw, &others) - dot(&dy, &plain)).abs() < 1e-11 * size, "{name}, other weights");
    }

    fn transposed(&self, weights: &[f64], dy: &[f64], batch: usize) -> Vec<f64> {
        let ([inputs, outputs], [ci, co]) = (self.sizes, self.channels);
        let mut dx = vec![0.0; batch * inputs * ci];
        for (map, dense) in self.maps.iter().enumerate() {
            for (place, entry) in dense.iter().enumerate().filter(|(_, entry)| **entry != 0.0) {
                let (row, column) = (place / inputs, place % inputs);
                for b in 0..batch {
                    for c in 0..ci {
                        let sum: f64 =
                            (0..co).map(|d| weights[(map * ci + c) * co + d] * dy[(b * outputs + row) * co + d]).sum();
                        dx[(b * inputs + column) * ci + c] += entry * sum;
                    }
                }
            }
        }
        dx
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn near(name: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{name}");
    let scale = expected.iter().fold(1.0_f64, |scale, x| scale.max(x.abs()));
    let worst = found.iter().zip(expected).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
    assert!(worst <= 1e-12 * scale, "{name}: off by {worst:e} at {scale:e}");
}

#[test]
fn layers_of_every_group_multiply_as_their_dense_matrices() {
    for group in Group::ALL {
        for n in 1..=4 {
            if group.check(n).is_err() {
                continue;
            }
            let space = Space::new(&[Sort { group, n }]).unwrap();
            for k in 0..=3 {
                for l in 0..=3 {
                    let maps = dimension(group, n, k + l).unwrap();
                    if maps == 0 || maps * (n as u128).pow((k + l) as u32) > 300_000 {
                        continue;
                    }
                    let case = Case::new(&space, &vec![0; k], &vec![0; l], [2, 3]);
                    case.check(&format!("{group}, n = {n}, {k} to {l}"), 2);
                }
            }
        }
    }
}

#[test]
fn longer_rows_multiply_as_their_dense_matrices() {
    for (group, n, k, l) in [
        (Group::Symmetric, 2, 4, 2),
        (Group::Symmetric, 2, 1, 5),
        (Group::Orthogonal, 2, 5, 3),
        (Group::Orthogonal, 3, 4, 2),
        (Group::SpecialOrthogonal, 3, 4, 3),
        (Group::SpecialOrthogonal, 2, 4, 2),
        (Group::Symplectic, 2, 4, 4),
        (Group::Symplectic, 2, 2, 6),
        (Group::Alternating, 3, 4, 2),
    ] {
        let space = Space::new(&[Sort { group, n }]).unwrap();
        Case::new(&space, &vec![0; k], &vec![0; l], [1, 2]).check(&format!("{group}, n = {n}, {k} to {l}"), 1);
    }
}

#[test]
fn axes_of_several_sorts_multiply_as_their_dense_matrices() {
    let sort = |group, n| Sort { group, n };
    let space = Space::new(&[
        sort(Group::Symmetric, 3),
        sort(Group::Orthogonal, 2),
        sort(Group::Symplectic, 2),
        sort(Group::SpecialOrthogonal, 3),
    ])
    .unwrap();
    for (inputs, outputs) in [
        (&[0, 1, 0][..], &[1, 0][..]),
        (&[1, 0, 1], &[0]),
        (&[2, 0, 2], &[0, 0]),
        (&[0], &[2, 2, 0]),
        (&[3, 0, 3], &[3]),
        (&[3, 0], &[0, 3, 3]),
        (&[2, 1], &[1, 2]),
    ] {
        Case::new(&space, inputs, outputs, [2, 2]).check(&format!("{inputs:?} to {outputs:?}"), 2);
    }
}

#[test]
fn single_precision_and_any_batch_agree_with_double() {
    let layer = EquivariantLinear::new(Group::Symmetric, 6, 2, 2, 3, 5).unwrap();
    let mut random = Random::new(3);
    let mut draw = |len: usize| -> Vec<f64> { (0..len).map(|_| random.normal()).collect() };
    let (weights, x) = (draw(layer.weight_len()), draw(7 * layer.item_lens()[0]));
    let mut y = vec![0.0; 7 * layer.item_lens()[1]];
    let mut workspace = LayerWorkspace::default();
    layer.forward(&weights, None, &x, &mut y, &mut workspace).unwrap();
    let [own, other] = layer.item_lens();
    let mut one = vec![0.0; other];
    for b in 0..7 {
        layer.forward(&weights, None, &x[b * own..][..own], &mut one, &mut workspace).unwrap();
        near(&format!("item {b}"), &one, &y[b * other..][..other]);
    }
    let single = |list: &[f64]| list.iter().map(|&x| x as f32).collect::<Vec<f32>>();
    let mut short = vec![0.0_f32; y.len()];
    layer.forward(&single(&weights), None, &single(&x), &mut short, &mut LayerWorkspace::default()).unwrap();
    let scale = y.iter().fold(0.0_f64, |scale, x| scale.max(x.abs()));
    assert!(short.iter().zip(&y).all(|(&a, b)| (f64::from(a) - b).abs() < 1e-5 * scale));
}

#[test]
fn diagrams_alone_multiply_as_their_dense_matrices() {
    let mut random = Random::new(19);
    for group in Group::ALL {
        for (n, all, most) in [(2, 6, 64), (3, 6, 8), (4, 5, 4)] {
            if group.check(n).is_err() {
                continue;
            }
            let space = Space::new(&[Sort { group, n }]).unwrap();
            for (k, l) in (0..=8).flat_map(|m| (0..=m).map(move |k| (k, m - k))) {
                // Every diagram of few axes, some of them beyond.
                let count = usize::try_from(dimension(group, n, k + l).unwrap()).unwrap();
                let chosen: Vec<usize> = if k + l <= all {
                    (0..count).collect()
                } else {
                    (0..count.min(most)).map(|_| random.below(count)).collect()
                };
                for chosen in chosen {
                    let mut place = 0;
                    let is_chosen = |_: &schur_layer::Wiring| {
                        place += 1;
                        place == chosen + 1
                    };
                    let (inputs, outputs) = (vec![0; k], vec![0; l]);
                    let layer = EquivariantLinear::of_maps(&space, [&inputs, &outputs], [1, 1], is_chosen).unwrap();
                    let dense = layer.maps()[0].matrix(&space).unwrap();
                    let x = random.normals(layer.item_lens()[0]);
                    let (rows, mut y) = (dense.chunks_exact(x.len()), vec![0.0; layer.item_lens()[1]]);
                    layer.forward(&[1.0], None, &x, &mut y, &mut LayerWorkspace::default()).unwrap();
                    let expected: Vec<f64> = rows.map(|row| dot(row, &x)).collect();
                    near(&format!("{group}, n = {n}, {}", layer.maps()[0]), &y, &expected);
                }
            }
        }
    }
}
