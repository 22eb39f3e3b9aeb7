//! Small lattices exactly: an index for each spin, a matrix for each bond.

use schur_einsum::Contraction;
use schur_tensor::Tensor;
use schur_tensor::semiring::{Arithmetic, Semiring};

use super::{Ising, IsingError};
use crate::contract::contract;

/// A lattice of rows and columns whose borders are joined.
///
/// Neighbours across a border of a side of length two have two bonds, as is usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Torus {
    rows: usize,
    columns: usize,
}

impl Torus {
    /// A lattice with at least one site.
    ///
    /// # Errors
    /// [`IsingError::Size`].
    pub fn new(rows: usize, columns: usize) -> Result<Self, IsingError> {
        match rows.checked_mul(columns) {
            Some(1..) => Ok(Self { rows, columns }),
            _ => Err(IsingError::Size { rows, columns }),
        }
    }

    /// The number of sites.
    pub const fn sites(&self) -> usize {
        self.rows * self.columns
    }

    /// Each site's bonds to the right and downwards.
    pub fn bonds(&self) -> Vec<[usize; 2]> {
        let site = |row: usize, column: usize| row % self.rows * self.columns + column % self.columns;
        let sites = (0..self.rows).flat_map(|row| (0..self.columns).map(move |column| (row, column)));
        sites
            .flat_map(|(row, column)| {
                [(row, column + 1), (row + 1, column)].map(|(r, c)| [site(row, column), site(r, c)])
            })
            .collect()
    }

    /// The contraction: a matrix for each of the [`bonds`](Self::bonds), then a vector for each site.
    ///
    /// # Errors
    /// None for a lattice of this type; those of [`Contraction::new`].
    pub fn contraction(&self) -> Result<Contraction, IsingError> {
        let bonds = self.bonds().into_iter().map(Vec::from);
        let operands = bonds.chain((0..self.sites()).map(|site| vec![site])).collect();
        let names = (0..self.sites()).map(|site| format!("s{site}")).collect();
        Ok(Contraction::new(operands, Vec::new(), vec![2; self.sites()], names)?)
    }

    /// Sums a product of weights over all $2^{\text{sites}}$ states, over any semiring.
    ///
    /// `bond` is the weight of equal and of opposite neighbours, `site` that of a spin up and of one down. Over real
    /// numbers this is the partition function, over polynomials the number of states of each energy, over max-plus the
    /// largest energy.
    ///
    /// # Errors
    /// [`IsingError::Execute`] if the semiring refuses a step, or a tensor would be too large.
    /// # Cost
    /// Two to about twice the shorter side.
    /// # Examples
    /// ```
    /// use schur_network::ising::Torus;
    /// use schur_tensor::semiring::MaxPlus;
    ///
    /// // The least energy of sixteen spins: minus the largest sum of products of neighbours.
    /// let largest = Torus::new(4, 4)?.partition_function(&MaxPlus::<f64>::new(), [1.0, -1.0], [0.0, 0.0])?;
    /// assert_eq!(largest, 32.0);
    /// # Ok::<(), schur_network::ising::IsingError>(())
    /// ```
    pub fn partition_function<S: Semiring>(
        &self,
        semiring: &S,
        bond: [S::Element; 2],
        site: [S::Element; 2],
    ) -> Result<S::Element, IsingError> {
        self.contracted(semiring, [&bond, &bond], &site)
    }

    /// The logarithm of the model's partition function, of the whole lattice.
    ///
    /// # Errors
    /// [`IsingError::Vanished`] if it is too large or small for a number, which takes a thousand sites; others as
    /// [`partition_function`](Self::partition_function).
    pub fn log_z(&self, model: &Ising) -> Result<f64, IsingError> {
        let weights = |coupling: f64| [coupling, -coupling].map(|x| (x - coupling.abs()).exp());
        let [row, column] = model.couplings().map(weights);
        let value = self.contracted(&Arithmetic::<f64>::new(), [&row, &column], &weights(model.field()))?;
        if value <= 0.0 || !value.is_finite() {
            return Err(IsingError::Vanished { value, steps: 0 });
        }
        Ok(value.ln() + self.sites() as f64 * model.log_scale())
    }

    fn contracted<S: Semiring>(
        &self,
        semiring: &S,
        bonds: [&[S::Element; 2]; 2],
        site: &[S::Element; 2],
    ) -> Result<S::Element, IsingError> {
        let matrix = |[equal, opposite]: &[S::Element; 2]| {
            Tensor::new(&[2, 2], [equal, opposite, opposite, equal].map(Clone::clone).to_vec())
        };
        let [row, column] = [matrix(bonds[0])?, matrix(bonds[1])?];
        let mut tensors = Vec::with_capacity(3 * self.sites());
        for _ in 0..self.sites() {
            tensors.extend([row.clone(), column.clone()]);
        }
        tensors.resize(3 * self.sites(), Tensor::new(&[2], site.to_vec())?);
        Ok(contract(semiring, &self.contraction()?, &tensors)?.into_data().swap_remove(0))
    }
}
