//! Properties of the language on random expressions.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod random_expression;
mod rewriting;
mod texts;
