//! Readers of model files that only ever build data: nothing in a file is executed.
#![forbid(unsafe_code)]

pub mod archive;
pub mod atomic_file;
mod digest;
pub mod pickle;

pub use atomic_file::write_atomically;
pub use digest::sha256;
