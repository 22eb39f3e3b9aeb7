//! Values of polynomials: sums by definition, equivariance, subgraphs counted, graphs told apart.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use schur_network::graph::{Bank, GraphError, Multigraph, Output, OutputKind, Polynomial, Symmetry, distinct};
use schur_tensor::Tensor;
use schur_tensor::semiring::{Arithmetic, Integer};
use schur_testkit::Random;

const KINDS: [OutputKind; 3] = [OutputKind::Invariant, OutputKind::Node, OutputKind::Edge];
const SYMMETRIES: [Symmetry; 3] = [Symmetry::Directed, Symmetry::Symmetric, Symmetry::Simple];

fn random_matrix(nodes: usize, symmetry: Symmetry, seed: u64) -> Tensor<f64> {
    let mut random = Random::new(seed);
    let mut x = Tensor::from_fn(&[nodes, nodes], |_| random.between(-1.0, 1.0)).unwrap();
    for row in 0..nodes {
        for column in 0..row {
            if symmetry != Symmetry::Directed {
                x.data_mut()[row * nodes + column] = x.data()[column * nodes + row];
            }
        }
        if symmetry == Symmetry::Simple {
            x.data_mut()[row * nodes + row] = 0.0;
        }
    }
    x
}

fn value(graph: &Multigraph, x: &Tensor<f64>) -> Tensor<f64> {
    Polynomial::new(graph, x.shape()[0]).unwrap().evaluate(&Arithmetic::<f64>::new(), x).unwrap()
}

/// The sum by definition, over all tuples of nodes, or over those without repetition.
fn by_definition(graph: &Multigraph, x: &Tensor<f64>, only_distinct: bool) -> Tensor<f64> {
    let nodes = x.shape()[0];
    let marked = graph.output().vertices();
    let mut result = Tensor::filled(&vec![nodes; marked.len()], 0.0).unwrap();
    for number in 0..nodes.pow(u32::try_from(graph.vertices()).unwrap()) {
        let tuple: Vec<usize> =
            (0..graph.vertices()).map(|v| number / nodes.pow(u32::try_from(v).unwrap()) % nodes).collect();
        if only_distinct && (0..tuple.len()).any(|v| tuple[..v].contains(&tuple[v])) {
            continue;
        }
        let term: f64 = graph.edges().iter().map(|&[r, s]| x.data()[tuple[r] * nodes + tuple[s]]).product();
        let place = marked.iter().fold(0, |place, &vertex| place * nodes + tuple[vertex]);
        result.data_mut()[place] += term;
    }
    result
}

fn assert_same(a: &Tensor<f64>, b: &Tensor<f64>, what: &Multigraph) {
    assert_eq!(a.shape(), b.shape(), "{what:?}");
    for (x, y) in a.data().iter().zip(b.data()) {
        assert!((x - y).abs() <= 1e-11 * (1.0 + y.abs()), "{x} is not {y} for {what:?}");
    }
}

