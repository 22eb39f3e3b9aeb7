//! What a product can express: how many maps its weights reach, and which irreps meet.
//!
//! A product with weights `w` is a family of bilinear maps `B(w)`, and each `B(w)` is a sum of fixed maps times
//! products of weights (a path's weight; or left, right and result weights of three irreps). Counted are
//!
//! * `span`: the dimension of the linear space that all `B(w)` span,
//! * `reachable`: the dimension of the set of the `B(w)` itself, which is the rank of its derivative at a generic `w`,
//! * `allowed`: the dimension of the space of all maps with the product's symmetry between its operands.
//!
//! `reachable <= weights` and `reachable <= span`; for exactly equivariant products `span <= allowed`. A Clebsch-Gordan
//! product has `reachable = span = allowed`: its weights are coordinates. A Gaunt product has a smaller `span`, as paths
//! are missing, and a much smaller `reachable`, as weights of irreps are shared by paths.
//!
//! Interactability counts triples of blocks `(left, right) -> result`: one is *present* if the product restricted to
//! these blocks is not zero for every choice of weights.
//!
//! Source of the two notions: Xie, Daigavane, Kotak, Smidt, "The price of freedom", ICML 2025.

use std::collections::{BTreeMap, HashMap};

use schur_group::{Irrep, Irreps};
use schur_multilinear::Factored;

use super::{Product, Symmetry, symmetric_matrix::gram_rank};
use crate::ProductError;

/// Coefficients below this share of the largest are rounding.
const ROUNDING: f64 = 1e-11;

/// Square of the sine of the angle below which maps count as dependent; Gram matrices carry rounding of 1e-14.
const DEPENDENT: f64 = 1e-10;

/// Dimensions of what the weights of a product reach. See the module's documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expressivity {
    /// Number of weights.
    pub weights: usize,
    /// Dimension of the span of all maps.
    pub span: usize,
    /// Dimension of the set of all maps.
    pub reachable: usize,
    /// Dimension of the space of all maps that the symmetry allows.
    pub allowed: usize,
}

/// One triple of blocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interaction {
    /// Blocks of the two arguments and the result.
    pub blocks: [usize; 3],
    /// Their irreps.
    pub irreps: [Irrep; 3],
    /// Root of the sum of the squares of the coefficients between them, all weights one; 0 if they do not meet.
    pub strength: f64,
}

/// Which triples of blocks meet, of all that the symmetry allows.
#[derive(Debug, Clone, PartialEq)]
pub struct Interactability {
    /// All allowed triples, by left, then right, then resulting block.
    pub interactions: Vec<Interaction>,
}

impl Interactability {
    /// Triples that the symmetry allows.
    pub fn allowed(&self) -> usize {
        self.interactions.len()
    }

    /// Triples that are present.
    pub fn present(&self) -> usize {
        self.interactions.iter().filter(|interaction| interaction.strength > 0.0).count()
    }

    /// Triples that the product cannot form.
    pub fn missing(&self) -> impl Iterator<Item = &Interaction> {
        self.interactions.iter().filter(|interaction| interaction.strength == 0.0)
    }
}

/// Counts what the weights of a product reach; a product without weights is a single map.
///
/// # Errors
/// None for a product that was made by this crate.
///
/// # Cost
/// An evaluation for each pair of components, and the cube of the number of weight products.
///
/// # Examples
/// ```
/// use schur_product::products::{GauntOptions, expressivity, gaunt_grid, interactability};
/// let vector = "1o".parse()?;
/// let options = GauntOptions { weights: true, ..GauntOptions::default() };
/// let product = gaunt_grid(&vector, &vector, &options)?;
/// let counted = expressivity(&product)?;
/// assert_eq!((counted.weights, counted.span, counted.reachable), (4, 2, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn expressivity(product: &Product) -> Result<Expressivity, ProductError> {
    let maps: BTreeMap<[Option<usize>; 3], Coefficients> = weight_maps(product)?;
    let n = maps.len();
    let mut at_place: HashMap<[usize; 3], Vec<(usize, f64)>> = HashMap::new();
    for (index, coefficients) in maps.values().enumerate() {
        for (&place, &value) in coefficients {
            at_place.entry(place).or_default().push((index, value));
        }
    }
    let mut gram = vec![0.0; n * n];
    for list in at_place.values() {
        for &(a, x) in list {
            for &(b, y) in list {
                gram[a * n + b] += x * y;
            }
        }
    }
    let weights = product.weights();
    let derivative = derivatives(maps.keys(), weights);
    let half: Vec<f64> = (0..n * weights)
        .map(|at| (0..n).map(|k| gram[at / weights * n + k] * derivative[k * weights + at % weights]).sum())
        .collect();
    let square = (0..weights * weights)
        .map(|at| (0..n).map(|k| derivative[k * weights + at / weights] * half[k * weights + at % weights]).sum())
        .collect();
    Ok(Expressivity {
        weights,
        span: gram_rank(gram, n, DEPENDENT),
        reachable: gram_rank(square, weights, DEPENDENT),
        allowed: allowed_triples(product).map(|(_, _, copies)| copies).sum(),
    })
}

