//! Tensors of physics: matrices of 6 x 6 for tensors of rank 4, and their irreps.
//!
//! Three habits of writing a symmetric matrix as six numbers are in use, and mixing them up is the commonest mistake with
//! elastic constants. They differ in the factor of the components off the diagonal only.

use crate::{GroupError, Irreps, ReducedTensorBasis};

/// How six numbers stand for a symmetric matrix: a factor for yz, xz and xy.
///
/// The order is always xx, yy, zz, yz, xz, xy. Component `I` of the six is `f_I t_ij`, and element `(I, J)` of a 6 x 6 matrix
/// is `f_I f_J C_ijkl`, with `f = 1` for the first three.
///
/// # Examples
/// The stiffness of an isotropic solid with Lame's constants 2 and 3 and what it is made of.
/// ```
/// use schur_group::{ReducedTensorBasis, Voigt};
///
/// let (lambda, mu) = (2.0, 3.0);
/// let mut stiffness = [[0.0; 6]; 6];
/// for i in 0..3 {
///     stiffness[i][..3].fill(lambda);
///     stiffness[i][i] += 2.0 * mu;
///     stiffness[i + 3][i + 3] = mu;
/// }
/// let elasticity = ReducedTensorBasis::elasticity()?; // 2x0e+2x2e+1x4e
/// let features = elasticity.to_irreps(&Voigt::Stress.unpack_tensor(&stiffness))?;
/// assert!(features[2..].iter().all(|x| x.abs() < 1e-14)); // scalars only
/// let back = Voigt::Stress.pack_tensor(&elasticity.to_tensor(&features)?)?;
/// assert!((back[0][0] - 8.0).abs() < 1e-13 && (back[3][3] - 3.0).abs() < 1e-13);
///
/// // In Mandel's form the matrix has the tensor's norm and eigenvalues: 2 mu five times and 3 lambda + 2 mu.
/// let mandel = Voigt::Mandel.pack_tensor(&Voigt::Stress.unpack_tensor(&stiffness))?;
/// assert!((mandel[3][3] - 2.0 * mu).abs() < 1e-14);
/// # Ok::<(), schur_group::GroupError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Voigt {
    /// Factor 1: stress, and stiffness from strain to stress.
    Stress,
    /// Factor 2, the engineering shear `gamma = 2 epsilon`: strain, and compliance.
    Strain,
    /// Factor `sqrt(2)`, after Kelvin and Mandel: norms and eigenvalues are those of the tensor.
    Mandel,
}

impl Voigt {
    /// The pair of axes of each of the six components.
    pub const PAIRS: [[usize; 2]; 6] = [[0, 0], [1, 1], [2, 2], [1, 2], [0, 2], [0, 1]];

    /// Returns the factor of a component, counted from 0: that of xy, xz and yz is not 1.
    fn factor(self, component: usize) -> f64 {
        match self {
            _ if component < 3 => 1.0,
            Voigt::Stress => 1.0,
            Voigt::Strain => 2.0,
            Voigt::Mandel => std::f64::consts::SQRT_2,
        }
    }

    /// Writes six numbers as a symmetric matrix.
    ///
    /// # Examples
    /// ```
    /// let strain = schur_group::Voigt::Strain.unpack_matrix([0.0, 0.0, 0.0, 0.0, 0.0, 0.02]);
    /// assert_eq!(strain[0][1], 0.01); // gamma_xy = 2 epsilon_xy
    /// ```
    pub fn unpack_matrix(self, components: [f64; 6]) -> [[f64; 3]; 3] {
        let mut matrix = [[0.0; 3]; 3];
        for (at, [i, j]) in Self::PAIRS.into_iter().enumerate() {
            (matrix[i][j], matrix[j][i]) = (components[at] / self.factor(at), components[at] / self.factor(at));
        }
        matrix
    }

    /// Writes a matrix as six numbers; of one that is not symmetric the symmetric part.
    pub fn pack_matrix(self, matrix: &[[f64; 3]; 3]) -> [f64; 6] {
        let mut components = [0.0; 6];
        for (at, [i, j]) in Self::PAIRS.into_iter().enumerate() {
            components[at] = self.factor(at) * 0.5 * (matrix[i][j] + matrix[j][i]);
        }
        components
    }

