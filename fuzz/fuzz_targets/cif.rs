//! Any bytes as CIF: refused, or written (where the cell allows) and read again to the same atoms.
#![no_main]

use libfuzzer_sys::fuzz_target;
use schur_atoms::files::cif::{read, write};

fuzz_target!(|bytes: &[u8]| {
    for structure in read(bytes).unwrap_or_default() {
        let mut file = Vec::new();
        if write(&mut file, &structure).is_err() {
            continue;
        }
        // Rounding may bring two atoms below the distance that is refused, or a flat cell to no volume.
        let Ok(again) = read(&file) else { continue };
        assert_eq!(again[0].numbers, structure.numbers);
    }
});
