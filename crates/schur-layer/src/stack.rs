//! Networks: layers and checked functions one after the other, forwards and backwards.

use schur_diagram::Group;
use schur_tensor::Real;
use schur_tensor::semiring::Scalar;

use crate::joint::{JointLinear, JointMemory};
use crate::{Activation, LayerError, Space};

mod stages;

/// A tensor that a network carries: the sorts of its axes, and its channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// The sort of each axis.
    pub axes: Vec<usize>,
    /// How many such tensors there are, innermost in memory.
    pub channels: usize,
}

impl Feature {
    /// A feature with axes of these sorts.
    pub fn new(axes: &[usize], channels: usize) -> Self {
        Self { axes: axes.to_vec(), channels }
    }
}

/// A network of equivariant linear layers and functions that are checked to be equivariant.
///
/// Each stage takes a list of features to another one. Weights of maps that sum are divided by the number of terms, so
/// that numbers keep their size whatever `n` is.
///
/// # Examples
/// The volume that three vectors span, with its sign: rotations keep it, reflections do not.
/// ```
/// use schur_diagram::Group;
/// use schur_layer::{Feature, Sort, Space, Stack};
///
/// let network = |group| -> Result<Stack, schur_layer::LayerError> {
///     let space = Space::new(&[Sort { group, n: 3 }])?;
///     Stack::new(&space, &[Feature::new(&[0], 3)])?.product(3)?.linear(&[Feature::new(&[], 1)])
/// };
/// assert_eq!(network(Group::SpecialOrthogonal)?.parameter_len(), 2); // the determinant, and a bias
/// assert_eq!(network(Group::Orthogonal)?.parameter_len(), 1);
/// # Ok::<(), schur_layer::LayerError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Stack {
    space: Space,
    /// Before each stage, and at the end.
    levels: Vec<Vec<Feature>>,
    stages: Vec<Stage>,
    parameters: usize,
}

#[derive(Debug, Clone)]
enum Stage {
    Linear(Box<JointLinear>),
    Activation(Activation),
    NormGate(Activation),
    Product(usize),
}

/// What a run of a network leaves behind for the way back, and memory that runs share.
#[derive(Debug, Clone)]
pub struct StackRun<T> {
    /// `[level][feature]`.
    values: Vec<Vec<Vec<T>>>,
    cotangents: Vec<Vec<T>>,
    batch: usize,
    memory: JointMemory<T>,
}

impl<T> Default for StackRun<T> {
    fn default() -> Self {
        Self { values: Vec::new(), cotangents: Vec::new(), batch: 0, memory: JointMemory::default() }
    }
}

impl<T> StackRun<T> {
    /// The features of the last stage of the last forward run, `[batch, axes.., channels]` each.
    pub fn outputs(&self) -> &[Vec<T>] {
        self.values.last().map_or(&[], Vec::as_slice)
    }

    /// The cotangents of the inputs from the last backward run.
    pub fn input_cotangents(&self) -> &[Vec<T>] {
        &self.cotangents
    }
}

impl Stack {
    /// A network without a stage.
    ///
    /// # Errors
    /// [`LayerError::Sort`], [`LayerError::Channels`].
    pub fn new(space: &Space, inputs: &[Feature]) -> Result<Self, LayerError> {
        for Feature { axes, channels } in inputs {
            space.check("input", axes)?;
            if *channels == 0 {
                return Err(LayerError::Channels { channels_in: 0, channels_out: 0 });
            }
        }
        Ok(Self { space: space.clone(), levels: vec![inputs.to_vec()], stages: Vec::new(), parameters: 0 })
    }

    /// Adds a linear layer with biases from all features to all of these.
    ///
    /// # Errors
    /// Those of [`EquivariantLinear::with_sorts`](crate::EquivariantLinear::with_sorts).
    pub fn linear(mut self, outputs: &[Feature]) -> Result<Self, LayerError> {
        let layer = JointLinear::new(&self.space, self.outputs(), outputs)?;
        self.parameters += layer.len();
        Ok(self.with(Stage::Linear(Box::new(layer)), outputs.to_vec()))
    }

