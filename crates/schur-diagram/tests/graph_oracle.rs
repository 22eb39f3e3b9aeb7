//! Automorphisms against all permutations, orbits against Burnside's count and a table, graphs against matrices.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use schur_diagram::{Bilabelled, DiagramError, Graph, Matrix, homomorphism_basis, rank};

fn path(n: usize) -> Graph {
    Graph::new(n, &(1..n).map(|v| [v - 1, v]).collect::<Vec<_>>()).unwrap()
}

fn cycle(n: usize) -> Graph {
    Graph::new(n, &(0..n).map(|v| [v, (v + 1) % n]).collect::<Vec<_>>()).unwrap()
}

fn star(leaves: usize) -> Graph {
    Graph::new(leaves + 1, &(1..=leaves).map(|v| [0, v]).collect::<Vec<_>>()).unwrap()
}

fn complete(n: usize) -> Graph {
    Graph::new(n, &(0..n).flat_map(|v| (0..v).map(move |u| [u, v])).collect::<Vec<_>>()).unwrap()
}

fn petersen() -> Graph {
    let edges = (0..5).flat_map(|v| [[v, (v + 1) % 5], [v, v + 5], [v + 5, (v + 2) % 5 + 5]]);
    Graph::new(10, &edges.collect::<Vec<_>>()).unwrap()
}

/// The whole group.
fn elements(graph: &Graph) -> BTreeSet<Vec<usize>> {
    let found = graph.automorphisms().unwrap();
    let mut elements = BTreeSet::new();
    let mut waiting = vec![(0..graph.len()).collect::<Vec<usize>>()];
    while let Some(element) = waiting.pop() {
        if elements.insert(element.clone()) {
            let after = |generator: &Vec<usize>| element.iter().map(|&v| generator[v]).collect::<Vec<usize>>();
            waiting.extend(found.generators().iter().map(after));
        }
    }
    elements
}

#[test]
fn automorphisms_have_the_known_orders() {
    let factorial = |n: u128| (1..=n).product::<u128>();
    for (name, graph, order) in [
        ("no vertex", complete(0), 1),
        ("K4", complete(4), 24),
        ("K30", complete(30), factorial(30)),
        ("C6", cycle(6), 12),
        ("C100", cycle(100), 200),
        ("P7", path(7), 2),
        ("star", star(5), factorial(5)),
        ("Petersen", petersen(), 120),
        ("two edges", "0 1\n2 3".parse().unwrap(), 8),
        ("the smallest tree without", "0 1\n1 2\n2 3\n3 4\n4 5\n2 6".parse().unwrap(), 1),
    ] {
        let found = graph.automorphisms().unwrap();
        assert_eq!(found.order(), Some(order), "{name}");
        assert!(found.generators().iter().all(|generator| graph.is_automorphism(generator)), "{name}");
    }
    // The 4 x 4 rook's graph: strongly regular, so that colours alone tell nothing.
    let is_joined = |u: usize, v: usize| u != v && (u / 4 == v / 4 || u % 4 == v % 4);
    let edges: Vec<[usize; 2]> = (0..16).flat_map(|v| (0..v).map(move |u| [u, v])).collect();
    let rook: Vec<_> = edges.into_iter().filter(|&[u, v]| is_joined(u, v)).collect();
    assert_eq!(Graph::new(16, &rook).unwrap().automorphisms().unwrap().order(), Some(1152));
    assert_eq!(complete(100).automorphisms().unwrap().order(), None);
}

