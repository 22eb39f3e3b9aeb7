//! Any bytes as a model file: refused, or written and read again to the same content.
#![no_main]

use libfuzzer_sys::fuzz_target;
use schur_io::safetensors::ModelFile;

fuzz_target!(|bytes: &[u8]| {
    let Ok(model) = ModelFile::from_bytes(bytes) else { return };
    let written = model.to_bytes().expect("what was read can be written");
    let again = ModelFile::from_bytes(&written).expect("what was written can be read");
    // Compared as bytes, in which a NaN equals itself.
    assert_eq!(again.to_bytes().expect("what was read can be written"), written);
});
