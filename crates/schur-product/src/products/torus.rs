//! Signals on the sphere as Fourier series of both angles.
//!
//! With the polar angle continued to a full turn, a harmonic is a trigonometric polynomial: cosines of the polar angle
//! for even orders, sines for odd ones. The product of two signals is a product of such polynomials, formed at the
//! points of a torus that is fine enough to hold it (zero padding), and then projected back with the surface element
//! of the sphere. Each step acts on one angle: O(L^3).
//!
//! Source: Luo, Chen, Krishnapriyan, "Enabling efficient equivariant operations in the Fourier basis via Gaunt tensor
//! products", ICLR 2024; the discrete transforms are matrices here, no fast ones.

use std::f64::consts::TAU;

use schur_group::Irreps;
use schur_multilinear::ComponentMatrix;

use super::sphere_grid::{Orders, PolarFunctions, drop_rounding, gauss_legendre};
use crate::ProductError;

/// A torus of equally spaced angles.
pub(super) struct Torus {
    /// Points of the polar angle, over a full turn.
    polar: usize,
    /// Points of the azimuth.
    azimuths: usize,
    /// Largest frequency of the polar angle in a product.
    frequency: usize,
}

impl Torus {
    /// Makes the torus that holds products of degree `product` and projects them on degrees up to `result`.
    pub(super) fn new(product: usize, result: usize) -> Self {
        Self { polar: 2 * product + 1, azimuths: product + result + 1, frequency: product }
    }

    pub(super) fn len(&self) -> usize {
        self.polar * self.azimuths
    }

    /// Coefficients of harmonics to Fourier coefficients, to polar angles, to points.
    pub(super) fn synthesis(&self, irreps: &Irreps) -> Result<Vec<ComponentMatrix>, ProductError> {
        let orders = Orders::new(irreps);
        let frequencies = orders.max + 1;
        let polar = PolarFunctions::new(orders.max)?;
        let samples = 2 * frequencies;
        let mut entries = Vec::new();
        for j in 0..samples {
            let values = polar.at(TAU * j as f64 / samples as f64)?;
            for (component, l, m) in orders.components(irreps) {
                let value = values[PolarFunctions::index(l, m)];
                let rows = (0..=l).map(|u| (orders.place(m) * frequencies + u, wave(m, u, j, samples), u));
                entries.extend(rows.map(|(row, wave, u)| (row, component, value * wave * analysis(u, samples))));
            }
        }
        let series = pruned(orders.len() * frequencies, irreps.dim(), entries)?;
        let azimuthal = orders.azimuthal(self.azimuths, 1.0)?;
        let waves = self.polar_waves(&orders, frequencies, |_| 1.0)?;
        let azimuthal = azimuthal.into_iter().map(|ring| ComponentMatrix::direct_sum(&vec![ring; self.polar]));
        Ok([series, waves].into_iter().chain(azimuthal).collect())
    }

    /// Values at points to polar angles, to Fourier coefficients, to coefficients of harmonics.
    pub(super) fn analysis(&self, irreps: &Irreps) -> Result<Vec<ComponentMatrix>, ProductError> {
        let orders = Orders::new(irreps);
        let frequencies = self.frequency + 1;
        let azimuthal = orders.azimuthal(self.azimuths, 1.0 / self.azimuths as f64)?;
        let waves = self.polar_waves(&orders, frequencies, |u| analysis(u, self.polar))?;
        let polar = PolarFunctions::new(orders.max)?;
        let mut entries = Vec::new();
        // Both factors are polynomials of the cosine, or both have a sine, so Gauss-Legendre nodes integrate exactly.
        for (cosine, weight) in gauss_legendre((self.frequency + orders.max) / 2 + 1) {
            let theta = cosine.acos();
            let values = polar.at(theta)?;
            for (component, l, m) in orders.components(irreps) {
                let value = weight * values[PolarFunctions::index(l, m)];
                let waves = (0..frequencies).map(|u| (u, angle_wave(m, u as f64 * theta)));
                entries.extend(waves.map(|(u, wave)| (component, orders.place(m) * frequencies + u, value * wave)));
            }
        }
        let projection = pruned(irreps.dim(), orders.len() * frequencies, entries)?;
        let azimuthal = azimuthal.into_iter().rev();
        let azimuthal = azimuthal.map(|ring| ComponentMatrix::direct_sum(&vec![ring; self.polar]).transpose());
        Ok(azimuthal.chain([waves.transpose(), projection]).collect())
    }

    /// From `[order][frequency]` to `[polar angle][order]`.
    fn polar_waves(
        &self,
        orders: &Orders,
        frequencies: usize,
        weight: impl Fn(usize) -> f64,
    ) -> Result<ComponentMatrix, ProductError> {
        let max = orders.max as isize;
        let mut entries = Vec::new();
        for j in 0..self.polar {
            for m in -max..=max {
                let row = j * orders.len() + orders.place(m);
                let column = orders.place(m) * frequencies;
                entries.extend((0..frequencies).map(|u| (row, column + u, weight(u) * wave(m, u, j, self.polar))));
            }
        }
        Ok(ComponentMatrix::new(self.polar * orders.len(), orders.len() * frequencies, entries)?)
    }
}

/// The wave of frequency `u` at point `j` of `n`: a cosine for even orders, a sine for odd ones.
fn wave(m: isize, u: usize, j: usize, n: usize) -> f64 {
    drop_rounding(angle_wave(m, TAU * (u * j % n) as f64 / n as f64))
}

fn angle_wave(m: isize, angle: f64) -> f64 {
    if m % 2 == 0 { angle.cos() } else { angle.sin() }
}

/// Weight of a point in the analysis of frequency `u`.
fn analysis(u: usize, points: usize) -> f64 {
    (if u == 0 { 1.0 } else { 2.0 }) / points as f64
}

/// A matrix from numbers to be added up, without what cancels but for rounding.
fn pruned(rows: usize, columns: usize, entries: Vec<(usize, usize, f64)>) -> Result<ComponentMatrix, ProductError> {
    let summed = ComponentMatrix::new(rows, columns, entries)?;
    let kept = summed.entries().iter().map(|entry| (entry.row, entry.column, drop_rounding(entry.value)));
    Ok(ComponentMatrix::new(rows, columns, kept)?)
}
