//! A completed tensor: its elements, and how far they are from observations.

use schur_tensor::{ShapeError, Tensor};

use super::blocks::Blocks;
use super::{Form, MainEffects, Observed};
use crate::DecompError;
use crate::cp::Cp;

/// A model of all elements of a tensor of which some were observed.
#[derive(Debug, Clone, PartialEq)]
pub struct Completed {
    pub(super) shape: Vec<usize>,
    pub(super) offsets: Option<MainEffects>,
    pub(super) model: Model,
}

/// The part of low rank.
#[derive(Debug, Clone, PartialEq)]
pub enum Model {
    /// None.
    Additive,
    /// A sum of rank-one tensors.
    Cp(Cp<f64>),
    /// A core `[R_1, ..., R_N]` and factors `[I_n, R_n]`.
    Tucker {
        /// The core.
        core: Tensor<f64>,
        /// The factors.
        factors: Vec<Tensor<f64>>,
    },
    /// Cores `[R_(n-1), I_n, R_n]`.
    Train(Vec<Tensor<f64>>),
}

/// How far predictions are from observations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Errors {
    /// The root of the mean square.
    pub rmse: f64,
    /// The mean absolute value.
    pub mae: f64,
}

impl Model {
    pub(super) fn new(blocks: Blocks, shape: &[usize]) -> Result<Self, DecompError> {
        let Blocks { form, widths, rows, core } = blocks;
        let factors = rows.into_iter().zip(shape.iter().zip(&widths));
        let factors = factors.map(|(rows, (&size, &width))| Tensor::new(&[size, width], rows));
        Ok(match form {
            Form::Additive => Self::Additive,
            Form::Cp { rank } => {
                let mut cp = Cp::new(vec![1.0; rank], factors.collect::<Result<_, _>>()?)?;
                cp.arrange();
                Self::Cp(cp)
            }
            Form::Tucker { ranks } => {
                Self::Tucker { core: Tensor::new(&ranks, core)?, factors: factors.collect::<Result<_, _>>()? }
            }
            Form::Train { ranks } => {
                let bonds = [&[1][..], &ranks, &[1]].concat();
                let core = |(factor, pair): (Result<Tensor<f64>, ShapeError>, &[usize])| {
                    let factor = factor?;
                    let sizes = [factor.shape()[0], pair[0], pair[1]];
                    let strides = [pair[0] * pair[1], pair[1], 1].map(usize::cast_signed);
                    let view = schur_tensor::View::new(factor.data(), 0, &sizes, &strides)?;
                    Ok::<_, DecompError>(view.permuted(&[1, 0, 2])?.to_tensor())
                };
                Self::Train(factors.zip(bonds.windows(2)).map(core).collect::<Result<_, _>>()?)
            }
        })
    }

    fn at(&self, index: &[usize]) -> f64 {
        match self {
            Self::Additive => 0.0,
            Self::Cp(cp) => cp.get(index).unwrap_or(0.0),
            Self::Tucker { core, factors } => {
                let mut left = core.data().to_vec();
                for (factor, &i) in factors.iter().zip(index) {
                    let rank = factor.shape()[1];
                    let rest = left.len() / rank;
                    let row = &factor.data()[i * rank..][..rank];
                    let sum =
                        |place: usize| row.iter().enumerate().map(|(r, x)| x * left[r * rest + place]).sum::<f64>();
                    left = (0..rest).map(sum).collect();
                }
                left.iter().sum()
            }
            Self::Train(cores) => {
                let mut left = vec![1.0];
                for (core, &i) in cores.iter().zip(index) {
                    let (size, bond) = (core.shape()[1], core.shape()[2]);
                    let sum = |to: usize| {
                        left.iter()
                            .enumerate()
                            .map(|(from, x)| x * core.data()[(from * size + i) * bond + to])
                            .sum::<f64>()
                    };
                    left = (0..bond).map(sum).collect();
                }
                left.iter().sum()
            }
        }
    }
}

impl Completed {
    /// The main effects, if they were fitted.
    pub const fn offsets(&self) -> Option<&MainEffects> {
        self.offsets.as_ref()
    }

    /// The part of low rank.
    pub const fn model(&self) -> &Model {
        &self.model
    }

    /// The element at a multi-index; none outside the shape.
    pub fn predict(&self, index: &[usize]) -> Option<f64> {
        if index.len() != self.shape.len() || index.iter().zip(&self.shape).any(|(i, size)| i >= size) {
            return None;
        }
        let offsets = self.offsets.as_ref().map_or(0.0, |offsets| offsets.at(|mode| index[mode]));
        Some(offsets + self.model.at(index))
    }

    /// All elements, those that were observed included.
    ///
    /// # Errors
    /// [`DecompError::Shape`] if they cannot be held.
    pub fn to_tensor(&self) -> Result<Tensor<f64>, DecompError> {
        Ok(Tensor::from_fn(&self.shape, |index| self.predict(index).unwrap_or(f64::NAN))?)
    }

    /// How far the elements are from observations, of other places mostly.
    ///
    /// # Errors
    /// [`DecompError::Mismatch`] for observations of a tensor of another shape.
    pub fn errors(&self, observed: &Observed) -> Result<Errors, DecompError> {
        if observed.shape() != self.shape {
            let (expected, found) = (self.shape.clone(), observed.shape().to_vec());
            return Err(DecompError::Mismatch { what: "the observed tensor".to_owned(), expected, found });
        }
        let (mut squares, mut sum) = (0.0, 0.0);
        for (element, value) in observed.values().iter().enumerate() {
            let index: Vec<usize> = (0..self.shape.len()).map(|mode| observed.index(mode, element)).collect();
            let difference = value - self.predict(&index).unwrap_or(f64::NAN);
            squares += difference * difference;
            sum += difference.abs();
        }
        let count = observed.len().max(1) as f64;
        Ok(Errors { rmse: (squares / count).sqrt(), mae: sum / count })
    }
}
