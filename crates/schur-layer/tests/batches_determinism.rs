//! Large batches: cut into blocks, in any number of threads, they give what their items give.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_diagram::Group;
use schur_layer::{EquivariantLinear, LayerWorkspace};
use schur_testkit::{Random, assert_close};

const BATCH: usize = 37;

struct Found {
    y: Vec<f64>,
    dx: Vec<f64>,
    dw: Vec<f64>,
    db: Vec<f64>,
}

fn run(layer: &EquivariantLinear, [weights, bias, x, dy]: [&[f64]; 4]) -> Found {
    let mut workspace = LayerWorkspace::default();
    let mut found = Found {
        y: vec![1.0; dy.len()],
        dx: vec![1.0; x.len()],
        dw: vec![1.0; weights.len()],
        db: vec![1.0; bias.len()],
    };
    layer.forward(weights, Some(bias), x, &mut found.y, &mut workspace).unwrap();
    layer.transposed(weights, dy, &mut found.dx, &mut workspace).unwrap();
    layer.gradient(x, dy, &mut found.dw, Some(&mut found.db), &mut workspace).unwrap();
    found
}

#[test]
fn large_batches_give_what_their_items_give_in_any_number_of_threads() {
    for (group, n, k, l, channels) in [
        (Group::Symmetric, 20, 2, 2, 4),
        (Group::Symmetric, 6, 3, 3, 1),
        (Group::Symmetric, 4, 1, 3, 2),
        (Group::Symmetric, 9, 1, 1, 7),
        (Group::Alternating, 3, 2, 2, 1),
        (Group::Orthogonal, 12, 3, 1, 3),
        (Group::SpecialOrthogonal, 3, 2, 3, 2),
        (Group::Symplectic, 8, 2, 2, 4),
    ] {
        let layer = EquivariantLinear::new(group, n, k, l, channels.max(2) - 1, channels).unwrap();
        let [own, other] = layer.item_lens();
        let mut random = Random::new(13);
        let (weights, bias) = (random.normals(layer.weight_len()), random.normals(layer.bias_len()));
        let (x, dy) = (random.normals(BATCH * own), random.normals(BATCH * other));
        let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let all = pool(1).install(|| run(&layer, [&weights, &bias, &x, &dy]));
        let again = pool(3).install(|| run(&layer, [&weights, &bias, &x, &dy]));
        assert!(all.y == again.y && all.dx == again.dx && all.dw == again.dw && all.db == again.db, "{group}");
        let (mut dw, mut db) = (vec![0.0; weights.len()], vec![0.0; bias.len()]);
        for (item, (x, dy)) in x.chunks_exact(own).zip(dy.chunks_exact(other)).enumerate() {
            let one = run(&layer, [&weights, &bias, x, dy]);
            assert_close(&format!("{group}, item {item}"), &all.y[item * other..][..other], &one.y, 1e-12, 1e-11);
            assert_close(&format!("{group}, back {item}"), &all.dx[item * own..][..own], &one.dx, 1e-12, 1e-11);
            dw.iter_mut().zip(&one.dw).for_each(|(sum, x)| *sum += x);
            db.iter_mut().zip(&one.db).for_each(|(sum, x)| *sum += x);
        }
        assert_close(&format!("{group}, weights"), &all.dw, &dw, 1e-11, 1e-9);
        assert_close(&format!("{group}, bias"), &all.db, &db, 1e-11, 1e-9);
    }
}

/// A tensor that is cut into parts gives what it gives among others, which are not cut.
#[test]
fn one_large_tensor_gives_the_same_in_any_number_of_threads() {
    for (n, k, l, channels) in [(40, 3, 2, 1), (13, 2, 3, 20), (70, 2, 2, 17), (33, 3, 3, 1), (100, 2, 1, 5)] {
        let layer = EquivariantLinear::new(Group::Symmetric, n, k, l, channels, channels + 1).unwrap();
        let [own, other] = layer.item_lens();
        let mut random = Random::new(37);
        let (weights, bias) = (random.normals(layer.weight_len()), random.normals(layer.bias_len()));
        let (x, dy) = (random.normals(own), random.normals(other));
        let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let one = pool(1).install(|| run(&layer, [&weights, &bias, &x, &dy]));
        let three = pool(3).install(|| run(&layer, [&weights, &bias, &x, &dy]));
        assert!(one.y == three.y && one.dx == three.dx && one.dw == three.dw && one.db == three.db, "{n} {k} {l}");
        let twice = run(&layer, [&weights, &bias, &x.repeat(2), &dy.repeat(2)]);
        assert_close(&format!("{n}, {k} to {l}"), &twice.y[other..], &one.y, 1e-11, 1e-10);
        assert_close(&format!("{n}, {k} to {l}, back"), &twice.dx[..own], &one.dx, 1e-11, 1e-10);
    }
}
