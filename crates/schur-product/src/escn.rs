//! The SO(2) form of a convolution: features times the harmonics of an edge, computed where the edge is the polar axis.
//!
//! In the frame of the edge only the `m = 0` harmonics are left, so a Clebsch-Gordan product couples a component `m` of
//! the features to `m` or `-m` of the result alone. With $D$ the rotation that takes the polar axis (y) to the edge,
//!
//! $$ \sum_{l_1 l_2} w_{l_1 l_2 l_3} \sqrt{2l_3+1}\; C^{l_1 l_2 l_3} (x_{l_1}, Y_{l_2}(\hat r))
//! = D_{l_3} \sum_{l_1} V_{l_1 l_3}\, D_{l_1}^\top x_{l_1}, \qquad
//! \begin{pmatrix} z_m \\ z_{-m} \end{pmatrix} = \begin{pmatrix} V^+_m & V^-_m \\ -V^-_m & V^+_m \end{pmatrix}
//! \begin{pmatrix} x_m \\ x_{-m} \end{pmatrix}. $$
//!
//! The weights of all paths are absorbed by $V^\pm_{m} = \sum_{l_2} w\, \sqrt{(2l_2+1)(2l_3+1)}\, C_{m\,0\,\pm m}$:
//! paths of even $l_1+l_2+l_3$ go into $V^+$, those of odd sum into $V^-$. If $l_2$ runs over all that couple, there are
//! as many $V$ as paths, and the change of weights is one to one.
//!
//! The rotation is $D = Z(\alpha)\, J Z(\beta) J$ with $J$ the half turn about $x + y$, a constant, and $Z$ the turn
//! about the polar axis, which mixes `m` and `-m` only. All of it costs O(L^3), against O(L^6) for the dense product.
//!
//! What is left free, the turn about the edge itself, is fixed to zero: $\gamma = 0$, and $\alpha = 0$ if the edge lies
//! on the polar axis. The result does not depend on it.
//!
//! Source: Passaro and Zitnick, "Reducing SO(3) convolutions to SO(2) for efficient equivariant GNNs", ICML 2023,
//! eqs. 4-9; the paper learns the `V` freely and draws the gauge at random.

mod circuit;
mod frame;
mod rotation;
mod weights;

pub use frame::EdgeFrame;
pub use weights::{EscnPath, So2Weight};

use schur_group::{Irrep, Irreps, WignerD};
use schur_multilinear::{Circuit, ComponentMatrix};

use crate::{ProductError, products::Symmetry};

/// What an eSCN convolution goes between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EscnOptions {
    /// Features; channels are a separate axis, so multiplicities are copies that mix with weights of their own.
    pub inputs: Irreps,
    /// Largest degree of the harmonics; with twice that of the features, every path is there.
    pub max_harmonic: usize,
    /// The result.
    pub outputs: Irreps,
    /// Largest `|m|` kept in the frame of the edge; `None` keeps all. A smaller one is cheaper and still equivariant,
    /// but no longer equal to the Clebsch-Gordan product.
    pub m_max: Option<usize>,
    /// Whether parities count; with [`Symmetry::So3`] those of the irreps are ignored.
    pub symmetry: Symmetry,
}

/// Which weights a circuit takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EscnWeights {
    /// Those in the frame of the edge, in the order of [`Escn::so2_weights`].
    #[default]
    So2,
    /// One a path, in the order of [`Escn::paths`]; the change costs O(L^4).
    Paths,
}

/// A convolution in SO(2) form. See the module's documentation.
///
/// # Examples
/// ```
/// use schur_product::{EdgeFrame, Escn, EscnOptions, EscnWeights, products::Symmetry};
///
/// let options = EscnOptions {
///     inputs: "0e+1o".parse()?,
///     max_harmonic: 2,
///     outputs: "0e+1o".parse()?,
///     m_max: None,
///     symmetry: Symmetry::O3,
/// };
/// let escn = Escn::new(&options)?;
/// assert_eq!(escn.paths().len(), 5); // 0 0 0, 0 1 1, 1 0 1, 1 1 0, 1 2 1
/// let frame = EdgeFrame::new([0.0, 0.0, 2.0], escn.l_max())?;
/// let circuit = escn.circuit(EscnWeights::Paths)?;
/// // The path 0 1 1 alone turns a scalar into the direction of the edge, times sqrt(3).
/// let z = circuit.evaluate(&[&[1.0, 0.0, 0.0, 0.0], &frame.rows(), &[0.0, 1.0, 0.0, 0.0, 0.0]])?;
/// assert!((z[3] - 3.0_f64.sqrt()).abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Escn {
    inputs: Vec<Irrep>,
    outputs: Vec<Irrep>,
    m_max: usize,
    l_max: usize,
    paths: Vec<EscnPath>,
    weights: Vec<So2Weight>,
    weight_map: ComponentMatrix,
    half_turns: Vec<ComponentMatrix>,
}

