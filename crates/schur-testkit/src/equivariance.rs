//! One checker for every equivariant map.

use crate::{Matrix3, apply};

/// A check that a map of vectors commutes with a set of orthogonal matrices.
///
/// # Examples
/// The cross product of two vectors is a pseudovector: it turns with a rotation and ignores the inversion.
/// ```
/// use schur_testkit::{Equivariance, apply, determinant, o3_elements};
///
/// let cross = |v: &[[f64; 3]]| {
///     let (a, b) = (v[0], v[1]);
///     vec![a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
/// };
/// let elements = o3_elements(1, 8);
/// let check = Equivariance { name: "cross product", elements: &elements, tolerance: 1e-14 };
/// check.assert(&[[1.0, 2.0, 3.0], [-0.5, 0.1, 2.0]], cross, |g, out| {
///     let sign = determinant(g);
///     apply(g, [sign * out[0], sign * out[1], sign * out[2]]).to_vec()
/// });
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Equivariance<'a> {
    /// What is checked, for the message.
    pub name: &'a str,
    /// The group elements to try, e.g. from [`o3_elements`](crate::o3_elements).
    pub elements: &'a [Matrix3],
    /// Largest defect allowed, relative to the largest output.
    pub tolerance: f64,
}

impl Equivariance<'_> {
    /// Checks `map(g x) = act(g, map(x))` for every element `g`.
    ///
    /// `act` applies the representation of the output: the identity for scalars, a Wigner matrix for irreps.
    ///
    /// # Panics
    /// If no element was given, the output is zero, not finite or changes its length, or a defect exceeds the tolerance.
    /// A zero output would satisfy any symmetry, so it means that the test looks at nothing.
    #[track_caller]
    pub fn assert(
        &self,
        vectors: &[[f64; 3]],
        mut map: impl FnMut(&[[f64; 3]]) -> Vec<f64>,
        mut act: impl FnMut(&Matrix3, &[f64]) -> Vec<f64>,
    ) {
        let name = self.name;
        assert!(!self.elements.is_empty(), "{name}: no group element to check");
        let output = map(vectors);
        let scale = output.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        assert!(
            scale > 0.0 && output.iter().all(|x| x.is_finite()),
            "{name}: output is zero or not finite: {output:?}"
        );
        for (index, g) in self.elements.iter().enumerate() {
            let moved: Vec<[f64; 3]> = vectors.iter().map(|&v| apply(g, v)).collect();
            let (actual, expected) = (map(&moved), act(g, &output));
            let (n_actual, n_expected) = (actual.len(), expected.len());
            assert!(n_actual == n_expected, "{name}: {n_actual} outputs where the representation has {n_expected}");
            if let Some(worst) = crate::worst_element(&actual, &expected, 0.0, self.tolerance * scale) {
                panic!("{name}: not equivariant under element {index}, {g:?}: {worst}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::o3_elements;

    fn check(map: impl FnMut(&[[f64; 3]]) -> Vec<f64>) {
        let elements = o3_elements(3, 6);
        let check = Equivariance { name: "map", elements: &elements, tolerance: 1e-13 };
        check.assert(&[[0.3, -1.0, 2.0]], map, |g, out| apply(g, [out[0], out[1], out[2]]).to_vec());
    }

    #[test]
    fn accepts_a_vector_times_an_invariant() {
        check(|v| v[0].map(|x| x * v[0].iter().map(|y| y * y).sum::<f64>()).to_vec());
    }

    #[test]
    #[should_panic(expected = "map: not equivariant under element 1")]
    fn rejects_a_map_that_breaks_inversion() {
        check(|v| v[0].map(f64::abs).to_vec());
    }

    #[test]
    #[should_panic(expected = "output is zero or not finite")]
    fn rejects_an_output_that_shows_nothing() {
        check(|_| vec![0.0; 3]);
    }

    #[test]
    #[should_panic(expected = "no group element to check")]
    fn rejects_an_empty_list_of_elements() {
        let check = Equivariance { name: "map", elements: &[], tolerance: 1.0 };
        check.assert(&[[1.0; 3]], |v| v[0].to_vec(), |_, out| out.to_vec());
    }
}
