//! Gates on any irreps: scalars through activations, other irreps times activated scalars.
//!
//! Input: scalars, then gates, then gated irreps. Output: scalars, then gated irreps. With activations `a`,
//! $$ s_u \to a(s_u), \qquad v_{mu} \to a(g_u)\, v_{mu}, $$
//! gates in the order of the gated channels. An activation must respect the parity of its scalars: an odd scalar needs an
//! odd function, which leaves it odd, or an even one, which makes it even. An odd gate turns the parity of what it gates.
//!
//! Where everything is even and SiLU, and channels fill registers, [`Gated::kernel`] gives the vectorised
//! [`Gate`] of `schur-multilinear` for the same memory.
//!
//! Source: e3nn 0.6, `nn/_gate.py`.

use schur_group::{Irrep, Irreps, Parity};
use schur_multilinear::{Gate, Segment};
use schur_tensor::{Real, pulp::Arch};

use crate::{IrrepsBlock, IrrepsLayout, ProductError};

/// A function of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivationKind {
    /// `s`: odd.
    Identity,
    /// `s / (1 + exp(-s))`: neither even nor odd.
    Silu,
    /// `1 / (1 + exp(-s))`: neither even nor odd.
    Sigmoid,
    /// `tanh s`: odd.
    Tanh,
    /// `|s|`: even.
    Abs,
}

/// A function of a scalar times a constant.
///
/// e3nn's constants make the second moment one for normal arguments; they are estimates of a random sample, so an import
/// takes them from where the model was trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Activation {
    /// The function.
    pub kind: ActivationKind,
    /// The constant.
    pub scale: f64,
}

impl Activation {
    /// The value and the derivative; `|s|` has derivative 0 at 0.
    pub fn evaluate(&self, s: f64) -> (f64, f64) {
        let sigmoid = || 1.0 / (1.0 + (-s).exp());
        let (value, slope) = match self.kind {
            ActivationKind::Identity => (s, 1.0),
            ActivationKind::Silu => (s * sigmoid(), sigmoid() * (1.0 + s * (1.0 - sigmoid()))),
            ActivationKind::Sigmoid => (sigmoid(), sigmoid() * (1.0 - sigmoid())),
            ActivationKind::Tanh => (s.tanh(), 1.0 - s.tanh() * s.tanh()),
            ActivationKind::Abs if s == 0.0 => (0.0, 0.0),
            ActivationKind::Abs => (s.abs(), s.signum()),
        };
        (self.scale * value, self.scale * slope)
    }

    /// The parity of the result, if the function respects that of the argument.
    pub fn parity(&self, argument: Parity) -> Option<Parity> {
        match (argument, self.kind) {
            (Parity::Even, _) => Some(Parity::Even),
            (Parity::Odd, ActivationKind::Identity | ActivationKind::Tanh) => Some(Parity::Odd),
            (Parity::Odd, ActivationKind::Abs) => Some(Parity::Even),
            (Parity::Odd, _) => None,
        }
    }
}

/// A gate on irreps. See the module's documentation.
///
/// # Examples
/// ```
/// use schur_product::{Activation, ActivationKind, Gated};
///
/// let tanh = Activation { kind: ActivationKind::Tanh, scale: 1.0 };
/// let gate = Gated::new(&"1x0e".parse()?, &[tanh], &"1x0o".parse()?, &[tanh], &"1x1o".parse()?)?;
/// assert_eq!(gate.outputs().irreps().to_string(), "1x0e+1x1e"); // an odd gate turns the parity
/// let x = gate.inputs().from_e3nn(&[0.5, -1.0, 1.0, 2.0, 3.0])?;
/// let y = gate.outputs().to_e3nn(&gate.forward(&x)?)?;
/// assert_eq!(y[3], (-1.0_f64).tanh() * 3.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Gated {
    inputs: IrrepsLayout,
    outputs: IrrepsLayout,
    /// One a block of scalars, then of gates.
    activations: Vec<Activation>,
    scalars: usize,
    /// For each gated block and channel: the block of gates and the channel in it.
    gates: Vec<Vec<(usize, usize)>>,
}

