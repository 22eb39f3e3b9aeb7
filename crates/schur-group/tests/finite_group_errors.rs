//! What is refused as a finite group or as an irrep of one, and that the message names the culprit.
#![allow(clippy::unwrap_used, reason = "a failed call is a failed test")]

use schur_group::{FiniteGroup, FiniteGroupError, GroupError, GroupIrrep, Irrep};

fn reason<T: std::fmt::Debug>(result: Result<T, GroupError>) -> FiniteGroupError {
    match result.unwrap_err() {
        GroupError::FiniteGroup { reason, .. } => reason,
        other => panic!("{other}"),
    }
}

/// The group of order 4 whose elements are all their own inverses.
fn klein() -> Vec<Vec<usize>> {
    (0..4).map(|g| (0..4).map(|h| g ^ h).collect()).collect()
}

#[test]
fn tables_that_are_no_groups_are_refused() {
    let new = |table: &[Vec<usize>], generators: &[usize]| reason(FiniteGroup::new("G", table, generators));
    assert!(FiniteGroup::new("V", &klein(), &[1, 2]).is_ok());
    assert_eq!(new(&klein(), &[1]), FiniteGroupError::NotGenerated { element: 2, reached: 2, order: 4 });
    assert_eq!(new(&klein(), &[1, 4]), FiniteGroupError::UnknownElement { element: 4, order: 4 });
    assert_eq!(new(&[], &[]), FiniteGroupError::NoIdentity);
    let mut table = klein();
    table[2].pop();
    assert_eq!(new(&table, &[1, 2]), FiniteGroupError::RowLength { row: 2, expected: 4, found: 3 });
    table[2].push(9);
    assert_eq!(new(&table, &[1, 2]), FiniteGroupError::UnknownElement { element: 9, order: 4 });
    table[2][3] = 0;
    let error = new(&table, &[1, 2]);
    assert_eq!(error, FiniteGroupError::NotInvertible { element: 2, first: 2, second: 3, product: 0 });
    assert_eq!(error.to_string(), "element 2 times 2 and times 3 both give 0, so it has no inverse");
    let no_identity: Vec<Vec<usize>> = (0..3).map(|g| (0..3).map(|h| (2 * g + 2 * h) % 3).collect()).collect();
    assert_eq!(new(&no_identity, &[1]), FiniteGroupError::NoIdentity);
    // The smallest loop that is no group has five elements.
    let loop_of_five = [[0, 1, 2, 3, 4], [1, 0, 3, 4, 2], [2, 4, 0, 1, 3], [3, 2, 4, 0, 1], [4, 3, 1, 2, 0]];
    let error = new(&loop_of_five.map(|row| row.to_vec()), &[1, 2]);
    let FiniteGroupError::NotAssociative { elements: [a, b, c] } = error else { panic!("{error}") };
    let product = |g: usize, h: usize| loop_of_five[g][h];
    assert_ne!(product(product(a, b), c), product(a, product(b, c)));
}

#[test]
fn matrices_that_are_no_irreps_are_refused() {
    let group = || FiniteGroup::new("V", &klein(), &[1, 2]).unwrap();
    let add = |dim, matrices: &[Vec<f64>]| reason(group().with_irrep("X", dim, matrices));
    let irrep = || "X".to_owned();
    assert_eq!(add(1, &[vec![1.0]]), FiniteGroupError::NumberOfMatrices { irrep: irrep(), expected: 2, found: 1 });
    assert_eq!(
        add(2, &[vec![1.0], vec![1.0]]),
        FiniteGroupError::MatrixLength { irrep: irrep(), element: 1, expected: 4, found: 1 }
    );
    assert!(matches!(add(0, &[vec![], vec![]]), FiniteGroupError::MatrixLength { .. }));
    let stretched = add(1, &[vec![1.0], vec![2.0]]);
    assert_eq!(stretched, FiniteGroupError::NotOrthogonal { irrep: irrep(), element: 2, defect: 3.0 });
    assert!(matches!(add(1, &[vec![f64::NAN], vec![1.0]]), FiniteGroupError::NotOrthogonal { element: 1, .. }));
    // A quarter turn where a half turn is needed.
    let quarter = add(2, &[vec![0.0, -1.0, 1.0, 0.0], vec![1.0, 0.0, 0.0, 1.0]]);
    assert!(matches!(quarter, FiniteGroupError::NotHomomorphism { elements: [1, 1], .. }), "{quarter}");
    let diagonal = add(2, &[vec![1.0, 0.0, 0.0, -1.0], vec![-1.0, 0.0, 0.0, -1.0]]);
    assert_eq!(diagonal, FiniteGroupError::Reducible { irrep: irrep(), symmetric: 2 });
    assert!(matches!(
        add(2, &[vec![1.0, 0.0, 0.0, 1.0], vec![-1.0, 0.0, 0.0, -1.0]]),
        FiniteGroupError::Reducible { symmetric: 3, .. }
    ));
}

