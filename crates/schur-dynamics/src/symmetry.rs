//! The space group of a crystal, and what stays of positions, forces and stresses when it must be kept.
//!
//! This is the only file that knows `moyo`. An operation acts on fractional coordinates (columns) as `R f + t`; on
//! Cartesian rows it is `x · Q` with `Q = h⁻¹ Rᵀ h`, orthogonal once the lattice is exactly symmetric.

use schur_atoms::{Cell, Structure, StructureError};

use crate::DynamicsError;
use crate::matrix3::{Matrix3, ZERO, add_scaled, inverse, multiply, row_times, scaled, square_root, transpose};

/// A space group with what it does to the atoms of one structure.
///
/// # Cost
/// Operations times atoms of memory; finding it compares every atom with every other once for each rotation and once
/// for each translation of a supercell.
#[derive(Debug, Clone)]
pub struct SpaceGroup {
    number: i32,
    symbol: String,
    operations: Vec<Operation>,
}

#[derive(Debug, Clone)]
struct Operation {
    rotation: [[i32; 3]; 3],
    translation: [f64; 3],
    /// The atom onto which each atom falls.
    image: Vec<u32>,
    /// The rotation of Cartesian rows.
    cartesian: Matrix3,
}

/// Widest tolerance as a share of the shortest lattice vector.
///
/// Beyond it, maps of the lattice that are only nearly rotations count as such, and their products never come to an end.
const WIDEST_TOLERANCE: f64 = 0.05;

impl SpaceGroup {
    /// Finds the space group that `structure` has within `tolerance` (Å).
    ///
    /// # Errors
    /// [`DynamicsError::NotPeriodic`], [`DynamicsError::Structure`], [`DynamicsError::WideTolerance`] if the tolerance is more
    /// than a twentieth of the shortest lattice vector, or [`DynamicsError::Symmetry`].
    ///
    /// # Examples
    /// ```
    /// use schur_atoms::{Cell, Structure};
    /// use schur_dynamics::symmetry::SpaceGroup;
    /// let cell = Cell::new([[0.0, 2.7, 2.7], [2.7, 0.0, 2.7], [2.7, 2.7, 0.0]]);
    /// let silicon = Structure::new(vec![14; 2], vec![[0.0; 3], [1.35; 3]], cell, [true; 3]);
    /// let group = SpaceGroup::find(&silicon, 0.01)?;
    /// assert_eq!((group.number(), group.n_operations()), (227, 48));
    /// # Ok::<(), schur_dynamics::DynamicsError>(())
    /// ```
    pub fn find(structure: &Structure, tolerance: f64) -> Result<Self, DynamicsError> {
        structure.validate()?;
        if structure.pbc != [true; 3] {
            return Err(DynamicsError::NotPeriodic { pbc: structure.pbc });
        }
        let failed = |reason| DynamicsError::Symmetry { tolerance, reason };
        let fractional = fractional(structure)?;
        let lattice = moyo::base::Lattice::from_basis(structure.cell.vectors());
        let (reduced, _) = lattice.minkowski_reduce().map_err(failed)?;
        let shortest = reduced.basis.column_iter().map(|vector| vector.norm()).fold(f64::INFINITY, f64::min);
        let limit = WIDEST_TOLERANCE * shortest;
        if tolerance.is_nan() || tolerance > limit {
            return Err(DynamicsError::WideTolerance { tolerance, shortest, limit });
        }
        let cell = moyo::base::Cell::new(
            lattice,
            fractional.iter().map(|&f| f.into()).collect(),
            structure.numbers.iter().map(|&z| i32::from(z)).collect(),
        );
        let found = moyo::MoyoDataset::with_default(&cell, tolerance).map_err(failed)?;
        let found_operations =
            found.operations.iter().map(|o| (o.rotation_as_array(), o.translation_as_array())).collect::<Vec<_>>();
        let operations = with_images(structure, &fractional, &found_operations)
            .ok_or(moyo::Error::PrimitiveSymmetrySearchError)
            .map_err(failed)?;
        let mut group = Self { number: found.number, symbol: found.hm_symbol.replace(' ', ""), operations };
        group.orient(structure)?;
        Ok(group)
    }

    /// The number of the space group in the International Tables, 1 to 230.
    pub fn number(&self) -> i32 {
        self.number
    }

    /// The short Hermann-Mauguin symbol.
    pub fn symbol(&self) -> &str {
        &self.symbol
    }