impl Gated {
    /// Prepares a gate, with one activation for each block of scalars and of gates.
    ///
    /// # Errors
    /// [`ProductError::Gate`] if scalars are none, gates are not as many as what they gate, or an activation does not
    /// respect a parity; [`ProductError::Length`] if activations are not as many as blocks.
    pub fn new(
        scalars: &Irreps,
        scalar_activations: &[Activation],
        gates: &Irreps,
        gate_activations: &[Activation],
        gated: &Irreps,
    ) -> Result<Self, ProductError> {
        let parities = check_activations(scalars, scalar_activations)?;
        let gate_parities = check_activations(gates, gate_activations)?;
        if gates.n_irreps() != gated.n_irreps() {
            let problem = "there must be one gate for each channel that is gated";
            return Err(ProductError::Gate { irreps: gates.clone(), problem });
        }
        let inputs = IrrepsLayout::new(&(&(scalars + gates) + gated))?;
        let mut channels = gates
            .iter()
            .enumerate()
            .flat_map(|(block, (channels, _))| (0..channels).map(move |channel| (block, channel)));
        let mut outputs: Vec<(usize, Irrep)> =
            scalars.iter().zip(parities).map(|((channels, _), parity)| (channels, Irrep::new(0, parity))).collect();
        let mut places = Vec::new();
        for (count, irrep) in gated.iter() {
            let own: Vec<(usize, usize)> = channels.by_ref().take(count).collect();
            let mut parities = own.iter().map(|&(block, _)| gate_parities[block]);
            let parity = parities.next().unwrap_or(Parity::Even);
            if parities.any(|other| other != parity) {
                let problem = "gates of one gated block must have the same parity: split the block";
                return Err(ProductError::Gate { irreps: gated.clone(), problem });
            }
            outputs.push((count, Irrep::new(irrep.l, irrep.parity * parity)));
            places.push(own.into_iter().map(|(block, channel)| (scalars.len() + block, channel)).collect());
        }
        let outputs = IrrepsLayout::new(&Irreps::new(outputs))?;
        let activations = [scalar_activations, gate_activations].concat();
        Ok(Self { inputs, outputs, activations, scalars: scalars.len(), gates: places })
    }

    /// The input's memory: scalars, gates, gated irreps.
    pub fn inputs(&self) -> &IrrepsLayout {
        &self.inputs
    }

    /// The output's memory: scalars, gated irreps.
    pub fn outputs(&self) -> &IrrepsLayout {
        &self.outputs
    }

    /// The vectorised gate for the same memory, if there is one: all SiLU with one constant, one block of scalars, a block
    /// of gates for each gated one, channels in whole registers.
    pub fn kernel<T: Real>(&self, arch: Arch) -> Option<Gate<T>> {
        let blocks = self.inputs.blocks();
        let first = *self.activations.first()?;
        let uniform = first.kind == ActivationKind::Silu && self.activations.iter().all(|other| *other == first);
        let aligned = blocks.iter().all(|block| block.channels == block.stride && block.channels > 0);
        let (gates, gated) = blocks[self.scalars..].split_at(self.activations.len() - self.scalars);
        let paired = gates.len() == gated.len() && gates.iter().zip(gated).all(|(a, b)| a.channels == b.channels);
        let segments: Vec<Segment> = gated.iter().map(IrrepsBlock::segment).collect();
        let scalars: usize = blocks[..self.scalars].iter().map(|block| block.channels).sum();
        (uniform && aligned && paired).then(|| Gate::new(arch, scalars, &segments, first.scale))
    }