    /// Applies a function to every number of all features.
    ///
    /// # Errors
    /// [`LayerError::Activation`] where the function does not commute with the group.
    pub fn activation(self, activation: Activation) -> Result<Self, LayerError> {
        for feature in self.outputs() {
            activation.check(&self.space, feature)?;
        }
        let features = self.outputs().to_vec();
        Ok(self.with(Stage::Activation(activation), features))
    }

    /// Multiplies each channel of each feature by a function of the mean of its squares.
    ///
    /// # Errors
    /// [`LayerError::NormGate`] for axes of the symplectic group, which keeps no norm.
    pub fn norm_gate(self, function: Activation) -> Result<Self, LayerError> {
        let sorts = self.space.sorts();
        for sort in self.outputs().iter().flat_map(|feature| &feature.axes) {
            if sorts[*sort].group == Group::Symplectic {
                return Err(LayerError::NormGate { n: sorts[*sort].n });
            }
        }
        let features = self.outputs().to_vec();
        Ok(self.with(Stage::NormGate(function), features))
    }

    /// Multiplies neighbouring channels of each feature as tensors: `factors` of them make one with all their axes.
    ///
    /// This commutes with every group.
    ///
    /// # Errors
    /// [`LayerError::Factors`] if the channels of a feature are not a multiple; [`LayerError::TooLarge`].
    pub fn product(self, factors: usize) -> Result<Self, LayerError> {
        let feature = |Feature { axes, channels }: &Feature| {
            if factors == 0 || channels % factors != 0 {
                return Err(LayerError::Factors { channels: *channels, factors });
            }
            let own = Feature { axes: axes.repeat(factors), channels: channels / factors };
            self.space.count(&own.axes)?;
            Ok(own)
        };
        let features = self.outputs().iter().map(feature).collect::<Result<_, _>>()?;
        Ok(self.with(Stage::Product(factors), features))
    }

    fn with(mut self, stage: Stage, features: Vec<Feature>) -> Self {
        self.stages.push(stage);
        self.levels.push(features);
        self
    }

    /// The features that go in.
    pub fn inputs(&self) -> &[Feature] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// The features that come out.
    pub fn outputs(&self) -> &[Feature] {
        self.levels.last().map_or(&[], Vec::as_slice)
    }

    /// How many weights and biases there are.
    pub const fn parameter_len(&self) -> usize {
        self.parameters
    }

    /// Draws parameters to begin with from a source of normal numbers; biases are zero.
    pub fn initial<T: Scalar>(&self, mut normal: impl FnMut() -> f64) -> Vec<T> {
        let linear = |stage: &Stage| match stage {
            Stage::Linear(layer) => layer.spreads().to_vec(),
            Stage::Activation(_) | Stage::NormGate(_) | Stage::Product(_) => Vec::new(),
        };
        let spreads = self.stages.iter().flat_map(linear);
        spreads.map(|spread| T::from_f64(if spread == 0.0 { 0.0 } else { spread * normal() })).collect()
    }

    /// Runs the network; [`StackRun::outputs`] has the result.
    ///
    /// # Shapes
    /// Each input is `[batch, axes.., channels]`.
    /// # Errors
    /// [`LayerError::Length`].
    pub fn forward<T: Scalar>(
        &self,
        parameters: &[T],
        inputs: &[&[T]],
        run: &mut StackRun<T>,
    ) -> Result<(), LayerError> {
        crate::linear::check("the parameters", parameters.len(), self.parameters)?;
        let batch = self.batch(inputs, self.inputs())?;
        run.batch = batch;
        run.values.resize_with(self.levels.len(), Vec::new);
        for (values, features) in run.values.iter_mut().zip(&self.levels) {
            self.make_room(values, features, batch)?;
        }
        for (value, input) in run.values[0].iter_mut().zip(inputs) {
            value.copy_from_slice(input);
        }
        let mut rest = parameters;
        for (level, stage) in self.stages.iter().enumerate() {
            let (before, after) = run.values.split_at_mut(level + 1);
            let (inputs, outputs) = (&before[level], &mut after[0]);
            if let Stage::Linear(layer) = stage {
                let (own, others) = rest.split_at(layer.len());
                layer.forward(own, inputs, outputs, &mut run.memory)?;
                rest = others;
            }
            for ((input, output), feature) in inputs.iter().zip(outputs).zip(&self.levels[level]) {
                match stage {
                    Stage::Linear(_) => {}
                    Stage::Activation(function) => stages::activate(*function, input, output),
                    Stage::NormGate(function) => stages::gate(*function, feature.channels, batch, input, output),
                    Stage::Product(factors) => stages::multiply(*factors, feature.channels, batch, input, output),
                }
            }
        }
        Ok(())
    }

