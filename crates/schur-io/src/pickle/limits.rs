//! How much a pickle may ask for.

/// Bounds on the work and memory that one pickle may cause.
///
/// The defaults hold for every checkpoint we know with a hundredfold margin; a caller who expects more says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Longest input in bytes; the pickle of a checkpoint holds names and shapes, not tensors.
    pub bytes: usize,
    /// Most values: each push on the stack, mark, memo entry and value made counts as one.
    ///
    /// Every reference that a container holds was pushed once, so this bounds the edges of the graph too.
    pub values: usize,
    /// Deepest nesting that a recursive walk over the result follows; parsing itself does not recurse.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 256 << 20, values: 4 << 20, depth: 128 }
    }
}
