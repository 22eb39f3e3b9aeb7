//! The Gaunt product: signals on the sphere, multiplied point by point.
//!
//! $$ z_{l_3 m_3} = \sum G^{l_1 l_2 l_3}_{m_1 m_2 m_3} x_{l_1 m_1} y_{l_2 m_2}, \qquad
//! G = \langle Y_{l_1 m_1} Y_{l_2 m_2} Y_{l_3 m_3} \rangle $$
//!
//! with component-normalised harmonics and the mean over the sphere. `G` vanishes unless the sum of the degrees is even:
//! the antisymmetric paths of the Clebsch-Gordan product, such as the cross product of vectors, are out of reach, and
//! weights belong to irreps, not to paths. In return it takes O(L^3) operations.
//!
//! Three realisations of the same map: on a grid of the sphere, on a torus (2D Fourier series), and by coefficients.
//! The grid is an exact canonical polyadic form of `G`, whose rank is the number of points.
//!
//! Source: Luo, Chen, Krishnapriyan, ICLR 2024; the grid form follows Xie, Daigavane, Kotak, Smidt, "The price of
//! freedom", ICML 2025.

use schur_group::{Irrep, Irreps, Normalization, Parity, SphericalHarmonics, gaunt};
use schur_multilinear::{Bilinear, BilinearTerm, Circuit, Factored};

use super::{Product, SphereGrid, Symmetry, check_degrees, irrep_weighting, torus::Torus};
use crate::ProductError;

const NAME: &str = "gaunt";

/// Largest power of [`gaunt_power`]: beyond, grids are larger than any use has.
const MAX_POWER: usize = 16;

/// What a Gaunt product gives.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GauntOptions {
    /// Irreps of the result; `None` means all that come out.
    pub output: Option<Irreps>,
    /// Whether each irrep of the arguments and the result has a weight, in this order.
    pub weights: bool,
    /// Whether parities count.
    pub symmetry: Symmetry,
}

/// Makes the Gaunt product on a grid of the sphere.
///
/// # Errors
/// [`ProductError::NoSignal`] if parities do not belong to one signal, [`ProductError::NoPath`] if a result cannot come
/// out, [`ProductError::Group`] beyond the degrees of the harmonics.
///
/// # Cost
/// O(L^3) operations, all in three dense transforms.
///
/// # Examples
/// ```
/// use schur_product::products::{GauntOptions, gaunt_coefficients, gaunt_grid};
/// let (x, y) = ("0e+1o".parse()?, "1o".parse()?);
/// let grid = gaunt_grid(&x, &y, &GauntOptions::default())?;
/// assert_eq!(grid.output().to_string(), "1x0e+1x1o+1x2e"); // no 1e
/// let exact = gaunt_coefficients(&x, &y, &GauntOptions::default())?;
/// let (a, b) = ([0.3, 1., 0., 2.], [1., -1., 0.5]);
/// let difference = grid.evaluate(&a, &b, &[])?[0] - exact.evaluate(&a, &b, &[])?[0];
/// assert!(difference.abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn gaunt_grid(left: &Irreps, right: &Irreps, options: &GauntOptions) -> Result<Product, ProductError> {
    let operands = operands(left, right, options)?;
    let degree = operands.iter().filter_map(Irreps::l_max).sum();
    let grid = SphereGrid::exact(degree);
    let map = Factored::new(
        grid.synthesis(left)?,
        grid.synthesis(right)?,
        Bilinear::pointwise(grid.len()),
        grid.analysis(&operands[2])?,
    )?;
    finish("gaunt-grid", operands, map, options)
}

