//! The symmetric contraction of MACE: equivariant polynomials of one feature, each with a weight.
//!
//! $$ z_{LM u} = \sum_{\nu=1}^{N} \sum_\eta w_{L\nu\eta u}\, U^{\eta}_{LM}(x_u, \dots, x_u) $$
//!
//! Channels `u` stay apart. For each irrep of the result and each order, the $U^\eta$ are a basis of *all* equivariant
//! polynomials of that order: couplings of `nu` copies of the feature, made symmetric, without the ones that follow from
//! others. Which element of the periodic table has which weights is the caller's choice; a circuit takes them as an
//! argument.
//!
//! Circuits compute monomials of the components once, each from one of lower order, and share them among all results.
//!
//! # Conventions
//! For each multiset of blocks of the feature, couplings go from the left, $((b_1 b_2) b_3) \dots$, blocks that occur
//! most often first, then ascending, and what is linearly dependent on earlier ones is dropped. The basis is orthonormal:
//! the symmetric tensors of two components have the inner product $\delta_{\eta\eta'} \delta_{MM'}$. Other codes have other
//! bases of the same space; [`express`](SymmetricContraction::express) finds the change of basis that carries weights over.
//!
//! Source: Batatia et al., "MACE: Higher order equivariant message passing neural networks ...", NeurIPS 2022, eqs.
//! 10-11; Dusson et al., "Atomic cluster expansion: completeness, efficiency and stability", 2022, for the basis.

mod basis;
mod monomials;

use schur_group::{Irrep, Irreps};
use schur_multilinear::{Bilinear, BilinearTerm, Circuit, ComponentMatrix};

use crate::{ProductError, products::Symmetry};
use monomials::{Monomials, arrangements};

const NAME: &str = "symmetric contraction";

/// Most monomials that are worked with: those of order 3 in 180 components, or of order 6 in 30.
const MAX_MONOMIALS: usize = 1_500_000;

/// What a symmetric contraction goes between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SymmetricContractionOptions {
    /// The feature; copies of an irrep count as different blocks.
    pub inputs: Irreps,
    /// The result; copies have weights of their own.
    pub outputs: Irreps,
    /// The highest order, MACE's `correlation`.
    pub correlation: usize,
    /// Whether parities count; with [`Symmetry::So3`] those of the irreps are ignored.
    pub symmetry: Symmetry,
}

/// One equivariant polynomial of the basis, and one weight.
#[derive(Debug, Clone, PartialEq)]
pub struct ContractionElement {
    /// Which irrep of the result, copy by copy.
    pub output: usize,
    /// Order of the polynomial.
    pub order: usize,
    /// The blocks of the feature that it multiplies, ascending.
    pub blocks: Vec<usize>,
    /// Its components.
    pub terms: Vec<ContractionTerm>,
}

/// A monomial in one component of a polynomial.
#[derive(Debug, Clone, PartialEq)]
pub struct ContractionTerm {
    /// Component of the irrep.
    pub component: usize,
    /// Components of the feature, ascending, one a factor.
    pub monomial: Vec<u16>,
    /// The coefficient.
    pub coefficient: f64,
}

/// A symmetric contraction. See the module's documentation.
///
/// # Examples
/// The invariants of a scalar and a vector up to order two:
/// ```
/// use schur_product::{SymmetricContraction, SymmetricContractionOptions, products::Symmetry};
///
/// let contraction = SymmetricContraction::new(&SymmetricContractionOptions {
///     inputs: "0e+1o".parse()?,
///     outputs: "0e".parse()?,
///     correlation: 2,
///     symmetry: Symmetry::O3,
/// })?;
/// let blocks: Vec<&[usize]> = contraction.basis().iter().map(|element| &element.blocks[..]).collect();
/// assert_eq!(blocks, [&[0][..], &[0, 0], &[1, 1]]); // s, s s, v . v / sqrt(3)
/// let z = contraction.circuit()?.evaluate(&[&[2.0, 1.0, 2.0, 2.0], &[1.0, 10.0, 100.0]])?;
/// assert!((z[0] - (2.0 + 40.0 + 900.0 / 3.0_f64.sqrt())).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SymmetricContraction {
    dim: usize,
    outputs: Vec<Irrep>,
    basis: Vec<ContractionElement>,
    monomials: Monomials,
}

