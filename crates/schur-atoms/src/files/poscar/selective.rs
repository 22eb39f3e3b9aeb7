//! Which directions are free: along lattice vectors in POSCAR, along Cartesian axes in a structure.

use crate::Cell;

/// A component below this share of its lattice vector counts as zero.
const ALONG_AXIS: f64 = 1e-8;

/// The Cartesian axes that the given lattice vectors reach; `None` if they span something else than those axes.
fn spanned_axes(cell: &Cell, free_vectors: [bool; 3]) -> Option<[bool; 3]> {
    let mut axes = [false; 3];
    for (vector, _) in cell.vectors().iter().zip(free_vectors).filter(|(_, free)| *free) {
        let longest = vector.iter().fold(0.0f64, |longest, x| longest.max(x.abs()));
        for axis in 0..3 {
            axes[axis] |= vector[axis].abs() > ALONG_AXIS * longest;
        }
    }
    let count = |flags: [bool; 3]| flags.iter().filter(|&&flag| flag).count();
    (count(axes) == count(free_vectors)).then_some(axes)
}

/// From "may move along this lattice vector" to "may not move along this Cartesian axis".
pub(super) fn fixed_from_free(cell: &Cell, free_vectors: [bool; 3]) -> Option<[bool; 3]> {
    spanned_axes(cell, free_vectors).map(|axes| axes.map(|free| !free))
}

/// The reverse of [`fixed_from_free`].
pub(super) fn free_from_fixed(cell: &Cell, fixed: [bool; 3]) -> Option<[bool; 3]> {
    (0..8)
        .map(|bits| std::array::from_fn(|vector| bits >> vector & 1 == 1))
        .find(|&free| fixed_from_free(cell, free) == Some(fixed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slab_with_oblique_plane_vectors() {
        let slab = Cell::new([[3.0, 0.0, 0.0], [-1.5, 2.6, 0.0], [0.0, 0.0, 20.0]]);
        assert_eq!(fixed_from_free(&slab, [true, true, false]), Some([false, false, true]));
        assert_eq!(fixed_from_free(&slab, [false, false, true]), Some([true, true, false]));
        assert_eq!(fixed_from_free(&slab, [true, false, true]), Some([false, true, false]));
        assert_eq!(fixed_from_free(&slab, [false, true, true]), None);
        assert_eq!(free_from_fixed(&slab, [false, false, true]), Some([true, true, false]));
        assert_eq!(free_from_fixed(&slab, [true, false, true]), None);
        for whole in [true, false] {
            assert_eq!(fixed_from_free(&slab, [!whole; 3]), Some([whole; 3]));
        }
    }

    #[test]
    fn permuted_axes() {
        let cell = Cell::new([[0.0, 3.0, 0.0], [0.0, 0.0, 4.0], [-5.0, 0.0, 0.0]]);
        assert_eq!(fixed_from_free(&cell, [true, false, false]), Some([true, false, true]));
        assert_eq!(free_from_fixed(&cell, [true, false, true]), Some([true, false, false]));
    }
}
