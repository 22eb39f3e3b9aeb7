//! Any bytes as POSCAR: refused, or written (where the cell allows) and read again to the same structure.
#![no_main]

use libfuzzer_sys::fuzz_target;
use schur_atoms::files::poscar::{read, write};

fuzz_target!(|bytes: &[u8]| {
    let Ok(structure) = read(bytes) else { return };
    let mut file = Vec::new();
    if write(&mut file, &structure).is_err() {
        return;
    }
    let again = read(&file).expect("what was written can be read");
    // Compared as text, in which a NaN equals itself.
    assert_eq!(format!("{again:?}"), format!("{structure:?}"));
});
