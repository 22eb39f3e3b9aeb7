//! The `schur` command.
fn main() {}
