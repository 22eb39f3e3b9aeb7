//! Sparse multilinear maps with symmetry: representation, transposes, kernels and plans.
