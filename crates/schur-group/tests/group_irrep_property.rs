//! Couplings of every group: they commute with it, are orthogonal and complete.
#![allow(clippy::unwrap_used, reason = "a failed call is a failed test")]

use std::sync::Arc;

use schur_group::{
    CouplingTensor, FiniteGroup, GroupError, GroupIrrep, Irrep, Parity, So2Irrep, Su2Irrep, WignerD, check_coupling,
    rotation_from_quaternion,
};
use schur_testkit::{Random, assert_close};

/// Checks all products of a list of irreps, and that couplings are found exactly for what the products list.
fn check<R: GroupIrrep>(irreps: &[R], tolerance: f64) {
    for (a, b) in irreps.iter().flat_map(|a| irreps.iter().map(move |b| (a, b))) {
        let defect = check_coupling(a, b).unwrap();
        assert!(defect.largest() < tolerance, "{a} x {b}: {defect:?}");
        let products = a.products(b).unwrap();
        let dim: usize = products.iter().map(|(mul, output)| mul * output.dim()).sum();
        assert_eq!(dim, a.dim() * b.dim(), "{a} x {b}");
        for output in irreps {
            let mul = products.iter().find(|part| part.1 == *output).map_or(0, |part| part.0);
            let n_tensors = a.coupling(b, output).unwrap().len();
            assert_eq!(n_tensors, mul * output.commutant_dim(), "{a} x {b} to {output}");
        }
    }
}

/// Checks that matrices are orthogonal, multiply as the elements do and commute with nothing unexpected.
fn check_representation<R: GroupIrrep>(irrep: &R) {
    let n = irrep.dim();
    for element in irrep.generators() {
        let d = irrep.matrix(&element).unwrap();
        let gram: Vec<f64> = (0..n * n).map(|at| (0..n).map(|k| d[at / n * n + k] * d[at % n * n + k]).sum()).collect();
        let identity: Vec<f64> = (0..n * n).map(|at| if at % (n + 1) == 0 { 1.0 } else { 0.0 }).collect();
        assert_close(&format!("{irrep} {element:?}"), &gram, &identity, 0.0, 1e-13);
    }
}

fn all(group: &Arc<FiniteGroup>) -> Vec<schur_group::FiniteIrrep> {
    assert!(group.is_complete(), "{group:?}");
    group.irreps()
}

#[test]
fn couplings_of_o3_are_complete() {
    let irreps: Vec<Irrep> = (0..=3).flat_map(|l| [Irrep::new(l, Parity::Even), Irrep::new(l, Parity::Odd)]).collect();
    irreps.iter().for_each(check_representation);
    check(&irreps, 1e-13);
}

#[test]
fn couplings_of_so2_are_complete() {
    let irreps: Vec<So2Irrep> = (0..=5).map(|m| So2Irrep { m }).collect();
    irreps.iter().for_each(check_representation);
    check(&irreps, 1e-14);
    assert!(matches!(So2Irrep { m: 1 }.matrix(&f64::NAN), Err(GroupError::BadAngles { .. })));
}

#[test]
fn couplings_of_su2_are_complete() {
    let irreps: Vec<Su2Irrep> = (0..=3).map(|twice_j| Su2Irrep { twice_j }).collect();
    irreps.iter().for_each(check_representation);
    check(&irreps, 1e-11);
}

