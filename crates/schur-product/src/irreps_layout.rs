//! Features of any irreps in memory: parities, several blocks of one irrep, any order.
//!
//! A [`Layout`] is the case that fast potentials use: one block a degree, parities known elsewhere, channels as they are.
//! An [`IrrepsLayout`] follows a list of irreps block by block and pads the channels of each to whole registers, so that
//! matrix products and kernels take it without copies. [`IrrepsLayout::layout`] gives the plain one where both agree.

use schur_group::{Irrep, Irreps};
use schur_multilinear::Segment;
use schur_tensor::{CHANNEL_ALIGNMENT, Real, RowLayout};

use crate::{Layout, ProductError};

/// Most numbers of a node; sums and products of a few of them stay far from overflow.
const MAX_LEN: usize = 1 << 40;

/// All channels of one block of irreps: `[component][channel]`, channels padded with zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IrrepsBlock {
    /// The irrep.
    pub irrep: Irrep,
    /// Channels that count.
    pub channels: usize,
    /// Numbers from one component to the next: the channels, padded.
    pub stride: usize,
    /// Where the block begins in a node's memory.
    pub offset: usize,
}

impl IrrepsBlock {
    /// Numbers of the block, padding included.
    pub fn len(&self) -> usize {
        self.irrep.dim() * self.stride
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The block as rows of a matrix product over nodes `node_stride` apart.
    pub fn rows(&self, node_stride: usize) -> RowLayout {
        RowLayout { offset: self.offset, node_stride, components: self.irrep.dim(), component_stride: self.stride }
    }

    /// The block as a segment of a map, padding included.
    pub fn segment(&self) -> Segment {
        Segment { dim: self.irrep.dim(), channels: self.stride }
    }
}

/// Where each block of a list of irreps lies. See the module's documentation.
///
/// # Examples
/// ```
/// use schur_product::IrrepsLayout;
///
/// let layout = IrrepsLayout::new(&"2x1o+1x0e".parse()?)?;
/// assert_eq!((layout.len(), layout.blocks()[1].offset), (4 * 16, 3 * 16));
/// let node = layout.from_e3nn(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])?; // [channel][component]
/// assert_eq!(node[..2], [1.0, 4.0]); // [component][channel]
/// assert_eq!(layout.to_e3nn(&node)?, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IrrepsLayout {
    irreps: Irreps,
    blocks: Vec<IrrepsBlock>,
    len: usize,
}

impl IrrepsLayout {
    /// Lays out irreps, block after block.
    ///
    /// # Errors
    /// [`ProductError::TooLarge`] if a node would have more than 2^40 numbers.
    pub fn new(irreps: &Irreps) -> Result<Self, ProductError> {
        let too_large = || ProductError::TooLarge { irreps: irreps.clone() };
        let mut len = 0_usize;
        let mut blocks = Vec::with_capacity(irreps.len());
        for (channels, irrep) in irreps.iter() {
            let stride = channels.checked_next_multiple_of(CHANNEL_ALIGNMENT).ok_or_else(too_large)?;
            blocks.push(IrrepsBlock { irrep, channels, stride, offset: len });
            let end = stride.checked_mul(irrep.dim()).and_then(|block| block.checked_add(len));
            len = end.filter(|&end| end <= MAX_LEN).ok_or_else(too_large)?;
        }
        Ok(Self { irreps: irreps.clone(), blocks, len })
    }

    /// The irreps.
    pub fn irreps(&self) -> &Irreps {
        &self.irreps
    }

    /// The blocks, one for each block of the irreps.
    pub fn blocks(&self) -> &[IrrepsBlock] {
        &self.blocks
    }

    /// Numbers of a node, padding included.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The plain layout of the same memory, if channels need no padding and degrees ascend.
    pub fn layout(&self) -> Option<Layout> {
        let plain = self.blocks.iter().all(|block| block.channels == block.stride);
        let ascending = self.blocks.windows(2).all(|pair| pair[0].irrep.l < pair[1].irrep.l);
        (plain && ascending).then(|| Layout::new(self.blocks.iter().map(|block| (block.irrep.l, block.channels))))
    }

    /// Brings nodes from e3nn's order, `[channel][component]` for each block, without padding.
    ///
    /// # Errors
    /// [`ProductError::Length`] if these are not whole nodes.
    pub fn from_e3nn<T: Real>(&self, nodes: &[T]) -> Result<Vec<T>, ProductError> {
        let count = whole(nodes.len(), self.irreps.dim())?;
        let mut to = vec![T::ZERO; count * self.len];
        self.pair_up(count, |padded, plain| to[padded] = nodes[plain]);
        Ok(to)
    }

    /// Brings nodes to e3nn's order, `[channel][component]` for each block, without padding.
    ///
    /// # Errors
    /// [`ProductError::Length`] if these are not whole nodes.
    pub fn to_e3nn<T: Real>(&self, nodes: &[T]) -> Result<Vec<T>, ProductError> {
        let count = whole(nodes.len(), self.len)?;
        let mut to = vec![T::ZERO; count * self.irreps.dim()];
        self.pair_up(count, |padded, plain| to[plain] = nodes[padded]);
        Ok(to)
    }

    /// Goes through all numbers: where one lies here, and in e3nn's order.
    fn pair_up(&self, nodes: usize, mut pair: impl FnMut(usize, usize)) {
        for node in 0..nodes {
            let mut plain = node * self.irreps.dim();
            for block in &self.blocks {
                for channel in 0..block.channels {
                    for component in 0..block.irrep.dim() {
                        pair(node * self.len + block.offset + component * block.stride + channel, plain);
                        plain += 1;
                    }
                }
            }
        }
    }

    pub(crate) fn check(&self, what: &'static str, nodes: usize, found: usize) -> Result<(), ProductError> {
        check_length(what, nodes.saturating_mul(self.len), found)
    }
}

pub(crate) fn check_length(what: &'static str, expected: usize, found: usize) -> Result<(), ProductError> {
    if expected == found { Ok(()) } else { Err(ProductError::Length { what, expected, found }) }
}

fn whole(len: usize, node: usize) -> Result<usize, ProductError> {
    let nodes = len.checked_div(node).unwrap_or(0);
    check_length("a list of nodes", (nodes + usize::from(nodes * node < len)) * node, len)?;
    Ok(nodes)
}
