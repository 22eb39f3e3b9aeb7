//! Any pickle as the program of a checkpoint: everything in it is asked for in every way.
//!
//! The fuzzer does not guess checksums, so the archive is made here around the pickle and one storage.
#![no_main]

use std::io::{Cursor, Write};

use libfuzzer_sys::fuzz_target;
use schur_io::torch::{Checkpoint, Item};
use zip::write::{SimpleFileOptions, ZipWriter};

/// Levels to which containers are entered.
const DEPTH: usize = 4;

fn archive(pickle: &[u8]) -> zip::result::ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in [("t/data.pkl", pickle), ("t/data/0", &[0x3f; 96])] {
        writer.start_file(name, stored)?;
        writer.write_all(bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}

fn ask(item: &Item, depth: usize) {
    let _ = (item.kind(), item.as_f64(), item.as_str(), item.to_f64s(), item.find("x"), item.to_bytes());
    if let Ok(tensor) = item.tensor() {
        assert_eq!(tensor.len(), tensor.to_f64().len());
    }
    if depth > 0 {
        item.state().iter().for_each(|state| ask(state, depth - 1));
        item.arguments().unwrap_or_default().iter().take(9).for_each(|item| ask(item, depth - 1));
        item.items().unwrap_or_default().iter().take(9).for_each(|item| ask(item, depth - 1));
        item.entries().unwrap_or_default().iter().take(9).for_each(|(_, item)| ask(item, depth - 1));
    }
}

fuzz_target!(|pickle: &[u8]| {
    let bytes = archive(pickle).expect("writing to memory does not fail");
    if let Ok(checkpoint) = Checkpoint::read(&bytes) {
        ask(&checkpoint.root(), DEPTH);
        let _ = checkpoint.root().to_json();
    }
});
