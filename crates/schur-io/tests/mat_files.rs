//! MATLAB's files: what scipy wrote, in all types, and what is refused.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use schur_io::mat::{MatArray, MatError, MatFile, read, read_within};
use schur_io::npy::{Array, Numbers};

const PLAIN: &[u8] = include_bytes!("fixtures/scipy_plain.mat");
const COMPRESSED: &[u8] = include_bytes!("fixtures/scipy_compressed.mat");

fn array<'a>(file: &'a MatFile, name: &str) -> &'a MatArray {
    &file.arrays.iter().find(|(found, _)| found == name).unwrap().1
}

fn full(shape: &[usize], numbers: Numbers) -> MatArray {
    MatArray::Full(Array { shape: shape.to_vec(), numbers })
}

#[test]
fn arrays_of_every_type_are_read_compressed_or_not() {
    let file = read(PLAIN).unwrap();
    assert_eq!(file, read(COMPRESSED).unwrap());
    let halves = (0..24).map(|i| f64::from(i) + 0.5).collect();
    assert_eq!(array(&file, "double"), &full(&[2, 3, 4], Numbers::F64(halves)));
    assert_eq!(array(&file, "whole"), &full(&[3, 2], Numbers::F64((0..6).map(f64::from).collect())));
    let thirds = [0.0_f32, 1.0, 2.0, 3.0].map(|x| x / 3.0).to_vec();
    assert_eq!(array(&file, "single"), &full(&[2, 2], Numbers::F32(thirds)));
    let complex = [0.0, 1.0, 2.0, 3.0].map(|x| [x, x - 1.5]).to_vec();
    assert_eq!(array(&file, "complex"), &full(&[2, 2], Numbers::C64(complex)));
    assert_eq!(array(&file, "logical"), &full(&[2, 2], Numbers::Bool(vec![false, true, false, true])));
    assert_eq!(array(&file, "scalar"), &full(&[1, 1], Numbers::F64(vec![7.25])));
    assert_eq!(array(&file, "empty"), &full(&[0, 3], Numbers::F64(vec![])));
    let least = [
        ("int8", i64::from(i8::MIN)),
        ("int16", i64::from(i16::MIN)),
        ("int32", i64::from(i32::MIN)),
        ("int64", i64::MIN),
        ("uint8", 0),
        ("uint16", 0),
        ("uint32", 0),
        ("uint64", 0),
    ];
    for (name, least) in least {
        let expected = (1..5).map(|i| least + i).collect();
        assert_eq!(array(&file, name), &full(&[2, 2], Numbers::I64(expected)), "{name}");
    }
}

#[test]
fn sparse_arrays_are_read_column_after_column() {
    let file = read(PLAIN).unwrap();
    let (rows, columns, numbers) = (vec![1, 0, 2], vec![0, 1, 1], Numbers::F64(vec![2.0, 1.5, -3.0]));
    assert_eq!(array(&file, "sparse"), &MatArray::Sparse { shape: [4, 3], rows, columns, numbers });
}

#[test]
fn what_is_no_array_of_numbers_is_named() {
    let skipped = read(PLAIN).unwrap().skipped;
    for (name, what) in [("text", "text"), ("cell", "a cell array"), ("structure", "a structure")] {
        assert!(skipped.contains(&(name.to_owned(), what)), "{skipped:?}");
    }
}

#[test]
fn other_versions_are_refused_by_name() {
    let message = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
    assert!(message(include_bytes!("fixtures/scipy_level4.mat")).contains("level 4"));
    assert!(message(b"MATLAB 7.3 MAT-file, Platform: GLNXA64").contains("version 7.3 (HDF5)"));
    assert!(message(b"\x89HDF\r\n\x1a\n").contains("version 7.3 (HDF5)"));
    assert!(matches!(read(b""), Err(MatError::Magic)));
    assert!(matches!(read(&[b'M'; 200]), Err(MatError::Magic)));
}

#[test]
fn files_cut_anywhere_are_errors_or_shorter_files() {
    let whole = read(PLAIN).unwrap().arrays.len();
    for end in (0..PLAIN.len()).step_by(7) {
        if let Ok(file) = read(&PLAIN[..end]) {
            assert!(file.arrays.len() <= whole);
        }
    }
    assert!(read(&COMPRESSED[..COMPRESSED.len() - 3]).is_err());
}

#[test]
fn compressed_arrays_stay_within_the_limit() {
    assert!(matches!(read_within(COMPRESSED, 100), Err(MatError::Large { limit: 100 })));
    assert!(read_within(COMPRESSED, 1 << 12).is_ok());
}

/// One array with a given class, sizes and data, in the form of the other byte order.
fn big_endian(class: u32, sizes: &[i32], kind: u32, data: &[u8]) -> Vec<u8> {
    let part = |kind: u32, data: &[u8]| {
        let mut bytes = [kind.to_be_bytes(), u32::try_from(data.len()).unwrap().to_be_bytes()].concat();
        bytes.extend(data);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    };
    let sizes: Vec<u8> = sizes.iter().flat_map(|size| size.to_be_bytes()).collect();
    let flags = [class.to_be_bytes(), [0; 4]].concat();
    let content = [part(6, &flags), part(5, &sizes), part(1, b"x"), part(kind, data)].concat();
    let mut file = vec![b' '; 124];
    file.extend([1, 0, b'M', b'I']);
    file.extend(part(14, &content));
    file
}

#[test]
fn the_other_byte_order_is_read() {
    let data: Vec<u8> = [1_i16, -2, 3].iter().flat_map(|value| value.to_be_bytes()).collect();
    let file = read(&big_endian(6, &[1, 3], 3, &data)).unwrap();
    assert_eq!(array(&file, "x"), &full(&[1, 3], Numbers::F64(vec![1.0, -2.0, 3.0])));
}

#[test]
fn arrays_that_cannot_be_are_refused() {
    let refused = |class, sizes: &[i32], kind, data: &[u8]| read(&big_endian(class, sizes, kind, data)).unwrap_err();
    assert!(matches!(refused(6, &[2, 2], 2, &[1, 2, 3]), MatError::Count { expected: 4, found: 3, .. }));
    assert!(matches!(refused(6, &[1, 2], 2, &[1, 2, 3]), MatError::Count { expected: 2, found: 3, .. }));
    assert!(matches!(refused(6, &[-1, 2], 2, &[]), MatError::Shape { .. }));
    assert!(matches!(refused(6, &[i32::MAX; 4], 2, &[]), MatError::Shape { .. }));
    assert!(matches!(refused(6, &[i32::MAX, i32::MAX], 2, &[]), MatError::Count { found: 0, .. }));
    assert!(matches!(refused(15, &[1, 1], 13, &[255; 8]), MatError::Integer { value: u64::MAX, .. }));
    assert!(matches!(refused(6, &[1, 1], 99, &[0; 8]), MatError::Kind { found: 99, .. }));
    assert!(matches!(refused(99, &[1, 1], 2, &[0]), MatError::Kind { found: 99, .. }));
}

proptest! {
    #[test]
    fn no_change_of_bytes_panics(changes in proptest::collection::vec((128..PLAIN.len(), any::<u8>()), 1..20)) {
        let mut bytes = PLAIN.to_vec();
        for (place, byte) in changes {
            bytes[place] = byte;
        }
        let _ = read_within(&bytes, 1 << 20);
    }
}