impl SymmetricContraction {
    /// Finds the basis.
    ///
    /// # Errors
    /// [`ProductError::Option`] if the order is zero or the polynomials are too many to be listed,
    /// [`ProductError::Group`] if a degree is beyond the exact 3j symbols.
    ///
    /// # Cost
    /// That of all couplings, term by term: milliseconds for degrees up to 2 and order 3, seconds for degree 3 and
    /// order 4.
    pub fn new(options: &SymmetricContractionOptions) -> Result<Self, ProductError> {
        let dim = options.inputs.dim();
        check_size(dim, options.outputs.dim(), options.correlation)?;
        let copies = |irreps: &Irreps| -> Vec<Irrep> {
            irreps.iter().flat_map(|(copies, irrep)| std::iter::repeat_n(irrep, copies)).collect()
        };
        let (inputs, outputs) = (copies(&options.inputs), copies(&options.outputs));
        let basis = basis::find(&inputs, &outputs, options.correlation, options.symmetry)?;
        let monomials = Monomials::covering(basis.iter().flat_map(|e| &e.terms).map(|term| &term.monomial[..]));
        Ok(Self { dim, outputs, basis, monomials })
    }

    /// The irreps of the result, one entry a copy.
    pub fn outputs(&self) -> &[Irrep] {
        &self.outputs
    }

    /// The polynomials in the order of their weights: by output, then order, then blocks.
    pub fn basis(&self) -> &[ContractionElement] {
        &self.basis
    }

    /// Writes the contraction as a circuit.
    ///
    /// Arguments: the feature, and one weight for each polynomial.
    ///
    /// # Errors
    /// None for a contraction that [`new`](Self::new) has made.
    pub fn circuit(&self) -> Result<Circuit, ProductError> {
        let mut circuit = Circuit::new();
        let feature = circuit.input(self.dim);
        let weights = circuit.input(self.basis.len());
        let powers = self.monomials.write(&mut circuit, &feature)?;
        let offsets = self.offsets();
        let (mut entries, mut terms, mut rows) = (Vec::new(), Vec::new(), 0);
        for (weight, element) in self.basis.iter().enumerate() {
            for term in &element.terms {
                entries.push((rows + term.component, self.monomials.place(&term.monomial), term.coefficient));
            }
            let components = self.outputs[element.output].dim();
            let result = offsets[element.output];
            terms.extend((0..components).map(|component| BilinearTerm {
                result: result + component,
                left: rows + component,
                right: weight,
                coefficient: 1.0,
            }));
            rows += components;
        }
        let polynomials = circuit.matrix(&powers, &ComponentMatrix::new(rows, powers.len(), entries)?)?;
        let weighting = Bilinear::new([rows, self.basis.len(), self.n_results()], terms)?;
        let result = circuit.bilinear(&polynomials, &weights, &weighting)?;
        circuit.output(&result);
        Ok(circuit)
    }

    /// Writes the contraction as a circuit of folded coefficients: fewer operations for weights that do not change.
    ///
    /// Arguments: the feature, and [`fold`](Self::fold) times the weights, a number for each monomial of each component
    /// of the result. A potential folds the weights of each chemical element once.
    ///
    /// # Errors
    /// None for a contraction that [`new`](Self::new) has made.
    pub fn folded_circuit(&self) -> Result<Circuit, ProductError> {
        let mut circuit = Circuit::new();
        let places = self.folded_places();
        let feature = circuit.input(self.dim);
        let coefficients = circuit.input(places.len());
        let powers = self.monomials.write(&mut circuit, &feature)?;
        let term = |(right, &[result, left]): (usize, &[usize; 2])| {
            let coefficient = 1.0;
            BilinearTerm { result, left, right, coefficient }
        };
        let terms = places.iter().enumerate().map(term);
        let sum = Bilinear::new([powers.len(), places.len(), self.n_results()], terms)?;
        let result = circuit.bilinear(&powers, &coefficients, &sum)?;
        circuit.output(&result);
        Ok(circuit)
    }

    /// The matrix that makes the coefficients of [`folded_circuit`](Self::folded_circuit) of the weights.
    ///
    /// # Errors
    /// None for a contraction that [`new`](Self::new) has made.
    pub fn fold(&self) -> Result<ComponentMatrix, ProductError> {
        let places = self.folded_places();
        let offsets = self.offsets();
        let mut entries = Vec::new();
        for (weight, element) in self.basis.iter().enumerate() {
            for term in &element.terms {
                let place = [offsets[element.output] + term.component, self.monomials.place(&term.monomial)];
                let row = places.binary_search(&place).unwrap_or(places.len());
                entries.push((row, weight, term.coefficient));
            }
        }
        Ok(ComponentMatrix::new(places.len(), self.basis.len(), entries)?)
    }

