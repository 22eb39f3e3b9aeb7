//! A basis of equivariant polynomials: couplings from the left, made orthonormal for each multiset of blocks.
//!
//! Polynomials of different blocks share no monomial, so they are orthogonal anyway.

use std::collections::{BTreeMap, HashMap};

use schur_group::{Irrep, wigner_3j};

use super::monomials::{arrangements, times};
use super::{ContractionElement, ContractionTerm};
use crate::{ProductError, products::Symmetry};

/// Of a normalised coupling, what is less than this outside of the span of earlier ones is rounding.
const DEPENDENT: f64 = 1e-6;

/// Coefficients of a normalised polynomial below this are rounding.
const NOISE: f64 = 1e-13;

/// A polynomial: coefficients of its monomials.
type Polynomial = BTreeMap<Vec<u16>, f64>;

/// An equivariant polynomial: an irrep, and a polynomial for each of its components.
struct Coupled {
    irrep: Irrep,
    components: Vec<Polynomial>,
}

/// Finds the basis for all outputs, sorted by output, then order, then blocks.
pub(super) fn find(
    inputs: &[Irrep],
    outputs: &[Irrep],
    correlation: usize,
    symmetry: Symmetry,
) -> Result<Vec<ContractionElement>, ProductError> {
    let offsets = inputs.iter().scan(0, |next, irrep| Some(std::mem::replace(next, *next + irrep.dim()))).collect();
    let one = Coupled { irrep: "0e".parse()?, components: vec![Polynomial::from([(Vec::new(), 1.0)])] };
    let bases = HashMap::from([(Vec::new(), vec![one])]);
    let mut search =
        Search { inputs, outputs, offsets, correlation, symmetry, couplings: HashMap::new(), bases, found: Vec::new() };
    search.visit(&mut Vec::new())?;
    let mut basis = search.found;
    basis.sort_by(|a, b| (a.output, a.order, &a.blocks).cmp(&(b.output, b.order, &b.blocks)));
    Ok(basis)
}

fn terms_of(element: &Coupled) -> Vec<ContractionTerm> {
    let terms = element.components.iter().enumerate().flat_map(|(component, polynomial)| {
        let kept = polynomial.iter().filter(|(_, coefficient)| coefficient.abs() > NOISE);
        kept.map(move |(monomial, &coefficient)| ContractionTerm { component, monomial: monomial.clone(), coefficient })
    });
    terms.collect()
}

struct Search<'a> {
    inputs: &'a [Irrep],
    outputs: &'a [Irrep],
    offsets: Vec<usize>,
    correlation: usize,
    symmetry: Symmetry,
    couplings: HashMap<[usize; 3], Vec<([usize; 3], f64)>>,
    /// Equivariant polynomials of lists of blocks, in the order in which they are coupled.
    bases: HashMap<Vec<usize>, Vec<Coupled>>,
    found: Vec<ContractionElement>,
}

