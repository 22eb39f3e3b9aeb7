//! A contraction planned once and run many times.
