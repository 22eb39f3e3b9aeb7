//! Readers of model files that only ever build data: nothing in a file is executed.
//!
//! A published PyTorch checkpoint is a zip archive with a pickle in it, and a pickle is a small program. Running it, as
//! Python does, runs whatever its author (or whoever changed it on the way) put there. Here the layers are:
//!
//! ```text
//! archive   bounded reading of zip members          torch        checkpoint = archive + pickle + allow-list
//! pickle    the program as symbolic data      -->   safetensors  our own model files
//! ```
//!
//! - [`pickle`] runs the pickle machine over a flat arena and leaves every call symbolic.
//! - [`archive`] reads members of a zip with a byte limit for each.
//! - [`torch`] recognises an allow-list (tensors, ordered dictionaries, numpy arrays) in that data.
//! - [`npy`] reads and writes NumPy's arrays of numbers, [`npz`] several of them by name.
//! - [`tns`] reads and writes sparse tensors as text, [`mat`] reads MATLAB's arrays.
//! - [`safetensors`] is the format of our own model files: tensors by name and text metadata.
//! - [`atomic_file`] writes an output completely or not at all; [`sha256`] names a file by its content.
//!
//! Every error names the byte, the archive member, the key or the tensor at fault. No input panics.
#![forbid(unsafe_code)]

pub mod archive;
pub mod atomic_file;
mod digest;
pub mod mat;
pub mod npy;
pub mod npz;
pub mod pickle;
pub mod safetensors;
mod tensor;
pub mod tns;
pub mod torch;

pub use atomic_file::write_atomically;
pub use digest::sha256;
pub use tensor::{DType, Data, Tensor, TensorError};
