//! All named products for one task, so that they can be compared.
//!
//! | mode | arguments | result |
//! |---|---|---|
//! | [`Mode::Siso`] | degree `L` and degree `L` | degree `L` |
//! | [`Mode::Simo`] | degree `L` and degree `L` | even degrees in `0..=output_l_max` |
//! | [`Mode::Mimo`] | degrees `0..=L` twice | degrees `0..=output_l_max` |
//!
//! Every product gives the same irreps, paths added up. For SO(3) all irreps are named even, and the Clebsch-Gordan
//! product has all paths; for O(3) they have the parities of harmonics, and only paths with an even sum of degrees are
//! left. [`Mode::Simo`] has the even degrees, which every product reaches from `L` and `L`. A product that cannot serve a
//! task answers with the error that says why, e.g. the Gaunt product for an odd `L` in mode [`Mode::Siso`].

use rand::Rng;
use schur_group::{Irrep, Irreps, Parity};

use super::{
    CartesianOptions, CgForm, CgOptions, CpOptions, GauntOptions, IrrepNormalization, MatrixOptions, PathNormalization,
    PathSums, Product, Symmetry, VectorSignalOptions, cartesian, clebsch_gordan, cp, gaunt_coefficients, gaunt_fourier,
    gaunt_grid, matrix_product, vector_signal,
};
use crate::ProductError;

/// The names that [`named_product`] knows.
pub const PRODUCT_NAMES: [&str; 10] = [
    "cg",
    "cg-sparse",
    "cg-dense",
    "gaunt-grid",
    "gaunt-fourier",
    "gaunt-coefficients",
    "cp",
    "vector-signal",
    "matrix",
    "cartesian",
];

/// Single or many irreps for the arguments and the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Single input, single output.
    Siso,
    /// Single input, many outputs.
    Simo,
    /// Many inputs, many outputs.
    Mimo,
}

/// What products are compared on.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Largest degree of the arguments.
    pub l_max: usize,
    /// Single or many irreps.
    pub mode: Mode,
    /// Largest degree of the result; not looked at for [`Mode::Siso`].
    pub output_l_max: usize,
    /// Whether parities count.
    pub symmetry: Symmetry,
    /// Whether products have their weights: a path's, an irrep's, or one in all (CP).
    pub weights: bool,
    /// How the CP form is fitted; its `weight` is replaced by `weights`.
    pub cp: CpOptions,
}

impl Task {
    /// Takes rotations alone, results up to `l_max`, weights, and the CP rank `7 L^2`.
    pub fn new(l_max: usize, mode: Mode) -> Self {
        let (symmetry, cp) = (Symmetry::So3, CpOptions::of_degree(l_max));
        Self { l_max, mode, output_l_max: l_max, symmetry, weights: true, cp }
    }

    /// Irreps of each argument.
    pub fn arguments(&self) -> Irreps {
        match self.mode {
            Mode::Siso | Mode::Simo => Irreps::from(self.irrep(self.l_max)),
            Mode::Mimo => (0..=self.l_max).map(|l| (1, self.irrep(l))).collect(),
        }
    }

    /// Irreps of the result: those degrees that come out of the arguments at all.
    pub fn output(&self) -> Irreps {
        let arguments = self.arguments();
        let degrees = match self.mode {
            Mode::Siso => self.l_max..=self.l_max,
            Mode::Simo | Mode::Mimo => 0..=self.output_l_max,
        };
        let comes_out = |irrep: Irrep| arguments.product_paths(&arguments).any(|path| path.output == irrep);
        let degrees = degrees.filter(|l| self.mode != Mode::Simo || l.is_multiple_of(2));
        degrees.map(|l| self.irrep(l)).filter(|irrep| comes_out(*irrep)).map(|irrep| (1, irrep)).collect()
    }

    fn irrep(&self, l: usize) -> Irrep {
        match self.symmetry {
            Symmetry::O3 => Irrep::harmonic(l),
            Symmetry::So3 => Irrep::new(l, Parity::Even),
        }
    }

    fn clebsch_gordan(&self, form: CgForm, weights: bool) -> CgOptions {
        CgOptions {
            output: Some(self.output()),
            sums: PathSums::Summed,
            weights,
            form,
            irrep_normalization: IrrepNormalization::Component,
            path_normalization: PathNormalization::Element,
            mask: None,
        }
    }
}

/// Makes a product by its name; `rng` starts the fit of a CP form and is not used otherwise.
///
/// # Errors
/// [`ProductError::UnknownProduct`] for a name that is not in [`PRODUCT_NAMES`], or the reason for which the product
/// cannot serve the task.
///
/// # Examples
/// ```
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
/// use schur_product::products::{Mode, PRODUCT_NAMES, Task, named_product};
/// let (task, mut rng) = (Task::new(2, Mode::Mimo), ChaCha8Rng::seed_from_u64(0));
/// for name in PRODUCT_NAMES {
///     let product = named_product(name, &task, &mut rng)?;
///     assert_eq!((product.name(), product.output()), (name, &task.output()));
/// }
/// # Ok::<(), schur_product::ProductError>(())
/// ```
pub fn named_product<R: Rng>(name: &str, task: &Task, rng: &mut R) -> Result<Product, ProductError> {
    let (arguments, weights, symmetry) = (task.arguments(), task.weights, task.symmetry);
    let output = Some(task.output());
    let gaunt = GauntOptions { output: output.clone(), weights, symmetry };
    let (x, y) = (&arguments, &arguments);
    match name {
        "cg" => clebsch_gordan(x, y, &task.clebsch_gordan(CgForm::Shared, weights)),
        "cg-sparse" => clebsch_gordan(x, y, &task.clebsch_gordan(CgForm::Sparse, weights)),
        "cg-dense" => clebsch_gordan(x, y, &task.clebsch_gordan(CgForm::Dense, weights)),
        "gaunt-grid" => gaunt_grid(x, y, &gaunt),
        "gaunt-fourier" => gaunt_fourier(x, y, &gaunt),
        "gaunt-coefficients" => gaunt_coefficients(x, y, &gaunt),
        "cp" => {
            let exact = clebsch_gordan(x, y, &task.clebsch_gordan(CgForm::Sparse, false))?;
            Ok(cp(&exact, &CpOptions { weight: weights, ..task.cp }, rng)?.product)
        }
        "vector-signal" => {
            vector_signal(x, y, &VectorSignalOptions { output, weights, symmetry, ..VectorSignalOptions::default() })
        }
        "matrix" => matrix_product(x, y, &MatrixOptions { output, weights, symmetry, spins: None }),
        "cartesian" => cartesian(x, y, &CartesianOptions { output, weights, symmetry }),
        _ => Err(ProductError::UnknownProduct { name: name.to_owned() }),
    }
}

/// Makes all named products, each with its name, or with the reason for which it cannot serve the task.
pub fn all_products<R: Rng>(task: &Task, rng: &mut R) -> Vec<(&'static str, Result<Product, ProductError>)> {
    PRODUCT_NAMES.into_iter().map(|name| (name, named_product(name, task, rng))).collect()
}
