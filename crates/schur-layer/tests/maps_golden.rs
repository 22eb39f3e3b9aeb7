//! The maps of published layers by name: invariant graph networks, row maps, Deep Sets, the cross product.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_diagram::Group;
use schur_layer::{EquivariantLinear, LayerWorkspace};

/// Applies one map alone.
fn apply(group: Group, n: usize, [k, l]: [usize; 2], map: &str, x: &[f64]) -> Vec<f64> {
    let layer = EquivariantLinear::new(group, n, k, l, 1, 1).unwrap();
    let mut weights = vec![0.0; layer.weight_len()];
    weights[layer.maps().iter().position(|other| other.to_string() == map).unwrap()] = 1.0;
    let mut y = vec![0.0; layer.item_lens()[1]];
    layer.forward(&weights, None, x, &mut y, &mut LayerWorkspace::default()).unwrap();
    y
}

#[test]
fn the_fifteen_maps_of_invariant_graph_networks() {
    // On [[1, 2], [3, 4]] by hand, as the upper left corner of a matrix that is zero elsewhere and has four maps' room.
    let mut x = vec![0.0; 16];
    (x[0], x[1], x[4], x[5]) = (1.0, 2.0, 3.0, 4.0);
    for (map, name, corner) in [
        ("ab|ab", "X", [1.0, 2.0, 3.0, 4.0]),
        ("ab|ba", "the transpose", [1.0, 3.0, 2.0, 4.0]),
        ("aa|aa", "the diagonal", [1.0, 0.0, 0.0, 4.0]),
        ("aa|ab", "row sums on the diagonal", [3.0, 0.0, 0.0, 7.0]),
        ("aa|ba", "column sums on the diagonal", [4.0, 0.0, 0.0, 6.0]),
        ("aa|bb", "the trace on the diagonal", [5.0, 0.0, 0.0, 5.0]),
        ("aa|bc", "the total on the diagonal", [10.0, 0.0, 0.0, 10.0]),
        ("ab|aa", "the diagonal along rows", [1.0, 1.0, 4.0, 4.0]),
        ("ab|bb", "the diagonal along columns", [1.0, 4.0, 1.0, 4.0]),
        ("ab|ac", "row sums along rows", [3.0, 3.0, 7.0, 7.0]),
        ("ab|ca", "column sums along rows", [4.0, 4.0, 6.0, 6.0]),
        ("ab|bc", "row sums along columns", [3.0, 7.0, 3.0, 7.0]),
        ("ab|cb", "column sums along columns", [4.0, 6.0, 4.0, 6.0]),
        ("ab|cc", "the trace everywhere", [5.0; 4]),
        ("ab|cd", "the total everywhere", [10.0; 4]),
    ] {
        let y = apply(Group::Symmetric, 4, [2, 2], map, &x);
        assert_eq!([y[0], y[1], y[4], y[5]], corner, "{map}, {name}");
    }
}

#[test]
fn sets_rows_and_crosses() {
    let x = [1.0, 2.0, 3.0];
    assert_eq!(apply(Group::Symmetric, 3, [1, 1], "a|a", &x), x);
    assert_eq!(apply(Group::Symmetric, 3, [1, 1], "a|b", &x), [6.0; 3]);
    assert_eq!(EquivariantLinear::new(Group::Symmetric, 9, 1, 1, 1, 1).unwrap().maps().len(), 2);
    let matrix: Vec<f64> = (1..=9).map(f64::from).collect();
    for (map, expected) in [
        ("a|aa", [1.0, 5.0, 9.0]),
        ("a|ab", [6.0, 15.0, 24.0]),
        ("a|ba", [12.0, 15.0, 18.0]),
        ("a|bb", [15.0; 3]),
        ("a|bc", [45.0; 3]),
    ] {
        assert_eq!(apply(Group::Symmetric, 3, [2, 1], map, &matrix), expected, "{map}");
    }
    // u x v for u = (1, 2, 3) and v = (4, 5, 6), from the nine products.
    let outer: Vec<f64> = (1..=3).flat_map(|u| (4..=6).map(move |v| f64::from(u * v))).collect();
    assert_eq!(apply(Group::SpecialOrthogonal, 3, [2, 1], "a|bc*abc", &outer), [-3.0, 6.0, -3.0]);
}
