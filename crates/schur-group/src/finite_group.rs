//! Finite groups: a multiplication table and the irreps that are known.

mod axioms;
mod point_groups;

use std::fmt;
use std::sync::Arc;

use axioms::{check_associative, check_table, spell};

use crate::finite_irrep::{FiniteIrrep, IrrepTable};
use crate::{FiniteGroupError, GroupError};

/// A finite group, given by its multiplication table, and its irreducible real representations.
///
/// Elements are numbers; element 0 need not be the identity. A group is made from a [table](Self::new) or from
/// [matrices](Self::from_matrices); irreps are added with [`with_irrep`](Self::with_irrep) by their matrices on the
/// generators. Each is checked: the table for the axioms, the matrices for the relations of the group, orthogonality,
/// irreducibility and being new.
///
/// # Examples
/// The symmetries of a triangle, from a table of 3 x 3 permutation matrices.
/// ```
/// use schur_group::{FiniteGroup, GroupIrrep};
///
/// let turn = vec![0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
/// let flip = vec![0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0];
/// let (sine, cosine) = (2.0 * std::f64::consts::PI / 3.0).sin_cos();
/// let group = FiniteGroup::from_matrices("S3", 3, &[turn, flip])?
///     .with_irrep("A1", 1, &[vec![1.0], vec![1.0]])?
///     .with_irrep("A2", 1, &[vec![1.0], vec![-1.0]])?
///     .with_irrep("E", 2, &[vec![cosine, -sine, sine, cosine], vec![1.0, 0.0, 0.0, -1.0]])?
///     .shared();
/// assert_eq!(group.order(), 6);
/// assert!(group.is_complete());
/// let e = group.irrep("E")?;
/// let products: Vec<String> = e.products(&e)?.iter().map(|(mul, irrep)| format!("{mul}x{irrep}")).collect();
/// assert_eq!(products, ["1xA1", "1xA2", "1xE"]);
/// # Ok::<(), schur_group::GroupError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct FiniteGroup {
    name: String,
    /// `table[g * order + h]` is `g h`.
    table: Vec<usize>,
    order: usize,
    identity: usize,
    generators: Vec<usize>,
    /// For each element but the identity, in an order in which it can be used: (element, shorter element, generator).
    words: Vec<(usize, usize, usize)>,
    irreps: Vec<IrrepTable>,
}

impl FiniteGroup {
    /// Largest number of elements: a table of this size squared is held.
    pub const MAX_ORDER: usize = 2048;

    /// Makes a group of its multiplication table and of elements that generate it.
    ///
    /// # Shapes
    /// `table: [order][order]`; `table[g][h]` is the number of the product `g h`.
    ///
    /// # Errors
    /// [`GroupError::FiniteGroup`] naming the elements at which an axiom fails, or those that the generators do not reach.
    pub fn new(name: &str, table: &[Vec<usize>], generators: &[usize]) -> Result<Self, GroupError> {
        let fail = |reason| GroupError::FiniteGroup { group: name.to_owned(), reason };
        let order = table.len();
        check_table(table).map_err(fail)?;
        let flat: Vec<usize> = table.concat();
        let is_identity = |e: &usize| (0..order).all(|g| flat[e * order + g] == g && flat[g * order + e] == g);
        let identity = (0..order).find(is_identity).ok_or_else(|| fail(FiniteGroupError::NoIdentity))?;
        if let Some(&generator) = generators.iter().find(|g| **g >= order) {
            return Err(fail(FiniteGroupError::UnknownElement { element: generator, order }));
        }
        check_associative(order, &flat, generators).map_err(fail)?;
        let words = spell(order, &flat, identity, generators).map_err(fail)?;
        let generators = generators.to_vec();
        Ok(Self { name: name.to_owned(), table: flat, order, identity, generators, words, irreps: Vec::new() })
    }

