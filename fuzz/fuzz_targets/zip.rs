//! Any bytes as a zip archive, and as a checkpoint with everything in it read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use schur_io::archive::{Archive, ArchiveLimits};
use schur_io::torch::Checkpoint;

/// Limit of a member; small, so that what is slow is what is wrong.
const ENTRY_BYTES: u64 = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(archive) = Archive::open_with(bytes, ArchiveLimits::default().with_entry_bytes(ENTRY_BYTES)) {
        for name in archive.names() {
            if let Ok(content) = archive.entry(name) {
                assert!(content.len() as u64 <= ENTRY_BYTES);
            }
        }
    }
    if let Ok(checkpoint) = Checkpoint::read(bytes) {
        let _ = checkpoint.root().to_json();
        for (_, item) in checkpoint.root().entries().unwrap_or_default() {
            if let Ok(tensor) = item.tensor() {
                assert_eq!(tensor.len(), tensor.to_f64().len());
            }
            let _ = item.to_json();
        }
    }
});
