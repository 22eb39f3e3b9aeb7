//! Test oracles that users of the library need too: closeness, finite differences, equivariance.
