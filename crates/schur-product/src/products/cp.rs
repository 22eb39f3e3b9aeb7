//! Canonical polyadic (CP) forms: coefficients as a sum of `R` products of three vectors.
//!
//! $$ z = A \left( (B x) \odot (C y) \right), \qquad T_{ijk} \approx \sum_{r \le R} B_{ri} C_{rj} A_{kr} $$
//!
//! The cost is `R` times the sum of the dimensions instead of their product; with `R` about `7 L^2` (the schedule of
//! tensor decomposition networks) that is O(L^4). All paths of the product sit in the same three matrices, so they share
//! one weight ([`CpOptions::weight`]): parameters do not grow with the number of paths.
//!
//! # Ranks without error
//! For the sum of all paths of SO(3) between degrees up to `L`, fits reach rounding at rank 8 for `L = 1`, 33 for `L = 2` and
//! about 115 for `L = 3`. That is near the rank of a tensor without any structure, `d^3 / (3d - 2)` with `d = (L+1)^2`,
//! and above `7 L^2`: an exact form costs O(L^6) like the dense product, with a smaller factor.
//!
//! # How far from equivariance
//! Let `E` be the difference between the form and the exact tensor. Because the exact one commutes with the group, which
//! acts by orthogonal matrices,
//! `|P(gx, gy) - g P(x, y)| <= |E(gx, gy)| + |E(x, y)| <= 2 |E| |x| |y|` with the Frobenius norm: the bound that
//! [`Product::defect_bound`] states for the matrices at hand.
//!
//! Before any matrix is known: truncating each mode to the `s = floor(R^(1/3))` largest singular values of its unfolding
//! leaves `|E|^2 <= sum of the squares cut off, over the three modes`, and a core of size `s` in each mode has rank at most
//! `s^2 <= R`. The fit starts there and never gets worse, so `2` times the root of that sum is a bound too
//! ([`Cp::prior_bound`]), uniform in the arguments and the group. It is loose: the unfoldings of couplings are nearly
//! multiples of isometries, so the tails are large.
//!
//! Source: Lin et al., "Tensor decomposition networks for fast machine learning interatomic potential computations",
//! NeurIPS 2025, theorems 3.1 and 3.2. The fit here is alternating least squares, not stochastic descent.

use rand::Rng;
use schur_group::Irreps;
use schur_multilinear::{Bilinear, ComponentMatrix, Factored, Weighting};

use super::{GauntOptions, Product, gaunt_grid};
use crate::ProductError;

mod alternating;

use alternating::{Factors, Target};

const NAME: &str = "cp";

/// How a CP form is fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CpOptions {
    /// Number of products, `R`.
    pub rank: usize,
    /// Largest number of sweeps over the three matrices.
    pub sweeps: usize,
    /// Stops when a sweep takes less than this share off the error; zero means never.
    pub tolerance: f64,
    /// Whether the result has a weight: one, shared by all paths.
    pub weight: bool,
}

impl CpOptions {
    /// The schedule `7 L^2` for degrees up to `l_max` (7 for `l_max = 0`).
    pub fn of_degree(l_max: usize) -> Self {
        Self { rank: 7 * l_max.max(1).pow(2), sweeps: 200, tolerance: 1e-5, weight: false }
    }
}

/// A CP form with what is known of its error.
#[derive(Debug, Clone, PartialEq)]
pub struct Cp {
    /// The product; its [`Product::defect_bound`] is twice `error`.
    pub product: Product,
    /// Number of products of three vectors.
    pub rank: usize,
    /// Frobenius norm of the exact tensor.
    pub norm: f64,
    /// Frobenius norm of the difference.
    pub error: f64,
    /// The bound of the defect that holds for this rank before anything is fitted, see the module's documentation.
    pub prior_bound: f64,
    /// Sweeps that were made.
    pub sweeps: usize,
}

