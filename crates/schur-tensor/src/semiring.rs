//! Semirings: what "add" and "multiply" mean in a contraction.
//!
//! A contraction needs no more than a commutative semiring: an addition with a zero, a multiplication with a one that
//! distributes over it, and zero times anything is zero. So the same plan counts paths, finds shortest ones, or
//! multiplies matrices.
//!
//! | semiring | elements | add | multiply | zero, one |
//! |---|---|---|---|---|
//! | [`Integer`] | `i64`, overflow is an error | + | * | 0, 1 |
//! | [`Counting`] | whole numbers of any size | + | * | 0, 1 |
//! | [`Boolean`] | `bool` | or | and | false, true |
//! | [`Gf2`] | `bool`, the field of two elements | exclusive or | and | false, true |
//! | [`Modular`] | `u64` below a modulus | + | * | 0, 1 |
//! | [`MaxPlus`] | `f32` or `f64`, finite or -inf | max | + | -inf, 0 |
//! | [`MinPlus`] | `f32` or `f64`, finite or inf | min | + | inf, 0 |
//! | [`MaxTimes`] | `f32` or `f64`, finite, not negative | max | * | 0, 1 |
//! | [`LogSumExp`] | `f32` or `f64`, finite or -inf | ln(exp a + exp b) | + | -inf, 0 |
//! | [`Polynomials`] | Laurent polynomials in one variable over any of these | + | * | 0, 1 |
//! | [`SparsePolynomials`] | polynomials in several variables | + | * | 0, 1 |
//!
//! [`Named`] lists those that command lines know by name, and [`Differentiable`] is for those with derivatives.
//!
//! # Examples
//! A semiring of one's own needs names for its two operations and their neutral elements; a widest path, whose width is
//! that of its narrowest edge:
//!
//! ```
//! use schur_tensor::{
//!     product::{Mode, Product, ProductAxis},
//!     semiring::{Semiring, SemiringError},
//! };
//!
//! struct WidestPath;
//!
//! impl Semiring for WidestPath {
//!     type Element = u32;
//!
//!     fn name(&self) -> &'static str {
//!         "widest-path"
//!     }
//!     fn zero(&self) -> u32 {
//!         0
//!     }
//!     fn one(&self) -> u32 {
//!         u32::MAX
//!     }
//!     fn add(&self, a: &u32, b: &u32) -> Result<u32, SemiringError> {
//!         Ok(*a.max(b))
//!     }
//!     fn multiply(&self, a: &u32, b: &u32) -> Result<u32, SemiringError> {
//!         Ok(*a.min(b))
//!     }
//! }
//!
//! // `ij,jk->ik`: the widest paths of two edges.
//! let matrix_product = Product::new(&[
//!     ProductAxis { size: 2, left: Some(2), right: None, result: Some(2) },
//!     ProductAxis { size: 2, left: Some(1), right: Some(2), result: None },
//!     ProductAxis { size: 2, left: None, right: Some(1), result: Some(1) },
//! ])?;
//! let widths = [7, 3, 5, 9];
//! let mut widest = [0; 4];
//! WidestPath.product(&matrix_product, [&widths, &widths], &mut widest, Mode::Overwrite, &mut Vec::new())?;
//! assert_eq!(widest, [7, 3, 5, 9]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Provided methods do the rest; override [`product`](Semiring::product) where the elements have a faster way.

use thiserror::Error;

use crate::product::{Mode, Product, Reduction, product_reference, reduce_reference};

mod bilinear;
mod bits;
mod counting;
mod derivative;
mod integer;
mod log_sum_exp;
mod modular;
mod named;
mod numeric;
mod polynomial;
mod scalar;
mod sparse_polynomial;
mod tiles;
mod tropical;
mod walk;

pub use bits::{Boolean, Gf2};
pub use counting::Counting;
pub use derivative::{Differentiable, Slopes};
pub use integer::Integer;
pub use log_sum_exp::LogSumExp;
pub use modular::Modular;
pub use named::{NAMES, Named, UnknownSemiring};
pub use num_bigint::BigInt;
pub use numeric::Arithmetic;
pub use polynomial::{Laurent, Polynomials};
pub use scalar::Scalar;
pub use sparse_polynomial::{SparsePolynomial, SparsePolynomials};
pub use tropical::{MaxPlus, MaxTimes, MinPlus};

