//! The text of an einsum: its grammar, its syntax tree, and what it means for given shapes.
