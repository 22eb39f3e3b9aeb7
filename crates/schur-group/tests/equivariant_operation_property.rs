//! Operations as diagrams: their number, that they commute with the group, and the 3j symbols among them.
#![allow(clippy::unwrap_used, reason = "a failed call is a failed test")]

use schur_group::{
    GroupError, Irrep, Irreps, Operand, OrthogonalGroup, Parity, WignerD, equivariant_operations, isotropic_count,
    wigner_3j,
};
use schur_testkit::{assert_close, determinant, o3_elements};

use Operand::{Cartesian, Spherical};

/// The irreps of an operand, and how often a vector is multiplied to give it.
fn factors(operand: Operand) -> Vec<Irreps> {
    match operand {
        Cartesian(rank) => vec![Irreps::vectors(1); rank],
        Spherical(l) => vec![Irreps::from(Irrep::harmonic(l))],
    }
}

/// Turns each factor of a tensor.
fn turned(d: &WignerD, factors: &[Irreps], tensor: &[f64]) -> Vec<f64> {
    let mut tensor = tensor.to_vec();
    for irreps in factors {
        let (n, rest) = (irreps.dim(), tensor.len() / irreps.dim());
        let column = |at: usize| (0..n).map(|row| tensor[row * rest + at]).collect::<Vec<f64>>();
        tensor = (0..rest).flat_map(|at| d.apply(irreps, &column(at)).unwrap()).collect();
    }
    tensor
}

fn cases() -> Vec<(Vec<Operand>, Operand)> {
    vec![
        (vec![], Cartesian(2)),
        (vec![Cartesian(1), Cartesian(1)], Cartesian(1)),
        (vec![Cartesian(2), Cartesian(1)], Cartesian(1)),
        (vec![Cartesian(2)], Cartesian(2)),
        (vec![Cartesian(2), Cartesian(2)], Cartesian(2)),
        (vec![Spherical(2), Cartesian(2)], Spherical(1)),
        (vec![Spherical(2), Spherical(2)], Spherical(2)),
        (vec![Spherical(1), Spherical(1), Spherical(2)], Spherical(2)),
        (vec![Spherical(3), Cartesian(1)], Cartesian(2)),
        (vec![Spherical(2), Spherical(2), Spherical(2)], Spherical(2)),
        (vec![Spherical(0), Cartesian(0)], Spherical(0)),
        (vec![Spherical(2)], Spherical(1)),
    ]
}

#[test]
fn operations_are_as_many_as_invariants() {
    for (inputs, output) in cases() {
        let all: Vec<Irreps> = inputs.iter().chain([&output]).flat_map(|operand| factors(*operand)).collect();
        let one = Irreps::from(Irrep::new(0, Parity::Even));
        let product = all.iter().fold(one, |product, irreps| product.tensor_product(irreps));
        let count = |parity| product.count(Irrep::new(0, parity));
        let n_so3 = equivariant_operations(&inputs, output, OrthogonalGroup::So3).unwrap().len();
        let n_o3 = equivariant_operations(&inputs, output, OrthogonalGroup::O3).unwrap().len();
        assert_eq!(n_o3, count(Parity::Even), "{inputs:?} -> {output:?}");
        assert_eq!(n_so3, count(Parity::Even) + count(Parity::Odd), "{inputs:?} -> {output:?}");
    }
    let strain_to_stress = equivariant_operations(&[Cartesian(4)], Cartesian(2), OrthogonalGroup::So3).unwrap();
    assert_eq!(strain_to_stress.len(), isotropic_count(6, OrthogonalGroup::So3));
}

#[test]
fn operations_commute_with_the_group() {
    for (inputs, output) in cases() {
        let all: Vec<Irreps> = inputs.iter().chain([&output]).flat_map(|operand| factors(*operand)).collect();
        for operation in equivariant_operations(&inputs, output, OrthogonalGroup::So3).unwrap() {
            assert_eq!(operation.shape().iter().product::<usize>(), operation.tensor().len());
            for element in o3_elements(3, 2) {
                let d = WignerD::from_matrix(3, &element).unwrap();
                let pseudo = operation.diagram().epsilon().is_some() && determinant(&element) < 0.0;
                let sign = if pseudo { -1.0 } else { 1.0 };
                let expected: Vec<f64> = operation.tensor().iter().map(|x| sign * x).collect();
                let actual = turned(&d, &all, operation.tensor());
                assert_close(&operation.to_string(), &actual, &expected, 0.0, 1e-12);
            }
        }
    }
}

#[test]
fn operations_on_three_irreps_are_the_3j_symbols() {
    for l in [
        [1, 1, 0],
        [1, 1, 1],
        [1, 1, 2],
        [1, 2, 2],
        [2, 2, 1],
        [2, 2, 2],
        [1, 2, 3],
        [2, 2, 3],
        [3, 3, 1],
        [2, 3, 3],
        [2, 2, 4],
    ] {
        let operations =
            equivariant_operations(&[Spherical(l[0]), Spherical(l[1])], Spherical(l[2]), OrthogonalGroup::So3).unwrap();
        assert_eq!(operations.len(), 1, "{l:?}");
        let three_j = wigner_3j(l[0], l[1], l[2]).unwrap().to_dense();
        let factor: f64 = three_j.iter().zip(operations[0].tensor()).map(|(a, b)| a * b).sum();
        assert!(factor.abs() > 0.1, "{l:?}");
        let scaled: Vec<f64> = three_j.iter().map(|x| factor * x).collect();
        assert_close(&operations[0].to_string(), operations[0].tensor(), &scaled, 0.0, 1e-13);
    }
}

#[test]
fn text_names_operands_and_indices() {
    let text = |inputs: &[Operand], output| {
        let operations = equivariant_operations(inputs, output, OrthogonalGroup::So3).unwrap();
        operations.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(text(&[Cartesian(1), Cartesian(1)], Cartesian(1)), ["out_k = eps_ijk a_i b_j"]);
    assert_eq!(text(&[Cartesian(2)], Cartesian(0)), ["out = d_ij a_ij"]);
    assert_eq!(text(&[Cartesian(0)], Spherical(0)), ["out = 1 a"]);
    assert!(text(&[Spherical(2)], Cartesian(1)).is_empty());
}

#[test]
fn ranks_beyond_the_limit_are_errors() {
    for inputs in [[Cartesian(5), Spherical(4)], [Cartesian(usize::MAX), Cartesian(1)]] {
        let error = equivariant_operations(&inputs, Cartesian(0), OrthogonalGroup::O3).unwrap_err();
        assert!(matches!(error, GroupError::RankTooLarge { max: 8, .. }), "{error}");
    }
}
