//! Blocks of nodes that meet in one group, to and from the memory of a kernel.

use schur_tensor::Real;

use crate::{IrrepsBlock, IrrepsLayout};

/// Some blocks of a layout, all with the same channels.
#[derive(Debug, Clone)]
pub(super) struct Operand {
    blocks: Vec<IrrepsBlock>,
    channels: usize,
    /// Numbers of a node.
    node: usize,
    /// Whether the blocks are the node, without padding.
    whole: bool,
}

impl Operand {
    pub fn new(layout: &IrrepsLayout, blocks: &[usize], channels: usize) -> Self {
        let blocks: Vec<IrrepsBlock> = blocks.iter().map(|&block| layout.blocks()[block]).collect();
        let unpadded = blocks.iter().all(|block| block.stride == channels);
        let whole = unpadded && blocks.iter().map(IrrepsBlock::len).sum::<usize>() == layout.len();
        Self { blocks, channels, node: layout.len(), whole }
    }

    /// Components of all blocks.
    pub fn rows(&self) -> usize {
        self.blocks.iter().map(|block| block.irrep.dim()).sum()
    }

    /// The first component of each block.
    pub fn starts(&self) -> Vec<usize> {
        let mut end = 0;
        let mut start = |block: &IrrepsBlock| {
            end += block.irrep.dim();
            end - block.irrep.dim()
        };
        self.blocks.iter().map(&mut start).collect()
    }

    /// Whether nodes are what a kernel reads and writes.
    pub fn whole(&self) -> bool {
        self.whole
    }

    pub fn len(&self, items: usize) -> usize {
        items * self.rows() * self.channels
    }

    /// The blocks of all nodes as `[item][component][channel]`.
    pub fn gather<'a, T: Real>(&self, nodes: &'a [T], buffer: &'a mut Vec<T>) -> &'a [T] {
        if self.whole {
            return nodes;
        }
        buffer.clear();
        for node in nodes.chunks_exact(self.node.max(1)) {
            for row in self.node_rows() {
                buffer.extend_from_slice(&node[row..row + self.channels]);
            }
        }
        buffer
    }

    /// Adds `[item][component][channel]` to the blocks of all nodes.
    pub fn add<T: Real>(&self, packed: &[T], nodes: &mut [T]) {
        let mut packed = packed.chunks_exact(self.channels.max(1));
        for node in nodes.chunks_exact_mut(self.node.max(1)) {
            for (row, values) in self.node_rows().zip(&mut packed) {
                node[row..row + self.channels].iter_mut().zip(values).for_each(|(sum, &value)| *sum += value);
            }
        }
    }

    /// Where each component begins in a node.
    fn node_rows(&self) -> impl Iterator<Item = usize> {
        self.blocks.iter().flat_map(|block| (0..block.irrep.dim()).map(move |m| block.offset + m * block.stride))
    }
}
