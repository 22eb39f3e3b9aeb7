//! Sparse tensors as text: files of others, both bases, round trips, and lines that are refused by number.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use schur_io::tns::{self, Base, Coordinates, Form, TnsError, read};

fn message(text: &str, base: Option<Base>) -> String {
    read(text.as_bytes(), base).unwrap_err().to_string()
}

#[test]
fn a_file_of_pyttb_reads_with_its_sizes() {
    let tensor = read(&include_bytes!("fixtures/pyttb_4way.tns")[..], None).unwrap();
    assert_eq!(tensor.shape, [5, 3, 2, 4]);
    let mut elements: Vec<([u32; 4], f64)> = (0..tensor.values.len())
        .map(|at| (std::array::from_fn(|mode| tensor.indices[mode][at]), tensor.values[at]))
        .collect();
    elements.sort_by_key(|element| element.0);
    let expected = [([0, 0, 1, 2], 0.1), ([1, 1, 1, 1], 3.0), ([3, 1, 0, 0], -2.5e-300), ([3, 2, 1, 2], 1e22)];
    assert_eq!(elements, expected);
}

#[test]
fn the_base_is_told_or_seen() {
    let text = b"# test\n\n2 2 2 6.0 # so\r\n\t1 3 1   2\n";
    let one = read(&text[..], None).unwrap();
    assert_eq!((one.shape.clone(), one.indices[1].clone()), (vec![2, 3, 2], vec![1, 2]));
    assert_eq!(one, read(&text[..], Some(Base::One)).unwrap());
    assert_eq!(read(&text[..], Some(Base::Zero)).unwrap().shape, [3, 4, 3]);
    assert_eq!(read(&b"2 2 1\n0 1 1\n"[..], None).unwrap().indices, [[2, 0], [2, 1]]);
    assert_eq!(
        message("1 1 1\n1 0 1\n", Some(Base::One)),
        "line 2: the index of mode 1 is 0, but indices count from one; read the file as zero-based"
    );
}

#[test]
fn elements_that_stand_twice_are_kept_twice() {
    assert_eq!(read(&b"1 1 1\n1 1 2"[..], None).unwrap().values, [1.0, 2.0]);
}

#[test]
fn broken_lines_are_named() {
    assert_eq!(message("", None), "the file holds no element");
    assert_eq!(message("# only\n\n", None), "the file holds no element");
    assert_eq!(message("1 1 1\n\n1 1\n", None), "line 3 has 2 columns, but the lines before have 3");
    assert_eq!(message("1 1 1\n1 1 1 1\n", None), "line 2 has 4 columns, but the lines before have 3");
    for index in ["-1", "1.5", "1e3", "4294967296", "99999999999999999999999", "x", "+1", "nan"] {
        let text = format!("1 1 1\n1 {index} 1\n");
        let expected = format!("line 2: the index of mode 1 is `{index}`, not a whole number from 0 to 4294967295");
        assert_eq!(message(&text, None), expected);
    }
    for value in ["nan", "inf", "-Infinity", "1e999", "one", "1,5"] {
        let expected = format!("line 2: the value is `{value}`, not a finite number");
        assert_eq!(message(&format!("1 1 1\n1 1 {value}\n"), None), expected);
    }
    assert_eq!(message("5\n", None), "line 1 has 1 columns; expected 1 to 16 indices and a value");
    assert!(matches!(read("1 ".repeat(18).as_bytes(), None), Err(TnsError::Order { line: 1, columns: 18 })));
    assert!(read("1 ".repeat(17).as_bytes(), None).is_ok());
    assert!(matches!(read("1".repeat(1 << 20).as_bytes(), None), Err(TnsError::Long { line: 1, .. })));
}

#[test]
fn headers_are_held_against_what_follows() {
    let head = "sptensor\n2\n2 3\n";
    assert_eq!(read(format!("{head}1\n1 3 5\n").as_bytes(), None).unwrap().shape, [2, 3]);
    assert_eq!(read(format!("{head}0\n").as_bytes(), None).unwrap().values, [0.0; 0]);
    let refused = |rest: &str, base| message(&format!("{head}{rest}"), base);
    assert_eq!(refused("2\n1 3 5\n", None), "the header promises 2 elements, but there are 1");
    assert_eq!(refused("1\n1 4 5\n", None), "line 5: index 3 of mode 1 is outside its 3 indices");
    assert_eq!(refused("1\n1 3 5\n", Some(Base::Zero)), "line 5: index 3 of mode 1 is outside its 3 indices");
    assert_eq!(refused("2\n1 3 5\n0 0 1", None), "line 5: index 3 of mode 1 is outside its 3 indices");
    assert_eq!(refused("1\n1 1 1 5\n", None), "line 5 has 4 columns, but the lines before have 3");
    assert_eq!(refused("x\n", None), "line 4: expected the number of elements, found `x`");
    assert_eq!(message("tensor\n", None), "line 1: expected indices and a value, or the word sptensor, found `tensor`");
    assert_eq!(message("sptensor\n17\n", None), "line 2: expected the number of modes, from 1 to 16, found `17`");
    assert_eq!(message("sptensor\n2\n3\n", None), "line 3: expected the size of each mode, found `3`");
    assert!(message("sptensor\n2\n", None).starts_with("line 3: expected the size of each mode"));
    // A promise of elements that are not there takes no memory.
    assert!(refused("18446744073709551615\n1 1 1\n", None).contains("but there are 1"));
}

#[test]
fn lists_that_do_not_fit_are_not_written() {
    let tensor = Coordinates { shape: vec![2, 2], indices: vec![vec![0], vec![]], values: vec![1.0] };
    assert!(tns::write(Vec::new(), &tensor, Form::WithHeader).is_err());
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        rows in proptest::collection::vec((proptest::array::uniform3(0_u32..50), -1e300_f64..1e300), 1..40),
        form in prop_oneof![Just(Form::Plain(Base::Zero)), Just(Form::Plain(Base::One)), Just(Form::WithHeader)],
    ) {
        let indices: Vec<Vec<u32>> = (0..3).map(|mode| rows.iter().map(|row| row.0[mode]).collect()).collect();
        let shape = indices.iter().map(|list| list.iter().max().map_or(0, |&largest| largest as usize + 1)).collect();
        let tensor = Coordinates { shape, indices, values: rows.iter().map(|row| row.1).collect() };
        let mut text = Vec::new();
        tns::write(&mut text, &tensor, form).unwrap();
        let base = if form == Form::Plain(Base::Zero) { Base::Zero } else { Base::One };
        prop_assert_eq!(read(&text[..], Some(base)).unwrap(), tensor);
    }

    #[test]
    fn no_text_panics(text in "[0-9a-z .\n#-]{0,200}") {
        let _ = read(text.as_bytes(), None);
        let _ = read(format!("sptensor\n2\n4 4\n1\n{text}").as_bytes(), None);
    }
}
