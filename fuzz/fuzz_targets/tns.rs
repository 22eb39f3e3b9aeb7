//! Any bytes as a sparse tensor: refused, or written and read again to the same elements.
#![no_main]

use libfuzzer_sys::fuzz_target;
use schur_io::tns::{Base, Form, read, write};

fuzz_target!(|bytes: &[u8]| {
    for base in [None, Some(Base::Zero), Some(Base::One)] {
        let Ok(tensor) = read(bytes, base) else { continue };
        let mut text = Vec::new();
        write(&mut text, &tensor, Form::WithHeader).expect("what was read can be written");
        let again = read(&text[..], Some(Base::One));
        // An index of 2^32 - 1 counted from zero has no name when counting from one.
        if tensor.indices.iter().flatten().all(|&index| index < u32::MAX) {
            assert_eq!(again.expect("what was written can be read"), tensor);
        }
    }
});
