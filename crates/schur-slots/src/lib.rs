//! Slot lowering: any einsum as additions, multiplications and rotations of packed vectors.
//!
//! Homomorphic encryption of the CKKS kind computes on vectors of thousands of slots and offers three operations: add
//! two vectors slot by slot, multiply them slot by slot, and rotate one. [`lower`] turns a
//! [`Contraction`](schur_einsum::Contraction) into a [`SlotProgram`] of just these, whose text shows how tensors are
//! packed, how many rotations there are, and how deep products are nested: the three things that decide what the program costs.
//! A [`SlotMachine`] runs it.
//!
//! ```text
//! Contraction, slots --lower--> SlotProgram --run, SlotMachine--> numbers
//! ```
//!
//! # Machines
//!
//! [`PlainMachine`] computes in the clear. [`NoisyMachine`] does too, errs as CKKS does, and knows a bound on the
//! error. Neither encrypts anything: this crate has no back end that does, since no crate for Rust known to us is a
//! sound one for RNS-CKKS (as of November 2026).
//!
//! | crate | why not |
//! |---|---|
//! | `fhe` 0.1.1 | BFV only: integers |
//! | `tfhe` 1.8.0 | TFHE only: integers and Booleans, no slots |
//! | `sealy` 0.2.0 | Microsoft SEAL's CKKS, but under GPL-3; offers neither `rescale` nor a rotation of CKKS vectors |
//! | `seal_fhe` 0.8.1 | Microsoft SEAL's BFV only, and under AGPL-3 |
//! | `openfhe` 0.2.0 | needs OpenFHE (C++) installed under `/usr/local`; calls itself unfinished |
//! | `poulpy-ckks` 0.10.0 | CKKS in pure Rust and the one to watch, but not RNS, and it needs nightly Rust (`f128`) |
//! | `ckks-engine` 4.0.0 | no encryption: key coefficients from 1 to 99, no ring modulus in the keys, no rotation |
//!
//! The trait asks for no more than such libraries have, so a back end is one `impl` away.
#![forbid(unsafe_code)]

mod error;
mod lower;
mod machine;
mod packing;
mod program;

pub use error::{RunError, SlotError};
pub use lower::{Options, OutputPacking, lower, lower_packed};
pub use machine::{Noise, NoisyError, NoisyMachine, NoisyVector, PlainMachine, SlotMachine};
pub use packing::{Axis, Packing};
pub use program::{Instruction, Mask, SlotProgram, Summary};
