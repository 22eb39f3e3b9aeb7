//! The basis of 3x3 matrices and what layers do with them, as circuits.
//!
//! Nine matrices, orthonormal under $\langle A, B \rangle = \mathrm{tr} A^T B$: the identity, three antisymmetric, five
//! symmetric without trace. They are ordered such that a unit vector $v$ has
//! $[v]_\times = \sqrt{2/3} \sum_m Y_{1m}(v) A_m$ and $v v^T - \tfrac13 = \sqrt{2/15} \sum_m Y_{2m}(v) S_m$ with the
//! harmonics that an edge carries. Squared norms of matrices are then sums of squares of components.

use schur_group::{Normalization, SphericalHarmonics};
use schur_multilinear::{
    Argument, Bilinear, BilinearTerm, ChannelwiseError, ChannelwisePlan, Circuit, ComponentMatrix, FactoredError, Rows,
};
use schur_product::ProductError;
use schur_tensor::{Real, pulp::Arch};

use super::{MatrixSymmetry, TensornetArchitecture};
use crate::ModelError;

/// Components of a matrix.
pub(super) const COMPONENTS: usize = 9;
/// Where the components of each part begin, and where the last ends.
pub(super) const PARTS: [usize; 4] = [0, 1, 4, 9];
/// What a component of each part is for one of the harmonics of a direction: see the module's documentation.
pub(super) const HARMONIC_FACTORS: [f64; 3] =
    [1.732_050_807_568_877_2, 0.816_496_580_927_726_0, 0.365_148_371_670_110_7];
/// By which share a unit of charge makes products of matrices larger.
const CHARGE_SHARE: f64 = 0.1;
/// Smaller coefficients are rounding.
const ROUNDING: f64 = 1e-12;

type Matrix = [[f64; 3]; 3];

/// The nine matrices.
pub(super) fn basis() -> Result<[Matrix; COMPONENTS], ModelError> {
    let harmonics = SphericalHarmonics::new(2, Normalization::Component).map_err(ProductError::from)?;
    let at = |v: [f64; 3]| -> Result<[f64; COMPONENTS], ModelError> {
        let mut values = [0.0; COMPONENTS];
        harmonics.evaluate_into(v, &mut values).map_err(ProductError::from)?;
        Ok(values)
    };
    let axis = |a: usize| std::array::from_fn::<f64, 3, _>(|b| f64::from(u8::from(a == b)));
    let mut basis = [[[0.0; 3]; 3]; COMPONENTS];
    for a in 0..3 {
        basis[0][a][a] = 3f64.sqrt().recip();
        let along = at(axis(a))?;
        for m in 0..3 {
            // Y_1m(v) = sqrt(3) sum_a R_ma v_a, and A_m = sum_a R_ma [e_a]x / sqrt(2).
            let entry = along[PARTS[1] + m] / 6f64.sqrt();
            let (b, c) = ((a + 1) % 3, (a + 2) % 3);
            basis[PARTS[1] + m][c][b] += entry;
            basis[PARTS[1] + m][b][c] -= entry;
        }
        for m in 0..5 {
            basis[PARTS[2] + m][a][a] = HARMONIC_FACTORS[2] * along[PARTS[2] + m];
        }
    }
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        let (ea, eb) = (axis(a), axis(b));
        let between = at(std::array::from_fn(|i| (ea[i] + eb[i]) / 2f64.sqrt()))?;
        for m in PARTS[2]..PARTS[3] {
            // v^T S v at v = (e_a + e_b) / sqrt(2) is half the two diagonal entries plus the other one.
            let entry = HARMONIC_FACTORS[2] * between[m] - 0.5 * (basis[m][a][a] + basis[m][b][b]);
            (basis[m][a][b], basis[m][b][a]) = (entry, entry);
        }
    }
    Ok(basis)
}

/// $\langle T_c, T_a T_b \rangle$ for all three.
fn structure_constants() -> Result<Vec<(usize, usize, usize, f64)>, ModelError> {
    let basis = basis()?;
    let mut constants = Vec::new();
    for a in 0..COMPONENTS {
        for b in 0..COMPONENTS {
            for (c, target) in basis.iter().enumerate() {
                let mut sum = 0.0;
                for i in 0..3 {
                    for j in 0..3 {
                        let product: f64 = (0..3).map(|k| basis[a][i][k] * basis[b][k][j]).sum();
                        sum += target[i][j] * product;
                    }
                }
                if sum.abs() > ROUNDING {
                    constants.push((a, b, c, sum));
                }
            }
        }
    }
    Ok(constants)
}

