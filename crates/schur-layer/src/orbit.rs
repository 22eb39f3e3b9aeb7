//! Layers that commute with any group of permutations, such as the automorphisms of a graph: a weight for each orbit.

use schur_diagram::Automorphisms;
use schur_tensor::Real;
use schur_tensor::product::{Mode, Product, Strided};
use schur_tensor::semiring::Scalar;

use crate::linear::{check, multiply};
use crate::{LayerCost, LayerError};

/// A linear layer between tensor powers of `R^n` that commutes with a group of permutations of the coordinates.
///
/// Its weights are one matrix `[channels_in][channels_out]` for each orbit of pairs of an output and an input place.
/// Each orbit's inputs are summed before channels are mixed; places are kept as indices, weights never repeated.
///
/// # Examples
/// On the vertices of a square: the vertex itself, its neighbours, and the one across.
/// ```
/// use schur_diagram::Graph;
/// use schur_layer::{OrbitLinear, OrbitWorkspace};
///
/// let square: Graph = "0 1\n1 2\n2 3\n3 0".parse()?;
/// let layer = OrbitLinear::new(&square.automorphisms()?, 1, 1, 1, 1)?;
/// let mut y = [0.0; 4];
/// layer.forward(&[1.0, 10.0, 100.0], None, &[1.0, 2.0, 3.0, 4.0], &mut y, &mut OrbitWorkspace::default())?;
/// assert_eq!(y[0], 1.0 + 10.0 * (2.0 + 4.0) + 100.0 * 3.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct OrbitLinear {
    /// Places of the input and of the output, without channels.
    places: [usize; 2],
    channels: [usize; 2],
    parts: Vec<Part>,
    /// The orbit of each output place.
    biases: Vec<u32>,
    bias_count: usize,
}

/// One orbit: each output place that it has, with the input places that are summed there.
#[derive(Debug, Clone)]
struct Part {
    rows: Vec<usize>,
    /// As many for each row, because the group takes rows to each other.
    columns: Vec<usize>,
    each: usize,
}

/// Memory that runs of an orbit layer share; any layer and batch may use it.
#[derive(Debug, Clone)]
pub struct OrbitWorkspace<T> {
    sums: Vec<T>,
    mixed: Vec<T>,
    packing: Vec<T>,
}

impl<T> Default for OrbitWorkspace<T> {
    fn default() -> Self {
        Self { sums: Vec::new(), mixed: Vec::new(), packing: Vec::new() }
    }
}

impl OrbitLinear {
    /// A layer from `k` to `l` axes.
    ///
    /// # Shapes
    /// `[batch, n, .., n (k), channels_in]` -> `[batch, n, .., n (l), channels_out]`.
    /// # Errors
    /// [`LayerError::Diagram`] for more than `2^26` pairs of places; [`LayerError::Channels`] without channels.
    /// # Cost
    /// Time and memory of `n^(k + l)` places.
    pub fn new(
        group: &Automorphisms,
        k: usize,
        l: usize,
        channels_in: usize,
        channels_out: usize,
    ) -> Result<Self, LayerError> {
        if channels_in == 0 || channels_out == 0 {
            return Err(LayerError::Channels { channels_in, channels_out });
        }
        let orbits = group.orbits(k + l)?;
        let own = group.orbits(l)?;
        let columns = group.orbits(k)?.ids().len();
        let mut parts: Vec<Part> =
            (0..orbits.count()).map(|_| Part { rows: Vec::new(), columns: Vec::new(), each: 0 }).collect();
        for (place, &id) in orbits.ids().iter().enumerate() {
            let (row, part) = (place / columns, &mut parts[id as usize]);
            if part.rows.last() != Some(&row) {
                part.rows.push(row);
            }
            part.columns.push(place % columns);
        }
        for part in &mut parts {
            part.each = part.columns.len() / part.rows.len().max(1);
        }
        let biases = own.ids().to_vec();
        let places = [columns, biases.len()];
        Ok(Self { places, channels: [channels_in, channels_out], parts, biases, bias_count: own.count() })
    }

