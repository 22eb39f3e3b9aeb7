//! NumPy's archives: its own, round trips, and members that are no arrays.

use std::io::Cursor;

use schur_io::npy::{Array, Numbers};
use schur_io::npz;

fn ramp(count: usize) -> Vec<f64> {
    (0..count).map(|i| i as f64).collect()
}

#[test]
fn archives_of_numpy_are_read() {
    let arrays = npz::read(include_bytes!("fixtures/numpy.npz")).unwrap();
    let expected = [
        ("first", vec![2, 3], Numbers::F64(ramp(6))),
        ("second", vec![2], Numbers::I64(vec![0, 1])),
        ("third", vec![], Numbers::F32(vec![0.5])),
    ];
    let expected = expected.map(|(name, shape, numbers)| (name.to_owned(), Array { shape, numbers }));
    assert_eq!(arrays, expected);
    let compressed = npz::read(include_bytes!("fixtures/numpy_compressed.npz")).unwrap();
    assert_eq!(compressed[0], expected[0]);
}

#[test]
fn what_is_written_reads_back_and_is_the_same_each_time() {
    let (weights, factor) = (Numbers::F32(vec![1.5]), Numbers::F64(ramp(6)));
    let write = || {
        let mut file = Cursor::new(Vec::new());
        npz::write(&mut file, [("weights", &[1][..], &weights), ("factor0", &[3, 2][..], &factor)]).unwrap();
        file.into_inner()
    };
    let bytes = write();
    assert_eq!(bytes, write());
    let arrays = npz::read(&bytes).unwrap();
    assert_eq!(arrays[1], ("factor0".to_owned(), Array { shape: vec![3, 2], numbers: factor.clone() }));
    assert_eq!(arrays[0].1.numbers, weights);
}

#[test]
fn wrong_shapes_and_names_given_twice_are_not_written() {
    let numbers = Numbers::F64(ramp(2));
    let write = |arrays: &[(&str, &[usize], &Numbers)]| npz::write(Cursor::new(Vec::new()), arrays.iter().copied());
    assert!(write(&[("a", &[3], &numbers)]).is_err());
    assert!(write(&[("a", &[2], &numbers), ("a", &[2], &numbers)]).is_err());
}

#[test]
fn what_is_no_archive_of_arrays_is_an_error_that_names_the_array() {
    assert!(npz::read(b"no zip").is_err());
    let mut bytes = include_bytes!("fixtures/numpy.npz").to_vec();
    let place = bytes.windows(6).position(|window| window == b"\x93NUMPY").unwrap();
    bytes[place] = 0;
    // The checksum notices first.
    assert!(npz::read(&bytes).unwrap_err().to_string().contains("first"));
}
