//! Any bytes as a MATLAB file: refused, or arrays with as many numbers as their shapes say.
#![no_main]

use libfuzzer_sys::fuzz_target;
use schur_io::mat::{MatArray, read_within};

/// Limit of a compressed array; small, so that what is slow is what is wrong.
const ARRAY_BYTES: u64 = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let Ok(file) = read_within(bytes, ARRAY_BYTES) else { return };
    for (_, array) in file.arrays {
        match array {
            MatArray::Full(array) => assert_eq!(array.shape.iter().product::<usize>(), array.numbers.len()),
            MatArray::Sparse { shape, rows, columns, numbers } => {
                assert!(rows.len() == numbers.len() && columns.len() == numbers.len());
                assert!(rows.iter().all(|&row| row < shape[0]) && columns.iter().all(|&column| column < shape[1]));
            }
        }
    }
});
