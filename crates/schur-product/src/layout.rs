//! Where the irreps of a feature lie in memory: `[node][component m of each irrep][channel]`.

use schur_multilinear::SegmentLayout;
use schur_tensor::RowLayout;

/// All channels of one degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Degree `l`; the block has `2l + 1` components.
    pub degree: usize,
    /// Channels, contiguous for each component.
    pub channels: usize,
    /// Where the block begins in a node's memory.
    pub offset: usize,
}

impl Block {
    /// Components of one channel: `2l + 1`.
    pub const fn dim(&self) -> usize {
        2 * self.degree + 1
    }

    /// The block as a segment of a multilinear map.
    pub const fn segment(&self) -> SegmentLayout {
        SegmentLayout { offset: self.offset, stride: self.channels }
    }

    /// The block as rows of a matrix product over nodes `node_stride` apart.
    pub const fn rows(&self, node_stride: usize) -> RowLayout {
        RowLayout { offset: self.offset, node_stride, components: self.dim(), component_stride: self.channels }
    }
}

/// The blocks of a feature, ascending in degree, at most one a degree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    blocks: Vec<Block>,
    len: usize,
}

impl Layout {
    /// Lays out `(degree, channels)` blocks one after the other.
    pub fn new(blocks: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let mut len = 0;
        let place = |(degree, channels): (usize, usize)| {
            let block = Block { degree, channels, offset: len };
            len += block.dim() * channels;
            block
        };
        let blocks = blocks.into_iter().map(place).collect();
        Self { blocks, len }
    }

    /// The blocks.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The block of a degree, if there is one.
    pub fn block(&self, degree: usize) -> Option<&Block> {
        self.blocks.iter().find(|block| block.degree == degree)
    }

    /// Numbers of a node.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether a node has none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
}
