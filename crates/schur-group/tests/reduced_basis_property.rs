//! Bases of tensors with symmetric indices: counts, orthonormality, symmetry, equivariance.
#![allow(clippy::unwrap_used, reason = "a failed call is a failed test")]

use schur_group::{FormulaSyntax, GroupError, Irrep, Irreps, Parity, ReducedTensorBasis, WignerD};
use schur_testkit::{Random, assert_close, o3_elements};

fn basis(formula: &str, indices: &[(char, &str)]) -> Result<ReducedTensorBasis, GroupError> {
    let indices: Vec<(char, Irreps)> =
        indices.iter().map(|(index, irreps)| (*index, irreps.parse().unwrap())).collect();
    ReducedTensorBasis::new(formula, &indices)
}

/// A formula, the irreps of its indices, and the irreps of its tensors.
type Case = (&'static str, &'static [(char, &'static str)], &'static str);

/// o3.ReducedTensorProducts(formula, **indices).irreps_out in e3nn 0.6.0.
const E3NN: [Case; 16] = [
    ("ij=ji", &[('i', "1o")], "1x0e+1x2e"),
    ("ij=-ji", &[('i', "1o")], "1x1e"),
    ("ijkl=jikl=ijlk=klij", &[('i', "1o")], "2x0e+2x2e+1x4e"),
    ("ijkl=jikl=klij", &[('i', "1o")], "2x0e+2x2e+1x4e"),
    ("ijk=jik", &[('i', "1o"), ('k', "1o")], "2x1o+1x2o+1x3o"),
    ("ijk=ikj=jik", &[('i', "1o")], "1x1o+1x3o"),
    ("ijk=-jik=-ikj", &[('i', "1o")], "1x0o"),
    ("ij=ji", &[('i', "1e+0o")], "2x0e+1x1o+1x2e"),
    ("ij=ji", &[('i', "2x1o+0e")], "4x0e+2x1o+1x1e+3x2e"),
    ("ijk=jki", &[('i', "1o")], "1x0o+1x1o+1x3o"),
    ("ijkl=jikl=ijlk", &[('i', "1o"), ('k', "1o")], "2x0e+1x1e+3x2e+1x3e+1x4e"),
    ("ij=ji", &[('i', "2e")], "1x0e+1x2e+1x4e"),
    ("ijk=-jik", &[('i', "1o+0e"), ('k', "2e")], "1x1o+1x1e+1x2o+1x2e+1x3o+1x3e"),
    ("ij", &[('i', "1o"), ('j', "2e+1o")], "1x0e+1x1o+1x1e+1x2o+1x2e+1x3o"),
    ("ijkl=-jikl=-ijlk=klij", &[('i', "1o")], "1x0e+1x2e"),
    ("i", &[('i', "2x1o+3x0e")], "3x0e+2x1o"),
];

#[test]
fn irreps_are_those_of_e3nn() {
    for (formula, indices, irreps) in E3NN {
        assert_eq!(basis(formula, indices).unwrap().irreps().to_string(), irreps, "{formula} {indices:?}");
    }
}

#[test]
fn vectors_are_orthonormal_and_the_same_each_time() {
    for (formula, indices, _) in E3NN {
        let basis = basis(formula, indices).unwrap();
        let n = basis.irreps().dim();
        assert_eq!(basis.vectors().len(), n);
        let gram: Vec<f64> = basis
            .vectors()
            .flat_map(|a| basis.vectors().map(move |b| a.iter().zip(b).map(|(x, y)| x * y).sum()))
            .collect();
        let identity: Vec<f64> = (0..n * n).map(|at| if at % (n + 1) == 0 { 1.0 } else { 0.0 }).collect();
        assert_close(formula, &gram, &identity, 0.0, 1e-14);
        assert_eq!(self::basis(formula, indices).unwrap().as_slice(), basis.as_slice());
    }
}

/// Reads one term of a formula and returns the tensor with its indices in that order.
fn permuted(first: &str, term: &str, shape: &[usize], tensor: &[f64]) -> Vec<f64> {
    let (sign, letters) = term.strip_prefix('-').map_or((1.0, term), |rest| (-1.0, rest));
    let order: Vec<usize> = letters.chars().map(|letter| first.find(letter).unwrap()).collect();
    let element = |at: usize| {
        let mut index = vec![0; shape.len()];
        let mut rest = at;
        for axis in (0..shape.len()).rev() {
            (index[axis], rest) = (rest % shape[axis], rest / shape[axis]);
        }
        sign * tensor[order.iter().enumerate().fold(0, |sum, (axis, from)| sum * shape[axis] + index[*from])]
    };
    (0..tensor.len()).map(element).collect()
}

#[test]
fn vectors_have_the_symmetry_and_nothing_is_missing() {
    let mut random = Random::new(5);
    for (formula, indices, _) in E3NN {
        let basis = basis(formula, indices).unwrap();
        let (first, shape) = (formula.split('=').next().unwrap(), basis.shape());
        for vector in basis.vectors() {
            for term in formula.split('=') {
                assert_close(formula, &permuted(first, term, &shape, vector), vector, 0.0, 1e-14);
            }
        }
        // Averaging long enough makes any tensor symmetric; the basis must hold all of it.
        let mut tensor: Vec<f64> = (0..shape.iter().product()).map(|_| random.vector()[0]).collect();
        for _ in 0..400 {
            for term in formula.split('=') {
                let moved = permuted(first, term, &shape, &tensor);
                tensor.iter_mut().zip(moved).for_each(|(x, y)| *x = 0.5 * (*x + y));
            }
        }
        assert!(basis.defect(&tensor).unwrap() < 1e-13, "{formula}: {}", basis.defect(&tensor).unwrap());
    }
}

/// Turns each index of a tensor.
fn turned(d: &WignerD, indices: &[Irreps], tensor: &[f64]) -> Vec<f64> {
    let mut tensor = tensor.to_vec();
    for irreps in indices {
        // The first index is turned and moved to the end, so that in the end all are back.
        let (n, rest) = (irreps.dim(), tensor.len() / irreps.dim());
        let mut next = Vec::with_capacity(tensor.len());
        for column in 0..rest {
            let slice: Vec<f64> = (0..n).map(|row| tensor[row * rest + column]).collect();
            next.extend(d.apply(irreps, &slice).unwrap());
        }
        tensor = next;
    }
    tensor
}

#[test]
fn features_turn_as_irreps() {
    let mut random = Random::new(9);
    for (formula, indices, _) in E3NN {
        let basis = basis(formula, indices).unwrap();
        let features: Vec<f64> = (0..basis.irreps().dim()).map(|_| random.vector()[1]).collect();
        let tensor = basis.to_tensor(&features).unwrap();
        assert_close(formula, &basis.to_irreps(&tensor).unwrap(), &features, 0.0, 1e-14);
        for element in o3_elements(7, 3) {
            let d = WignerD::from_matrix(6, &element).unwrap();
            let actual = basis.to_tensor(&d.apply(basis.irreps(), &features).unwrap()).unwrap();
            assert_close(formula, &actual, &turned(&d, basis.index_irreps(), &tensor), 0.0, 1e-13);
        }
    }
}

#[test]
fn high_ranks_are_in_reach_with_symmetry_or_few_irreps() {
    // A symmetric tensor of rank n is a homogeneous polynomial: degrees n, n - 2, ...
    let symmetric = basis("abcdefgh=bacdefgh=bcdefgha", &[('a', "1o")]).unwrap();
    assert_eq!(symmetric.irreps().to_string(), "1x0e+1x2e+1x4e+1x6e+1x8e");
    let vector: Irreps = "1o".parse().unwrap();
    let indices: Vec<(char, Irreps)> = "abcdefgh".chars().map(|index| (index, vector.clone())).collect();
    let isotropic = ReducedTensorBasis::with_filter("abcdefgh", &indices, Irrep::is_scalar).unwrap();
    assert_eq!(isotropic.irreps().to_string(), "91x0e");
    assert!(matches!(ReducedTensorBasis::new("abcdefgh", &indices), Err(GroupError::TensorTooLarge { .. })));
}

#[test]
fn filters_take_a_part_of_the_basis() {
    let indices = [('i', "1o+2e".parse().unwrap())];
    let all = ReducedTensorBasis::new("ijk=jik=-jik=kij", &indices).unwrap_err();
    assert!(matches!(all, GroupError::ParseFormula { reason: FormulaSyntax::Contradiction, position: 8, .. }));
    let all = ReducedTensorBasis::new("ijk=jik=kij", &indices).unwrap();
    let keep = |irrep: Irrep| irrep.l == 2 && irrep.parity == Parity::Odd;
    let part = ReducedTensorBasis::with_filter("ijk=jik=kij", &indices, keep).unwrap();
    assert_eq!(part.irreps(), &all.irreps().filter(keep));
    let start = all.irreps().iter().zip(all.irreps().slices()).find(|(block, _)| keep(block.1)).unwrap().1;
    let expected = &all.as_slice()[start.start * 512..start.end * 512];
    assert_close("part", part.as_slice(), expected, 0.0, 1e-14);
    let nothing = ReducedTensorBasis::with_filter("ij", &[indices[0].clone(), ('j', "0e".parse().unwrap())], |_| false);
    assert!(nothing.unwrap().irreps().is_empty());
}

#[test]
fn antisymmetric_and_empty_tensors_may_be_nothing() {
    let scalar = basis("ij=-ji", &[('i', "0e")]).unwrap();
    assert_eq!((scalar.irreps().dim(), scalar.vectors().len()), (0, 0));
    assert_eq!(scalar.to_tensor(&[]).unwrap(), [0.0]);
    assert_eq!((scalar.defect(&[2.0]).unwrap(), scalar.defect(&[0.0]).unwrap()), (1.0, 0.0));
    let empty = basis("ij", &[('i', ""), ('j', "1o")]).unwrap();
    assert_eq!((empty.irreps().dim(), empty.shape(), empty.to_tensor(&[]).unwrap()), (0, vec![0, 3], vec![]));
}

#[test]
fn bad_formulas_are_pointed_at() {
    let cases = [
        ("", 0, FormulaSyntax::Empty),
        ("ij=", 3, FormulaSyntax::Empty),
        ("=ij", 0, FormulaSyntax::Empty),
        ("ij==ji", 3, FormulaSyntax::Empty),
        ("ij=-", 4, FormulaSyntax::Empty),
        ("-ij=ji", 0, FormulaSyntax::FirstSign),
        ("ij=+ji", 3, FormulaSyntax::NotAnIndex { found: '+' }),
        ("ij=--ji", 4, FormulaSyntax::NotAnIndex { found: '-' }),
        ("i1=1i", 1, FormulaSyntax::NotAnIndex { found: '1' }),
        ("ij=jj", 4, FormulaSyntax::RepeatedIndex { index: 'j' }),
        ("ij=jk", 4, FormulaSyntax::UnknownIndex { index: 'k' }),
        ("ijk = ji", 8, FormulaSyntax::MissingIndex { index: 'k' }),
        ("abcdefghi", 8, FormulaSyntax::TooManyIndices { max: 8 }),
        ("ijk=-jki", 4, FormulaSyntax::Contradiction),
        ("ij=-ij", 3, FormulaSyntax::Contradiction),
    ];
    for (formula, position, reason) in cases {
        let expected = GroupError::ParseFormula { formula: formula.to_owned(), position, reason };
        assert_eq!(basis(formula, &[('i', "1o")]).unwrap_err(), expected, "{formula}");
    }
    let message = basis("ij=jk", &[]).unwrap_err().to_string();
    assert_eq!(
        message,
        "cannot read the formula `ij=jk` at byte 4: index k is not in the first term; all terms have the same indices"
    );
}

#[test]
fn bad_irreps_are_named() {
    assert!(matches!(basis("ijk=jik", &[('i', "1o")]), Err(GroupError::IndexIrreps { index: 'k', .. })));
    let two = basis("ij=ji", &[('i', "1o"), ('j', "1e")]).unwrap_err();
    assert_eq!(two, GroupError::IndexIrreps { index: 'i', found: "`1x1o` and `1x1e`".to_owned() });
    assert!(basis("ij=ji", &[('i', "1o"), ('j', "1o")]).is_ok());
    let unknown = basis("ij=ji", &[('i', "1o"), ('k', "2e")]).unwrap_err();
    assert_eq!(unknown.to_string(), "irreps `1x2e` given for the index k, which is not in the formula");
    assert!(matches!(basis("i", &[('i', "17e")]), Err(GroupError::DegreeTooLarge { l: 17, .. })));
    assert!(matches!(basis("ij=ji", &[('i', "16e")]), Err(GroupError::DegreeTooLarge { .. })));
    assert!(matches!(basis("ij", &[('i', "1o"), ('j', "9999999999x1o")]), Err(GroupError::TensorTooLarge { .. })));
    let basis = basis("ij=ji", &[('i', "1o")]).unwrap();
    assert_eq!(basis.to_irreps(&[0.0; 8]).unwrap_err(), GroupError::Length { what: "tensor", expected: 9, found: 8 });
    assert!(basis.to_tensor(&[0.0; 7]).is_err());
    assert_eq!(format!("{basis:?}"), "ReducedTensorBasis(ij=ji -> 1x0e+1x2e)");
}
