//! Checkpoints made to do harm.
#![allow(clippy::unwrap_used, reason = "a test may panic, also in the functions it is made of")]

use std::io::{Cursor, Write};

use schur_io::torch::Checkpoint;
use schur_potential::Model;
use zip::write::{SimpleFileOptions, ZipWriter};

/// A file of kilobytes can describe terabytes of tensors; those that the model has no use for must not be read.
#[test]
fn tensors_without_use_are_not_read() {
    // Its storage is not there, so reading it would be an error.
    let storage = "(Vstorage\nctorch\nFloatStorage\nV0\nVcpu\nI1\ntQ";
    let tensor = format!("ctorch._utils\n_rebuild_tensor_v2\n({storage}I0\n(I1048576\nt(I0\ntI00\n}}tR");
    let pickle = format!("(dVconfig\n(dVversion\nV0.9.3\nssVmodel_state_dict\n(dVhuge\n{tensor}ss.");
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("tmp/data.pkl", SimpleFileOptions::default()).unwrap();
    writer.write_all(pickle.as_bytes()).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    let error = Model::from_sevennet(&Checkpoint::read(&bytes).unwrap()).unwrap_err().to_string();
    assert!(error.contains("irreps_manual"), "{error}");
}
