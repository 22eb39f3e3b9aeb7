//! Runs the built `schur` in folders of its own, as a user would.
//!
//! Tests that need a published model fetch it once through `schur models pull`; where that is impossible they print
//! `skipped: WHAT: WHY`, and with `CI=true` they fail.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "the suite collects the lines of what was skipped")]

mod arguments;
mod dispersion;
mod einsum;
mod eval;
mod folder;
mod layer;
mod logic;
mod mace;
mod matgl;
mod md;
mod models;
mod products;
mod relax;
mod several;
mod tensor;
mod torchmd_net;
