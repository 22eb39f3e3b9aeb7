//! The layer: weights for every map, forward, transposed, and the gradient of its weights.

use schur_diagram::Group;
use schur_tensor::Real;
use schur_tensor::semiring::Scalar;

use crate::cost::LayerCost;
use crate::route::Route;
use crate::{LayerError, Sort, Space, Wiring};

mod carry;
mod dense;
pub(crate) mod exchange;
mod flow;
mod packed;
mod through;
mod tile;
mod weights;

pub(crate) use carry::Tracks;
pub(crate) use dense::Dense;
pub use flow::LayerWorkspace;
pub(crate) use flow::multiply;

/// Items of a batch that run side by side: a register of `f32`, and two of `f64`.
const LANES: usize = 16;

/// With more channels there is enough side by side in one item.
const MOST_NARROW: usize = 4;

/// A linear layer between tensor powers that commutes with a group.
///
/// $$ y_{I, c'} = \sum_\pi \sum_{J, c} D^\pi_{I J}\, w^\pi_{c c'}\, x_{J, c} + \sum_\rho D^\rho_I\, b^\rho_{c'} $$
///
/// with one weight matrix for each diagram `pi` of a basis of the maps, and one bias vector for each diagram `rho` of a
/// basis of the invariant tensors.
///
/// # Examples
/// Layers on matrices that commute with permutations have fifteen maps.
/// ```
/// use schur_diagram::Group;
/// use schur_layer::{EquivariantLinear, LayerWorkspace};
///
/// let layer = EquivariantLinear::new(Group::Symmetric, 5, 2, 2, 1, 1)?;
/// assert_eq!((layer.maps().len(), layer.biases().len()), (15, 2));
/// // All weights zero but that of the transpose.
/// let transpose = layer.maps().iter().position(|map| map.to_string() == "ab|ba").unwrap();
/// let mut weights = vec![0.0; layer.weight_len()];
/// weights[transpose] = 1.0;
/// let x: Vec<f64> = (0..25).map(f64::from).collect();
/// let mut y = vec![0.0; 25];
/// layer.forward(&weights, None, &x, &mut y, &mut LayerWorkspace::default())?;
/// assert_eq!(y[1], 5.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct EquivariantLinear {
    maps: Vec<Wiring>,
    biases: Vec<Wiring>,
    route: Route,
    /// For many items side by side, if there are few channels.
    lanes: Option<Box<Route>>,
    bias_route: Route,
    cost: LayerCost,
}

impl EquivariantLinear {
    /// A layer from `k` to `l` axes of size `n`.
    ///
    /// # Shapes
    /// `[batch, n, .., n (k), channels_in]` -> `[batch, n, .., n (l), channels_out]`.
    /// # Errors
    /// [`LayerError::Diagram`] for an `n` that the group has not, or too many axes; [`LayerError::Channels`] without
    /// channels; [`LayerError::TooLarge`] for features beyond memory.
    /// # Cost
    /// Some microseconds a diagram; nothing of size `n^k`.
    pub fn new(
        group: Group,
        n: usize,
        k: usize,
        l: usize,
        channels_in: usize,
        channels_out: usize,
    ) -> Result<Self, LayerError> {
        let space = Space::new(&[Sort { group, n }])?;
        Self::with_sorts(&space, &vec![0; k], &vec![0; l], channels_in, channels_out)
    }