impl Escn {
    /// Lists the paths and weights and computes the constants.
    ///
    /// # Errors
    /// [`ProductError::Group`] if a degree is larger than [`WignerD::MAX_DEGREE`].
    pub fn new(options: &EscnOptions) -> Result<Self, ProductError> {
        let (inputs, outputs) = (expand(&options.inputs)?, expand(&options.outputs)?);
        let l_max = inputs.iter().chain(&outputs).map(|irrep| irrep.l).max().unwrap_or(0);
        let m_max = options.m_max.unwrap_or(l_max).min(l_max);
        let paths = weights::list_paths(&inputs, options.max_harmonic, &outputs, options.symmetry);
        let (weights, weight_map) = weights::absorb(&inputs, &outputs, &paths, m_max)?;
        let half_turns = rotation::half_turns(l_max)?;
        Ok(Self { inputs, outputs, m_max, l_max, paths, weights, weight_map, half_turns })
    }

    /// The irreps of the features, one entry a copy.
    pub fn inputs(&self) -> &[Irrep] {
        &self.inputs
    }

    /// The irreps of the result, one entry a copy.
    pub fn outputs(&self) -> &[Irrep] {
        &self.outputs
    }

    /// Largest degree of features and result, which an [`EdgeFrame`] must reach.
    pub fn l_max(&self) -> usize {
        self.l_max
    }

    /// The paths of the Clebsch-Gordan product, by input, then harmonic, then output.
    pub fn paths(&self) -> &[EscnPath] {
        &self.paths
    }

    /// The weights in the frame of the edge, by output, then input, then `m`.
    pub fn so2_weights(&self) -> &[So2Weight] {
        &self.weights
    }

    /// The matrix that makes [`So2`](EscnWeights::So2) weights of path weights.
    ///
    /// A model whose radial network ends in a linear layer can absorb it there, once.
    pub fn weight_map(&self) -> &ComponentMatrix {
        &self.weight_map
    }

    /// Writes the convolution as a circuit.
    ///
    /// Arguments: the features; [`EdgeFrame::rows`] with one channel; the weights.
    ///
    /// # Errors
    /// None for a map that [`Escn::new`] has made.
    ///
    /// # Cost
    /// O(L^3) flops a channel with [`EscnWeights::So2`], for one copy of each degree up to L.
    pub fn circuit(&self, weights: EscnWeights) -> Result<Circuit, ProductError> {
        circuit::write(self, weights, false)
    }

    /// As [`circuit`](Self::circuit), with one more argument through which the edge can be differentiated.
    ///
    /// The fourth argument is the *tilt* $(\varepsilon_x, \varepsilon_z)$, one channel, always given as zeros: it
    /// turns the frame further by $\exp(\varepsilon_x L_x + \varepsilon_z L_z)$, written to second order. Its cotangent
    /// is the torque on the edge, from which [`EdgeFrame::gradient`] makes the derivative with respect to the edge
    /// vector; no angle is differentiated, so the poles are ordinary points. Cotangents of the rows themselves need not
    /// be computed. The second order makes the tangent of the reverse pass right as well; see
    /// [`EdgeFrame::gradient_tangent`].
    ///
    /// # Errors
    /// None for a map that [`Escn::new`] has made.
    pub fn differentiable_circuit(&self, weights: EscnWeights) -> Result<Circuit, ProductError> {
        circuit::write(self, weights, true)
    }
}

/// One entry a copy; refuses degrees without exact coefficients before anything is allocated.
fn expand(irreps: &Irreps) -> Result<Vec<Irrep>, ProductError> {
    let max = WignerD::MAX_DEGREE;
    match irreps.iter().find(|(_, irrep)| irrep.l > max) {
        Some((_, irrep)) => {
            Err(schur_group::GroupError::DegreeTooLarge { what: "Wigner 3j symbols", l: irrep.l, max }.into())
        }
        None => Ok(irreps.iter().flat_map(|(copies, irrep)| std::iter::repeat_n(irrep, copies)).collect()),
    }
}
