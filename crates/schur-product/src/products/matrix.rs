//! Irreps as square matrices, multiplied as matrices.
//!
//! On a space $V = \bigoplus_a V_a$ of *spins* (whole numbers), a matrix transforms as `D M D^T`, and its block from
//! spin `b` to `a` holds every degree from `|a - b|` to `a + b` once:
//!
//! $$ M^{ab}_{ik} = \sqrt{2l+1} \sum_m C^{a b l}_{i k m} x_m. $$
//!
//! With one spin `j` and degrees `0..=2j` this is an orthogonal change of basis from $(2j+1)^2$ components to all real
//! matrices of size `2j+1`, so the product is the algebra of matrices itself. On the paths it is the Clebsch-Gordan
//! product with weights that are fixed: `(l1, l2) -> l3` carries the 6j symbol `{l1 l2 l3; j j j}` (sums of such symbols
//! for more spins), symmetric for an even sum of degrees, antisymmetric for an odd one. An irrep that fits several blocks
//! is put into all of them; blocks that are not distinguished by irreps have no weights of their own.
//!
//! Block `(a, b)` has parity $(-1)^{a+b}$, so one spin serves SO(3), and two neighbouring ones O(3).
//!
//! Source: the idea of a "fused" product through spin matrices is that of the library e3x (Unke and Maennel, "E3x:
//! E(3)-equivariant deep learning made easy", 2024).

use schur_group::{ExactTensor, Irrep, Irreps, Parity, wigner_3j};
use schur_multilinear::{Bilinear, BilinearTerm, ComponentMatrix, Factored};

use super::{Product, Symmetry, check_degrees, irrep_weighting};
use crate::ProductError;

const NAME: &str = "matrix";

/// What a product of matrices gives.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MatrixOptions {
    /// Irreps of the result; `None` means all that come out.
    pub output: Option<Irreps>,
    /// Whether each irrep of the arguments and the result has a weight, in this order.
    pub weights: bool,
    /// Whether parities count.
    pub symmetry: Symmetry,
    /// The space that the matrices act on; `None` means the smallest that holds the operands.
    pub spins: Option<Vec<usize>>,
}

/// Makes the product of irreps as matrices.
///
/// # Errors
/// [`ProductError::NoSignal`] if an argument fits no block, [`ProductError::NoPath`] if a result cannot come out.
///
/// # Cost
/// O(L^3): the matrices have about L (SO(3)) or 2 L (O(3)) rows.
///
/// # Examples
/// ```
/// use schur_product::products::{MatrixOptions, Symmetry, matrix_product};
/// let all = "0e+1e+2e".parse()?;
/// let options = MatrixOptions { symmetry: Symmetry::So3, ..MatrixOptions::default() };
/// let product = matrix_product(&all, &all, &options)?;
/// assert_eq!(product.map().bilinear().terms().len(), 27); // 3 x 3 matrices
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn matrix_product(left: &Irreps, right: &Irreps, options: &MatrixOptions) -> Result<Product, ProductError> {
    let space = match &options.spins {
        Some(spins) => Space { name: NAME, spins: spins.clone(), symmetry: options.symmetry },
        None => Space::smallest([Some(left), Some(right), options.output.as_ref()], options.symmetry),
    };
    let operands = space.operands(left, right, options.output.as_ref())?;
    let mut map = space.product(&operands, &[MatrixTerm::Product])?;
    if options.weights {
        map = map.with_weights(irrep_weighting(&operands))?;
    }
    Product::new(NAME, operands, options.symmetry, map)
}

/// The products of two matrices that are added up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum MatrixTerm {
    /// First times second.
    Product,
    /// Second times first.
    Reversed,
}

/// The space that matrices act on.
#[derive(Debug, Clone)]
pub(super) struct Space {
    pub(super) name: &'static str,
    pub(super) spins: Vec<usize>,
    pub(super) symmetry: Symmetry,
}

impl Space {
    fn smallest(operands: [Option<&Irreps>; 3], symmetry: Symmetry) -> Self {
        let of = |start: usize| match symmetry {
            Symmetry::So3 => vec![start],
            Symmetry::O3 => vec![start, start + 1],
        };
        let space = |start: usize| Self { name: NAME, spins: of(start), symmetry };
        let holds_all = |space: &Self| {
            let mut irreps = operands.iter().flatten().flat_map(|irreps| irreps.iter());
            irreps.all(|(_, irrep)| space.blocks(irrep).next().is_some())
        };
        (0..ExactTensor::MAX_DEGREE).map(space).find(holds_all).unwrap_or_else(|| space(ExactTensor::MAX_DEGREE - 1))
    }

