//! Irreps of O(3), spherical harmonics, Wigner matrices and 3j symbols: exact first, floats last.