    /// Makes the group that matrices generate; their products are told apart by their elements.
    ///
    /// # Shapes
    /// Each generator: `[dim, dim]`, row-major.
    ///
    /// # Errors
    /// [`GroupError::Length`], or [`GroupError::FiniteGroup`] if there are more than [`Self::MAX_ORDER`] products.
    pub fn from_matrices(name: &str, dim: usize, generators: &[Vec<f64>]) -> Result<Self, GroupError> {
        let fail = |reason| GroupError::FiniteGroup { group: name.to_owned(), reason };
        let expected = dim.saturating_mul(dim).max(1);
        if let Some(wrong) = generators.iter().find(|matrix| matrix.len() != expected) {
            return Err(GroupError::Length { what: "matrix of a generator", expected, found: wrong.len() });
        }
        // Without generators the dimension is not backed by any matrix, and does not matter.
        let dim = if generators.is_empty() { 1 } else { dim };
        let steps = close(dim, generators).ok_or_else(|| fail(FiniteGroupError::NotFinite { max: Self::MAX_ORDER }))?;
        let order = steps.len();
        // Each row of the table starts at g times the identity, and goes on with g (h s) = (g h) s.
        let mut table = vec![vec![usize::MAX; order]; order];
        for (g, row) in table.iter_mut().enumerate() {
            row[0] = g;
            for h in 0..order {
                for (s, &next) in steps[h].iter().enumerate() {
                    // Elements are numbered as they were found, so that h is known before h s is.
                    row[next] = if row[next] == usize::MAX { steps[row[h]][s] } else { row[next] };
                }
            }
        }
        let numbers: Vec<usize> = steps.first().cloned().unwrap_or_default();
        Self::new(name, &table, &numbers)
    }

    /// Adds an irreducible real representation by its matrices on the generators, in their order.
    ///
    /// # Shapes
    /// Each matrix: `[dim, dim]`, row-major.
    ///
    /// # Errors
    /// [`GroupError::FiniteGroup`] naming the irrep and what is wrong with it: a matrix that is not orthogonal, a product
    /// that the matrices do not respect, a representation that falls apart or that is there already.
    pub fn with_irrep(mut self, name: &str, dim: usize, matrices: &[Vec<f64>]) -> Result<Self, GroupError> {
        let irrep = IrrepTable::new(&self, name, dim, matrices)
            .map_err(|reason| GroupError::FiniteGroup { group: self.name.clone(), reason })?;
        self.irreps.push(irrep);
        Ok(self)
    }

    /// Hands the group to the irreps that will share it.
    pub fn shared(self) -> Arc<Self> {
        Arc::new(self)
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the number of elements.
    pub fn order(&self) -> usize {
        self.order
    }

    /// Returns the number of the identity.
    pub fn identity(&self) -> usize {
        self.identity
    }

    /// Returns the elements that the group was generated from.
    pub fn generators(&self) -> &[usize] {
        &self.generators
    }

    /// Multiplies two elements; `None` if there is no such element.
    pub fn product(&self, g: usize, h: usize) -> Option<usize> {
        if g < self.order && h < self.order { Some(self.table[g * self.order + h]) } else { None }
    }

    /// Tells whether every irreducible real representation is there: the sum of `dim^2 / commutant_dim` is the order.
    pub fn is_complete(&self) -> bool {
        self.irreps.iter().map(IrrepTable::share).sum::<usize>() == self.order
    }

    /// Lists the irreps in the order in which they were added.
    pub fn irreps(self: &Arc<Self>) -> Vec<FiniteIrrep> {
        (0..self.irreps.len()).map(|index| FiniteIrrep::new(Arc::clone(self), index)).collect()
    }

    /// Finds an irrep by its name.
    ///
    /// # Errors
    /// [`GroupError::FiniteGroup`] with the names there are.
    pub fn irrep(self: &Arc<Self>, name: &str) -> Result<FiniteIrrep, GroupError> {
        let index = self.irreps.iter().position(|irrep| irrep.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.irreps.iter().map(|irrep| irrep.name.as_str()).collect();
            let reason = FiniteGroupError::UnknownIrrep { irrep: name.to_owned(), known: known.join(", ") };
            GroupError::FiniteGroup { group: self.name.clone(), reason }
        })?;
        Ok(FiniteIrrep::new(Arc::clone(self), index))
    }

