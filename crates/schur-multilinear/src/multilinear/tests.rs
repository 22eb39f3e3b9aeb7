use super::*;

fn cross_product() -> Multilinear {
    let mut coefficients = vec![0.0; 27];
    for (a, b, c) in [(0, 1, 2), (1, 2, 0), (2, 0, 1)] {
        coefficients[ravel(&[a, b, c], &[3, 3, 3])] = 1.0;
        coefficients[ravel(&[b, a, c], &[3, 3, 3])] = -1.0;
    }
    let operands = vec![Operand::new([(3, 2)]), Operand::new([(3, 1)]), Operand::new([(3, 2)])];
    Multilinear::new(operands, vec![Path { segments: vec![0; 3], coefficients }]).unwrap()
}

fn with_modes(
    text: &str,
    operands: &[(usize, &[usize])],
    coefficients: &[f64],
) -> Result<Multilinear, MultilinearError> {
    let operands: Vec<Operand> =
        operands.iter().map(|&(dim, extents)| Operand::with_extents([(dim, extents.to_vec())])).collect();
    let path = Path { segments: vec![0; operands.len()], coefficients: coefficients.to_vec() };
    Multilinear::with_modes(text.parse()?, operands, vec![path])
}

#[test]
fn transposes_are_adjoint() {
    let map = cross_product();
    let x = [1.0, 5.0, 2.0, -1.0, 3.0, 0.5];
    let y = [0.3, -0.7, 1.1];
    let g = [2.0, 1.0, -4.0, 0.25, 0.5, 3.0];
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(p, q)| p * q).sum::<f64>();
    let forward = dot(&map.evaluate(&[&x, &y]).unwrap(), &g);
    let by_x = dot(&map.transpose(0).evaluate(&[&g, &y]).unwrap(), &x);
    let by_y = dot(&map.transpose(1).evaluate(&[&x, &g]).unwrap(), &y);
    assert!((forward - by_x).abs() < 1e-14 && (forward - by_y).abs() < 1e-14);
    assert_eq!(map.transpose(0).transpose(0), map);
}

#[test]
fn parts_that_do_not_fit_are_named() {
    let operands = vec![Operand::new([(3, 2)]), Operand::new([(3, 3)])];
    let path = Path { segments: vec![0, 0], coefficients: vec![0.0; 9] };
    let error = Multilinear::new(operands.clone(), vec![path.clone()]).unwrap_err();
    assert_eq!(error, MultilinearError::Channels { path: 0, mode: 'u', channels: vec![2, 3] });
    let error = Multilinear::new(operands, vec![Path { segments: vec![0, 1], ..path }]).unwrap_err();
    assert!(error.to_string().contains("segment 1 of operand 1"));
    let error = cross_product().evaluate(&[&[0.0; 6], &[0.0; 2]]).unwrap_err();
    assert_eq!(error, MultilinearError::Argument { operand: 1, expected: 3, found: 2 });
    let error = cross_product().evaluate(&[&[0.0; 6], &[0.0; 3], &[0.0; 6]]).unwrap_err();
    assert_eq!(error, MultilinearError::ArgumentCount { expected: 2, found: 3 });
}

#[test]
fn modes_that_do_not_fit_are_named() {
    let matrix: (usize, &[usize]) = (1, &[2, 3]);
    let error = with_modes("uv,u,v", &[matrix, (1, &[2]), (1, &[2])], &[1.0]).unwrap_err();
    assert_eq!(error, MultilinearError::Channels { path: 0, mode: 'v', channels: vec![3, 2] });
    let error = with_modes("u,u,v", &[matrix, (1, &[2]), (1, &[3])], &[1.0]).unwrap_err();
    assert_eq!(error, MultilinearError::Extents { operand: 0, segment: 0, modes: "u".into(), found: 2 });
    let error = with_modes("uv,u", &[matrix, (1, &[2]), (1, &[3])], &[1.0]).unwrap_err();
    assert_eq!(error, MultilinearError::OperandCount { modes: "uv,u".into(), expected: 2, found: 3 });
    let error = with_modes("u,u", &[(2, &[1]), (1, &[1])], &[1.0, f64::NAN]).unwrap_err();
    assert_eq!(error, MultilinearError::NotFinite { path: 0, index: 1 });
}

/// Wrapped round, these operands would be empty and the path without coefficients.
#[test]
fn sizes_that_overflow_are_refused() {
    let half = 1 << (usize::BITS - 1);
    let error = Multilinear::new(vec![Operand::new([(1, 1)]), Operand::new([(half, 2)])], vec![]).unwrap_err();
    assert_eq!(error, MultilinearError::TooLarge { operand: 1 });
    let operands = vec![Operand::new([(half, 1)]), Operand::new([(2, 1)])];
    let path = Path { segments: vec![0, 0], coefficients: vec![] };
    let error = Multilinear::new(operands, vec![path]).unwrap_err();
    assert_eq!(error, MultilinearError::Coefficients { path: 0, dims: vec![half, 2], found: 0 });
    let map = Multilinear::new(vec![Operand::new([(1, 1)]), Operand::new([(half, 1)])], vec![]).unwrap();
    assert_eq!(map.evaluate(&[&[0.0]]).unwrap_err(), MultilinearError::TooLarge { operand: 1 });
}

/// Each sum written out by hand.
#[test]
fn channels_are_joined_summed_and_repeated() {
    let evaluate = |text: &str, operands: &[(usize, &[usize])], arguments: &[&[f64]]| {
        with_modes(text, operands, &[1.0]).unwrap().evaluate(arguments).unwrap()
    };
    let (x, y): (&[f64], &[f64]) = (&[1.0, 2.0], &[3.0, 5.0, 7.0]);
    let outer = evaluate("u,v,uv", &[(1, &[2]), (1, &[3]), (1, &[2, 3])], &[x, y]);
    assert_eq!(outer, [3.0, 5.0, 7.0, 6.0, 10.0, 14.0]);
    assert_eq!(evaluate("u,v,", &[(1, &[2]), (1, &[3]), (1, &[])], &[x, y]), [45.0]);
    assert_eq!(evaluate("v,u", &[(1, &[2]), (1, &[3])], &[x]), [3.0; 3]);
    assert_eq!(evaluate("u,u", &[(1, &[2]), (1, &[1])], &[x]), [3.0]);
    assert_eq!(evaluate("u,u", &[(1, &[1]), (1, &[2])], &[&[4.0]]), [4.0; 2]);
    assert_eq!(evaluate("u,u", &[(1, &[0]), (1, &[1])], &[&[]]), [0.0]);
    assert_eq!(evaluate("uvw,u", &[(1, &[0, 1 << 31, 1 << 31]), (1, &[1])], &[&[]]), [0.0]);
    assert_eq!(evaluate("uv,vu", &[(1, &[2, 2]), (1, &[2, 2])], &[&[1.0, 2.0, 3.0, 4.0]]), [1.0, 3.0, 2.0, 4.0]);
}