#[test]
fn irreps_are_added_once_and_found_by_name() {
    let group = FiniteGroup::new("V", &klein(), &[1, 2]).unwrap().with_irrep("A", 1, &[vec![1.0], vec![1.0]]).unwrap();
    let again = reason(group.clone().with_irrep("B", 1, &[vec![1.0], vec![1.0]]));
    assert_eq!(again, FiniteGroupError::KnownIrrep { irrep: "B".to_owned(), known: "A".to_owned() });
    let same_name = reason(group.clone().with_irrep("A", 1, &[vec![1.0], vec![-1.0]]));
    assert_eq!(same_name, FiniteGroupError::KnownIrrep { irrep: "A".to_owned(), known: "A".to_owned() });
    let group = group.with_irrep("B", 1, &[vec![1.0], vec![-1.0]]).unwrap().shared();
    assert!(!group.is_complete());
    assert_eq!(group.irrep("C").unwrap_err().to_string(), "group V: no irrep C; there are A, B");
    let b = group.irrep("B").unwrap();
    assert_eq!((b.products(&b).unwrap(), b.group().name()), (vec![(1, group.irrep("A").unwrap())], "V"));
    assert_eq!(b.matrix(&7).unwrap_err().to_string(), "group V: 7 is no element: the 4 elements are numbered from 0");
    let missing = reason(group.decompose(1, &[vec![-1.0], vec![1.0]]));
    assert_eq!(missing, FiniteGroupError::MissingIrreps { dim: 1, found: 0 });
}

#[test]
fn irreps_of_two_groups_do_not_couple() {
    let (three, four) = (FiniteGroup::cyclic(3).unwrap(), FiniteGroup::cyclic(4).unwrap());
    let (a, b) = (three.irrep("E1").unwrap(), four.irrep("E1").unwrap());
    let error = a.products(&b).unwrap_err();
    assert_eq!(error, GroupError::DifferentGroups { left: "C3".to_owned(), right: "C4".to_owned() });
    assert!(a.coupling(&a, &b).is_err() && a != b);
    // The same group made twice is the same group.
    assert_eq!(a, FiniteGroup::cyclic(3).unwrap().irrep("E1").unwrap());
}