/// Why an operation of a semiring has no result.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SemiringError {
    /// The result does not fit the element type.
    #[error("{operation} overflows {semiring}; {way_out}")]
    Overflow {
        /// The semiring, by name.
        semiring: &'static str,
        /// What was computed, with its arguments.
        operation: String,
        /// What to do about it.
        way_out: &'static str,
    },
    /// An element is not one of the semiring's, as a NaN among logarithms.
    #[error("{element} is not an element of {semiring}, whose elements are {expected}")]
    Foreign {
        /// The semiring, by name.
        semiring: &'static str,
        /// The element.
        element: String,
        /// What its elements are.
        expected: &'static str,
    },
    /// An element of a tensor is not one of the semiring's.
    #[error("element {position}: {source}")]
    ForeignAt {
        /// Its position, counted from zero.
        position: usize,
        /// What is wrong with it.
        source: Box<SemiringError>,
    },
    /// There are no integers modulo this number.
    #[error("integers modulo {modulus} are no semiring; the modulus must be 2 or more")]
    Modulus {
        /// The modulus.
        modulus: u64,
    },
}

/// A commutative semiring.
///
/// It is a value, so that one may carry what its elements share: a modulus, a number of variables.
/// Operations that cannot fail return `Ok` always, which the compiler sees and removes.
pub trait Semiring: Sync {
    /// What tensors hold.
    type Element: Clone + PartialEq + std::fmt::Debug + Send + Sync;

    /// The name that users know, as in `schur einsum --semiring NAME`.
    fn name(&self) -> &'static str;
    /// The neutral element of addition, which multiplication turns everything into.
    fn zero(&self) -> Self::Element;
    /// The neutral element of multiplication.
    fn one(&self) -> Self::Element;
    /// `a + b`.
    ///
    /// # Errors
    /// [`SemiringError::Overflow`] where the elements are bounded.
    fn add(&self, a: &Self::Element, b: &Self::Element) -> Result<Self::Element, SemiringError>;
    /// `a * b`.
    ///
    /// # Errors
    /// [`SemiringError::Overflow`] where the elements are bounded.
    fn multiply(&self, a: &Self::Element, b: &Self::Element) -> Result<Self::Element, SemiringError>;

    /// Whether tensors may hold this element.
    ///
    /// # Errors
    /// [`SemiringError::Foreign`].
    fn check(&self, _element: &Self::Element) -> Result<(), SemiringError> {
        Ok(())
    }

    /// Multiplies two tensors and sums over their inner axes.
    ///
    /// Strides count from the beginning of each slice. Whatever the number of threads of the pool that it runs in, the
    /// result has the same bits.
    ///
    /// # Errors
    /// Those of [`add`](Self::add) and [`multiply`](Self::multiply).
    ///
    /// # Panics
    /// If a slice is shorter than the strides reach.
    fn product(
        &self,
        product: &Product,
        operands: [&[Self::Element]; 2],
        result: &mut [Self::Element],
        mode: Mode,
        _scratch: &mut Vec<Self::Element>,
    ) -> Result<(), SemiringError> {
        product_reference(self, product, operands, result, mode)
    }

    /// Sums a tensor over some of its axes and copies the rest.
    ///
    /// # Errors
    /// Those of [`add`](Self::add).
    ///
    /// # Panics
    /// If a slice is shorter than the strides reach.
    fn reduce(
        &self,
        reduction: &Reduction,
        source: &[Self::Element],
        result: &mut [Self::Element],
        mode: Mode,
    ) -> Result<(), SemiringError> {
        reduce_reference(self, reduction, source, result, mode)
    }
}

/// Checks every element of a tensor, in order.
///
/// # Errors
/// [`SemiringError::ForeignAt`] with the first position whose element is not one of the semiring's.
///
/// # Examples
/// ```
/// use schur_tensor::semiring::{MaxPlus, check_all};
///
/// let error = check_all(&MaxPlus::<f64>::new(), &[0.5, f64::NEG_INFINITY, f64::NAN]).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "element 2: NaN is not an element of max-plus, whose elements are finite numbers and -inf"
/// );
/// ```
pub fn check_all<S: Semiring + ?Sized>(semiring: &S, elements: &[S::Element]) -> Result<(), SemiringError> {
    for (position, element) in elements.iter().enumerate() {
        semiring.check(element).map_err(|source| SemiringError::ForeignAt { position, source: Box::new(source) })?;
    }
    Ok(())
}
