//! Arrays of NumPy's: its own bytes, round trips, and what is refused.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use schur_io::npy::{self, Array, NpyError, Numbers};

/// A file with a given header and data, padded as NumPy pads.
fn file(header: &str, data: &[u8]) -> Vec<u8> {
    let len = (10 + header.len() + 1).next_multiple_of(64) - 10;
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(len).unwrap().to_le_bytes());
    bytes.extend(format!("{header:<width$}\n", width = len - 1).bytes());
    bytes.extend(data);
    bytes
}

fn header(descr: &str, fortran: &str, shape: &str) -> String {
    format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}")
}

#[test]
fn every_type_of_numbers_is_read_in_both_byte_orders() {
    let check = |descr: &str, data: &[u8], expected: Numbers| {
        let array = npy::read(&file(&header(descr, "False", "(2,)"), data)[..]).unwrap();
        assert_eq!(array, Array { shape: vec![2], numbers: expected }, "{descr}");
    };
    check("|b1", &[0, 1], Numbers::Bool(vec![false, true]));
    check("|i1", &[255, 1], Numbers::I64(vec![-1, 1]));
    check("|u1", &[255, 1], Numbers::I64(vec![255, 1]));
    check("<i2", &[254, 255, 1, 0], Numbers::I64(vec![-2, 1]));
    check(">i2", &[255, 254, 0, 1], Numbers::I64(vec![-2, 1]));
    check(">u4", &[0, 0, 1, 0, 255, 0, 0, 0], Numbers::I64(vec![256, 255 << 24]));
    check("<u8", &[1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], Numbers::I64(vec![1, 256]));
    check("<f4", &[0, 0, 128, 63, 0, 0, 0, 192], Numbers::F32(vec![1.0, -2.0]));
    check(">f4", &[63, 128, 0, 0, 192, 0, 0, 0], Numbers::F32(vec![1.0, -2.0]));
    check(">f8", &[1.5_f64.to_be_bytes(), (-0.0_f64).to_be_bytes()].concat(), Numbers::F64(vec![1.5, -0.0]));
    let parts = [1.0_f32, 2.0, 3.0, 4.0].map(f32::to_le_bytes).concat();
    check("<c8", &parts, Numbers::C32(vec![[1.0, 2.0], [3.0, 4.0]]));
    let parts = [1.0_f64, 2.0, 3.0, 4.0].map(f64::to_be_bytes).concat();
    check(">c16", &parts, Numbers::C64(vec![[1.0, 2.0], [3.0, 4.0]]));
}

#[test]
fn fortran_order_becomes_row_major() {
    let data: Vec<u8> = (0..6).collect();
    let array = npy::read(&file(&header("|u1", "True", "(2, 3)"), &data)[..]).unwrap();
    assert_eq!(array.numbers, Numbers::I64(vec![0, 2, 4, 1, 3, 5]));
}

#[test]
fn keys_may_come_in_any_order_and_sizes_as_python_2_wrote_them() {
    let text = "{\"shape\": (1L, 2), 'fortran_order':False , 'descr':'|u1'}";
    assert_eq!(npy::read(&file(text, &[7, 8])[..]).unwrap().shape, [1, 2]);
    assert_eq!(npy::read(&file(&header("|u1", "False", "()"), &[7])[..]).unwrap().shape, [0_usize; 0]);
    assert_eq!(npy::read(&file(&header("<f8", "False", "(3, 0)"), &[])[..]).unwrap().numbers, Numbers::F64(vec![]));
}

#[test]
fn what_is_not_an_array_of_numbers_is_refused_by_name() {
    let message = |bytes: &[u8]| npy::read(bytes).unwrap_err().to_string();
    assert_eq!(message(b"PK\x03\x04 something"), "this is no .npy file: it does not begin with \\x93NUMPY");
    assert_eq!(message(b""), "this is no .npy file: it does not begin with \\x93NUMPY");
    assert!(message(b"\x93NUMPY\x09\x00\x00\x00").starts_with("version 9.0"));
    assert!(message(&file(&header("|O", "False", "(1,)"), &[0])).starts_with("elements of type `|O` are not read"));
    assert!(message(&file(&header("<U4", "False", "(1,)"), &[0])).starts_with("elements of type `<U4`"));
    let records = "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }";
    assert!(message(&file(records, &[0; 8])).starts_with("elements of type `record`"));
    assert_eq!(message(&file(&header("|u1", "False", "(3,)"), &[0, 0])), "the file ends after 2 of 3 elements");
    assert_eq!(
        message(&file(&header("|u1", "False", "(1,)"), &[0, 0])),
        "the file goes on after the 1 elements of its shape"
    );
    let large = header("<f8", "False", "(4294967296, 4294967296)");
    assert!(message(&file(&large, &[])).contains("more elements than can be addressed"));
    assert!(message(&file("{'descr': '<f8', }", &[])).contains("expected all of"));
    assert!(message(&file(&header("<u8", "False", "(1,)"), &[255; 8])).contains("64-bit signed"));
}

#[test]
fn a_promise_of_many_elements_takes_no_memory() {
    let header = header("<f8", "False", "(1000000000000,)");
    assert!(matches!(
        npy::read(&file(&header, &[0; 16])[..]),
        Err(NpyError::Truncated { expected: 1_000_000_000_000, found: 2 })
    ));
}

#[test]
fn bytes_are_those_of_numpy() {
    let mut bytes = Vec::new();
    npy::write(&mut bytes, &[2], &Numbers::F64(vec![1.0, 2.0])).unwrap();
    let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }";
    let expected = [b"\x93NUMPY\x01\x00\x76\x00", format!("{text:<117}\n").as_bytes()].concat();
    assert_eq!(bytes[..128], expected);
    assert_eq!(bytes.len(), 128 + 16);
}

#[test]
fn a_wrong_number_of_elements_is_not_written() {
    assert!(npy::write(Vec::new(), &[2, 2], &Numbers::F64(vec![0.0; 3])).is_err());
}

proptest! {
    #[test]
    fn what_is_written_is_read(shape in prop::collection::vec(0_usize..4, 0..5), seed in any::<u64>()) {
        let count: usize = shape.iter().product();
        let numbers = |k: usize| f64::from_bits(0x3ff0_0000_0000_0000 | (seed.wrapping_mul(k as u64 + 1) >> 12));
        let list: Vec<f64> = (0..count).map(numbers).collect();
        for numbers in [
            Numbers::F64(list.clone()),
            Numbers::F32(list.iter().map(|&x| x as f32).collect()),
            Numbers::C64(list.iter().map(|&x| [x, -x]).collect()),
            Numbers::C32(list.iter().map(|&x| [x as f32, 0.5]).collect()),
            Numbers::I64(list.iter().map(|&x| x.to_bits().cast_signed()).collect()),
            Numbers::Bool(list.iter().map(|&x| x < 1.5).collect()),
        ] {
            let mut bytes = Vec::new();
            npy::write(&mut bytes, &shape, &numbers).unwrap();
            prop_assert_eq!(npy::read(&bytes[..]).unwrap(), Array { shape: shape.clone(), numbers });
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), cut in 0_usize..200, change in any::<(usize, u8)>()) {
        let _ = npy::read(&bytes[..]);
        let mut whole = file(&header("<f8", "False", "(2, 3)"), &[0; 48]);
        let at = change.0 % whole.len();
        whole[at] = change.1;
        let _ = npy::read(&whole[..]);
        let _ = npy::read(&whole[..cut.min(whole.len())]);
    }
}