/// The circuits of a model, compiled.
#[derive(Debug)]
pub(super) struct MatrixPlans<T> {
    /// `X -> |X|^2`.
    pub norm: ChannelwisePlan<T>,
    /// `U, s, 1 -> X / (|X|^2 + 1)` with `X = s U`, a factor for each part.
    pub embed: ChannelwisePlan<T>,
    /// `Y, M, 1 -> P / (|P|^2 + 1)`.
    pub product: ChannelwisePlan<T>,
    /// `X, D, 1 -> X' / (|X'|^2 + 1)` with `X' = X + D + D D`.
    pub update: ChannelwisePlan<T>,
    /// `X, D -> |I|^2, |A|^2, |S|^2` of `X'`.
    pub invariants: ChannelwisePlan<T>,
    /// `U, s -> |I|^2, |A|^2, |S|^2` of `s U`: of models without layers.
    pub embedded: ChannelwisePlan<T>,
}

impl<T: Real> MatrixPlans<T> {
    /// Compiles the circuits for a number of channels.
    pub fn new(arch: Arch, it: &TensornetArchitecture, channels: usize) -> Result<Self, ModelError> {
        let constants = structure_constants()?;
        let circuits = Circuits::new(it.symmetry, 1.0 + CHARGE_SHARE * it.charge, &constants).map_err(damaged)?;
        let (each, one) = (Argument::per_item(channels), Argument::shared(1));
        let compile = |circuit: &Circuit, arguments: &[Argument]| {
            let plan = ChannelwisePlan::new(arch, circuit, arguments).map_err(unfit)?;
            Ok::<_, ModelError>(plan.on_calling_thread())
        };
        Ok(Self {
            norm: compile(&circuits.norm, &[each])?,
            embed: compile(&circuits.embed, &[each, each, one])?,
            product: compile(&circuits.product, &[each, each, one])?,
            update: compile(&circuits.update, &[each, each, one])?,
            invariants: compile(&circuits.invariants, &[each, each])?,
            embedded: compile(&circuits.embedded, &[each, each])?,
        })
    }
}

fn damaged(error: FactoredError) -> ModelError {
    ModelError::Architecture { what: "the products of matrices fit together", found: error.to_string() }
}

fn unfit(error: ChannelwiseError) -> ModelError {
    ModelError::Architecture { what: "the products of matrices can be compiled", found: error.to_string() }
}

struct Circuits {
    norm: Circuit,
    embed: Circuit,
    product: Circuit,
    update: Circuit,
    invariants: Circuit,
    embedded: Circuit,
}

