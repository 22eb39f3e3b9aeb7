//! Tensor logic: programs of tensor equations, run over sparse relations and dense tensors, and trained.
#![forbid(unsafe_code)]