#[test]
fn orbits_are_counted_as_in_the_table_and_by_burnside() {
    let pairs: Graph = "0 1\n2 3".parse().unwrap();
    for (name, graph, table) in [
        ("C4", cycle(4), [1, 3, 10, 36, 136]),
        ("2 K2", pairs, [1, 3, 10, 36, 136]),
        ("C5", cycle(5), [1, 3, 13, 63, 313]),
        ("C6", cycle(6), [1, 4, 20, 112, 656]),
        ("P3", path(3), [2, 5, 14, 41, 122]),
        ("P4", path(4), [2, 8, 32, 128, 512]),
        ("K1,3", star(3), [2, 5, 15, 51, 187]),
        ("K4", complete(4), [1, 2, 5, 15, 51]),
    ] {
        let elements = elements(&graph);
        for (expected, m) in table.into_iter().zip(1_u32..) {
            let found = graph.automorphisms().unwrap().orbits(m as usize).unwrap();
            let fixed = |g: &Vec<usize>| g.iter().enumerate().filter(|(v, image)| v == *image).count().pow(m);
            assert_eq!(elements.iter().map(fixed).sum::<usize>(), expected * elements.len(), "{name}, {m} axes");
            assert_eq!(found.count(), expected, "{name}, {m} axes");
        }
    }
}

#[test]
fn small_graphs_span_what_commutes_with_automorphisms() {
    for (name, graph, axes, most) in [
        ("C4", cycle(4), [1, 1], 3),
        ("C5", cycle(5), [1, 1], 3),
        ("C6", cycle(6), [1, 1], 3),
        ("C7", cycle(7), [1, 1], 4),
        ("C5", cycle(5), [2, 1], 4),
        ("P3", path(3), [1, 1], 3),
        ("P4", path(4), [1, 1], 3),
        ("P5", path(5), [1, 1], 4),
        ("K1,3", star(3), [1, 1], 3),
        ("K1,4", star(4), [2, 1], 3),
        ("K4", complete(4), [2, 2], 4),
        ("Petersen", petersen(), [1, 1], 2),
        ("Petersen", petersen(), [2, 1], 4),
    ] {
        let basis = homomorphism_basis(&graph, axes[0], axes[1], most).unwrap();
        assert!(basis.is_complete(), "{name} {axes:?}: {} of {}", basis.graphs.len(), basis.dimension);
        let matrices = basis.graphs.iter().map(|own| own.matrix(&graph).unwrap().entries);
        assert_eq!(rank(&matrices.collect::<Vec<_>>()), basis.dimension, "{name} {axes:?}");
    }
    // Two vertices are too few for the path: no polynomial of degree one tells its ends apart.
    assert!(!homomorphism_basis(&path(3), 1, 1, 2).unwrap().is_complete());
}

#[test]
fn matrices_of_bilabelled_graphs_commute_with_automorphisms() {
    let graph = petersen();
    let found = graph.automorphisms().unwrap();
    let own: Bilabelled = "a|bc:ab,bd,cd".parse().unwrap();
    let matrix = own.matrix(&graph).unwrap();
    for g in found.generators() {
        for place in 0..1000 {
            let [i, j, k] = [place / 100, place / 10 % 10, place % 10];
            let image = (g[i] * 10 + g[j]) * 10 + g[k];
            assert_eq!(matrix.entries[place], matrix.entries[image]);
        }
    }
}

fn product(a: &Matrix, b: &Matrix) -> Vec<i64> {
    let entry = |place: usize| {
        let (row, column) = (place / b.columns, place % b.columns);
        (0..a.columns).map(|i| a.entries[row * a.columns + i] * b.entries[i * b.columns + column]).sum()
    };
    (0..a.rows * b.columns).map(entry).collect()
}

fn bilabelled(top: usize, bottom: usize) -> impl Strategy<Value = Bilabelled> {
    let parts =
        (1_usize..5, prop::collection::vec(0_usize..60, top + bottom), prop::collection::vec(0_usize..60, 0..5));
    parts.prop_map(move |(vertices, labels, ends)| {
        let labels: Vec<usize> = labels.iter().map(|label| label % vertices).collect();
        let edges: Vec<[usize; 2]> = ends.iter().map(|end| [end % vertices, end / 5 % vertices]).collect();
        Bilabelled::new(top, &labels, vertices, &edges).unwrap()
    })
}