impl Circuits {
    /// Products of matrices by the structure constants, times `factor` where a charged structure multiplies them.
    fn new(
        symmetry: MatrixSymmetry,
        factor: f64,
        constants: &[(usize, usize, usize, f64)],
    ) -> Result<Self, FactoredError> {
        let square = squares(1, |_| 0)?;
        let mut norm = Circuit::new();
        let x = norm.input(COMPONENTS);
        let n = norm.bilinear(&x, &x, &square)?;
        norm.output(&n);

        let mut embed = Circuit::new();
        let (u, s, one) = (embed.input(COMPONENTS), embed.input(3), embed.input(1));
        let by_parts = Bilinear::new([3, COMPONENTS, COMPONENTS], (0..COMPONENTS).map(scale))?;
        let scaled = embed.bilinear(&s, &u, &by_parts)?;
        let x = shrink(&mut embed, &scaled, &one)?;
        embed.output(&x);

        let mut product = Circuit::new();
        let (y, m, one) = (product.input(COMPONENTS), product.input(COMPONENTS), product.input(1));
        let terms = constants.iter().flat_map(|&(left, right, result, c)| {
            let of = |left, right, coefficient| BilinearTerm { result, left, right, coefficient };
            match symmetry {
                // T_a T_b stands in Y M with a of Y, in M Y with b of Y.
                MatrixSymmetry::O3 => [of(left, right, factor * c), of(right, left, factor * c)],
                MatrixSymmetry::So3 => [of(left, right, c), of(left, right, c)],
            }
        });
        let p = product.bilinear(&y, &m, &consolidated(terms)?)?;
        let p = shrink(&mut product, &p, &one)?;
        product.output(&p);

        let mut update = Circuit::new();
        let (x, d, one) = (update.input(COMPONENTS), update.input(COMPONENTS), update.input(1));
        let squared: Vec<_> = constants.iter().map(|&(a, b, c, x)| (a, b, c, factor * x)).collect();
        let x = step(&mut update, &x, &d, &squared)?;
        let x = shrink(&mut update, &x, &one)?;
        update.output(&x);

        let mut invariants = Circuit::new();
        let (x, d) = (invariants.input(COMPONENTS), invariants.input(COMPONENTS));
        let x = step(&mut invariants, &x, &d, &squared)?;
        let n = invariants.bilinear(&x, &x, &squares(3, part_of)?)?;
        invariants.output(&n);

        let mut embedded = Circuit::new();
        let (u, s) = (embedded.input(COMPONENTS), embedded.input(3));
        let x = embedded.bilinear(&s, &u, &by_parts)?;
        let n = embedded.bilinear(&x, &x, &squares(3, part_of)?)?;
        embedded.output(&n);
        Ok(Self { norm, embed, product, update, invariants, embedded })
    }
}

/// Which part a component belongs to.
const fn part_of(component: usize) -> usize {
    if component < PARTS[1] {
        0
    } else if component < PARTS[2] {
        1
    } else {
        2
    }
}

/// The component of a matrix times the factor of its part.
fn scale(component: usize) -> BilinearTerm {
    BilinearTerm { result: component, left: part_of(component), right: component, coefficient: 1.0 }
}

/// Sums of squares, to which each component contributes where `place` says.
fn squares(results: usize, place: impl Fn(usize) -> usize) -> Result<Bilinear, FactoredError> {
    let term = |m| BilinearTerm { result: place(m), left: m, right: m, coefficient: 1.0 };
    Bilinear::new([COMPONENTS, COMPONENTS, results], (0..COMPONENTS).map(term))
}

/// A product of matrices, without the terms that cancel.
fn consolidated(terms: impl Iterator<Item = BilinearTerm>) -> Result<Bilinear, FactoredError> {
    let dims = [COMPONENTS; 3];
    let sums = Bilinear::new(dims, terms)?;
    Bilinear::new(dims, sums.terms().iter().copied().filter(|term| term.coefficient.abs() > ROUNDING))
}

/// `X / (|X|^2 + 1)`.
fn shrink(circuit: &mut Circuit, x: &Rows, one: &Rows) -> Result<Rows, FactoredError> {
    let norm = circuit.bilinear(x, x, &squares(1, |_| 0)?)?;
    let both = Rows::concatenate([&norm, one]);
    let sum = circuit.matrix(&both, &ComponentMatrix::new(1, 2, [(0, 0, 1.0), (0, 1, 1.0)])?)?;
    let root = circuit.inverse_sqrt(&sum);
    let inverse = circuit.bilinear(&root, &root, &Bilinear::pointwise(1))?;
    let term = |m| BilinearTerm { result: m, left: 0, right: m, coefficient: 1.0 };
    circuit.bilinear(&inverse, x, &Bilinear::new([1, COMPONENTS, COMPONENTS], (0..COMPONENTS).map(term))?)
}