    /// Counts how often each irrep occurs in a representation of which the matrices on the generators are given.
    ///
    /// # Errors
    /// Those of [`with_irrep`](Self::with_irrep), or [`FiniteGroupError::MissingIrreps`] if the irreps known do not add up.
    ///
    /// # Examples
    /// The five d orbitals in a cubic crystal split into two and three.
    /// ```
    /// use schur_group::{FiniteGroup, GroupIrrep, Irrep};
    ///
    /// let cube = FiniteGroup::octahedral()?;
    /// let vectors = cube.irrep("T1")?;
    /// let turns = cube.generators().iter().map(|g| {
    ///     let m = vectors.matrix(g)?;
    ///     Irrep::harmonic(2).matrix(&[[m[0], m[1], m[2]], [m[3], m[4], m[5]], [m[6], m[7], m[8]]])
    /// });
    /// let parts = cube.decompose(5, &turns.collect::<Result<Vec<_>, _>>()?)?;
    /// let names: Vec<String> = parts.iter().map(|(mul, irrep)| format!("{mul}x{irrep}")).collect();
    /// assert_eq!(names, ["1xE", "1xT2"]);
    /// # Ok::<(), schur_group::GroupError>(())
    /// ```
    pub fn decompose(
        self: &Arc<Self>,
        dim: usize,
        matrices: &[Vec<f64>],
    ) -> Result<Vec<(usize, FiniteIrrep)>, GroupError> {
        let characters = IrrepTable::represent(self, "representation", dim, matrices).map(|table| table.characters());
        self.multiplicities(&characters.map_err(|reason| GroupError::FiniteGroup { group: self.name.clone(), reason })?)
    }

    /// Counts how often each irrep occurs in the representation with the given characters.
    pub(crate) fn multiplicities(
        self: &Arc<Self>,
        characters: &[f64],
    ) -> Result<Vec<(usize, FiniteIrrep)>, GroupError> {
        let dim = characters[self.identity].round() as usize;
        let mut parts = Vec::new();
        for (table, irrep) in self.irreps.iter().zip(self.irreps()) {
            let overlap: f64 = table.characters().iter().zip(characters).map(|(a, b)| a * b).sum();
            let multiplicity = (overlap / (self.order * table.commutant_dim) as f64).round() as usize;
            if multiplicity > 0 {
                parts.push((multiplicity, irrep));
            }
        }
        let found = parts.iter().map(|(mul, irrep)| mul * irrep.table().dim).sum();
        if found == dim {
            return Ok(parts);
        }
        let reason = FiniteGroupError::MissingIrreps { dim, found };
        Err(GroupError::FiniteGroup { group: self.name.clone(), reason })
    }

    pub(crate) fn words(&self) -> &[(usize, usize, usize)] {
        &self.words
    }

    pub(crate) fn table_of(&self, index: usize) -> &IrrepTable {
        &self.irreps[index]
    }

    pub(crate) fn tables(&self) -> &[IrrepTable] {
        &self.irreps
    }
}

impl fmt::Debug for FiniteGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let irreps: Vec<&str> = self.irreps.iter().map(|irrep| irrep.name.as_str()).collect();
        f.debug_struct("FiniteGroup")
            .field("name", &self.name)
            .field("order", &self.order)
            .field("irreps", &irreps)
            .finish()
    }
}

/// Numbers the products of matrices until no new one comes: for each its products with the generators.
///
/// The identity is number 0. `None` if there are too many.
fn close(dim: usize, generators: &[Vec<f64>]) -> Option<Vec<Vec<usize>>> {
    let (mut elements, mut steps) = (vec![identity_matrix(dim)], Vec::new());
    while let Some(element) = elements.get(steps.len()) {
        let products: Vec<Vec<f64>> = generators.iter().map(|generator| multiply(dim, element, generator)).collect();
        let mut numbers = Vec::with_capacity(products.len());
        for product in products {
            let known = elements.iter().position(|other| near(&product, other));
            if known.is_none() && (elements.len() == FiniteGroup::MAX_ORDER || !product.iter().all(|x| x.is_finite())) {
                return None;
            }
            numbers.push(known.unwrap_or(elements.len()));
            if known.is_none() {
                elements.push(product);
            }
        }
        steps.push(numbers);
    }
    Some(steps)
}

/// Differences below this are rounding: elements of a matrix group of a thousand elements are farther apart.
const SAME_MATRIX: f64 = 1e-6;

fn near(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(x, y)| (x - y).abs() < SAME_MATRIX)
}

pub(crate) fn identity_matrix(dim: usize) -> Vec<f64> {
    (0..dim * dim).map(|at| if at % (dim + 1) == 0 { 1.0 } else { 0.0 }).collect()
}

/// Multiplies two square matrices.
pub(crate) fn multiply(dim: usize, a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut product = vec![0.0; dim * dim];
    for (row, out) in a.chunks_exact(dim).zip(product.chunks_exact_mut(dim)) {
        for (x, other) in row.iter().zip(b.chunks_exact(dim)) {
            out.iter_mut().zip(other).for_each(|(sum, y)| *sum += x * y);
        }
    }
    product
}