proptest! {
    #[test]
    fn graphs_multiply_as_their_matrices(a in bilabelled(2, 1), b in bilabelled(1, 2), c in bilabelled(1, 1)) {
        for graph in [path(3), cycle(4), star(3)] {
            let matrix = |own: &Bilabelled| own.matrix(&graph).unwrap();
            prop_assert_eq!(matrix(&a.after(&b).unwrap()).entries, product(&matrix(&a), &matrix(&b)));
            prop_assert_eq!(matrix(&b.after(&a).unwrap()).entries, product(&matrix(&b), &matrix(&a)));
            let (left, right, n) = (matrix(&a), matrix(&c), graph.len());
            let both = matrix(&a.beside(&c).unwrap());
            for (place, &entry) in both.entries.iter().enumerate() {
                let [row, column] = [place / both.columns, place % both.columns];
                let parts = [left.entries[row / n * n + column / n], right.entries[row % n * n + column % n]];
                prop_assert_eq!(entry, parts[0] * parts[1]);
            }
            let turned = matrix(&a.transposed().unwrap());
            for (place, &entry) in turned.entries.iter().enumerate() {
                prop_assert_eq!(entry, left.entries[place % turned.columns * left.columns + place / turned.columns]);
            }
        }
        let text = a.to_string();
        // Vertices without a label and an edge have no letter in the text.
        prop_assume!(a.vertices() == text.parse::<Bilabelled>().unwrap().vertices());
        prop_assert_eq!(text.parse::<Bilabelled>().unwrap(), a);
    }

    #[test]
    fn forms_do_not_depend_on_names(labels in prop::collection::vec(0_usize..5, 3), edges in prop::collection::vec(0_usize..25, 0..6), turn in 1_usize..5) {
        let edges: Vec<[usize; 2]> = edges.iter().map(|end| [end % 5, end / 5]).collect();
        let own = Bilabelled::new(1, &labels, 5, &edges).unwrap();
        let other = |vertex: &usize| (vertex * 2 + turn) % 5;
        let labels: Vec<usize> = labels.iter().map(other).collect();
        let edges: Vec<[usize; 2]> = edges.iter().map(|edge| [other(&edge[1]), other(&edge[0])]).collect();
        prop_assert_eq!(Bilabelled::new(1, &labels, 5, &edges).unwrap(), own);
    }
}

#[test]
fn what_is_no_graph_is_named() {
    let refusal = |text: &str| text.parse::<Graph>().map(|_| ()).unwrap_err().to_string();
    assert_eq!(refusal("0 1\n2 x"), "line 2 of the edge list, `2 x`: expected two vertices, numbers from 0 to 127");
    assert!(refusal("0 1 2").starts_with("line 1 of the edge list"));
    assert!(refusal("0 128").starts_with("line 1 of the edge list"));
    assert!(matches!("3 3".parse::<Graph>(), Err(DiagramError::Edge { edge: [3, 3], n: 4 })));
    assert!(matches!(Graph::new(129, &[]), Err(DiagramError::TooLarge { found: 129, .. })));
    assert!(matches!(complete(100).automorphisms().unwrap().orbits(5), Err(DiagramError::TooLarge { .. })));
    for text in ["", "a", "a|b", "a:b|", "a|b:a", "a|b:ab,", "a|B:", "a|b:abc"] {
        assert!(matches!(text.parse::<Bilabelled>(), Err(DiagramError::Text { .. })), "{text}");
    }
    let (one, two): (Bilabelled, Bilabelled) = ("a|b:".parse().unwrap(), "a|bc:".parse().unwrap());
    assert_eq!(two.after(&one), Err(DiagramError::Rows { bottom: 2, top: 1 }));
    assert!(matches!(Bilabelled::new(1, &[0, 2], 2, &[]), Err(DiagramError::Edge { edge: [2, 2], n: 2 })));
    assert!(matches!(homomorphism_basis(&path(3), 1, 1, 7), Err(DiagramError::TooLarge { .. })));
}
