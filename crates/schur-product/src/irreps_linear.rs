//! Linear layers between any irreps, as e3nn's `o3.Linear`: every block of the input reaches the blocks of its own irrep.
//!
//! $$ y_{j m w} = b_{j w} + \sum_{i \to j} \frac{1}{\sqrt{n_{ij}}} \sum_u W^{ij}_{u w}\, x_{i m u} $$
//!
//! By Schur's lemma there is nothing else. The fan-in $n_{ij}$ is a [`PathNormalization`]; it depends on how irreps are
//! cut into blocks. For features of one block a degree, [`Linear`](crate::Linear) is the same layer on a plain
//! [`Layout`](crate::Layout), with the factors already in its weights.
//!
//! Source: e3nn 0.6, `o3/_linear.py`, for the order of weights and the factors.

use schur_group::Irreps;
use schur_tensor::{PackedMatrix, Real, pulp::Arch};

use crate::irreps_layout::check_length;
use crate::{IrrepsLayout, ProductError, products::PathNormalization};

/// One block of the input to one block of the output.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinearPath {
    /// Block of the input.
    pub input: usize,
    /// Block of the output.
    pub output: usize,
    /// Where its weights begin, `[input channel][output channel]`.
    pub weight: usize,
    /// What weights are multiplied by.
    pub factor: f64,
}

/// A linear layer on irreps. See the module's documentation.
///
/// # Examples
/// ```
/// use schur_product::{IrrepsLayout, IrrepsLinear, products::PathNormalization};
/// use schur_tensor::pulp::Arch;
///
/// let (inputs, outputs) = ("1o+0e+1o".parse()?, "1x1o".parse()?);
/// let layer = IrrepsLinear::<f64>::new(Arch::new(), &inputs, &outputs, PathNormalization::Element, &[3.0, 1.0], &[])?;
/// let x = layer.inputs().from_e3nn(&[1., 0., 0., 9., 0., 1., 0.])?;
/// let mut y = vec![0.0; layer.outputs().len()];
/// layer.forward(1, &x, &mut y)?;
/// let y = layer.outputs().to_e3nn(&y)?;
/// assert!((y[0] - 3.0 / 2.0_f64.sqrt()).abs() < 1e-15); // two channels come together
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct IrrepsLinear<T> {
    arch: Arch,
    inputs: IrrepsLayout,
    outputs: IrrepsLayout,
    paths: Vec<LinearPath>,
    matrices: Vec<[PackedMatrix<T>; 2]>,
    biases: Vec<f64>,
}

impl<T: Real> IrrepsLinear<T> {
    /// Lists all paths, by input, then output: the order of e3nn's weights.
    pub fn paths(inputs: &Irreps, outputs: &Irreps, normalization: PathNormalization) -> Vec<LinearPath> {
        let fan_in = |input: usize, output: usize| {
            let irrep = outputs.blocks()[output].1;
            let sources = inputs.iter().filter(|block| block.1 == irrep);
            let fan_in = match normalization {
                PathNormalization::Element => sources.map(|block| block.0 as f64).sum(),
                PathNormalization::Path => sources.count() as f64 * inputs.blocks()[input].0 as f64,
                PathNormalization::Raw => 1.0,
            };
            if fan_in > 0.0 { fan_in } else { 1.0 }
        };
        let mut paths = Vec::new();
        let mut weight = 0_usize;
        for (input, (from, irrep)) in inputs.iter().enumerate() {
            for (output, (to, _)) in outputs.iter().enumerate().filter(|(_, block)| block.1 == irrep) {
                paths.push(LinearPath { input, output, weight, factor: 1.0 / fan_in(input, output).sqrt() });
                weight = weight.saturating_add(from.saturating_mul(to));
            }
        }
        paths
    }

    /// Packs the weights of a layer.
    ///
    /// # Shapes
    /// `weights`: those of all [`paths`](Self::paths), one after the other. `biases`: one for each channel of each `0e`
    /// block of the output, or none at all.
    ///
    /// # Errors
    /// [`ProductError::Length`] or [`ProductError::TooLarge`] naming what does not fit.
    pub fn new(
        arch: Arch,
        inputs: &Irreps,
        outputs: &Irreps,
        normalization: PathNormalization,
        weights: &[f64],
        biases: &[f64],
    ) -> Result<Self, ProductError> {
        let paths = Self::paths(inputs, outputs, normalization);
        let (inputs, outputs) = (IrrepsLayout::new(inputs)?, IrrepsLayout::new(outputs)?);
        let size = |path: &LinearPath| [inputs.blocks()[path.input].channels, outputs.blocks()[path.output].channels];
        let end = paths.last().map_or(0, |path| {
            let [rows, columns] = size(path);
            path.weight.saturating_add(rows.saturating_mul(columns))
        });
        check_length("the weights of a linear layer", end, weights.len())?;
        if !biases.is_empty() {
            let scalars = outputs.blocks().iter().filter(|block| block.irrep.is_scalar());
            check_length("the biases of a linear layer", scalars.map(|b| b.channels).sum(), biases.len())?;
        }
        let pack = |path: &LinearPath| {
            let [rows, columns] = size(path);
            let value = |u: usize, w: usize| path.factor * weights[path.weight + u * columns + w];
            let forward: Vec<f64> = (0..rows * columns).map(|n| value(n / columns, n % columns)).collect();
            let transposed: Vec<f64> = (0..rows * columns).map(|n| value(n % rows, n / rows)).collect();
            [PackedMatrix::new(&forward, rows, columns), PackedMatrix::new(&transposed, columns, rows)]
        };
        let matrices = paths.iter().map(pack).collect();
        Ok(Self { arch, inputs, outputs, paths, matrices, biases: biases.to_vec() })
    }

