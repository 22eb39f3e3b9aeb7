//! Lengths of irreps: the simplest invariants.
//!
//! Input: any irreps. Output: one even scalar a channel, block for block. The length has no derivative at zero; there
//! the gradient is given as zero, the mean of all directions, so that a vanishing feature never makes a NaN. Components
//! are scaled before they are squared, so neither large nor small ones leave the range of the type.

use schur_group::Irreps;
use schur_tensor::Real;

use crate::{IrrepsBlock, IrrepsLayout, ProductError};

/// Lengths, or squares of lengths, of all channels. See the module's documentation.
///
/// # Examples
/// ```
/// let norm = schur_product::Norm::new(&"1x1o+1x0o".parse()?, false)?;
/// let x = norm.inputs().from_e3nn(&[3.0, 0.0, 4.0, -2.0])?;
/// assert_eq!(norm.outputs().to_e3nn(&norm.forward(&x)?)?, [5.0, 2.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Norm {
    inputs: IrrepsLayout,
    outputs: IrrepsLayout,
    squared: bool,
}

impl Norm {
    /// Prepares lengths, or their squares if `squared`.
    ///
    /// # Errors
    /// [`ProductError::TooLarge`] if a node has too many numbers.
    pub fn new(irreps: &Irreps, squared: bool) -> Result<Self, ProductError> {
        let scalar = "0e".parse()?;
        let lengths = Irreps::new(irreps.iter().map(|(channels, _)| (channels, scalar)));
        Ok(Self { inputs: IrrepsLayout::new(irreps)?, outputs: IrrepsLayout::new(&lengths)?, squared })
    }

    /// The input's memory.
    pub fn inputs(&self) -> &IrrepsLayout {
        &self.inputs
    }

    /// The output's memory.
    pub fn outputs(&self) -> &IrrepsLayout {
        &self.outputs
    }

    /// Evaluates the lengths of nodes one after the other.
    ///
    /// # Shapes
    /// `[node][inputs]` to `[node][outputs]`.
    ///
    /// # Errors
    /// [`ProductError::Length`] if these are not whole nodes.
    pub fn forward<T: Real>(&self, x: &[T]) -> Result<Vec<T>, ProductError> {
        let nodes = self.nodes(x.len())?;
        let mut lengths = vec![T::ZERO; nodes * self.outputs.len()];
        self.visit(nodes, |from, to, block, channel| {
            let (length, scale) = length(&x[from..], block, channel);
            let value = if self.squared { length * length * (scale * scale) } else { length * scale };
            lengths[to] = T::from_f64(value);
        });
        Ok(lengths)
    }

    /// The cotangent of the input from that of the lengths: `x / |x|` times it, and zero where `x` is.
    ///
    /// # Shapes
    /// `x` as in [`forward`](Self::forward), `cotangent: [node][outputs]`; the result is like `x`.
    ///
    /// # Errors
    /// [`ProductError::Length`] if these are not as many whole nodes.
    pub fn backward<T: Real>(&self, x: &[T], cotangent: &[T]) -> Result<Vec<T>, ProductError> {
        let nodes = self.nodes(x.len())?;
        self.outputs.check("the cotangent of the lengths", nodes, cotangent.len())?;
        let mut gradient = vec![T::ZERO; x.len()];
        self.visit(nodes, |from, to, block, channel| {
            let (length, scale) = length(&x[from..], block, channel);
            for place in places(block, channel) {
                let direction = match (self.squared, length > 0.0) {
                    (true, _) => 2.0 * x[from + place].to_f64(),
                    (false, true) => x[from + place].to_f64() / scale / length,
                    (false, false) => 0.0,
                };
                gradient[from + place] = T::from_f64(cotangent[to].to_f64() * direction);
            }
        });
        Ok(gradient)
    }

    fn nodes(&self, len: usize) -> Result<usize, ProductError> {
        let nodes = len.checked_div(self.inputs.len()).unwrap_or(0);
        self.inputs.check("the input of the lengths", nodes, len)?;
        Ok(nodes)
    }

    /// Goes through all channels: where the block begins in the input, and the place in the output.
    fn visit(&self, nodes: usize, mut channel: impl FnMut(usize, usize, &IrrepsBlock, usize)) {
        for node in 0..nodes {
            for (block, result) in self.inputs.blocks().iter().zip(self.outputs.blocks()) {
                for u in 0..block.channels {
                    let from = node * self.inputs.len() + block.offset;
                    channel(from, node * self.outputs.len() + result.offset + u, block, u);
                }
            }
        }
    }
}

fn places(block: &IrrepsBlock, channel: usize) -> impl Iterator<Item = usize> + use<> {
    let stride = block.stride;
    (0..block.irrep.dim()).map(move |component| component * stride + channel)
}

/// The length of a channel in units of its largest component, and that component.
fn length<T: Real>(x: &[T], block: &IrrepsBlock, channel: usize) -> (f64, f64) {
    let values = || places(block, channel).map(|place| x[place].to_f64());
    // A NaN must come out as NaN, which `max` would swallow.
    let scale =
        values().fold(0.0_f64, |scale, value| if value.abs() > scale || value.is_nan() { value.abs() } else { scale });
    if scale == 0.0 {
        return (0.0, 0.0);
    }
    (values().map(|value| (value / scale) * (value / scale)).sum::<f64>().sqrt(), scale)
}
