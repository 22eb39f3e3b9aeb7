//! Slot lowering: any einsum as additions, multiplications and rotations of packed vectors.
#![forbid(unsafe_code)]
