//! SIMD lanes, aligned storage and matrix products.