#[test]
fn spins_multiply_as_quaternions() {
    let quaternion = |seed: u64| -> [f64; 4] {
        let mut random = Random::new(seed);
        let [w, x, y] = random.vector();
        let norm = (w * w + x * x + y * y + 0.09_f64).sqrt();
        [w, x, y, 0.3].map(|component| component / norm)
    };
    let (p, q) = (quaternion(1), quaternion(2));
    let pq = [
        p[0] * q[0] - p[1] * q[1] - p[2] * q[2] - p[3] * q[3],
        p[0] * q[1] + p[1] * q[0] + p[2] * q[3] - p[3] * q[2],
        p[0] * q[2] - p[1] * q[3] + p[2] * q[0] + p[3] * q[1],
        p[0] * q[3] + p[1] * q[2] - p[2] * q[1] + p[3] * q[0],
    ];
    for twice_j in 0..=9 {
        let spin = Su2Irrep { twice_j };
        let (n, [a, b, ab]) = (spin.dim(), [p, q, pq].map(|element| spin.matrix(&element).unwrap()));
        let product: Vec<f64> =
            (0..n * n).map(|at| (0..n).map(|k| a[at / n * n + k] * b[k * n + at % n]).sum()).collect();
        assert_close(&spin.to_string(), &product, &ab, 0.0, 1e-13);
        // The trace over complex components is sin((2 j + 1) x) / sin(x), x half of the angle of the turn.
        let x = p[0].acos();
        let n_forms = if twice_j % 2 == 1 { 2.0 } else { 1.0 };
        let trace: f64 = a.iter().step_by(n + 1).sum();
        assert_close("trace", &[trace], &[n_forms * ((twice_j + 1) as f64 * x).sin() / x.sin()], 0.0, 1e-13);
    }
    // Two spins couple to a vector that turns with the rotation the quaternion names: the triplet is degree 1 itself.
    let vector = Su2Irrep { twice_j: 2 }.matrix(&p).unwrap();
    assert_close("vector", &vector, rotation_from_quaternion(p).unwrap().as_flattened(), 0.0, 1e-15);
    assert!(matches!(Su2Irrep { twice_j: 1 }.matrix(&[0.0; 4]), Err(GroupError::BadQuaternion { .. })));
    assert!(matches!(Su2Irrep { twice_j: 35 }.matrix(&p), Err(GroupError::DegreeTooLarge { .. })));
}

#[test]
fn couplings_of_finite_groups_are_complete() {
    let groups = [
        FiniteGroup::cyclic(1).unwrap(),
        FiniteGroup::cyclic(2).unwrap(),
        FiniteGroup::cyclic(5).unwrap(),
        FiniteGroup::cyclic(8).unwrap(),
        FiniteGroup::dihedral(2).unwrap(),
        FiniteGroup::dihedral(3).unwrap(),
        FiniteGroup::dihedral(6).unwrap(),
        FiniteGroup::tetrahedral().unwrap(),
        FiniteGroup::octahedral().unwrap(),
    ];
    for group in groups {
        let irreps = all(&group);
        irreps.iter().for_each(check_representation);
        check(&irreps, 1e-12);
    }
}

#[test]
fn quaternions_have_an_irrep_that_commutes_with_four_matrices() {
    // Left multiplication by i and j on the quaternions (1, i, j, k).
    let i = vec![0., -1., 0., 0., 1., 0., 0., 0., 0., 0., 0., -1., 0., 0., 1., 0.];
    let j = vec![0., 0., -1., 0., 0., 0., 0., 1., 1., 0., 0., 0., 0., -1., 0., 0.];
    let mut group = FiniteGroup::from_matrices("Q8", 4, &[i.clone(), j.clone()]).unwrap();
    for (name, a, b) in [("A", 1., 1.), ("B1", 1., -1.), ("B2", -1., 1.), ("B3", -1., -1.)] {
        group = group.with_irrep(name, 1, &[vec![a], vec![b]]).unwrap();
    }
    let group = group.with_irrep("H", 4, &[i, j]).unwrap().shared();
    assert_eq!((group.order(), group.irrep("H").unwrap().commutant_dim()), (8, 4));
    check(&all(&group), 1e-12);
}

/// A symmetry that hides its closed forms, so that the general solver has to find them.
#[derive(Clone, PartialEq)]
struct Blind(Irrep);

impl std::fmt::Display for Blind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl GroupIrrep for Blind {
    type Element = [[f64; 3]; 3];

    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn commutant_dim(&self) -> usize {
        1
    }

    fn products(&self, other: &Self) -> Result<Vec<(usize, Self)>, GroupError> {
        Ok(self.0.products(&other.0)?.into_iter().map(|(mul, irrep)| (mul, Blind(irrep))).collect())
    }

    fn matrix(&self, element: &Self::Element) -> Result<Vec<f64>, GroupError> {
        self.0.matrix(element)
    }

    fn generators(&self) -> Vec<Self::Element> {
        self.0.generators()
    }
}

