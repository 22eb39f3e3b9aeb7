//! Tensor networks over all pairs of cores: one core a mode, hidden cores beside them, a bond of some rank between any two.

use schur_einsum::Contraction;
use schur_tensor::Tensor;

use crate::einsum_model::{EinsumForm, EinsumModel};
use crate::random::{normal, stream};
use crate::{DecompError, Scalar};

/// Cores and the ranks of the bonds between them; a bond of rank one is none.
///
/// # Examples
/// ```
/// use schur_decomp::structure::Network;
///
/// // A train of four cores.
/// let mut train = Network::new(&[5, 6, 7, 8], 0);
/// for (left, rank) in [(0, 2), (1, 3), (2, 2)] {
///     train.set_rank(left, left + 1, rank);
/// }
/// assert_eq!(train.parameters(), 5 * 2 + 2 * 6 * 3 + 3 * 7 * 2 + 2 * 8);
/// assert_eq!(train.bonds(), [([0, 1], 2), ([1, 2], 3), ([2, 3], 2)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Network {
    shape: Vec<usize>,
    cores: usize,
    /// By pairs of cores, the lower first: `(0, 1), (0, 2), ..., (1, 2), ...`.
    ranks: Vec<usize>,
}

impl Network {
    /// A core a mode, so many hidden ones that hold no mode, and no bonds.
    pub fn new(shape: &[usize], hidden: usize) -> Self {
        let cores = shape.len() + hidden;
        Self { shape: shape.to_vec(), cores, ranks: vec![1; cores * cores.saturating_sub(1) / 2] }
    }

    /// The size of each mode.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The number of cores, hidden ones included: those come last.
    pub const fn cores(&self) -> usize {
        self.cores
    }

    fn place(&self, a: usize, b: usize) -> Option<usize> {
        let (low, high) = (a.min(b), a.max(b));
        (low < high && high < self.cores).then(|| low * (2 * self.cores - low - 1) / 2 + high - low - 1)
    }

    /// The rank of the bond between two cores; one if there is none.
    pub fn rank(&self, a: usize, b: usize) -> usize {
        self.place(a, b).map_or(1, |place| self.ranks[place])
    }

    /// Sets the rank of a bond, at least one; of a core with itself, nothing is set.
    pub fn set_rank(&mut self, a: usize, b: usize, rank: usize) {
        if let Some(place) = self.place(a, b) {
            self.ranks[place] = rank.max(1);
        }
    }

    /// All pairs of cores, bonded or not.
    pub fn pairs(&self) -> impl Iterator<Item = [usize; 2]> + use<> {
        let cores = self.cores;
        (0..cores).flat_map(move |a| (a + 1..cores).map(move |b| [a, b]))
    }

    /// The bonds, and their ranks.
    pub fn bonds(&self) -> Vec<([usize; 2], usize)> {
        self.pairs().zip(self.ranks.iter().copied()).filter(|&(_, rank)| rank > 1).collect()
    }

    /// The cores that a core has a bond with, in order.
    pub fn neighbours(&self, core: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.cores).filter(move |&other| self.rank(core, other) > 1)
    }

    /// The number of numbers in all cores.
    pub fn parameters(&self) -> usize {
        let core = |core: usize| -> usize {
            let bonds = (0..self.cores).filter(|&other| other != core).map(|other| self.rank(core, other));
            bonds.fold(self.shape.get(core).copied().unwrap_or(1), usize::saturating_mul)
        };
        (0..self.cores).map(core).fold(0, usize::saturating_add)
    }

    /// The model whose factors are the cores: first the mode, then the bonds in the order of the other cores.
    ///
    /// # Errors
    /// [`DecompError::Count`] for fewer than two cores, [`DecompError::Model`] for a mode of size zero.
    pub fn model(&self) -> Result<EinsumModel, DecompError> {
        let bonds = self.bonds();
        let modes = self.shape.len();
        let mut factors: Vec<Vec<usize>> =
            (0..self.cores).map(|core| (core < modes).then_some(core).into_iter().collect()).collect();
        let (mut sizes, mut names) = (self.shape.clone(), (0..modes).map(|mode| mode.to_string()).collect::<Vec<_>>());
        for (bond, ([a, b], rank)) in bonds.into_iter().enumerate() {
            factors[a].push(modes + bond);
            factors[b].push(modes + bond);
            sizes.push(rank);
            names.push(format!("{a}_{b}"));
        }
        EinsumModel::from_contraction(Contraction::new(factors, (0..modes).collect(), sizes, names)?)
    }
}

/// New elements of a core that grows, as a part of the root of the mean square of the old ones: small, so that the model
/// hardly changes, and not zero, so that both ends of a bond see each other.
const NEW_ELEMENTS: f64 = 0.1;

/// Carries cores over to a network with other ranks: what fits is kept, what is new is random and small.
pub(super) fn transfer<T: Scalar>(
    form: &EinsumForm<T>,
    model: EinsumModel,
    seed: u64,
) -> Result<EinsumForm<T>, DecompError> {
    let (old, new) = (form.model().contraction().clone(), model.contraction().clone());
    let mut factors = Vec::with_capacity(model.factors());
    for (place, factor) in form.factors().iter().enumerate().take(model.factors()) {
        let (before, after) = (&old.operands()[place], &new.operands()[place]);
        // Where each axis of the new core lies in the old one; a new bond had one index.
        let axis = |name: &String| before.iter().position(|&index| old.names()[index] == *name);
        let axes: Vec<Option<usize>> = after.iter().map(|&index| axis(&new.names()[index])).collect();
        let squares: f64 = factor.data().iter().map(|value| value.to_f64().powi(2)).sum();
        let scale = NEW_ELEMENTS * (squares / factor.data().len().max(1) as f64).sqrt();
        let mut rng = stream(seed, place as u64);
        let mut source = vec![0; before.len()];
        factors.push(Tensor::from_fn(&model.factor_shape(place), |index| {
            let fresh = scale * normal(&mut rng);
            source.fill(0);
            for (&i, axis) in index.iter().zip(&axes) {
                match axis {
                    Some(axis) => source[*axis] = i,
                    None if i > 0 => return T::from_f64(fresh),
                    None => {}
                }
            }
            factor.get(&source).copied().unwrap_or_else(|| T::from_f64(fresh))
        })?);
    }
    EinsumForm::new(model, factors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_keep_what_fits_when_bonds_change() {
        let mut network = Network::new(&[3, 4, 5], 0);
        network.set_rank(0, 1, 2);
        network.set_rank(2, 1, 3);
        let form = EinsumForm::<f64>::random(network.model().unwrap(), 1).unwrap();
        let mut larger = network.clone();
        larger.set_rank(0, 2, 2);
        larger.set_rank(0, 1, 3);
        assert_eq!(larger.rank(1, 0), 3);
        let grown = transfer(&form, larger.model().unwrap(), 7).unwrap();
        assert_eq!(grown.factors().iter().map(|core| core.data().len()).sum::<usize>(), larger.parameters());
        let change = |form: &EinsumForm<f64>, other: &EinsumForm<f64>| {
            let (a, b) = (form.to_tensor().unwrap(), other.to_tensor().unwrap());
            let norm = a.data().iter().map(|x| x * x).sum::<f64>();
            (a.data().iter().zip(b.data()).map(|(x, y)| (x - y).powi(2)).sum::<f64>() / norm).sqrt()
        };
        assert!((1e-6..0.2).contains(&change(&form, &grown)), "{}", change(&form, &grown));
        let back = transfer(&grown, network.model().unwrap(), 7).unwrap();
        assert_eq!(back, form);
    }
}
