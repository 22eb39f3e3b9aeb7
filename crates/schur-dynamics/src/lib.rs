//! Relaxation and molecular dynamics.