#[test]
fn the_solver_finds_the_3j_symbols() {
    for [l1, l2, l3] in [[1, 1, 0], [1, 1, 1], [1, 2, 2], [2, 2, 4], [2, 3, 3], [3, 3, 1]] {
        let [a, b] = [l1, l2].map(Irrep::harmonic);
        let c = Irrep::new(l3, a.parity * b.parity);
        let exact = a.coupling(&b, &c).unwrap();
        let solved = Blind(a).coupling(&Blind(b), &Blind(c)).unwrap();
        assert_eq!((exact.len(), solved.len()), (1, 1));
        let overlap: f64 = exact[0].values().iter().zip(solved[0].values()).map(|(x, y)| x * y).sum();
        let aligned: Vec<f64> = solved[0].values().iter().map(|x| overlap.signum() * x).collect();
        assert_close(&format!("({l1}, {l2}, {l3})"), &aligned, exact[0].values(), 0.0, 1e-12);
        let wrong_parity = Blind(Irrep::new(l3, c.parity * Parity::Odd));
        assert!(Blind(a).coupling(&Blind(b), &wrong_parity).unwrap().is_empty());
    }
    let large = Blind(Irrep::harmonic(6));
    assert_eq!(large.coupling(&large, &large).unwrap_err(), GroupError::CouplingTooLarge { dims: [13; 3], max: 1024 });
}

#[test]
fn irreps_of_so2_are_pairs_of_components() {
    // The convention that makes an edge frame's harmonics a sum of frequencies.
    let angle = 0.7;
    let d = WignerD::from_angles(4, [angle, 0.0, 0.0]).unwrap().to_matrix(Irrep::harmonic(4)).unwrap();
    for m in 0..=4 {
        let expected = So2Irrep { m }.matrix(&angle).unwrap();
        let pair = if m == 0 { vec![4] } else { vec![4 - m, 4 + m] };
        let block: Vec<f64> =
            pair.iter().flat_map(|i| pair.iter().map(move |j| (i, j))).map(|(i, j)| d[9 * i + j]).collect();
        assert_close(&format!("m = {m}"), &block, &expected, 0.0, 1e-14);
    }
}

#[test]
fn a_wrong_coupling_is_seen() {
    let tensor = CouplingTensor::new([1, 2, 2], vec![1.0, 0.0, 0.0, 1.0]).unwrap();
    assert_eq!((tensor.shape(), tensor.values().len()), ([1, 2, 2], 4));
    assert!(CouplingTensor::new([1, 2, 2], vec![1.0]).is_err());
    assert!(CouplingTensor::new([usize::MAX; 3], vec![1.0]).is_err());
    /// Claims that the product of two turns by m is invariant.
    #[derive(Clone, PartialEq)]
    struct Wrong(So2Irrep);
    impl std::fmt::Display for Wrong {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.0.fmt(f)
        }
    }
    impl GroupIrrep for Wrong {
        type Element = f64;
        fn dim(&self) -> usize {
            self.0.dim()
        }
        fn commutant_dim(&self) -> usize {
            1
        }
        fn products(&self, _: &Self) -> Result<Vec<(usize, Self)>, GroupError> {
            Ok(vec![(1, Wrong(So2Irrep { m: 0 }))])
        }
        fn matrix(&self, element: &f64) -> Result<Vec<f64>, GroupError> {
            self.0.matrix(element)
        }
        fn generators(&self) -> Vec<f64> {
            self.0.generators()
        }
        fn coupling(&self, _: &Self, output: &Self) -> Result<Vec<CouplingTensor>, GroupError> {
            Ok(vec![CouplingTensor::new([2, 2, output.dim()], vec![1.0, 0.0, 0.0, 0.0])?])
        }
    }
    let wrong = Wrong(So2Irrep { m: 1 });
    let defect = check_coupling(&wrong, &wrong).unwrap();
    assert!(defect.intertwining > 0.1 && defect.completeness > 0.9 && defect.orthogonality < 1e-15, "{defect:?}");
    assert_eq!(defect.largest(), defect.completeness.max(defect.intertwining));
}