/// `X + D + D D`.
fn step(
    circuit: &mut Circuit,
    x: &Rows,
    d: &Rows,
    constants: &[(usize, usize, usize, f64)],
) -> Result<Rows, FactoredError> {
    // Each pair of components once.
    let pair = |&(a, b, result, coefficient): &(usize, usize, usize, f64)| BilinearTerm {
        result,
        left: a.min(b),
        right: a.max(b),
        coefficient,
    };
    let square = circuit.bilinear(d, d, &consolidated(constants.iter().map(pair))?)?;
    let all = Rows::concatenate([x, d, &square]);
    let entries = (0..3 * COMPONENTS).map(|n| (n % COMPONENTS, n, 1.0));
    circuit.matrix(&all, &ComponentMatrix::new(COMPONENTS, 3 * COMPONENTS, entries)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_basis_is_orthonormal_and_fits_the_harmonics() {
        let basis = basis().unwrap();
        let dot =
            |a: &Matrix, b: &Matrix| -> f64 { a.as_flattened().iter().zip(b.as_flattened()).map(|(x, y)| x * y).sum() };
        for (a, left) in basis.iter().enumerate() {
            for (b, right) in basis.iter().enumerate() {
                assert!((dot(left, right) - f64::from(u8::from(a == b))).abs() < 1e-14, "{a} {b}");
            }
        }
        let v = [0.36, -0.48, 0.8];
        let mut harmonics = [0.0; COMPONENTS];
        SphericalHarmonics::new(2, Normalization::Component).unwrap().evaluate_into(v, &mut harmonics).unwrap();
        let cross = [[0.0, -v[2], v[1]], [v[2], 0.0, -v[0]], [-v[1], v[0], 0.0]];
        let outer: Matrix =
            std::array::from_fn(|i| std::array::from_fn(|j| v[i] * v[j] - f64::from(u8::from(i == j)) / 3.0));
        let identity: Matrix = std::array::from_fn(|i| std::array::from_fn(|j| f64::from(u8::from(i == j))));
        for (part, matrix) in [identity, cross, outer].iter().enumerate() {
            for m in PARTS[part]..PARTS[part + 1] {
                assert!((dot(&basis[m], matrix) - HARMONIC_FACTORS[part] * harmonics[m]).abs() < 1e-14, "{m}");
            }
        }
    }

    /// The circuits against 3x3 matrices multiplied by definition.
    #[test]
    fn circuits_multiply_matrices() {
        let basis = basis().unwrap();
        let constants = structure_constants().unwrap();
        let numbers = |seed: f64| -> [f64; COMPONENTS] { std::array::from_fn(|m| (seed + 2.3 * m as f64).sin()) };
        let matrix = |x: &[f64]| -> Matrix {
            std::array::from_fn(|i| std::array::from_fn(|j| (0..COMPONENTS).map(|m| x[m] * basis[m][i][j]).sum()))
        };
        let times = |a: &Matrix, b: &Matrix| -> Matrix {
            std::array::from_fn(|i| std::array::from_fn(|j| (0..3).map(|k| a[i][k] * b[k][j]).sum()))
        };
        let plus =
            |a: Matrix, b: Matrix| -> Matrix { std::array::from_fn(|i| std::array::from_fn(|j| a[i][j] + b[i][j])) };
        let shrunk = |a: Matrix| {
            let norm: f64 = a.as_flattened().iter().map(|x| x * x).sum();
            a.map(|row| row.map(|x| x / (norm + 1.0)))
        };
        let (x, y) = (numbers(0.3), numbers(1.7));
        let (a, b) = (matrix(&x), matrix(&y));
        let close = |found: &[f64], expected: Matrix| {
            let pairs = matrix(found).into_iter().flatten().zip(expected.into_iter().flatten());
            pairs.map(|(p, q)| (p - q).abs()).fold(0.0, f64::max) < 1e-13
        };
        let times_factor = |a: Matrix, factor: f64| a.map(|row| row.map(|x| factor * x));
        for (symmetry, charge) in [(MatrixSymmetry::O3, 1.2), (MatrixSymmetry::So3, 1.0), (MatrixSymmetry::So3, 0.8)] {
            let circuits = Circuits::new(symmetry, charge, &constants).unwrap();
            let second = if symmetry == MatrixSymmetry::O3 { times(&b, &a) } else { times(&a, &b) };
            let found = circuits.product.evaluate(&[&x, &y, &[1.0]]).unwrap();
            // As torchmd-net has it, products without mirror images do not know the charge.
            let of_product = if symmetry == MatrixSymmetry::O3 { charge } else { 1.0 };
            let expected = times_factor(plus(times(&a, &b), second), of_product);
            assert!(close(&found, shrunk(expected)), "{symmetry:?}");
            let found = circuits.update.evaluate(&[&x, &y, &[1.0]]).unwrap();
            let expected = plus(plus(a, b), times_factor(times(&b, &b), charge));
            assert!(close(&found, shrunk(expected)), "{symmetry:?}");
        }
    }
}
