//! Signals on the sphere: points that integrate exactly, and the way from coefficients to values and back.
//!
//! A signal is $F(n) = \sum_{lm} x_{lm} Y_{lm}(n)$ with component-normalised harmonics, which are orthonormal for the
//! *mean* over the sphere. Rings of equal height carry equally spaced points:
//!
//! $$ Y_{lm}(\theta, \varphi) = \Theta_{l|m|}(\theta)\, \{\cos m\varphi,\ \sin |m|\varphi\}, $$
//!
//! so a transform is a sum over `l` for each ring and order, then a sum over orders for each point: O(L^3) both. Heights
//! are Gauss-Legendre nodes. A grid for degree `t` integrates every polynomial of degree `t` on the sphere exactly, with
//! `floor(t/2) + 1` rings of `t + 1` points.

use std::{
    cmp::Ordering,
    f64::consts::{PI, TAU},
};

use schur_group::{Irreps, Normalization, SphericalHarmonics};
use schur_multilinear::ComponentMatrix;

use crate::ProductError;

/// A point of a grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GridPoint {
    /// Unit vector `(x, y, z)`; the polar axis is y.
    pub direction: [f64; 3],
    /// Its part of the sphere; all weights sum to one.
    pub weight: f64,
}

/// Rings of points on the sphere that integrate polynomials exactly. See the module's documentation.
///
/// # Examples
/// ```
/// use schur_product::products::SphereGrid;
/// let grid = SphereGrid::exact(6);
/// assert_eq!(grid.len(), 4 * 7);
/// let mean: f64 = grid.points().iter().map(|p| p.weight * p.direction[0].powi(6)).sum();
/// assert!((mean - 1.0 / 7.0).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SphereGrid {
    /// Cosine of the polar angle, and the weight of the ring.
    rings: Vec<(f64, f64)>,
    azimuths: usize,
}

impl SphereGrid {
    /// Makes the grid that integrates polynomials up to `degree` exactly.
    ///
    /// # Source
    /// Gauss-Legendre nodes: Abramowitz and Stegun, 25.4.29; Newton's method from Tricomi's first guess.
    pub fn exact(degree: usize) -> Self {
        Self { rings: gauss_legendre(degree / 2 + 1), azimuths: degree + 1 }
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.rings.len() * self.azimuths
    }

    /// Whether there are none, which cannot happen.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The points, ring by ring, in the order of the values of [`synthesis`](Self::synthesis).
    pub fn points(&self) -> Vec<GridPoint> {
        let azimuths = self.azimuths;
        let ring = |&(cosine, weight): &(f64, f64)| {
            let sine = ((1.0 - cosine) * (1.0 + cosine)).sqrt();
            (0..azimuths).map(move |k| {
                let (s, c) = (TAU * k as f64 / azimuths as f64).sin_cos();
                GridPoint { direction: [sine * s, cosine, sine * c], weight: weight / azimuths as f64 }
            })
        };
        self.rings.iter().flat_map(ring).collect()
    }

    /// The matrices that evaluate a signal at the points, in the order in which they are applied.
    ///
    /// # Shapes
    /// `[irreps.dim()]` to `[len]`. Copies of an irrep add up.
    ///
    /// # Errors
    /// [`ProductError::Group`] beyond the degrees of the harmonics.
    pub fn synthesis(&self, irreps: &Irreps) -> Result<Vec<ComponentMatrix>, ProductError> {
        self.transform(irreps, |_| 1.0, 1.0)
    }

    /// The matrices that project values at the points on harmonics, in the order in which they are applied.
    ///
    /// Undoes [`synthesis`](Self::synthesis) exactly if the grid's degree is at least twice the largest degree.
    ///
    /// # Shapes
    /// `[len]` to `[irreps.dim()]`. Copies of an irrep are equal.
    ///
    /// # Errors
    /// [`ProductError::Group`] beyond the degrees of the harmonics.
    pub fn analysis(&self, irreps: &Irreps) -> Result<Vec<ComponentMatrix>, ProductError> {
        let chain = self.transform(irreps, |ring| self.rings[ring].1, 1.0 / self.azimuths as f64)?;
        Ok(chain.iter().rev().map(ComponentMatrix::transpose).collect())
    }

    fn transform(
        &self,
        irreps: &Irreps,
        ring_weight: impl Fn(usize) -> f64,
        azimuth_weight: f64,
    ) -> Result<Vec<ComponentMatrix>, ProductError> {
        let orders = Orders::new(irreps);
        let polar = PolarFunctions::new(orders.max)?;
        let mut entries = Vec::new();
        for (ring, &(cosine, _)) in self.rings.iter().enumerate() {
            let values = polar.at(cosine.acos())?;
            entries.extend(orders.components(irreps).map(|(component, l, m)| {
                let value = ring_weight(ring) * values[PolarFunctions::index(l, m)];
                (ring * orders.len() + orders.place(m), component, value)
            }));
        }
        let heights = ComponentMatrix::new(self.rings.len() * orders.len(), irreps.dim(), entries)?;
        let rings = self.rings.len();
        let along_rings = orders.azimuthal(self.azimuths, azimuth_weight)?;
        let along_rings = along_rings.into_iter().map(|ring| ComponentMatrix::direct_sum(&vec![ring; rings]));
        Ok(std::iter::once(heights).chain(along_rings).collect())
    }
}