/// Makes the Gaunt product by Fourier series of both angles.
///
/// # Errors
/// Those of [`gaunt_grid`].
///
/// # Cost
/// O(L^3) operations with a larger factor than on the grid: the torus has about three times as many points.
pub fn gaunt_fourier(left: &Irreps, right: &Irreps, options: &GauntOptions) -> Result<Product, ProductError> {
    let operands = operands(left, right, options)?;
    let [l1, l2, l3] = [0, 1, 2].map(|operand: usize| operands[operand].l_max().unwrap_or(0));
    let torus = Torus::new(l1 + l2, l3);
    let map = Factored::new(
        torus.synthesis(left)?,
        torus.synthesis(right)?,
        Bilinear::pointwise(torus.len()),
        torus.analysis(&operands[2])?,
    )?;
    finish("gaunt-fourier", operands, map, options)
}

/// Makes the Gaunt product by its coefficients, with shared products.
///
/// # Errors
/// Those of [`gaunt_grid`].
///
/// # Cost
/// O(L^5) operations.
pub fn gaunt_coefficients(left: &Irreps, right: &Irreps, options: &GauntOptions) -> Result<Product, ProductError> {
    let operands = operands(left, right, options)?;
    let terms = gaunt_terms(&operands)?;
    let dims = [left.dim(), right.dim(), operands[2].dim()];
    finish("gaunt-coefficients", operands, Bilinear::new(dims, terms)?.share(), options)
}

/// Makes the power of one signal on a grid of the sphere, as the product of `power` equal arguments.
///
/// # Shapes
/// A circuit with one argument of `argument.dim()` rows and `output.dim()` results.
///
/// # Errors
/// Those of [`gaunt_grid`], and [`ProductError::Option`] for a power of zero.
///
/// # Cost
/// O(power L^3): one evaluation at the points, `power - 1` products, one integration.
///
/// # Examples
/// ```
/// use schur_product::products::{Symmetry, gaunt_power};
/// let cube = gaunt_power(&"1o".parse()?, 3, &"1o".parse()?, Symmetry::O3)?;
/// // The signal of (0, 1, 0) is sqrt(3) cos(theta), and the mean of 9 cos(theta)^4 is 9/5.
/// let z = cube.evaluate(&[&[0.0, 1.0, 0.0]])?;
/// assert!((z[1] - 9.0 / 5.0).abs() < 1e-14 && z[0].abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn gaunt_power(
    argument: &Irreps,
    power: usize,
    output: &Irreps,
    symmetry: Symmetry,
) -> Result<Circuit, ProductError> {
    if !(1..=MAX_POWER).contains(&power) {
        let requirement = format!("in 1..={MAX_POWER}");
        return Err(ProductError::Option { product: NAME, option: "power", value: power, requirement });
    }
    check_degrees("spherical harmonics", SphericalHarmonics::MAX_DEGREE, [argument, output])?;
    let parity = result_parity(std::iter::repeat_n(argument, power), symmetry)?;
    let highest = power * argument.l_max().unwrap_or(0);
    let fits = |irrep: Irrep| irrep.l <= highest && (symmetry == Symmetry::So3 || irrep.parity == parity(irrep.l));
    if let Some((_, irrep)) = output.iter().find(|(_, irrep)| !fits(*irrep)) {
        return Err(ProductError::NoPath { product: NAME, left: argument.clone(), right: argument.clone(), irrep });
    }
    let grid = SphereGrid::exact(highest + output.l_max().unwrap_or(0));
    let mut circuit = Circuit::new();
    let mut values = circuit.input(argument.dim());
    for matrix in grid.synthesis(argument)? {
        values = circuit.matrix(&values, &matrix)?;
    }
    let mut product = values.clone();
    for _ in 1..power {
        product = circuit.bilinear(&product, &values, &Bilinear::pointwise(grid.len()))?;
    }
    for matrix in grid.analysis(output)? {
        product = circuit.matrix(&product, &matrix)?;
    }
    circuit.output(&product);
    Ok(circuit)
}

fn finish(
    name: &'static str,
    operands: [Irreps; 3],
    mut map: Factored,
    options: &GauntOptions,
) -> Result<Product, ProductError> {
    if options.weights {
        map = map.with_weights(irrep_weighting(&operands))?;
    }
    Product::new(name, operands, options.symmetry, map)
}

