//! Any bytes as XYZ: refused, or written (where the format allows) and read again to the same frames.
#![no_main]

use libfuzzer_sys::fuzz_target;
use schur_atoms::Structure;
use schur_atoms::files::{Format, extxyz, read};

/// `None` for a name that the format cannot hold.
fn written(frames: &[Structure]) -> Option<Vec<u8>> {
    let mut file = Vec::new();
    frames.iter().try_for_each(|frame| extxyz::write_frame(&mut file, frame)).ok()?;
    Some(file)
}

fuzz_target!(|bytes: &[u8]| {
    for format in [Format::ExtendedXyz, Format::Xyz] {
        let Ok(frames) = read(bytes, format) else { continue };
        let Some(file) = written(&frames) else { continue };
        let again = read(&file, Format::ExtendedXyz).expect("what was written can be read");
        // Compared as bytes, in which a NaN equals itself.
        assert_eq!(written(&again), Some(file));
    }
});