/// Largest order from which folding a ring saves more than joining its halves costs.
const FOLDED: usize = 3;

/// The orders `-max..=max` of a signal.
pub(super) struct Orders {
    pub(super) max: usize,
}

impl Orders {
    pub(super) fn new(irreps: &Irreps) -> Self {
        Self { max: irreps.l_max().unwrap_or(0) }
    }

    pub(super) fn len(&self) -> usize {
        2 * self.max + 1
    }

    pub(super) fn place(&self, m: isize) -> usize {
        self.max.wrapping_add_signed(m)
    }

    /// Component, degree and order, in the order of the components.
    pub(super) fn components(&self, irreps: &Irreps) -> impl Iterator<Item = (usize, usize, isize)> {
        let copies = irreps.iter().flat_map(|(copies, irrep)| std::iter::repeat_n(irrep.l, copies));
        let all: Vec<(usize, isize)> = copies.flat_map(|l| (-(l as isize)..=l as isize).map(move |m| (l, m))).collect();
        all.into_iter().enumerate().map(|(component, (l, m))| (component, l, m))
    }

    /// The matrices from orders to `n` equally spaced points of a ring, in the order in which they are applied.
    ///
    /// From [`FOLDED`] on, cosines and sines are summed up apart at half of the points; their sum and difference are the
    /// values at a point and at its mirror image.
    pub(super) fn azimuthal(&self, n: usize, weight: f64) -> Result<Vec<ComponentMatrix>, ProductError> {
        let max = self.max as isize;
        let waves = |k: usize| {
            (-max..=max).map(move |m| {
                // Whole turns are taken off before the division, so that the angle keeps its digits.
                let turns = (m.unsigned_abs() * k % n) as f64 / n as f64;
                let (sine, cosine) = (TAU * turns).sin_cos();
                (m, weight * drop_rounding(if m < 0 { sine } else { cosine }))
            })
        };
        if self.max < FOLDED {
            let entries = (0..n).flat_map(|k| waves(k).map(move |(m, value)| (k, m, value)));
            let entries = entries.map(|(k, m, value)| (k, self.place(m), value));
            return Ok(vec![ComponentMatrix::new(n, self.len(), entries)?]);
        }
        let mirror = |k: usize| (n - k) % n;
        let half = (0..n).filter(|&k| k <= mirror(k));
        let apart = half.flat_map(|k| waves(k).map(move |(m, value)| (if m < 0 { mirror(k) } else { k }, m, value)));
        let apart = apart.filter(|entry| entry.2 != 0.0).map(|(row, m, value)| (row, self.place(m), value));
        let joined = (0..n).flat_map(|k| match k.cmp(&mirror(k)) {
            Ordering::Equal => vec![(k, k, 1.0)],
            Ordering::Less => vec![(k, k, 1.0), (k, mirror(k), 1.0)],
            Ordering::Greater => vec![(k, mirror(k), 1.0), (k, k, -1.0)],
        });
        Ok(vec![ComponentMatrix::new(n, self.len(), apart)?, ComponentMatrix::new(n, n, joined)?])
    }
}

/// Sines and cosines of right angles are no zeros in floats; real ones of small integer fractions are far larger.
pub(super) fn drop_rounding(value: f64) -> f64 {
    if value.abs() < 1e-14 { 0.0 } else { value }
}

/// The polar parts of harmonics, continued to all angles with the sign of the sine.
pub(super) struct PolarFunctions {
    harmonics: SphericalHarmonics,
}

impl PolarFunctions {
    pub(super) fn new(l_max: usize) -> Result<Self, ProductError> {
        Ok(Self { harmonics: SphericalHarmonics::new(l_max, Normalization::Component)? })
    }

    /// All of them at a polar angle, at the places of [`index`](Self::index).
    pub(super) fn at(&self, theta: f64) -> Result<Vec<f64>, ProductError> {
        let mut values = vec![0.0; self.harmonics.n_harmonics()];
        self.harmonics.evaluate_into([0.0, theta.cos(), theta.sin()], &mut values)?;
        Ok(values)
    }

    pub(super) fn index(l: usize, m: isize) -> usize {
        l * l + l + m.unsigned_abs()
    }
}

/// Nodes in `(-1, 1)`, and weights that sum to one.
pub(super) fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    let node = |k: usize| {
        let mut x = -(PI * (k as f64 + 0.75) / (n as f64 + 0.5)).cos();
        // Newton doubles the digits: four steps from 1e-2, one more for large n, one for the derivative.
        for _ in 0..6 {
            let (p, derivative) = legendre(n, x);
            x -= p / derivative;
        }
        let (_, derivative) = legendre(n, x);
        (x, 1.0 / ((1.0 - x * x) * derivative * derivative))
    };
    (0..n).map(node).collect()
}

/// The Legendre polynomial of degree `n >= 1` and its derivative.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut previous, mut p) = (1.0, x);
    for k in 2..=n {
        let k = k as f64;
        (previous, p) = (p, ((2.0 * k - 1.0) * x * p - (k - 1.0) * previous) / k);
    }
    (p, n as f64 * (previous - x * p) / (1.0 - x * x))
}
