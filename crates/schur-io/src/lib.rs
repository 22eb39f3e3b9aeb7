//! Readers of model files that only ever build data: nothing in a file is executed.
#![forbid(unsafe_code)]

pub mod pickle;
