//! The form itself: one tensor a factor, and what the model says of them.

use schur_einsum::execute::{Plan, Workspace};
use schur_einsum::order::{Method, Options, optimise};
use schur_einsum::{Contraction, EinsumError};
use schur_tensor::{Real, Tensor, View};

use super::EinsumModel;
use crate::random::{normals, stream};
use crate::{DecompError, Scalar};

/// Elements that are multiplied out at once where a model is compared with data: they and their like stay in a cache.
const BLOCK: usize = 1 << 17;

/// Operands up to which all orders are compared: a millisecond or less.
const FEW: usize = 8;

/// A model and a tensor for each of its factors.
#[derive(Debug, Clone, PartialEq)]
pub struct EinsumForm<T> {
    model: EinsumModel,
    factors: Vec<Tensor<T>>,
}

impl<T: Scalar> EinsumForm<T> {
    /// Takes a model and its factors together.
    ///
    /// # Shapes
    /// `factors[n]`: [`EinsumModel::factor_shape`]`(n)`.
    /// # Errors
    /// [`DecompError::Count`] or [`DecompError::Mismatch`] for other factors.
    pub fn new(model: EinsumModel, factors: Vec<Tensor<T>>) -> Result<Self, DecompError> {
        if factors.len() != model.factors() {
            return Err(DecompError::Count { what: "factors", expected: model.factors(), found: factors.len() });
        }
        for (place, factor) in factors.iter().enumerate() {
            let expected = model.factor_shape(place);
            if factor.shape() != expected {
                let found = factor.shape().to_vec();
                return Err(DecompError::Mismatch { what: format!("factor {place}"), expected, found });
            }
        }
        Ok(Self { model, factors })
    }

    /// Factors of independent standard normal numbers.
    ///
    /// # Errors
    /// [`DecompError::Shape`] if one cannot be held.
    pub fn random(model: EinsumModel, seed: u64) -> Result<Self, DecompError> {
        let factor = |place| normals(&model.factor_shape(place), &mut stream(seed, place as u64));
        let factors = (0..model.factors()).map(factor).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { model, factors })
    }

    /// What the factors are factors of.
    pub const fn model(&self) -> &EinsumModel {
        &self.model
    }

    /// One tensor a factor, in the order of the text.
    pub fn factors(&self) -> &[Tensor<T>] {
        &self.factors
    }

    /// Gives model and factors away.
    pub fn into_parts(self) -> (EinsumModel, Vec<Tensor<T>>) {
        (self.model, self.factors)
    }

    pub(super) fn set_factor(&mut self, place: usize, factor: Tensor<T>) {
        self.factors[place] = factor;
    }

    /// Multiplies it out.
    ///
    /// # Errors
    /// [`DecompError`] if the tensor, or an intermediate result, cannot be held.
    pub fn to_tensor(&self) -> Result<Tensor<T>, DecompError> {
        let mut result = Tensor::filled(&self.model.shape(), <T as Real>::ZERO)?;
        let views: Vec<_> = self.factors.iter().map(Tensor::view).collect();
        let plan = plan(self.model.contraction())?;
        plan.run(&T::arithmetic(), &views, result.data_mut(), &mut Workspace::default()).map_err(EinsumError::from)?;
        Ok(result)
    }

    /// The sum of the squares of `tensor - self`, multiplied out block by block.
    pub(crate) fn distance_squared(&self, tensor: &Tensor<T>) -> Result<f64, DecompError> {
        let shape = self.model.shape();
        if tensor.shape() != shape {
            let (expected, found) = (shape, tensor.shape().to_vec());
            return Err(DecompError::Mismatch { what: "the tensor".to_owned(), expected, found });
        }
        let (Some(&first), Some(&rows)) = (self.model.contraction().output().first(), shape.first()) else {
            let value =
                self.to_tensor()?.data().iter().zip(tensor.data()).map(|(a, b)| (*a - *b).to_f64()).sum::<f64>();
            return Ok(value * value);
        };
        let row = tensor.data().len() / rows.max(1);
        let most = (BLOCK / row.max(1)).clamp(1, rows.max(1));
        let (mut sum, mut begin, mut last) = (0.0, 0, None);
        let (mut block, mut workspace) = (Vec::new(), Workspace::default());
        while begin < rows {
            let count = most.min(rows - begin);
            let plan = match last.take() {
                Some((planned, plan)) if planned == count => plan,
                _ => self.plan_rows(first, count)?,
            };
            block.resize(count * row, <T as Real>::ZERO);
            let views = self.rows_of(first, begin, count)?;
            plan.run(&T::arithmetic(), &views, &mut block, &mut workspace).map_err(EinsumError::from)?;
            let data = &tensor.data()[begin * row..(begin + count) * row];
            sum += data.iter().zip(&block).map(|(a, b)| (*a - *b).to_f64().powi(2)).sum::<f64>();
            begin += count;
            last = Some((count, plan));
        }
        Ok(sum)
    }

    /// Plans the model with `count` values of an index.
    fn plan_rows(&self, index: usize, count: usize) -> Result<Plan, DecompError> {
        let whole = self.model.contraction();
        let mut sizes = whole.sizes().to_vec();
        sizes[index] = count;
        let (operands, output) = (whole.operands().to_vec(), whole.output().to_vec());
        let part = Contraction::new(operands, output, sizes, whole.names().to_vec())?;
        let strides: Vec<_> = self.factors.iter().map(|factor| factor.view().strides().to_vec()).collect();
        plan_with(&part, &strides)
    }

    /// The factors with `count` values of an index.
    fn rows_of(&self, index: usize, begin: usize, count: usize) -> Result<Vec<View<'_, T>>, DecompError> {
        let part = |(factor, axes): (&'_ Tensor<T>, &Vec<usize>)| -> (usize, Vec<usize>, Vec<isize>) {
            let view = factor.view();
            let (mut offset, mut shape) = (0, view.shape().to_vec());
            if let Some(axis) = axes.iter().position(|&axis| axis == index) {
                offset = begin * view.strides()[axis].unsigned_abs();
                shape[axis] = count;
            }
            (offset, shape, view.strides().to_vec())
        };
        let pairs = self.factors.iter().zip(self.model.contraction().operands());
        let mut views = Vec::with_capacity(self.factors.len());
        for (factor, axes) in pairs {
            let (offset, shape, strides) = part((factor, axes));
            views.push(View::new(factor.data(), offset, &shape, &strides)?);
        }
        Ok(views)
    }
}

/// Plans a contraction of row-major operands.
pub(super) fn plan(contraction: &Contraction) -> Result<Plan, DecompError> {
    let shapes = (0..contraction.operands().len()).map(|place| contraction.operand_shape(place).unwrap_or_default());
    plan_with(contraction, &shapes.map(|shape| schur_tensor::row_major(&shape)).collect::<Vec<_>>())
}

fn plan_with(contraction: &Contraction, strides: &[Vec<isize>]) -> Result<Plan, DecompError> {
    let method = if contraction.operands().len() <= FEW { Method::Optimal } else { Method::RandomGreedy };
    let options = Options { method, effort: 0, ..Options::default() };
    let (order, _) = optimise(contraction, &options, &|| false).map_err(EinsumError::from)?;
    Ok(Plan::with_strides(contraction, &order, strides).map_err(EinsumError::from)?)
}