#[test]
fn groups_without_end_are_refused() {
    let (sine, cosine) = 1.0_f64.sin_cos();
    let turn = vec![cosine, -sine, sine, cosine];
    assert_eq!(
        reason(FiniteGroup::from_matrices("SO(2)", 2, std::slice::from_ref(&turn))),
        FiniteGroupError::NotFinite { max: FiniteGroup::MAX_ORDER }
    );
    let nan = vec![f64::NAN; 4];
    assert!(matches!(reason(FiniteGroup::from_matrices("NaN", 2, &[nan])), FiniteGroupError::NotFinite { .. }));
    assert!(matches!(
        FiniteGroup::from_matrices("X", 3, &[turn]),
        Err(GroupError::Length { expected: 9, found: 4, .. })
    ));
    assert!(matches!(FiniteGroup::from_matrices("0", 0, &[vec![]]), Err(GroupError::Length { found: 0, .. })));
    let trivial = FiniteGroup::from_matrices("1", usize::MAX, &[]).unwrap();
    assert_eq!(trivial.order(), 1);
    assert!(matches!(
        reason(trivial.clone().with_irrep("A", 0, &[])),
        FiniteGroupError::Reducible { symmetric: 0, .. }
    ));
    assert!(matches!(
        reason(trivial.clone().with_irrep("A", 2, &[])),
        FiniteGroupError::Reducible { symmetric: 3, .. }
    ));
    assert!(matches!(reason(trivial.clone().with_irrep("A", usize::MAX, &[])), FiniteGroupError::TooLarge { .. }));
    assert!(trivial.with_irrep("A", 1, &[]).unwrap().is_complete());
    for n in [0, 5000, usize::MAX] {
        assert!(FiniteGroup::cyclic(n).is_err() && FiniteGroup::dihedral(n).is_err(), "{n}");
    }
    assert!(FiniteGroup::dihedral(1).is_err());
}

#[test]
fn published_tables_come_out() {
    // From the character table of O: T1 x T2 = A2 + E + T1 + T2, E x T1 = T1 + T2.
    let cube = FiniteGroup::octahedral().unwrap();
    let product = |a: &str, b: &str| {
        let parts = cube.irrep(a).unwrap().products(&cube.irrep(b).unwrap()).unwrap();
        parts.iter().map(|(mul, irrep)| format!("{mul}{irrep}")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!((cube.order(), product("T1", "T2").as_str()), (24, "1A2 1E 1T1 1T2"));
    assert_eq!((product("E", "E"), product("E", "T1")), ("1A1 1A2 1E".to_owned(), "1T1 1T2".to_owned()));
    // Bethe 1929: levels of degree 0 to 4 in a cubic field are A1, T1, E + T2, A2 + T1 + T2, A1 + E + T1 + T2.
    let vectors = cube.irrep("T1").unwrap();
    let split = |l: usize| {
        let turn = |g: &usize| {
            let m = vectors.matrix(g).unwrap();
            Irrep::harmonic(l).matrix(&[[m[0], m[1], m[2]], [m[3], m[4], m[5]], [m[6], m[7], m[8]]]).unwrap()
        };
        let matrices: Vec<Vec<f64>> = cube.generators().iter().map(turn).collect();
        let parts = cube.decompose(2 * l + 1, &matrices).unwrap();
        parts.iter().map(|(mul, irrep)| format!("{mul}{irrep}")).collect::<Vec<_>>().join(" ")
    };
    let fields: Vec<String> = (0..=4).map(split).collect();
    assert_eq!(fields, ["1A1", "1T1", "1E 1T2", "1A2 1T1 1T2", "1A1 1E 1T1 1T2"]);
}

#[test]
fn the_basis_of_e_is_the_one_named() {
    let cube = FiniteGroup::octahedral().unwrap();
    let (vectors, e) = (cube.irrep("T1").unwrap(), cube.irrep("E").unwrap());
    let functions = |v: &[f64]| {
        let [x, y, z] = [v[0] * v[0], v[1] * v[1], v[2] * v[2]];
        [2.0 * z - x - y, 3.0_f64.sqrt() * (x - y)]
    };
    let v = [0.3, -1.2, 0.7];
    for g in 0..cube.order() {
        let (turn, d, before) = (vectors.matrix(&g).unwrap(), e.matrix(&g).unwrap(), functions(&v));
        let turned: Vec<f64> = turn.chunks(3).map(|row| row.iter().zip(&v).map(|(a, b)| a * b).sum()).collect();
        let expected: Vec<f64> = d.chunks(2).map(|row| row[0] * before[0] + row[1] * before[1]).collect();
        schur_testkit::assert_close("E", &functions(&turned), &expected, 0.0, 1e-14);
    }
    assert_eq!(cube.product(cube.identity(), 5), Some(5));
    assert_eq!(cube.product(24, 0), None);
}