    /// The number of operations in this cell, its own translations included.
    pub fn n_operations(&self) -> usize {
        self.operations.len()
    }

    /// Moves lattice and atoms by the least that makes the group exact.
    ///
    /// The lattice is strained without being rotated; atoms go to the mean of what all operations make of them.
    ///
    /// # Errors
    /// [`DynamicsError::Structure`] if the cell is singular.
    pub fn symmetrize(&self, structure: &mut Structure) -> Result<(), DynamicsError> {
        let fractional = fractional(structure)?;
        let mut moved = vec![[0.0; 3]; structure.len()];
        for operation in &self.operations {
            for (atom, &image) in operation.image.iter().enumerate() {
                let image = image as usize;
                let at = transformed(&operation.rotation, operation.translation, fractional[atom]);
                for axis in 0..3 {
                    let away = at[axis] - fractional[image][axis];
                    moved[image][axis] += (away - away.round()) / self.operations.len() as f64;
                }
            }
        }
        structure.cell = self.symmetric_cell(&structure.cell)?;
        for atom in 0..structure.len() {
            let f = std::array::from_fn(|axis| fractional[atom][axis] + moved[atom][axis]);
            structure.positions[atom] = structure.cell.to_cartesian(f);
        }
        Ok(())
    }

    /// Keeps of a vector on each atom what the group leaves unchanged.
    ///
    /// # Panics
    /// If there are not as many vectors as the structure has atoms.
    pub fn project_vectors(&self, vectors: &mut [[f64; 3]]) {
        let mut sum = vec![[0.0; 3]; vectors.len()];
        for operation in &self.operations {
            for (&vector, &image) in vectors.iter().zip(&operation.image) {
                let turned = row_times(vector, &operation.cartesian);
                for axis in 0..3 {
                    sum[image as usize][axis] += turned[axis];
                }
            }
        }
        for (vector, sum) in vectors.iter_mut().zip(sum) {
            *vector = sum.map(|x| x / self.operations.len() as f64);
        }
    }

    /// Keeps of a tensor (stress, virial, strain) what the group leaves unchanged.
    pub fn project_tensor(&self, tensor: &mut [[f64; 3]; 3]) {
        let mut sum = ZERO;
        for operation in &self.operations {
            let turned = multiply(&multiply(&transpose(&operation.cartesian), tensor), &operation.cartesian);
            sum = add_scaled(&sum, 1.0, &turned);
        }
        *tensor = scaled(&sum, 1.0 / self.operations.len() as f64);
    }

    /// Checks that atoms related by the group are fixed alike.
    ///
    /// An atom fixed along some axes only must be left in place, axes included, by every operation.
    ///
    /// # Errors
    /// [`DynamicsError::AsymmetricConstraint`] naming two atoms.
    ///
    /// # Panics
    /// If there are not as many rows as the structure has atoms.
    pub fn check_constraints(&self, fixed: &[[bool; 3]]) -> Result<(), DynamicsError> {
        let projector = |atom: usize| -> Matrix3 {
            std::array::from_fn(|i| std::array::from_fn(|j| f64::from(u8::from(i == j && fixed[atom][i]))))
        };
        for operation in &self.operations {
            for (atom, &image) in operation.image.iter().enumerate() {
                let image = image as usize;
                let q = &operation.cartesian;
                let turned = multiply(&multiply(&transpose(q), &projector(atom)), q);
                let difference = add_scaled(&turned, -1.0, &projector(image));
                // Entries are sums of products of direction cosines: zero up to rounding, or far from it.
                if difference.as_flattened().iter().any(|x| x.abs() > 1e-6) {
                    return Err(DynamicsError::AsymmetricConstraint { atom, image });
                }
            }
        }
        Ok(())
    }

    /// Turns the rotations into Cartesian ones, orthogonal to the last place.
    ///
    /// Translations stay as found: each is the mean of what carries the atoms to their images. If the atoms lie off an
    /// exactly symmetric arrangement by `u`, that mean is off by `ū - R ū`, so that all operations are those of one group
    /// with a shifted origin.
    fn orient(&mut self, structure: &Structure) -> Result<(), DynamicsError> {
        let lattice = self.symmetric_cell(&structure.cell)?.vectors();
        let inverse = inverse(&lattice).map_err(StructureError::from)?;
        for operation in &mut self.operations {
            let turned: Matrix3 = std::array::from_fn(|i| std::array::from_fn(|j| f64::from(operation.rotation[j][i])));
            operation.cartesian = multiply(&multiply(&inverse, &turned), &lattice);
        }
        Ok(())
    }