    /// Writes a foreign polynomial in this basis, so that weights of another code can be taken over.
    ///
    /// # Shapes
    /// `tensor`: `[2 l + 1][dim]...[dim]` with `order` axes of the feature, symmetric or not: only its symmetric part
    /// counts. The result has one number for each element of the basis with this output and order.
    ///
    /// # Errors
    /// [`ProductError::Length`] if the tensor has another size, [`ProductError::NotEquivariant`] if what is left of it
    /// outside of the basis is more than `1e-6` of it.
    pub fn express(&self, output: usize, order: usize, tensor: &[f64]) -> Result<Vec<f64>, ProductError> {
        let components = self.outputs.get(output).map_or(0, |irrep| irrep.dim());
        let stride = u32::try_from(order).ok().and_then(|order| self.dim.checked_pow(order));
        let expected = stride.and_then(|stride| stride.checked_mul(components)).unwrap_or(usize::MAX);
        let found = tensor.len();
        if found != expected {
            return Err(ProductError::Length { what: "the tensor of a polynomial", expected, found });
        }
        let polynomial = monomials::symmetric_part(tensor, components, self.dim, order);
        let mine = self.basis.iter().filter(|e| e.output == output && e.order == order);
        let mut rest = polynomial.clone();
        let mut coefficients = Vec::new();
        for element in mine {
            let overlap = |term: &ContractionTerm| {
                let key = (term.component, term.monomial.clone());
                polynomial.get(&key).map_or(0.0, |c| c * term.coefficient / arrangements(&term.monomial))
            };
            let coefficient = element.terms.iter().map(overlap).sum::<f64>() / components as f64;
            for term in &element.terms {
                let key = (term.component, term.monomial.clone());
                *rest.entry(key).or_default() -= coefficient * term.coefficient;
            }
            coefficients.push(coefficient);
        }
        let size = |polynomial: &monomials::Polynomials| {
            polynomial.iter().map(|((_, monomial), c)| c * c / arrangements(monomial)).sum::<f64>().sqrt()
        };
        // Of a tensor without a symmetric part, such as a triple product, rounding is all that is left.
        let scale = tensor.iter().map(|c| c * c).sum::<f64>().sqrt();
        let defect = size(&rest);
        match defect <= 1e-6 * scale {
            true => Ok(coefficients),
            false => Err(ProductError::NotEquivariant { what: "the tensor of a polynomial", defect, scale }),
        }
    }

    /// Components of the result.
    pub fn n_results(&self) -> usize {
        self.outputs.iter().map(|irrep| irrep.dim()).sum()
    }

    fn offsets(&self) -> Vec<usize> {
        let dims = self.outputs.iter().map(|irrep| irrep.dim());
        dims.scan(0, |next, dim| Some(std::mem::replace(next, *next + dim))).collect()
    }

    /// The (component of the result, monomial) that have a coefficient, ascending.
    fn folded_places(&self) -> Vec<[usize; 2]> {
        let offsets = self.offsets();
        let place = |element: &ContractionElement, term: &ContractionTerm| {
            [offsets[element.output] + term.component, self.monomials.place(&term.monomial)]
        };
        let all = self.basis.iter().flat_map(|element| element.terms.iter().map(move |term| place(element, term)));
        let mut places: Vec<[usize; 2]> = all.collect();
        places.sort_unstable();
        places.dedup();
        places
    }
}

/// Refuses what cannot be listed before any of it is.
fn check_size(dim: usize, results: usize, correlation: usize) -> Result<(), ProductError> {
    let refuse =
        |option, value, requirement: String| Err(ProductError::Option { product: NAME, option, value, requirement });
    if correlation == 0 {
        return refuse("correlation", correlation, "at least 1".into());
    }
    // Monomials of the highest order: (dim + order - 1 over order).
    let mut monomials = Some(1_usize);
    for step in 0..correlation {
        monomials = monomials.and_then(|m| m.checked_mul(dim.checked_add(step)?)).map(|m| m / (step + 1));
        if monomials.is_none_or(|m| m > MAX_MONOMIALS) || results > MAX_MONOMIALS {
            let requirement = format!("such that {dim} components have at most {MAX_MONOMIALS} monomials");
            return refuse("correlation", correlation, requirement);
        }
        if dim <= 1 && step > usize::from(u16::MAX) {
            return refuse("correlation", correlation, format!("at most {}", u16::MAX));
        }
    }
    Ok(())
}