    /// Applies the gate to nodes one after the other.
    ///
    /// # Shapes
    /// `[node][inputs]` to `[node][outputs]`.
    ///
    /// # Errors
    /// [`ProductError::Length`] if these are not whole nodes.
    pub fn forward<T: Real>(&self, x: &[T]) -> Result<Vec<T>, ProductError> {
        let nodes = self.nodes(x.len())?;
        let mut y = vec![T::ZERO; nodes * self.outputs.len()];
        for node in 0..nodes {
            let (x, y) = (&x[node * self.inputs.len()..], &mut y[node * self.outputs.len()..]);
            self.visit_scalars(|from, to, activation| y[to] = T::from_f64(activation.evaluate(x[from].to_f64()).0));
            self.visit_gated(|gate, activation, components| {
                let factor = T::from_f64(activation.evaluate(x[gate].to_f64()).0);
                components.for_each(|(from, to)| y[to] = factor * x[from]);
            });
        }
        Ok(y)
    }

    /// The cotangent of the input from that of the output.
    ///
    /// # Shapes
    /// `x` as in [`forward`](Self::forward), `cotangent: [node][outputs]`; the result is like `x`.
    ///
    /// # Errors
    /// [`ProductError::Length`] if these are not as many whole nodes.
    pub fn backward<T: Real>(&self, x: &[T], cotangent: &[T]) -> Result<Vec<T>, ProductError> {
        let nodes = self.nodes(x.len())?;
        self.outputs.check("the cotangent of a gate", nodes, cotangent.len())?;
        let mut gradient = vec![T::ZERO; x.len()];
        for node in 0..nodes {
            let begin = node * self.inputs.len();
            let (x, g) = (&x[begin..], &cotangent[node * self.outputs.len()..]);
            let gradient = &mut gradient[begin..];
            self.visit_scalars(|from, to, activation| {
                gradient[from] = T::from_f64(activation.evaluate(x[from].to_f64()).1) * g[to];
            });
            self.visit_gated(|gate, activation, components| {
                let (factor, slope) = activation.evaluate(x[gate].to_f64());
                let mut sum = 0.0;
                for (from, to) in components {
                    sum += x[from].to_f64() * g[to].to_f64();
                    gradient[from] = T::from_f64(factor) * g[to];
                }
                gradient[gate] = T::from_f64(slope * sum);
            });
        }
        Ok(gradient)
    }

    fn nodes(&self, len: usize) -> Result<usize, ProductError> {
        let nodes = len.checked_div(self.inputs.len()).unwrap_or(0);
        self.inputs.check("the input of a gate", nodes, len)?;
        Ok(nodes)
    }

    /// Goes through the scalars of a node: places in input and output.
    fn visit_scalars(&self, mut scalar: impl FnMut(usize, usize, &Activation)) {
        let blocks = self.inputs.blocks().iter().zip(self.outputs.blocks()).zip(&self.activations);
        for ((from, to), activation) in blocks.take(self.scalars) {
            (0..from.channels).for_each(|u| scalar(from.offset + u, to.offset + u, activation));
        }
    }

    /// Goes through the gated channels of a node: the place of the gate, and places of the components.
    fn visit_gated(&self, mut channel: impl FnMut(usize, &Activation, &mut dyn Iterator<Item = (usize, usize)>)) {
        let blocks = self.inputs.blocks();
        let gated = blocks[self.activations.len()..].iter().zip(&self.outputs.blocks()[self.scalars..]);
        for ((from, to), gates) in gated.zip(&self.gates) {
            for (u, &(block, gate)) in gates.iter().enumerate() {
                let places =
                    (0..from.irrep.dim()).map(|m| (from.offset + m * from.stride + u, to.offset + m * to.stride + u));
                channel(blocks[block].offset + gate, &self.activations[block], &mut { places });
            }
        }
    }
}

/// The parities of activated scalars.
fn check_activations(irreps: &Irreps, activations: &[Activation]) -> Result<Vec<Parity>, ProductError> {
    crate::irreps_layout::check_length("the list of activations", irreps.len(), activations.len())?;
    let parity = |((_, irrep), activation): ((usize, Irrep), &Activation)| {
        let refuse = |problem| Err(ProductError::Gate { irreps: irreps.clone(), problem });
        match activation.parity(irrep.parity) {
            _ if irrep.l > 0 => refuse("only scalars go through an activation"),
            Some(parity) => Ok(parity),
            None => refuse("an odd scalar needs an even or odd activation"),
        }
    };
    irreps.iter().zip(activations).map(parity).collect()
}