/// Lists which irreps of the arguments meet in which of the result.
///
/// # Errors
/// None for a product that was made by this crate.
///
/// # Cost
/// An evaluation for each pair of components.
pub fn interactability(product: &Product) -> Result<Interactability, ProductError> {
    let blocks = [product.left(), product.right(), product.output()].map(block_of_component);
    let mut squares: HashMap<[usize; 3], f64> = HashMap::new();
    for coefficients in weight_maps(product)?.values() {
        for (place, value) in coefficients {
            let triple = [0, 1, 2].map(|operand| blocks[operand][place[operand]]);
            *squares.entry(triple).or_default() += value * value;
        }
    }
    let interaction = |(blocks, irreps, _)| {
        let strength = squares.get(&blocks).map_or(0.0, |square| square.sqrt());
        Interaction { blocks, irreps, strength }
    };
    Ok(Interactability { interactions: allowed_triples(product).map(interaction).collect() })
}

/// Coefficients by components of the arguments and the result.
type Coefficients = HashMap<[usize; 3], f64>;

/// The fixed maps, each behind the weights that it is multiplied by.
fn weight_maps(product: &Product) -> Result<BTreeMap<[Option<usize>; 3], Coefficients>, ProductError> {
    let map = product.map();
    let weighting = map.weighting();
    let bare = Factored::new(map.left().to_vec(), map.right().to_vec(), map.bilinear().clone(), map.result().to_vec())?;
    let [n, k, _] = bare.dims();
    let mut values = Vec::new();
    for left in 0..n {
        for right in 0..k {
            let unit = |size: usize, at: usize| (0..size).map(|n| f64::from(u8::from(n == at))).collect::<Vec<f64>>();
            let paths = bare.evaluate(&unit(n, left), &unit(k, right), &[])?;
            values.extend(paths.into_iter().enumerate().filter(|x| x.1 != 0.0).map(|(row, x)| (left, right, row, x)));
        }
    }
    let largest = values.iter().fold(0.0_f64, |largest, entry| largest.max(entry.3.abs()));
    let slot = |slots: &Option<Vec<usize>>, at: usize| slots.as_ref().map(|slots| slots[at]);
    let mut maps: BTreeMap<[Option<usize>; 3], Coefficients> = BTreeMap::new();
    for (left, right, row, value) in values.into_iter().filter(|entry| entry.3.abs() > ROUNDING * largest) {
        let weights = [slot(&weighting.left, left), slot(&weighting.right, right), slot(&weighting.result, row)];
        let result = slot(&weighting.sums, row).unwrap_or(row);
        *maps.entry(weights).or_default().entry([left, right, result]).or_default() += value;
    }
    Ok(maps)
}

/// Derivatives of the products of weights with respect to each weight, `[product][weight]`, at generic weights.
fn derivatives<'a>(products: impl Iterator<Item = &'a [Option<usize>; 3]>, weights: usize) -> Vec<f64> {
    // Multiples of the golden ratio, modulo one: no two are related by a small polynomial.
    let value = |weight: usize| 0.5 + (weight as f64 * 0.618_033_988_749_894_9).fract();
    let row = |slots: &[Option<usize>; 3]| {
        let mut row = vec![0.0; weights];
        for (position, slot) in slots.iter().enumerate() {
            let Some(slot) = slot else { continue };
            let others = slots.iter().enumerate().filter(|(other, _)| *other != position);
            row[*slot] += others.filter_map(|(_, slot)| *slot).map(value).product::<f64>();
        }
        row
    };
    products.flat_map(row).collect()
}

/// Allowed triples of blocks with their irreps and the number of copies that meet.
fn allowed_triples(product: &Product) -> impl Iterator<Item = ([usize; 3], [Irrep; 3], usize)> + '_ {
    let numbered = |irreps: &Irreps| irreps.iter().enumerate().collect::<Vec<_>>();
    let [left, right, result] = [product.left(), product.right(), product.output()].map(numbered);
    let couples = |a: Irrep, b: Irrep, c: Irrep| match product.symmetry() {
        Symmetry::O3 => a.couples(b, c),
        Symmetry::So3 => (a.l.abs_diff(b.l)..=a.l + b.l).contains(&c.l),
    };
    let mut triples = Vec::new();
    for &(i, (n1, a)) in &left {
        for &(j, (n2, b)) in &right {
            let met = result.iter().filter(|(_, (_, c))| couples(a, b, *c));
            triples.extend(met.map(|&(k, (n3, c))| ([i, j, k], [a, b, c], n1 * n2 * n3)));
        }
    }
    triples.into_iter()
}

fn block_of_component(irreps: &Irreps) -> Vec<usize> {
    irreps.slices().enumerate().flat_map(|(block, slice)| slice.map(move |_| block)).collect()
}
