//! Hierarchical Tucker forms: every tree gives the tensor back, truncated ones within their bounds.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_decomp::DecompError;
use schur_decomp::modes::{Means, Sketch};
use schur_decomp::random::{normals, stream};
use schur_decomp::tree::{DimensionTree, HierarchicalTucker, Node, TreeOptions, hierarchical};
use schur_decomp::tucker::Tucker;
use schur_tensor::Tensor;

fn distance(a: &Tensor<f64>, b: &Tensor<f64>) -> f64 {
    assert_eq!(a.shape(), b.shape());
    let norm: f64 = a.data().iter().map(|x| x * x).sum();
    (a.data().iter().zip(b.data()).map(|(x, y)| (x - y).powi(2)).sum::<f64>() / norm).sqrt()
}

fn smooth(shape: &[usize]) -> Tensor<f64> {
    Tensor::from_fn(shape, |i| 1.0 / (1.0 + i.iter().enumerate().map(|(k, &i)| (i * (k + 1)) as f64).sum::<f64>()))
        .unwrap()
}

fn trees(order: usize) -> Vec<DimensionTree> {
    let flat = DimensionTree::Branch((0..order).map(DimensionTree::Leaf).collect());
    vec![DimensionTree::balanced(order), DimensionTree::linear(order), flat]
}

#[test]
fn planted_tensors_are_recovered_on_any_tree() {
    let mut rng = stream(3, 0);
    for shape in [vec![7, 8, 6, 5], vec![6, 9], vec![4, 5, 3, 4, 5]] {
        let factors = shape.iter().map(|&n| normals::<f64>(&[n, 2], &mut rng).unwrap()).collect();
        let core = normals(&vec![2; shape.len()], &mut rng).unwrap();
        let tensor = Tucker::new(core, factors).unwrap().to_tensor().unwrap();
        let sketch = Means::Randomized(Sketch::default());
        for (tree, means) in
            trees(shape.len()).into_iter().flat_map(|t| [Means::Gram, Means::Qr, sketch].map(|m| (t.clone(), m)))
        {
            let options = TreeOptions { tree: Some(tree), tolerance: 1e-6, means, ..TreeOptions::default() };
            let (form, fit) = hierarchical(&tensor, &options).unwrap();
            assert!(fit.relative_error < 1e-12, "{options:?}: {}", fit.relative_error);
            assert!(distance(&tensor, &form.to_tensor().unwrap()) < 1e-12);
            let norm = tensor.data().iter().map(|x| x * x).sum::<f64>().sqrt();
            assert!((form.norm().unwrap() - norm).abs() < 1e-10 * norm);
            let last: Vec<usize> = shape.iter().map(|n| n - 1).collect();
            assert!((form.get(&last).unwrap() - tensor.get(&last).unwrap()).abs() < 1e-10 * norm);
            assert_eq!(form.get(&shape), None);
            assert_eq!(form.shape(), shape);
        }
    }
}

#[test]
fn errors_are_true_and_within_the_tolerance() {
    for shape in [vec![10, 9, 8, 7], vec![5, 4, 6, 3, 4]] {
        let tensor = smooth(&shape);
        for (tree, tolerance) in trees(shape.len()).into_iter().flat_map(|t| [1e-1, 1e-3].map(|e| (t.clone(), e))) {
            let options = TreeOptions { tree: Some(tree), tolerance, ..TreeOptions::default() };
            let (form, fit) = hierarchical(&tensor, &options).unwrap();
            let error = distance(&tensor, &form.to_tensor().unwrap());
            assert!(error <= tolerance && (error - fit.relative_error).abs() < 1e-9, "{tolerance}: {error} {fit:?}");
            assert!(error > tolerance * 1e-4, "ranks are larger than needed: {error}");
        }
    }
    let options = TreeOptions { tolerance: 0.0, max_rank: 2, ..TreeOptions::default() };
    let (form, _) = hierarchical(&smooth(&[10, 9, 8, 7]), &options).unwrap();
    assert_eq!(form.parameters(), 2 * (10 + 9 + 8 + 7) + 2 * 8 + 4);
}

#[test]
fn what_is_no_tree_of_the_modes_is_refused() {
    let tensor = smooth(&[3, 4, 5]);
    let (leaf, branch) = (DimensionTree::Leaf, DimensionTree::Branch);
    for tree in [
        leaf(0),
        branch(vec![leaf(1), leaf(0), leaf(2)]),
        branch(vec![leaf(0), leaf(1)]),
        branch(vec![leaf(0), leaf(1), leaf(2), branch(vec![])]),
    ] {
        let options = TreeOptions { tree: Some(tree), ..TreeOptions::default() };
        assert!(matches!(hierarchical(&tensor, &options), Err(DecompError::Mismatch { .. })), "{options:?}");
    }
    let options = TreeOptions { max_rank: 0, ..TreeOptions::default() };
    assert!(matches!(hierarchical(&tensor, &options), Err(DecompError::Rank { .. })));
    let options = TreeOptions { tolerance: f64::NAN, ..TreeOptions::default() };
    assert!(matches!(hierarchical(&tensor, &options), Err(DecompError::Option { .. })));
    assert!(matches!(hierarchical(&smooth(&[3]), &TreeOptions::default()), Err(DecompError::Order { .. })));
    let basis = Tensor::filled(&[3, 2], 1.0).unwrap();
    assert!(matches!(HierarchicalTucker::new(Node::Leaf(basis.clone())), Err(DecompError::Rank { rank: 2, .. })));
    let transfer = Tensor::filled(&[3, 1], 1.0).unwrap();
    assert!(HierarchicalTucker::new(Node::Branch { children: vec![Node::Leaf(basis)], transfer }).is_err());
}