impl Search<'_> {
    /// Goes through all multisets of blocks up to the highest order.
    fn visit(&mut self, blocks: &mut Vec<usize>) -> Result<(), ProductError> {
        for block in blocks.last().copied().unwrap_or(0)..self.inputs.len() {
            blocks.push(block);
            let list = coupling_order(blocks);
            self.prepare(&list)?;
            self.keep(&list, blocks);
            if blocks.len() < self.correlation {
                self.visit(blocks)?;
            }
            blocks.pop();
        }
        Ok(())
    }

    /// Finds the basis of a list of blocks, coupled from the left, and of all lists that it begins with.
    fn prepare(&mut self, list: &[usize]) -> Result<(), ProductError> {
        let Some((&block, before)) = list.split_last() else { return Ok(()) };
        if self.bases.contains_key(list) {
            return Ok(());
        }
        self.prepare(before)?;
        let largest = |irreps: &[Irrep]| irreps.iter().map(|irrep| irrep.l).max().unwrap_or(0);
        // Larger degrees cannot come down to those of the result any more.
        let left_over = self.correlation - list.len();
        let reach = largest(self.outputs).saturating_add(left_over.saturating_mul(largest(self.inputs)));
        let left = self.bases.remove(before).unwrap_or_default();
        let mut basis = Vec::new();
        for factor in &left {
            for irrep in factor.irrep.product(self.inputs[block]).filter(|irrep| irrep.l <= reach) {
                add_if_new(&mut basis, self.couple(factor, block, irrep)?);
            }
        }
        self.bases.insert(before.to_vec(), left);
        self.bases.insert(list.to_vec(), basis);
        Ok(())
    }

    fn couple(&mut self, left: &Coupled, block: usize, irrep: Irrep) -> Result<Coupled, ProductError> {
        let degrees = [left.irrep.l, self.inputs[block].l, irrep.l];
        let coupling = match self.couplings.get(&degrees) {
            Some(coupling) => coupling,
            None => {
                let [l1, l2, l3] = degrees;
                let entries = wigner_3j(l1, l2, l3)?.iter().collect();
                self.couplings.entry(degrees).or_insert(entries)
            }
        };
        let mut components = vec![Polynomial::new(); irrep.dim()];
        for &([a, b, c], value) in coupling {
            let component = (self.offsets[block] + b) as u16;
            for (monomial, coefficient) in &left.components[a] {
                *components[c].entry(times(monomial, component)).or_default() += value * coefficient;
            }
        }
        Ok(Coupled { irrep, components })
    }

    /// Files what the outputs ask for.
    fn keep(&mut self, list: &[usize], blocks: &[usize]) {
        let fits = |output: Irrep, irrep: Irrep| match self.symmetry {
            Symmetry::O3 => output == irrep,
            Symmetry::So3 => output.l == irrep.l,
        };
        for element in self.bases.get(list).into_iter().flatten() {
            for (output, _) in self.outputs.iter().enumerate().filter(|(_, output)| fits(**output, element.irrep)) {
                let (order, blocks, terms) = (blocks.len(), blocks.to_vec(), terms_of(element));
                self.found.push(ContractionElement { output, order, blocks, terms });
            }
        }
    }
}

/// Blocks that occur most often come first.
///
/// Couplings of equal blocks are orthogonal as they are; equal blocks that meet later would mix them, and fill the
/// polynomials with terms.
fn coupling_order(blocks: &[usize]) -> Vec<usize> {
    let mut order = blocks.to_vec();
    order.sort_by_key(|block| (std::cmp::Reverse(blocks.iter().filter(|other| *other == block).count()), *block));
    order
}

/// Adds what is new in a coupling to an orthonormal basis.
fn add_if_new(basis: &mut Vec<Coupled>, coupled: Coupled) {
    // Couplings of equal factors may vanish.
    let Some(mut coupled) = normalized(coupled) else { return };
    // Twice, as rounding spoils the first projection of what is almost dependent.
    for _ in 0..2 {
        for other in basis.iter().filter(|other| other.irrep == coupled.irrep) {
            let overlap = inner_product(&coupled, other);
            for (polynomial, known) in coupled.components.iter_mut().zip(&other.components) {
                for (monomial, coefficient) in known {
                    *polynomial.entry(monomial.clone()).or_default() -= overlap * coefficient;
                }
            }
        }
    }
    basis.extend(normalized(coupled));
}

/// Scales so that each component has length one; none if what there is is rounding.
fn normalized(mut coupled: Coupled) -> Option<Coupled> {
    let length = inner_product(&coupled, &coupled).sqrt();
    if length <= DEPENDENT {
        return None;
    }
    coupled.components.iter_mut().flat_map(BTreeMap::values_mut).for_each(|coefficient| *coefficient /= length);
    Some(coupled)
}

/// The inner product of the symmetric tensors, for one component: by Schur's lemma it is the same for all.
fn inner_product(a: &Coupled, b: &Coupled) -> f64 {
    let component = |(a, b): (&Polynomial, &Polynomial)| -> f64 {
        let product = |(monomial, value): (&Vec<u16>, &f64)| {
            b.get(monomial).map_or(0.0, |other| value * other / arrangements(monomial))
        };
        a.iter().map(product).sum()
    };
    a.components.iter().zip(&b.components).map(component).sum::<f64>() / a.components.len() as f64
}