#[test]
fn polynomials_equal_their_definition_with_and_without_repeated_nodes() {
    for symmetry in SYMMETRIES {
        for kind in KINDS {
            for degree in 0..=2 {
                for graph in Multigraph::of_degree(symmetry, kind, degree) {
                    let x = random_matrix(4, symmetry, 7);
                    assert_same(&value(&graph, &x), &by_definition(&graph, &x, false), &graph);
                    assert_same(&distinct(&graph, &x).unwrap(), &by_definition(&graph, &x, true), &graph);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Renaming nodes renames the result; renaming vertices changes neither the result nor the canonical form.
    #[test]
    fn polynomials_are_equivariant(
        (kind, which, seed) in (0..3_usize, any::<prop::sample::Index>(), any::<u64>()),
        nodes in Just((0..5_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let all = Multigraph::of_degree(Symmetry::Directed, KINDS[kind], 3);
        let graph = &all[which.index(all.len())];
        let x = random_matrix(5, Symmetry::Directed, seed);
        let renamed = Tensor::from_fn(&[5, 5], |i| x.data()[nodes[i[0]] * 5 + nodes[i[1]]]).unwrap();
        let (before, after) = (value(graph, &x), value(graph, &renamed));
        let expected = Tensor::from_fn(before.shape(), |i| {
            *before.get(&i.iter().map(|&node| nodes[node]).collect::<Vec<_>>()).unwrap()
        }).unwrap();
        assert_same(&after, &expected, graph);

        let mut names: Vec<usize> = (0..graph.vertices()).collect();
        let mut random = Random::new(seed);
        for last in (1..names.len()).rev() {
            names.swap(last, random.below(last + 1));
        }
        let edges: Vec<_> = graph.edges().iter().rev().map(|&[r, s]| [names[r], names[s]]).collect();
        let output = match graph.output() {
            Output::Invariant => Output::Invariant,
            Output::Node(a) => Output::Node(names[a]),
            Output::Edge(a, b) => Output::Edge(names[a], names[b]),
        };
        let other = Multigraph::new(Symmetry::Directed, &edges, output).unwrap();
        prop_assert_eq!(&other.canonical(), graph);
        assert_same(&value(&other, &x), &before, graph);
    }
}

#[test]
fn the_exponent_is_one_more_than_the_treewidth() {
    for kind in KINDS {
        for graph in (1..=4).flat_map(|degree| Multigraph::of_degree(Symmetry::Simple, kind, degree)) {
            let exponent = Polynomial::new(&graph, 3).unwrap().exponent();
            assert_eq!(exponent, treewidth(&graph) + 1, "{graph:?}");
        }
    }
}

/// The treewidth with the marked vertices joined, by all orders of elimination.
fn treewidth(graph: &Multigraph) -> usize {
    fn eliminate(graph: &[u32], left: u32, best: &mut usize, sofar: usize) {
        if left == 0 {
            *best = sofar;
            return;
        }
        for v in (0..graph.len()).filter(|v| left & (1 << v) != 0) {
            let neighbours = graph[v] & left & !(1 << v);
            let width = sofar.max(neighbours.count_ones() as usize);
            if width < *best {
                let mut next = graph.to_vec();
                (0..graph.len()).filter(|u| neighbours & (1 << u) != 0).for_each(|u| next[u] |= neighbours);
                eliminate(&next, left & !(1 << v), best, width);
            }
        }
    }
    let mut adjacency = vec![0_u32; graph.vertices()];
    let marks = graph.output().vertices();
    let joined = if let [a, b] = marks[..] { Some([a, b]) } else { None };
    for [r, s] in graph.edges().iter().copied().chain(joined) {
        adjacency[r] |= 1 << s;
        adjacency[s] |= 1 << r;
    }
    let mut best = graph.vertices();
    eliminate(&adjacency, (1 << graph.vertices()) - 1, &mut best, 0);
    best
}

fn graph_of(nodes: usize, joined: impl Fn(usize, usize) -> bool) -> Tensor<i64> {
    Tensor::from_fn(&[nodes, nodes], |i| i64::from(i[0] != i[1] && joined(i[0], i[1]))).unwrap()
}

fn count(graph: &Multigraph, x: &Tensor<i64>) -> Vec<i64> {
    let mut values = Polynomial::new(graph, x.shape()[0]).unwrap().evaluate(&Integer, x).unwrap().into_data();
    values.sort_unstable();
    values
}

fn clique(size: usize) -> Multigraph {
    let edges: Vec<_> = (0..size).flat_map(|s| (0..s).map(move |r| [r, s])).collect();
    Multigraph::new(Symmetry::Simple, &edges, Output::Invariant).unwrap()
}

/// Two graphs agree in every polynomial that a bank reaches, up to a degree.
fn agree(bank: &Bank, degree: usize, [one, two]: [&Tensor<i64>; 2]) {
    for kind in [OutputKind::Invariant, OutputKind::Node] {
        for graph in (1..=degree).flat_map(|degree| Multigraph::of_degree(Symmetry::Simple, kind, degree)) {
            if bank.sequence(&graph).is_some() {
                assert_eq!(count(&graph, one), count(&graph, two), "{graph:?}");
            }
        }
    }
}

#[test]
fn a_triangle_tells_a_hexagon_from_two_triangles_and_messages_do_not() {
    let hexagon = graph_of(6, |a, b| (a + 1) % 6 == b || (b + 1) % 6 == a);
    let triangles = graph_of(6, |a, b| a / 3 == b / 3);
    agree(&Bank::message_passing(), 5, [&hexagon, &triangles]);
    assert_eq!(count(&clique(3), &hexagon), [0]);
    assert_eq!(count(&clique(3), &triangles), [12], "two triangles, each in six ways");
}

#[test]
fn a_clique_of_four_tells_the_rook_graph_from_shrikhande_and_matrix_products_do_not() {
    let rook = graph_of(16, |a, b| a / 4 == b / 4 || a % 4 == b % 4);
    let steps = [(0, 1), (1, 0), (1, 1), (0, 3), (3, 0), (3, 3)];
    let shrikhande = graph_of(16, |a, b| steps.contains(&((b / 4 + 4 - a / 4) % 4, (b % 4 + 4 - a % 4) % 4)));
    agree(&Bank::matrix_products(), 4, [&rook, &shrikhande]);
    assert_eq!(count(&clique(4), &rook), [192], "eight cliques, each in 24 ways");
    assert_eq!(count(&clique(4), &shrikhande), [0]);
}

#[test]
fn banks_reach_what_their_tensors_can_hold() {
    let (messages, products) = (Bank::message_passing(), Bank::matrix_products());
    assert!(messages.sequence(&clique(2)).is_some());
    assert!(messages.sequence(&clique(3)).is_none());
    assert!(products.sequence(&clique(3)).is_some());
    assert!(products.sequence(&clique(4)).is_none());
    assert!(Bank::of_order(3).sequence(&clique(4)).is_some());

    // A tree with loops and parallel edges, in both directions.
    let tree = [[0, 1], [1, 0], [1, 1], [1, 2], [1, 2], [3, 1], [3, 3]];
    let tree = Multigraph::new(Symmetry::Directed, &tree, Output::Node(2)).unwrap();
    let sequence = messages.sequence(&tree).unwrap();
    assert_eq!(sequence.len(), 3, "each vertex but the marked one is summed once");
    assert!(sequence.iter().all(|step| step.neighbours.len() == 1));
    // Without element-wise products only a path is left.
    let plain = Bank::new(&[schur_network::graph::Operation::Sum { neighbours: 1 }]);
    assert!(plain.sequence(&tree).is_none());
    let path = Multigraph::new(Symmetry::Simple, &[[0, 1], [1, 2]], Output::Node(0)).unwrap();
    assert!(plain.sequence(&path).is_some());
}

/// A bank of tensors of some order reaches exactly the polynomials of at most that treewidth.
#[test]
fn banks_are_treewidths() {
    for kind in KINDS {
        for graph in (0..=4).flat_map(|degree| Multigraph::of_degree(Symmetry::Simple, kind, degree)) {
            for order in 2..=3 {
                let reached = Bank::of_order(order).sequence(&graph).is_some();
                assert_eq!(reached, graph.degree() == 0 || treewidth(&graph) <= order, "{graph:?} by order {order}");
            }
        }
    }
}

#[test]
fn matrices_that_do_not_fit_are_refused() {
    let edge = Multigraph::new(Symmetry::Simple, &[[0, 1]], Output::Invariant).unwrap();
    let polynomial = Polynomial::new(&edge, 2).unwrap();
    let evaluate = |shape: &[usize], data: Vec<f64>| {
        polynomial.evaluate(&Arithmetic::<f64>::new(), &Tensor::new(shape, data).unwrap()).unwrap_err()
    };
    assert_eq!(evaluate(&[2], vec![0.0; 2]), GraphError::Shape { expected: vec![2, 2], found: vec![2] });
    assert_eq!(evaluate(&[2, 2], vec![0.0, 1.0, 2.0, 0.0]), GraphError::Asymmetric { row: 1, column: 0 });
    assert_eq!(evaluate(&[2, 2], vec![0.0, 1.0, 1.0, 3.0]), GraphError::Diagonal { node: 1 });
    assert!(matches!(distinct(&edge, &Tensor::new(&[2, 3], vec![0.0; 6]).unwrap()), Err(GraphError::Shape { .. })));
}