    /// How many maps there are: orbits of pairs of places.
    pub const fn map_count(&self) -> usize {
        self.parts.len()
    }

    /// Numbers of the weights: `[maps, channels_in, channels_out]`.
    pub const fn weight_len(&self) -> usize {
        self.parts.len() * self.channels[0] * self.channels[1]
    }

    /// Numbers of the bias: `[orbits of output places, channels_out]`.
    pub const fn bias_len(&self) -> usize {
        self.bias_count * self.channels[1]
    }

    /// Numbers of the input and the output of one item of a batch.
    pub const fn item_lens(&self) -> [usize; 2] {
        [self.places[0] * self.channels[0], self.places[1] * self.channels[1]]
    }

    /// What it costs, beside the dense matrix.
    pub fn cost(&self) -> LayerCost {
        let [ci, co] = self.channels.map(|channels| channels as f64);
        let part = |part: &Part| {
            let (sums, rows) = (part.columns.len() as f64, part.rows.len() as f64);
            sums * ci + 2.0 * rows * ci * co + rows * co
        };
        let dense = self.places.iter().map(|&places| places as f64).product::<f64>();
        let largest = self.parts.iter().map(|part| part.rows.len()).max().unwrap_or(0);
        LayerCost {
            flops_fast: self.parts.iter().map(part).sum(),
            flops_dense: 2.0 * dense * ci * co,
            workspace: largest * (self.channels[0] + self.channels[1]),
        }
    }

    /// Computes the layer.
    ///
    /// # Shapes
    /// As those of [`EquivariantLinear::forward`](crate::EquivariantLinear::forward).
    /// # Errors
    /// [`LayerError::Length`].
    pub fn forward<T: Scalar>(
        &self,
        weights: &[T],
        bias: Option<&[T]>,
        x: &[T],
        y: &mut [T],
        workspace: &mut OrbitWorkspace<T>,
    ) -> Result<(), LayerError> {
        let batch = self.batch(x.len(), y.len())?;
        check("the weights", weights.len(), self.weight_len())?;
        let [ci, co] = self.channels;
        y.fill(<T as Real>::ZERO);
        for (part, own) in self.parts.iter().zip(weights.chunks_exact(ci * co)) {
            let rows = batch * part.rows.len();
            self.gather(part, batch, x, &mut workspace.sums);
            workspace.mixed.resize(rows * co, <T as Real>::ZERO);
            let product = matrices([rows, ci, co], [1, ci], [co, 1]);
            multiply(&product, [&workspace.sums, own], &mut workspace.mixed, Mode::Overwrite, &mut workspace.packing);
            for (to, from) in places(batch, &part.rows, self.places[1]).zip(workspace.mixed.chunks_exact(co)) {
                add(&mut y[to * co..][..co], from);
            }
        }
        let Some(bias) = bias else { return Ok(()) };
        check("the bias", bias.len(), self.bias_len())?;
        for (place, part) in y.chunks_exact_mut(co).enumerate() {
            add(part, &bias[self.biases[place % self.places[1]] as usize * co..][..co]);
        }
        Ok(())
    }

    /// Takes a cotangent of the output back to the input.
    ///
    /// # Errors
    /// [`LayerError::Length`].
    pub fn transposed<T: Scalar>(
        &self,
        weights: &[T],
        dy: &[T],
        dx: &mut [T],
        workspace: &mut OrbitWorkspace<T>,
    ) -> Result<(), LayerError> {
        let batch = self.batch(dx.len(), dy.len())?;
        check("the weights", weights.len(), self.weight_len())?;
        let [ci, co] = self.channels;
        dx.fill(<T as Real>::ZERO);
        for (part, own) in self.parts.iter().zip(weights.chunks_exact(ci * co)) {
            let rows = batch * part.rows.len();
            self.take_rows(part, batch, dy, &mut workspace.sums);
            workspace.mixed.resize(rows * ci, <T as Real>::ZERO);
            let product = matrices([rows, co, ci], [1, co], [1, co]);
            multiply(&product, [&workspace.sums, own], &mut workspace.mixed, Mode::Overwrite, &mut workspace.packing);
            for (row, from) in workspace.mixed.chunks_exact(ci).enumerate() {
                let (item, own) = (row / part.rows.len(), row % part.rows.len());
                for &column in &part.columns[own * part.each..][..part.each] {
                    add(&mut dx[(item * self.places[0] + column) * ci..][..ci], from);
                }
            }
        }
        Ok(())
    }