    /// Takes cotangents of the outputs back through the last forward run.
    ///
    /// The gradient is overwritten; [`StackRun::input_cotangents`] has the cotangents of the inputs.
    ///
    /// # Errors
    /// [`LayerError::Length`], also if `run` has been through no forward run of this network.
    pub fn backward<T: Scalar>(
        &self,
        parameters: &[T],
        d_outputs: &[&[T]],
        gradient: &mut [T],
        run: &mut StackRun<T>,
    ) -> Result<(), LayerError> {
        crate::linear::check("the parameters", parameters.len(), self.parameters)?;
        crate::linear::check("the gradient", gradient.len(), self.parameters)?;
        crate::linear::check("the run", run.values.len(), self.levels.len())?;
        let batch = self.batch(d_outputs, self.outputs())?;
        crate::linear::check("the batch", batch, run.batch)?;
        let mut behind: Vec<Vec<T>> = d_outputs.iter().map(|part| part.to_vec()).collect();
        let mut end = self.parameters;
        for (level, stage) in self.stages.iter().enumerate().rev() {
            let (inputs, features) = (&run.values[level], &self.levels[level]);
            let mut before = std::mem::take(&mut run.cotangents);
            self.make_room(&mut before, features, batch)?;
            if let Stage::Linear(layer) = stage {
                let start = end - layer.len();
                let (own, slopes) = (&parameters[start..end], &mut gradient[start..end]);
                layer.backward(own, inputs, &behind, (&mut before, slopes), &mut run.memory)?;
                end = start;
            }
            for (((input, own), feature), other) in inputs.iter().zip(&mut before).zip(features).zip(&behind) {
                match stage {
                    Stage::Linear(_) => {}
                    Stage::Activation(function) => stages::activate_back(*function, input, other, own),
                    Stage::NormGate(function) => {
                        stages::gate_back(*function, feature.channels, batch, input, (other, own));
                    }
                    Stage::Product(factors) => {
                        stages::multiply_back(*factors, feature.channels, batch, input, (other, own));
                    }
                }
            }
            run.cotangents = std::mem::replace(&mut behind, before);
        }
        run.cotangents = behind;
        Ok(())
    }

    /// Numbers of a feature of one item.
    fn size(&self, feature: &Feature) -> Result<usize, LayerError> {
        Ok(self.space.count(&feature.axes)? * feature.channels)
    }

    fn make_room<T: Scalar>(
        &self,
        values: &mut Vec<Vec<T>>,
        features: &[Feature],
        batch: usize,
    ) -> Result<(), LayerError> {
        values.resize_with(features.len(), Vec::new);
        for (value, feature) in values.iter_mut().zip(features) {
            value.resize(batch * self.size(feature)?, <T as Real>::ZERO);
        }
        Ok(())
    }

    /// The size of the batch that parts of these features hold.
    fn batch<T>(&self, parts: &[&[T]], features: &[Feature]) -> Result<usize, LayerError> {
        crate::linear::check("the list of features", parts.len(), features.len())?;
        let Some((first, feature)) = parts.iter().zip(features).next() else { return Ok(0) };
        let batch = first.len() / self.size(feature)?.max(1);
        for (part, feature) in parts.iter().zip(features) {
            crate::linear::check("a feature", part.len(), batch * self.size(feature)?)?;
        }
        Ok(batch)
    }
}
