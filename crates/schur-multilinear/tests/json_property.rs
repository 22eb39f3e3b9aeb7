//! Maps and polynomials through JSON: the same bits come back, and nothing that does not fit is read.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/random_map.rs"]
mod random_map;
#[path = "support/random_polynomial.rs"]
mod random_polynomial;

use proptest::prelude::*;
use random_map::{map, numbers, slices};
use random_polynomial::polynomial;
use schur_multilinear::{Multilinear, Operand, Path, Polynomial};
use schur_testkit::Random;

const MAP: &str = r#"{"format": "schur-multilinear", "version": 1, "modes": "uv,u,v",
 "operands": [[[1, 2, 3]], [[1, 2]], [[1, 3]]], "paths": [{"segments": [0, 0, 0], "coefficients": [0.5]}]}"#;

proptest! {
    #[test]
    fn round_trips_keep_every_bit(seed: u64, coefficient in any::<f64>().prop_filter("finite", |c| c.is_finite())) {
        let mut random = Random::new(seed);
        let map = map(&mut random);
        prop_assert_eq!(Multilinear::from_json(&map.to_json()).unwrap(), map);
        let polynomial = polynomial(&mut random);
        let read = Polynomial::from_json(&polynomial.to_json()).unwrap();
        let x = numbers(&mut random, polynomial.inputs());
        prop_assert_eq!(read.evaluate(&slices(&x)).unwrap(), polynomial.evaluate(&slices(&x)).unwrap());
        prop_assert_eq!(read, polynomial);
        let path = Path { segments: vec![0, 0], coefficients: vec![coefficient] };
        let scale = Multilinear::new(vec![Operand::new([(1, 1)]); 2], vec![path]).unwrap();
        let read = Multilinear::from_json(&scale.to_json()).unwrap();
        prop_assert_eq!(read.paths()[0].coefficients[0].to_bits(), coefficient.to_bits());
    }

    /// Text with some characters replaced is refused, or it is a map that can be written, transposed and put in order.
    #[test]
    fn damaged_text_is_refused_or_a_valid_map(seed: u64) {
        let mut random = Random::new(seed);
        let mut text: Vec<u8> = MAP.bytes().collect();
        for _ in 0..1 + random.below(3) {
            let place = random.below(text.len());
            text[place] = b"0123456789,[]{}\"uvw.e-"[random.below(22)];
        }
        if let Ok(map) = Multilinear::from_json(std::str::from_utf8(&text).unwrap()) {
            prop_assert_eq!(Multilinear::from_json(&map.to_json()).unwrap(), map.clone());
            prop_assert!(map.terms() <= map.cost().flops);
            prop_assert_eq!(map.transpose(0).transpose(0), map);
        }
    }
}

#[test]
fn text_that_does_not_fit_is_refused_with_the_reason() {
    assert_eq!(Multilinear::from_json(MAP).unwrap().terms(), 6);
    let cases = [
        ("\"version\": 1", "\"version\": 2", "version 2: expected \"schur-multilinear\", version 1"),
        ("schur-multilinear", "numbers", "format \"numbers\""),
        ("uv,u,v", "uu,u,v", "letter `u` stands twice in operand 0 of \"uu,u,v\" (character 1)"),
        ("uv,u,v", "uv,u", "for 2 operands; the map has 3"),
        ("[[1, 2]]", "[[1, 5]]", "path 0 joins segments of [2, 5] channels in mode `u`"),
        ("[[1, 2]]", "[[]]", "a segment of operand 1 has no dimension"),
        ("[[1, 2]]", "[[1, 2], [4294967296, 4294967296]]", "operand 1 has more numbers than fit into memory"),
        ("[[1, 2]]", "[[1, -2]]", "invalid value: integer `-2`"),
        ("[0, 0, 0]", "[0, 1, 0]", "path 0 names segment 1 of operand 1, which has 1"),
        ("[0.5]", "[0.5, 1]", "path 0 has 2 coefficients"),
        ("[0.5]", "[1e999]", "number out of range"),
        ("[0.5]", "[null]", "invalid type: null, expected f64"),
        ("\"paths\"", "\"path\"", "missing field `paths`"),
        ("]}]}", "", "EOF while parsing"),
    ];
    for (from, to, expected) in cases {
        assert!(MAP.contains(from), "{from}");
        let error = Multilinear::from_json(&MAP.replace(from, to)).unwrap_err();
        assert!(error.to_string().contains(expected), "{error} instead of {expected}");
    }
    let error = Multilinear::from_json("{\n\"format\": 1}").unwrap_err();
    assert_eq!((error.line, error.column), (2, 11));
}

#[test]
fn polynomials_that_do_not_fit_are_refused_with_the_reason() {
    let text = format!(
        r#"{{"format": "schur-polynomial", "version": 1, "inputs": [[[1, 6]], [[1, 2]]], "outputs": [[[3, 1]]],
            "terms": [{{"inputs": [0, 1], "output": 0, "map": {MAP}}}]}}"#
    );
    assert_eq!(Polynomial::from_json(&text).unwrap().degree(), 2);
    let cases = [
        ("[0, 1]", "[0, 2]", "there is no input 2: the polynomial has 2"),
        ("\"output\": 0", "\"output\": 1", "there is no output 1"),
        ("[[1, 6]]", "[[1, 7]]", "operand 0 of term 0 has 6 numbers, its buffer 7"),
        ("[[1, 6]]", "[[]]", "a segment of operand 0 has no dimension"),
        ("uv,u,v", "uv,w,v", "\"uv,w,v\""),
        ("schur-polynomial", "schur-multilinear", "expected \"schur-polynomial\""),
    ];
    for (from, to, expected) in &cases[..4] {
        let error = Polynomial::from_json(&text.replace(from, to)).unwrap_err();
        assert!(error.to_string().contains(expected), "{error} instead of {expected}");
    }
    // A letter that only one operand has is summed over: still a map.
    assert!(Polynomial::from_json(&text.replace(cases[4].0, cases[4].1)).is_ok());
    let error = Polynomial::from_json(&text.replace(cases[5].0, cases[5].1)).unwrap_err();
    assert!(error.to_string().contains(cases[5].2), "{error}");
    let error = Polynomial::from_json(&text.replace("[0.5]", "[]")).unwrap_err();
    assert!(error.to_string().contains("path 0 has 0 coefficients") && error.line > 1, "{error}");
}
