//! The frame in which an edge is the polar axis.

use crate::ProductError;

/// The rotation that takes the polar axis y to an edge: a turn by `beta` about x, then one by `alpha` about y.
///
/// The third angle is zero, and so is `alpha` for an edge on the polar axis; nothing else is chosen, so equal edges have
/// equal frames.
///
/// # Examples
/// ```
/// let frame = schur_product::EdgeFrame::new([0.0, -3.0, 0.0], 2)?;
/// assert_eq!(frame.length(), 3.0);
/// assert_eq!(frame.rows(), [1.0, 1.0, 0.0, 0.0, -1.0, 1.0, 0.0, 0.0]);
/// # Ok::<(), schur_product::ProductError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EdgeFrame {
    l_max: usize,
    length: f64,
    /// Cosine and sine.
    alpha: [f64; 2],
    beta: [f64; 2],
}

impl EdgeFrame {
    /// Finds the frame of an edge `(x, y, z)`, for irreps up to degree `l_max`.
    ///
    /// # Errors
    /// [`ProductError::NoDirection`] if the edge has no length, or one that is not finite.
    pub fn new(edge: [f64; 3], l_max: usize) -> Result<Self, ProductError> {
        let largest = edge.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
        let [x, y, z] = edge.map(|component| component / largest);
        let axial = x.hypot(z);
        let scaled = axial.hypot(y);
        let length = largest * scaled;
        if !(scaled.is_finite() && length.is_finite()) {
            return Err(ProductError::NoDirection { edge });
        }
        let alpha = if axial > 0.0 { [z / axial, x / axial] } else { [1.0, 0.0] };
        Ok(Self { l_max, length, alpha, beta: [y / scaled, axial / scaled] })
    }

    /// Length of the edge.
    pub fn length(&self) -> f64 {
        self.length
    }

    /// Writes what a circuit needs to know of the edge.
    ///
    /// # Shapes
    /// `[4 * l_max]`: `cos(m alpha)`, `sin(m alpha)`, `cos(m beta)`, `sin(m beta)`, each for `m = 1..=l_max`.
    pub fn rows(&self) -> Vec<f64> {
        let mut rows = Vec::with_capacity(4 * self.l_max);
        for [cosine, sine] in [self.alpha, self.beta] {
            let next = |&[c, s]: &[f64; 2]| Some([c * cosine - s * sine, s * cosine + c * sine]);
            let powers: Vec<[f64; 2]> = std::iter::successors(Some([cosine, sine]), next).take(self.l_max).collect();
            rows.extend(powers.iter().map(|power| power[0]));
            rows.extend(powers.iter().map(|power| power[1]));
        }
        rows
    }

    /// The axes of the frame: where it puts x, y (the direction of the edge) and z.
    pub fn axes(&self) -> [[f64; 3]; 3] {
        let ([ca, sa], [cb, sb]) = (self.alpha, self.beta);
        [[ca, 0.0, -sa], [sa * sb, cb, ca * sb], [sa * cb, -sb, ca * cb]]
    }

    /// Turns the cotangent of the tilt into the gradient with respect to the edge.
    ///
    /// A tilt by `(e_x, e_z)` moves the direction by `e_z` against the x axis of the frame and by `e_x` along its z axis.
    ///
    /// # Shapes
    /// `tilt`: summed over channels, the fourth cotangent of [`Escn::differentiable_circuit`](crate::Escn).
    pub fn gradient(&self, tilt: [f64; 2]) -> [f64; 3] {
        let [across, _, along] = self.axes();
        std::array::from_fn(|k| (tilt[0] * along[k] - tilt[1] * across[k]) / self.length)
    }

    /// The tilt that a change of the edge amounts to, to first order: the tangent of the fourth argument.
    ///
    /// The tangent of [`rows`](Self::rows) is then zero, as the frame is carried along.
    pub fn tilt_tangent(&self, change: [f64; 3]) -> [f64; 2] {
        let [across, _, along] = self.axes();
        let dot = |axis: [f64; 3]| axis.iter().zip(change).map(|(a, b)| a * b).sum::<f64>() / self.length;
        [dot(along), -dot(across)]
    }

    /// The change of [`gradient`](Self::gradient) while the edge moves by `change`.
    ///
    /// `tilt_tangent` is the change of the cotangent of the tilt, with [`tilt_tangent`](Self::tilt_tangent) as the
    /// tangent of the argument. As the length of the edge does not matter to the map, with `n` the direction and `g` the
    /// gradient on the unit sphere,
    /// $$ \delta (g / r) = \left(\delta g - n\, (g \cdot \delta r) / r - g\, (n \cdot \delta r) / r \right) / r. $$
    pub fn gradient_tangent(&self, tilt: [f64; 2], tilt_tangent: [f64; 2], change: [f64; 3]) -> [f64; 3] {
        let gradient = self.gradient(tilt);
        let own = self.gradient(tilt_tangent);
        let direction = self.axes()[1];
        let dot = |a: [f64; 3]| a.iter().zip(change).map(|(a, b)| a * b).sum::<f64>() / self.length;
        let (along_gradient, along_edge) = (dot(gradient), dot(direction));
        std::array::from_fn(|k| own[k] - direction[k] * along_gradient - gradient[k] * along_edge)
    }
}
