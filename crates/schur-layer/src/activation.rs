//! Functions of single numbers, and where they may stand: what a group's action allows.

use std::fmt;

use schur_diagram::Group;
use schur_tensor::sigmoid;

use crate::{Feature, LayerError, Space};

/// A function applied to every number of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Activation {
    /// `x`.
    Identity,
    /// `x` where it is positive, else zero.
    Relu,
    /// `x / (1 + exp(-x))`.
    Silu,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// `x^2`.
    Square,
}

/// Which functions of single numbers commute with an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Allowed {
    /// Only multiples of the identity.
    Linear,
    /// Those with `f(-x) = -f(x)`.
    Odd,
    /// All.
    Any,
}

impl Activation {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Identity, Self::Relu, Self::Silu, Self::Sigmoid, Self::Tanh, Self::Square];

    /// Computes the function.
    ///
    /// # Examples
    /// ```
    /// use schur_layer::Activation;
    ///
    /// assert_eq!(Activation::Relu.value(-2.0), 0.0);
    /// assert_eq!(Activation::Square.slope(3.0), 6.0);
    /// ```
    pub fn value(self, x: f64) -> f64 {
        match self {
            Self::Identity => x,
            Self::Relu => x.max(0.0),
            Self::Silu => x * sigmoid(x),
            Self::Sigmoid => sigmoid(x),
            Self::Tanh => x.tanh(),
            Self::Square => x * x,
        }
    }

    /// Computes its derivative; that of [`Relu`](Self::Relu) at zero is zero.
    pub fn slope(self, x: f64) -> f64 {
        let s = sigmoid(x);
        match self {
            Self::Identity => 1.0,
            Self::Relu => f64::from(u8::from(x > 0.0)),
            Self::Silu => s * (1.0 + x * (1.0 - s)),
            Self::Sigmoid => s * (1.0 - s),
            Self::Tanh => 1.0 - x.tanh().powi(2),
            Self::Square => 2.0 * x,
        }
    }

    /// The smallest class that it belongs to.
    pub const fn class(self) -> Allowed {
        match self {
            Self::Identity => Allowed::Linear,
            Self::Tanh => Allowed::Odd,
            Self::Relu | Self::Silu | Self::Sigmoid | Self::Square => Allowed::Any,
        }
    }

    /// Refuses a function that does not commute with the action on a feature.
    ///
    /// # Errors
    /// [`LayerError::Activation`], which says what the action allows; [`LayerError::Sort`].
    /// # Examples
    /// ```
    /// use schur_diagram::Group;
    /// use schur_layer::{Activation, Feature, Sort, Space};
    ///
    /// let space = Space::new(&[Sort { group: Group::Orthogonal, n: 3 }])?;
    /// let (scalar, vector) = (Feature::new(&[], 8), Feature::new(&[0], 8));
    /// assert!(Activation::Relu.check(&space, &scalar).is_ok());
    /// let refusal = Activation::Relu.check(&space, &vector).unwrap_err().to_string();
    /// assert!(refusal.contains("relu is not equivariant on axes of the orthogonal group, n = 3"), "{refusal}");
    /// # Ok::<(), schur_layer::LayerError>(())
    /// ```
    pub fn check(self, space: &Space, feature: &Feature) -> Result<(), LayerError> {
        let (allowed, sort) = allowed_with_sort(space, feature)?;
        match sort {
            Some(sort) if self.class() > allowed => {
                let crate::Sort { group, n } = space.sorts()[sort];
                Err(LayerError::Activation { activation: self, group, n, allowed })
            }
            _ => Ok(()),
        }
    }
}

impl Allowed {
    /// What this class is called, and what to do beyond it.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Any => "any function is allowed",
            Self::Odd => "odd functions such as tanh are allowed",
            Self::Linear => {
                "only multiples of the identity are; apply functions to features without axes, or use products and gates"
            }
        }
    }
}

/// Says which functions of single numbers commute with the action on a feature.
///
/// Permutations move numbers and leave them as they are: all functions. Where an element turns signs alone, which
/// `O(1)` does on an odd number of axes, the odd ones. A connected group mixes numbers with any coefficients, so that
/// what commutes is linear: for `O(n)`, `SO(n)` and `Sp(n)` from `n = 2` on features with axes.
///
/// # Errors
/// [`LayerError::Sort`] for an axis of a sort that the space has not.
/// # Source
/// Pacini, Dong, Lepri, Santin: A characterization theorem for equivariant networks with point-wise activations
/// (2401.09235).
pub fn allowed(space: &Space, feature: &Feature) -> Result<Allowed, LayerError> {
    Ok(allowed_with_sort(space, feature)?.0)
}

/// The class, and the sort that restricts it most.
fn allowed_with_sort(space: &Space, feature: &Feature) -> Result<(Allowed, Option<usize>), LayerError> {
    space.check("feature", &feature.axes)?;
    let of_sort = |sort: usize| {
        let axes = feature.axes.iter().filter(|&&other| other == sort).count();
        let crate::Sort { group, n } = space.sorts()[sort];
        match (group, n) {
            _ if axes == 0 || group.permutes() => Allowed::Any,
            (Group::SpecialOrthogonal, 1) => Allowed::Any,
            (Group::Orthogonal, 1) if axes % 2 == 0 => Allowed::Any,
            (Group::Orthogonal, 1) => Allowed::Odd,
            _ => Allowed::Linear,
        }
    };
    let least = (0..space.sorts().len()).map(|sort| (of_sort(sort), Some(sort))).min_by_key(|(class, _)| *class);
    Ok(least.unwrap_or((Allowed::Any, None)))
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "the identity",
            Self::Relu => "relu",
            Self::Silu => "silu",
            Self::Sigmoid => "the sigmoid",
            Self::Tanh => "tanh",
            Self::Square => "the square",
        })
    }
}
