//! Isotropic tensors as diagrams against those that coupling finds.
#![allow(clippy::unwrap_used, reason = "a failed call is a failed test")]

use schur_group::{
    GroupError, Irreps, IsotropicTensor, OrthogonalGroup, ReducedTensorBasis, isotropic_count, isotropic_diagrams,
    isotropic_tensors,
};
use schur_testkit::{assert_close, determinant, o3_elements};

const LETTERS: &str = "abcdefgh";

fn floats(tensor: &IsotropicTensor) -> Vec<f64> {
    tensor.to_tensor().into_iter().map(f64::from).collect()
}

#[test]
fn counts_are_the_published_ones() {
    // The sequence in arXiv 2508.12596 for SO(3); O(3) lacks the odd ranks.
    let found = |group| (0..=8).map(|rank| isotropic_tensors(rank, group).unwrap().len()).collect::<Vec<_>>();
    assert_eq!(found(OrthogonalGroup::So3), [1, 0, 1, 1, 3, 6, 15, 36, 91]);
    assert_eq!(found(OrthogonalGroup::O3), [1, 0, 1, 0, 3, 0, 15, 0, 91]);
    let all = |rank| isotropic_diagrams(rank, OrthogonalGroup::So3).unwrap().len();
    assert_eq!((0..=8).map(all).collect::<Vec<_>>(), [1, 0, 1, 1, 3, 10, 15, 105, 105]);
    // The number of scalars in a product of vectors is the mean of (1 + 2 cos x)^n over the rotations.
    assert_eq!(
        (9..=12).map(|rank| isotropic_count(rank, OrthogonalGroup::So3)).collect::<Vec<_>>(),
        [232, 603, 1585, 4213]
    );
}

#[test]
fn diagrams_span_what_coupling_finds() {
    let vector: Irreps = "1o".parse().unwrap();
    for rank in 1..=7 {
        let diagrams = isotropic_tensors(rank, OrthogonalGroup::So3).unwrap();
        let indices: Vec<(char, Irreps)> = LETTERS.chars().take(rank).map(|index| (index, vector.clone())).collect();
        let scalars = ReducedTensorBasis::with_filter(&LETTERS[..rank], &indices, |irrep| irrep.l == 0).unwrap();
        assert_eq!(scalars.irreps().dim(), diagrams.len(), "rank {rank}");
        for diagram in &diagrams {
            assert_eq!(diagram.rank(), rank);
            let defect = scalars.defect(&floats(diagram)).unwrap();
            assert!(defect < 1e-13, "{diagram}: {defect}");
        }
    }
}

/// Turns every index of a tensor.
fn turned(r: &[[f64; 3]; 3], rank: usize, tensor: &[f64]) -> Vec<f64> {
    let rest = tensor.len() / 3;
    (0..rank).fold(tensor.to_vec(), |tensor, _| {
        (0..rest)
            .flat_map(|column| r.map(|row| (0..3).map(|k| row[k] * tensor[k * rest + column]).sum::<f64>()))
            .collect()
    })
}

#[test]
fn diagrams_do_not_turn() {
    for rank in 2..=8 {
        for diagram in isotropic_tensors(rank, OrthogonalGroup::So3).unwrap().iter().take(20) {
            let tensor = floats(diagram);
            for element in o3_elements(11, 1) {
                let sign = if rank % 2 == 1 { determinant(&element) } else { 1.0 };
                let expected: Vec<f64> = tensor.iter().map(|x| sign * x).collect();
                assert_close(&diagram.to_string(), &turned(&element, rank, &tensor), &expected, 0.0, 1e-13);
            }
        }
    }
}

#[test]
fn elements_are_those_of_the_text() {
    let epsilon = &isotropic_tensors(3, OrthogonalGroup::So3).unwrap()[0];
    assert_eq!(
        (epsilon.to_string().as_str(), epsilon.epsilon(), epsilon.deltas().len()),
        ("eps_ijk", Some([0, 1, 2]), 0)
    );
    let tensor = epsilon.to_tensor();
    assert_eq!((tensor[5], tensor[7], tensor[15], tensor[0]), (1, -1, 1, 0)); // 012, 021, 120, 000
    let number = &isotropic_tensors(0, OrthogonalGroup::O3).unwrap()[0];
    assert_eq!((number.to_string().as_str(), number.to_tensor()), ("1", vec![1]));
    for diagram in isotropic_diagrams(6, OrthogonalGroup::O3).unwrap() {
        let tensor = diagram.to_tensor();
        for (at, &element) in tensor.iter().enumerate() {
            let digit = |axis: usize| at / 3_usize.pow(5 - axis as u32) % 3;
            let joined = diagram.deltas().iter().all(|[a, b]| digit(*a) == digit(*b));
            assert_eq!(element, i8::from(joined), "{diagram} {at}");
        }
    }
}

#[test]
fn ranks_beyond_the_limit_are_errors() {
    let error = isotropic_tensors(9, OrthogonalGroup::So3).unwrap_err();
    assert_eq!(error, GroupError::RankTooLarge { what: "isotropic tensors", rank: 9, max: 8 });
}