    fn size(&self) -> usize {
        self.spins.iter().map(|spin| 2 * spin + 1).sum()
    }

    /// Pairs of places in `spins` whose block holds an irrep.
    fn blocks(&self, irrep: Irrep) -> impl Iterator<Item = (usize, usize)> + '_ {
        let places = 0..self.spins.len();
        places.clone().flat_map(move |a| places.clone().map(move |b| (a, b))).filter(move |&(a, b)| {
            let (a, b) = (self.spins[a], self.spins[b]);
            let parity = Parity::of_harmonic(a) * Parity::of_harmonic(b);
            (a.abs_diff(b)..=a + b).contains(&irrep.l) && (self.symmetry == Symmetry::So3 || parity == irrep.parity)
        })
    }

    /// Checks the arguments and completes the result.
    pub(super) fn operands(
        &self,
        left: &Irreps,
        right: &Irreps,
        output: Option<&Irreps>,
    ) -> Result<[Irreps; 3], ProductError> {
        let spins: Irreps = self.spins.iter().map(|&spin| (1, Irrep::harmonic(spin))).collect();
        let operands = [left, right, &spins].into_iter().chain(output);
        check_degrees("Wigner 3j symbols", ExactTensor::MAX_DEGREE, operands)?;
        let fits = |irrep: Irrep| self.blocks(irrep).next().is_some();
        for irreps in [left, right] {
            if irreps.iter().any(|(_, irrep)| !fits(irrep)) {
                let requirement = "each irrep must lie in a block of the matrices";
                return Err(ProductError::NoSignal { product: self.name, irreps: irreps.clone(), requirement });
            }
        }
        let mut all: Vec<Irrep> = left.product_paths(right).map(|path| path.output).collect();
        if self.symmetry == Symmetry::So3 {
            all.iter_mut().for_each(|irrep| irrep.parity = Parity::Even);
        }
        all.sort_unstable();
        all.dedup();
        all.retain(|&irrep| irrep.l <= ExactTensor::MAX_DEGREE && fits(irrep));
        let reached = |irrep: Irrep| match self.symmetry {
            Symmetry::O3 => all.contains(&irrep),
            Symmetry::So3 => all.iter().any(|one| one.l == irrep.l),
        };
        let output = match output {
            Some(output) => output.clone(),
            None => all.iter().map(|&irrep| (1, irrep)).collect(),
        };
        let missing = output.iter().find(|(_, irrep)| !reached(*irrep));
        match missing {
            Some((_, irrep)) => {
                Err(ProductError::NoPath { product: self.name, left: left.clone(), right: right.clone(), irrep })
            }
            None => Ok([left.clone(), right.clone(), output]),
        }
    }

    /// Components to matrices, their products, and back.
    pub(super) fn product(&self, operands: &[Irreps; 3], terms: &[MatrixTerm]) -> Result<Factored, ProductError> {
        let n = self.size();
        let indices = (0..n * n * n).map(|index| (index / (n * n), index / n % n, index % n));
        let terms = indices.flat_map(|(row, inner, column)| {
            let (first, second) = (row * n + inner, inner * n + column);
            terms.iter().map(move |term| {
                let (left, right) = match term {
                    MatrixTerm::Product => (first, second),
                    MatrixTerm::Reversed => (second, first),
                };
                BilinearTerm { result: row * n + column, left, right, coefficient: 1.0 }
            })
        });
        let product = Bilinear::new([n * n; 3], terms)?;
        let [left, right, result] = operands;
        let result = self.embedding(result)?.transpose();
        Ok(Factored::new(vec![self.embedding(left)?], vec![self.embedding(right)?], product, vec![result])?)
    }

    /// The matrix from components to matrix elements; columns of one irrep are orthonormal.
    fn embedding(&self, irreps: &Irreps) -> Result<ComponentMatrix, ProductError> {
        let starts: Vec<usize> =
            (0..self.spins.len()).map(|place| self.spins[..place].iter().map(|spin| 2 * spin + 1).sum()).collect();
        let (n, mut entries, mut first) = (self.size(), Vec::new(), 0);
        for (copies, irrep) in irreps.iter() {
            let scale = (irrep.dim() as f64 / self.blocks(irrep).count() as f64).sqrt();
            for _ in 0..copies {
                for (a, b) in self.blocks(irrep) {
                    let three_j = wigner_3j(self.spins[a], self.spins[b], irrep.l)?;
                    entries.extend(
                        three_j
                            .iter()
                            .map(|([i, k, m], c)| ((starts[a] + i) * n + starts[b] + k, first + m, scale * c)),
                    );
                }
                first += irrep.dim();
            }
        }
        Ok(ComponentMatrix::new(n * n, first, entries)?)
    }
}
