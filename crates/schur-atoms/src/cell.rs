//! The unit cell and the small 3x3 algebra that belongs to it.

/// A lattice: three vectors as the rows of a matrix, in Å.
///
/// A row of zeros means "no lattice vector along this direction". Left-handed cells are ordinary.
///
/// # Examples
/// ```
/// use schur_atoms::Cell;
/// let cell = Cell::new([[2.0, 0.0, 0.0], [0.0, 3.0, 0.0], [1.0, 0.0, 4.0]]);
/// assert_eq!(cell.volume(), 24.0);
/// assert_eq!(cell.to_cartesian([0.5, 0.5, 0.5]), [1.5, 1.5, 2.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cell {
    vectors: [[f64; 3]; 3],
}

/// A cell that cannot be used for what was asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CellError {
    /// The three vectors span no volume.
    #[error(
        "the cell {vectors:?} is singular: its volume {volume:e} Å^3 is zero within rounding; give three independent lattice vectors or switch periodicity off"
    )]
    Singular {
        /// The lattice vectors in Å, one a row.
        vectors: [[f64; 3]; 3],
        /// Their determinant in Å^3.
        volume: f64,
    },
    /// A component is infinite or not a number.
    #[error("lattice vector {row} is {vector:?}: every component must be a finite number")]
    NotFinite {
        /// Which lattice vector, from 0.
        row: usize,
        /// That vector.
        vector: [f64; 3],
    },
}

/// A volume below this share of the product of the vectors' lengths counts as zero.
const SINGULAR_SHARE: f64 = 1e-10;

impl Cell {
    /// Makes a cell from its three lattice vectors, one a row, in Å.
    pub const fn new(vectors: [[f64; 3]; 3]) -> Self {
        Self { vectors }
    }

    /// Makes the cell from lengths (Å) and angles (degrees) `[alpha, beta, gamma]`.
    ///
    /// `a` lies along x and `b` in the xy plane.
    pub fn from_parameters(lengths: [f64; 3], angles: [f64; 3]) -> Self {
        let [a, b, c] = lengths;
        let [cos_alpha, cos_beta, cos_gamma] = angles.map(cos_degrees);
        let sin_gamma = (1.0 - cos_gamma * cos_gamma).sqrt();
        let cy = (cos_alpha - cos_beta * cos_gamma) / sin_gamma;
        let cz = (1.0 - cos_beta * cos_beta - cy * cy).sqrt();
        Self::new([[a, 0.0, 0.0], [b * cos_gamma, b * sin_gamma, 0.0], [c * cos_beta, c * cy, c * cz]])
    }

    /// The lattice vectors, one a row, in Å.
    pub const fn vectors(&self) -> [[f64; 3]; 3] {
        self.vectors
    }

    /// Lengths (Å) and angles alpha, beta, gamma (degrees).
    pub fn parameters(&self) -> ([f64; 3], [f64; 3]) {
        let [a, b, c] = self.vectors;
        let angle = |u: [f64; 3], v: [f64; 3]| (dot(u, v) / (norm(u) * norm(v))).clamp(-1.0, 1.0).acos().to_degrees();
        ([norm(a), norm(b), norm(c)], [angle(b, c), angle(a, c), angle(a, b)])
    }

    /// Whether all nine components are zero, which stands for "no cell".
    pub fn is_zero(&self) -> bool {
        self.vectors.iter().flatten().all(|&x| x == 0.0)
    }

    /// The signed volume in Å^3: negative for a left-handed cell.
    pub fn determinant(&self) -> f64 {
        let [a, b, c] = self.vectors;
        dot(a, cross(b, c))
    }

    /// The volume in Å^3.
    pub fn volume(&self) -> f64 {
        self.determinant().abs()
    }

    /// The inverse matrix: its columns are the reciprocal vectors (without 2π), in 1/Å.
    ///
    /// # Errors
    /// [`CellError`] if a component is not finite or the vectors span no volume.
    pub fn inverse(&self) -> Result<[[f64; 3]; 3], CellError> {
        if let Some(row) = self.vectors.iter().position(|v| v.iter().any(|x| !x.is_finite())) {
            return Err(CellError::NotFinite { row, vector: self.vectors[row] });
        }
        let [a, b, c] = self.vectors;
        let volume = self.determinant();
        if volume.abs() <= SINGULAR_SHARE * norm(a) * norm(b) * norm(c) {
            return Err(CellError::Singular { vectors: self.vectors, volume });
        }
        let columns = [cross(b, c), cross(c, a), cross(a, b)];
        Ok(std::array::from_fn(|i| std::array::from_fn(|j| columns[j][i] / volume)))
    }

    /// Fractional to Cartesian coordinates: `x = f · vectors`, in Å.
    pub fn to_cartesian(&self, fractional: [f64; 3]) -> [f64; 3] {
        row_times_matrix(fractional, &self.vectors)
    }

    /// Applies a deformation: every lattice vector `a` becomes `a · matrix`.
    pub fn deformed(&self, matrix: &[[f64; 3]; 3]) -> Self {
        Self::new(self.vectors.map(|row| row_times_matrix(row, matrix)))
    }
}

/// The cosine of an angle in degrees, exact at 60, 90 and 120 where crystals live.
fn cos_degrees(angle: f64) -> f64 {
    match angle {
        60.0 => 0.5,
        90.0 => 0.0,
        120.0 => -0.5,
        _ => angle.to_radians().cos(),
    }
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn norm(a: [f64; 3]) -> f64 {
    dot(a, a).sqrt()
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn row_times_matrix(row: [f64; 3], matrix: &[[f64; 3]; 3]) -> [f64; 3] {
    std::array::from_fn(|j| (0..3).map(|i| row[i] * matrix[i][j]).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverse_times_cell_is_identity() {
        let cell = Cell::new([[1.0, 2.0, 0.5], [-1.0, 3.0, 0.0], [0.2, 0.1, -4.0]]);
        let inverse = cell.inverse().unwrap();
        for (i, row) in cell.vectors().into_iter().enumerate() {
            let product = row_times_matrix(row, &inverse);
            for (j, value) in product.into_iter().enumerate() {
                assert!((value - f64::from(u8::from(i == j))).abs() < 1e-15);
            }
        }
    }

    #[test]
    fn flat_cells_are_refused() {
        let cell = Cell::new([[1.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 1.0]]);
        assert!(matches!(cell.inverse(), Err(CellError::Singular { .. })));
        let cell = Cell::new([[1.0, 0.0, 0.0], [f64::NAN, 0.0, 0.0], [0.0, 0.0, 1.0]]);
        assert!(matches!(cell.inverse(), Err(CellError::NotFinite { row: 1, .. })));
    }

    #[test]
    fn parameters_round_trip() {
        let (lengths, angles) = ([3.0, 4.0, 5.0], [80.0, 95.0, 120.0]);
        let (l, a) = Cell::from_parameters(lengths, angles).parameters();
        for i in 0..3 {
            assert!((l[i] - lengths[i]).abs() < 1e-13 && (a[i] - angles[i]).abs() < 1e-11);
        }
    }
}
