//! Models by name or file: where they are published, how they are fetched, where they are kept.
//!
//! ```text
//! registry   names, members of the published wheel, digests
//! pip        asks the machine's own pip for the wheel       pull     wheel -> checkpoint -> model file in the cache
//! cache      the folder, its files and their digests        locate   a --model argument -> a loaded model
//! verify     stored reference values
//! ```

pub mod cache;
pub mod convert;
pub mod locate;
pub mod pip;
pub mod pull;
pub mod registry;
pub mod verify;

pub use registry::DEFAULT;
