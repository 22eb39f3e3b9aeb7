//! Tensor logic: programs of tensor equations, run over sparse relations and dense tensors, and trained.
//!
//! A rule of logic is a contraction over Booleans: the conditions of its body are joined on the variables that they
//! share, and the variables that its head does not name are projected away. So one language serves for facts and rules,
//! for shortest paths and probabilities, and for networks with learned parameters.
//!
//! ```text
//! text --parse--> tree --check--> names, domains, sums, strata --run--> relations, tensors, answers
//!                                                                 +--> graph --reverse--> learning
//! ```
//!
//! [`Program::run`] does all of it. The library opens no file and prints nothing: what a program reads `from` comes
//! through a function of the caller.
//!
//! # The language
//! A statement ends at a point, at a question mark, or at the end of a line; lines go on within brackets and behind an
//! operator or a comma. `#` begins a comment. Names of relations and tensors begin with a capital letter; variables,
//! domains and functions with a small one. Constants begin with a capital letter, are numbers, or stand in quotes.
//!
//! ```text
//! program    = { statement } ;
//! statement  = domain | relation | tensor | fact | rule | equation | query | minimize | seed | limit ;
//! domain     = "domain" word [ "=" ( count | constant { "," constant } ) ] ;
//! relation   = "relation" Name "(" [ words ] ")" [ "in" semiring ] [ "from" text ] ;
//! semiring   = "boolean" | "real" | "max-plus" | "max-times" | "min-plus" ;
//! tensor     = ( "data" | "random" | "param" ) Name [ "[" words "]" ] [ "=" source | "from" text ] ;
//! source     = number | list | "normal" "(" number ")" | "uniform" "(" number ")" | "unit" ;
//! list       = "[" ( number { "," number } | list { "," list } ) "]" ;
//!
//! fact       = atom [ "=" number ] ;
//! rule       = atom ":-" condition { "," condition } ;
//! condition  = [ "not" ] atom | argument comparison argument | element comparison number | number ;
//! atom       = Name "(" [ argument { "," argument } ] ")" ;
//! element    = Name [ "[" argument { "," argument } "]" ] ;
//! argument   = word | constant | "_" ;
//! comparison = "=" | "==" | "!=" | "<" | "<=" | ">" | ">=" ;
//!
//! equation   = head [ "max" | "min" | "avg" ] "=" sum ;
//! head       = Name [ "[" word [ "." ] { "," word [ "." ] } "]" ] ;
//! sum        = [ "-" ] product { ( "+" | "-" ) product } ;
//! product    = power { [ "*" | "/" ] power } ;
//! power      = factor [ "^" number ] ;
//! factor     = number | atom | element | "[" argument comparison argument "]" | "(" sum ")"
//!            | function [ "[" word "]" ] "(" sum ")"
//!            | ( "sum" | "max" | "min" | "avg" ) "[" words "]" "(" sum ")" ;
//! function   = "abs" | "cos" | "exp" | "log" | "relu" | "sig" | "sigmoid" | "silu" | "sin" | "softplus" | "sqrt"
//!            | "step" | "tanh" | "lnorm" | "logsoftmax" | "softmax" ;
//!
//! query      = [ "count" ] ( atom | element ) "?" ;
//! minimize   = "minimize" Name "with" ( "adam" | "gd" ) { [ "," ] ( "steps" count | "rate" number ) } ;
//! seed       = "seed" count ;
//! limit      = "limit" ( "rows" | "rounds" | "elements" ) count ;
//! words      = word { "," word } ;
//! ```
//!
//! # What it means
//! - **Domains.** Columns and axes run over domains. A variable in two places says that they run over one. Columns that
//!   nobody declares run over `entity`, whose elements are those that facts and tables mention.
//! - **Relations** hold rows with weights in a semiring; rows that are not there have its zero. A body multiplies the
//!   weights of its conditions, and derivations of one row add up. Rules that depend on themselves run to a fixed
//!   point, in the real numbers by repeated substitution. `not` asks a relation that is complete: a circle through a
//!   `not` is refused. Statements stand in any order.
//! - **Equations** give every element of a tensor. An index that the left-hand side lacks is summed, in the smallest
//!   product that has all its occurrences: `relu(W[i, j] X[j])` sums within the function, `A[i, j] relu(X[j])` outside.
//!   Terms have sums of their own; within a function, a power or a divisor, those that share an index are aligned
//!   along it if one of them has it once, so `(X[i] - Y[i])^2` is a sum of squares. An index that stands once in a
//!   term and within a function is refused as ambiguous, and one that is joined within a factor and stands in another;
//!   `sum[i](...)` says what is meant. `max=`, `min=` and `avg=` take the place of the sum. Equations with the same
//!   left-hand side add up. Relations are read as numbers, one where a row is.
//! - **Functions along an axis** (`softmax`, `logsoftmax`, `lnorm`) go along the index in brackets behind them, or the
//!   one that the left-hand side marks by a point. `[p <= q]` is one where it holds.
//! - **Learning.** `minimize` moves the parameters that a number depends on, one request after the other; then the
//!   queries are answered. `seed` fixes what is drawn, and a run gives the same numbers every time.
//!
//! # Source
//! P. Domingos, *Tensor Logic: The Language of AI*, 2025 (arXiv 2510.12269). Differences: sums within functions are
//! fixed by the rule above, which the paper leaves to the reader; relations have declared semirings in place of a step
//! function; there is no arithmetic in indices, so the layers of a network are written out.
#![forbid(unsafe_code)]

mod check;
mod dense;
mod error;
mod learn;
mod parse;
mod program;
mod relation;
mod run;

pub use error::{Fault, LogicError, Place, Suggestion};
pub use program::{Checked, Program};
pub use run::{Answer, Data, Outcome, Reader, Session, TrainingReport, Value};