    /// The lattice nearest to `cell` whose metric the group leaves unchanged.
    fn symmetric_cell(&self, cell: &Cell) -> Result<Cell, DynamicsError> {
        let h = cell.vectors();
        let metric = multiply(&h, &transpose(&h));
        let mut mean = ZERO;
        for operation in &self.operations {
            let r: Matrix3 = operation.rotation.map(|row| row.map(f64::from));
            mean = add_scaled(&mean, 1.0, &multiply(&multiply(&transpose(&r), &metric), &r));
        }
        mean = scaled(&mean, 1.0 / self.operations.len() as f64);
        let inverse = inverse(&h).map_err(StructureError::from)?;
        let stretch_squared = multiply(&multiply(&inverse, &mean), &transpose(&inverse));
        let stretch = square_root(&stretch_squared).map_err(StructureError::from)?;
        Ok(cell.deformed(&stretch))
    }
}

fn fractional(structure: &Structure) -> Result<Vec<[f64; 3]>, DynamicsError> {
    let inverse = structure.cell.inverse().map_err(StructureError::from)?;
    Ok(structure.positions.iter().map(|&x| row_times(x, &inverse)).collect())
}

fn transformed(rotation: &[[i32; 3]; 3], translation: [f64; 3], f: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|i| (0..3).map(|j| f64::from(rotation[i][j]) * f[j]).sum::<f64>() + translation[i])
}

/// Finds what each operation does to the atoms; `None` if one carries two atoms onto the same.
///
/// The many operations of a supercell are few rotations followed by few translations: only those are searched for.
fn with_images(
    structure: &Structure,
    fractional: &[[f64; 3]],
    operations: &[([[i32; 3]; 3], [f64; 3])],
) -> Option<Vec<Operation>> {
    const UNTURNED: [[i32; 3]; 3] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
    let search = |r: &[[i32; 3]; 3], t: [f64; 3]| images(structure, fractional, r, t);
    let unturned = operations.iter().filter(|(r, _)| *r == UNTURNED);
    let translations = unturned.map(|(r, t)| search(r, *t)).collect::<Option<Vec<_>>>()?;
    let mut turned: Vec<([[i32; 3]; 3], Vec<u32>)> = Vec::new();
    let mut found = Vec::with_capacity(operations.len());
    for (rotation, translation) in operations {
        if !turned.iter().any(|(r, _)| r == rotation) {
            turned.push((*rotation, search(rotation, *translation)?));
        }
        let (_, first) = turned.iter().find(|(r, _)| r == rotation)?;
        let target = nearest(structure, fractional, 0, transformed(rotation, *translation, *fractional.first()?))?;
        let shift = translations.iter().find(|shift| shift[first[0] as usize] == target)?;
        let image = first.iter().map(|&i| shift[i as usize]).collect();
        found.push(Operation { rotation: *rotation, translation: *translation, image, cartesian: ZERO });
    }
    Some(found)
}

/// The nearest atom of the same element to where each atom is carried; `None` if two share one.
fn images(
    structure: &Structure,
    fractional: &[[f64; 3]],
    rotation: &[[i32; 3]; 3],
    translation: [f64; 3],
) -> Option<Vec<u32>> {
    let mut taken = vec![false; structure.len()];
    let mut images = Vec::with_capacity(structure.len());
    for atom in 0..structure.len() {
        let image = nearest(structure, fractional, atom, transformed(rotation, translation, fractional[atom]))?;
        if std::mem::replace(&mut taken[image as usize], true) {
            return None;
        }
        images.push(image);
    }
    Some(images)
}

/// The atom of the same element as `atom` that is nearest to the fractional coordinates `at`, across the cell's borders.
fn nearest(structure: &Structure, fractional: &[[f64; 3]], atom: usize, at: [f64; 3]) -> Option<u32> {
    let distance = |other: usize| {
        let away = std::array::from_fn(|axis| {
            let d: f64 = at[axis] - fractional[other][axis];
            d - d.round()
        });
        structure.cell.to_cartesian(away).iter().map(|x| x * x).sum::<f64>()
    };
    let candidates = (0..structure.len()).filter(|&other| structure.numbers[other] == structure.numbers[atom]);
    let (image, _) = candidates.map(|other| (other, distance(other))).min_by(|a, b| a.1.total_cmp(&b.1))?;
    u32::try_from(image).ok()
}