    /// A layer between axes of several sorts: `inputs` and `outputs` name the sort of each axis.
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`LayerError::Sort`] for a sort that the space has not.
    /// # Examples
    /// From the weights of a layer between 3 and 4 interchangeable neurons to its biases: row sums and the total.
    /// ```
    /// use schur_diagram::Group;
    /// use schur_layer::{EquivariantLinear, Sort, Space};
    ///
    /// let neurons = |n| Sort { group: Group::Symmetric, n };
    /// let space = Space::new(&[neurons(3), neurons(4)])?;
    /// let layer = EquivariantLinear::with_sorts(&space, &[0, 1], &[0], 1, 1)?;
    /// assert_eq!(layer.maps().len(), 2);
    /// # Ok::<(), schur_layer::LayerError>(())
    /// ```
    pub fn with_sorts(
        space: &Space,
        inputs: &[usize],
        outputs: &[usize],
        channels_in: usize,
        channels_out: usize,
    ) -> Result<Self, LayerError> {
        Self::of_maps(space, [inputs, outputs], [channels_in, channels_out], |_| true)
    }

    /// A layer with some of the maps only: those that `is_wanted` says yes to.
    ///
    /// # Shapes
    /// `axes` and `channels` are those of the input and the output.
    /// # Errors
    /// As [`with_sorts`](Self::with_sorts).
    /// # Examples
    /// Means of rows and columns, and nothing else.
    /// ```
    /// use schur_diagram::Group;
    /// use schur_layer::{EquivariantLinear, Sort, Space};
    ///
    /// let space = Space::new(&[Sort { group: Group::Symmetric, n: 5 }])?;
    /// let is_sum = |map: &schur_layer::Wiring| ["a|ab", "a|ba"].contains(&map.to_string().as_str());
    /// let layer = EquivariantLinear::of_maps(&space, [&[0, 0], &[0]], [1, 1], is_sum)?;
    /// assert_eq!(layer.maps().len(), 2);
    /// # Ok::<(), schur_layer::LayerError>(())
    /// ```
    pub fn of_maps(
        space: &Space,
        [inputs, outputs]: [&[usize]; 2],
        [channels_in, channels_out]: [usize; 2],
        mut is_wanted: impl FnMut(&Wiring) -> bool,
    ) -> Result<Self, LayerError> {
        if channels_in == 0 || channels_out == 0 {
            return Err(LayerError::Channels { channels_in, channels_out });
        }
        space.check("input", inputs)?;
        space.check("output", outputs)?;
        let mut maps = Wiring::basis(space, outputs, inputs)?;
        maps.retain(|map| is_wanted(map));
        let biases = Wiring::basis(space, outputs, &[])?;
        let route = |lanes| Route::new(space, [inputs, outputs], &maps, ([channels_in, channels_out], lanes));
        // A single axis is short enough to take what little there is item by item.
        let is_narrow = channels_in.max(channels_out) <= MOST_NARROW && inputs.len().max(outputs.len()) > 1;
        // A layer too large for lanes runs without.
        let lanes = if is_narrow { route(LANES).ok().map(Box::new) } else { None };
        let route = route(1)?;
        let bias_route = Route::new(space, [&[], outputs], &biases, ([1, channels_out], 1))?;
        let cost = LayerCost::new(space, [inputs, outputs], &route);
        Ok(Self { maps, biases, route, lanes, bias_route, cost })
    }

    /// The maps that the weights belong to, in their order.
    pub fn maps(&self) -> &[Wiring] {
        &self.maps
    }

    /// The invariant tensors that the biases belong to, in their order.
    pub fn biases(&self) -> &[Wiring] {
        &self.biases
    }

    /// Numbers of the weights: `[maps, channels_in, channels_out]`.
    pub fn weight_len(&self) -> usize {
        self.maps.len() * self.route.channels[0] * self.route.channels[1]
    }

    /// Numbers of the bias: `[biases, channels_out]`.
    pub fn bias_len(&self) -> usize {
        self.biases.len() * self.route.channels[1]
    }

    /// Numbers of the input and the output of one item of a batch.
    pub const fn item_lens(&self) -> [usize; 2] {
        [self.route.inputs.size, self.route.outputs.size]
    }

    /// What it costs, beside the dense matrix.
    pub const fn cost(&self) -> &LayerCost {
        &self.cost
    }

    /// Computes the layer.
    ///
    /// The tangent of the layer is the layer itself without the bias.
    ///
    /// # Shapes
    /// `weights: [maps, channels_in, channels_out]`, `bias: [biases, channels_out]`,
    /// `x: [batch, n, .., n, channels_in]` -> `y: [batch, n, .., n, channels_out]`, which is overwritten.
    /// # Errors
    /// [`LayerError::Length`] for a slice of another length.
    /// # Cost
    /// [`cost`](Self::cost) a batch item; the workspace is kept between calls of the same batch.
    pub fn forward<T: Scalar>(
        &self,
        weights: &[T],
        bias: Option<&[T]>,
        x: &[T],
        y: &mut [T],
        workspace: &mut LayerWorkspace<T>,
    ) -> Result<(), LayerError> {
        let batch = self.batch(x.len(), y.len())?;
        check("the weights", weights.len(), self.weight_len())?;
        workspace.main.forward((&self.route, self.lanes.as_deref()), batch, weights, x, y);
        if let Some(bias) = bias {
            check("the bias", bias.len(), self.bias_len())?;
            let item = workspace.item(self.route.outputs.size);
            workspace.bias.forward((&self.bias_route, None), 1, bias, &[<T as Real>::ONE], &mut workspace.item);
            for part in y.chunks_exact_mut(item.max(1)) {
                part.iter_mut().zip(&workspace.item).for_each(|(y, &b)| *y += b);
            }
        }
        Ok(())
    }

    /// Takes a cotangent of the output back to the input: the transposed matrix, which is the layer of the diagrams
    /// turned over.
    ///
    /// # Shapes
    /// `dy: [batch, n, .., n, channels_out]` -> `dx: [batch, n, .., n, channels_in]`, which is overwritten.
    /// # Errors
    /// [`LayerError::Length`].
    pub fn transposed<T: Scalar>(
        &self,
        weights: &[T],
        dy: &[T],
        dx: &mut [T],
        workspace: &mut LayerWorkspace<T>,
    ) -> Result<(), LayerError> {
        let batch = self.batch(dx.len(), dy.len())?;
        check("the weights", weights.len(), self.weight_len())?;
        workspace.main.transposed((&self.route, self.lanes.as_deref()), batch, weights, dy, dx);
        Ok(())
    }

    /// Computes the gradient of weights and bias from an input and a cotangent of the output.
    ///
    /// # Shapes
    /// Those of [`forward`](Self::forward); `d_weights` and `d_bias` are overwritten.
    /// # Errors
    /// [`LayerError::Length`].
    pub fn gradient<T: Scalar>(
        &self,
        x: &[T],
        dy: &[T],
        d_weights: &mut [T],
        d_bias: Option<&mut [T]>,
        workspace: &mut LayerWorkspace<T>,
    ) -> Result<(), LayerError> {
        let batch = self.batch(x.len(), dy.len())?;
        check("the gradient of the weights", d_weights.len(), self.weight_len())?;
        workspace.main.gradient(&self.route, batch, x, dy, d_weights);
        if let Some(d_bias) = d_bias {
            check("the gradient of the bias", d_bias.len(), self.bias_len())?;
            let item = workspace.item(self.route.outputs.size);
            workspace.item.fill(<T as Real>::ZERO);
            for part in dy.chunks_exact(item.max(1)) {
                workspace.item.iter_mut().zip(part).for_each(|(sum, &y)| *sum += y);
            }
            workspace.bias.gradient(&self.bias_route, 1, &[<T as Real>::ONE], &workspace.item, d_bias);
        }
        Ok(())
    }

    /// The size of the batch that slices of these lengths hold.
    fn batch(&self, input: usize, output: usize) -> Result<usize, LayerError> {
        let [own, other] = self.item_lens();
        let batch = input / own.max(1);
        check("the input", input, batch * own)?;
        check("the output", output, batch * other)?;
        Ok(batch)
    }
}

pub(crate) fn check(what: &'static str, found: usize, expected: usize) -> Result<(), LayerError> {
    if found == expected { Ok(()) } else { Err(LayerError::Length { what, found, expected }) }
}
