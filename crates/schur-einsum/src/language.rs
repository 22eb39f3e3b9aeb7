//! The text of an einsum: its grammar, its syntax tree, and what it means for given shapes.
//!
//! # Grammar
//! ```text
//! expression = terms [ "->" indices ] ;
//! terms      = term { "," term } ;
//! term       = indices | nested ;
//! nested     = "(" terms "->" indices ")" ;
//! indices    = { letter | "[" { name } "]" | "..." } ;        (* at most one "..." in a list *)
//! name       = character { character } ;                      (* names in brackets are parted by spaces *)
//! letter     = "a".."z" | "A".."Z" | "0".."9" | any other alphabetic character | any character from U+00C0 on ;
//! character  = letter other than a space | "_" | "'" ;
//! ```
//! Spaces, tabs and line ends mean nothing, save between names in brackets.
//! A letter is an index, and a name in brackets is one: `[i j]` is `ij`, and `i[row]k` has three indices.
//! Everything from U+00C0 on counts as a letter because opt_einsum numbers its indices by code points from there.
//!
//! # Meaning
//! - Each term is a tensor, each index an axis. Terms are multiplied, and the product is summed over the indices that
//!   the output has not. A list without indices is a scalar, so the empty text is one scalar.
//! - Without `->` the output is `...`, if a term has it, and then the indices that occur once in all terms together,
//!   in the order of [`Index`].
//! - An index twice in a term is a diagonal; twice in the output it fills a diagonal of the result, beside which the
//!   result is zero. An index of the output that no term has repeats the result; its size is given to
//!   [`Expression::bind`].
//! - `...` stands for all axes that no index names, as many as the term has. The axes of several ellipses are aligned
//!   at the last. They are summed if there is an output without `...`.
//! - An axis of size 1 fits any size of its index, and is then repeated; not within a diagonal.
//! - A nested expression is computed by itself. Its output names its axes for the expression around it; its other
//!   indices are its own, so that the two `j` of `(ij->i),ij->ij` have nothing to do with each other.
//!
//! # Compared to others
//! Whatever NumPy or opt_einsum accept means the same here. Beyond them are nesting, names, indices of the output that
//! are repeated or of no term. Where they differ, it is opt_einsum's way: NumPy refuses to sum over an ellipsis
//! (`...i->i`) unless it optimises, and letters other than the Latin ones, digits among them.
//!
//! # Source
//! NumPy 2.3 and opt_einsum 3.4 by their documentation and tests; M. Wenig et al., *The Syntax and Semantics of
//! einsum*, 2025 (arXiv 2509.20020).
//!
//! # Examples
//! ```
//! use schur_einsum::language::{Expression, Sizes};
//!
//! let attention = Expression::parse("[batch query head],[batch key head]->[batch query key]")?;
//! let bound = attention.bind(&[&[2, 5, 8], &[2, 7, 8]], &Sizes::new())?;
//! assert_eq!(bound.output_shape(), [2, 5, 7]);
//!
//! let error = Expression::parse("ij,jk,kl->il")?.bind(&[&[2, 3], &[3, 4], &[5, 6]], &Sizes::new()).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "index `k` has size 4 in operand 1 but 5 in operand 2\n  ij,jk,kl->il\n      ^ ^"
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bind;
mod bind_error;
mod excerpt;
mod index;
mod parse_error;
mod parser;
pub mod rewrite;
mod syntax;

pub use bind::{Bound, Input, Sizes, Step};
pub use bind_error::{BindError, Place};
pub use excerpt::{Excerpt, Span};
pub use index::{Index, Label};
pub use parse_error::ParseError;
pub use syntax::{Expression, Indices, Item, Term};