/// Checks the arguments and completes the result.
pub(super) fn operands(left: &Irreps, right: &Irreps, options: &GauntOptions) -> Result<[Irreps; 3], ProductError> {
    let asked = options.output.iter().chain([left, right]);
    check_degrees("spherical harmonics", SphericalHarmonics::MAX_DEGREE, asked)?;
    let parity = result_parity([left, right], options.symmetry)?;
    let reaches =
        |l3: usize| left.iter().any(|(n1, a)| right.iter().any(|(n2, b)| n1 > 0 && n2 > 0 && even_path(a.l, b.l, l3)));
    let highest = left.l_max().unwrap_or(0) + right.l_max().unwrap_or(0);
    let all = (0..=highest).filter(|&l| reaches(l)).map(|l| (1, Irrep::new(l, parity(l))));
    let output = options.output.clone().unwrap_or_else(|| Irreps::new(all));
    let unreached =
        |irrep: &Irrep| !reaches(irrep.l) || (options.symmetry == Symmetry::O3 && irrep.parity != parity(irrep.l));
    if let Some(irrep) = output.iter().map(|(_, irrep)| irrep).find(unreached) {
        return Err(ProductError::NoPath { product: NAME, left: left.clone(), right: right.clone(), irrep });
    }
    Ok([left.clone(), right.clone(), output])
}

fn even_path(l1: usize, l2: usize, l3: usize) -> bool {
    (l1 + l2 + l3).is_multiple_of(2) && (l1.abs_diff(l2)..=l1 + l2).contains(&l3)
}

/// The parity of each degree in a product of signals.
fn result_parity<'a>(
    arguments: impl IntoIterator<Item = &'a Irreps>,
    symmetry: Symmetry,
) -> Result<impl Fn(usize) -> Parity, ProductError> {
    let mut whole = Parity::Even;
    if symmetry == Symmetry::O3 {
        for irreps in arguments {
            whole = whole * signal_parity(irreps)?;
        }
    }
    Ok(move |l| match symmetry {
        Symmetry::O3 => whole * Parity::of_harmonic(l),
        Symmetry::So3 => Parity::Even,
    })
}

/// The parity of a signal as a whole: even if its irreps are those of harmonics, odd if all are the others.
fn signal_parity(irreps: &Irreps) -> Result<Parity, ProductError> {
    let mut parities = irreps.iter().map(|(_, irrep)| irrep.parity * Parity::of_harmonic(irrep.l));
    let first = parities.next().unwrap_or(Parity::Even);
    if parities.all(|parity| parity == first) {
        return Ok(first);
    }
    let requirement = "all parities must be those of harmonics, or all the opposite ones";
    Err(ProductError::NoSignal { product: NAME, irreps: irreps.clone(), requirement })
}

/// The coefficients between all copies.
fn gaunt_terms(operands: &[Irreps; 3]) -> Result<Vec<BilinearTerm>, ProductError> {
    let mut terms = Vec::new();
    let [left, right, result] = [0, 1, 2].map(|operand: usize| copies(&operands[operand]));
    for &(l1, first1) in &left {
        for &(l2, first2) in &right {
            for &(l3, first3) in result.iter().filter(|(l3, _)| even_path(l1, l2, *l3)) {
                let means = gaunt(l1, l2, l3, Normalization::Component)?;
                terms.extend(means.iter().map(|([m1, m2, m3], coefficient)| BilinearTerm {
                    result: first3 + m3,
                    left: first1 + m1,
                    right: first2 + m2,
                    coefficient,
                }));
            }
        }
    }
    Ok(terms)
}

/// Degree and first component of each copy.
fn copies(irreps: &Irreps) -> Vec<(usize, usize)> {
    let blocks = irreps.iter().zip(irreps.slices());
    let copies =
        blocks.flat_map(|((n, irrep), slice)| (0..n).map(move |copy| (irrep.l, slice.start + copy * irrep.dim())));
    copies.collect()
}