/// Approximates a product, all weights being one, by a CP form.
///
/// # Errors
/// [`ProductError::Option`] if the rank is zero.
///
/// # Cost
/// A sweep: the product's coefficients times the rank, and the cube of the rank.
///
/// # Examples
/// Nine products of components make every bilinear map of two vectors, so nothing is lost at rank nine.
/// ```
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
/// use schur_product::products::{CgOptions, CpOptions, clebsch_gordan, cp};
/// let vector = "1o".parse()?;
/// let exact = clebsch_gordan(&vector, &vector, &CgOptions::default())?;
/// let options = CpOptions { rank: 9, sweeps: 50, tolerance: 0.0, weight: false };
/// let fitted = cp(&exact, &options, &mut ChaCha8Rng::seed_from_u64(0))?;
/// assert!(fitted.error < 1e-12 * fitted.norm);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn cp<R: Rng>(exact: &Product, options: &CpOptions, rng: &mut R) -> Result<Cp, ProductError> {
    if options.rank == 0 {
        let requirement = "at least 1".to_owned();
        return Err(ProductError::Option { product: NAME, option: "rank", value: 0, requirement });
    }
    let target = Target::new(&exact.map().expand());
    let core = integer_cube_root(options.rank);
    let mut factors = Factors::truncated(&target, core, options.rank, rng);
    let sweeps = factors.fit(&target, options.sweeps, options.tolerance);
    let error = factors.error(&target);
    let map = factors.to_map()?;
    let product = finish(exact, map, options.weight)?.with_defect_bound(2.0 * error);
    let prior_bound = 2.0 * target.truncation(core).sqrt();
    Ok(Cp { product, rank: options.rank, norm: target.norm(), error, prior_bound, sweeps })
}

/// Writes a product, all weights being one, as a CP form without error: one product for each pair of components.
///
/// # Errors
/// None for a product that was made by this crate.
pub fn cp_by_pairs(exact: &Product, weight: bool) -> Result<Cp, ProductError> {
    let map = exact.map().expand();
    let [left, right, result] = map.dims();
    let mut pairs: Vec<(usize, usize)> = map.terms().iter().map(|term| (term.left, term.right)).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let rank = pairs.len();
    let place = |left, right| pairs.binary_search(&(left, right)).unwrap_or(0);
    let columns = |of: fn(&(usize, usize)) -> usize| pairs.iter().map(of).enumerate().map(|(r, n)| (r, n, 1.0));
    let factored = Factored::new(
        vec![ComponentMatrix::new(rank, left, columns(|pair| pair.0))?],
        vec![ComponentMatrix::new(rank, right, columns(|pair| pair.1))?],
        Bilinear::pointwise(rank),
        vec![ComponentMatrix::new(
            result,
            rank,
            map.terms().iter().map(|term| (term.result, place(term.left, term.right), term.coefficient)),
        )?],
    )?;
    let norm = Target::new(&map).norm();
    let product = finish(exact, factored, weight)?;
    Ok(Cp { product, rank, norm, error: 0.0, prior_bound: 0.0, sweeps: 0 })
}

/// Writes a Gaunt product as a CP form without error: one product for each point of the grid.
///
/// The transforms are multiplied out, so that each of the three matrices is dense; weights are one shared number.
///
/// # Errors
/// Those of [`gaunt_grid`].
pub fn cp_by_quadrature(left: &Irreps, right: &Irreps, options: &GauntOptions) -> Result<Cp, ProductError> {
    let plain = GauntOptions { weights: false, ..options.clone() };
    let exact = gaunt_grid(left, right, &plain)?;
    let map = exact.map();
    let joined = |chain: &[ComponentMatrix]| {
        chain.iter().cloned().reduce(|first, second| second.multiply(&first)).into_iter().collect::<Vec<_>>()
    };
    let rank = map.bilinear().dims()[0];
    let factored =
        Factored::new(joined(map.left()), joined(map.right()), map.bilinear().clone(), joined(map.result()))?;
    let norm = Target::new(&factored.expand()).norm();
    let product = finish(&exact, factored, options.weights)?;
    Ok(Cp { product, rank, norm, error: 0.0, prior_bound: 0.0, sweeps: 0 })
}

fn finish(exact: &Product, mut map: Factored, weight: bool) -> Result<Product, ProductError> {
    if weight {
        let result = Some(vec![0; exact.output().dim()]);
        map = map.with_weights(Weighting { weights: 1, result, ..Weighting::default() })?;
    }
    let operands = [exact.left(), exact.right(), exact.output()].map(Clone::clone);
    Product::new(NAME, operands, exact.symmetry(), map)
}

fn integer_cube_root(n: usize) -> usize {
    (1..).take_while(|root: &usize| root.pow(3) <= n).last().unwrap_or(0)
}
