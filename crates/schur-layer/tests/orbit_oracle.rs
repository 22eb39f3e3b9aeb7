//! Layers of orbits against the dense matrix of their weights, and against the layers of all permutations.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_diagram::{DiagramError, Graph, Group};
use schur_layer::{EquivariantLinear, LayerError, LayerWorkspace, OrbitLinear, OrbitWorkspace};
use schur_testkit::{Random, assert_close};

fn graphs() -> Vec<Graph> {
    let texts = ["0 1\n1 2\n2 3\n3 0", "0 1\n1 2", "0 1\n1 2\n2 3\n3 4\n4 5\n2 6", "0 1\n2 3", "0\n1\n2"];
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// One weight a pair of places: that of the pair's orbit.
fn dense(group: &schur_diagram::Automorphisms, [k, l]: [usize; 2], weights: &[f64], x: &[f64], y: &mut [f64]) {
    let (ids, columns) = (group.orbits(k + l).unwrap(), group.len().pow(u32::try_from(k).unwrap()));
    let (ci, co) = (2, 3);
    for (place, &id) in ids.ids().iter().enumerate() {
        for (c, d) in (0..ci).flat_map(|c| (0..co).map(move |d| (c, d))) {
            y[place / columns * co + d] += weights[(id as usize * ci + c) * co + d] * x[place % columns * ci + c];
        }
    }
}

#[test]
fn orbit_layers_multiply_as_their_dense_matrices_in_all_directions() {
    let mut random = Random::new(5);
    for graph in graphs() {
        let group = graph.automorphisms().unwrap();
        for (k, l) in [(1, 1), (2, 1), (1, 2), (2, 2), (0, 2), (2, 0)] {
            let layer = OrbitLinear::new(&group, k, l, 2, 3).unwrap();
            let [own, other] = layer.item_lens();
            let (weights, bias) = (random.normals(layer.weight_len()), random.normals(layer.bias_len()));
            let (x, dy) = (random.normals(2 * own), random.normals(2 * other));
            let mut workspace = OrbitWorkspace::default();
            let (mut y, mut expected) = (random.normals(2 * other), vec![0.0; 2 * other]);
            for item in 0..2 {
                dense(&group, [k, l], &weights, &x[item * own..][..own], &mut expected[item * other..][..other]);
            }
            layer.forward(&weights, None, &x, &mut y, &mut workspace).unwrap();
            assert_close("forward", &y, &expected, 1e-12, 1e-12);
            layer.forward(&weights, Some(&bias), &x, &mut y, &mut workspace).unwrap();
            let (mut dx, mut dw, mut db) = (random.normals(2 * own), random.normals(weights.len()), bias.clone());
            layer.transposed(&weights, &dy, &mut dx, &mut workspace).unwrap();
            layer.gradient(&x, &dy, &mut dw, Some(&mut db), &mut workspace).unwrap();
            let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-11 * (1.0 + a.abs() + y.len() as f64), "{a} {b}");
            near(dot(&dx, &x), dot(&dy, &expected));
            near(dot(&dw, &weights), dot(&dy, &expected));
            near(dot(&dw, &weights) + dot(&db, &bias), dot(&dy, &y));
        }
    }
}

#[test]
fn orbit_layers_commute_with_automorphisms() {
    let mut random = Random::new(6);
    for graph in graphs() {
        let (group, n) = (graph.automorphisms().unwrap(), graph.len());
        let layer = OrbitLinear::new(&group, 2, 1, 1, 1).unwrap();
        let (weights, bias, x) =
            (random.normals(layer.weight_len()), random.normals(layer.bias_len()), random.normals(n * n));
        let run = |x: &[f64]| {
            let mut y = vec![0.0; n];
            layer.forward(&weights, Some(&bias), x, &mut y, &mut OrbitWorkspace::default()).unwrap();
            y
        };
        let y = run(&x);
        for g in group.generators() {
            let mut moved = vec![0.0; n * n];
            (0..n * n).for_each(|place| moved[g[place / n] * n + g[place % n]] = x[place]);
            let expected: Vec<f64> = (0..n).map(|v| y[g.iter().position(|&image| image == v).unwrap()]).collect();
            assert_close("moved", &run(&moved), &expected, 1e-12, 1e-12);
        }
    }
}

#[test]
fn a_graph_without_edges_has_the_layers_of_all_permutations() {
    let graph = Graph::new(5, &[]).unwrap();
    let orbits = OrbitLinear::new(&graph.automorphisms().unwrap(), 2, 2, 1, 1).unwrap();
    let diagrams = EquivariantLinear::new(Group::Symmetric, 5, 2, 2, 1, 1).unwrap();
    assert_eq!(orbits.weight_len(), diagrams.weight_len());
    assert_eq!(orbits.bias_len(), diagrams.bias_len());
    // All diagrams together, written in orbits: as many diagrams as are finer than the orbit's own.
    let x = Random::new(7).normals(25);
    let (mut y, mut other) = (vec![0.0; 25], vec![0.0; 25]);
    diagrams.forward(&[1.0; 15], None, &x, &mut y, &mut LayerWorkspace::default()).unwrap();
    let group = graph.automorphisms().unwrap();
    let finer = |tuple: &Vec<usize>| {
        let mut sizes: Vec<usize> = (0..5).map(|v| tuple.iter().filter(|&&other| other == v).count()).collect();
        sizes.retain(|&size| size > 0);
        sizes.into_iter().map(|size| [1.0, 1.0, 2.0, 5.0, 15.0][size]).product::<f64>()
    };
    let weights: Vec<f64> = group.orbits(4).unwrap().representatives().iter().map(finer).collect();
    orbits.forward(&weights, None, &x, &mut other, &mut OrbitWorkspace::default()).unwrap();
    assert_close("all", &other, &y, 1e-12, 1e-12);
}

#[test]
fn what_does_not_fit_is_refused() {
    let group = Graph::new(60, &[]).unwrap().automorphisms().unwrap();
    let error = OrbitLinear::new(&group, 3, 3, 1, 1).map(|_| ());
    assert!(matches!(error, Err(LayerError::Diagram(DiagramError::TooLarge { .. }))), "{error:?}");
    assert!(matches!(OrbitLinear::new(&group, 1, 1, 0, 1), Err(LayerError::Channels { channels_in: 0, .. })));
    let layer = OrbitLinear::new(&group, 1, 1, 1, 1).unwrap();
    let error = layer.forward(&[0.0], None, &[0.0; 60], &mut [0.0; 60], &mut OrbitWorkspace::default());
    assert_eq!(error, Err(LayerError::Length { what: "the weights", found: 1, expected: 2 }));
}