    /// Writes a 6 x 6 matrix as a tensor of rank 4.
    ///
    /// # Shapes
    /// The result: `[3, 3, 3, 3]`, row-major, symmetric in the first two and in the last two indices.
    pub fn unpack_tensor(self, matrix: &[[f64; 6]; 6]) -> Vec<f64> {
        let mut tensor = vec![0.0; 81];
        for (row, [i, j]) in Self::PAIRS.into_iter().enumerate() {
            for (column, [k, l]) in Self::PAIRS.into_iter().enumerate() {
                let value = matrix[row][column] / (self.factor(row) * self.factor(column));
                for [a, b] in [[i, j], [j, i]] {
                    tensor[27 * a + 9 * b + 3 * k + l] = value;
                    tensor[27 * a + 9 * b + 3 * l + k] = value;
                }
            }
        }
        tensor
    }

    /// Writes a tensor of rank 4 as a 6 x 6 matrix; of one without the symmetry in the pairs the symmetric part.
    ///
    /// # Shapes
    /// `tensor: [3, 3, 3, 3]`, row-major.
    ///
    /// # Errors
    /// [`GroupError::Length`].
    pub fn pack_tensor(self, tensor: &[f64]) -> Result<[[f64; 6]; 6], GroupError> {
        if tensor.len() != 81 {
            return Err(GroupError::Length { what: "tensor of rank 4", expected: 81, found: tensor.len() });
        }
        let mut matrix = [[0.0; 6]; 6];
        for (row, [i, j]) in Self::PAIRS.into_iter().enumerate() {
            for (column, [k, l]) in Self::PAIRS.into_iter().enumerate() {
                let element = |a: usize, b: usize, c: usize, d: usize| tensor[27 * a + 9 * b + 3 * c + d];
                let sum = (element(i, j, k, l) + element(j, i, k, l)) + (element(i, j, l, k) + element(j, i, l, k));
                matrix[row][column] = self.factor(row) * self.factor(column) * 0.25 * sum;
            }
        }
        Ok(matrix)
    }
}

impl ReducedTensorBasis {
    /// Makes the basis of all 3 x 3 matrices: `0e+1e+2e`, trace, antisymmetric and traceless symmetric part.
    ///
    /// # Errors
    /// None in practice.
    pub fn matrices() -> Result<Self, GroupError> {
        of_vectors("ij", &['i', 'j'])
    }

    /// Makes the basis of symmetric 3 x 3 matrices, such as stress or the dielectric tensor: `0e+2e`.
    ///
    /// # Errors
    /// None in practice.
    ///
    /// # Examples
    /// ```
    /// use schur_group::ReducedTensorBasis;
    ///
    /// // A uniaxial crystal: the mean is a scalar, the anisotropy has degree 2.
    /// let dielectric = [2.3, 0.0, 0.0, 0.0, 2.3, 0.0, 0.0, 0.0, 2.9];
    /// let basis = ReducedTensorBasis::symmetric_matrices()?;
    /// let features = basis.to_irreps(&dielectric)?;
    /// assert!((features[0] - 7.5 / 3.0_f64.sqrt()).abs() < 1e-14); // trace / sqrt(3)
    /// let back = basis.to_tensor(&features)?;
    /// assert!(back.iter().zip(&dielectric).all(|(a, b)| (a - b).abs() < 1e-14));
    /// # Ok::<(), schur_group::GroupError>(())
    /// ```
    pub fn symmetric_matrices() -> Result<Self, GroupError> {
        of_vectors("ij=ji", &['i'])
    }

    /// Makes the basis of piezoelectric tensors `d_ijk = d_ikj`: `2x1o+2o+3o`, 18 numbers.
    ///
    /// # Errors
    /// None in practice.
    pub fn piezoelectricity() -> Result<Self, GroupError> {
        of_vectors("ijk=ikj", &['i', 'j'])
    }

    /// Makes the basis of elasticity tensors `C_ijkl = C_jikl = C_ijlk = C_klij`: `2x0e+2x2e+4e`, 21 numbers.
    ///
    /// [`Voigt`] translates to and from matrices of 6 x 6.
    ///
    /// # Errors
    /// None in practice.
    pub fn elasticity() -> Result<Self, GroupError> {
        of_vectors("ijkl=jikl=ijlk=klij", &['i'])
    }
}

fn of_vectors(formula: &str, indices: &[char]) -> Result<ReducedTensorBasis, GroupError> {
    let indices: Vec<(char, Irreps)> = indices.iter().map(|index| (*index, Irreps::vectors(1))).collect();
    ReducedTensorBasis::new(formula, &indices)
}