    /// Computes the gradient of weights and bias from an input and a cotangent of the output; both are overwritten.
    ///
    /// # Errors
    /// [`LayerError::Length`].
    pub fn gradient<T: Scalar>(
        &self,
        x: &[T],
        dy: &[T],
        d_weights: &mut [T],
        d_bias: Option<&mut [T]>,
        workspace: &mut OrbitWorkspace<T>,
    ) -> Result<(), LayerError> {
        let batch = self.batch(x.len(), dy.len())?;
        check("the gradient of the weights", d_weights.len(), self.weight_len())?;
        let [ci, co] = self.channels;
        for (part, own) in self.parts.iter().zip(d_weights.chunks_exact_mut(ci * co)) {
            let rows = batch * part.rows.len();
            self.gather(part, batch, x, &mut workspace.sums);
            self.take_rows(part, batch, dy, &mut workspace.mixed);
            let product = matrices([ci, rows, co], [ci, 1], [co, 1]);
            multiply(&product, [&workspace.sums, &workspace.mixed], own, Mode::Overwrite, &mut workspace.packing);
        }
        let Some(d_bias) = d_bias else { return Ok(()) };
        check("the gradient of the bias", d_bias.len(), self.bias_len())?;
        d_bias.fill(<T as Real>::ZERO);
        for (place, part) in dy.chunks_exact(co).enumerate() {
            add(&mut d_bias[self.biases[place % self.places[1]] as usize * co..][..co], part);
        }
        Ok(())
    }

    fn gather<T: Scalar>(&self, part: &Part, batch: usize, x: &[T], sums: &mut Vec<T>) {
        let ci = self.channels[0];
        sums.clear();
        sums.resize(batch * part.rows.len() * ci, <T as Real>::ZERO);
        for (row, sum) in sums.chunks_exact_mut(ci).enumerate() {
            let (item, own) = (row / part.rows.len(), row % part.rows.len());
            for &column in &part.columns[own * part.each..][..part.each] {
                add(sum, &x[(item * self.places[0] + column) * ci..][..ci]);
            }
        }
    }

    fn take_rows<T: Scalar>(&self, part: &Part, batch: usize, y: &[T], rows: &mut Vec<T>) {
        let co = self.channels[1];
        rows.clear();
        places(batch, &part.rows, self.places[1]).for_each(|place| rows.extend_from_slice(&y[place * co..][..co]));
    }

    fn batch(&self, input: usize, output: usize) -> Result<usize, LayerError> {
        let [own, other] = self.item_lens();
        let batch = input.checked_div(own).unwrap_or(output / other.max(1));
        check("the input", input, batch * own)?;
        check("the output", output, batch * other)?;
        Ok(batch)
    }
}

/// The places of some rows, item after item.
fn places(batch: usize, rows: &[usize], size: usize) -> impl Iterator<Item = usize> + '_ {
    (0..batch).flat_map(move |item| rows.iter().map(move |row| item * size + row))
}

fn add<T: Scalar>(sum: &mut [T], other: &[T]) {
    sum.iter_mut().zip(other).for_each(|(sum, &x)| *sum += x);
}

/// A product of matrices: `left` has the strides of its inner axis and its rows, `right` those of its inner axis and its
/// columns.
fn matrices([rows, inner, columns]: [usize; 3], left: [usize; 2], right: [usize; 2]) -> Product {
    let strided = |size: usize, strides: [usize; 2]| vec![Strided { size, strides: strides.map(usize::cast_signed) }];
    Product {
        batch: Vec::new(),
        rows: strided(rows, [left[1], columns]),
        columns: strided(columns, [right[1], 1]),
        inner: strided(inner, [left[0], right[0]]),
    }
}