    /// The input's memory.
    pub fn inputs(&self) -> &IrrepsLayout {
        &self.inputs
    }

    /// The output's memory.
    pub fn outputs(&self) -> &IrrepsLayout {
        &self.outputs
    }

    /// Applies the layer to nodes one after the other; blocks that no path reaches are zero.
    ///
    /// # Shapes
    /// `x`: `[node][inputs]`, `y`: `[node][outputs]`, overwritten.
    ///
    /// # Errors
    /// [`ProductError::Length`] if a slice has not that shape.
    pub fn forward(&self, nodes: usize, x: &[T], y: &mut [T]) -> Result<(), ProductError> {
        self.inputs.check("the input of a linear layer", nodes, x.len())?;
        self.outputs.check("the output of a linear layer", nodes, y.len())?;
        y.fill(T::ZERO);
        self.add_biases(y);
        for (path, [matrix, _]) in self.paths.iter().zip(&self.matrices) {
            let (from, to) = (&self.inputs.blocks()[path.input], &self.outputs.blocks()[path.output]);
            let (a, c) = (from.rows(self.inputs.len()), to.rows(self.outputs.len()));
            matrix.multiply(self.arch, nodes * a.components, (x, a), (y, c), true);
        }
        Ok(())
    }

    /// The transpose: the cotangent of the input from that of the output.
    ///
    /// # Shapes
    /// `cotangent`: `[node][outputs]`, `x`: `[node][inputs]`, overwritten.
    ///
    /// # Errors
    /// [`ProductError::Length`] if a slice has not that shape.
    pub fn backward(&self, nodes: usize, cotangent: &[T], x: &mut [T]) -> Result<(), ProductError> {
        self.outputs.check("the cotangent of a linear layer", nodes, cotangent.len())?;
        self.inputs.check("the input's cotangent of a linear layer", nodes, x.len())?;
        x.fill(T::ZERO);
        for (path, [_, matrix]) in self.paths.iter().zip(&self.matrices) {
            let (from, to) = (&self.inputs.blocks()[path.input], &self.outputs.blocks()[path.output]);
            let (a, c) = (to.rows(self.outputs.len()), from.rows(self.inputs.len()));
            matrix.multiply(self.arch, nodes * a.components, (cotangent, a), (x, c), true);
        }
        Ok(())
    }

    /// The cotangent of the weights, in the order of [`new`](Self::new), summed over nodes in double precision.
    ///
    /// # Errors
    /// [`ProductError::Length`] if a slice has not the shape of [`forward`](Self::forward).
    pub fn weight_cotangent(&self, nodes: usize, x: &[T], cotangent: &[T]) -> Result<Vec<f64>, ProductError> {
        self.inputs.check("the input of a linear layer", nodes, x.len())?;
        self.outputs.check("the cotangent of a linear layer", nodes, cotangent.len())?;
        let mut weights = Vec::new();
        for path in &self.paths {
            let (from, to) = (&self.inputs.blocks()[path.input], &self.outputs.blocks()[path.output]);
            let mut sums = vec![0.0; from.channels * to.channels];
            let (a, c) = (from.rows(self.inputs.len()), to.rows(self.outputs.len()));
            for row in 0..nodes * a.components {
                let (x, g) = (&x[a.start(row)..][..from.channels], &cotangent[c.start(row)..][..to.channels]);
                for (x, sums) in x.iter().zip(sums.chunks_exact_mut(to.channels.max(1))) {
                    sums.iter_mut().zip(g).for_each(|(sum, g)| *sum += path.factor * x.to_f64() * g.to_f64());
                }
            }
            weights.extend(sums);
        }
        Ok(weights)
    }

    fn add_biases(&self, y: &mut [T]) {
        if self.biases.is_empty() {
            return;
        }
        for node in y.chunks_exact_mut(self.outputs.len()) {
            let mut biases = self.biases.iter();
            for block in self.outputs.blocks().iter().filter(|block| block.irrep.is_scalar()) {
                let channels = node[block.offset..].iter_mut().take(block.channels);
                channels.zip(&mut biases).for_each(|(y, &bias)| *y = T::from_f64(bias));
            }
        }
    }
}
